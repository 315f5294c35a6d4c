//! What [`crate::backup`] reads of a store that another process may be using, and what it needs of
//! the copy.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use blob::{BlobError, SegmentEnd, SourceFiles};
use identity::{MasterKey, MasterKeySettings};
use meta::{
    MetaError, MetadataStore as _, ObjectVersion, RowCursor, ScannedTable, SqliteStore, StoredRow,
};
use model::{BlobPlace, BlobRef};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{OpenError, Vault, master_key};

/// Rows that are read at once.
const PAGE_ROWS_MAX: usize = 256;
/// How often a segment is looked at again whose last header is just being written.
const SEGMENT_LOOKS_MAX: usize = 5;
/// Pause between two looks.
const SEGMENT_PAUSE: Duration = Duration::from_millis(20);

/// Keeps the store from removing blobs that were referred to, for as long as it lives.
#[must_use]
#[derive(Debug)]
pub struct RemovalHold(#[expect(dead_code, reason = "dropping it is its use")] OwnedMutexGuard<()>);

impl Vault {
    /// Waits for a removal that is under way, and lets no other begin.
    pub(crate) async fn hold_removals(&self) -> RemovalHold {
        RemovalHold(Arc::clone(&self.removals).lock_owned().await)
    }
}

/// The lock that removals and [`RemovalHold`] share.
pub(super) type Removals = Arc<Mutex<()>>;

/// Copies the metadata of a store, as it is at this moment, into a new directory.
pub(crate) fn copy_metadata(data_directory: &Path, target: &Path) -> Result<(), MetaError> {
    let database = target.join("meta").join(SqliteStore::file_name());
    SqliteStore::copy_database_of(&data_directory.join("meta"), &database)
}

/// Whether a store lies in this directory.
pub(crate) fn is_store(data_directory: &Path) -> bool {
    SqliteStore::exists_in(&data_directory.join("meta"))
}

/// The bodies of the store that is copied.
pub(crate) struct SourceBodies(SourceFiles);

impl SourceBodies {
    /// The bodies of the store in a data directory.
    pub(crate) fn open(data_directory: &Path) -> Result<Self, BlobError> {
        SourceFiles::open(&data_directory.join("blobs")).map(Self)
    }

    /// The segments, each with the length that is worth copying, if it is known.
    pub(crate) fn segments(
        &self,
    ) -> Result<impl Iterator<Item = Result<(PathBuf, Option<u64>), BlobError>>, BlobError> {
        let segments = self.0.segments()?;
        Ok(segments.into_iter().map(|segment| {
            let place = BlobPlace::Segment { segment, offset_bytes: 0 };
            Ok((self.0.path_of(place), self.segment_end(segment)?))
        }))
    }

    fn segment_end(&self, segment: u32) -> Result<Option<u64>, BlobError> {
        for _ in 0..SEGMENT_LOOKS_MAX {
            if let SegmentEnd::At(end) = self.0.segment_end(segment)? {
                return Ok(Some(end));
            }
            std::thread::sleep(SEGMENT_PAUSE);
        }
        Ok(None)
    }

    /// The file of a large body; `None` for a body in a segment.
    pub(crate) fn file_of(&self, blob: &BlobRef) -> Option<PathBuf> {
        matches!(blob.place, BlobPlace::File { .. }).then(|| self.0.path_of(blob.place))
    }
}

/// A copy of the metadata, opened to see what it refers to.
pub(crate) struct CopiedMetadata(SqliteStore);

/// A page of references.
#[derive(Default)]
pub(crate) struct References {
    /// The blobs.
    pub(crate) blobs: Vec<BlobRef>,
    /// Rows that could not be read; what they refer to is not known.
    pub(crate) damaged: Vec<String>,
    /// Where the next page begins; `None` after the last.
    pub(crate) next: Option<RowCursor>,
}

/// The tables whose rows refer to blobs.
pub(crate) const REFERRING: [ScannedTable; 3] =
    [ScannedTable::Object, ScannedTable::ObjectVersion, ScannedTable::UploadPart];

impl CopiedMetadata {
    /// Opens the copy in a backup.
    pub(crate) fn open(target: &Path) -> Result<Self, MetaError> {
        SqliteStore::open(&target.join("meta")).map(Self)
    }

    /// The master key that it is sealed with.
    pub(crate) fn master_key(
        &self,
        data_directory: &Path,
        settings: &MasterKeySettings,
    ) -> Result<MasterKey, OpenError> {
        master_key::read(settings, data_directory, true)?.choose(&self.0, settings)
    }

    /// A page of what one table refers to.
    pub(crate) fn references(
        &self,
        table: ScannedTable,
        after: Option<&RowCursor>,
    ) -> Result<References, MetaError> {
        let page = self.0.scan(table, after, PAGE_ROWS_MAX)?;
        let mut references = References { next: page.next, ..References::default() };
        for row in page.rows {
            match row.content {
                Ok(StoredRow::Object { version: ObjectVersion::Object(record), .. }) => {
                    references.blobs.extend(record.parts.iter().filter_map(|part| part.blob));
                }
                Ok(StoredRow::Part { part, .. }) => references.blobs.extend(part.part.blob),
                Ok(_) => {}
                Err(error) => references.damaged.push(error.to_string()),
            }
        }
        Ok(references)
    }

    /// Forgets the garbage in files of their own, which a backup leaves out.
    pub(crate) async fn forget_garbage_in_files(&self) -> Result<(), MetaError> {
        let mut after = None;
        loop {
            let page = self.0.scan(ScannedTable::Garbage, after.as_ref(), PAGE_ROWS_MAX)?;
            let in_file = |row: &meta::ScannedRow| match &row.content {
                Ok(StoredRow::Garbage(blob)) => {
                    matches!(blob.place, BlobPlace::File { .. }).then_some(*blob)
                }
                _ => None,
            };
            let blobs: Vec<BlobRef> = page.rows.iter().filter_map(in_file).collect();
            self.0.forget_garbage(&blobs).await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Closes it, so that it is one file again.
    pub(crate) async fn close(self) -> Result<(), MetaError> {
        self.0.shutdown().await
    }
}
