//! The file system of the operating system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use super::{Disk, DiskFile, Names};

/// Buffers that one `pwritev` takes (`IOV_MAX` on Linux).
const WRITE_PARTS_MAX: usize = 1024;

/// The disk of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn list(&self, path: &Path) -> io::Result<Names> {
        Ok(Box::new(fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name()))))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        Ok(Arc::new(RealFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(RealFile(OpenOptions::new().read(true).write(true).open(path)?)))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// A file of the operating system.
#[derive(Debug)]
struct RealFile(File);

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset_bytes)
    }

    fn read_cached_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize> {
        read_without_waiting(&self.0, buffer, offset_bytes)
    }

    fn write_all_at(&self, parts: &mut [IoSlice<'_>], offset_bytes: u64) -> io::Result<()> {
        let mut parts = parts;
        let mut offset = offset_bytes;
        // Empty parts at the front would make a write of 0 bytes look like a full device.
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            let now = parts.get(..parts.len().min(WRITE_PARTS_MAX)).unwrap_or_default();
            match rustix::io::pwritev(&self.0, now, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    offset = offset.saturating_add(count as u64);
                    IoSlice::advance_slices(&mut parts, count);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn punch_hole(&self, range: Range<u64>) -> io::Result<()> {
        give_space_back(&self.0, &range)
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.0.metadata()?.modified()
    }
}

/// `RWF_NOWAIT`: the page cache answers, or nobody does.
#[cfg(target_os = "linux")]
fn read_without_waiting(file: &File, buffer: &mut [u8], offset_bytes: u64) -> io::Result<usize> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let mut parts = [io::IoSliceMut::new(buffer)];
    match preadv2(file, &mut parts, offset_bytes, ReadWriteFlags::NOWAIT) {
        Ok(count) => Ok(count),
        // Not in memory, or a file system or kernel that does not know the flag.
        Err(Errno::AGAIN | Errno::INTR | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Elsewhere no call reads without waiting; the caller takes a thread for it.
#[cfg(not(target_os = "linux"))]
fn read_without_waiting(_file: &File, _buffer: &mut [u8], _offset_bytes: u64) -> io::Result<usize> {
    Ok(0)
}

/// Punches a hole.
#[cfg(target_os = "linux")]
fn give_space_back(file: &File, range: &Range<u64>) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match fallocate(file, flags, range.start, range.end.saturating_sub(range.start)) {
        // The space stays taken until the whole segment goes; nothing else depends on it.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Elsewhere the space stays taken until the whole segment goes.
#[cfg(not(target_os = "linux"))]
fn give_space_back(_file: &File, _range: &Range<u64>) -> io::Result<()> {
    Ok(())
}
