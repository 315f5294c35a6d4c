//! Writing and deleting objects.
//!
//! Invariant: `object` holds the newest version of a key unless that is a delete marker, and
//! `object_version` holds all others. So a key whose newest version is deleted for good gets the
//! next one back from there.

use std::collections::BTreeSet;

use model::{BlobRef, ETag, ObjectKey, Timestamp, VersionId};
use rusqlite::{Connection, params};

use super::object_row::{Place, insert_delete_marker, insert_object, narrow_columns};
use super::usage::UsageChange;
use super::{bucket, garbage, object_read, usage};
use crate::bucket::{BucketId, Versioning};
use crate::error::{MetaError, Noun};
use crate::object::{
    DeleteMarkerRecord, DeleteObject, DeleteOutcome, NewObject, ObjectChange, ObjectRecord,
    ObjectVersion, Precondition,
};

const ARCHIVE: &str = concat!(
    "INSERT INTO object_version (",
    narrow_columns!(),
    ", detail) SELECT ",
    narrow_columns!(),
    ", detail FROM object WHERE bucket = ?1 AND key = ?2"
);

const RESTORE: &str = concat!(
    "INSERT INTO object (",
    narrow_columns!(),
    ", detail) SELECT ",
    narrow_columns!(),
    ", detail FROM object_version WHERE bucket = ?1 AND key = ?2 AND sequence = ?3"
);

/// What a write does beside its own row: counts, and blobs that may become garbage.
#[derive(Default)]
struct Effects {
    usage: UsageChange,
    released: BTreeSet<BlobRef>,
}

impl Effects {
    fn remove(&mut self, version: &ObjectVersion) -> Result<(), MetaError> {
        match version {
            ObjectVersion::Object(record) => self.remove_object(record),
            ObjectVersion::DeleteMarker(_) => self.usage.remove(0),
        }
    }

    fn remove_object(&mut self, record: &ObjectRecord) -> Result<(), MetaError> {
        self.released.extend(record.parts.iter().filter_map(|part| part.blob));
        self.usage.remove(record.size_bytes)
    }
}

/// The key of one bucket that a write is about.
#[derive(Clone, Copy)]
struct Slot<'w> {
    connection: &'w Connection,
    bucket: BucketId,
    key: &'w ObjectKey,
}

