//! Block Public Access (§4): what it refuses to store and whom it keeps out.

use model::{AclRequest, CannedAcl, Grant, Grantee, Principal};

use crate::BucketFacts;

/// Whether the ACL that a request asks for is public (BPA-10).
pub(crate) fn is_public(acl: &AclRequest) -> bool {
    match acl {
        AclRequest::Absent => false,
        AclRequest::Canned(canned) => match canned {
            CannedAcl::PublicRead | CannedAcl::PublicReadWrite | CannedAcl::AuthenticatedRead => {
                true
            }
            CannedAcl::Private
            | CannedAcl::AwsExecRead
            | CannedAcl::BucketOwnerRead
            | CannedAcl::BucketOwnerFullControl
            | CannedAcl::LogDeliveryWrite => false,
        },
        AclRequest::Grants(grants) => grants.iter().any(is_public_grant),
        AclRequest::Document(acl) => acl.is_public(),
    }
}

fn is_public_grant(grant: &Grant) -> bool {
    match &grant.grantee {
        Grantee::Group(group) => group.is_public(),
        Grantee::CanonicalUser(_) => false,
    }
}

/// Whether RestrictPublicBuckets keeps the caller out: the flag is on, the stored policy is public,
/// and the caller is neither of the bucket owner's account nor an AWS service (§4.1).
pub(crate) fn keeps_out(bucket: &BucketFacts, caller: &Principal) -> bool {
    bucket.public_access.restrict_public_buckets
        && !bucket.is_owned_by(caller)
        && !matches!(caller, Principal::Service(_))
        && bucket.policy.as_ref().is_some_and(|policy| policy.is_public())
}
