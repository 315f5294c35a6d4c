//! Object Ownership (§3): who owns what, and which ACLs a bucket takes.

use model::{CannedAcl, ErrorCode, ObjectOwnership, Permission, PublicAccessBlock};

use crate::acl::{AclAsked, Grant, Grantee, expand, is_public, is_public_grantee};
use crate::world::{Account, Bucket, Caller, Party, Switches};

const BUCKET_OWNER: Party = Party::Account(Account::B);

/// §3.1: ACLs are disabled.
pub fn is_enforced(bucket: &Bucket) -> bool {
    bucket.ownership == Some(ObjectOwnership::BucketOwnerEnforced)
}

/// §3.7: who owns what the caller writes now.
pub fn owner_of_new_object(caller: Caller, acl: &AclAsked, bucket: &Bucket) -> Party {
    let writer = match caller {
        Caller::Anonymous => Party::Anonymous,
        Caller::LogDelivery => BUCKET_OWNER, // LOG-8
        _ => caller.account().map_or(Party::Anonymous, Party::Account),
    };
    match bucket.ownership {
        Some(ObjectOwnership::BucketOwnerEnforced) => BUCKET_OWNER,
        // Only the canned form flips.
        Some(ObjectOwnership::BucketOwnerPreferred)
            if *acl == AclAsked::Canned(CannedAcl::BucketOwnerFullControl) =>
        {
            BUCKET_OWNER
        }
        _ => writer,
    }
}

/// OWN-22, OWN-23: who owns an object now.
pub fn owner_now(stored: Party, bucket: &Bucket) -> Party {
    if is_enforced(bucket) { BUCKET_OWNER } else { stored }
}

/// The grants that count: none under BucketOwnerEnforced (OWN-21), no public ones with
/// IgnorePublicAcls (§4.1).
pub fn grants_in_force(stored: &[Grant], bucket: &Bucket) -> Vec<Grant> {
    let ignored = |grant: &Grant| {
        is_enforced(bucket) || (bucket.flags.ignore_public_acls && is_public_grantee(grant.0))
    };
    stored.iter().filter(|grant| !ignored(grant)).copied().collect()
}

/// ACL-18, OWN-20: the ACL that is shown.
pub fn shown_acl(stored: &[Grant], bucket: &Bucket) -> Vec<Grant> {
    if is_enforced(bucket) {
        return vec![(Grantee::Party(BUCKET_OWNER), Permission::FullControl)];
    }
    grants_in_force(stored, bucket)
}

/// §3.5: whether a bucket without ACLs takes this one with a new object.
pub fn accepts_on_new_object(acl: &AclAsked, caller: Caller, switches: Switches) -> bool {
    *acl == AclAsked::Absent
        || is_bucket_owner_full_control(acl)
        || (switches.boe_private_acl_owner_equivalent
            && caller.is_of(Account::B)
            && matches!(acl, AclAsked::Canned(CannedAcl::Private | CannedAcl::BucketOwnerRead)))
}

/// §3.6: whether it takes this one with PutObjectAcl.
pub fn accepts_on_put_object_acl(acl: &AclAsked, switches: Switches) -> bool {
    !switches.boe_put_object_acl_noop_reject && is_bucket_owner_full_control(acl)
}

/// §3.5: canned, or grants that contain (B, FULL_CONTROL) and whose every grantee is B.
fn is_bucket_owner_full_control(acl: &AclAsked) -> bool {
    let owner = Grantee::Party(BUCKET_OWNER);
    match acl {
        AclAsked::Absent => false,
        AclAsked::Canned(canned) => *canned == CannedAcl::BucketOwnerFullControl,
        AclAsked::Grants(grants) | AclAsked::Document(_, grants) => {
            grants.contains(&(owner, Permission::FullControl))
                && grants.iter().all(|(grantee, _)| *grantee == owner)
        }
    }
}

/// §12.3: what a new bucket of B gets, where new buckets get BucketOwnerEnforced and all flags.
///
/// # Errors
/// The code of the refusal.
pub fn create_bucket(
    acl: &AclAsked,
    header: Option<ObjectOwnership>,
    switches: Switches,
) -> Result<(ObjectOwnership, Vec<Grant>), ErrorCode> {
    let ownership = match header {
        Some(asked) => asked,
        // OWN-3, U-2
        None if *acl == AclAsked::Canned(CannedAcl::Private)
            && !switches.create_bucket_private_acl_enforced =>
        {
            ObjectOwnership::BucketOwnerPreferred
        }
        None => ObjectOwnership::BucketOwnerEnforced, // OWN-1
    };
    let grants = expand(acl, BUCKET_OWNER); // ACL-43: `bucket-owner-*` give `private`
    if ownership == ObjectOwnership::BucketOwnerEnforced && grants_anyone_else(&grants) {
        return Err(ErrorCode::InvalidBucketAclWithObjectOwnership); // OWN-E4
    }
    if PublicAccessBlock::ALL.block_public_acls && is_public(&grants) {
        return Err(ErrorCode::InvalidBucketAclWithBlockPublicAccessError); // OWN-E6
    }
    Ok((ownership, grants))
}

/// OWN-E5: whether PutBucketOwnershipControls may store this.
///
/// # Errors
/// The code of the refusal.
pub fn change_ownership(new: ObjectOwnership, bucket_acl: &[Grant]) -> Result<(), ErrorCode> {
    if new == ObjectOwnership::BucketOwnerEnforced && grants_anyone_else(bucket_acl) {
        return Err(ErrorCode::InvalidBucketAclWithObjectOwnership);
    }
    Ok(())
}

/// OWN-10: groups count, LogDelivery included.
fn grants_anyone_else(grants: &[Grant]) -> bool {
    grants.iter().any(|(grantee, _)| *grantee != Grantee::Party(BUCKET_OWNER))
}
