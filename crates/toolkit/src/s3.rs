//! A client of any S3 endpoint that hides nothing: every header as the caller wants it, every answer
//! as it came.

mod call;
mod chunked;
mod client;
pub mod document;
mod operations;
mod target;

pub use call::{Body, Call};
pub use chunked::crc32_base64;
pub use client::{Clock, S3Client};
pub use operations::{
    ListedObject, ListedVersion, ListingPage, ObjectVersion, PublicAccessFlags, UploadedPart,
    VersionPage, md5_base64,
};
pub use target::{Addressing, Credentials, Target, amazon_endpoint, is_amazon, shown_key_id};

/// Whether objects of this storage class must be restored before anybody can read them. AWS: "Amazon S3
/// storage classes".
pub fn is_archive(storage_class: &str) -> bool {
    matches!(storage_class, "GLACIER" | "DEEP_ARCHIVE")
}
