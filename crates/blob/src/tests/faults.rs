//! The N-th call fails, for every N.

use super::history::{History, Script};
use super::*;
use crate::disk::{CrashReplay, Fault, Survivors};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const STEPS: usize = 12;
const SEEDS: [u64; 3] = [3, 4, 5];

#[test]
fn every_call_of_a_script() {
    for seed in SEEDS {
        for raw_os_error in [EIO, ENOSPC] {
            for is_persistent in [false, true] {
                let mut call = 1;
                while runtime().block_on(script_survives(seed, call, raw_os_error, is_persistent)) {
                    call += 1;
                }
                assert!(call > 20, "the script makes {call} calls");
            }
        }
    }
}

/// Runs the script with a failing call; `false` if it has not that many.
async fn script_survives(seed: u64, call: u64, raw_os_error: i32, is_persistent: bool) -> bool {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let call = disk.call_count() + call;
    disk.set_fault(Some(Fault { call, raw_os_error, is_persistent }));
    let mut history = History::default();
    // Faults while opening have a test of their own.
    history.run(&disk, store, Script { seed, steps: STEPS, reopens: false }).await;
    let was_reached = disk.call_count() >= call;
    disk.set_fault(None);
    // Whatever was acknowledged is there, in the running machine and after a power cut.
    let events = disk.event_count();
    let mut replay = CrashReplay::new(&disk);
    while replay.advance() {}
    for disk in [disk, replay.image(Survivors::Nothing), replay.image(Survivors::Random(call))] {
        let store = open(&disk, SMALL).unwrap();
        history.check(&store, events).await;
        let new = append(&store, b"new", b"after the fault").await.unwrap();
        history.check_new(&new, events);
        assert_eq!(read(&store, &new).await.unwrap(), b"after the fault");
    }
    was_reached
}

#[test]
fn every_call_of_opening() {
    for call in 1.. {
        let disk = MemoryDisk::new();
        disk.set_fault(Some(Fault { call, raw_os_error: EIO, is_persistent: false }));
        let outcome = open(&disk, SMALL);
        if disk.call_count() < call {
            assert!(outcome.is_ok() && call > 256);
            break;
        }
        assert!(matches!(outcome, Err(BlobError::Io { .. })), "{outcome:?}");
        open(&disk, SMALL).unwrap();
    }
}

#[tokio::test]
async fn a_failed_flush_fails_its_batch_and_leaves_the_segment() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let before = append(&store, b"", &body(1, 500)).await.unwrap();
    // The write is the next call, its flush the one after.
    let call = disk.call_count() + 2;
    disk.set_fault(Some(Fault { call, raw_os_error: EIO, is_persistent: false }));
    let failed = append(&store, b"", &body(2, 500)).await;
    assert!(
        matches!(failed, Err(BlobError::Io { operation: "flush a segment", .. })),
        "{failed:?}"
    );
    let after = append(&store, b"", &body(3, 500)).await.unwrap();
    assert!(after.to_string().starts_with("s:2:"), "the same file was flushed again: {after}");
    for (blob, seed) in [(before, 1), (after, 3)] {
        assert_eq!(read(&store, &blob).await.unwrap(), body(seed, 500));
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_passes() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let call = disk.call_count() + 1;
    disk.set_fault(Some(Fault { call, raw_os_error: ENOSPC, is_persistent: true }));
    for _ in 0..3 {
        let outcome = append(&store, b"", b"x").await;
        assert!(matches!(outcome, Err(BlobError::DiskFull { .. })), "{outcome:?}");
        let outcome = write_file(&store, b"", b"x", 1).await;
        assert!(matches!(outcome, Err(BlobError::DiskFull { .. })), "{outcome:?}");
    }
    assert!(disk.file_paths().is_empty(), "{:?}", disk.file_paths());
    disk.set_fault(None);
    append(&store, b"", b"x").await.unwrap();
    write_file(&store, b"", b"x", 1).await.unwrap();
}

#[tokio::test]
async fn a_failed_writer_keeps_failing_and_leaves_nothing() {
    let disk = MemoryDisk::new();
    let store = open(&disk, SMALL).unwrap();
    let mut writer = store.create(b"").await.unwrap();
    let call = disk.call_count() + 1;
    disk.set_fault(Some(Fault { call, raw_os_error: EIO, is_persistent: false }));
    let piece = Bytes::from(body(1, 600_000));
    writer.write(piece.clone()).await.unwrap();
    for _ in 0..3 {
        assert!(matches!(writer.write(piece.clone()).await, Err(BlobError::Io { .. })));
    }
    assert!(matches!(writer.finish().await, Err(BlobError::Io { .. })));
    while !disk.file_paths().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_failed_read_is_an_error() {
    let disk = MemoryDisk::new();
    disk.set_cold();
    let store = open(&disk, SMALL).unwrap();
    let small = append(&store, b"", &body(1, 5000)).await.unwrap();
    let large = write_file(&store, b"", &body(2, 5000), 900).await.unwrap();
    for (blob, seed) in [(small, 1), (large, 2)] {
        for further in 1.. {
            let call = disk.call_count() + further;
            disk.set_fault(Some(Fault { call, raw_os_error: EIO, is_persistent: true }));
            let outcome = read(&store, &blob).await;
            let was_reached = disk.call_count() >= call;
            disk.set_fault(None);
            match outcome {
                Ok(read) => assert!(!was_reached && read == body(seed, 5000)),
                Err(error) => assert!(matches!(error, BlobError::Io { .. }), "{error:?}"),
            }
            if !was_reached {
                assert!(further > 1);
                break;
            }
        }
    }
}
