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
