//! Table `encryption_key`.

use model::encryption::KeyNumber;
use rusqlite::{Connection, Row, params};

use super::error::corrupt;
use super::row_codec::{text, verify};
use super::{SqliteStore, object_write};
use crate::encryption_key::{EncryptionKeyRow, Rewrap};
use crate::error::{MetaError, Noun};
use crate::object::ObjectChange;
use crate::row::checksum::RowChecksum;

const TABLE: &str = "encryption_key";

fn checksum(number: i64, document: &str) -> i64 {
    RowChecksum::of(TABLE).integer(number).text(document).finish()
}

/// Reads and checks a row.
pub(crate) fn decode(row: &Row<'_>) -> Result<EncryptionKeyRow, MetaError> {
    let (number, document) = (row.get(0)?, text(row, 1)?);
    verify(TABLE, row.get(2)?, checksum(number, document), number)?;
    let number = u32::try_from(number).map_err(|_| corrupt(TABLE, format_args!("{number}")))?;
    Ok(EncryptionKeyRow { number: KeyNumber(number), document: document.to_owned() })
}

/// All keys of the ring by number.
pub(crate) fn all(connection: &Connection) -> Result<Vec<EncryptionKeyRow>, MetaError> {
    let sql = "SELECT number, document, crc FROM encryption_key ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(decode(row)?);
    }
    Ok(keys)
}

fn add(connection: &Connection, document: &str) -> Result<EncryptionKeyRow, MetaError> {
    // The number is needed for the checksum, so it is asked for first. Keys are never removed.
    let sql = "SELECT 1 + coalesce(max(number), 0) FROM encryption_key";
    let next: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    let number = u32::try_from(next).map_err(|_| MetaError::LimitExceeded { limit: "u32" })?;
    connection
        .prepare_cached("INSERT INTO encryption_key (number, document, crc) VALUES (?1, ?2, ?3)")?
        .execute(params![next, document, checksum(next, document)])?;
    Ok(EncryptionKeyRow { number: KeyNumber(number), document: document.to_owned() })
}

/// Replaces the document of a key.
pub(crate) fn replace(connection: &Connection, key: &EncryptionKeyRow) -> Result<(), MetaError> {
    let number = i64::from(key.number.0);
    let sql = "UPDATE encryption_key SET document = ?2, crc = ?3 WHERE number = ?1";
    let crc = checksum(number, &key.document);
    let changed = connection.prepare_cached(sql)?.execute(params![number, key.document, crc])?;
    if changed == 1 { Ok(()) } else { Err(MetaError::NotFound { what: Noun::EncryptionKey }) }
}

impl SqliteStore {
    /// All keys of the ring by number.
    pub fn encryption_keys(&self) -> Result<Vec<EncryptionKeyRow>, MetaError> {
        self.readers.read(all)
    }

    /// Adds a key to the ring. Its document may depend on its number.
    pub async fn add_encryption_key<F>(&self, document: F) -> Result<EncryptionKeyRow, MetaError>
    where
        F: FnOnce(KeyNumber) -> Result<String, MetaError> + Send + 'static,
    {
        self.writer
            .write(move |tx| {
                let added = add(tx, "")?;
                let key = EncryptionKeyRow { document: document(added.number)?, ..added };
                replace(tx, &key)?;
                Ok(key)
            })
            .await
    }

    /// Replaces the documents of keys, all or none. Errors: `NotFound` (key).
    pub async fn replace_encryption_keys(
        &self,
        keys: Vec<EncryptionKeyRow>,
    ) -> Result<(), MetaError> {
        self.writer.write(move |tx| keys.iter().try_for_each(|key| replace(tx, key))).await
    }

    /// Lets versions of objects have their data keys wrapped by other keys, and says how many were
    /// still there.
    pub async fn rewrap(&self, rewraps: Vec<Rewrap>) -> Result<usize, MetaError> {
        self.writer
            .write(move |tx| {
                let mut count = 0;
                for Rewrap { bucket, key, sequence, encryption } in rewraps {
                    let change = ObjectChange::Encryption(encryption);
                    match object_write::update(tx, bucket, &key, sequence, change, Vec::new()) {
                        Ok(_) => count += 1,
                        Err(MetaError::Conflict { .. } | MetaError::NotFound { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(count)
            })
            .await
    }
}
