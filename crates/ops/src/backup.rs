//! Backups: a store copied while a server uses it, and brought back.
//!
//! The metadata is copied first, as it is at one moment. From before that moment on nothing that it
//! refers to may be removed, so that the bodies can be copied after it in any order: a segment only
//! grows, and a finished file never changes. Whoever calls [`copy`] sees to that, with the lock of the
//! data directory or with a [`RemovalHold`](crate::store::RemovalHold) of the server, and asks
//! before [`Copied::finish`] whether it still stands. The manifest is written last: without it, a
//! directory is no backup.

mod copying;
mod manifest;
mod restoring;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use blob::BlobError;
use meta::MetaError;

use crate::store::OpenError;

pub use self::copying::{BackupOptions, Copied, copy};
pub use self::restoring::{Restored, restore};

/// How much was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that are hard links instead of copies.
    pub links: u64,
}

/// Hears how far a backup is.
pub trait Watcher {
    /// So much is done.
    fn progress(&mut self, amount: Amount);
    /// Something of the store is damaged and hence not in the backup as it should be.
    fn damaged(&mut self, what: &str);
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to copy.
    #[error("there is no store in {}", .0.display())]
    NoStore(PathBuf),
    /// The target holds something already.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The metadata.
    #[error(transparent)]
    Metadata(#[from] MetaError),
    /// The bodies.
    #[error(transparent)]
    Bodies(#[from] BlobError),
    /// The master key, which was to be in the backup.
    #[error(transparent)]
    MasterKey(#[from] OpenError),
    /// A backup that is not what was written.
    #[error("the backup is damaged or incomplete: {0}")]
    Damaged(String),
}

/// Makes the error of a file.
fn in_file(path: &Path) -> impl FnOnce(io::Error) -> BackupError + '_ {
    move |error| BackupError::File { path: path.to_owned(), error }
}

/// Makes a directory for its owner only, with its parents; one that exists is fine.
fn make_directory(path: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(in_file(path))
}

/// Makes a directory, which must be empty if it exists.
fn make_empty_directory(path: &Path) -> Result<(), BackupError> {
    make_directory(path)?;
    match fs::read_dir(path).map_err(in_file(path))?.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::NotEmpty(path.to_owned())),
    }
}

/// Makes the names in a directory and in those below it durable.
fn sync_directories(path: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(path).map_err(in_file(path))? {
        let entry = entry.map_err(in_file(path))?;
        if entry.file_type().map_err(in_file(path))?.is_dir() {
            sync_directories(&entry.path())?;
        }
    }
    File::open(path).and_then(|directory| directory.sync_all()).map_err(in_file(path))
}
