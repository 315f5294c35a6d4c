//! A disk without space.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{new_store, open};
use crate::contract::fixture::{bucket, new_object, put};
use crate::{BucketId, MetaError, MetadataStore, ObjectRecord, Precondition, SqliteStore};

/// Lets the database grow by so many pages and no more, as a disk would.
async fn leave_space(store: &SqliteStore, pages: i64) {
    let limit = store.writer.write(move |tx| {
        let count: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let sql = format!("PRAGMA max_page_count = {}", count + pages);
        Ok(tx.query_row(&sql, [], |_| Ok(()))?)
    });
    limit.await.unwrap();
}

async fn check(store: &SqliteStore, id: BucketId, written: &[ObjectRecord]) {
    for record in written {
        let read = store.object(id, &record.key, None).await.unwrap().unwrap();
        assert_eq!(read.into_object().as_ref(), Some(record));
    }
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, written.len() as u64);
    assert!(store.count_usage(id).unwrap().agrees());
    assert_eq!(store.integrity(false), Ok(Vec::new()));
}

/// Writes that find no space say so and leave nothing behind; what was answered before, among or
/// after them is there, and the store goes on when there is space again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing() {
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    leave_space(&store, 40).await;
    let store = Arc::new(store);
    let mut writers = JoinSet::new();
    for seed in 0..400 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let object = new_object(&format!("key-{seed:03}"), seed);
            store.put_object(id, object, Precondition::None).await
        });
    }
    let (written, refused): (Vec<_>, Vec<_>) =
        writers.join_all().await.into_iter().partition(Result::is_ok);
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|result| *result == Err(MetaError::DiskFull)), "{refused:?}");
    let mut written: Vec<_> = written.into_iter().map(Result::unwrap).collect();
    check(&store, id, &written).await;
    leave_space(&store, 1000).await;
    written.push(put(&*store, id, "with space", 9).await);
    check(&store, id, &written).await;
    drop(store);
    check(&open(directory.path()), id, &written).await;
}
