use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use tempfile::TempDir;
use tokio::task::JoinSet;

use super::super::connection::{open_reader, open_writer};
use super::*;

fn insert(connection: &Connection, value: i64) -> Result<(), MetaError> {
    connection.execute("INSERT INTO t (value) VALUES (?1)", [value])?;
    Ok(())
}

fn values(connection: &Connection) -> Vec<i64> {
    let mut statement = connection.prepare("SELECT value FROM t ORDER BY value").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A database with an empty table `t` and this addition.
fn database(directory: &Path, sql: &str) -> Connection {
    let path = directory.join("test.sqlite3");
    std::fs::File::create(&path).unwrap();
    let connection = open_writer(&path).unwrap();
    connection.execute_batch("CREATE TABLE t (value INTEGER PRIMARY KEY) STRICT").unwrap();
    connection.execute_batch(sql).unwrap();
    connection
}

fn start(connection: Connection) -> Writer {
    Writer::start(connection, Arc::new(ObjectCache::new())).unwrap()
}

fn reader(directory: &TempDir) -> Connection {
    open_reader(&directory.path().join("test.sqlite3")).unwrap()
}

/// Keeps the writer busy until the returned sender is dropped or used.
async fn occupy(writer: &Arc<Writer>) -> std::sync::mpsc::Sender<()> {
    let (release, blocked): (_, Receiver<()>) = channel();
    let (started, running) = oneshot::channel();
    let writer = Arc::clone(writer);
    tokio::spawn(async move {
        let wait = move |_: &Transaction| {
            started.send(()).unwrap();
            blocked.recv().unwrap_err();
            Ok(())
        };
        writer.write(wait).await
    });
    running.await.unwrap();
    release
}

/// Waits until this many writes are queued.
async fn queued(writer: &Writer, count: usize) {
    let queue = writer.queue.lock().clone().unwrap();
    while queue.max_capacity() - queue.capacity() < count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_share_a_commit() {
    let directory = TempDir::new().unwrap();
    let writer = Arc::new(start(database(directory.path(), "")));
    let release = occupy(&writer).await;
    let mut writes = JoinSet::new();
    for value in 0..64 {
        let writer = Arc::clone(&writer);
        let reader = reader(&directory);
        writes.spawn(async move {
            let visible = writer.write(move |tx| {
                insert(tx, value)?;
                // Nothing of the group is committed while it runs.
                let seen = values(&reader);
                Ok((reader, seen))
            });
            let (reader, seen_inside) = visible.await.unwrap();
            (seen_inside.len(), values(&reader).len())
        });
    }
    queued(&writer, 64).await;
    drop(release);
    assert_eq!(writes.join_all().await, [(0, 64); 64], "(inside, after the answer)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_write_rolls_back_alone() {
    let directory = TempDir::new().unwrap();
    let writer = Arc::new(start(database(directory.path(), "")));
    let release = occupy(&writer).await;
    let mut writes = JoinSet::new();
    for value in 0..30 {
        let writer = Arc::clone(&writer);
        writes.spawn(async move {
            let result = writer.write(move |tx| {
                insert(tx, value)?;
                if value % 3 == 0 { Err(MetaError::NotEmpty) } else { Ok(()) }
            });
            (value, result.await)
        });
    }
    queued(&writer, 30).await;
    drop(release);
    for (value, result) in writes.join_all().await {
        assert_eq!(result.is_err(), value % 3 == 0);
    }
    let expected: Vec<i64> = (0..30).filter(|value| value % 3 != 0).collect();
    assert_eq!(values(&reader(&directory)), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_commit_is_everybodys_error() {
    let directory = TempDir::new().unwrap();
    let deferred = "PRAGMA foreign_keys = ON; CREATE TABLE child
        (parent INTEGER REFERENCES t (value) DEFERRABLE INITIALLY DEFERRED) STRICT";
    let writer = Arc::new(start(database(directory.path(), deferred)));
    let release = occupy(&writer).await;
    let mut writes = JoinSet::new();
    for value in 0..3 {
        let writer = Arc::clone(&writer);
        writes.spawn(async move {
            let result = writer.write(move |tx| match value {
                0 => insert(tx, 0),
                1 => {
                    tx.execute("INSERT INTO child (parent) VALUES (99)", [])?;
                    Ok(())
                }
                // Rests perhaps on what the first did, which never happened.
                _ => Err(MetaError::PreconditionFailed),
            });
            result.await
        });
    }
    queued(&writer, 3).await;
    drop(release);
    for result in writes.join_all().await {
        assert!(matches!(result, Err(MetaError::Database(_))), "{result:?}");
    }
    assert!(values(&reader(&directory)).is_empty());
    writer.write(|tx| insert(tx, 7)).await.unwrap();
    assert_eq!(values(&reader(&directory)), [7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_an_error_and_no_end() {
    let directory = TempDir::new().unwrap();
    let connection = database(directory.path(), "CREATE TABLE big (content BLOB) STRICT");
    connection.execute_batch("PRAGMA max_page_count = 20").unwrap();
    let writer = start(connection);
    let fill = writer.write(|tx| {
        tx.execute("INSERT INTO big (content) VALUES (zeroblob(1000000))", [])?;
        Ok(())
    });
    assert_eq!(fill.await, Err(MetaError::DiskFull));
    writer.write(|tx| insert(tx, 1)).await.unwrap();
    assert_eq!(values(&reader(&directory)), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_queued_is_done_before_the_stop() {
    let directory = TempDir::new().unwrap();
    let writer = Arc::new(start(database(directory.path(), "")));
    let release = occupy(&writer).await;
    let mut writes = JoinSet::new();
    for value in 0..10 {
        let writer = Arc::clone(&writer);
        writes.spawn(async move { writer.write(move |tx| insert(tx, value)).await });
    }
    queued(&writer, 10).await;
    let stop = tokio::spawn({
        let writer = Arc::clone(&writer);
        async move { writer.stop().await }
    });
    queued(&writer, 11).await;
    drop(release);
    stop.await.unwrap().unwrap();
    assert!(writes.join_all().await.iter().all(Result::is_ok));
    assert_eq!(writer.write(|tx| insert(tx, 99)).await, Err(MetaError::Closed));
    assert_eq!(writer.stop().await, Err(MetaError::Closed));
    assert!(values(&reader(&directory)).into_iter().eq(0..10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_goes_on_without_its_caller() {
    let directory = TempDir::new().unwrap();
    let writer = Arc::new(start(database(directory.path(), "")));
    let release = occupy(&writer).await;
    let abandoned = tokio::spawn({
        let writer = Arc::clone(&writer);
        async move { writer.write(|tx| insert(tx, 5)).await }
    });
    queued(&writer, 1).await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    drop(release);
    writer.write(|tx| insert(tx, 6)).await.unwrap();
    assert_eq!(values(&reader(&directory)), [5, 6]);
}
