//! Reading, block by block, nothing unchecked.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use model::BlobRef;
use model::limits::SEGMENT_BODY_BYTES_MAX;

use crate::buffers::{Buffer, Buffers, Chunk};
use crate::checksum::{blocks_match, table_checksum};
use crate::disk::{DiskFile, read_full_at};
use crate::error::BlobError;
use crate::files::in_background;
use crate::format::{
    self, BLOCK_BYTES, CHECKSUM_BYTES, Decoded, Header, Kind, PREFIX_BYTES, in_memory,
};
use crate::record::{Whole, body_of, expected_bytes};
use crate::segments::Segments;

/// Blocks in one chunk of a large body: 1 MiB.
const CHUNK_BLOCKS: u64 = 16;
const BLOCK: u64 = BLOCK_BYTES as u64;
const CHUNK_BYTES: u64 = CHUNK_BLOCKS * BLOCK;

/// Yields the bytes of one blob, or of a range of it, in order.
#[derive(Debug)]
pub struct BlobReader {
    blob: BlobRef,
    buffers: Buffers,
    /// What is still to be yielded, in bytes of the body.
    range: Range<u64>,
    source: Source,
    ended: bool,
}

#[derive(Debug)]
enum Source {
    Segment { segments: Arc<Segments>, segment: u32, offset_bytes: u64 },
    File { file: Result<Arc<dyn DiskFile>, BlobError>, layout: Option<Layout> },
}

/// What a large file's header and table say.
#[derive(Debug)]
struct Layout {
    body_offset_bytes: u64,
    /// The part of the table for the blocks of the range.
    table: Vec<u8>,
    /// The block that the table's first checksum is for.
    first_block: u64,
}

impl BlobReader {
    /// A reader of a record in a segment.
    pub(crate) fn in_segment(
        buffers: &Buffers,
        segments: Arc<Segments>,
        (segment, offset_bytes): (u32, u64),
        blob: BlobRef,
        range: Range<u64>,
    ) -> Self {
        Self::new(buffers, blob, range, Source::Segment { segments, segment, offset_bytes })
    }

    /// A reader of a file, which may be unlinked from now on.
    pub(crate) fn in_file(
        buffers: &Buffers,
        file: io::Result<Arc<dyn DiskFile>>,
        blob: BlobRef,
        range: Range<u64>,
    ) -> Self {
        let file = file.map_err(|error| BlobError::open("open a file", blob.place, error));
        Self::new(buffers, blob, range, Source::File { file, layout: None })
    }

    fn new(buffers: &Buffers, blob: BlobRef, range: Range<u64>, source: Source) -> Self {
        let end = range.end.min(blob.length_bytes);
        let range = range.start.min(end)..end;
        Self { blob, buffers: buffers.clone(), range, source, ended: false }
    }

    /// The next bytes, each of which was checked: all of a small body at once, up to 1 MiB of a
    /// large one. `None` after the last, and after an error.
    ///
    /// The future may be dropped; the next call starts where the last answer ended.
    pub async fn next(&mut self) -> Option<Result<Bytes, BlobError>> {
        self.next_chunk().await.map(|chunk| chunk.map(Chunk::into_bytes))
    }

    /// The same as [`next`](Self::next), for those who change the bytes before they share them.
    pub async fn next_chunk(&mut self) -> Option<Result<Chunk, BlobError>> {
        if self.ended {
            return None;
        }
        let step = self.step().await;
        self.ended = self.range.is_empty() || step.is_err();
        match step {
            Ok(chunk) if chunk.as_ref().is_empty() => None,
            other => Some(other),
        }
    }

