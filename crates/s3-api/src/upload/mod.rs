//! Operations on multipart uploads, one file a subject.

pub(crate) mod complete;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod part;
