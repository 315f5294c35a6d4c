//! Schema versions: one step each, taken in order, each in a transaction of its own.

mod objects_of_schema_1;

use rusqlite::{Connection, OptionalExtension};

use crate::error::MetaError;

/// What leads from one schema version to the next.
struct Step {
    script: &'static str,
    /// Runs behind the script, where rows must be written anew.
    convert: fn(&Connection) -> Result<(), MetaError>,
}

impl Step {
    /// A step that a script can take alone.
    const fn script(script: &'static str) -> Self {
        Self { script, convert: |_| Ok(()) }
    }
}

/// Step `n` leads from schema version `n` to `n + 1`; version 0 is an empty database.
const STEPS: [Step; 4] = [
    Step::script(include_str!("../../schema/0001.sql")),
    Step { script: include_str!("../../schema/0002.sql"), convert: objects_of_schema_1::convert },
    Step::script(include_str!("../../schema/0003.sql")),
    Step::script(include_str!("../../schema/0004.sql")),
];

/// Brings the database to the newest schema. Errors: [`MetaError::NewerSchema`].
pub(crate) fn upgrade(connection: &Connection) -> Result<(), MetaError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let found = version(connection)?;
    if found > known {
        return Err(MetaError::NewerSchema { found, known });
    }
    for (step, target) in STEPS.iter().zip(1..).filter(|&(_, target)| target > found) {
        apply(connection, step, target)?;
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
fn apply(connection: &Connection, step: &Step, target: i64) -> Result<(), MetaError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let result =
        take(connection, step, target).and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if result.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    result
}

/// Changes tables and rows inside a transaction.
fn take(connection: &Connection, step: &Step, target: i64) -> Result<(), MetaError> {
    connection.execute_batch(step.script)?;
    (step.convert)(connection)?;
    connection.execute("DELETE FROM schema_version", [])?;
    connection.execute("INSERT INTO schema_version (version) VALUES (?1)", [target])?;
    Ok(())
}

#[cfg(test)]
mod tests;