    async fn step(&mut self) -> Result<Chunk, BlobError> {
        match &mut self.source {
            Source::Segment { segments, segment, offset_bytes } => {
                let file = segments
                    .handle(*segment)
                    .map_err(|error| BlobError::open("open a segment", self.blob.place, error))?;
                let body = read_record(&self.buffers, &file, *offset_bytes, &self.blob).await?;
                let range = in_memory(self.range.start)..in_memory(self.range.end);
                self.range.start = self.range.end;
                // The body has the length of the reference, and the range ends within it.
                Ok(body.narrow(range))
            }
            Source::File { file, layout } => {
                let file = file.clone()?;
                let layout = match layout {
                    Some(layout) => layout,
                    None => layout
                        .insert(read_layout(&self.buffers, &file, &self.blob, &self.range).await?),
                };
                let chunk =
                    layout.read_chunk(&self.buffers, &file, &self.blob, &self.range).await?;
                let length = chunk.as_ref().len() as u64;
                self.range.start = self.range.start.saturating_add(length);
                Ok(chunk)
            }
        }
    }
}

impl Layout {
    /// The first bytes of the range: whole blocks are read and checked, then sliced.
    async fn read_chunk(
        &self,
        buffers: &Buffers,
        file: &Arc<dyn DiskFile>,
        blob: &BlobRef,
        range: &Range<u64>,
    ) -> Result<Chunk, BlobError> {
        if range.is_empty() {
            return Ok(Chunk::new(buffers.get(0), 0..0));
        }
        let damaged = |reason| BlobError::Corrupt { place: blob.place, reason };
        let start = range.start - range.start % BLOCK;
        let chunk_end = range.start - range.start % CHUNK_BYTES + CHUNK_BYTES;
        let wanted_end = range.end.min(chunk_end);
        let end = wanted_end.next_multiple_of(BLOCK).min(blob.length_bytes);
        let length = in_memory(end - start);
        let buffer = read_some(buffers, file, self.body_offset_bytes + start, length)
            .await?
            .map_err(|error| BlobError::io("read a file", error))?;
        if buffer.as_ref().len() < length {
            return Err(damaged("the file is too short"));
        }
        let first = in_memory(start / BLOCK - self.first_block) * CHECKSUM_BYTES;
        let last = first + length.div_ceil(BLOCK_BYTES) * CHECKSUM_BYTES;
        let table = self.table.get(first..last).unwrap_or_default();
        if !blocks_match(buffer.as_ref(), table) {
            return Err(damaged("the checksum of a block differs"));
        }
        Ok(Chunk::new(buffer, in_memory(range.start - start)..in_memory(wanted_end - start)))
    }
}

/// Reads a whole record of a segment.
async fn read_record(
    buffers: &Buffers,
    file: &Arc<dyn DiskFile>,
    offset_bytes: u64,
    blob: &BlobRef,
) -> Result<Chunk, BlobError> {
    let damaged = |reason| BlobError::Corrupt { place: blob.place, reason };
    if blob.length_bytes >= SEGMENT_BODY_BYTES_MAX as u64 {
        return Err(damaged("no blob in a segment is that long"));
    }
    let mut length = expected_bytes(blob);
    loop {
        let buffer = read_some(buffers, file, offset_bytes, length)
            .await?
            .map_err(|error| BlobError::io("read a segment", error))?;
        let filled = buffer.as_ref().len();
        match body_of(buffer, blob) {
            Whole::Body(body) => return Ok(body),
            Whole::Released => return Err(BlobError::NotFound { place: blob.place }),
            Whole::Short { needed_bytes } if filled == length && needed_bytes > length => {
                length = needed_bytes;
            }
            Whole::Short { .. } => return Err(damaged("the segment is too short")),
            Whole::Damaged { reason } => {
                // A release marks the record before it punches the hole, so that whoever was
                // reading meanwhile can tell it from damage.
                return Err(if is_released(buffers, file, offset_bytes, blob).await? {
                    BlobError::NotFound { place: blob.place }
                } else {
                    damaged(reason)
                });
            }
        }
    }
}

