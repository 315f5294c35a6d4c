//! Looking at everything that is stored, for the orphan sweep and the check of a whole store.
//!
//! These iterators wait for the disk on the calling thread and take the memory of one header.

use std::ffi::OsStr;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use model::{BlobPlace, BlobRef, Timestamp};

use crate::disk::{DiskFile, Names, read_full_at};
use crate::error::BlobError;
use crate::files::Files;
use crate::format::{self, Decoded, HEADER_BYTES, Header, Kind, PREFIX_BYTES};

/// Bytes that a walk through a segment reads at once.
const WINDOW_BYTES: usize = 16 * 1024;

/// One segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSummary {
    /// Its number.
    pub segment: u32,
    /// Is it being appended to? Then it holds records whose metadata is still to come.
    pub is_active: bool,
    /// When it was last written.
    pub modified: Timestamp,
}

/// A file of a large blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name, and its length as far as that is known. Enough to release it.
    pub blob: BlobRef,
    /// How far it got.
    pub state: FileState,
    /// When it was last written. One that is being written now looks unfinished.
    pub modified: Timestamp,
    /// What its writer noted about the owner; empty if damaged.
    pub hint: Vec<u8>,
}

/// How far a file got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Its header is whole. Whether its body is, a reader tells.
    Finished,
    /// It is being written, or its writer did not come to the end.
    Unfinished,
    /// Its header is unreadable.
    Damaged,
}

/// The live records of one segment in order. Made by
/// [`BlobStore::scan_segment`](crate::BlobStore::scan_segment).
#[derive(Debug)]
pub struct SegmentScan(Records);

impl SegmentScan {
    pub(crate) fn new(segment: u32, file: Arc<dyn DiskFile>) -> Self {
        Self(Records::new(segment, file))
    }
}

