//! The format of a file: a first line, then frames.
//!
//! A frame is its length (4 bytes, little-endian), the CRC-32C of what follows it, and the content,
//! whose first byte says what it is. A file only grows; what a crash left behind its last whole
//! frame is ignored, and nothing is ever appended to a file of an earlier process.

use crc_fast::{CrcAlgorithm, checksum};
use model::limits::DECISION_FRAME_BYTES_MAX;

/// The first line; the number changes when older programs could not read the file.
pub(super) const MAGIC: &[u8] = b"grantry decisions 1\n";
const HEAD_BYTES: usize = 8;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The dictionary of the file.
    Dictionary = 0,
    /// The digest of a snapshot and the snapshot.
    Snapshot = 1,
    /// A record.
    Record = 2,
}

/// Appends a frame. What is too large for one is left out, and that is told.
#[must_use]
pub(super) fn append(to: &mut Vec<u8>, kind: Kind, parts: [&[u8]; 2]) -> bool {
    let [first, second] = parts;
    let length = 1 + first.len() + second.len();
    let Ok(length_bytes) = u32::try_from(length) else { return false };
    if length > DECISION_FRAME_BYTES_MAX {
        return false;
    }
    let start = to.len();
    to.extend_from_slice(&length_bytes.to_le_bytes());
    to.extend_from_slice(&[0; 4]);
    to.push(kind as u8);
    to.extend_from_slice(first);
    to.extend_from_slice(second);
    let content = to.get(start + HEAD_BYTES..).unwrap_or_default();
    let sum = crc32c(content).to_le_bytes();
    for (to, from) in to.iter_mut().skip(start + 4).zip(sum) {
        *to = from;
    }
    true
}

/// The frames of a file up to the first that is not whole.
pub(super) struct Frames<'a>(&'a [u8]);

impl<'a> Frames<'a> {
    /// None if it is no file of ours, or one of a newer version.
    pub(super) fn new(file: &'a [u8]) -> Option<Self> {
        file.strip_prefix(MAGIC).map(Self)
    }

    fn read(&mut self) -> Option<(u8, &'a [u8])> {
        let (head, rest) = self.0.split_first_chunk::<HEAD_BYTES>()?;
        let (length, sum) = head.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let sum = u32::from_le_bytes(*sum.first_chunk::<4>()?);
        if length > DECISION_FRAME_BYTES_MAX {
            return None;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        let (kind, payload) = content.split_first()?;
        if crc32c(content) != sum {
            return None;
        }
        self.0 = rest;
        Some((*kind, payload))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.read();
        if frame.is_none() {
            self.0 = &[];
        }
        frame
    }
}

fn crc32c(bytes: &[u8]) -> u32 {
    // The algorithm has 32 bits; the rest of the word is zero.
    u32::try_from(checksum(CrcAlgorithm::Crc32Iscsi, bytes) & u64::from(u32::MAX)).unwrap_or(0)
}
