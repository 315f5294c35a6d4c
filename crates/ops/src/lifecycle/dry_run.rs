//! What a run would do at a given time, without doing it.

use model::{BucketName, ErrorCode, S3Error, Timestamp};
use serde::{Deserialize, Serialize};

use meta::ListedVersion;

use super::LifecycleClock;
use super::judge::{Judged, Removal, StaleUpload};
use super::walk::{Page, Place, Walk};
use crate::store::Store;
use crate::vault::BucketState;
use meta::Versioning;

/// What would happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedKind {
    /// The object would be removed for good.
    ExpireObject,
    /// A delete marker would be put over the object.
    AddDeleteMarker,
    /// A noncurrent version would be removed.
    RemoveNoncurrentVersion,
    /// A delete marker that hides nothing would be removed.
    RemoveDeleteMarker,
    /// An upload would be ended.
    AbortUpload,
    /// On Amazon the version would move to this storage class; Grantry keeps all classes alike.
    Transition {
        /// The class.
        storage_class: String,
    },
}

/// One thing that would happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedAction {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, or the id of the upload.
    pub id: String,
    /// What would happen.
    pub kind: PlannedKind,
    /// The rule that says so.
    pub rule: String,
    /// Since when it is due.
    pub due: Timestamp,
    /// Size of the object, in bytes.
    pub size_bytes: Option<u64>,
}

/// Where a dry run has come to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DryRunPlace {
    /// Buckets up to this one are done.
    after: String,
    /// The bucket that is under way, and where in it.
    within: Option<(String, Place)>,
}

/// Some of what would happen.
#[derive(Clone, Debug)]
pub struct DryRunPage {
    /// What would happen.
    pub actions: Vec<PlannedAction>,
    /// Where the next page begins; none at the end.
    pub next: Option<DryRunPlace>,
}

/// A page of what a run at `now` would do, in one bucket or in all. Errors: `NoSuchBucket`.
pub async fn dry_run(
    store: &Store,
    only: Option<&BucketName>,
    now: Timestamp,
    place: DryRunPlace,
) -> Result<DryRunPage, S3Error> {
    let DryRunPlace { after, within } = place;
    let (name, place) = match (within, only) {
        (Some((name, place)), _) => {
            let name = BucketName::parse(&name).ok_or(ErrorCode::InvalidArgument)?;
            (name, place)
        }
        (None, Some(only)) => (only.clone(), Place::Versions(None)),
        (None, None) => {
            let next = store.vault.buckets_with_lifecycle(&after, 1).await?;
            let Some(name) = next.into_iter().next() else {
                return Ok(DryRunPage { actions: Vec::new(), next: None });
            };
            (name, Place::Versions(None))
        }
    };
    let done = match only {
        Some(_) => None,
        None => Some(DryRunPlace { after: name.as_str().to_owned(), within: None }),
    };
    let Some(bucket) = store.vault.bucket(&name).await? else {
        return match only {
            Some(name) => Err(crate::gate::no_such_bucket(name)),
            None => Ok(DryRunPage { actions: Vec::new(), next: done }),
        };
    };
    let clock = LifecycleClock { now, day: store.settings.lifecycle.day };
    let mut walk = Walk::new(store, bucket.clone(), clock, place);
    let Some(page) = walk.next().await? else {
        return Ok(DryRunPage { actions: Vec::new(), next: done });
    };
    let actions = match page {
        Page::Versions(judged) => judged.into_iter().map(|one| planned(&bucket, one)).collect(),
        Page::Uploads(uploads) => uploads.iter().map(aborted).collect(),
    };
    let next = match walk.place() {
        Place::End => done,
        place => {
            let within = Some((name.as_str().to_owned(), place.clone()));
            Some(DryRunPlace { after, within })
        }
    };
    Ok(DryRunPage { actions, next })
}

fn planned(bucket: &BucketState, judged: Judged) -> PlannedAction {
    let (entry, kind, reason) = match judged {
        Judged::Removal(expired) => {
            let kind = match (expired.removal(), bucket.record.versioning) {
                (Removal::Expire, Versioning::Off) => PlannedKind::ExpireObject,
                (Removal::Expire, _) => PlannedKind::AddDeleteMarker,
                (Removal::Noncurrent, _) => PlannedKind::RemoveNoncurrentVersion,
                (Removal::Marker, _) => PlannedKind::RemoveDeleteMarker,
            };
            (expired.entry().clone(), kind, expired.reason().clone())
        }
        Judged::Transition { version, class, reason } => {
            (version, PlannedKind::Transition { storage_class: class }, reason)
        }
    };
    PlannedAction {
        bucket: bucket.record.name.as_str().to_owned(),
        key: entry.key().as_str().to_owned(),
        id: entry.version.as_str().to_owned(),
        kind,
        rule: reason.rule,
        due: reason.due,
        size_bytes: match &entry.content {
            ListedVersion::Object(object) => Some(object.size_bytes),
            ListedVersion::DeleteMarker(_) => None,
        },
    }
}

fn aborted(upload: &StaleUpload) -> PlannedAction {
    PlannedAction {
        bucket: upload.bucket().record.name.as_str().to_owned(),
        key: upload.key().as_str().to_owned(),
        id: upload.id().as_str().to_owned(),
        kind: PlannedKind::AbortUpload,
        rule: upload.reason().rule.clone(),
        due: upload.reason().due,
        size_bytes: None,
    }
}
