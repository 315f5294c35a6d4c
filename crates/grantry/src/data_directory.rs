//! The data directory: made for its owner only, and used by one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Holds the lock and the number of the process that has it.
const LOCK_FILE: &str = "LOCK";
/// Longest process number that is read back.
const PROCESS_ID_BYTES_MAX: u64 = 20;

/// A data directory that exists.
#[derive(Clone, Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
}

/// The exclusive right to use a data directory, until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// What an attempt to lock found.
pub(crate) enum Attempt {
    /// The directory is ours.
    Locked(Lock),
    /// Another process has it.
    Busy {
        /// Its number, if it has written it down.
        process_id: Option<String>,
    },
}

impl DataDirectory {
    /// The directory, made with mode 0700 if it does not exist.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| {
            Failure::new(format!("cannot create the data directory {}", path.display()), error)
                .next("Choose another one with --data-dir or GRANTRY_DATA_DIR.")
        })?;
        Self::open(path)
    }

    /// The directory, which must exist.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        // Absolute, so that messages and files written later mean the same place.
        let path = path.canonicalize().map_err(|error| {
            Failure::new(format!("cannot open the data directory {}", path.display()), error)
                .next("Name the directory of the server with --data-dir or GRANTRY_DATA_DIR.")
        })?;
        Ok(Self { path })
    }

    /// Where it is, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its permission bits, if others than its owner have any.
    pub(crate) fn open_to_others(&self) -> Option<u32> {
        let mode = fs::metadata(&self.path).ok()?.mode() & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }

    /// Takes the lock for a server. The error says who has it.
    pub(crate) fn lock(&self) -> Result<Lock, Failure> {
        match self.try_lock()? {
            Attempt::Locked(lock) => Ok(lock),
            Attempt::Busy { process_id } => {
                let who = process_id.map_or_else(String::new, |id| format!(" (process {id})"));
                let what = format!("cannot use the data directory {}", self.path.display());
                let why = format!("another grantry server{who} is using it");
                Err(Failure::new(what, why)
                    .next("Stop that server, or give this one another directory with --data-dir."))
            }
        }
    }

    /// Takes the lock, unless another process has it.
    pub(crate) fn try_lock(&self) -> Result<Attempt, Failure> {
        self.attempt().map_err(|error| {
            let path = self.path.join(LOCK_FILE);
            Failure::new(format!("cannot lock {}", path.display()), error)
        })
    }

    fn attempt(&self) -> io::Result<Attempt> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.path.join(LOCK_FILE))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let process_id = file.take(PROCESS_ID_BYTES_MAX).read_to_string(&mut text).is_ok();
                let process_id = process_id.then(|| text.trim().to_owned());
                return Ok(Attempt::Busy { process_id: process_id.filter(|id| !id.is_empty()) });
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Attempt::Locked(Lock { _file: file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_directory_is_for_its_owner_only() {
        let outer = tempfile::tempdir().unwrap();
        let directory = DataDirectory::create(&outer.path().join("a/b")).unwrap();
        assert_eq!(directory.open_to_others(), None);
        assert_eq!(fs::metadata(directory.path()).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_lock_is_exclusive_and_ends_with_its_holder() {
        let outer = tempfile::tempdir().unwrap();
        let directory = DataDirectory::create(outer.path()).unwrap();
        let lock = directory.lock().unwrap();
        let mode = fs::metadata(directory.path().join(LOCK_FILE)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        let message = directory.lock().unwrap_err().to_string();
        assert!(message.contains(directory.path().to_str().unwrap()), "{message}");
        assert!(message.contains(&format!("(process {})", std::process::id())), "{message}");
        drop(lock);
        directory.lock().unwrap();
    }

    #[test]
    fn a_missing_directory_is_not_made_by_opening() {
        let outer = tempfile::tempdir().unwrap();
        let message = DataDirectory::open(&outer.path().join("typo")).unwrap_err().to_string();
        assert!(message.contains("typo") && message.contains("--data-dir"), "{message}");
        assert!(!outer.path().join("typo").exists());
    }
}
