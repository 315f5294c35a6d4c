//! CRC-32C of blocks.
//!
//! CRC-32C finds every error burst of up to 32 bits and misses others once in four thousand
//! million. It guards against the disk, not against people.

use crc_fast::{CrcAlgorithm, Digest};

use crate::format::{BLOCK_BYTES, CHECKSUM_BYTES};

/// The table of a body that is being written: one checksum for each block.
pub(crate) struct BlockChecksums {
    table: Vec<u8>,
    partial: Digest,
    partial_bytes: usize,
}

impl BlockChecksums {
    /// The table of an empty body.
    pub(crate) fn new() -> Self {
        Self { table: Vec::new(), partial: new_digest(), partial_bytes: 0 }
    }

    /// Continues with the next bytes of the body.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = BLOCK_BYTES - self.partial_bytes;
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            if now.len() == BLOCK_BYTES {
                self.push(crc32c(now));
            } else {
                self.partial.update(now);
                self.partial_bytes += now.len();
                if self.partial_bytes == BLOCK_BYTES {
                    self.finish_block();
                }
            }
            rest = later;
        }
    }

    /// The table's bytes, each checksum little-endian.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.partial_bytes > 0 {
            self.finish_block();
        }
        self.table
    }

    fn finish_block(&mut self) {
        // The algorithm has 32 bits; the rest of the word is zero.
        let checksum = low_32_bits(self.partial.finalize_reset());
        self.partial_bytes = 0;
        self.push(checksum);
    }

    fn push(&mut self, checksum: u32) {
        self.table.extend_from_slice(&checksum.to_le_bytes());
    }
}

/// Do the blocks of `bytes` have the checksums in `table`? The first block starts at the first
/// byte, and only the last one may be short.
pub(crate) fn blocks_match(bytes: &[u8], table: &[u8]) -> bool {
    let blocks = bytes.chunks(BLOCK_BYTES);
    let (checksums, remainder) = table.as_chunks::<CHECKSUM_BYTES>();
    remainder.is_empty()
        && blocks.len() == checksums.len()
        && blocks.zip(checksums).all(|(block, sum)| crc32c(block) == u32::from_le_bytes(*sum))
}

/// CRC-32C of one buffer.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

/// CRC-32C of two buffers as if they were one.
pub(crate) fn crc32c_of_two(first: &[u8], second: &[u8]) -> u32 {
    let mut digest = new_digest();
    digest.update(first);
    digest.update(second);
    low_32_bits(digest.finalize())
}

/// The checksum of a table. It continues the header's, so that the table of another record, and
/// zeros, never pass.
pub(crate) fn table_checksum(header_checksum: u32, table: &[u8]) -> u32 {
    crc32c_of_two(&header_checksum.to_le_bytes(), table)
}

fn new_digest() -> Digest {
    Digest::new(CrcAlgorithm::Crc32Iscsi)
}

fn low_32_bits(word: u64) -> u32 {
    u32::try_from(word & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}
