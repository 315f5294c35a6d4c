//! Object Ownership (§3): who owns an object, and which ACL is shown.

use std::borrow::Cow;

use model::{
    AccessControlList, AclRequest, CannedAcl, CanonicalUserId, Grantee, ObjectOwnership,
    Permission, Principal,
};

use crate::acl::AclsInForce;
use crate::switches::{BoePrivateAcl, BoePutObjectAclNoop};
use crate::{BucketFacts, Switches};

/// Who will own an object that the caller writes into the bucket now (§3.7, OWN-30, OWN-31).
///
/// A service that delivers into the bucket hands the object to the bucket owner (LOG-8).
pub fn owner_of_new_object(
    caller: &Principal,
    acl: &AclRequest,
    bucket: &BucketFacts,
) -> CanonicalUserId {
    let handed_over = match bucket.ownership {
        Some(ObjectOwnership::BucketOwnerEnforced) => true,
        // Only the canned form hands the object over, equal grant headers do not.
        Some(ObjectOwnership::BucketOwnerPreferred) => {
            *acl == AclRequest::Canned(CannedAcl::BucketOwnerFullControl)
        }
        Some(ObjectOwnership::ObjectWriter) | None => false,
    };
    if handed_over || matches!(caller, Principal::Service(_)) {
        bucket.owner.canonical_id.clone()
    } else {
        caller.canonical_id()
    }
}

/// Who owns an object now, given its stored owner: under BucketOwnerEnforced the bucket owner owns
/// everything (OWN-22, ID-20); otherwise the stored owner does (OWN-23).
pub fn effective_owner<'a>(
    stored: &'a CanonicalUserId,
    bucket: &'a BucketFacts,
) -> &'a CanonicalUserId {
    if bucket.acls_are_disabled() { &bucket.owner.canonical_id } else { stored }
}

/// The ACL that GetBucketAcl shows (ACL-18, OWN-20).
pub fn effective_bucket_acl(bucket: &BucketFacts) -> Cow<'_, AccessControlList> {
    effective_acl(&bucket.acl, bucket)
}

/// The ACL that GetObjectAcl shows (ACL-18, OWN-20). `stored` absent stands for an ACL that gives
/// only the owner full control.
pub fn effective_object_acl<'a>(
    stored_owner: &CanonicalUserId,
    stored: Option<&'a AccessControlList>,
    bucket: &BucketFacts,
) -> Cow<'a, AccessControlList> {
    match stored {
        Some(acl) => effective_acl(acl, bucket),
        None => {
            Cow::Owned(AccessControlList::private(effective_owner(stored_owner, bucket).clone()))
        }
    }
}

fn effective_acl<'a>(
    stored: &'a AccessControlList,
    bucket: &BucketFacts,
) -> Cow<'a, AccessControlList> {
    let in_force = AclsInForce::of(bucket);
    match in_force {
        AclsInForce::All => Cow::Borrowed(stored),
        AclsInForce::None => {
            Cow::Owned(AccessControlList::private(bucket.owner.canonical_id.clone()))
        }
        AclsInForce::NotPublic => {
            let counting = stored.grants.iter().filter(|grant| in_force.counts(&grant.grantee));
            Cow::Owned(AccessControlList {
                owner: stored.owner.clone(),
                grants: counting.cloned().collect(),
            })
        }
    }
}

/// Whether a bucket without ACLs takes the ACL of a new object (§3.5).
pub(crate) fn accepts_new_object_acl(
    acl: &AclRequest,
    caller: &Principal,
    bucket: &BucketFacts,
    switches: Switches,
) -> bool {
    !acl.is_present()
        || is_bucket_owner_full_control(acl, bucket)
        || (switches.boe_private_acl == BoePrivateAcl::OwnerEquivalent
            && is_owner_equivalent(acl, caller, bucket))
}

/// Whether `boe_private_acl = owner_equivalent` takes the ACL: for the bucket owner's principals
/// `private` and `bucket-owner-read` give the bucket owner full control and nobody else anything.
pub(crate) fn is_owner_equivalent(
    acl: &AclRequest,
    caller: &Principal,
    bucket: &BucketFacts,
) -> bool {
    let canned = matches!(acl, AclRequest::Canned(CannedAcl::Private | CannedAcl::BucketOwnerRead));
    canned && bucket.is_owned_by(caller)
}

/// Whether a bucket without ACLs takes PutObjectAcl with this ACL, without effect (§3.6, U-3).
pub(crate) fn accepts_put_object_acl(
    acl: &AclRequest,
    bucket: &BucketFacts,
    switches: Switches,
) -> bool {
    switches.boe_put_object_acl_noop == BoePutObjectAclNoop::Accept
        && is_bucket_owner_full_control(acl, bucket)
}

/// The bucket-owner FULL_CONTROL form: canned, or grants whose only effect is that (§0.2, §3.5).
fn is_bucket_owner_full_control(acl: &AclRequest, bucket: &BucketFacts) -> bool {
    let grants = match acl {
        AclRequest::Absent => return false,
        AclRequest::Canned(canned) => return *canned == CannedAcl::BucketOwnerFullControl,
        AclRequest::Grants(grants) => grants,
        AclRequest::Document(acl) => &acl.grants,
    };
    let owner = &bucket.owner.canonical_id;
    let to_owner = |grantee: &Grantee| matches!(grantee, Grantee::CanonicalUser(id) if id == owner);
    grants.iter().all(|grant| to_owner(&grant.grantee))
        && grants.iter().any(|grant| grant.permission == Permission::FullControl)
}
