//! Giving space back, and what must not be given back.

use super::*;
use crate::FileState;
use crate::disk::Disk;
use crate::format::{Header, Kind};

#[tokio::test]
async fn released_blobs_are_gone_and_neighbours_stay() {
    let disk = MemoryDisk::new();
    let store = open(&disk, Options::default()).unwrap();
    let mut small = Vec::new();
    for seed in 0..3 {
        small.push(append(&store, b"", &body(seed, 20_000)).await.unwrap());
    }
    let large = write_file(&store, b"", &body(9, 2_000_000), 500_000).await.unwrap();
    for _ in 0..2 {
        assert!(store.release(&[small[1], large]).await.unwrap().is_empty());
        for gone in [small[1], large] {
            let outcome = read(&store, &gone).await;
            assert!(matches!(outcome, Err(BlobError::NotFound { .. })), "{outcome:?}");
        }
    }
    assert_eq!(read(&store, &small[0]).await.unwrap(), body(0, 20_000));
    assert_eq!(read(&store, &small[2]).await.unwrap(), body(2, 20_000));
    let live: Vec<_> =
        store.scan_segment(1).unwrap().map(|found| found.map(|(blob, _)| blob).unwrap()).collect();
    assert_eq!(live, [small[0], small[2]]);
    assert_eq!(store.files().count(), 0);
    let segment = disk.file_bytes(Path::new("/data/segments/00000001.seg")).unwrap();
    assert!(segment[24_576..36_864].iter().all(|byte| *byte == 0), "the hole was not punched");
}