/// A blob with its hint. An error is the last item: behind a damaged header nothing can be found.
impl Iterator for SegmentScan {
    type Item = Result<(BlobRef, Vec<u8>), BlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.next()? {
                Ok((header, hint)) if header.kind == Kind::Live => {
                    return Some(Ok((header.blob(), hint)));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// All records of a segment, and its end if it was sealed.
#[derive(Debug)]
pub(crate) struct Records {
    segment: u32,
    file: Arc<dyn DiskFile>,
    position_bytes: u64,
    window: Window,
    ended: bool,
}

impl Records {
    pub(crate) fn new(segment: u32, file: Arc<dyn DiskFile>) -> Self {
        let position_bytes = HEADER_BYTES as u64;
        Self { segment, file, position_bytes, window: Window::default(), ended: false }
    }

    /// Behind the last record so far, in bytes from the start of the segment.
    pub(crate) fn position_bytes(&self) -> u64 {
        self.position_bytes
    }

    /// The next record, `None` where nothing was written.
    fn step(&mut self) -> Result<Option<(Header, Vec<u8>)>, BlobError> {
        let place = BlobPlace::Segment { segment: self.segment, offset_bytes: self.position_bytes };
        let damaged = |reason| BlobError::Corrupt { place, reason };
        let found = self
            .window
            .read_header(self.file.as_ref(), self.position_bytes)
            .map_err(|error| BlobError::io("read a segment", error))?;
        let (header, hint) = match found {
            Found::Header(header, hint) => (header, hint),
            Found::Nothing => return Ok(None),
            Found::Damaged(reason) => return Err(damaged(reason)),
        };
        if header.place != place {
            return Err(damaged("the header is another blob's"));
        }
        self.position_bytes = self.position_bytes.saturating_add(header.record_bytes());
        match header.kind {
            Kind::Live | Kind::Released => Ok(Some((header, hint))),
            Kind::Sealed => {
                self.ended = true;
                Ok(Some((header, hint)))
            }
            Kind::SegmentStart | Kind::Unfinished => Err(damaged("this is no record")),
        }
    }
}

impl Iterator for Records {
    type Item = Result<(Header, Vec<u8>), BlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step().transpose();
        self.ended |= !matches!(step, Some(Ok(_)));
        step
    }
}

/// What lies at an offset.
pub(crate) enum Found {
    /// A header with its hint.
    Header(Header, Vec<u8>),
    /// Zeros, or the end of the file.
    Nothing,
    /// Anything else.
    Damaged(&'static str),
}

/// Reads the header at an offset, on the calling thread.
pub(crate) fn read_header(file: &dyn DiskFile, offset_bytes: u64) -> io::Result<Found> {
    let mut length = PREFIX_BYTES;
    loop {
        let mut buffer = vec![0; length];
        let filled = read_full_at(file, &mut buffer, offset_bytes)?;
        buffer.truncate(filled);
        match found_in(&buffer, length) {
            Ok(found) => return Ok(found),
            Err(NeedsBytes(needed)) => length = needed,
        }
    }
}

/// More bytes must be read to tell, as many from the start of the header.
struct NeedsBytes(usize);

/// What lies at the start of bytes that were read, of `asked` that were asked for.
fn found_in(bytes: &[u8], asked: usize) -> Result<Found, NeedsBytes> {
    Ok(match format::decode(bytes) {
        Decoded::Header { header, hint, .. } => Found::Header(header, hint.to_vec()),
        Decoded::Empty => Found::Nothing,
        Decoded::Short { needed_bytes } if needed_bytes > asked => {
            return Err(NeedsBytes(needed_bytes));
        }
        Decoded::Short { .. } if bytes.iter().all(|byte| *byte == 0) => Found::Nothing,
        Decoded::Short { .. } => Found::Damaged("the header is cut off"),
        Decoded::Damaged { reason } => Found::Damaged(reason),
    })
}

/// The part of a segment that was read last, so that a walk over small records does not ask the
/// system for each.
#[derive(Debug, Default)]
struct Window {
    offset_bytes: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn read_header(&mut self, file: &dyn DiskFile, offset_bytes: u64) -> io::Result<Found> {
        let mut asked = self.from(offset_bytes).len();
        if asked < PREFIX_BYTES {
            asked = WINDOW_BYTES;
            self.load(file, offset_bytes, asked)?;
        }
        loop {
            match found_in(self.from(offset_bytes), asked) {
                Ok(found) => return Ok(found),
                Err(NeedsBytes(needed)) => {
                    asked = needed.max(WINDOW_BYTES);
                    self.load(file, offset_bytes, asked)?;
                }
            }
        }
    }

    fn from(&self, offset_bytes: u64) -> &[u8] {
        let skipped = offset_bytes.checked_sub(self.offset_bytes);
        let skipped = skipped.and_then(|bytes| usize::try_from(bytes).ok());
        skipped.and_then(|skipped| self.bytes.get(skipped..)).unwrap_or_default()
    }

    fn load(&mut self, file: &dyn DiskFile, offset_bytes: u64, length: usize) -> io::Result<()> {
        self.offset_bytes = offset_bytes;
        self.bytes.resize(length, 0);
        let filled = read_full_at(file, &mut self.bytes, offset_bytes)?;
        self.bytes.truncate(filled);
        Ok(())
    }
}

/// The hint of a blob whose header and length are as they should be, without reading its body.
pub(crate) fn inspect(file: &dyn DiskFile, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
    let damaged = |reason| BlobError::Corrupt { place: blob.place, reason };
    let failed = |error| BlobError::io("look at a blob", error);
    let offset_bytes = match blob.place {
        BlobPlace::Segment { offset_bytes, .. } => offset_bytes,
        BlobPlace::File { .. } => 0,
    };
    let (header, hint) = match read_header(file, offset_bytes).map_err(failed)? {
        Found::Header(header, hint) => (header, hint),
        Found::Nothing => return Err(damaged("the header is missing")),
        Found::Damaged(reason) => return Err(damaged(reason)),
    };
    match header.kind {
        _ if header.place != blob.place => return Err(damaged("the header is another blob's")),
        Kind::Live if header.belongs_to(blob) => {}
        Kind::Live => return Err(damaged("the header has another length")),
        Kind::Released => return Err(BlobError::NotFound { place: blob.place }),
        Kind::Unfinished => return Err(damaged("it was never finished")),
        Kind::SegmentStart | Kind::Sealed => return Err(damaged("this is no record")),
    }
    let last = offset_bytes.saturating_add(header.record_bytes().saturating_sub(1));
    match read_full_at(file, &mut [0], last).map_err(failed)? {
        0 => Err(damaged("the file is too short")),
        _ => Ok(hint),
    }
}

/// Whether a segment begins as it should. One that was made just before a crash may be empty.
pub(crate) fn check_start(segment: u32, file: &dyn DiskFile) -> Result<(), BlobError> {
    let place = BlobPlace::Segment { segment, offset_bytes: 0 };
    let damaged = |reason| Err(BlobError::Corrupt { place, reason });
    match read_header(file, 0).map_err(|error| BlobError::io("look at a segment", error))? {
        Found::Nothing => Ok(()),
        Found::Header(header, _) if header.place != place => {
            damaged("the start is another segment's")
        }
        Found::Header(header, _) if header.kind == Kind::SegmentStart => Ok(()),
        Found::Header(..) => damaged("this is not the start of a segment"),
        Found::Damaged(reason) => damaged(reason),
    }
}

/// All files, directory by directory.
pub(crate) struct FileScan {
    files: Files,
    directories: std::ops::RangeInclusive<u8>,
    names: Option<Names>,
}

impl FileScan {
    pub(crate) fn new(files: Files) -> Self {
        Self { files, directories: 0..=u8::MAX, names: None }
    }

    fn look_at(&self, id: u128) -> io::Result<StoredFile> {
        let file = self.files.open_file(id)?;
        let place = BlobPlace::File { id };
        let modified = timestamp(file.modified()?);
        let (state, length_bytes, hint) = match read_header(file.as_ref(), 0)? {
            Found::Header(header, hint) if header.place == place => match header.kind {
                Kind::Live => (FileState::Finished, header.body_bytes, hint),
                Kind::Unfinished => (FileState::Unfinished, 0, hint),
                _ => (FileState::Damaged, 0, Vec::new()),
            },
            // A crash may have kept the name and not the header.
            Found::Nothing => (FileState::Unfinished, 0, Vec::new()),
            Found::Header(..) | Found::Damaged(_) => (FileState::Damaged, 0, Vec::new()),
        };
        Ok(StoredFile { blob: BlobRef { place, length_bytes }, state, modified, hint })
    }
}

impl Iterator for FileScan {
    type Item = Result<StoredFile, BlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        let failed = |error| Some(Err(BlobError::io("list files", error)));
        loop {
            let Some(names) = &mut self.names else {
                let directory = self.files.subdirectory(self.directories.next()?);
                match self.files.disk().list(&directory) {
                    Ok(names) => self.names = Some(names),
                    Err(error) => return failed(error),
                }
                continue;
            };
            match names.next() {
                None => self.names = None,
                Some(Err(error)) => return failed(error),
                Some(Ok(name)) => {
                    let Some(id) = id_of(&name) else { continue };
                    match self.look_at(id) {
                        // Removed since its name was read.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => return Some(Err(BlobError::io("look at a file", error))),
                        Ok(stored) => return Some(Ok(stored)),
                    }
                }
            }
        }
    }
}

/// The id in a file's name.
fn id_of(name: &OsStr) -> Option<u128> {
    let name = name.to_str()?;
    let id = u128::from_str_radix(name.strip_suffix(".blob")?, 16).ok()?;
    (format!("{id:032x}.blob") == name).then_some(id)
}

/// A time of the file system, to the millisecond.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let unix_millis = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    };
    Timestamp { unix_millis }
}
