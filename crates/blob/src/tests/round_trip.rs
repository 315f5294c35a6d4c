//! What is written is read.

use proptest::prelude::*;

use super::*;
use crate::FileState;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn sizes_around_block_boundaries() {
    for is_cold in [false, true] {
        let disk = MemoryDisk::new();
        if is_cold {
            disk.set_cold();
        }
        let store = open(&disk, Options::default()).unwrap();
        for (seed, length) in
            [0, 1, 7, 8, 9, 65_535, 65_536, 65_537, 131_072, MIB - 1].into_iter().enumerate()
        {
            let expected = body(seed as u64, length);
            let blob = append(&store, b"hint", &expected).await.unwrap();
            assert_eq!(blob.length_bytes, length as u64);
            assert_eq!(read(&store, &blob).await.unwrap(), expected, "segment, {length} bytes");
        }
        for (seed, length) in [0, 1, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1, 3 * MIB + 7]
            .into_iter()
            .enumerate()
        {
            let expected = body(100 + seed as u64, length);
            let blob = write_file(&store, b"hint", &expected, 100_000).await.unwrap();
            assert_eq!(blob.length_bytes, length as u64);
            assert_eq!(read(&store, &blob).await.unwrap(), expected, "file, {length} bytes");
        }
    }
}

#[tokio::test]
async fn long_hints_and_bodies_in_many_pieces() {
    let disk = MemoryDisk::new();
    disk.set_cold();
    let store = open(&disk, SMALL).unwrap();
    for hint_bytes in [0, 1, 463, 464, 465, 4096] {
        let hint = body(1, hint_bytes);
        let expected = body(2, 5000);
        let pieces = expected.chunks(7).map(Bytes::copy_from_slice).collect();
        let small = store.append(&hint, pieces).await.unwrap();
        let large = write_file(&store, &hint, &expected, 3).await.unwrap();
        for blob in [small, large] {
            assert_eq!(read(&store, &blob).await.unwrap(), expected);
        }
        let found = store.files().map(Result::unwrap).find(|found| found.blob == large).unwrap();
        assert_eq!((found.hint, found.state), (hint.clone(), FileState::Finished));
        let model::BlobPlace::Segment { segment, .. } = small.place else { panic!("{small}") };
        let scanned: Vec<_> =
            store.scan_segment(segment).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(scanned.contains(&(small, hint)));
    }
}

#[tokio::test]
async fn too_long_is_refused() {
    let store = open(&MemoryDisk::new(), SMALL).unwrap();
    let hint = body(1, 4097);
    assert!(matches!(append(&store, &hint, b"x").await, Err(BlobError::TooLong { .. })));
    assert!(matches!(store.create(&hint).await, Err(BlobError::TooLong { .. })));
    let long = body(1, MIB);
    assert!(matches!(append(&store, b"", &long).await, Err(BlobError::TooLong { .. })));
}

#[tokio::test]
async fn references_that_were_never_given_out_are_refused() {
    let store = open(&MemoryDisk::new(), SMALL).unwrap();
    let blob = append(&store, b"", &body(1, 900)).await.unwrap();
    let file = write_file(&store, b"", &body(2, 900), 900).await.unwrap();
    for wrong in ["s:1:48:899", "s:1:48:901", "s:1:56:900", "s:1:48:99999999999", "s:1:900000:5"] {
        let wrong = BlobRef::parse(wrong).unwrap();
        let outcome = read(&store, &wrong).await;
        assert!(matches!(outcome, Err(BlobError::Corrupt { .. })), "{wrong}: {outcome:?}");
    }
    let shorter = BlobRef { length_bytes: 899, ..file };
    assert!(matches!(read(&store, &shorter).await, Err(BlobError::Corrupt { .. })));
    for absent in ["s:9:48:900", "f:00000000000000000000000000000001:900"] {
        let absent = BlobRef::parse(absent).unwrap();
        assert!(matches!(read(&store, &absent).await, Err(BlobError::NotFound { .. })));
    }
    assert_eq!(read(&store, &blob).await.unwrap(), body(1, 900));
}

