//! Everything that a master key sealed, sealed with another one.

use rusqlite::Connection;

use super::connection::{execute, open_writer};
use super::{SqliteStore, access_key, encryption_key};
use crate::account::AccessKeyRecord;
use crate::encryption_key::EncryptionKeyRow;
use crate::error::MetaError;

/// Access keys that are read at once.
const PAGE_ROWS_MAX: usize = 256;

/// Seals anew what one row holds; `None` leaves the row as it is.
pub trait Resealer {
    /// The secret of an access key.
    fn secret(&self, key: &AccessKeyRecord) -> Result<Option<Vec<u8>>, MetaError>;
    /// The document of a key of the ring.
    fn document(&self, key: &EncryptionKeyRow) -> Result<Option<String>, MetaError>;
}

impl SqliteStore {
    /// Seals all rows anew, all of them or none, and says how many there were. For a store that
    /// nobody uses yet: waits for the disk on the calling thread. Errors: `Corrupt`, and those of the
    /// resealer; nothing is changed then.
    pub fn reseal(&self, resealer: &dyn Resealer) -> Result<usize, MetaError> {
        let connection = open_writer(&self.path)?;
        execute(&connection, "BEGIN IMMEDIATE")?;
        // Dropping the connection rolls back what was not committed.
        let count = secrets(&connection, resealer)? + documents(&connection, resealer)?;
        execute(&connection, "COMMIT")?;
        Ok(count)
    }
}

fn secrets(connection: &Connection, resealer: &dyn Resealer) -> Result<usize, MetaError> {
    let mut count = 0;
    let mut after = String::new();
    loop {
        let page = access_key::page(connection, &after, PAGE_ROWS_MAX)?;
        let Some(last) = page.last() else { return Ok(count) };
        after.clone_from(&last.access_key_id);
        for key in page {
            if let Some(sealed_secret) = resealer.secret(&key)? {
                access_key::reseal(connection, &AccessKeyRecord { sealed_secret, ..key })?;
                count += 1;
            }
        }
    }
}

fn documents(connection: &Connection, resealer: &dyn Resealer) -> Result<usize, MetaError> {
    let mut count = 0;
    for key in encryption_key::all(connection)? {
        if let Some(document) = resealer.document(&key)? {
            encryption_key::replace(connection, &EncryptionKeyRow { document, ..key })?;
            count += 1;
        }
    }
    Ok(count)
}
