//! What answers say of a coming expiration: `x-amz-expiration` and `x-amz-abort-*`.
//!
//! A bucket without rules costs one look at a field.

use meta::{ObjectRecord, UploadRecord};
use model::lifecycle::{Due, LifecycleSubject, LifecycleUpload, Standing};
use model::{S3Error, Timestamp};

use crate::call::Call;
use crate::gate::{Authorized, Op};
use crate::store::Store;

/// When a rule will remove what an answer speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleNote {
    /// The earliest moment.
    pub at: Timestamp,
    /// Id of the rule.
    pub rule_id: String,
}

impl LifecycleNote {
    fn of(due: Due<'_>) -> Self {
        Self { at: due.at, rule_id: due.rule.id().to_owned() }
    }
}

/// Notes when an object expires that is the current one of its key, because it was written just now
/// or was found without naming a version.
pub(crate) fn note_expiration<O: Op>(
    store: &Store,
    call: &Call<'_>,
    authorized: &Authorized<O>,
    record: &ObjectRecord,
) -> Result<(), S3Error> {
    let Some(rules) = &authorized.bucket()?.settings.lifecycle else { return Ok(()) };
    let subject = LifecycleSubject {
        key: record.key.as_str(),
        size_bytes: Some(record.size_bytes),
        tags: &record.tags,
        storage_class: &record.storage_class,
        last_modified: record.last_modified,
        standing: Standing::Current,
    };
    if let Some(due) = rules.removal(store.settings.lifecycle.day, &subject) {
        call.notes.expires(LifecycleNote::of(due));
    }
    Ok(())
}

/// As [`note_expiration`], for an object that was read: a version that was named may be an older one,
/// of which the header does not speak.
pub(crate) async fn note_expiration_of<O: Op>(
    store: &Store,
    call: &Call<'_>,
    authorized: &Authorized<O>,
) -> Result<(), S3Error> {
    let bucket = authorized.bucket()?;
    if bucket.settings.lifecycle.is_none() {
        return Ok(());
    }
    let record = authorized.object()?;
    if authorized.version().is_some() {
        let current = store.vault.object_facts(bucket, &record.key, None).await?;
        if current.is_none_or(|current| current.sequence() != record.sequence) {
            return Ok(());
        }
    }
    note_expiration(store, call, authorized, record)
}

/// Notes when an upload is ended.
pub(crate) fn note_abort<O: Op>(
    store: &Store,
    call: &Call<'_>,
    authorized: &Authorized<O>,
    upload: &UploadRecord,
) -> Result<(), S3Error> {
    let Some(rules) = &authorized.bucket()?.settings.lifecycle else { return Ok(()) };
    let subject = LifecycleUpload { key: upload.key.as_str(), initiated: upload.initiated };
    if let Some(due) = rules.abort(store.settings.lifecycle.day, &subject) {
        call.notes.aborts(LifecycleNote::of(due));
    }
    Ok(())
}
