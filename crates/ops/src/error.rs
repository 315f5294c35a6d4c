//! How the errors of the stores look to a client.

use blob::BlobError;
use meta::{MetaError, Noun};
use model::{ErrorCode, S3Error};

/// The answer to a metadata error that no operation expected.
///
/// A full disk and a lost race are worth a retry; everything else is an internal error whose cause
/// goes to the log. Unreadable state is never taken for absent state.
pub(crate) fn from_meta(error: MetaError) -> S3Error {
    match error {
        MetaError::DiskFull => disk_full(),
        MetaError::Closed => S3Error::new(ErrorCode::ServiceUnavailable).because(error),
        MetaError::Conflict { .. } => S3Error::new(ErrorCode::OperationAborted).because(error),
        MetaError::Locked(refusal) => S3Error::locked(refusal),
        MetaError::PreconditionFailed => S3Error::new(ErrorCode::PreconditionFailed),
        MetaError::NotFound { what: Noun::Upload } => S3Error::new(ErrorCode::NoSuchUpload),
        // The bucket was deleted between the decision and the write.
        MetaError::NotFound { what: Noun::Bucket } => S3Error::new(ErrorCode::NoSuchBucket),
        other => S3Error::internal(other),
    }
}

/// The answer to an error of the blob store.
pub(crate) fn from_blob(error: BlobError) -> S3Error {
    match error {
        BlobError::DiskFull { .. } => disk_full().because(error),
        BlobError::Closed => S3Error::new(ErrorCode::ServiceUnavailable).because(error),
        other => S3Error::internal(other),
    }
}

fn disk_full() -> S3Error {
    S3Error::with_message(
        ErrorCode::ServiceUnavailable,
        "The storage of this server is full. Nothing was written.",
    )
}
