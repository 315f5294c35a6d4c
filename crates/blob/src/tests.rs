//! Tests of the whole store, on a disk in memory and on the real one.

mod bit_flips;
mod crash;
mod faults;
mod history;
mod real_disk;
mod release;
mod round_trip;
mod sources;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use model::BlobRef;

use crate::disk::MemoryDisk;
use crate::{BlobError, BlobStore, Options};

/// Small segments, so that tests fill several.
const SMALL: Options = Options { segment_size_bytes: 24 * 1024, segment_fill_bytes: 4 * 1024 };

/// Opens a store on a disk in memory.
fn open(disk: &MemoryDisk, options: Options) -> Result<BlobStore, BlobError> {
    BlobStore::open_on(Arc::new(disk.clone()), Path::new("/data"), options)
}

/// A body that differs from every other: no two blocks are alike.
fn body(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Reads a range of a blob.
async fn read_range(
    store: &BlobStore,
    blob: &BlobRef,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>, BlobError> {
    let mut reader = store.reader(blob, range);
    let mut read = Vec::new();
    while let Some(chunk) = reader.next().await {
        let chunk = chunk?;
        assert!(!chunk.is_empty() && chunk.len() <= 1024 * 1024);
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// Reads a whole blob.
async fn read(store: &BlobStore, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
    read_range(store, blob, 0..u64::MAX).await
}

/// Stores a body in a segment.
async fn append(store: &BlobStore, hint: &[u8], body: &[u8]) -> Result<BlobRef, BlobError> {
    store.append(hint, vec![Bytes::copy_from_slice(body)]).await
}

/// Stores a body in a file, piece by piece.
async fn write_file(
    store: &BlobStore,
    hint: &[u8],
    body: &[u8],
    piece_bytes: usize,
) -> Result<BlobRef, BlobError> {
    let mut writer = store.create(hint).await?;
    for piece in body.chunks(piece_bytes) {
        writer.write(Bytes::copy_from_slice(piece)).await?;
    }
    writer.finish().await
}

/// A runtime of one thread, which makes the order of events as regular as it gets.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
