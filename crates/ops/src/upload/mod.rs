//! Operations on multipart uploads, one file a subject.

pub mod complete;
pub mod create;
pub mod list;
pub mod part;

pub(crate) use complete::multipart_etag;
