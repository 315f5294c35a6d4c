//! Looking at a blob without reading it, and at a store that another process uses.

use bytes::Bytes;
use model::{BlobPlace, BlobRef};

use super::body;
use crate::{BlobError, BlobStore, Options, SegmentEnd, SourceFiles};

#[tokio::test]
async fn a_look_tells_what_a_reader_would() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::open(directory.path(), Options::default()).unwrap();
    let small = store.append(b"small", vec![Bytes::from(body(1, 3000))]).await.unwrap();
    let mut writer = store.create(b"large").await.unwrap();
    writer.write(Bytes::from(body(2, 100_000))).await.unwrap();
    let large = writer.finish().await.unwrap();
    assert_eq!(store.inspect(&small).unwrap(), b"small");
    assert_eq!(store.inspect(&large).unwrap(), b"large");
    for blob in [small, large] {
        let longer = BlobRef { length_bytes: blob.length_bytes + 1, ..blob };
        assert!(matches!(store.inspect(&longer), Err(BlobError::Corrupt { .. })));
    }
    let path = SourceFiles::open(directory.path()).unwrap().path_of(large.place);
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(100_000).unwrap();
    assert!(matches!(store.inspect(&large), Err(BlobError::Corrupt { .. })));
    store.release(&[small, large]).await.unwrap();
    for blob in [small, large] {
        assert!(matches!(store.inspect(&blob), Err(BlobError::NotFound { .. })));
    }
    let BlobPlace::Segment { segment, .. } = small.place else { panic!("a small body") };
    store.check_segment_start(segment).unwrap();
    store.shutdown().await;
}

#[tokio::test]
async fn a_segment_ends_behind_its_last_record() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::open(directory.path(), Options::default()).unwrap();
    let mut ends = Vec::new();
    for seed in 0..3 {
        store.append(b"h", vec![Bytes::from(body(seed, 3000))]).await.unwrap();
        let sources = SourceFiles::open(directory.path()).unwrap();
        assert_eq!(sources.segments().unwrap(), [1]);
        let SegmentEnd::At(end) = sources.segment_end(1).unwrap() else { panic!("undamaged") };
        ends.push(end);
    }
    assert!(ends[0] > 3000 && ends[1] - ends[0] > 3000 && ends[2] - ends[1] > 3000);
    store.shutdown().await;
    let sources = SourceFiles::open(directory.path()).unwrap();
    let path = sources.path_of(BlobPlace::Segment { segment: 1, offset_bytes: 0 });
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let sources = SourceFiles::open(directory.path()).unwrap();
    assert_eq!(sources.segment_end(1).unwrap(), SegmentEnd::Unknown);
}
