//! Metadata: accounts, access keys, the entities of IAM, buckets, objects, multipart uploads, and the blobs that
//! nothing refers to any more.
//!
//! [`MetadataStore`] is the contract, [`SqliteStore`] keeps it in one SQLite database. Whatever the
//! store answers is durable: a write is answered after its commit, and the commit is the
//! linearization point of the whole request. Every row carries a checksum; a row that does not
//! match it is [`MetaError::Corrupt`], never a wrong answer.
//!
//! What is deliberately not here: bodies (crate `blob`), permissions (crate `authz`), HTTP, XML,
//! clocks and random numbers. Times, version ids and upload ids are given by the caller.

mod account;
mod blob_hint;
mod blob_move;
mod bucket;
#[cfg(test)]
mod contract;
mod encryption_key;
mod error;
mod event;
mod iam;
mod listing;
mod object;
mod row;
mod scan;
mod sqlite;
mod store;
mod upload;
mod version_listing;

pub use account::{AccessKeyRecord, AccountRecord, KeyOwner};
pub use blob_hint::BlobHint;
pub use blob_move::BlobMove;
pub use bucket::{
    BucketChange, BucketCreation, BucketId, BucketPage, BucketRecord, BucketSummary, BucketUsage,
    ListBucketsQuery, NewBucket, Versioning,
};
pub use encryption_key::{EncryptionKeyRow, Rewrap};
pub use error::{MetaError, Noun};
pub use event::{
    DeadEventFate, EventCause, EventCount, EventFate, EventId, EventLimits, EventRecord, NewEvent,
    ResolvedEvents, TrimmedEvents,
};
pub use iam::{AccessKeyUse, IamRow};
pub use listing::{ListEntry, ListObjectsQuery, ListStart, ObjectPage};
pub use object::{
    DeleteMarkerRecord, DeleteObject, DeleteOutcome, NewObject, ObjectChange, ObjectHeaders,
    ObjectPart, ObjectRecord, ObjectVersion, Precondition,
};
pub use scan::{CountedUsage, RowCursor, RowPage, ScannedRow, ScannedTable, StoredRow};
pub use sqlite::{IamRows, Resealer, SqliteStore};
pub use store::MetadataStore;
pub use upload::{
    CompleteUpload, CompletedUpload, Initiator, ListUploadsQuery, PartPage, PartRecord, UploadId,
    UploadPage, UploadRecord, UploadStart, UploadSummary,
};
pub use version_listing::{
    ListVersionsQuery, ListedVersion, VersionEntry, VersionListStart, VersionPage,
};
