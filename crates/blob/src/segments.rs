//! The segment files: their names, numbers and open handles.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::BlobPlace;
use parking_lot::Mutex;

use crate::disk::{Disk, DiskFile};
use crate::error::BlobError;
use crate::format::{HEADER_BYTES, Header, Kind};
use crate::usage::ReleasedBytes;

/// Segments kept open for reading, least recently used closed first. 512 of them cover 128 GiB of
/// small bodies, and leave room below the usual limit of 1,024 open files.
const SEGMENT_HANDLES_OPEN_MAX: usize = 512;
/// Zeros are written from one buffer of this size, given many times.
const ZEROS_BYTES: usize = 64 * 1024;

static ZEROS: [u8; ZEROS_BYTES] = [0; ZEROS_BYTES];

/// The directory of segments.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    handles: Mutex<Handles>,
    numbers: Mutex<Numbers>,
    released: ReleasedBytes,
}

/// Open segments by number, each with the tick of its last use.
#[derive(Debug, Default)]
struct Handles {
    open: HashMap<u32, (Arc<dyn DiskFile>, u64)>,
    tick: u64,
}

#[derive(Debug)]
struct Numbers {
    /// Number of the next segment; `None` when all numbers are used up.
    next: Option<u32>,
    /// The highest segment whose directory entry is durable.
    highest: Option<u32>,
    /// The segment that is being appended to.
    active: Option<u32>,
    /// The first segment that this run may make; `None` when all numbers are used up.
    first_own: Option<u32>,
}

impl Segments {
    /// Looks at the names of the segments, and at nothing in them. The directory must exist.
    pub(crate) fn open(disk: Arc<dyn Disk>, directory: PathBuf) -> Result<Self, BlobError> {
        // A predecessor that was killed may have made entries without flushing them; what follows
        // relies on the highest number surviving.
        disk.sync_directory(&directory).map_err(|error| BlobError::io("flush segments", error))?;
        let numbers = Numbers { next: None, highest: None, active: None, first_own: None };
        let segments = Self {
            disk,
            directory,
            handles: Mutex::default(),
            numbers: Mutex::new(numbers),
            released: ReleasedBytes::default(),
        };
        let highest = segments.list()?.last().copied();
        let mut numbers = segments.numbers.lock();
        numbers.next = highest.map_or(Some(1), |number| number.checked_add(1));
        numbers.highest = highest;
        numbers.first_own = numbers.next;
        drop(numbers);
        Ok(segments)
    }

