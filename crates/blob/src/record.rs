//! Whole records of segments in memory.

use bytes::Bytes;
use model::limits::{BLOB_HINT_BYTES_MAX, SEGMENT_BODY_BYTES_MAX};
use model::{BlobPlace, BlobRef};

use crate::buffers::{Buffer, Chunk};
use crate::checksum::{BlockChecksums, blocks_match, table_checksum};
use crate::error::BlobError;
use crate::format::{self, CHECKSUM_BYTES, Decoded, Header, Kind, PREFIX_BYTES, in_memory};

/// A small body with everything about it that does not depend on its place.
pub(crate) struct Record {
    hint: Vec<u8>,
    body: Vec<Bytes>,
    body_bytes: u64,
    table: Vec<u8>,
}

/// What is written before and after a record's body.
pub(crate) struct Frame {
    /// Header, hint and padding.
    pub(crate) head: Vec<u8>,
    /// Table, its checksum and padding.
    pub(crate) tail: Vec<u8>,
}

impl Record {
    /// Checks the limits and computes the checksums of a body.
    pub(crate) fn new(hint: &[u8], body: Vec<Bytes>) -> Result<Self, BlobError> {
        check_hint(hint)?;
        let body_bytes: u64 = body.iter().map(|part| part.len() as u64).sum();
        if body_bytes >= SEGMENT_BODY_BYTES_MAX as u64 {
            let limit_bytes = SEGMENT_BODY_BYTES_MAX as u64 - 1;
            return Err(BlobError::TooLong { what: "a blob in a segment", limit_bytes });
        }
        let mut checksums = BlockChecksums::new();
        for part in &body {
            checksums.update(part);
        }
        Ok(Self { hint: hint.to_vec(), body, body_bytes, table: checksums.finish() })
    }

    /// The header that the record gets at a place.
    pub(crate) fn header(&self, place: BlobPlace) -> Header {
        Header { kind: Kind::Live, place, hint_bytes: self.hint.len(), body_bytes: self.body_bytes }
    }

    /// Length of the body.
    pub(crate) fn body_bytes(&self) -> u64 {
        self.body_bytes
    }

    /// The parts of the body, in order.
    pub(crate) fn body(&self) -> &[Bytes] {
        &self.body
    }

    /// What goes around the body at a place.
    pub(crate) fn frame(&self, header: &Header) -> Frame {
        let (mut head, checksum) = header.encode(&self.hint);
        head.extend_from_slice(&self.hint);
        head.resize(in_memory(header.body_offset_bytes()), 0);
        let mut tail = self.table.clone();
        tail.extend_from_slice(&table_checksum(checksum, &self.table).to_le_bytes());
        let padded = header.record_bytes().saturating_sub(header.table_offset_bytes());
        tail.resize(in_memory(padded), 0);
        Frame { head, tail }
    }
}

/// Refuses a hint that is too long.
pub(crate) fn check_hint(hint: &[u8]) -> Result<(), BlobError> {
    if hint.len() <= BLOB_HINT_BYTES_MAX {
        return Ok(());
    }
    Err(BlobError::TooLong { what: "the hint of a blob", limit_bytes: BLOB_HINT_BYTES_MAX as u64 })
}

/// How many bytes to read for a whole record, before its hint is known: enough for most.
pub(crate) fn expected_bytes(blob: &BlobRef) -> usize {
    let framed = blob.length_bytes.saturating_add(format::table_bytes(blob.length_bytes));
    PREFIX_BYTES + in_memory(framed) + CHECKSUM_BYTES
}

/// What some bytes of a segment hold of a record.
pub(crate) enum Whole {
    /// All of it; this is the body, every byte of which was checked.
    Body(Chunk),
    /// Too little of it.
    Short {
        /// As many bytes are needed, counted from the start of the header.
        needed_bytes: usize,
    },
    /// The record was released.
    Released,
    /// Something that is not that record.
    Damaged {
        /// What is wrong.
        reason: &'static str,
    },
}

/// Takes the body out of a record that was read into `buffer`.
pub(crate) fn body_of(buffer: Buffer, blob: &BlobRef) -> Whole {
    let bytes = buffer.as_ref();
    let (header, checksum) = match format::decode(bytes) {
        Decoded::Header { header, checksum, .. } if header.belongs_to(blob) => (header, checksum),
        Decoded::Header { .. } => return Whole::Damaged { reason: "the header is another blob's" },
        Decoded::Short { needed_bytes } => return Whole::Short { needed_bytes },
        Decoded::Empty => return Whole::Damaged { reason: "the header is missing" },
        Decoded::Damaged { reason } => return Whole::Damaged { reason },
    };
    match header.kind {
        Kind::Live => {}
        Kind::Released => return Whole::Released,
        _ => return Whole::Damaged { reason: "this is no record" },
    }
    let body = in_memory(header.body_offset_bytes())..in_memory(header.table_offset_bytes());
    let table = body.end..body.end + in_memory(format::table_bytes(header.body_bytes));
    let sum = table.end..table.end + CHECKSUM_BYTES;
    let (Some(body_part), Some(table_part), Some(sum_part)) =
        (bytes.get(body.clone()), bytes.get(table), bytes.get(sum.clone()))
    else {
        return Whole::Short { needed_bytes: sum.end };
    };
    if sum_part != table_checksum(checksum, table_part).to_le_bytes() {
        return Whole::Damaged { reason: "the checksum of the table differs" };
    }
    if !blocks_match(body_part, table_part) {
        return Whole::Damaged { reason: "the checksum of a block differs" };
    }
    Whole::Body(Chunk::new(buffer, body))
}
