//! Writing and deleting objects.
//!
//! Invariant: `object` holds the newest version of a key unless that is a delete marker, and
//! `object_version` holds all others. So a key whose newest version is deleted for good gets the
//! next one back from there.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{
    BlobRef, ETag, GovernanceBypass, LockRefusal, LockedChange, ObjectKey, Timestamp, VersionId,
};
use rusqlite::params;

use super::object_row::{Place, insert_delete_marker, insert_object};
use super::transaction::Transaction;
use super::usage::UsageChange;
use super::{bucket, event, garbage, object_read, usage};
use crate::bucket::{BucketId, Versioning};
use crate::error::{MetaError, Noun};
use crate::event::{EventCause, NewEvent};
use crate::object::{
    DeleteMarkerRecord, DeleteObject, DeleteOutcome, NewObject, ObjectChange, ObjectRecord,
    ObjectVersion, Precondition,
};

const ARCHIVE: &str = "INSERT INTO object_version \
     (bucket, key, summary, detail, sequence, version) \
     SELECT bucket, key, summary, detail, ?3, ?4 FROM object WHERE bucket = ?1 AND key = ?2";

const RESTORE: &str = "INSERT INTO object (bucket, key, summary, detail) \
     SELECT bucket, key, summary, detail FROM object_version \
     WHERE bucket = ?1 AND key = ?2 AND sequence = ?3";

/// What a write does beside its own row: counts, and blobs that may become garbage. Whatever removes
/// a version for good says so here, and here Object Lock is asked: no path leads around it.
struct Effects {
    now: Timestamp,
    bypass: GovernanceBypass,
    usage: UsageChange,
    released: BTreeSet<BlobRef>,
}

impl Effects {
    fn new(now: Timestamp, bypass: GovernanceBypass) -> Self {
        Self { now, bypass, usage: UsageChange::default(), released: BTreeSet::new() }
    }

    fn remove(&mut self, version: &ObjectVersion) -> Result<(), MetaError> {
        match version {
            ObjectVersion::Object(record) => self.remove_object(record),
            ObjectVersion::DeleteMarker(_) => self.usage.remove(0),
        }
    }

    fn remove_object(&mut self, record: &ObjectRecord) -> Result<(), MetaError> {
        let locked = LockRefusal { lock: record.lock, change: LockedChange::Removal };
        if locked.stands(self.now, self.bypass) {
            return Err(MetaError::Locked(locked));
        }
        self.released.extend(record.parts.iter().filter_map(|part| part.blob));
        self.usage.remove(record.size_bytes)
    }
}

/// The key of one bucket that a write is about.
#[derive(Clone, Copy)]
struct Slot<'w> {
    tx: &'w Transaction,
    bucket: BucketId,
    key: &'w ObjectKey,
}

impl Slot<'_> {
    /// Takes the row of `object` away.
    fn delete_current(self) -> Result<(), MetaError> {
        let sql = "DELETE FROM object WHERE bucket = ?1 AND key = ?2";
        self.tx.prepare_cached(sql)?.execute(params![self.bucket.0, self.key.as_str()])?;
        Ok(())
    }

    /// Takes a row of `object_version` away.
    fn delete_noncurrent(self, sequence: i64) -> Result<(), MetaError> {
        let sql = "DELETE FROM object_version WHERE bucket = ?1 AND key = ?2 AND sequence = ?3";
        self.tx.prepare_cached(sql)?.execute(params![
            self.bucket.0,
            self.key.as_str(),
            sequence
        ])?;
        Ok(())
    }

    /// Copies the current version to the noncurrent ones.
    fn archive(self, current: &ObjectRecord) -> Result<(), MetaError> {
        self.tx.prepare_cached(ARCHIVE)?.execute(params![
            self.bucket.0,
            self.key.as_str(),
            current.sequence,
            current.version.as_str()
        ])?;
        Ok(())
    }

    /// Makes the newest noncurrent version current, unless it is a delete marker.
    fn restore(self) -> Result<(), MetaError> {
        let newest = object_read::newest_noncurrent(self.tx, self.bucket, self.key)?;
        let Some(ObjectVersion::Object(record)) = newest else { return Ok(()) };
        self.tx.prepare_cached(RESTORE)?.execute(params![
            self.bucket.0,
            self.key.as_str(),
            record.sequence
        ])?;
        self.delete_noncurrent(record.sequence)
    }

    /// Makes room for a newest version with this id: the version that has the id goes, the
    /// current one is kept if it has another. The row of `object` is the caller's to replace.
    fn make_room(
        self,
        versioning: Versioning,
        current: Option<&ObjectRecord>,
        version: &VersionId,
        effects: &mut Effects,
    ) -> Result<(), MetaError> {
        match current {
            Some(record) if record.version == *version => {
                return effects.remove_object(record);
            }
            Some(record) => self.archive(record)?,
            None => {}
        }
        if versioning == Versioning::Off {
            return Ok(());
        }
        let replaced = object_read::noncurrent(self.tx, self.bucket, self.key, version)?;
        let Some(replaced) = replaced else { return Ok(()) };
        effects.remove(&replaced)?;
        self.delete_noncurrent(replaced.sequence())
    }

    /// Counts, and notes as garbage what `kept` does not refer to.
    fn settle(self, mut effects: Effects, kept: Option<&NewObject>) -> Result<i64, MetaError> {
        // A write that is repeated after an unclear answer replaces itself: its blobs live on.
        for blob in kept.iter().flat_map(|object| &object.parts).filter_map(|part| part.blob) {
            effects.released.remove(&blob);
        }
        garbage::add(self.tx, effects.released, effects.now)?;
        usage::change(self.tx, self.bucket, effects.usage)
    }
}

