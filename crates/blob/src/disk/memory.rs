//! A disk in memory that remembers every change, for tests.
//!
//! It behaves like a page cache over a disk: reads see every write at once, a crash keeps only
//! what was flushed. [`CrashReplay`](super::CrashReplay) makes the disks that a crash may leave.
//! Calls are counted, and a chosen one can be made to fail.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

use super::{Disk, DiskFile, Names};

const ROOT: &str = "/";

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Directory,
    /// The file with that index.
    File(usize),
}

/// The directory of a path, and the name in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Location {
    pub(super) directory: String,
    pub(super) name: String,
}

impl Location {
    /// Where a path lies; paths are UTF-8 here.
    fn of(path: &Path) -> io::Result<Self> {
        let directory = path.parent().and_then(Path::to_str).ok_or(io::ErrorKind::NotFound)?;
        let name = path.file_name().and_then(OsStr::to_str).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { directory: directory.to_owned(), name: name.to_owned() })
    }

    /// The path itself.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.directory.trim_end_matches('/'), self.name)
    }
}

/// The names in one directory; shared, because hundreds of directories are copied for each
/// state after a crash and few of them change.
type Directory = Arc<BTreeMap<String, Entry>>;

/// The contents of a disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    /// By path; a parent sorts before its children.
    pub(super) directories: BTreeMap<String, Directory>,
    pub(super) files: Vec<Vec<u8>>,
}

impl Contents {
    fn entry(&self, location: &Location) -> Option<Entry> {
        self.directories.get(&location.directory)?.get(&location.name).copied()
    }

    /// Sets or removes a name. A directory that is lost takes what is in it along, later.
    pub(super) fn set(&mut self, location: &Location, entry: Option<Entry>) {
        if entry == Some(Entry::Directory) {
            self.directories.entry(location.path()).or_default();
        }
        let directory = self.directories.entry(location.directory.clone()).or_default();
        let names = Arc::make_mut(directory);
        match entry {
            Some(entry) => names.insert(location.name.clone(), entry),
            None => names.remove(&location.name),
        };
    }

    /// Removes the directories that no name leads to.
    pub(super) fn remove_unreachable(&mut self) {
        let all = std::mem::take(&mut self.directories);
        for (path, names) in all {
            let is_named = match Location::of(Path::new(&path)) {
                Ok(location) => self.entry(&location) == Some(Entry::Directory),
                Err(_) => path == ROOT,
            };
            if is_named {
                self.directories.insert(path, names);
            }
        }
    }
}

/// One change, or one flush.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Link {
        location: Location,
        entry: Entry,
    },
    Unlink {
        location: Location,
    },
    Write {
        file: usize,
        offset: usize,
        bytes: Vec<u8>,
    },
    SyncFile {
        file: usize,
    },
    /// A flush failed: what was waiting for it is never written.
    FailedSyncFile {
        file: usize,
    },
    SyncDirectory {
        directory: String,
    },
}

/// Which call fails, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The call that fails, counted from 1.
    pub call: u64,
    /// The error number that the system would give.
    pub raw_os_error: i32,
    /// Do all calls after it fail as well?
    pub is_persistent: bool,
}

/// A disk in memory; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What was there before the first event.
    base: Contents,
    now: Contents,
    events: Vec<Event>,
    calls: u64,
    fault: Option<Fault>,
    is_cold: bool,
}

impl MemoryDisk {
    /// An empty disk; its root directory is `/`.
    pub fn new() -> Self {
        let mut contents = Contents::default();
        contents.directories.insert(ROOT.to_owned(), Directory::default());
        Self::with_contents(contents)
    }

    pub(super) fn with_contents(contents: Contents) -> Self {
        let state = State { base: contents.clone(), now: contents, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn history(&self) -> (Contents, Vec<Event>) {
        let state = self.0.lock();
        (state.base.clone(), state.events.clone())
    }

    /// Changes and flushes so far.
    pub fn event_count(&self) -> usize {
        self.0.lock().events.len()
    }

    /// Calls so far, failed ones included.
    pub fn call_count(&self) -> u64 {
        self.0.lock().calls
    }

    /// Makes a call fail, or none.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.0.lock().fault = fault;
    }

    /// From now on nothing is in memory: [`DiskFile::read_cached_at`] reads nothing.
    pub fn set_cold(&self) {
        self.0.lock().is_cold = true;
    }

    /// All paths of files.
    pub fn file_paths(&self) -> Vec<PathBuf> {
        let state = self.0.lock();
        let mut paths = Vec::new();
        for (directory, names) in &state.now.directories {
            let files = names.iter().filter(|(_, entry)| matches!(entry, Entry::File(_)));
            paths.extend(files.map(|(name, _)| Path::new(directory).join(name)));
        }
        paths
    }

    /// The bytes of a file.
    pub fn file_bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.0.lock();
        let Entry::File(file) = state.now.entry(&Location::of(path).ok()?)? else { return None };
        state.now.files.get(file).cloned()
    }

    /// Flips one bit of a file; `false` if there is no such bit.
    pub fn flip_bit(&self, path: &Path, bit: usize) -> bool {
        let mut state = self.0.lock();
        let entry = Location::of(path).ok().and_then(|location| state.now.entry(&location));
        let Some(Entry::File(file)) = entry else { return false };
        match state.now.files.get_mut(file).and_then(|bytes| bytes.get_mut(bit / 8)) {
            Some(byte) => {
                *byte ^= 1 << (bit % 8);
                true
            }
            None => false,
        }
    }

