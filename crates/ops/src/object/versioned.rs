//! An object together with the version that answers mention.

use meta::ObjectRecord;
use model::{ObjectLock, S3Error, VersionId};

use crate::gate::{Authorized, Op};

/// An object as answers speak of it.
#[derive(Clone, Debug)]
pub struct VersionedRecord {
    /// The object.
    pub record: ObjectRecord,
    /// `x-amz-version-id`; none in a bucket that never had versioning.
    pub version: Option<VersionId>,
    /// `x-amz-tagging-count`; none if there is no tag, the caller may not see them, or the
    /// operation does not tell.
    pub tag_count: Option<usize>,
    /// What the caller may see of the lock, where the operation tells.
    pub lock: ObjectLock,
}

impl VersionedRecord {
    /// What the answer to a decided request says of an object.
    pub(crate) fn new<O: Op>(
        authorized: &Authorized<O>,
        record: ObjectRecord,
    ) -> Result<Self, S3Error> {
        Ok(Self {
            version: authorized.mentioned(&record.version)?,
            record,
            tag_count: None,
            lock: ObjectLock::default(),
        })
    }
}
