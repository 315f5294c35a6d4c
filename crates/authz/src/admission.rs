//! May this be stored? What an ACL request becomes, what a new bucket becomes, and which changes
//! of Object Ownership are refused. Pure, as the decision is, but asked after it.

use model::{
    AccessControlList, AclRequest, CannedAcl, CanonicalUserId, ErrorCode, Grant, Grantee, Group,
    ObjectOwnership, Permission, PublicAccessBlock, S3Error,
};

use crate::Switches;
use crate::switches::CreateBucketPrivateAclOwnership;

/// The account that reads images for EC2, which `aws-exec-read` grants READ (§2.6, U-7).
pub const EC2_IMAGE_CANONICAL_ID: &str =
    "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

/// The ACL that a request asks for, with canned names expanded (§2.6, ACL-44).
///
/// `owner` is the owner of the bucket or object; grants and documents are taken as they are, and
/// do not get the owner added (ACL-7). Where owner and bucket owner are the same account, canned
/// names give it one grant only.
pub fn expand_acl(
    acl: &AclRequest,
    owner: &CanonicalUserId,
    bucket_owner: &CanonicalUserId,
) -> AccessControlList {
    match acl {
        AclRequest::Absent => AccessControlList::private(owner.clone()),
        AclRequest::Canned(canned) => expand_canned(*canned, owner, bucket_owner),
        AclRequest::Grants(grants) => {
            AccessControlList { owner: owner.clone(), grants: grants.clone() }
        }
        AclRequest::Document(document) => {
            AccessControlList { owner: owner.clone(), grants: document.grants.clone() }
        }
    }
}

fn expand_canned(
    canned: CannedAcl,
    owner: &CanonicalUserId,
    bucket_owner: &CanonicalUserId,
) -> AccessControlList {
    use Permission::{FullControl, Read, ReadAcp, Write};
    let group = |group, permission| Grant { grantee: Grantee::Group(group), permission };
    let account = |id: &CanonicalUserId, permission| Grant {
        grantee: Grantee::CanonicalUser(id.clone()),
        permission,
    };
    let beside_owner =
        |permission| (owner != bucket_owner).then(|| account(bucket_owner, permission));
    let mut acl = AccessControlList::private(owner.clone());
    match canned {
        CannedAcl::Private => {}
        CannedAcl::PublicRead => acl.grants.push(group(Group::AllUsers, Read)),
        CannedAcl::PublicReadWrite => {
            acl.grants.extend([group(Group::AllUsers, Read), group(Group::AllUsers, Write)]);
        }
        CannedAcl::AuthenticatedRead => acl.grants.push(group(Group::AuthenticatedUsers, Read)),
        CannedAcl::AwsExecRead => {
            let images = CanonicalUserId::parse(EC2_IMAGE_CANONICAL_ID);
            acl.grants.extend(images.map(|id| account(&id, Read)));
        }
        CannedAcl::BucketOwnerRead => acl.grants.extend(beside_owner(Read)),
        CannedAcl::BucketOwnerFullControl => acl.grants.extend(beside_owner(FullControl)),
        CannedAcl::LogDeliveryWrite => acl
            .grants
            .extend([group(Group::LogDelivery, Write), group(Group::LogDelivery, ReadAcp)]),
    }
    acl
}

/// What a bucket gets that is created without saying otherwise. An operator who moves from an
/// older installation may keep the defaults of before April 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewBucketDefaults {
    /// Stored Object Ownership.
    pub ownership: Option<ObjectOwnership>,
    /// Stored Block Public Access; absent stores no configuration.
    pub public_access: Option<PublicAccessBlock>,
}

impl NewBucketDefaults {
    /// Since April 2023: ACLs disabled, public access blocked (OWN-1, BPA-3).
    pub const CURRENT: Self = Self {
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: Some(PublicAccessBlock::ALL),
    };

    /// Before April 2023: neither stored.
    pub const BEFORE_APRIL_2023: Self = Self { ownership: None, public_access: None };
}

