//! Why the store could not do what it was asked.

use std::fmt;

use model::LockRefusal;

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Noun {
    /// An account.
    Account,
    /// The 12-digit id of an account.
    AccountId,
    /// The canonical user id of an account.
    CanonicalUserId,
    /// The name of an account.
    AccountName,
    /// An access key.
    AccessKey,
    /// A bucket.
    Bucket,
    /// The current version of an object.
    Object,
    /// One version of an object.
    ObjectVersion,
    /// A multipart upload.
    Upload,
    /// A part of a multipart upload.
    Part,
    /// A key of the ring.
    EncryptionKey,
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::AccountId => "account id",
            Self::CanonicalUserId => "canonical user id",
            Self::AccountName => "account name",
            Self::AccessKey => "access key",
            Self::Bucket => "bucket",
            Self::Object => "object",
            Self::ObjectVersion => "object version",
            Self::Upload => "upload",
            Self::Part => "part",
            Self::EncryptionKey => "encryption key",
        })
    }
}

/// The errors of every store operation. Texts are for the log, never for a client.
///
/// After an error nothing of the operation has happened, with one exception that no store can
/// avoid: [`Database`](Self::Database), [`DiskFull`](Self::DiskFull) and [`Closed`](Self::Closed)
/// may hide a commit that reached the disk before its confirmation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// The database refused or failed; the text is its own.
    #[error("metadata database: {0}")]
    Database(String),
    /// A file of the store could not be opened, created or synchronised.
    #[error("metadata files: {0}")]
    Io(String),
    /// No space is left for the write.
    #[error("no space left for metadata")]
    DiskFull,
    /// The store has been shut down.
    #[error("metadata store is closed")]
    Closed,
    /// A stored row does not match its checksum or cannot be understood.
    #[error("corrupt row in table `{table}`: {detail}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Which row, and what is wrong with it.
        detail: String,
    },
    /// The database was written by a later version of the program.
    #[error("metadata has schema version {found}, this program knows versions up to {known}")]
    NewerSchema {
        /// The version in the database.
        found: i64,
        /// The latest version that this program can read.
        known: i64,
    },
    /// What the caller expected to be there was changed in the meantime; read again and retry.
    #[error("{what} was changed in the meantime")]
    Conflict {
        /// What was changed.
        what: Noun,
    },
    /// A unique name is taken.
    #[error("{what} is taken")]
    AlreadyExists {
        /// Which name.
        what: Noun,
    },
    /// What the operation is about does not exist.
    #[error("no such {what}")]
    NotFound {
        /// What is missing.
        what: Noun,
    },
    /// The bucket still holds object versions, delete markers or uploads.
    #[error("bucket is not empty")]
    NotEmpty,
    /// A retention or a legal hold keeps the version, or cannot be changed like this.
    #[error("protected by object lock")]
    Locked(LockRefusal),
    /// A [`Precondition`](crate::Precondition) does not hold.
    #[error("precondition failed")]
    PreconditionFailed,
    /// The rules that ran inside the transaction refused; they have said why.
    #[error("refused by the rules of the caller")]
    Refused,
    /// A named limit of `model::limits` would be exceeded.
    #[error("limit exceeded: {limit}")]
    LimitExceeded {
        /// Name of the limit.
        limit: &'static str,
    },
}