/// Whether a write may go on, given the tag of what it replaces.
fn check(precondition: Precondition, current: Option<&ETag>) -> Result<(), MetaError> {
    match (precondition, current) {
        (Precondition::IfMatchAny | Precondition::IfMatch(_), None) => {
            Err(MetaError::NotFound { what: Noun::Object })
        }
        (Precondition::IfMatch(expected), Some(etag)) if expected != *etag => {
            Err(MetaError::PreconditionFailed)
        }
        (Precondition::IfNoneMatchAny, Some(_)) => Err(MetaError::PreconditionFailed),
        _ => Ok(()),
    }
}

/// As [`check`], for a version that was looked at before.
fn check_unmoved(
    precondition: Precondition,
    found: Option<i64>,
    is_latest_now: impl FnOnce() -> Result<bool, MetaError>,
) -> Result<(), MetaError> {
    let Precondition::IfUnmoved { sequence, is_latest } = precondition else { return Ok(()) };
    if found == Some(sequence) && is_latest_now()? == is_latest {
        return Ok(());
    }
    Err(MetaError::PreconditionFailed)
}

/// The id of a new version.
fn new_version(versioning: Versioning, fresh: VersionId) -> VersionId {
    match versioning {
        Versioning::Enabled => fresh,
        Versioning::Off | Versioning::Suspended => VersionId::Null,
    }
}

/// Writes an object.
pub(crate) fn put(
    tx: &Transaction,
    bucket: BucketId,
    mut object: NewObject,
    precondition: Precondition,
) -> Result<ObjectRecord, MetaError> {
    let rules = bucket::version_rules(tx, bucket)?;
    let versioning = rules.versioning;
    tx.note_changed((bucket, object.key.clone()));
    let current = object_read::current(tx, bucket, &object.key)?;
    check(precondition, current.as_ref().map(|record| &record.etag))?;
    check_unmoved(precondition, current.as_ref().map(|record| record.sequence), || Ok(true))?;
    let version = new_version(versioning, object.fresh_version.clone());
    if object.lock.retention.is_none() {
        let default = rules.object_lock.and_then(|lock| lock.default_retention);
        object.lock.retention = default.map(|default| default.of_version(object.last_modified));
    }
    let slot = Slot { tx, bucket, key: &object.key };
    let mut effects = Effects::new(object.last_modified, GovernanceBypass::No);
    slot.make_room(versioning, current.as_deref(), &version, &mut effects)?;
    effects.usage.add(object.size_bytes)?;
    let sequence = slot.settle(effects, Some(&object))?;
    let events = std::mem::take(&mut object.events);
    let record = object.into_record(version, sequence);
    insert_object(tx, Place::Current, bucket, &record)?;
    event::queue(tx, events, EventCause::Written, Some(&record.version))?;
    Ok(record)
}

/// Changes the version with this sequence in place.
pub(crate) fn update(
    tx: &Transaction,
    bucket: BucketId,
    key: &ObjectKey,
    sequence: i64,
    change: ObjectChange,
    events: Vec<NewEvent>,
) -> Result<ObjectRecord, MetaError> {
    bucket::version_rules(tx, bucket)?;
    tx.note_changed((bucket, key.clone()));
    let current = object_read::current(tx, bucket, key)?;
    let current = current.filter(|record| record.sequence == sequence);
    let place = if current.is_some() { Place::Current } else { Place::Noncurrent };
    let found = match current {
        Some(record) => Some(ObjectVersion::Object(record)),
        None => object_read::noncurrent_by_sequence(tx, bucket, key, sequence)?,
    };
    let found = found.and_then(ObjectVersion::into_object);
    let mut record = found.ok_or(MetaError::Conflict { what: Noun::ObjectVersion })?;
    match change {
        ObjectChange::Acl(acl) => record.acl = acl,
        ObjectChange::Tags(tags) => record.tags = tags,
        ObjectChange::Retention { retention, now, bypass } => {
            let change = LockedChange::Retention(retention);
            let locked = LockRefusal { lock: record.lock, change };
            if locked.stands(now, bypass) {
                return Err(MetaError::Locked(locked));
            }
            record.lock.retention = retention;
        }
        ObjectChange::LegalHold(is_held) => record.lock.legal_hold = Some(is_held),
        ObjectChange::Encryption(encryption) => record.encryption = Some(encryption),
    }
    insert_object(tx, place, bucket, &record)?;
    event::queue(tx, events, EventCause::Written, Some(&record.version))?;
    Ok(record)
}