#[tokio::test]
async fn a_record_inside_a_body_is_no_blob() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let inner = append(&store, b"victim", &body(1, 300)).await.unwrap();
    let segment = disk.file_bytes(Path::new("/data/segments/00000001.seg")).unwrap();
    // The bytes of a genuine record, uploaded as somebody's body.
    append(&store, b"attacker", &segment[48..600]).await.unwrap();
    let scan: Vec<_> = store.scan_segment(1).unwrap().map(Result::unwrap).collect();
    assert_eq!(scan.len(), 2);
    for offset in (inner.length_bytes..1200).step_by(8) {
        let place = model::BlobPlace::Segment { segment: 1, offset_bytes: offset };
        let forged = BlobRef { place, length_bytes: 300 };
        assert!(read(&store, &forged).await.is_err(), "{forged}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_tasks_append() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let mut tasks = Vec::new();
    for task in 0..64_u64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut stored = Vec::new();
            for step in 0..20 {
                let seed = task * 100 + step;
                let expected = body(seed, usize::try_from(seed * 37 % 3000).unwrap());
                stored.push((append(&store, b"", &expected).await.unwrap(), expected));
            }
            stored
        }));
    }
    let mut stored = Vec::new();
    for task in tasks {
        stored.extend(task.await.unwrap());
    }
    let mut places: Vec<_> = stored.iter().map(|(blob, _)| blob.place).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 64 * 20);
    store.shutdown().await;
    let store = open(&disk, SMALL).unwrap();
    for (blob, expected) in &stored {
        assert_eq!(&read(&store, blob).await.unwrap(), expected);
    }
    let mut scanned = 0;
    for summary in store.segments().unwrap() {
        assert!(!summary.is_active);
        scanned += store.scan_segment(summary.segment).unwrap().map(Result::unwrap).count();
    }
    assert_eq!(scanned, stored.len());
}

#[tokio::test]
async fn shutdown_closes() {
    let store = open(&MemoryDisk::new(), SMALL).unwrap();
    let blob = append(&store, b"", b"before").await.unwrap();
    store.shutdown().await;
    store.shutdown().await;
    assert!(matches!(append(&store, b"", b"after").await, Err(BlobError::Closed)));
    assert_eq!(read(&store, &blob).await.unwrap(), b"before");
}

#[tokio::test]
async fn a_dropped_call_to_next_loses_nothing() {
    let disk = MemoryDisk::new();
    disk.set_cold();
    let store = open(&disk, SMALL).unwrap();
    let expected = body(5, 3 * MIB);
    let blob = write_file(&store, b"", &expected, MIB).await.unwrap();
    let mut reader = store.reader(&blob, 0..u64::MAX);
    let mut read = Vec::new();
    loop {
        // Polled once, then dropped: the read goes on in the background and is asked for again.
        let abandoned = tokio::time::timeout(std::time::Duration::ZERO, reader.next()).await;
        let chunk = match abandoned {
            Ok(chunk) => chunk,
            Err(_) => reader.next().await,
        };
        let Some(chunk) = chunk else { break };
        read.extend_from_slice(&chunk.unwrap());
    }
    assert!(read == expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn ranges(
        length in prop_oneof![0..300_000_usize, 2 * MIB - 70_000..2 * MIB + 70_000],
        start in 0..2_400_000_u64,
        span in prop_oneof![0..200_u64, 0..2_400_000_u64],
        piece_bytes in 1000..200_000_usize,
        is_cold in any::<bool>(),
    ) {
        let disk = MemoryDisk::new();
        if is_cold {
            disk.set_cold();
        }
        runtime().block_on(async {
            let store = open(&disk, Options::default()).unwrap();
            let expected = body(length as u64, length);
            let mut blobs = vec![write_file(&store, b"h", &expected, piece_bytes).await.unwrap()];
            if length < MIB {
                blobs.push(append(&store, b"h", &expected).await.unwrap());
            }
            let from = usize::try_from(start).unwrap().min(length);
            let to = usize::try_from(start + span).unwrap().min(length);
            for blob in blobs {
                let read = read_range(&store, &blob, start..start + span).await.unwrap();
                assert!(read == expected[from..to], "{blob} {start}..{}", start + span);
            }
        });
    }
}
