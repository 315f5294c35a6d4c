//! The same on the file system of the machine.

use std::os::unix::fs::MetadataExt;

use super::*;

fn blocks(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().blocks()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn round_trip_and_reopen() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let options = Options { segment_size_bytes: 3 << 20, segment_fill_bytes: 1 << 20 };
    let store = BlobStore::open(&data, options).unwrap();
    let mut stored = Vec::new();
    for (seed, length) in
        [0, 1, 65_536, 65_537, 1_048_575, 400_000, 1_000_000, 900_000, 12].into_iter().enumerate()
    {
        let expected = body(seed as u64, length);
        stored.push((append(&store, b"small", &expected).await.unwrap(), expected));
    }
    for (seed, length) in [0, 1_048_576, 5_000_001].into_iter().enumerate() {
        let expected = body(50 + seed as u64, length);
        stored.push((write_file(&store, b"large", &expected, 70_001).await.unwrap(), expected));
    }
    // More pieces than the system takes in one call.
    let expected = body(99, 10_000);
    let pieces = expected.chunks(3).map(Bytes::copy_from_slice).collect();
    stored.push((store.append(b"pieces", pieces).await.unwrap(), expected));
    for (blob, expected) in &stored {
        assert!(read(&store, blob).await.unwrap() == *expected, "{blob}");
    }
    store.shutdown().await;
    drop(store);
    let store = BlobStore::open(&data, options).unwrap();
    for (blob, expected) in &stored {
        assert!(read(&store, blob).await.unwrap() == *expected, "{blob}");
    }
    assert!(store.segments().unwrap().len() >= 2);
    assert_eq!(store.files().map(Result::unwrap).count(), 3);
}

#[tokio::test]
async fn space_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options::default();
    let store = BlobStore::open(directory.path(), options).unwrap();
    let gone = append(&store, b"", &body(1, 900_000)).await.unwrap();
    let kept = append(&store, b"", &body(2, 900_000)).await.unwrap();
    store.shutdown().await;
    let path = directory.path().join("segments/00000001.seg");
    let before = blocks(&path);
    store.release(&[gone]).await.unwrap();
    let after = blocks(&path);
    // File systems that cannot punch holes keep it all, which is allowed.
    assert!(after == before || after + 1_700 <= before, "{before} blocks, then {after}");
    assert!(matches!(read(&store, &gone).await, Err(BlobError::NotFound { .. })));
    assert!(read(&store, &kept).await.unwrap() == body(2, 900_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_reads_and_releases() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { segment_size_bytes: 1 << 20, segment_fill_bytes: 1 << 18 };
    let store = BlobStore::open(directory.path(), options).unwrap();
    let mut tasks = Vec::new();
    for task in 0..16_u64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut kept = Vec::new();
            for step in 0..30 {
                let seed = task * 100 + step;
                let expected = body(seed, usize::try_from(seed * 7919 % 20_000).unwrap());
                let blob = append(&store, b"", &expected).await.unwrap();
                assert!(read(&store, &blob).await.unwrap() == expected);
                if step % 3 == 0 {
                    store.release(&[blob]).await.unwrap();
                } else {
                    kept.push((blob, expected));
                }
            }
            kept
        }));
    }
    for task in tasks {
        for (blob, expected) in task.await.unwrap() {
            assert!(read(&store, &blob).await.unwrap() == expected, "{blob}");
        }
    }
}
