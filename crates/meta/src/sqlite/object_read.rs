//! Finding one version of an object.

use std::sync::Arc;

use model::{BlobRef, ObjectKey, VersionId};
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::error::corrupt;
use super::object_row::{ListedRow, Place, TABLE, decode, decode_noncurrent};
use crate::bucket::BucketId;
use crate::error::MetaError;
use crate::object::{ObjectRecord, ObjectVersion};

const CURRENT: &str =
    "SELECT bucket, key, summary, detail FROM object WHERE bucket = ?1 AND key = ?2";

/// The columns that [`decode_noncurrent`] reads.
macro_rules! noncurrent {
    ($condition:literal) => {
        concat!(
            "SELECT bucket, key, summary, detail, sequence, version FROM object_version \
             WHERE bucket = ?1 AND key = ?2 ",
            $condition
        )
    };
}

const NEIGHBOUR_BELOW: &str = "SELECT bucket, key, summary FROM object \
     WHERE (bucket, key) < (?1, ?2) ORDER BY bucket DESC, key DESC LIMIT 1";

const NEIGHBOUR_ABOVE: &str = "SELECT bucket, key, summary FROM object \
     WHERE (bucket, key) > (?1, ?2) ORDER BY bucket, key LIMIT 1";

fn find_noncurrent(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Option<ObjectVersion>, MetaError> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row(parameters, |row| Ok(decode_noncurrent(row))).optional()?.transpose()
}

/// The newest version if it is not a delete marker: one statement.
pub(crate) fn current(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
) -> Result<Option<Arc<ObjectRecord>>, MetaError> {
    let mut statement = connection.prepare_cached(CURRENT)?;
    let found =
        statement.query_row(params![bucket.0, key.as_str()], |row| Ok(decode(row))).optional()?;
    match found.transpose()? {
        Some(ObjectVersion::Object(record)) => Ok(Some(record)),
        Some(ObjectVersion::DeleteMarker(_)) => {
            Err(corrupt(TABLE, format_args!("delete marker as current version of `{key}`")))
        }
        None => Ok(None),
    }
}

/// The newest row of `object_version`.
pub(crate) fn newest_noncurrent(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
) -> Result<Option<ObjectVersion>, MetaError> {
    find_noncurrent(
        connection,
        noncurrent!("ORDER BY sequence DESC LIMIT 1"),
        params![bucket.0, key.as_str()],
    )
}

/// The row of `object_version` with this version id.
pub(crate) fn noncurrent(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    version: &VersionId,
) -> Result<Option<ObjectVersion>, MetaError> {
    let parameters = params![bucket.0, key.as_str(), version.as_str()];
    find_noncurrent(connection, noncurrent!("AND version = ?3"), parameters)
}

/// The row of `object_version` with this sequence.
pub(crate) fn noncurrent_by_sequence(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    sequence: i64,
) -> Result<Option<ObjectVersion>, MetaError> {
    let parameters = params![bucket.0, key.as_str(), sequence];
    find_noncurrent(connection, noncurrent!("AND sequence = ?3"), parameters)
}

/// The newest version, which may be a delete marker; inside a transaction.
///
/// Before it says that there is none, it checks the rows beside the place where the key would be:
/// a damaged key makes its own row impossible to find, but stands right there.
pub(crate) fn newest(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
) -> Result<Option<ObjectVersion>, MetaError> {
    if let Some(record) = current(connection, bucket, key)? {
        return Ok(Some(ObjectVersion::Object(record)));
    }
    let newest = newest_noncurrent(connection, bucket, key)?;
    if let Some(ObjectVersion::Object(_)) = newest {
        return Err(corrupt(TABLE, format_args!("`{key}` lacks its current version")));
    }
    for sql in [NEIGHBOUR_BELOW, NEIGHBOUR_ABOVE] {
        let mut statement = connection.prepare_cached(sql)?;
        let neighbour = statement
            .query_row(params![bucket.0, key.as_str()], |row| Ok(ListedRow::read(row).map(|_| ())))
            .optional()?;
        neighbour.transpose()?;
    }
    Ok(newest)
}

/// The version with this id; inside a transaction.
pub(crate) fn version(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    version: &VersionId,
) -> Result<Option<ObjectVersion>, MetaError> {
    match current(connection, bucket, key)? {
        Some(record) if record.version == *version => Ok(Some(ObjectVersion::Object(record))),
        _ => noncurrent(connection, bucket, key, version),
    }
}

/// Whether any version of the key has this blob; inside a transaction.
pub(crate) fn any_version_has(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    blob: &BlobRef,
) -> Result<bool, MetaError> {
    for sql in [CURRENT, noncurrent!("")] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![bucket.0, key.as_str()])?;
        while let Some(row) = rows.next()? {
            if decode(row)?.into_object().is_some_and(|record| has_blob(&record, blob)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The only version of the key that has this blob, and where its row stands; `None` if there is no
/// such version or more than one. Inside a transaction.
pub(crate) fn only_version_with(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    blob: &BlobRef,
) -> Result<Option<(Place, ObjectRecord)>, MetaError> {
    let mut found = None;
    for (place, sql) in [(Place::Current, CURRENT), (Place::Noncurrent, noncurrent!(""))] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![bucket.0, key.as_str()])?;
        while let Some(row) = rows.next()? {
            if let Some(record) = decode(row)?.into_object().filter(|found| has_blob(found, blob))
                && found.replace((place, record)).is_some()
            {
                return Ok(None);
            }
        }
    }
    Ok(found)
}

/// How many versions of the key have this blob; inside a transaction.
pub(crate) fn versions_with(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    blob: &BlobRef,
) -> Result<usize, MetaError> {
    let mut count = 0;
    for sql in [CURRENT, noncurrent!("")] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![bucket.0, key.as_str()])?;
        while let Some(row) = rows.next()? {
            let record = decode(row)?.into_object();
            count += usize::from(record.is_some_and(|record| has_blob(&record, blob)));
        }
    }
    Ok(count)
}

fn has_blob(record: &ObjectRecord, blob: &BlobRef) -> bool {
    record.parts.iter().any(|part| part.blob.as_ref() == Some(blob))
}
