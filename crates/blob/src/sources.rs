//! Where the bytes of a store lie, for copying them while another process writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::BlobPlace;

use crate::disk::{Disk, RealDisk};
use crate::error::BlobError;
use crate::files::Files;
use crate::scan::Records;
use crate::segments::Segments;

/// The files of a store, read-only; the store may be open in another process.
///
/// A segment grows at its end and is otherwise changed by releases only; a finished file is never
/// changed. Whoever copies sees to it that nothing is released meanwhile.
#[derive(Debug)]
pub struct SourceFiles {
    segments: Segments,
    files: Files,
}

/// How far a segment is worth copying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentEnd {
    /// Behind its last record, in bytes from the start. Everything that was acknowledged before
    /// lies within.
    At(u64),
    /// A header is damaged, or is being written at this moment; what lies behind is not known.
    Unknown,
}

impl SourceFiles {
    /// The files of the store in a directory.
    pub fn open(directory: &Path) -> Result<Self, BlobError> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        Ok(Self {
            segments: Segments::open(Arc::clone(&disk), directory.join("segments"))?,
            files: Files::open(disk, directory.join("files"))?,
        })
    }

    /// The numbers of all segments, ascending.
    pub fn segments(&self) -> Result<Vec<u32>, BlobError> {
        self.segments.list()
    }

    /// Where a segment ends. Waits for the disk on the calling thread.
    pub fn segment_end(&self, segment: u32) -> Result<SegmentEnd, BlobError> {
        let place = BlobPlace::Segment { segment, offset_bytes: 0 };
        let file = self.segments.handle(segment);
        let file = file.map_err(|error| BlobError::open("open a segment", place, error))?;
        let mut records = Records::new(segment, file);
        for record in records.by_ref() {
            match record {
                Ok(_) => {}
                Err(BlobError::Corrupt { .. }) => return Ok(SegmentEnd::Unknown),
                Err(error) => return Err(error),
            }
        }
        Ok(SegmentEnd::At(records.position_bytes()))
    }

    /// The file in which a blob lies.
    pub fn path_of(&self, place: BlobPlace) -> PathBuf {
        match place {
            BlobPlace::Segment { segment, .. } => self.segments.path(segment),
            BlobPlace::File { id } => self.files.path(id),
        }
    }
}
