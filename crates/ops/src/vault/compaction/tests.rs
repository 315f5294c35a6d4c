//! Space that comes back while others read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use meta::{NewObject, ObjectHeaders, ObjectPart, Precondition};
use model::{BlobPlace, CanonicalUserId, ETag, GovernanceBypass, ObjectKey, ObjectLock, VersionId};
use tokio::sync::RwLock;

use super::*;
use crate::vault::fixture::StoreFixture;

const BUCKET: meta::BucketId = meta::BucketId(1);

fn clock() -> Timestamp {
    Timestamp::from_unix_seconds(1000)
}

fn later() -> Timestamp {
    Timestamp::from_unix_seconds(2000)
}

fn key(number: u64) -> ObjectKey {
    ObjectKey::parse(&format!("key/{number:08}")).unwrap()
}

fn owner() -> CanonicalUserId {
    CanonicalUserId::parse(&"a".repeat(64)).unwrap()
}

fn body(number: u64) -> Vec<u8> {
    let length = 200 + usize::try_from(number * 7919 % 1800).unwrap();
    number.to_le_bytes().into_iter().cycle().take(length).collect()
}

async fn open(directory: &Path) -> Arc<Vault> {
    let mut fixture = StoreFixture::new(directory).await;
    fixture.close().await;
    Arc::new(Vault::open_plain(directory).unwrap())
}

async fn put(vault: &Vault, number: u64) {
    let body = body(number);
    let size_bytes = body.len() as u64;
    let hint = BlobHint::Object { bucket: BUCKET, key: key(number) }.encode();
    let blob = vault.blobs.append(&hint, vec![Bytes::from(body)]).await.unwrap();
    let etag = ETag { md5: [0; 16], parts: None };
    let object = NewObject {
        key: key(number),
        fresh_version: VersionId::parse(&format!("{number:032x}")).unwrap(),
        size_bytes,
        etag,
        last_modified: clock(),
        owner: owner(),
        storage_class: "STANDARD".into(),
        headers: ObjectHeaders::default(),
        user_metadata: Vec::new(),
        tags: Vec::new(),
        lock: ObjectLock::default(),
        checksum: None,
        acl: None,
        events: Vec::new(),
        encryption: None,
        parts: vec![ObjectPart {
            number: 1,
            size_bytes,
            etag,
            checksum: None,
            blob: Some(blob),
            salt: None,
        }],
    };
    vault.meta.put_object(BUCKET, object, Precondition::None).await.unwrap();
}

async fn delete(vault: &Vault, number: u64) {
    let deletion = meta::DeleteObject {
        key: key(number),
        version: None,
        fresh_version: VersionId::parse(&format!("{number:032x}")).unwrap(),
        owner: owner(),
        now: clock(),
        precondition: Precondition::None,
        events: Vec::new(),
        bypass: GovernanceBypass::No,
    };
    vault.meta.delete_object(BUCKET, deletion).await.unwrap();
}

async fn blob_of(vault: &Vault, number: u64) -> Option<BlobRef> {
    let found = vault.meta.object(BUCKET, &key(number), None).await.unwrap();
    found.and_then(meta::ObjectVersion::into_object).and_then(|record| record.parts[0].blob)
}

/// What a client sees: the row, then the bytes.
async fn is_right(vault: &Vault, number: u64) {
    let blob = blob_of(vault, number).await.unwrap();
    let mut reader = vault.blobs.reader(&blob, 0..u64::MAX);
    let bytes = reader.next().await.unwrap();
    assert!(bytes.unwrap() == body(number), "{number}");
}

/// Runs something for many numbers, several at once.
async fn each<F: Future<Output = ()> + Send + 'static>(
    vault: &Arc<Vault>,
    numbers: impl Iterator<Item = u64>,
    work: fn(Arc<Vault>, u64) -> F,
) {
    let mut tasks = JoinSet::new();
    for number in numbers {
        if tasks.len() >= 256 {
            tasks.join_next().await.unwrap().unwrap();
        }
        tasks.spawn(work(Arc::clone(vault), number));
    }
    tasks.join_all().await;
}

/// Bytes on the disk below a directory.
fn disk_bytes(directory: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.metadata().unwrap().blocks() * 512).sum()
}

async fn sweep(vault: &Vault) {
    while vault.sweep_garbage(later(), 1000).await.unwrap() > 0 {}
}