#[tokio::test]
async fn what_was_never_there_is_released() {
    let store = open(&MemoryDisk::new(), SMALL).unwrap();
    append(&store, b"", b"x").await.unwrap();
    for text in ["s:1:1048:5", "s:7:48:5", "s:1:9999999:5", "f:00000000000000000000000000000001:5"]
    {
        let blob = BlobRef::parse(text).unwrap();
        assert!(store.release(&[blob]).await.unwrap().is_empty(), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_reference_releases_nothing() {
    let store = open(&MemoryDisk::new(), SMALL).unwrap();
    let blob = append(&store, b"", &body(1, 9000)).await.unwrap();
    let other = append(&store, b"", &body(2, 9000)).await.unwrap();
    let wrong = BlobRef { length_bytes: 8999, ..blob };
    let inside = BlobRef::parse("s:1:4096:9000").unwrap();
    for bad in [wrong, inside] {
        // The others of the call are released all the same.
        let outcome = store.release(&[bad, other]).await;
        assert!(matches!(outcome, Err(BlobError::Corrupt { .. })), "{outcome:?}");
        assert!(matches!(read(&store, &other).await, Err(BlobError::NotFound { .. })));
    }
    assert_eq!(read(&store, &blob).await.unwrap(), body(1, 9000));
}

#[tokio::test]
async fn pinned_blobs_stay() {
    let store = open(&MemoryDisk::new(), SMALL).unwrap();
    let blob = append(&store, b"", &body(1, 9000)).await.unwrap();
    let other = append(&store, b"", &body(2, 9000)).await.unwrap();
    let first = store.pin(&[blob]);
    let second = store.pin(&[blob, blob]);
    assert_eq!(store.release(&[blob, other]).await.unwrap(), [blob]);
    drop(second);
    assert_eq!(store.release(&[blob]).await.unwrap(), [blob]);
    assert_eq!(read(&store, &blob).await.unwrap(), body(1, 9000));
    drop(first);
    assert!(store.release(&[blob]).await.unwrap().is_empty());
    assert!(matches!(read(&store, &blob).await, Err(BlobError::NotFound { .. })));
}

#[tokio::test]
async fn an_open_reader_outlives_the_file() {
    let store = open(&MemoryDisk::new(), SMALL).unwrap();
    let expected = body(3, 2_500_000);
    let blob = write_file(&store, b"", &expected, 500_000).await.unwrap();
    let mut reader = store.reader(&blob, 0..u64::MAX);
    store.release(&[blob]).await.unwrap();
    let mut read = Vec::new();
    while let Some(chunk) = reader.next().await {
        read.extend_from_slice(&chunk.unwrap());
    }
    assert!(read == expected);
}

#[tokio::test]
async fn an_unfinished_writer_leaves_nothing() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    for written_bytes in [0, 10, 700_000, 1_500_000] {
        let mut writer = store.create(b"whose").await.unwrap();
        for piece in body(1, written_bytes).chunks(300_000) {
            writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let found: Vec<_> = store.files().map(Result::unwrap).collect();
        assert_eq!((found.len(), found[0].state), (1, FileState::Unfinished));
        assert_eq!(found[0].hint, b"whose");
        assert!(matches!(read(&store, &found[0].blob).await, Err(BlobError::Corrupt { .. })));
        drop(writer);
        while store.files().next().is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn an_unfinished_file_can_be_released() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let mut writer = store.create(b"").await.unwrap();
    writer.write(Bytes::from_static(b"abc")).await.unwrap();
    let found = store.files().next().unwrap().unwrap();
    store.release(&[found.blob]).await.unwrap();
    assert_eq!(store.files().count(), 0);
    drop(writer);
}

#[tokio::test]
async fn only_wholly_released_sealed_segments_go() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let mut blobs = Vec::new();
    while blobs.len() < 12 {
        blobs.push(append(&store, b"", &body(blobs.len() as u64, 5000)).await.unwrap());
    }
    let in_segment = |number| {
        let of = |blob: &&BlobRef| matches!(blob.place, model::BlobPlace::Segment { segment, .. } if segment == number);
        blobs.iter().filter(of).copied().collect::<Vec<_>>()
    };
    let (first, second, last) = (in_segment(1), in_segment(2), in_segment(3));
    assert!(!first.is_empty() && !second.is_empty() && !last.is_empty());
    assert!(!store.remove_released_segment(1).await.unwrap(), "live records");
    store.release(&first[1..]).await.unwrap();
    assert!(!store.remove_released_segment(1).await.unwrap(), "one live record");
    store.release(&first).await.unwrap();
    assert!(store.remove_released_segment(1).await.unwrap());
    assert!(!store.remove_released_segment(1).await.unwrap(), "gone");
    assert!(matches!(read(&store, &first[0]).await, Err(BlobError::NotFound { .. })));
    store.release(&last).await.unwrap();
    assert!(!store.remove_released_segment(3).await.unwrap(), "active");
    store.shutdown().await;
    assert!(!store.remove_released_segment(3).await.unwrap(), "the highest number");
    // Its number must not come again: references to it may still be waiting for their release.
    let store = open(&disk, SMALL).unwrap();
    let next = append(&store, b"", b"next").await.unwrap();
    assert!(next.to_string().starts_with("s:4:"), "{next}");
    assert!(store.remove_released_segment(3).await.unwrap());
    assert_eq!(read(&store, &second[0]).await.unwrap().len(), 5000);
}

#[tokio::test]
async fn a_segment_with_a_zeroed_header_is_kept() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let released = append(&store, b"", &body(1, 100)).await.unwrap();
    let live = append(&store, b"", &body(2, 100)).await.unwrap();
    store.shutdown().await;
    let store = open(&disk, SMALL).unwrap();
    append(&store, b"", b"next").await.unwrap();
    store.release(&[released]).await.unwrap();
    // Damage makes the live record look as if the segment ended before it.
    let path = Path::new("/data/segments/00000001.seg");
    let model::BlobPlace::Segment { offset_bytes, .. } = live.place else { panic!("{live}") };
    let start = usize::try_from(offset_bytes).unwrap();
    let bytes = disk.file_bytes(path).unwrap();
    for bit in start * 8..(start + 48) * 8 {
        if bytes[bit / 8] >> (bit % 8) & 1 == 1 {
            assert!(disk.flip_bit(path, bit));
        }
    }
    assert!(!store.remove_released_segment(1).await.unwrap());
}

#[tokio::test]
async fn a_segment_whose_records_do_not_add_up_is_kept() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    for seed in 0..2 {
        append(&store, b"", &body(seed, 1000)).await.unwrap();
    }
    store.shutdown().await;
    let store = open(&disk, SMALL).unwrap();
    append(&store, b"next", b"next").await.unwrap();
    // One released record that covers both, so that the walk goes past the second.
    let place = model::BlobPlace::Segment { segment: 1, offset_bytes: 48 };
    let one = Header { kind: Kind::Live, place, hint_bytes: 0, body_bytes: 1000 };
    let both = Header { kind: Kind::Released, body_bytes: 1000 + one.record_bytes(), ..one };
    assert_eq!(both.record_bytes(), 2 * one.record_bytes());
    let (bytes, _) = both.encode(&[]);
    let file = disk.open(Path::new("/data/segments/00000001.seg")).unwrap();
    file.write_all_at(&mut [std::io::IoSlice::new(&bytes)], 48).unwrap();
    assert!(!store.remove_released_segment(1).await.unwrap());
}

/// A run that was killed leaves its segment unsealed. It goes as well, unless a damaged header may
/// hide a record.
#[tokio::test]
async fn an_unsealed_segment_goes_when_nothing_can_be_hidden() {
    let disk = MemoryDisk::new();
    let killed = open(&disk, SMALL).unwrap();
    let mut blobs = Vec::new();
    for seed in 0..3 {
        blobs.push(append(&killed, b"hint", &body(seed, 200)).await.unwrap());
    }
    let store = open(&disk, SMALL).unwrap();
    append(&store, b"", b"next").await.unwrap();
    store.release(&blobs[..2]).await.unwrap();
    let usage = store.survey(1).await.unwrap();
    assert!(usage.is_whole && usage.live_records == 1, "{usage:?}");
    assert!(!store.remove_released_segment(1).await.unwrap(), "one is live");
    let path = Path::new("/data/segments/00000001.seg");
    for bit in 48 * 8..(48 + 3 * 320) * 8 {
        assert!(disk.flip_bit(path, bit));
        assert!(!store.remove_released_segment(1).await.unwrap_or(false), "bit {bit}");
        assert!(disk.flip_bit(path, bit));
    }
    store.release(&blobs).await.unwrap();
    assert!(disk.flip_bit(path, 4000 * 8));
    assert!(!store.remove_released_segment(1).await.unwrap(), "something lies behind");
    assert!(disk.flip_bit(path, 4000 * 8));
    assert!(store.remove_released_segment(1).await.unwrap());
}

#[tokio::test]
async fn a_survey_adds_up_and_releases_are_counted() {
    let disk = MemoryDisk::new();
    let store = open(&disk, Options::default()).unwrap();
    let mut small = Vec::new();
    for seed in 0..400 {
        small.push(append(&store, b"hint", &body(seed, 1000)).await.unwrap());
    }
    let large = append(&store, b"hint", &body(1000, 500_000)).await.unwrap();
    let before = store.survey(1).await.unwrap();
    assert_eq!((before.live_records, before.dead_bytes), (401, 0));
    assert!(store.take_released().is_empty());
    store.release(&small[..300]).await.unwrap();
    store.release(&small[..300]).await.unwrap();
    let after = store.survey(1).await.unwrap();
    assert_eq!(after.live_records, 101);
    assert_eq!(after.live_bytes + after.dead_bytes, before.live_bytes);
    let released = store.take_released()[&1];
    assert_eq!((released.dead_bytes, released.record_bytes), (after.dead_bytes, after.dead_bytes));
    store.release(&[large]).await.unwrap();
    let dead = store.survey(1).await.unwrap().dead_bytes - after.dead_bytes;
    let released = store.take_released()[&1];
    assert!(released.dead_bytes == dead && released.record_bytes > 500_000, "{released:?}");
    assert!(dead < 2 * 4096, "the hole counts as given back: {dead}");
    assert_eq!(store.active_segment(), Some(1));
    store.seal_active_segment().await;
    assert_eq!(store.active_segment(), None);
    let next = append(&store, b"", b"next").await.unwrap();
    assert!(next.to_string().starts_with("s:2:"), "{next}");
    store.release(&small).await.unwrap();
    assert!(store.remove_released_segment(1).await.unwrap());
    assert!(matches!(store.survey(1).await, Err(BlobError::NotFound { .. })));
}
