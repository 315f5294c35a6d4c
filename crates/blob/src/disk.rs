//! The only door to the file system.
//!
//! Everything that the store asks of a disk is in these two traits, so that tests can put a disk
//! beneath it that loses what was not flushed, tears writes, or fails at a chosen call.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

#[cfg(any(test, feature = "testing"))]
mod crash;
#[cfg(any(test, feature = "testing"))]
mod memory;
mod real;

#[cfg(any(test, feature = "testing"))]
pub use crash::{CrashReplay, Survivors};
#[cfg(any(test, feature = "testing"))]
pub use memory::{Fault, MemoryDisk};
pub use real::RealDisk;

/// The names in a directory, read as they are asked for.
pub type Names = Box<dyn Iterator<Item = io::Result<OsString>> + Send>;

/// Directories, and the files in them by path.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Makes a directory; one that exists already is fine. Its parent must exist.
    fn create_directory(&self, path: &Path) -> io::Result<()>;

    /// Makes the entries of a directory durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory, in any order.
    fn list(&self, path: &Path) -> io::Result<Names>;

    /// Makes a new file and opens it for reading and writing. `AlreadyExists` if the name is taken.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file for reading and writing, as an open file description of its own.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Removes a file; whoever has it open keeps reading it.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// One open file.
pub trait DiskFile: fmt::Debug + Send + Sync + 'static {
    /// Reads at an offset; may read less than asked for, and reads 0 bytes only at the end.
    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize>;

    /// Like [`Self::read_at`], but only what lies in memory already: never waits for the device.
    /// 0 bytes mean "nothing in memory" as well as "end of file".
    fn read_cached_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize>;

    /// Writes all parts, one after the other, from an offset on.
    fn write_all_at(&self, parts: &mut [IoSlice<'_>], offset_bytes: u64) -> io::Result<()>;

    /// Makes the file's bytes and its length durable.
    fn sync_data(&self) -> io::Result<()>;

    /// Gives the space of a range back; it reads as zeros from then on and the length stays. Does
    /// nothing on file systems that cannot.
    fn punch_hole(&self, range: Range<u64>) -> io::Result<()>;

    /// When the file was last written.
    fn modified(&self) -> io::Result<SystemTime>;
}

/// Reads until the buffer is full or the file ends; returns how many bytes of it are filled.
pub(crate) fn read_full_at(
    file: &dyn DiskFile,
    buffer: &mut [u8],
    offset_bytes: u64,
) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset_bytes.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
