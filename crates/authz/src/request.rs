//! What is asked: one operation of one caller on one bucket or key.

use model::{AclRequest, BucketName, ObjectKey, Operation, Principal, VersionId};

use crate::ContextSource;

/// Which half of an operation is decided. CopyObject and UploadPartCopy touch two buckets and are
/// decided twice, each time with the facts and the context of that side (§6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Every other operation.
    Whole,
    /// The read of the source.
    CopySource,
    /// The write of the destination.
    CopyDestination,
}

/// What else a request carries that needs a permission of its own (§5.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// Tags for what is created: `x-amz-tagging`, the form field, or tags of a new bucket.
    pub tagging: bool,
    /// `x-amz-object-lock-mode` or `-retain-until-date`.
    pub retention: bool,
    /// `x-amz-object-lock-legal-hold`.
    pub legal_hold: bool,
    /// `x-amz-bypass-governance-retention: true`.
    pub bypass_governance: bool,
    /// CreateBucket: `x-amz-object-ownership`.
    pub object_ownership: bool,
    /// CreateBucket: `x-amz-bucket-object-lock-enabled: true`.
    pub object_lock: bool,
    /// CopyObject source: the tags of the source are copied.
    pub copies_source_tags: bool,
    /// `x-amz-request-payer: requester`, as header, parameter or form field (RP-2).
    pub request_payer: bool,
}

/// A request, after its syntax was checked (stages 1 to 10 of §12.1).
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Principal,
    /// For what. The keys of a DeleteObjects are decided one by one as DeleteObject (EVAL-1).
    pub operation: Operation,
    /// Which half of a copy.
    pub side: Side,
    /// The bucket of this side; absent for ListBuckets.
    pub bucket: Option<&'a BucketName>,
    /// The key of this side, for operations on objects.
    pub key: Option<&'a ObjectKey>,
    /// The `versionId` parameter of this side.
    pub version: Option<&'a VersionId>,
    /// The ACL asked for, valid in syntax and naming existing accounts.
    pub acl: &'a AclRequest,
    /// What else is asked for.
    pub asks: Asks,
    /// PutBucketPolicy: whether the new document is public (§4.4).
    pub new_policy_is_public: bool,
    /// Condition values.
    pub context: &'a dyn ContextSource,
}
