//! What the operations of S3 do.
//!
//! Each operation is one function in a file of its family. It passes the [`gate`], which decides,
//! and hands the resulting [`gate::Authorized`] to the vault, the only door to metadata and bodies.
//! Nothing here knows HTTP, XML or JSON of the wire.

pub mod access_log;
pub mod accounts;
pub mod acl;
pub mod advise;
pub mod analyzer;
pub mod backup;
pub mod bucket;
pub mod call;
pub mod check;
pub mod decisions;
pub mod encryption;
pub mod error;
pub mod events;
pub mod explanations;
pub mod gate;
pub mod health;
pub mod iam;
pub mod identities;
pub mod lifecycle;
pub mod notes;
pub mod object;
pub mod organizations;
pub mod reach;
pub mod s3_control;
pub mod status;
pub mod store;
pub mod sts;
mod sweep;
pub mod upload;
mod vault;

pub use call::Call;
pub use notes::{Notes, SideEffect};
pub use store::Store;

/// The records that operations answer with.
pub mod records {
    pub use meta::AccountRecord;
    pub use meta::{
        BucketPage, BucketSummary, ListBucketsQuery, ListEntry, ListObjectsQuery, ListStart,
        ListUploadsQuery, ListVersionsQuery, ListedVersion, ObjectHeaders, ObjectPage, ObjectPart,
        ObjectRecord, PartPage, PartRecord, UploadId, UploadPage, UploadRecord, UploadStart,
        UploadSummary, VersionEntry, VersionListStart, VersionPage, Versioning,
    };
}
