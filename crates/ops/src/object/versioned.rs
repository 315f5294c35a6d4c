//! An object together with the version that answers mention.

use meta::ObjectRecord;
use model::{S3Error, VersionId};

use crate::gate::{Authorized, Op};

/// An object as answers speak of it.
#[derive(Clone, Debug)]
pub struct VersionedRecord {
    /// The object.
    pub record: ObjectRecord,
    /// `x-amz-version-id`; none in a bucket that never had versioning.
    pub version: Option<VersionId>,
}

impl VersionedRecord {
    /// What the answer to a decided request says of an object.
    pub(crate) fn new<O: Op>(
        authorized: &Authorized<O>,
        record: ObjectRecord,
    ) -> Result<Self, S3Error> {
        Ok(Self { version: authorized.mentioned(&record.version)?, record })
    }
}
