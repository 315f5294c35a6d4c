//! Rows of `object` and `object_version`: the columns `bucket`, `key`, `summary` and `detail`.

use model::CanonicalUserId;
use rusqlite::{Connection, Row, params};

use super::error::corrupt;
use super::row_codec::{blob, parse, text};
use crate::bucket::BucketId;
use crate::error::MetaError;
use crate::listing::ListEntry;
use crate::object::{DeleteMarkerRecord, ObjectRecord, ObjectVersion};
use crate::row::object::{Columns, Summary, encode_delete_marker, encode_object};
use crate::version_listing::VersionEntry;

pub(crate) const TABLE: &str = "object";

/// A row without its detail, read and checked: the columns `bucket`, `key` and `summary`.
pub(crate) struct ListedRow<'r> {
    /// The key.
    pub(crate) key: &'r str,
    /// What a listing shows.
    pub(crate) summary: Summary<'r>,
}

impl<'r> ListedRow<'r> {
    /// Reads and checks the first three columns.
    pub(crate) fn read(row: &'r Row<'_>) -> Result<Self, MetaError> {
        let key = text(row, 1)?;
        let summary = Summary::decode(row.get(0)?, key, blob(row, 2)?)
            .ok_or_else(|| corrupt(TABLE, format_args!("summary of `{key}`")))?;
        Ok(Self { key, summary })
    }

    /// The entry of a listing, without the owner.
    pub(crate) fn list_entry(&self) -> Result<ListEntry, MetaError> {
        let entry = self.summary.list_entry(self.key);
        entry.ok_or_else(|| corrupt(TABLE, format_args!("`{}` cannot be listed", self.key)))
    }

    /// The entry of a listing of versions, owner included.
    pub(crate) fn version_entry(&self, is_latest: bool) -> Result<VersionEntry, MetaError> {
        let entry = self.summary.version_entry(self.key, is_latest);
        entry.ok_or_else(|| corrupt(TABLE, format_args!("`{}` cannot be listed", self.key)))
    }

    /// Who owns the version.
    pub(crate) fn owner(&self) -> Result<CanonicalUserId, MetaError> {
        parse(TABLE, self.summary.owner, CanonicalUserId::parse)
    }
}

/// Reads and checks a row: `bucket`, `key`, `summary`, `detail`.
pub(crate) fn decode(row: &Row<'_>) -> Result<ObjectVersion, MetaError> {
    let listed = ListedRow::read(row)?;
    let version = listed.summary.version(listed.key, blob(row, 3)?);
    version.ok_or_else(|| corrupt(TABLE, format_args!("detail of `{}`", listed.key)))
}

/// Reads and checks a row of `object_version`: as [`decode`], then `sequence` and `version`.
pub(crate) fn decode_noncurrent(row: &Row<'_>) -> Result<ObjectVersion, MetaError> {
    let version = decode(row)?;
    if row.get::<_, i64>(4)? != version.sequence() || text(row, 5)? != version.version().as_str() {
        return Err(corrupt(TABLE, format_args!("`{}` stands at a wrong place", text(row, 1)?)));
    }
    Ok(version)
}

/// Which of the two tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `object`: the newest version.
    Current,
    /// `object_version`: an older version, or a delete marker.
    Noncurrent,
}

/// Writes an object; in `object` it replaces the row of its key.
pub(crate) fn insert_object(
    connection: &Connection,
    place: Place,
    bucket: BucketId,
    record: &ObjectRecord,
) -> Result<(), MetaError> {
    let columns = columns_of_object(bucket, record)?;
    let (key, version) = (record.key.as_str(), record.version.as_str());
    if place == Place::Noncurrent {
        return insert_noncurrent(connection, bucket, key, (record.sequence, version), &columns);
    }
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO object (bucket, key, summary, detail) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![bucket.0, key, columns.summary, columns.detail])?;
    Ok(())
}

/// Writes a delete marker into `object_version`.
pub(crate) fn insert_delete_marker(
    connection: &Connection,
    bucket: BucketId,
    marker: &DeleteMarkerRecord,
) -> Result<(), MetaError> {
    let columns = encode_delete_marker(bucket.0, marker);
    let version = (marker.sequence, marker.version.as_str());
    insert_noncurrent(connection, bucket, marker.key.as_str(), version, &columns)
}

fn insert_noncurrent(
    connection: &Connection,
    bucket: BucketId,
    key: &str,
    (sequence, version): (i64, &str),
    columns: &Columns,
) -> Result<(), MetaError> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO object_version (bucket, key, summary, detail, sequence, version) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let Columns { summary, detail } = columns;
    statement.execute(params![bucket.0, key, summary, detail, sequence, version])?;
    Ok(())
}

/// The binary columns of a version.
pub(crate) fn columns_of(bucket: BucketId, version: &ObjectVersion) -> Result<Columns, MetaError> {
    match version {
        ObjectVersion::Object(record) => columns_of_object(bucket, record),
        ObjectVersion::DeleteMarker(marker) => Ok(encode_delete_marker(bucket.0, marker)),
    }
}

fn columns_of_object(bucket: BucketId, record: &ObjectRecord) -> Result<Columns, MetaError> {
    encode_object(bucket.0, record).map_err(|error| MetaError::Database(error.to_string()))
}
