//! Table `completed_upload`: what completions answered, for clients that ask again.

use model::{Checksum, ETag, ObjectKey, Timestamp, VersionId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::row_codec::{optional_text, parse, parse_optional, text, verify};
use crate::bucket::BucketId;
use crate::error::MetaError;
use crate::object::ObjectRecord;
use crate::row::checksum::RowChecksum;
use crate::row::text::{checksum_text, parse_checksum};
use crate::upload::{CompletedUpload, UploadId};

const TABLE: &str = "completed_upload";

/// The columns of a row of `completed_upload`.
struct CompletedUploadRow<'r> {
    id: &'r str,
    bucket: i64,
    key: &'r str,
    completed: i64,
    version: &'r str,
    etag: &'r str,
    checksum: Option<&'r str>,
}

impl CompletedUploadRow<'_> {
    fn crc(&self) -> i64 {
        RowChecksum::of(TABLE)
            .text(self.id)
            .integer(self.bucket)
            .text(self.key)
            .integer(self.completed)
            .text(self.version)
            .text(self.etag)
            .optional_text(self.checksum)
            .finish()
    }
}

/// Remembers a completion.
pub(crate) fn remember(
    connection: &Connection,
    id: &UploadId,
    bucket: BucketId,
    record: &ObjectRecord,
) -> Result<(), MetaError> {
    let etag = record.etag.to_string();
    let checksum = record.checksum.as_ref().map(checksum_text);
    let row = CompletedUploadRow {
        id: id.as_str(),
        bucket: bucket.0,
        key: record.key.as_str(),
        completed: record.last_modified.unix_millis,
        version: record.version.as_str(),
        etag: &etag,
        checksum: checksum.as_deref(),
    };
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO completed_upload \
         (id, bucket, key, completed, version, etag, checksum, crc) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute(params![
        row.id,
        row.bucket,
        row.key,
        row.completed,
        row.version,
        row.etag,
        row.checksum,
        row.crc()
    ])?;
    Ok(())
}

/// The completed upload with this id, if it was one of this key.
pub(crate) fn find(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    id: &UploadId,
) -> Result<Option<CompletedUpload>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, bucket, key, completed, version, etag, checksum, crc FROM completed_upload \
         WHERE id = ?1 AND bucket = ?2 AND key = ?3",
    )?;
    statement
        .query_row(params![id.as_str(), bucket.0, key.as_str()], |row| Ok(decode(row)))
        .optional()?
        .transpose()
}

/// Reads and checks a row.
pub(crate) fn decode(row: &Row<'_>) -> Result<CompletedUpload, MetaError> {
    let columns = CompletedUploadRow {
        id: text(row, 0)?,
        bucket: row.get(1)?,
        key: text(row, 2)?,
        completed: row.get(3)?,
        version: text(row, 4)?,
        etag: text(row, 5)?,
        checksum: optional_text(row, 6)?,
    };
    verify(TABLE, row.get(7)?, columns.crc(), columns.id)?;
    let checksum: Option<Checksum> = parse_optional(TABLE, columns.checksum, parse_checksum)?;
    Ok(CompletedUpload {
        completed: Timestamp::from_unix_millis(columns.completed),
        version: parse(TABLE, columns.version, VersionId::parse)?,
        etag: parse(TABLE, columns.etag, ETag::parse)?,
        checksum,
    })
}

/// Forgets old completed uploads and says how many.
pub(crate) fn forget(
    connection: &Connection,
    older_than: Timestamp,
    limit: usize,
) -> Result<usize, MetaError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM completed_upload WHERE id IN \
         (SELECT id FROM completed_upload WHERE completed < ?1 ORDER BY completed LIMIT ?2)",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(statement.execute(params![older_than.unix_millis, limit])?)
}
