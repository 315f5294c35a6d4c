//! DeleteObject and DeleteObjects.

use authz::Asks;
use meta::DeleteOutcome;
use model::{BucketName, ErrorCode, ObjectKey, S3Error, VersionId};

use super::conditions::Conditions;
use crate::call::Call;
use crate::gate::{self, Intent, no_such_bucket, op};
use crate::notes::{Notes, SideEffect};
use crate::store::Store;
use crate::vault::Deletion;

/// What a deletion did, for the answer's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The version that was removed or asked for, or the id of the new delete marker.
    pub version: Option<VersionId>,
    /// Whether a delete marker was removed or added.
    pub delete_marker: bool,
}

/// Deletes an object. A key that does not exist counts as deleted.
pub async fn delete(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
    how: &HowToDelete,
) -> Result<Deleted, S3Error> {
    let deletion = pass(store, call, bucket, key, version, how).await?;
    let outcome = store.vault.delete_object(&deletion, call.now).await?;
    Ok(deleted(outcome, version))
}

/// What a deletion says besides what it deletes.
#[derive(Clone, Debug, Default)]
pub struct HowToDelete {
    /// `If-Match`.
    pub conditions: Conditions,
    /// `x-amz-bypass-governance-retention: true`.
    pub bypass_governance: bool,
}

/// One decision, about one key (EVAL-1).
async fn pass(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
    how: &HowToDelete,
) -> Result<Deletion, S3Error> {
    let asks = Asks { bypass_governance: how.bypass_governance, ..Asks::default() };
    let intent = Intent { version, asks, ..Intent::object(bucket, key) };
    let authorized = gate::pass::<op::DeleteObject>(store, call, intent).await?;
    Ok(Deletion { authorized, precondition: how.conditions.of_write()? })
}

fn deleted(outcome: DeleteOutcome, version: Option<&VersionId>) -> Deleted {
    match outcome {
        // What is gone already was deleted too.
        DeleteOutcome::Nothing => Deleted { version: version.cloned(), delete_marker: false },
        // The null version of a bucket without versioning is not mentioned.
        DeleteOutcome::Removed { version: VersionId::Null, delete_marker } if version.is_none() => {
            Deleted { version: None, delete_marker }
        }
        DeleteOutcome::Removed { version, delete_marker } => {
            Deleted { version: Some(version), delete_marker }
        }
        DeleteOutcome::Marked { version } => {
            Deleted { version: Some(version), delete_marker: true }
        }
    }
}

/// One key of a batch deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteEntry {
    /// The key.
    pub key: ObjectKey,
    /// The version as sent.
    pub version: Option<String>,
    /// `ETag` of the entry: delete only an object that has it.
    pub if_match: Option<String>,
}

/// Deletes each key on its own: each has a decision, a result and possibly an error (§6.9). What was
/// allowed is deleted after the last decision, in the order sent and with few commits.
pub async fn delete_all(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    entries: Vec<DeleteEntry>,
    bypass_governance: bool,
) -> Result<Vec<(DeleteEntry, Result<Deleted, S3Error>)>, S3Error> {
    let state = store.vault.bucket(bucket).await?.ok_or_else(|| no_such_bucket(bucket))?;
    if call.expected_bucket_owner.is_some_and(|expected| expected != state.facts.owner.id) {
        return Err(ErrorCode::AccessDenied.into());
    }
    let mut decided = Vec::with_capacity(entries.len());
    let mut allowed = Vec::new();
    for entry in &entries {
        let notes = call.notes.of_part();
        let call = Call { notes: &notes, ..*call };
        let decision = match pass_entry(store, &call, bucket, entry, bypass_governance).await {
            Ok((deletion, version)) => {
                allowed.push(deletion);
                Ok(version)
            }
            Err(error) => Err(error),
        };
        decided.push((decision, notes));
    }
    let deleting = store.vault.delete_objects(&allowed, call.now).await;
    if deleting.is_err() {
        for (_, notes) in &decided {
            call.notes.adopt(notes);
        }
    }
    let mut outcomes = deleting?.into_iter();
    let mut results = Vec::with_capacity(entries.len());
    for (entry, (decision, notes)) in entries.into_iter().zip(decided) {
        let result = match decision {
            Ok(version) => {
                let outcome = outcomes.next();
                let missing = || Err(S3Error::internal("a deletion has no outcome"));
                outcome.unwrap_or_else(missing).map(|outcome| deleted(outcome, version.as_ref()))
            }
            Err(error) => Err(error),
        };
        if let Some(refusal) = result.as_ref().err().and_then(S3Error::lock) {
            notes.refused_by_lock(refusal);
        }
        call.notes.adopt(&notes);
        if state.logging.is_some() {
            call.notes.add(record(&entry, &result, &notes));
        }
        results.push((entry, result));
    }
    Ok(results)
}

fn record(entry: &DeleteEntry, result: &Result<Deleted, S3Error>, notes: &Notes) -> SideEffect {
    SideEffect::BatchDelete {
        key: entry.key.clone(),
        version: entry.version.clone(),
        error: result.as_ref().err().cloned(),
        acl_required: notes.acl_required(),
    }
}

async fn pass_entry(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    entry: &DeleteEntry,
    bypass_governance: bool,
) -> Result<(Deletion, Option<VersionId>), S3Error> {
    let version = match entry.version.as_deref() {
        None => None,
        Some(text) => {
            // EVAL-4: a version that cannot exist is a version that does not exist.
            let unknown = || S3Error::new(ErrorCode::NoSuchVersion);
            Some(VersionId::parse(text).ok_or_else(unknown)?)
        }
    };
    let conditions = Conditions { if_match: entry.if_match.clone(), ..Conditions::default() };
    let how = HowToDelete { conditions, bypass_governance };
    let deletion = pass(store, call, bucket, &entry.key, version.as_ref(), &how).await?;
    Ok((deletion, version))
}
