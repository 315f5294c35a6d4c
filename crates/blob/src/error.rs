//! What can go wrong with bytes on disk.

use std::fmt;
use std::io;
use std::sync::Arc;

use model::BlobPlace;

/// An error of the blob store. None names a path: messages may end in a client's hands.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BlobError {
    /// The operating system refused or failed.
    #[error("cannot {operation}")]
    Io {
        /// What was being done, as in "read a segment".
        operation: &'static str,
        /// The system's own error; shared, because one failed flush fails a whole batch.
        source: Arc<io::Error>,
    },
    /// No space or quota is left.
    #[error("no space is left to {operation}")]
    DiskFull {
        /// What was being done, as in "append to a segment".
        operation: &'static str,
    },
    /// The bytes on disk are not those that were written.
    #[error("{} is damaged: {reason}", Place(.place))]
    Corrupt {
        /// Where the damaged blob lies.
        place: BlobPlace,
        /// What did not match.
        reason: &'static str,
    },
    /// No blob is there: it was released, or never existed.
    #[error("{} does not exist", Place(.place))]
    NotFound {
        /// Where the blob was looked for.
        place: BlobPlace,
    },
    /// The caller handed over more than the store takes.
    #[error("{what} is longer than {limit_bytes} bytes")]
    TooLong {
        /// What is too long, as in "a blob".
        what: &'static str,
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// The store is shutting down.
    #[error("the blob store is closed")]
    Closed,
}

impl BlobError {
    /// The error for a failed system call.
    pub(crate) fn io(operation: &'static str, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { operation }
            }
            _ => Self::Io { operation, source: Arc::new(source) },
        }
    }

    /// Like [`Self::io`], but a file that is not there means a blob that is not there.
    pub(crate) fn open(operation: &'static str, place: BlobPlace, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { place },
            _ => Self::io(operation, source),
        }
    }
}

/// A place in words.
struct Place<'a>(&'a BlobPlace);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            BlobPlace::Segment { segment, offset_bytes } => {
                write!(f, "the blob at offset {offset_bytes} of segment {segment}")
            }
            BlobPlace::File { id } => write!(f, "the blob in file {id:032x}"),
        }
    }
}
