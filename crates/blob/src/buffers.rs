//! Buffers that are read into again and again.
//!
//! A fresh buffer must be filled with zeros before it is read into, and a large one comes from the
//! system page by page. Both cost more than the checksum of what is read. So buffers of two sizes
//! are kept when their last reader lets go of them, as far as a small budget goes.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

/// Below this, a fresh buffer is cheap.
const FRESH_BYTES_MAX: usize = 16 * 1024;
/// Sizes of kept buffers, and how many of each are kept: 16 MiB together. The larger one has room
/// for a chunk of a large body, and for any record of a segment.
const SIZES: [(usize, usize); 2] = [(256 * 1024, 32), (1088 * 1024, 7)];

/// The buffers that nobody uses; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffers(Arc<[Mutex<Vec<Vec<u8>>>; SIZES.len()]>);

/// A buffer of some length, with any contents at first.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    length: usize,
    home: Option<(Buffers, usize)>,
}

impl Buffers {
    /// A buffer of that length.
    pub(crate) fn get(&self, length: usize) -> Buffer {
        let class = SIZES.iter().position(|(size, _)| length <= *size);
        let class = class.filter(|_| length > FRESH_BYTES_MAX);
        let Some((class, (size, _))) = class.and_then(|at| Some((at, SIZES.get(at)?))) else {
            return Buffer { bytes: vec![0; length], length, home: None };
        };
        let kept = self.0.get(class).and_then(|idle| idle.lock().pop());
        let bytes = kept.unwrap_or_else(|| vec![0; *size]);
        Buffer { bytes, length, home: Some((self.clone(), class)) }
    }

    fn put_back(&self, class: usize, bytes: Vec<u8>) {
        let Some((idle, (_, kept_max))) = self.0.get(class).zip(SIZES.get(class)) else { return };
        let mut idle = idle.lock();
        if idle.len() < *kept_max {
            idle.push(bytes);
        }
    }
}

impl Buffer {
    /// Its bytes, to read into.
    pub(crate) fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
    }

    /// Leaves out what lies behind the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// The same bytes, to be shared; the memory is used again when the last share is gone.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some((buffers, class)) = self.home.take() {
            buffers.put_back(class, std::mem::take(&mut self.bytes));
        }
    }
}

/// Bytes that were read and checked, and that nobody else has yet.
#[derive(Debug)]
pub struct Chunk {
    buffer: Buffer,
    range: Range<usize>,
}

impl Chunk {
    /// Part of what was read.
    pub(crate) fn new(buffer: Buffer, range: Range<usize>) -> Self {
        let end = range.end.min(buffer.length);
        Self { buffer, range: range.start.min(end)..end }
    }

    /// Part of it; what lies outside is left out.
    #[must_use]
    pub fn narrow(self, range: Range<usize>) -> Self {
        let end = self.range.start.saturating_add(range.end).min(self.range.end);
        let start = self.range.start.saturating_add(range.start).min(end);
        Self { buffer: self.buffer, range: start..end }
    }

    /// The bytes, to be shared.
    pub fn into_bytes(self) -> Bytes {
        self.buffer.into_bytes().slice(self.range)
    }
}

/// To be changed where they are.
impl AsMut<[u8]> for Chunk {
    fn as_mut(&mut self) -> &mut [u8] {
        let range = self.range.clone();
        self.buffer.as_mut().get_mut(range).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        self.buffer.as_ref().get(self.range.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_bounded() {
        let buffers = Buffers::default();
        let address = |buffer: &Buffer| buffer.as_ref().as_ptr();
        let mut first = buffers.get(100_000);
        first.as_mut().fill(7);
        first.truncate(5);
        let place = address(&first);
        let bytes = first.into_bytes();
        let share = bytes.slice(1..3);
        drop(bytes);
        let other = buffers.get(100_000);
        assert!(address(&other) != place, "still shared");
        assert_eq!(share, [7, 7][..]);
        drop((share, other));
        let lengths = [16 * 1024 + 1, 256 * 1024, 256 * 1024 + 1, 1088 * 1024];
        assert!(lengths.map(|length| buffers.get(length).as_ref().len()) == lengths);
        let many: Vec<_> = (0..100).map(|_| (buffers.get(20_000), buffers.get(300_000))).collect();
        drop(many);
        let kept = buffers.0.each_ref().map(|idle| idle.lock().len());
        assert_eq!(kept, [32, 7]);
        for length in [0, 100, 2_000_000] {
            assert_eq!(buffers.get(length).as_ref().len(), length);
        }
        assert_eq!(buffers.0.each_ref().map(|idle| idle.lock().len()), kept);
    }

    #[test]
    fn a_chunk_is_part_of_what_was_read() {
        let read = || {
            let mut buffer = Buffers::default().get(10);
            buffer.as_mut().copy_from_slice(b"0123456789");
            buffer
        };
        let mut chunk = Chunk::new(read(), 2..7);
        assert_eq!(chunk.as_ref(), b"23456");
        chunk.as_mut().reverse();
        assert_eq!(chunk.narrow(1..3).into_bytes(), b"54"[..]);
        assert_eq!(Chunk::new(read(), 8..99).into_bytes(), b"89"[..]);
        assert_eq!(Chunk::new(read(), 2..5).narrow(1..9).as_ref(), b"34");
        assert_eq!(Chunk::new(read(), 2..5).narrow(7..9).as_ref(), b"");
    }
}