impl Default for NewBucketDefaults {
    fn default() -> Self {
        Self::CURRENT
    }
}

/// What is stored for a new bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBucketSettings {
    /// Object Ownership.
    pub ownership: Option<ObjectOwnership>,
    /// Block Public Access of the bucket level.
    pub public_access: Option<PublicAccessBlock>,
    /// The bucket ACL.
    pub acl: AccessControlList,
}

/// A CreateBucket whose arguments are valid.
#[derive(Clone, Copy, Debug)]
pub struct NewBucket<'a> {
    /// The account that creates it (ID-8).
    pub owner: &'a CanonicalUserId,
    /// The ACL asked for.
    pub acl: &'a AclRequest,
    /// The header `x-amz-object-ownership`.
    pub ownership: Option<ObjectOwnership>,
    /// Block Public Access of the account and of any level above.
    pub account_public_access: PublicAccessBlock,
}

/// Settles what a new bucket becomes (§3.2, §12.3).
///
/// # Errors
/// `InvalidBucketAclWithObjectOwnership` if ACLs will be disabled and the ACL grants anybody else
/// (OWN-E4); else `InvalidBucketAclWithBlockPublicAccessError` if it is public and public ACLs will
/// be blocked (OWN-E6).
pub fn admit_create_bucket(
    bucket: &NewBucket<'_>,
    defaults: NewBucketDefaults,
    switches: Switches,
) -> Result<NewBucketSettings, S3Error> {
    let ownership = match bucket.ownership {
        Some(asked) => Some(asked),
        None => ownership_without_header(bucket.acl, defaults, switches),
    };
    // ACL-43: `bucket-owner-*` mean nothing here; expanding them for the owner gives `private`.
    let acl = expand_acl(bucket.acl, bucket.owner, bucket.owner);
    if ownership == Some(ObjectOwnership::BucketOwnerEnforced)
        && grants_anyone_else(&acl, bucket.owner)
    {
        return Err(ErrorCode::InvalidBucketAclWithObjectOwnership.into());
    }
    let public_access =
        defaults.public_access.unwrap_or_default().union(bucket.account_public_access);
    if public_access.block_public_acls && acl.is_public() {
        return Err(ErrorCode::InvalidBucketAclWithBlockPublicAccessError.into());
    }
    Ok(NewBucketSettings { ownership, public_access: defaults.public_access, acl })
}

/// OWN-1…3: the default, except that asking for `private` may ask for ACLs (U-2).
fn ownership_without_header(
    acl: &AclRequest,
    defaults: NewBucketDefaults,
    switches: Switches,
) -> Option<ObjectOwnership> {
    let enables_acls = *acl == AclRequest::Canned(CannedAcl::Private)
        && defaults.ownership == Some(ObjectOwnership::BucketOwnerEnforced)
        && switches.create_bucket_private_acl_ownership
            == CreateBucketPrivateAclOwnership::BucketOwnerPreferred;
    if enables_acls { Some(ObjectOwnership::BucketOwnerPreferred) } else { defaults.ownership }
}

/// Whether PutBucketOwnershipControls may store `new`.
///
/// Only the bucket ACL can stand in the way; object ACLs never do (OWN-8).
///
/// # Errors
/// `InvalidBucketAclWithObjectOwnership` if ACLs are to be disabled while the bucket ACL grants
/// anybody but the owner, groups included (OWN-E5, OWN-10).
pub fn admit_ownership_change(
    new: ObjectOwnership,
    bucket_acl: &AccessControlList,
    owner: &CanonicalUserId,
) -> Result<(), S3Error> {
    if new == ObjectOwnership::BucketOwnerEnforced && grants_anyone_else(bucket_acl, owner) {
        return Err(ErrorCode::InvalidBucketAclWithObjectOwnership.into());
    }
    Ok(())
}

fn grants_anyone_else(acl: &AccessControlList, owner: &CanonicalUserId) -> bool {
    acl.grants.iter().any(|grant| match &grant.grantee {
        Grantee::CanonicalUser(id) => id != owner,
        Grantee::Group(_) => true,
    })
}
