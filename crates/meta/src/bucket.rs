//! Buckets and their settings.

use std::collections::BTreeMap;
use std::fmt;

use model::{
    AccessControlList, AccountId, BucketName, ObjectLockConfiguration, ObjectOwnership,
    PublicAccessBlock, Timestamp,
};

/// The number of a bucket in its store. Never given out twice, even after a bucket is deleted, so
/// that what belongs to a deleted bucket is never taken for a new one of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketId(pub i64);

impl fmt::Display for BucketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The versioning state of a bucket. AWS: "Retaining multiple versions of objects with S3
/// Versioning". There is no way back to [`Off`](Self::Off).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Versioning {
    /// Never enabled: every object is a null version.
    #[default]
    Off,
    /// Every write adds a version.
    Enabled,
    /// Writes replace the null version; other versions stay.
    Suspended,
}

/// What every write of an object asks about its bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VersionRules {
    pub(crate) versioning: Versioning,
    pub(crate) object_lock: Option<ObjectLockConfiguration>,
}

/// What a new bucket starts with; everything else is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBucket {
    /// The name, unique in the store.
    pub name: BucketName,
    /// The account that owns it.
    pub owner: AccountId,
    /// The region that it says to be in.
    pub region: String,
    /// When it was created.
    pub created: Timestamp,
    /// Object Ownership, if it has a setting (§3.1).
    pub object_ownership: Option<ObjectOwnership>,
    /// Block Public Access, if it has a configuration (§4.1).
    pub public_access: Option<PublicAccessBlock>,
    /// Object Lock, and with it versioning.
    pub object_lock: Option<ObjectLockConfiguration>,
    /// The bucket ACL.
    pub acl: AccessControlList,
    /// Sub-resources that it has from the beginning, as in [`BucketRecord::settings`].
    pub settings: BTreeMap<String, String>,
}

/// A bucket with everything that decides about access to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRecord {
    /// Its number in this store.
    pub id: BucketId,
    /// The name, unique in the store.
    pub name: BucketName,
    /// The account that owns it.
    pub owner: AccountId,
    /// The region that it says to be in.
    pub region: String,
    /// When it was created.
    pub created: Timestamp,
    /// Its versioning state.
    pub versioning: Versioning,
    /// Object Lock, if it was ever enabled; versioning stays enabled then.
    pub object_lock: Option<ObjectLockConfiguration>,
    /// Object Ownership, if it has a setting (§3.1).
    pub object_ownership: Option<ObjectOwnership>,
    /// Block Public Access, if it has a configuration (§4.1).
    pub public_access: Option<PublicAccessBlock>,
    /// The bucket ACL.
    pub acl: AccessControlList,
    /// The bucket policy as it was received (POL-2).
    pub policy: Option<String>,
    /// Other sub-resources by name, such as `cors` and `lifecycle`; the texts mean nothing here.
    pub settings: BTreeMap<String, String>,
    /// Starts at 1 and grows by one at each change of the record.
    pub revision: u64,
}

/// What [`create_bucket`](crate::MetadataStore::create_bucket) found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketCreation {
    /// The bucket is new.
    Created(BucketRecord),
    /// The name is taken by this bucket, which was left as it is.
    Exists(BucketRecord),
}

/// One change of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketChange {
    /// Sets or removes Object Ownership.
    ObjectOwnership(Option<ObjectOwnership>),
    /// Sets or removes Block Public Access.
    PublicAccess(Option<PublicAccessBlock>),
    /// Replaces the ACL.
    Acl(AccessControlList),
    /// Sets or removes the policy.
    Policy(Option<String>),
    /// Enables or suspends versioning; [`Versioning::Off`] is a conflict once it was enabled, and so
    /// is everything but [`Versioning::Enabled`] once there is Object Lock.
    Versioning(Versioning),
    /// Enables or replaces Object Lock, which never goes again; a conflict while versioning is not
    /// enabled.
    ObjectLock(ObjectLockConfiguration),
    /// Sets or removes another sub-resource.
    Setting {
        /// Name of the sub-resource.
        name: String,
        /// Its text; `None` removes it.
        text: Option<String>,
    },
}

/// Which buckets to list. AWS: API reference, ListBuckets.
#[derive(Clone, Copy, Debug)]
pub struct ListBucketsQuery<'a> {
    /// Only names that begin with this.
    pub prefix: &'a str,
    /// Only names behind this one, in byte order.
    pub after: Option<&'a str>,
    /// Only buckets of this region.
    pub region: Option<&'a str>,
    /// Buckets in the page; at most `LIST_BUCKETS_MAX` are returned.
    pub limit: usize,
}

/// A bucket in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSummary {
    /// Its number in this store.
    pub id: BucketId,
    /// The name.
    pub name: BucketName,
    /// The region that it says to be in.
    pub region: String,
    /// When it was created.
    pub created: Timestamp,
}

/// One page of a listing of buckets, in byte order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketPage {
    /// The buckets.
    pub buckets: Vec<BucketSummary>,
    /// The `after` of the next page; `None` if this is the last.
    pub next: Option<BucketName>,
}

/// How much is stored, counting every version and delete marker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketUsage {
    /// Object versions and delete markers.
    pub objects: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
}