/// `GRANTRY_COMPACTED_OBJECTS` sets how many objects are written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_space_of_small_objects_comes_back_while_others_are_read() {
    let count = std::env::var("GRANTRY_COMPACTED_OBJECTS")
        .map_or(100_000, |text| text.parse::<u64>().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path()).await;
    let segments = directory.path().join("blobs/segments");
    each(&vault, 0..count, |vault, number| async move { put(&vault, number).await }).await;
    let full = disk_bytes(&segments);
    let is_kept = |number: &u64| number.is_multiple_of(10);
    let deleted = (0..count).filter(|number| !is_kept(number));
    each(&vault, deleted, |vault, number| async move { delete(&vault, number).await }).await;

    // Readers hold this between the row and the bytes, as the grace time does for real ones.
    let grace = Arc::new(RwLock::new(()));
    let stop = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicU64::new(0));
    let reader = tokio::spawn({
        let (vault, grace) = (Arc::clone(&vault), Arc::clone(&grace));
        let (stop, reads) = (Arc::clone(&stop), Arc::clone(&reads));
        async move {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                let _held = grace.read().await;
                is_right(&vault, number).await;
                number = (number + 7 * 10) % (count - count % 10);
                reads.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let mut ledger = Ledger::default();
    let mut done = Compacted::default();
    for _ in 0..4 {
        let held = grace.write().await;
        sweep(&vault).await;
        drop(held);
        let step = vault.compact(&mut ledger, clock).await.unwrap();
        done.moved += step.moved;
        done.removed_segments += step.removed_segments;
    }
    stop.store(true, Ordering::Relaxed);
    reader.await.unwrap();
    assert!(reads.load(Ordering::Relaxed) > 100);
    let left = disk_bytes(&segments);
    assert!(left < full / 5 + (5 << 20), "{left} of {full} bytes are left: {done:?}");
    assert!(done.removed_segments > 0 && done.moved >= count / 10, "{done:?}");
    vault.shutdown().await;
    drop(vault);
    let vault = Arc::new(Vault::open_plain(directory.path()).unwrap());
    assert_eq!(vault.sweep_orphans(later()).await.unwrap(), 0, "no copy was left behind");
    let kept = (0..count).filter(is_kept);
    each(&vault, kept, |vault, number| async move { is_right(&vault, number).await }).await;
    vault.shutdown().await;
}

/// What is not an object any more, or not yet, is left alone, and no copy of it stays.
#[tokio::test]
async fn only_what_is_referred_to_is_moved() {
    let directory = tempfile::tempdir().unwrap();
    let mut fixture = StoreFixture::new(directory.path()).await;
    fixture.start_upload("upload", 3000).await;
    fixture.put_multipart("multipart", &[4000, 5000]).await;
    let orphan = fixture.append_orphan("late", 2000).await;
    for _ in 0..100 {
        fixture.put("overwritten", 8000).await;
    }
    let vault = fixture.vault();
    vault.blobs.seal_active_segment().await;
    sweep(vault).await;
    // Nothing has been released below 4 KiB pages; make the segment look wasteful.
    let before = fixture.blob("multipart");
    let moved = vault.move_records(1, clock).await.unwrap();
    assert_eq!(moved, 3, "two parts and the last version");
    assert!(vault.blobs.inspect(&orphan).is_ok(), "its row may come yet");
    let live = |segment| vault.blobs.scan_segment(segment).unwrap().map(Result::unwrap);
    let mut hints = BTreeMap::new();
    for (_, hint) in live(2) {
        *hints.entry(hint).or_insert(0) += 1;
    }
    assert_eq!(hints.len(), 3, "the copy of a part in progress was taken back");
    sweep(vault).await;
    assert!(matches!(vault.blobs.inspect(&before), Err(BlobError::NotFound { .. })));
    assert_eq!(live(1).count(), 2, "the part in progress and the orphan");
    assert_eq!(vault.move_records(1, clock).await.unwrap(), 0);
    fixture.close().await;
}

/// A move that lost the race against an overwrite changes nothing.
#[tokio::test]
async fn an_overwritten_object_is_not_moved_back() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path()).await;
    put(&vault, 1).await;
    let old = blob_of(&vault, 1).await.unwrap();
    let hint = BlobHint::Object { bucket: BUCKET, key: key(1) };
    let copied = copy(vault.blobs.clone(), Live { blob: old, hint: hint.encode(), decoded: hint });
    let copied = copied.await.unwrap();
    put(&vault, 1).await;
    let new = blob_of(&vault, 1).await.unwrap();
    assert_eq!(vault.meta.follow_moves(vec![copied], clock()).await.unwrap(), [false]);
    assert_eq!(blob_of(&vault, 1).await, Some(new));
    is_right(&vault, 1).await;
    vault.shutdown().await;
}

/// The power goes between the copy and the commit: the copies are orphans, and go.
#[tokio::test]
async fn copies_without_a_commit_are_orphans() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path()).await;
    put(&vault, 1).await;
    let old = blob_of(&vault, 1).await.unwrap();
    let hint = BlobHint::Object { bucket: BUCKET, key: key(1) };
    let live = Live { blob: old, hint: hint.encode(), decoded: hint };
    let copied = copy(vault.blobs.clone(), live).await.unwrap();
    vault.shutdown().await;
    drop(vault);
    let vault = Vault::open_plain(directory.path()).unwrap();
    assert_eq!(vault.sweep_orphans(later()).await.unwrap(), 1);
    assert!(matches!(vault.blobs.inspect(&copied.to), Err(BlobError::NotFound { .. })));
    is_right(&vault, 1).await;
    vault.shutdown().await;
}

/// What earlier runs released is found although nothing is released now; a damaged segment is left.
#[tokio::test]
async fn a_restart_forgets_no_dead_space() {
    let directory = tempfile::tempdir().unwrap();
    let vault = open(directory.path()).await;
    each(&vault, 0..600, |vault, number| async move { put(&vault, number).await }).await;
    each(&vault, 0..550, |vault, number| async move { delete(&vault, number).await }).await;
    sweep(&vault).await;
    vault.shutdown().await;
    drop(vault);
    let vault = Arc::new(Vault::open_plain(directory.path()).unwrap());
    let mut ledger = Ledger::default();
    assert_eq!(vault.compact(&mut ledger, clock).await.unwrap(), Compacted::default());
    assert!(vault.survey_next(&mut ledger, clock).await.unwrap());
    let place = blob_of(&vault, 599).await.unwrap().place;
    assert!(matches!(place, BlobPlace::Segment { segment: 2, .. }), "{place:?}");
    sweep(&vault).await;
    let done = vault.compact(&mut ledger, clock).await.unwrap();
    assert_eq!(done.removed_segments, 1);
    is_right(&vault, 599).await;
    assert!(!vault.survey_next(&mut ledger, clock).await.unwrap(), "all are known or active");
    vault.shutdown().await;
}
