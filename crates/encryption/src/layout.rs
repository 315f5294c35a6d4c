//! Where the chunks of a sealed body lie.

use std::ops::Range;

/// How often a body is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layers {
    /// Once.
    One,
    /// What was sealed is sealed again, with another key and by another implementation.
    Two,
}

impl Layers {
    /// Bytes that sealing adds to a chunk: a tag for each layer.
    pub const fn tag_bytes(self) -> usize {
        match self {
            Self::One => TAG_BYTES,
            Self::Two => 2 * TAG_BYTES,
        }
    }

    /// Bytes of a chunk before it is sealed. With its tags it has 64 KiB, as the blocks in which bodies
    /// are checked and read: a chunk lies in one block.
    pub const fn chunk_bytes(self) -> usize {
        SEALED_CHUNK_BYTES - self.tag_bytes()
    }

    /// The length of a body once it is sealed. An empty body stays empty.
    pub const fn sealed_length(self, length_bytes: u64) -> u64 {
        let chunks = length_bytes.div_ceil(self.chunk_bytes() as u64);
        length_bytes.saturating_add(chunks.saturating_mul(self.tag_bytes() as u64))
    }
}

/// Bytes of a tag.
pub(crate) const TAG_BYTES: usize = 16;

pub(crate) const SEALED_CHUNK_BYTES: usize = 64 * 1024;

const SEALED_CHUNK: u64 = SEALED_CHUNK_BYTES as u64;

/// Which chunks a range of a body touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    /// The chunks.
    pub(crate) chunks: Range<u64>,
    /// The last chunk of the body.
    pub(crate) last: u64,
    /// Bytes of the first chunk that lie before the range.
    pub(crate) skipped_bytes: usize,
    /// Where the chunks lie in the sealed body.
    pub(crate) sealed: Range<u64>,
    /// Bytes in the range.
    pub(crate) length_bytes: u64,
}

impl Touched {
    /// The range must lie in the body, else what is outside is left out.
    pub(crate) fn of(length_bytes: u64, range: &Range<u64>, layers: Layers) -> Self {
        let chunk = layers.chunk_bytes() as u64;
        let end = range.end.min(length_bytes);
        let start = range.start.min(end);
        let chunks = if start == end { 0..0 } else { start / chunk..end.div_ceil(chunk) };
        let sealed_end = (chunks.end * SEALED_CHUNK).min(layers.sealed_length(length_bytes));
        Self {
            sealed: (chunks.start * SEALED_CHUNK).min(sealed_end)..sealed_end,
            chunks,
            last: length_bytes.div_ceil(chunk).saturating_sub(1),
            // Less than a chunk.
            skipped_bytes: usize::try_from(start % chunk).unwrap_or_default(),
            length_bytes: end - start,
        }
    }
}
