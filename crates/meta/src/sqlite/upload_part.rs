//! Table `upload_part`.

use model::encryption::Salt;
use model::limits::PART_NUMBER_MAX;
use model::{BlobRef, ETag, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::corrupt;
use super::row_codec::{optional_text, parse, parse_optional, signed, text, unsigned, verify};
use super::{garbage, upload};
use crate::error::MetaError;
use crate::object::ObjectPart;
use crate::row::checksum::RowChecksum;
use crate::row::text::{checksum_text, parse_checksum};
use crate::upload::{PartPage, PartRecord, UploadId};

const TABLE: &str = "upload_part";

/// The columns of one row.
struct PartRow<'r> {
    upload: &'r str,
    number: i64,
    size: i64,
    etag: &'r str,
    checksum: Option<&'r str>,
    blob: Option<&'r str>,
    last_modified: i64,
    salt: Option<&'r [u8]>,
}

impl PartRow<'_> {
    fn crc(&self) -> i64 {
        let checksum = RowChecksum::of(TABLE)
            .text(self.upload)
            .integer(self.number)
            .integer(self.size)
            .text(self.etag)
            .optional_text(self.checksum)
            .optional_text(self.blob)
            .integer(self.last_modified);
        // As before schema 4 where there is none.
        match self.salt {
            None => checksum.finish(),
            Some(salt) => checksum.blob(salt).finish(),
        }
    }
}

fn decode(row: &Row<'_>) -> Result<PartRecord, MetaError> {
    let columns = PartRow {
        upload: text(row, 0)?,
        number: row.get(1)?,
        size: row.get(2)?,
        etag: text(row, 3)?,
        checksum: optional_text(row, 4)?,
        blob: optional_text(row, 5)?,
        last_modified: row.get(6)?,
        salt: row.get_ref(7)?.as_blob_or_null().map_err(rusqlite::Error::from)?,
    };
    verify(TABLE, row.get(8)?, columns.crc(), columns.upload)?;
    let number = u16::try_from(columns.number)
        .map_err(|_| corrupt(TABLE, format_args!("part number {}", columns.number)))?;
    Ok(PartRecord {
        part: ObjectPart {
            number,
            size_bytes: unsigned(TABLE, columns.size)?,
            etag: parse(TABLE, columns.etag, ETag::parse)?,
            checksum: parse_optional(TABLE, columns.checksum, parse_checksum)?,
            blob: parse_optional(TABLE, columns.blob, BlobRef::parse)?,
            salt: columns
                .salt
                .map(Salt::try_from)
                .transpose()
                .map_err(|_| corrupt(TABLE, format_args!("salt of part {number}")))?,
        },
        last_modified: Timestamp::from_unix_millis(columns.last_modified),
    })
}

/// Reads and checks a row, and says whose part it is.
pub(crate) fn decode_with_upload(row: &Row<'_>) -> Result<(UploadId, PartRecord), MetaError> {
    let part = decode(row)?;
    Ok((parse(TABLE, text(row, 0)?, UploadId::parse)?, part))
}

/// The part with this number.
pub(crate) fn find(
    connection: &Connection,
    id: &UploadId,
    number: u16,
) -> Result<Option<PartRecord>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT upload, number, size, etag, checksum, blob, last_modified, salt, crc FROM upload_part \
         WHERE upload = ?1 AND number = ?2",
    )?;
    let found = statement.query_row(params![id.as_str(), number], |row| Ok(decode(row)));
    found.optional()?.transpose()
}

/// All parts by number; at most `PART_NUMBER_MAX`.
pub(crate) fn all(connection: &Connection, id: &UploadId) -> Result<Vec<PartRecord>, MetaError> {
    Ok(page(connection, id, None, usize::from(PART_NUMBER_MAX))?.parts)
}

/// A page of the parts of an upload in progress; inside a transaction.
pub(crate) fn list(
    connection: &Connection,
    id: &UploadId,
    after: Option<u16>,
    limit: usize,
) -> Result<PartPage, MetaError> {
    upload::by_id(connection, id)?.ok_or(upload::NOT_FOUND)?;
    page(connection, id, after, limit.min(usize::from(PART_NUMBER_MAX)))
}

fn page(
    connection: &Connection,
    id: &UploadId,
    after: Option<u16>,
    limit: usize,
) -> Result<PartPage, MetaError> {
    let mut page = PartPage::default();
    if limit == 0 {
        return Ok(page);
    }
    let mut statement = connection.prepare_cached(
        "SELECT upload, number, size, etag, checksum, blob, last_modified, salt, crc FROM upload_part \
         WHERE upload = ?1 AND number > ?2 ORDER BY number",
    )?;
    // Part numbers begin at 1.
    let mut rows = statement.query(params![id.as_str(), after.unwrap_or(0)])?;
    while let Some(row) = rows.next()? {
        if page.parts.len() == limit {
            page.next = page.parts.last().map(|stored| stored.part.number);
            break;
        }
        page.parts.push(decode(row)?);
    }
    Ok(page)
}

/// Adds or replaces a part.
pub(crate) fn put(
    connection: &Connection,
    id: &UploadId,
    stored: &PartRecord,
) -> Result<(), MetaError> {
    let part = &stored.part;
    if !(1..=PART_NUMBER_MAX).contains(&part.number) {
        return Err(MetaError::LimitExceeded { limit: "PART_NUMBER_MAX" });
    }
    upload::by_id(connection, id)?.ok_or(upload::NOT_FOUND)?;
    let replaced = find(connection, id, part.number)?.and_then(|replaced| replaced.part.blob);
    let replaced = replaced.filter(|blob| part.blob != Some(*blob));
    garbage::add(connection, replaced, stored.last_modified)?;
    let checksum = part.checksum.as_ref().map(checksum_text);
    let blob = part.blob.map(|blob| blob.to_string());
    let row = PartRow {
        upload: id.as_str(),
        number: i64::from(part.number),
        size: signed(part.size_bytes)?,
        etag: &part.etag.to_string(),
        checksum: checksum.as_deref(),
        blob: blob.as_deref(),
        last_modified: stored.last_modified.unix_millis,
        salt: part.salt.as_ref().map(Salt::as_slice),
    };
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO upload_part \
         (upload, number, size, etag, checksum, blob, last_modified, salt, crc) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    statement.execute(params![
        row.upload,
        row.number,
        row.size,
        row.etag,
        row.checksum,
        row.blob,
        row.last_modified,
        row.salt,
        row.crc()
    ])?;
    Ok(())
}