    /// The numbers of all segments, ascending.
    pub(crate) fn list(&self) -> Result<Vec<u32>, BlobError> {
        let failed = |error| BlobError::io("list segments", error);
        let mut numbers = Vec::new();
        for name in self.disk.list(&self.directory).map_err(failed)? {
            numbers.extend(number_of(&name.map_err(failed)?));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Was the segment written by an earlier run?
    pub(crate) fn is_of_earlier_run(&self, segment: u32) -> bool {
        self.numbers.lock().first_own.is_none_or(|first| segment < first)
    }

    /// The segment that is being appended to.
    pub(crate) fn active(&self) -> Option<u32> {
        self.numbers.lock().active
    }

    /// What releases left dead in each segment.
    pub(crate) fn released(&self) -> &ReleasedBytes {
        &self.released
    }

    /// Says that no segment is being appended to.
    pub(crate) fn deactivate(&self) {
        self.numbers.lock().active = None;
    }

    /// Makes the next segment, filled with zeros up to `fill_bytes`, and makes it durable.
    ///
    /// A number whose file could not be made is not tried again.
    pub(crate) fn create(&self, fill_bytes: u64) -> Result<(u32, Arc<dyn DiskFile>), BlobError> {
        let mut numbers = self.numbers.lock();
        let segment = numbers.next.ok_or(BlobError::Closed)?;
        numbers.next = segment.checked_add(1);
        drop(numbers);
        let path = self.path(segment);
        let file = self.create_file(segment, &path, fill_bytes).inspect_err(|_| {
            // If this fails too, an empty segment stays; nothing refers to it.
            let _ = self.disk.remove(&path);
        })?;
        let mut numbers = self.numbers.lock();
        numbers.highest = Some(segment);
        numbers.active = Some(segment);
        drop(numbers);
        Ok((segment, file))
    }

    fn create_file(
        &self,
        segment: u32,
        path: &Path,
        fill_bytes: u64,
    ) -> Result<Arc<dyn DiskFile>, BlobError> {
        let failed = |error| BlobError::io("make a segment", error);
        let file = self.disk.create(path).map_err(failed)?;
        let place = BlobPlace::Segment { segment, offset_bytes: 0 };
        let header = Header { kind: Kind::SegmentStart, place, hint_bytes: 0, body_bytes: 0 };
        let (bytes, _) = header.encode(&[]);
        file.write_all_at(&mut [IoSlice::new(&bytes)], 0).map_err(failed)?;
        fill_with_zeros(file.as_ref(), HEADER_BYTES as u64, fill_bytes).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        self.disk.sync_directory(&self.directory).map_err(failed)?;
        Ok(file)
    }

    /// A segment opened for reading and releasing.
    ///
    /// It has an open file description of its own, never the appender's: a flush reports a failed
    /// write-back once for each description, and nobody may take the appender's report away.
    ///
    /// Opening happens on the calling thread, at most once for each segment in the cache.
    pub(crate) fn handle(&self, segment: u32) -> std::io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = self.handles.lock().get(segment) {
            return Ok(file);
        }
        let file = self.disk.open(&self.path(segment))?;
        self.handles.lock().insert(segment, Arc::clone(&file));
        Ok(file)
    }

    /// Removes a segment's file, unless its number could then be given out again after a restart.
    /// The caller knows that it is sealed and that nothing in it is live.
    pub(crate) fn remove(&self, segment: u32) -> Result<bool, BlobError> {
        let numbers = self.numbers.lock();
        let below_highest = numbers.highest.is_some_and(|highest| segment < highest);
        let removable = below_highest && numbers.active != Some(segment);
        drop(numbers);
        if !removable {
            return Ok(false);
        }
        self.handles.lock().open.remove(&segment);
        match self.disk.remove(&self.path(segment)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(BlobError::io("remove a segment", error))
            }
            _ => Ok(true),
        }
    }

    /// Where a segment lies.
    pub(crate) fn path(&self, segment: u32) -> PathBuf {
        self.directory.join(format!("{segment:08}.seg"))
    }
}

impl Handles {
    fn get(&mut self, segment: u32) -> Option<Arc<dyn DiskFile>> {
        self.tick += 1;
        let (file, used) = self.open.get_mut(&segment)?;
        *used = self.tick;
        Some(Arc::clone(file))
    }

    fn insert(&mut self, segment: u32, file: Arc<dyn DiskFile>) {
        if self.open.len() >= SEGMENT_HANDLES_OPEN_MAX {
            let oldest = self.open.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(number, _)| *number) {
                self.open.remove(&oldest);
            }
        }
        self.tick += 1;
        self.open.insert(segment, (file, self.tick));
    }
}

/// The number in a segment's file name.
fn number_of(name: &OsStr) -> Option<u32> {
    let name = name.to_str()?;
    let number = name.strip_suffix(".seg")?.parse().ok()?;
    (format!("{number:08}.seg") == name).then_some(number)
}

/// Writes zeros from `start` up to `end`.
pub(crate) fn fill_with_zeros(file: &dyn DiskFile, start: u64, end: u64) -> std::io::Result<()> {
    let mut left = end.saturating_sub(start);
    let mut parts = Vec::new();
    while left > 0 {
        let part = ZEROS.get(..crate::format::in_memory(left)).unwrap_or(&ZEROS);
        left -= part.len() as u64;
        parts.push(IoSlice::new(part));
    }
    file.write_all_at(&mut parts, start)
}
