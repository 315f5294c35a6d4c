//! Bits that change on the disk.

use super::history::Random;
use super::*;

/// Flips a bit, reads all blobs, and flips it back. Returns how many reads found it.
async fn flip(
    disk: &MemoryDisk,
    path: &Path,
    bit: usize,
    store: &BlobStore,
    stored: &[(BlobRef, Vec<u8>)],
) -> usize {
    assert!(disk.flip_bit(path, bit));
    let mut found = 0;
    for (blob, expected) in stored {
        match read(store, blob).await {
            Ok(read) => assert!(read == *expected, "bit {bit}: {blob} differs"),
            Err(BlobError::Corrupt { place, .. }) => {
                assert_eq!(place, blob.place);
                found += 1;
            }
            Err(error) => panic!("bit {bit}: {blob}: {error}"),
        }
    }
    assert!(disk.flip_bit(path, bit));
    found
}

#[tokio::test]
async fn every_bit_of_a_segment() {
    let disk = MemoryDisk::new();
    let options = Options { segment_fill_bytes: 0, ..SMALL };
    let store = open(&disk, options).unwrap();
    let mut stored = Vec::new();
    for (seed, length) in [0, 1, 300, 7, 1000].into_iter().enumerate() {
        let expected = body(seed as u64, length);
        stored.push((append(&store, b"a hint", &expected).await.unwrap(), expected));
    }
    store.shutdown().await;
    let path = Path::new("/data/segments/00000001.seg");
    let bytes = disk.file_bytes(path).unwrap().len();
    let mut found = 0;
    for bit in 0..bytes * 8 {
        let found_by = flip(&disk, path, bit, &store, &stored).await;
        assert!(found_by <= 1, "bit {bit} hurts {found_by} blobs");
        found += found_by;
    }
    // Each bit belongs to one record, except in the two headers of the segment itself; those in
    // padding hurt nobody.
    let padding = stored.len() * 3 * 7;
    assert!(found >= (bytes - 2 * 48 - padding) * 8, "{found} of {} bits found", bytes * 8);
}

#[tokio::test]
async fn every_bit_of_a_segment_never_confuses_a_scan_or_a_release() {
    let disk = MemoryDisk::new();
    let options = Options { segment_fill_bytes: 0, ..SMALL };
    let store = open(&disk, options).unwrap();
    let first = append(&store, b"first", &body(1, 200)).await.unwrap();
    let second = append(&store, b"second", &body(2, 200)).await.unwrap();
    store.shutdown().await;
    let path = Path::new("/data/segments/00000001.seg");
    let intact = disk.file_bytes(path).unwrap();
    for bit in 0..intact.len() * 8 {
        assert!(disk.flip_bit(path, bit));
        for record in store.scan_segment(1).unwrap() {
            match record {
                Ok(found) => assert!(
                    found == (first, b"first".to_vec()) || found == (second, b"second".to_vec())
                ),
                Err(error) => assert!(matches!(error, BlobError::Corrupt { .. }), "{error}"),
            }
        }
        assert!(!store.remove_released_segment(1).await.unwrap_or(false));
        assert!(disk.flip_bit(path, bit));
    }
    assert!(disk.file_bytes(path).unwrap() == intact);
}

#[tokio::test]
async fn bits_of_a_large_file() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let expected = body(1, 200_000);
    let blob = write_file(&store, b"a hint", &expected, 30_000).await.unwrap();
    let stored = [(blob, expected)];
    let path = disk.file_paths().pop().unwrap();
    let bytes = disk.file_bytes(&path).unwrap().len();
    let body_offset = 56;
    let table_offset = body_offset + 200_000;
    // Header, hint, table and its checksum wholly; the body here and there.
    let header = 0..(48 + 6) * 8;
    let table = table_offset * 8..(table_offset + 5 * 4) * 8;
    let mut random = Random(1);
    let sample: Vec<_> = (0..500).map(|_| body_offset * 8 + random.below(200_000 * 8)).collect();
    for bit in header.chain(table).chain(sample) {
        assert_eq!(flip(&disk, &path, bit, &store, &stored).await, 1, "bit {bit} not found");
    }
    for bit in (table_offset + 20) * 8..bytes * 8 {
        assert_eq!(flip(&disk, &path, bit, &store, &stored).await, 0, "padding");
    }
}

#[tokio::test]
async fn damage_outside_the_range_does_not_hurt() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let expected = body(1, 3_000_000);
    let blob = write_file(&store, b"", &expected, 400_000).await.unwrap();
    let path = disk.file_paths().pop().unwrap();
    assert!(disk.flip_bit(&path, (48 + 1_000_000) * 8));
    let read = read_range(&store, &blob, 1_200_000..2_500_000).await.unwrap();
    assert!(read == expected[1_200_000..2_500_000]);
    let mut reader = store.reader(&blob, 0..3_000_000);
    let damaged = reader.next().await.unwrap();
    assert!(matches!(damaged, Err(BlobError::Corrupt { .. })));
    assert!(reader.next().await.is_none(), "nothing after an error");
}

#[tokio::test]
async fn files_that_were_cut_off() {
    let disk = MemoryDisk::new();
    let store = open(&disk, Options { segment_fill_bytes: 0, ..SMALL }).unwrap();
    let expected = body(1, 1000);
    append(&store, b"", &expected).await.unwrap();
    let whole = disk.file_bytes(Path::new("/data/segments/00000001.seg")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let real = BlobStore::open(directory.path(), SMALL).unwrap();
    let path = directory.path().join("segments/00000001.seg");
    let blob = BlobRef::parse("s:1:48:1000").unwrap();
    // Without the padding, the record is whole.
    for length in (0..whole.len()).step_by(9).chain(48..104) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let outcome = read(&real, &blob).await;
        match outcome {
            Ok(read) => assert!(read == expected && length >= 48 + 48 + 1000 + 8),
            Err(error) => assert!(matches!(error, BlobError::Corrupt { .. }), "{error}"),
        }
    }
    std::fs::write(&path, &whole).unwrap();
    assert!(read(&real, &blob).await.unwrap() == expected);
}
