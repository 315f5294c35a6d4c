//! Schema versions: one script each, applied in order, each in a transaction of its own.

use rusqlite::{Connection, OptionalExtension};

use crate::error::MetaError;

/// Script `n` leads from schema version `n` to `n + 1`; version 0 is an empty database.
const SCRIPTS: [&str; 1] = [include_str!("../../schema/0001.sql")];

/// Brings the database to the newest schema. Errors: [`MetaError::NewerSchema`].
pub(crate) fn upgrade(connection: &Connection) -> Result<(), MetaError> {
    let known = i64::try_from(SCRIPTS.len()).unwrap_or(i64::MAX);
    let found = version(connection)?;
    if found > known {
        return Err(MetaError::NewerSchema { found, known });
    }
    for (script, target) in SCRIPTS.iter().zip(1..).filter(|&(_, target)| target > found) {
        apply(connection, script, target)?;
        tracing::info!(version = target, "metadata schema upgraded");
    }
    Ok(())
}

/// The schema version of the database; 0 if it is empty.
fn version(connection: &Connection) -> Result<i64, MetaError> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
    let exists = connection.query_row(table, [], |_| Ok(())).optional()?;
    if exists.is_none() {
        return Ok(0);
    }
    Ok(connection.query_row("SELECT version FROM schema_version", [], |row| row.get(0))?)
}

/// A crash in the middle leaves the version before.
fn apply(connection: &Connection, script: &str, target: i64) -> Result<(), MetaError> {
    let version = format!(
        "DELETE FROM schema_version; INSERT INTO schema_version (version) VALUES ({target});"
    );
    let result = connection
        .execute_batch("BEGIN IMMEDIATE")
        .and_then(|()| connection.execute_batch(script))
        .and_then(|()| connection.execute_batch(&version))
        .and_then(|()| connection.execute_batch("COMMIT"))
        .map_err(MetaError::from);
    if result.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    result
}

#[cfg(test)]
mod tests;
