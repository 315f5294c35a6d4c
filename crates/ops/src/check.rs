//! The check of a whole store: reads everything, reports every inconsistency, and mends what can be
//! proved.
//!
//! Three walks, each in bounded memory: through the rows of the metadata with the bodies that they
//! refer to, through the counts of the buckets, and through the blobs with the records that their
//! hints name. No set of blobs is kept: a blob says whose it is, and the metadata is asked.
//!
//! A repair removes bodies that provably belong to nothing, corrects the list of those that wait to
//! be removed, and corrects counts. It never removes metadata, however damaged the body is. Where a
//! damaged row might have been the one that refers to a body, nothing is proved, and the body stays.

mod blobs;
mod body;
mod finding;
mod rows;
#[cfg(test)]
mod tests;
mod usage;

use std::path::Path;

use blob::BlobError;
use identity::MasterKeySettings;
use meta::{BucketId, MetaError};

pub use self::finding::{Finding, FindingKind, Repair};
use crate::store::OpenError;
use crate::vault::CheckedStore;

/// What to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Look at headers, lengths and rows only, and read no bodies.
    pub fast: bool,
    /// Mend what can be proved.
    pub repair: bool,
}

/// How far the check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows of the metadata that were looked at.
    pub rows: u64,
    /// Blobs that were looked at in the walk through the blobs.
    pub blobs: u64,
    /// Bytes of bodies that were read.
    pub body_bytes: u64,
}

/// Hears what the check finds, as it finds it.
pub trait Watcher {
    /// An inconsistency.
    fn found(&mut self, finding: Finding);
    /// The check goes on.
    fn progress(&mut self, progress: Progress);
}

/// What a check came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How much was looked at.
    pub progress: Progress,
    /// Inconsistencies that were found.
    pub findings: u64,
    /// Those of them that were mended.
    pub repaired: u64,
}

/// Why a store cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is nothing to check.
    #[error("there is no store in this directory")]
    NoStore,
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The metadata cannot be read or written, for another reason than damage.
    #[error(transparent)]
    Metadata(#[from] MetaError),
    /// The bodies cannot be listed.
    #[error(transparent)]
    Bodies(#[from] BlobError),
}

/// Checks the store in a directory, whose lock the caller holds. May take as long as reading all of
/// it takes; waits for the disk on the calling thread.
pub async fn run(
    directory: &Path,
    master_key: &MasterKeySettings,
    options: CheckOptions,
    watcher: &mut dyn Watcher,
) -> Result<Summary, CheckError> {
    let store = CheckedStore::open(directory, master_key)?.ok_or(CheckError::NoStore)?;
    let mut checker = Checker {
        store,
        options,
        watcher,
        summary: Summary::default(),
        references_uncertain: false,
        bodies_damaged: false,
        last_bucket: None,
    };
    let outcome = checker.check().await;
    let closed = checker.store.shutdown().await;
    outcome?;
    closed?;
    Ok(checker.summary)
}

/// A check under way.
struct Checker<'a> {
    store: CheckedStore,
    options: CheckOptions,
    watcher: &'a mut dyn Watcher,
    summary: Summary,
    /// A record may exist that cannot be read: what nothing seems to refer to may be its body.
    references_uncertain: bool,
    /// A record refers to a body that is not whole.
    bodies_damaged: bool,
    /// The name of the bucket that was asked for last.
    last_bucket: Option<(BucketId, String)>,
}

impl Checker<'_> {
    async fn check(&mut self) -> Result<(), CheckError> {
        self.check_database()?;
        self.check_rows().await?;
        self.check_usage().await?;
        self.check_segments().await?;
        self.check_files().await
    }

    fn check_database(&mut self) -> Result<(), CheckError> {
        match self.store.integrity(self.options.fast) {
            Ok(messages) => {
                for message in messages {
                    self.damaged_database(message);
                }
                Ok(())
            }
            Err(error @ MetaError::Corrupt { .. }) => {
                self.damaged_database(error.to_string());
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn damaged_database(&mut self, message: String) {
        self.references_uncertain = true;
        self.report(Finding::new(FindingKind::Database, message));
    }

    fn report(&mut self, finding: Finding) {
        self.summary.findings += 1;
        self.summary.repaired += u64::from(matches!(finding.repair, Repair::Done(_)));
        self.watcher.found(finding);
    }

    /// Reports something that can be mended, after mending it if that is wanted and proved.
    async fn report_mendable(
        &mut self,
        finding: Finding,
        mend: impl AsyncFnOnce(&Self) -> Result<&'static str, String>,
    ) {
        let proved = match finding.kind {
            FindingKind::Unfinished => !self.references_uncertain && !self.bodies_damaged,
            FindingKind::StaleGarbage | FindingKind::LiveGarbage => true,
            _ => !self.references_uncertain,
        };
        let repair = match (self.options.repair, proved) {
            (false, _) => Repair::None,
            (true, false) => Repair::NotProved,
            (true, true) => match mend(self).await {
                Ok(done) => Repair::Done(done),
                Err(error) => Repair::Failed(error),
            },
        };
        self.report(Finding { repair, ..finding });
    }

    fn progress(&mut self) {
        self.watcher.progress(self.summary.progress);
    }

    /// The name of a bucket, or its number if there is no readable one.
    fn bucket_name(&mut self, id: BucketId) -> String {
        if let Some((last, name)) = &self.last_bucket
            && *last == id
        {
            return name.clone();
        }
        let name = match self.store.bucket(id) {
            Ok(Some(record)) => record.name.to_string(),
            _ => format!("(bucket number {})", id.0),
        };
        self.last_bucket = Some((id, name.clone()));
        name
    }
}
