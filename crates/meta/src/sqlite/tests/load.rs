//! Many writers at a time, and crashes in the middle of their work.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{new_store, open};
use crate::contract::fixture::{bucket, deletion, etag, key, put};
use crate::{BucketId, ListObjectsQuery, ListStart, MetadataStore};

const WRITERS: u64 = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_64_writers_wrote_is_there() {
    const OBJECTS: u64 = 30;
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    let store = Arc::new(store);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            for number in 0..OBJECTS {
                let (name, seed) = (format!("{writer}/{number}"), writer * OBJECTS + number);
                let written = put(&*store, id, &name, seed).await;
                let read = store.object(id, &key(&name), None).await.unwrap().unwrap();
                assert_eq!(read.into_object(), Some(written), "its own write is seen");
            }
        });
    }
    writers.join_all().await;
    drop(store);
    let store = open(directory.path());
    for (writer, number) in (0..WRITERS).flat_map(|w| (0..OBJECTS).map(move |n| (w, n))) {
        let name = key(&format!("{writer}/{number}"));
        let read = store.object(id, &name, None).await.unwrap().unwrap();
        assert_eq!(read.into_object().unwrap().etag, etag(writer * OBJECTS + number));
    }
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, WRITERS * OBJECTS);
}

/// Reads are never older than what was answered, or read by anybody, before they began: neither
/// memory nor an open transaction shows the past.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_never_go_back() {
    const WRITES: u64 = 400;
    let (_directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    put(&store, id, "k", 0).await;
    let store = Arc::new(store);
    let newest = Arc::new(AtomicI64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for reader in 0..3 {
        let (store, newest) = (Arc::clone(&store), Arc::clone(&newest));
        let done = Arc::clone(&done);
        readers.spawn(async move {
            let mut reads = 0;
            while !done.load(Ordering::Acquire) {
                let known = newest.load(Ordering::Acquire);
                let sequence = match reader {
                    0 => listed_seed(&*store, id).await,
                    _ => store.object(id, &key("k"), None).await.unwrap().unwrap().sequence(),
                };
                assert!(sequence >= known, "{sequence} after {known}");
                newest.fetch_max(sequence, Ordering::AcqRel);
                reads += 1;
                tokio::task::yield_now().await;
            }
            reads
        });
    }
    for seed in 1..WRITES {
        let written = put(&*store, id, "k", seed).await.sequence;
        newest.fetch_max(written, Ordering::AcqRel);
    }
    done.store(true, Ordering::Release);
    assert!(readers.join_all().await.into_iter().all(|reads: u64| reads > 0));
}

/// The sequence of the only object, whose tag tells it.
async fn listed_seed<S: MetadataStore>(store: &S, id: BucketId) -> i64 {
    let start = ListStart::Beginning;
    let query =
        ListObjectsQuery { prefix: "", delimiter: None, start, with_owners: false, limit: 2 };
    let page = store.list_objects(id, query).await.unwrap();
    let digits = page.entries[0].etag.to_string();
    // The first write, of seed 0, got sequence 1.
    i64::from_str_radix(&digits, 16).unwrap() + 1
}

/// A thousand deletions that are asked for together take few commits: commits are the frames of the
/// log that say how long the database is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_deletions_share_commits() {
    const KEYS: u64 = 1000;
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    let store = Arc::new(store);
    let mut writers = JoinSet::new();
    for seed in 0..KEYS {
        let store = Arc::clone(&store);
        writers.spawn(async move { put(&*store, id, &seed.to_string(), seed).await });
    }
    writers.join_all().await;
    let before = commits(directory.path());
    let deletions = (0..KEYS).map(|seed| (id, deletion(&seed.to_string(), None, seed))).collect();
    let outcomes = store.delete_objects(deletions).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let after = commits(directory.path());
    // How many depends on how the threads get to run; alone, each would take one of its own.
    let most = usize::try_from(KEYS / 10).unwrap();
    assert!((1..=most).contains(&(after - before)), "{before} and {after}");
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, 0);
}

/// Frames of the log that end a transaction. Format: SQLite, "WAL-mode File Format".
fn commits(directory: &Path) -> usize {
    const HEADER_BYTES: usize = 32;
    const FRAME_BYTES: usize = 24 + 4096;
    let log = std::fs::read(directory.join("metadata.sqlite3-wal")).unwrap();
    assert!(log.len() < 4096 * FRAME_BYTES, "not written over from the beginning yet");
    let frames = log[HEADER_BYTES..].chunks_exact(FRAME_BYTES);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}

/// Copies what a crash would leave: the database first, which no write changes before the log is
/// longer than this test makes it, then the log, of which a later part may be cut.
fn copy_after_crash(from: &Path, to: &Path) {
    for name in ["metadata.sqlite3", "metadata.sqlite3-wal"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

async fn check_copy(copy: &Path, id: BucketId, acknowledged: &[u64]) {
    let store = open(copy);
    for &seed in acknowledged {
        let read = store.object(id, &key(&seed.to_string()), None).await.unwrap();
        assert_eq!(read.unwrap().into_object().unwrap().etag, etag(seed));
    }
    let counted = store.bucket_usage(id).await.unwrap().objects;
    assert_eq!(all_objects(&store, id).await, counted, "no transaction is there in part");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_loses_nothing_acknowledged() {
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    let store = Arc::new(store);
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        let acknowledged = Arc::clone(&acknowledged);
        writers.spawn(async move {
            for number in 0..200 {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let seed = writer * 1000 + number;
                put(&*store, id, &seed.to_string(), seed).await;
                acknowledged.lock().push(seed);
            }
        });
    }
    let mut copies = Vec::new();
    for number in 1..=5 {
        while acknowledged.lock().len() < number * 150 {
            tokio::task::yield_now().await;
        }
        let copy = TempDir::new().unwrap();
        let before = acknowledged.lock().clone();
        copy_after_crash(directory.path(), copy.path());
        copies.push((copy, before));
    }
    stop.store(true, Ordering::Relaxed);
    writers.join_all().await;
    for (copy, acknowledged) in &copies {
        check_copy(copy.path(), id, acknowledged).await;
    }

    check_torn_logs(directory.path(), id).await;
}

/// A log that is cut anywhere opens to some prefix of the commits.
async fn check_torn_logs(directory: &Path, id: BucketId) {
    let log = |directory: &Path| {
        let path = directory.join("metadata.sqlite3-wal");
        std::fs::OpenOptions::new().write(true).open(path).unwrap()
    };
    let length = log(directory).metadata().unwrap().len();
    for cut in (0..20).map(|step| length * step / 20 + step) {
        let copy = TempDir::new().unwrap();
        copy_after_crash(directory, copy.path());
        log(copy.path()).set_len(cut).unwrap();
        let store = open(copy.path());
        let counted = store.bucket_usage(id).await.unwrap().objects;
        assert_eq!(all_objects(&store, id).await, counted, "no transaction is there in part");
    }
}

async fn all_objects<S: MetadataStore>(store: &S, id: BucketId) -> u64 {
    let (mut count, mut start) = (0, ListStart::Beginning);
    loop {
        let query = ListObjectsQuery {
            prefix: "",
            delimiter: None,
            start,
            with_owners: false,
            limit: 1000,
        };
        let page = store.list_objects(id, query).await.unwrap();
        count += page.entries.len() as u64;
        let Some(next) = page.next else { return count };
        start = next;
    }
}
