use tempfile::TempDir;

use super::*;
use crate::sqlite::connection::open_writer;

/// The newest version.
fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap()
}

/// A database as the first release with schema 1 left it, with rows in every table.
fn schema_1(connection: &Connection) {
    connection.execute_batch(include_str!("../../../schema/0001.sql")).unwrap();
    connection.execute_batch(include_str!("../../../schema/fixtures/0001.sql")).unwrap();
}

fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn an_empty_database_gets_the_newest_schema() {
    let connection = Connection::open_in_memory().unwrap();
    assert_eq!(version(&connection), Ok(0));
    for _ in 0..2 {
        upgrade(&connection).unwrap();
        assert_eq!(version(&connection), Ok(newest()));
    }
}

#[test]
fn an_upgraded_database_has_the_tables_of_a_new_one() {
    let tables = |connection: &Connection| {
        let sql = "SELECT group_concat(name || coalesce(sql, ''), ';') FROM \
                   (SELECT name, sql FROM sqlite_schema ORDER BY name)";
        connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let new = Connection::open_in_memory().unwrap();
    upgrade(&new).unwrap();
    let old = Connection::open_in_memory().unwrap();
    schema_1(&old);
    upgrade(&old).unwrap();
    assert_eq!(tables(&old), tables(&new));
    assert!(!tables(&new).contains("schema_1"), "nothing of the old tables is left");
}

#[test]
fn a_newer_schema_is_refused() {
    let connection = Connection::open_in_memory().unwrap();
    upgrade(&connection).unwrap();
    connection.execute("UPDATE schema_version SET version = version + 1", []).unwrap();
    let newer = MetaError::NewerSchema { found: newest() + 1, known: newest() };
    assert_eq!(upgrade(&connection), Err(newer));
}

#[test]
fn a_failing_step_changes_nothing() {
    let connection = Connection::open_in_memory().unwrap();
    schema_1(&connection);
    let failing = [
        Step::script("CREATE TABLE new (x INTEGER); CREATE TABLE object (x INTEGER);"),
        Step { script: STEPS[1].script, convert: |_| Err(MetaError::NotEmpty) },
    ];
    for step in failing {
        assert!(apply(&connection, &step, 2).is_err());
        assert_eq!(version(&connection), Ok(1));
        assert!(connection.is_autocommit());
        let new =
            "SELECT count(*) FROM sqlite_schema WHERE name = 'new' OR name LIKE '%of_schema%'";
        assert_eq!(count(&connection, new), 0);
    }
    upgrade(&connection).unwrap();
}

/// The files are copied while the upgrade has everything but its commit behind it.
#[test]
fn a_crash_in_the_middle_leaves_the_version_before() {
    let [before, after] = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let path = |directory: &TempDir| directory.path().join("metadata.sqlite3");
    std::fs::File::create(path(&before)).unwrap();
    let connection = open_writer(&path(&before)).unwrap();
    schema_1(&connection);
    // So little memory that changed pages go to the log before the commit.
    connection
        .execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE")
        .unwrap();
    take(&connection, &STEPS[1], 2).unwrap();
    for name in ["metadata.sqlite3", "metadata.sqlite3-wal"] {
        std::fs::copy(before.path().join(name), after.path().join(name)).unwrap();
    }
    let copy = open_writer(&path(&after)).unwrap();
    assert_eq!(version(&copy), Ok(1));
    assert_eq!(count(&copy, "SELECT count(*) FROM object WHERE etag <> ''"), 2);
    upgrade(&copy).unwrap();
    assert_eq!(version(&copy), Ok(newest()));
    assert_eq!(count(&copy, "SELECT count(*) FROM object WHERE length(summary) > 100"), 2);
}

#[test]
fn a_damaged_row_stays_damaged() {
    for damage in [
        "UPDATE object SET size = size + 1 WHERE key = 'c'",
        "UPDATE object SET detail = '{}' WHERE key = 'c'",
        "UPDATE object SET key = CAST(x'61ff' AS TEXT) WHERE key = 'c'",
    ] {
        let connection = Connection::open_in_memory().unwrap();
        schema_1(&connection);
        assert_eq!(connection.execute(damage, []).unwrap(), 1);
        upgrade(&connection).unwrap();
        assert_eq!(count(&connection, "SELECT count(*) FROM object"), 2, "{damage}");
        let lost = "SELECT count(*) FROM object WHERE summary = x''";
        assert_eq!(count(&connection, lost), 1, "{damage}");
    }
}
