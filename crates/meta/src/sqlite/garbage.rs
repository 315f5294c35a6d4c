//! Table `garbage`: blobs that nothing refers to any more.

use model::{BlobRef, Timestamp};
use rusqlite::{Connection, Row, params};

use super::row_codec::{parse, text, verify};
use crate::error::MetaError;
use crate::row::checksum::RowChecksum;

const TABLE: &str = "garbage";

/// Without it, a damaged row would have the wrong blob removed.
fn checksum(blob: &str, since: i64) -> i64 {
    RowChecksum::of(TABLE).text(blob).integer(since).finish()
}

/// Notes that nothing refers to these blobs since `now`.
pub(crate) fn add(
    connection: &Connection,
    blobs: impl IntoIterator<Item = BlobRef>,
    now: Timestamp,
) -> Result<(), MetaError> {
    for blob in blobs {
        let blob = blob.to_string();
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO garbage (blob, since, crc) VALUES (?1, ?2, ?3)",
        )?;
        statement.execute(params![blob, now.unix_millis, checksum(&blob, now.unix_millis)])?;
    }
    Ok(())
}

/// Garbage from before `older_than`, oldest first.
pub(crate) fn list(
    connection: &Connection,
    older_than: Timestamp,
    limit: usize,
) -> Result<Vec<BlobRef>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT blob, since, crc FROM garbage WHERE since < ?1 ORDER BY since LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![older_than.unix_millis, limit])?;
    let mut blobs = Vec::new();
    while let Some(row) = rows.next()? {
        blobs.push(decode(row)?);
    }
    Ok(blobs)
}

/// Reads and checks a row: `blob`, `since`, `crc`.
pub(crate) fn decode(row: &Row<'_>) -> Result<BlobRef, MetaError> {
    let blob = text(row, 0)?;
    verify(TABLE, row.get(2)?, checksum(blob, row.get(1)?), blob)?;
    parse(TABLE, blob, BlobRef::parse)
}

/// Whether the blob is garbage.
pub(crate) fn contains(connection: &Connection, blob: &BlobRef) -> Result<bool, MetaError> {
    let mut statement =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM garbage WHERE blob = ?1)")?;
    Ok(statement.query_row([blob.to_string()], |row| row.get(0))?)
}

/// Notes that these blobs are gone.
pub(crate) fn forget(connection: &Connection, blobs: &[BlobRef]) -> Result<(), MetaError> {
    let mut statement = connection.prepare_cached("DELETE FROM garbage WHERE blob = ?1")?;
    for blob in blobs {
        statement.execute([blob.to_string()])?;
    }
    Ok(())
}