    fn open_entry(&self, file: usize) -> Arc<dyn DiskFile> {
        Arc::new(MemoryFile { disk: self.clone(), file })
    }
}

impl State {
    /// Counts a call, and fails it if it is its turn.
    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match self.fault {
            Some(fault)
                if fault.call == self.calls || (fault.is_persistent && fault.call < self.calls) =>
            {
                Err(io::Error::from_raw_os_error(fault.raw_os_error))
            }
            _ => Ok(()),
        }
    }

    /// Gives a new name to something, in a directory that must exist.
    fn link(&mut self, location: Location, entry: Entry) -> io::Result<()> {
        if !self.now.directories.contains_key(&location.directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.now.set(&location, Some(entry));
        self.events.push(Event::Link { location, entry });
        Ok(())
    }

    fn write(&mut self, file: usize, offset_bytes: u64, bytes: Vec<u8>) -> io::Result<()> {
        let offset = usize::try_from(offset_bytes).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let contents = self.now.files.get_mut(file).ok_or(io::ErrorKind::NotFound)?;
        overwrite(contents, offset, &bytes);
        self.events.push(Event::Write { file, offset, bytes });
        Ok(())
    }
}

/// Puts bytes at an offset of a file, which grows if it must.
pub(super) fn overwrite(contents: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if contents.len() < end {
        contents.resize(end, 0);
    }
    if let Some(place) = contents.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}

impl Disk for MemoryDisk {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.call()?;
        let location = Location::of(path)?;
        match state.now.entry(&location) {
            Some(_) => Ok(()),
            None => state.link(location, Entry::Directory),
        }
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.call()?;
        let directory = path.to_str().ok_or(io::ErrorKind::NotFound)?.to_owned();
        state.events.push(Event::SyncDirectory { directory });
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Names> {
        let mut state = self.0.lock();
        state.call()?;
        let directory = path.to_str().and_then(|path| state.now.directories.get(path));
        let directory = directory.ok_or(io::ErrorKind::NotFound)?;
        let names: Vec<OsString> = directory.keys().map(OsString::from).collect();
        Ok(Box::new(names.into_iter().map(Ok)))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock();
        state.call()?;
        let location = Location::of(path)?;
        if state.now.entry(&location).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.now.files.len();
        state.now.files.push(Vec::new());
        state.link(location, Entry::File(file))?;
        drop(state);
        Ok(self.open_entry(file))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock();
        state.call()?;
        let entry = state.now.entry(&Location::of(path)?);
        drop(state);
        match entry {
            Some(Entry::File(file)) => Ok(self.open_entry(file)),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.call()?;
        let location = Location::of(path)?;
        state.now.entry(&location).ok_or(io::ErrorKind::NotFound)?;
        state.now.set(&location, None);
        state.events.push(Event::Unlink { location });
        Ok(())
    }
}

/// An open file of a [`MemoryDisk`].
#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    file: usize,
}

impl MemoryFile {
    fn copy_to(&self, state: &State, buffer: &mut [u8], offset_bytes: u64) -> usize {
        let contents = state.now.files.get(self.file).map(Vec::as_slice).unwrap_or_default();
        let offset = usize::try_from(offset_bytes).unwrap_or(usize::MAX);
        let rest = contents.get(offset..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        length
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize> {
        let mut state = self.disk.0.lock();
        state.call()?;
        Ok(self.copy_to(&state, buffer, offset_bytes))
    }

    fn read_cached_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize> {
        let state = self.disk.0.lock();
        if state.is_cold {
            return Ok(0);
        }
        Ok(self.copy_to(&state, buffer, offset_bytes))
    }

    fn write_all_at(&self, parts: &mut [IoSlice<'_>], offset_bytes: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let mut bytes = Vec::new();
        for part in &*parts {
            bytes.extend_from_slice(part);
        }
        let outcome = state.call();
        if outcome.is_err() {
            // A failed write may have written the beginning.
            bytes.truncate(bytes.len() / 2);
        }
        state.write(self.file, offset_bytes, bytes)?;
        outcome
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let outcome = state.call();
        let event = match outcome {
            Ok(()) => Event::SyncFile { file: self.file },
            Err(_) => Event::FailedSyncFile { file: self.file },
        };
        state.events.push(event);
        outcome
    }

    fn punch_hole(&self, range: Range<u64>) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        state.call()?;
        let contents = state.now.files.get(self.file).ok_or(io::ErrorKind::NotFound)?;
        let length = u64::try_from(contents.len()).unwrap_or(u64::MAX);
        let end = range.end.min(length);
        let zeros = usize::try_from(end.saturating_sub(range.start)).unwrap_or(0);
        state.write(self.file, range.start, vec![0; zeros])
    }

    fn modified(&self) -> io::Result<SystemTime> {
        let mut state = self.disk.0.lock();
        state.call()?;
        // No clock: time passes with each event.
        let seconds = u64::try_from(state.events.len()).unwrap_or(u64::MAX);
        Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }
}