async fn is_released(
    buffers: &Buffers,
    file: &Arc<dyn DiskFile>,
    offset_bytes: u64,
    blob: &BlobRef,
) -> Result<bool, BlobError> {
    Ok(match read_header(buffers, file, offset_bytes, blob).await? {
        Ok((header, _)) => header.kind == Kind::Released,
        Err(_) => false,
    })
}

/// Reads the header and the table of a large file.
async fn read_layout(
    buffers: &Buffers,
    file: &Arc<dyn DiskFile>,
    blob: &BlobRef,
    range: &Range<u64>,
) -> Result<Layout, BlobError> {
    let damaged = |reason| BlobError::Corrupt { place: blob.place, reason };
    let (header, checksum) = read_header(buffers, file, 0, blob).await?.map_err(damaged)?;
    if header.kind != Kind::Live {
        return Err(damaged("the header is not a blob's"));
    }
    // At most 320 KiB, for 5 GiB: `belongs_to` has compared the length with a checked one.
    let table_bytes = in_memory(format::table_bytes(header.body_bytes));
    let table = read_some(buffers, file, header.table_offset_bytes(), table_bytes + CHECKSUM_BYTES)
        .await?
        .map_err(|error| BlobError::io("read a file", error))?;
    let mut table = table.as_ref().to_vec();
    let sum = table.split_off(table_bytes.min(table.len()));
    if sum != table_checksum(checksum, &table).to_le_bytes() {
        return Err(damaged("the checksum of the table differs"));
    }
    let first_block = range.start / BLOCK;
    let end_block = range.end.div_ceil(BLOCK);
    table.truncate(in_memory(end_block) * CHECKSUM_BYTES);
    table.drain(..(in_memory(first_block) * CHECKSUM_BYTES).min(table.len()));
    Ok(Layout { body_offset_bytes: header.body_offset_bytes(), table, first_block })
}

/// Reads the header of a blob with its checksum; the inner error says how it is damaged.
async fn read_header(
    buffers: &Buffers,
    file: &Arc<dyn DiskFile>,
    offset_bytes: u64,
    blob: &BlobRef,
) -> Result<Result<(Header, u32), &'static str>, BlobError> {
    let mut length = PREFIX_BYTES;
    loop {
        let buffer = read_some(buffers, file, offset_bytes, length)
            .await?
            .map_err(|error| BlobError::io("read a header", error))?;
        return Ok(match format::decode(buffer.as_ref()) {
            Decoded::Header { header, checksum, .. } if header.belongs_to(blob) => {
                Ok((header, checksum))
            }
            Decoded::Header { header, .. } if header.kind == Kind::Unfinished => {
                Err("it was never finished")
            }
            Decoded::Header { .. } => Err("the header is another blob's"),
            Decoded::Empty => Err("the header is missing"),
            Decoded::Short { needed_bytes } if needed_bytes > length => {
                length = needed_bytes;
                continue;
            }
            Decoded::Short { .. } => Err("the header is cut off"),
            Decoded::Damaged { reason } => Err(reason),
        });
    }
}

/// Reads up to `length` bytes; fewer only where the file ends.
///
/// What lies in memory is copied here and now: a hop to another thread costs more than that copy.
/// Only the rest waits for the disk elsewhere.
async fn read_some(
    buffers: &Buffers,
    file: &Arc<dyn DiskFile>,
    offset_bytes: u64,
    length: usize,
) -> Result<io::Result<Buffer>, BlobError> {
    let mut buffer = buffers.get(length);
    // An error here is met again below, where it is reported.
    let cached = file.read_cached_at(buffer.as_mut(), offset_bytes).unwrap_or(0).min(length);
    if cached == length {
        return Ok(Ok(buffer));
    }
    let file = Arc::clone(file);
    in_background(move || {
        let rest = buffer.as_mut().get_mut(cached..).unwrap_or_default();
        let offset_bytes = offset_bytes.saturating_add(cached as u64);
        let filled = cached + read_full_at(file.as_ref(), rest, offset_bytes)?;
        buffer.truncate(filled);
        Ok(buffer)
    })
    .await
}