/// Deletes an object or one of its versions.
pub(crate) fn delete(
    tx: &Transaction,
    bucket: BucketId,
    mut deletion: DeleteObject,
) -> Result<DeleteOutcome, MetaError> {
    let versioning = bucket::version_rules(tx, bucket)?.versioning;
    tx.note_changed((bucket, deletion.key.clone()));
    let current = object_read::current(tx, bucket, &deletion.key)?;
    let slot = Slot { tx, bucket, key: &deletion.key };
    let events = std::mem::take(&mut deletion.events);
    let deletion = &deletion;
    let outcome = match (&deletion.version, versioning) {
        (Some(version), _) => delete_version(slot, versioning, current, version, deletion)?,
        (None, Versioning::Off) => {
            delete_version(slot, versioning, current, &VersionId::Null, deletion)?
        }
        (None, _) => mark_deleted(slot, versioning, current.as_deref(), deletion)?,
    };
    match &outcome {
        DeleteOutcome::Nothing => {}
        DeleteOutcome::Removed { version, .. } => {
            event::queue(tx, events, EventCause::Removed, Some(version))?;
        }
        DeleteOutcome::Marked { version } => {
            event::queue(tx, events, EventCause::Marked, Some(version))?;
        }
    }
    Ok(outcome)
}

fn delete_version(
    slot: Slot<'_>,
    versioning: Versioning,
    current: Option<Arc<ObjectRecord>>,
    version: &VersionId,
    deletion: &DeleteObject,
) -> Result<DeleteOutcome, MetaError> {
    let has_current = current.is_some();
    let current = current.filter(|record| record.version == *version);
    let is_current = current.is_some();
    let target = match current {
        Some(record) => Some(ObjectVersion::Object(record)),
        // Without versioning there never was a version beside the current one.
        None if versioning == Versioning::Off => None,
        None => object_read::noncurrent(slot.tx, slot.bucket, slot.key, version)?,
    };
    let etag = match &target {
        Some(ObjectVersion::Object(record)) => Some(&record.etag),
        _ => None,
    };
    check(deletion.precondition, etag)?;
    let sequence = target.as_ref().map(ObjectVersion::sequence);
    check_unmoved(deletion.precondition, sequence, || {
        // A delete marker is the newest version where nothing newer hides it.
        let newest = object_read::newest_noncurrent(slot.tx, slot.bucket, slot.key)?;
        let is_newest = newest.map(|version| version.sequence()) == sequence;
        Ok(is_current || (!has_current && is_newest))
    })?;
    let Some(target) = target else { return Ok(DeleteOutcome::Nothing) };
    let mut effects = Effects::new(deletion.now, deletion.bypass);
    effects.remove(&target)?;
    if is_current {
        slot.delete_current()?;
    } else {
        slot.delete_noncurrent(target.sequence())?;
    }
    if versioning != Versioning::Off && (is_current || !has_current) {
        slot.restore()?;
    }
    slot.settle(effects, None)?;
    Ok(DeleteOutcome::Removed {
        version: version.clone(),
        delete_marker: matches!(target, ObjectVersion::DeleteMarker(_)),
    })
}

fn mark_deleted(
    slot: Slot<'_>,
    versioning: Versioning,
    current: Option<&ObjectRecord>,
    deletion: &DeleteObject,
) -> Result<DeleteOutcome, MetaError> {
    check(deletion.precondition, current.map(|record| &record.etag))?;
    check_unmoved(deletion.precondition, current.map(|record| record.sequence), || Ok(true))?;
    let version = new_version(versioning, deletion.fresh_version.clone());
    let mut effects = Effects::new(deletion.now, GovernanceBypass::No);
    slot.make_room(versioning, current, &version, &mut effects)?;
    if current.is_some() {
        slot.delete_current()?;
    }
    effects.usage.add(0)?;
    let marker = DeleteMarkerRecord {
        key: deletion.key.clone(),
        version: version.clone(),
        sequence: slot.settle(effects, None)?,
        last_modified: deletion.now,
        owner: deletion.owner.clone(),
    };
    insert_delete_marker(slot.tx, slot.bucket, &marker)?;
    Ok(DeleteOutcome::Marked { version })
}