impl Slot<'_> {
    /// Takes the row of `object` away.
    fn delete_current(self) -> Result<(), MetaError> {
        let sql = "DELETE FROM object WHERE bucket = ?1 AND key = ?2";
        self.connection.prepare_cached(sql)?.execute(params![self.bucket.0, self.key.as_str()])?;
        Ok(())
    }

    /// Takes a row of `object_version` away.
    fn delete_noncurrent(self, sequence: i64) -> Result<(), MetaError> {
        let sql = "DELETE FROM object_version WHERE bucket = ?1 AND key = ?2 AND sequence = ?3";
        self.connection.prepare_cached(sql)?.execute(params![
            self.bucket.0,
            self.key.as_str(),
            sequence
        ])?;
        Ok(())
    }

    /// Moves the current version to the noncurrent ones.
    fn archive(self) -> Result<(), MetaError> {
        self.connection
            .prepare_cached(ARCHIVE)?
            .execute(params![self.bucket.0, self.key.as_str()])?;
        self.delete_current()
    }

    /// Makes the newest noncurrent version current, unless it is a delete marker.
    fn restore(self) -> Result<(), MetaError> {
        let newest = object_read::newest_noncurrent(self.connection, self.bucket, self.key)?;
        let Some(ObjectVersion::Object(record)) = newest else { return Ok(()) };
        self.connection.prepare_cached(RESTORE)?.execute(params![
            self.bucket.0,
            self.key.as_str(),
            record.sequence
        ])?;
        self.delete_noncurrent(record.sequence)
    }

    /// Makes room for a newest version with this id: the version that has the id goes, the
    /// current one is kept if it has another.
    fn make_room(
        self,
        versioning: Versioning,
        current: Option<&ObjectRecord>,
        version: &VersionId,
        effects: &mut Effects,
    ) -> Result<(), MetaError> {
        match current {
            Some(record) if record.version == *version => {
                effects.remove_object(record)?;
                return self.delete_current();
            }
            Some(_) => self.archive()?,
            None => {}
        }
        if versioning == Versioning::Off {
            return Ok(());
        }
        let replaced = object_read::noncurrent(self.connection, self.bucket, self.key, version)?;
        let Some(replaced) = replaced else { return Ok(()) };
        effects.remove(&replaced)?;
        self.delete_noncurrent(replaced.sequence())
    }

    /// Counts, and notes as garbage what `kept` does not refer to.
    fn settle(
        self,
        mut effects: Effects,
        kept: Option<&NewObject>,
        now: Timestamp,
    ) -> Result<i64, MetaError> {
        // A write that is repeated after an unclear answer replaces itself: its blobs live on.
        for blob in kept.iter().flat_map(|object| &object.parts).filter_map(|part| part.blob) {
            effects.released.remove(&blob);
        }
        garbage::add(self.connection, effects.released, now)?;
        usage::change(self.connection, self.bucket, effects.usage)
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

/// The id of a new version.
fn new_version(versioning: Versioning, fresh: VersionId) -> VersionId {
    match versioning {
        Versioning::Enabled => fresh,
        Versioning::Off | Versioning::Suspended => VersionId::Null,
    }
}

/// Writes an object.
pub(crate) fn put(
    connection: &Connection,
    bucket: BucketId,
    object: NewObject,
    precondition: Precondition,
) -> Result<ObjectRecord, MetaError> {
    let versioning = bucket::versioning(connection, bucket)?;
    let current = object_read::current(connection, bucket, &object.key)?;
    check(precondition, current.as_ref().map(|record| &record.etag))?;
    let version = new_version(versioning, object.fresh_version.clone());
    let slot = Slot { connection, bucket, key: &object.key };
    let mut effects = Effects::default();
    slot.make_room(versioning, current.as_ref(), &version, &mut effects)?;
    effects.usage.add(object.size_bytes)?;
    let sequence = slot.settle(effects, Some(&object), object.last_modified)?;
    let record = record(object, version, sequence);
    insert_object(connection, Place::Current, bucket, &record)?;
    Ok(record)
}

fn record(object: NewObject, version: VersionId, sequence: i64) -> ObjectRecord {
    ObjectRecord {
        key: object.key,
        version,
        sequence,
        size_bytes: object.size_bytes,
        etag: object.etag,
        last_modified: object.last_modified,
        owner: object.owner,
        storage_class: object.storage_class,
        headers: object.headers,
        user_metadata: object.user_metadata,
        tags: object.tags,
        checksum: object.checksum,
        acl: object.acl,
        parts: object.parts,
    }
}

/// Changes the version with this sequence in place.
pub(crate) fn update(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    sequence: i64,
    change: ObjectChange,
) -> Result<ObjectRecord, MetaError> {
    bucket::versioning(connection, bucket)?;
    let current = object_read::current(connection, bucket, key)?;
    let current = current.filter(|record| record.sequence == sequence);
    let place = if current.is_some() { Place::Current } else { Place::Noncurrent };
    let found = match current {
        Some(record) => Some(record),
        None => object_read::noncurrent_by_sequence(connection, bucket, key, sequence)?
            .and_then(ObjectVersion::into_object),
    };
    let mut record = found.ok_or(MetaError::Conflict { what: Noun::ObjectVersion })?;
    match change {
        ObjectChange::Acl(acl) => record.acl = acl,
        ObjectChange::Tags(tags) => record.tags = tags,
    }
    insert_object(connection, place, bucket, &record)?;
    Ok(record)
}

/// Deletes an object or one of its versions.
pub(crate) fn delete(
    connection: &Connection,
    bucket: BucketId,
    deletion: &DeleteObject,
) -> Result<DeleteOutcome, MetaError> {
    let versioning = bucket::versioning(connection, bucket)?;
    let current = object_read::current(connection, bucket, &deletion.key)?;
    let slot = Slot { connection, bucket, key: &deletion.key };
    match (&deletion.version, versioning) {
        (Some(version), _) => delete_version(slot, current, version, deletion),
        (None, Versioning::Off) => delete_version(slot, current, &VersionId::Null, deletion),
        (None, _) => mark_deleted(slot, versioning, current.as_ref(), deletion),
    }
}

fn delete_version(
    slot: Slot<'_>,
    current: Option<ObjectRecord>,
    version: &VersionId,
    deletion: &DeleteObject,
) -> Result<DeleteOutcome, MetaError> {
    let has_current = current.is_some();
    let target = match current {
        Some(record) if record.version == *version => {
            Some((Place::Current, ObjectVersion::Object(Box::new(record))))
        }
        _ => object_read::noncurrent(slot.connection, slot.bucket, slot.key, version)?
            .map(|found| (Place::Noncurrent, found)),
    };
    let etag = match &target {
        Some((_, ObjectVersion::Object(record))) => Some(&record.etag),
        _ => None,
    };
    check(deletion.precondition, etag)?;
    let Some((place, target)) = target else { return Ok(DeleteOutcome::Nothing) };
    let mut effects = Effects::default();
    effects.remove(&target)?;
    match place {
        Place::Current => slot.delete_current()?,
        Place::Noncurrent => slot.delete_noncurrent(target.sequence())?,
    }
    if place == Place::Current || !has_current {
        slot.restore()?;
    }
    slot.settle(effects, None, deletion.now)?;
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
    let version = new_version(versioning, deletion.fresh_version.clone());
    let mut effects = Effects::default();
    slot.make_room(versioning, current, &version, &mut effects)?;
    effects.usage.add(0)?;
    let marker = DeleteMarkerRecord {
        key: deletion.key.clone(),
        version: version.clone(),
        sequence: slot.settle(effects, None, deletion.now)?,
        last_modified: deletion.now,
        owner: deletion.owner.clone(),
    };
    insert_delete_marker(slot.connection, slot.bucket, &marker)?;
    Ok(DeleteOutcome::Marked { version })
}
