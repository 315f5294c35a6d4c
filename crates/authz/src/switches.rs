//! The open points of Amazon's behaviour that an operator may choose (§15.1).
//!
//! Every switch has the default that the evidence favours.

pub use crate::policy::ResourceStar;

/// Whether a bucket without ACLs takes `private` and `bucket-owner-read` from its own account
/// (U-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoePrivateAcl {
    /// Only no ACL at all and the bucket-owner FULL_CONTROL form are taken.
    #[default]
    Reject,
    /// For the bucket owner's principals both mean the same as bucket-owner FULL_CONTROL.
    OwnerEquivalent,
}

/// What a bucket becomes that was created with `x-amz-acl: private` and no ownership header (U-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateBucketPrivateAclOwnership {
    /// `BucketOwnerPreferred`
    #[default]
    BucketOwnerPreferred,
    /// `BucketOwnerEnforced`
    BucketOwnerEnforced,
}

/// Whether PutObjectAcl with bucket-owner FULL_CONTROL succeeds, without effect, in a bucket
/// without ACLs (U-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoePutObjectAclNoop {
    /// 200, and nothing changes.
    #[default]
    Accept,
    /// `AccessControlListNotSupported`
    Reject,
}

/// Whether bucket WRITE alone lets PutObject replace an object of somebody else (U-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignOverwriteViaBucketWrite {
    /// 403 (ACL-33).
    #[default]
    Deny,
    /// 200. CreateMultipartUpload stays refused, since that was recorded (ACL-31).
    Allow,
}

/// Which generation of texts the refusals of Block Public Access have (U-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicAccessMessageStyle {
    /// "… are blocked by the BlockPublicAcls block public access setting."
    #[default]
    BlockedBy,
    /// "… are prevented by the BlockPublicAcls setting in S3 Block Public Access"
    PreventedBy,
}

/// Who is told why access was denied (§8.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RichAccessDenied {
    /// Principals of the bucket owner's account.
    #[default]
    SameAccount,
    /// Nobody; the message is always `Access Denied`.
    Never,
}

/// What GetBucketPolicyStatus says of a bucket without a policy (U-8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyStatusWithoutPolicy {
    /// 404 `NoSuchBucketPolicy`.
    #[default]
    NotFound,
    /// `IsPublic` is false.
    False,
}

/// What GetBucketPolicy returns (U-9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyGet {
    /// The bytes that were stored.
    #[default]
    Verbatim,
    /// The same policy without white space, its members in the order of the recordings and lists of
    /// one element unwrapped.
    Normalised,
}

/// All switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// `boe_private_acl`
    pub boe_private_acl: BoePrivateAcl,
    /// `create_bucket_private_acl_ownership`
    pub create_bucket_private_acl_ownership: CreateBucketPrivateAclOwnership,
    /// `boe_put_object_acl_noop`
    pub boe_put_object_acl_noop: BoePutObjectAclNoop,
    /// `foreign_overwrite_via_bucket_write`
    pub foreign_overwrite_via_bucket_write: ForeignOverwriteViaBucketWrite,
    /// `bpa_message_style`
    pub public_access_message_style: PublicAccessMessageStyle,
    /// `policy_status_without_policy`
    pub policy_status_without_policy: PolicyStatusWithoutPolicy,
    /// `policy_get`
    pub policy_get: PolicyGet,
    /// `policy_resource_star`
    pub policy_resource_star: ResourceStar,
    /// `rich_access_denied`
    pub rich_access_denied: RichAccessDenied,
}
