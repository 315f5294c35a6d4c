//! What describes an object besides its bytes.

use meta::ObjectHeaders;
use model::{ObjectLock, TagSet};

/// Everything that a writer says about an object; stored with it and returned with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Content headers.
    pub headers: ObjectHeaders,
    /// `x-amz-meta-*` without the prefix.
    pub user_metadata: Vec<(String, String)>,
    /// `STANDARD` and the like.
    pub storage_class: String,
    /// Its tags.
    pub tags: TagSet,
    /// What is said of its lock.
    pub lock: ObjectLock,
}
