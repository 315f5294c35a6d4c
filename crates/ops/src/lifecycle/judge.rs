//! What the rules of a bucket say of one of its versions or uploads.
//!
//! The fields of [`ExpiredVersion`] and [`StaleUpload`] are private to this file: one exists only if
//! the stored rules of its own bucket say so of what the metadata holds. The vault removes nothing for
//! lifecycle but what these name.

use std::sync::Arc;

use meta::{ListedVersion, Precondition, UploadId, UploadSummary, VersionEntry};
use model::lifecycle::{LifecycleAction, LifecycleSubject, LifecycleUpload, Standing};
use model::{ObjectKey, Timestamp, VersionId};

use super::LifecycleClock;
use crate::vault::BucketState;

/// What is due of a version.
pub(super) enum Judged {
    /// It goes.
    Removal(ExpiredVersion),
    /// It would move to another storage class.
    Transition {
        /// Which version.
        version: VersionEntry,
        /// The class.
        class: String,
        /// The rule that says so.
        reason: Reason,
    },
}

/// Why something is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Id of the rule.
    pub(crate) rule: String,
    /// Since when.
    pub(crate) due: Timestamp,
}

/// How a version goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// As by DeleteObject without a version.
    Expire,
    /// A delete marker that hides nothing.
    Marker,
    /// A noncurrent version.
    Noncurrent,
}

/// A version that the rules of its bucket remove.
pub(crate) struct ExpiredVersion {
    bucket: Arc<BucketState>,
    entry: VersionEntry,
    removal: Removal,
    reason: Reason,
}

impl ExpiredVersion {
    /// The bucket.
    pub(crate) fn bucket(&self) -> &Arc<BucketState> {
        &self.bucket
    }

    /// What the metadata said of it.
    pub(crate) fn entry(&self) -> &VersionEntry {
        &self.entry
    }

    /// The key.
    pub(crate) fn key(&self) -> &ObjectKey {
        self.entry.key()
    }

    /// The version that is removed for good; none where the object expires.
    pub(crate) fn version(&self) -> Option<&VersionId> {
        (self.removal != Removal::Expire).then_some(&self.entry.version)
    }

    /// How it goes.
    pub(crate) fn removal(&self) -> Removal {
        self.removal
    }

    /// Why it goes.
    pub(crate) fn reason(&self) -> &Reason {
        &self.reason
    }

    /// That it is still what was judged.
    pub(crate) fn precondition(&self) -> Precondition {
        Precondition::IfUnmoved { sequence: self.entry.sequence, is_latest: self.entry.is_latest }
    }
}

/// Judges a version with its tags, as far as a rule wants them.
pub(super) fn version(
    bucket: &Arc<BucketState>,
    clock: LifecycleClock,
    entry: VersionEntry,
    standing: Standing,
    tags: &[(String, String)],
) -> Option<Judged> {
    let rules = bucket.settings.lifecycle.as_ref()?;
    let subject = subject(&entry, standing, tags);
    let (action, due) = rules.action(clock.now, clock.day, &subject)?;
    let reason = Reason { rule: due.rule.id().to_owned(), due: due.at };
    let removal = match action {
        LifecycleAction::Expire => Removal::Expire,
        LifecycleAction::RemoveMarker => Removal::Marker,
        LifecycleAction::RemoveNoncurrent => Removal::Noncurrent,
        LifecycleAction::Transition(class) => {
            let class = class.to_owned();
            return Some(Judged::Transition { version: entry, class, reason });
        }
    };
    let bucket = Arc::clone(bucket);
    Some(Judged::Removal(ExpiredVersion { bucket, entry, removal, reason }))
}

fn subject<'a>(
    entry: &'a VersionEntry,
    standing: Standing,
    tags: &'a [(String, String)],
) -> LifecycleSubject<'a> {
    let key = entry.key().as_str();
    match &entry.content {
        ListedVersion::Object(object) => LifecycleSubject {
            key,
            size_bytes: Some(object.size_bytes),
            tags,
            storage_class: &object.storage_class,
            last_modified: object.last_modified,
            standing,
        },
        ListedVersion::DeleteMarker(marker) => LifecycleSubject {
            key,
            size_bytes: None,
            tags: &[],
            storage_class: "",
            last_modified: marker.last_modified,
            standing,
        },
    }
}

/// An upload that the rules of its bucket end.
pub(crate) struct StaleUpload {
    bucket: Arc<BucketState>,
    upload: UploadSummary,
    reason: Reason,
}

impl StaleUpload {
    /// The bucket.
    pub(crate) fn bucket(&self) -> &Arc<BucketState> {
        &self.bucket
    }

    /// The key.
    pub(crate) fn key(&self) -> &ObjectKey {
        &self.upload.key
    }

    /// The id.
    pub(crate) fn id(&self) -> &UploadId {
        &self.upload.id
    }

    /// Why it ends.
    pub(crate) fn reason(&self) -> &Reason {
        &self.reason
    }
}

/// Judges an upload in progress.
pub(super) fn upload(
    bucket: &Arc<BucketState>,
    clock: LifecycleClock,
    upload: UploadSummary,
) -> Option<StaleUpload> {
    let rules = bucket.settings.lifecycle.as_ref()?;
    let subject = LifecycleUpload { key: upload.key.as_str(), initiated: upload.initiated };
    let due = rules.abort(clock.day, &subject).filter(|due| due.at <= clock.now)?;
    let reason = Reason { rule: due.rule.id().to_owned(), due: due.at };
    Some(StaleUpload { bucket: Arc::clone(bucket), upload, reason })
}
