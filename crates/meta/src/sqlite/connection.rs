//! Connections: how they are opened, and the pool that reads share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use model::limits::METADATA_READ_CONNECTIONS_MAX;
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::MetaError;

/// Prepared statements kept per connection; more than the store has.
const STATEMENTS_MAX: usize = 96;

/// How long to wait for an operator who holds a lock with the `sqlite3` shell.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings of every connection.
///
/// * `cell_size_check`: damaged pages are found when they are read, not when they crash.
/// * `trusted_schema = OFF`: nothing that is written into the schema can run functions.
/// * No `mmap_size`: an I/O error in mapped memory would end the process.
const COMMON: &str = "
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
";

/// Settings of the writer.
///
/// * WAL and `synchronous = FULL`: a commit returns when it is on the disk, readers never wait.
/// * 16 MiB of WAL between checkpoints: rows that change often are written back once.
/// * A cache of 16 MiB holds the inner pages of tables with some ten million rows.
const WRITER: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -16384;
";

/// Settings of a reader: 8 MiB of cache, since a page that is not in it costs a system call. Every
/// commit of the writer empties it.
const READER: &str = "
    PRAGMA query_only = ON;
    PRAGMA cache_size = -8192;
";

/// Opens the one connection that writes.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, MetaError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, WRITER)?;
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(MetaError::Database(format!("journal mode is `{mode}`, not `wal`")));
    }
    Ok(connection)
}

/// Opens a connection that reads.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, MetaError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, READER)
}

fn open(path: &Path, access: OpenFlags, settings: &str) -> Result<Connection, MetaError> {
    // Each connection is used by one thread at a time, so SQLite need not lock it.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Without this promise, SQLite compiles every range query again for each new parameter, in
    // case statistics knew a better plan for it: 15 µs a seek.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(COMMON)?;
    connection.execute_batch(settings)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(connection)
}

/// Read connections, opened on demand and kept for the next read.
///
/// Reads run on the threads of the runtime and hold a connection only while they run, so that no
/// more are open than there are threads.
pub(crate) struct Readers {
    path: PathBuf,
    /// `None` after [`close`](Self::close).
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Readers {
    /// A pool for this database, still without a connection.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Some(Vec::new())) }
    }

    /// Runs a read of one statement, which sees everything committed before it began.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, MetaError>,
    ) -> Result<T, MetaError> {
        let connection = self.take()?;
        let result = work(&connection);
        self.give_back(connection);
        result
    }

    /// Runs a read of several statements that all see the same state.
    pub(crate) fn snapshot<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, MetaError>,
    ) -> Result<T, MetaError> {
        self.read(|connection| snapshot(connection, work))
    }

    /// Closes all idle connections; further reads are refused.
    pub(crate) fn close(&self) {
        *self.idle.lock() = None;
    }

    fn take(&self) -> Result<Connection, MetaError> {
        let idle = self.idle.lock().as_mut().ok_or(MetaError::Closed)?.pop();
        idle.map_or_else(|| open_reader(&self.path), Ok)
    }

    fn give_back(&self, connection: Connection) {
        // A transaction that did not end would show this moment's state to every later read.
        if !connection.is_autocommit() {
            return;
        }
        if let Some(idle) = self.idle.lock().as_mut()
            && idle.len() < METADATA_READ_CONNECTIONS_MAX
        {
            idle.push(connection);
        }
    }
}

/// Runs a read of several statements inside a read transaction of this connection.
pub(crate) fn snapshot<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, MetaError>,
) -> Result<T, MetaError> {
    execute(connection, "BEGIN")?;
    let result = work(connection);
    execute(connection, "ROLLBACK")?;
    result
}

/// Runs a statement without parameters from the cache.
pub(crate) fn execute(connection: &Connection, sql: &str) -> Result<(), MetaError> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn range_queries_are_compiled_once() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("test.sqlite3");
        std::fs::File::create(&path).unwrap();
        let connection = open_writer(&path).unwrap();
        let table = "CREATE TABLE t (a INTEGER, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID";
        connection.execute_batch(table).unwrap();
        let sql = "SELECT b FROM t WHERE a = ?1 AND b >= ?2 ORDER BY b";
        for text in ["x", "y", "z"] {
            let mut statement = connection.prepare_cached(sql).unwrap();
            assert!(!statement.exists((1, text)).unwrap());
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }

    /// `.cargo/config.toml` reached the compiler of SQLite.
    #[test]
    fn sqlite_was_built_with_our_flags() {
        let connection = Connection::open_in_memory().unwrap();
        let sql = "SELECT sqlite_compileoption_used('DEFAULT_MEMSTATUS=0')";
        assert_eq!(connection.query_row(sql, [], |row| row.get(0)), Ok(1));
    }

    #[test]
    fn a_reader_cannot_write_and_a_pool_can_be_closed() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("test.sqlite3");
        std::fs::File::create(&path).unwrap();
        let _writer = open_writer(&path).unwrap();
        let readers = Readers::new(path);
        let write = readers.read(|db| execute(db, "CREATE TABLE t (x)"));
        assert!(matches!(write, Err(MetaError::Database(_))));
        let failed: Result<(), MetaError> = readers.snapshot(|_| Err(MetaError::NotEmpty));
        assert_eq!(failed, Err(MetaError::NotEmpty));
        assert_eq!(readers.idle.lock().as_ref().map(Vec::len), Some(1), "used again after errors");
        readers.close();
        assert_eq!(readers.read(|_| Ok(())), Err(MetaError::Closed));
    }
}
