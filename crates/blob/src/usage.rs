//! What a segment still holds, and what it could give back.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::disk::{DiskFile, read_full_at};
use crate::error::BlobError;
use crate::format::{Header, Kind};
use crate::release::hole;
use crate::scan::Records;

/// Bytes that are compared with zero at once.
const ZEROS_READ_BYTES: usize = 64 * 1024;

/// What a walk through a segment found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentUsage {
    /// Records that were not released.
    pub live_records: u64,
    /// Their length with everything around the bodies, in bytes.
    pub live_bytes: u64,
    /// What released records take although nobody can read them: small ones wholly, of large ones
    /// what lies in the same 4 KiB page as a neighbour. In bytes.
    pub dead_bytes: u64,
    /// Did the walk provably pass all records? Then the segment may go once none is live.
    pub is_whole: bool,
}

/// Walks through a segment from header to header.
pub(crate) fn survey(segment: u32, file: &Arc<dyn DiskFile>) -> Result<SegmentUsage, BlobError> {
    let mut usage = SegmentUsage::default();
    let mut walk = Records::new(segment, Arc::clone(file));
    for (records, found) in (0_u64..).zip(walk.by_ref()) {
        let (header, _) = found?;
        match header.kind {
            Kind::Live => {
                usage.live_records += 1;
                usage.live_bytes = usage.live_bytes.saturating_add(header.record_bytes());
            }
            // The count proves that the walk missed none, zeroed by damage or otherwise.
            Kind::Sealed => {
                usage.is_whole = header.body_bytes == records;
                return Ok(usage);
            }
            _ => usage.dead_bytes = usage.dead_bytes.saturating_add(dead_bytes(&header)),
        }
    }
    // A run that was killed did not come to seal it. Where nothing but zeros follows, no record is
    // hidden behind a damaged header.
    usage.is_whole = ends_in_zeros(file.as_ref(), walk.position_bytes())
        .map_err(|error| BlobError::io("read a segment", error))?;
    Ok(usage)
}

/// What a record takes after its release.
fn dead_bytes(header: &Header) -> u64 {
    let hole = hole(header);
    header.record_bytes().saturating_sub(hole.end.saturating_sub(hole.start))
}

fn ends_in_zeros(file: &dyn DiskFile, start_bytes: u64) -> std::io::Result<bool> {
    let mut buffer = vec![0; ZEROS_READ_BYTES];
    let mut offset_bytes = start_bytes;
    loop {
        let filled = read_full_at(file, &mut buffer, offset_bytes)?;
        if buffer.iter().take(filled).any(|byte| *byte != 0) {
            return Ok(false);
        }
        if filled < buffer.len() {
            return Ok(true);
        }
        offset_bytes = offset_bytes.saturating_add(filled as u64);
    }
}

/// What releases did to a segment, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// The released records with everything around the bodies.
    pub record_bytes: u64,
    /// What of that is not given back before the segment goes, as in [`SegmentUsage::dead_bytes`].
    pub dead_bytes: u64,
}

impl Released {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            record_bytes: self.record_bytes.saturating_add(other.record_bytes),
            dead_bytes: self.dead_bytes.saturating_add(other.dead_bytes),
        }
    }
}

/// What was released in each segment since this was last asked.
#[derive(Debug, Default)]
pub(crate) struct ReleasedBytes(Mutex<BTreeMap<u32, Released>>);

impl ReleasedBytes {
    /// Counts a released record.
    pub(crate) fn add(&self, segment: u32, header: &Header) {
        let released =
            Released { record_bytes: header.record_bytes(), dead_bytes: dead_bytes(header) };
        let mut counts = self.0.lock();
        let count = counts.entry(segment).or_default();
        *count = count.and(released);
    }

    /// The counts, which begin anew.
    pub(crate) fn take(&self) -> BTreeMap<u32, Released> {
        std::mem::take(&mut *self.0.lock())
    }
}
