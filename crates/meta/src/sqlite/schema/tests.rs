use super::*;

#[test]
fn an_empty_database_gets_the_newest_schema() {
    let connection = Connection::open_in_memory().unwrap();
    assert_eq!(version(&connection), Ok(0));
    upgrade(&connection).unwrap();
    assert_eq!(version(&connection), Ok(1));
    upgrade(&connection).unwrap();
    assert_eq!(version(&connection), Ok(1));
}

#[test]
fn a_newer_schema_is_refused() {
    let connection = Connection::open_in_memory().unwrap();
    upgrade(&connection).unwrap();
    connection.execute("UPDATE schema_version SET version = 2", []).unwrap();
    assert_eq!(upgrade(&connection), Err(MetaError::NewerSchema { found: 2, known: 1 }));
}

#[test]
fn a_failing_script_changes_nothing() {
    let connection = Connection::open_in_memory().unwrap();
    upgrade(&connection).unwrap();
    let script = "CREATE TABLE new (x INTEGER); CREATE TABLE object (x INTEGER);";
    assert!(matches!(apply(&connection, script, 2), Err(MetaError::Database(_))));
    assert_eq!(version(&connection), Ok(1));
    let new = "SELECT count(*) FROM sqlite_schema WHERE name = 'new'";
    assert_eq!(connection.query_row(new, [], |row| row.get(0)), Ok(0));
}
