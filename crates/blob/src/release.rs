//! Giving space back.
//!
//! A release is not flushed. If a crash undoes it, the blob is an orphan again and the sweep
//! releases it a second time; nothing is lost but time.

use std::io::IoSlice;
use std::ops::Range;

use model::{BlobPlace, BlobRef};

use crate::error::BlobError;
use crate::files::Files;
use crate::format::{Header, Kind, MAGIC_RELEASED};
use crate::scan::{Found, read_header};
use crate::segments::Segments;
use crate::usage::survey;

/// Holes start and end at multiples of this; file systems give back whole blocks.
const HOLE_ALIGNMENT_BYTES: u64 = 4096;

/// Releases blobs one after the other. A failure does not keep the others from being released;
/// the first one is returned.
pub(crate) fn release_all(
    segments: &Segments,
    files: &Files,
    blobs: &[BlobRef],
) -> Result<(), BlobError> {
    let mut outcome = Ok(());
    for blob in blobs {
        let released = match blob.place {
            BlobPlace::File { id } => files.remove(id),
            BlobPlace::Segment { segment, offset_bytes } => {
                release_record(segments, segment, offset_bytes, blob)
            }
        };
        outcome = outcome.and(released);
    }
    outcome
}

/// Marks a record as released and punches out what lies between its header and its end.
fn release_record(
    segments: &Segments,
    segment: u32,
    offset_bytes: u64,
    blob: &BlobRef,
) -> Result<(), BlobError> {
    let failed = |error| BlobError::io("release a record", error);
    let damaged = |reason| BlobError::Corrupt { place: blob.place, reason };
    let file = match segments.handle(segment) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let header = match read_header(file.as_ref(), offset_bytes).map_err(failed)? {
        Found::Header(header, _) if header.belongs_to(blob) => header,
        Found::Nothing => return Ok(()),
        // Never touch what is not known to be this blob: its neighbours are somebody's.
        Found::Header(..) => return Err(damaged("the header is another blob's")),
        Found::Damaged(reason) => return Err(damaged(reason)),
    };
    match header.kind {
        // The magic number is 8 bytes at a multiple of 8: it changes wholly or not at all.
        Kind::Live => {
            let mark = &mut [IoSlice::new(&MAGIC_RELEASED)];
            file.write_all_at(mark, offset_bytes).map_err(failed)?;
            segments.released().add(segment, &header);
        }
        // A crash may have come before the hole.
        Kind::Released => {}
        _ => return Err(damaged("this is no record")),
    }
    let hole = hole(&header);
    if !hole.is_empty() {
        file.punch_hole(hole).map_err(failed)?;
    }
    Ok(())
}

/// The whole pages of a record in a segment behind its header, as offsets in the segment; empty if
/// there are none.
pub(crate) fn hole(header: &Header) -> Range<u64> {
    let BlobPlace::Segment { offset_bytes, .. } = header.place else { return 0..0 };
    let start = offset_bytes
        .saturating_add(header.body_offset_bytes())
        .next_multiple_of(HOLE_ALIGNMENT_BYTES);
    let end = offset_bytes.saturating_add(header.record_bytes());
    start..(end - end % HOLE_ALIGNMENT_BYTES).max(start)
}

/// Removes a segment's file if every record in it is released, as far as that can be proved.
pub(crate) fn remove_released_segment(
    segments: &Segments,
    segment: u32,
) -> Result<bool, BlobError> {
    let file = match segments.handle(segment) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(BlobError::io("open a segment", error)),
    };
    let usage = survey(segment, &file)?;
    if usage.live_records == 0 && usage.is_whole { segments.remove(segment) } else { Ok(false) }
}
