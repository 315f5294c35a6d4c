//! What a decision rests on, besides the request: the state of the store, loaded beforehand.

use std::sync::Arc;

use model::{
    AccessControlList, AccountId, AccountIdentity, BucketName, CanonicalUserId, ObjectOwnership,
    Principal, PublicAccessBlock,
};

use crate::{Policy, Switches};

/// The settings of a bucket that rule access to it.
#[derive(Clone, Debug)]
pub struct BucketFacts {
    /// Its name.
    pub name: BucketName,
    /// Who created it (ID-8).
    pub owner: AccountIdentity,
    /// Its region.
    pub region: String,
    /// Object Ownership; absent behaves as ObjectWriter (§3.1).
    pub ownership: Option<ObjectOwnership>,
    /// Block Public Access with all levels united (BPA-1).
    pub public_access: PublicAccessBlock,
    /// The bucket policy.
    pub policy: Option<Arc<Policy>>,
    /// The stored bucket ACL, also while it is suspended (OWN-23).
    pub acl: AccessControlList,
    /// Whether the requester pays (RP-2).
    pub requester_pays: bool,
}

impl BucketFacts {
    /// Whether ACLs are disabled: Object Ownership is BucketOwnerEnforced (§3.1).
    pub fn acls_are_disabled(&self) -> bool {
        self.ownership == Some(ObjectOwnership::BucketOwnerEnforced)
    }

    /// Whether the caller is a principal of the bucket owner's account.
    pub fn is_owned_by(&self, caller: &Principal) -> bool {
        caller.account_id() == Some(self.owner.id)
    }
}

/// The object version that a request is about: the one that `versionId` names, else the current
/// one.
#[derive(Clone, Copy, Debug)]
pub enum ObjectFacts<'a> {
    /// Nobody looked; [`needs_object`](crate::needs_object) said that nobody has to. A rule that
    /// looks at the object then finds nothing that allows.
    NotLoaded,
    /// There is no such key or version.
    Missing,
    /// It is a delete marker, which has an owner but no ACL (ACL-16).
    DeleteMarker {
        /// Who wrote the marker.
        owner: &'a CanonicalUserId,
    },
    /// It is there.
    Present {
        /// Its stored owner. An object written under BucketOwnerEnforced has the bucket owner here
        /// (OWN-24), an older one its original owner (OWN-23).
        owner: &'a CanonicalUserId,
        /// Its stored ACL; absent means that only the owner has full control (ACL-3).
        acl: Option<&'a AccessControlList>,
    },
}

/// The multipart upload that a request is about (§6.8).
#[derive(Clone, Copy, Debug)]
pub struct UploadFacts<'a> {
    /// The account of the initiator.
    pub initiator_account: AccountId,
    /// The ARN of the initiator; absent if it was the account's root (ID-19).
    pub initiator_arn: Option<&'a str>,
}

/// The policies of an IAM user, role session or federated user.
#[derive(Clone, Debug, Default)]
pub struct IdentityFacts {
    /// Inline and attached policies of the user with its groups, or of the role.
    pub policies: Vec<Arc<Policy>>,
    /// The permissions boundary.
    pub boundary: Option<Arc<Policy>>,
    /// The session policies; absent if the session was made without any. They allow together what
    /// any of them allows. A federated user without session policies has `Some(vec![])`.
    pub session: Option<Vec<Arc<Policy>>>,
}

/// Everything that [`decide`](crate::decide()) looks at besides the request.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The bucket of this side; absent for ListBuckets and CreateBucket. Absent anywhere else
    /// refuses.
    pub bucket: Option<&'a BucketFacts>,
    /// The object of this side.
    pub object: ObjectFacts<'a>,
    /// The multipart upload, if the request names one that exists or is known to have existed.
    pub upload: Option<UploadFacts<'a>>,
    /// The caller's own policies; absent for root, anonymous callers and services. Absent for any
    /// other caller means no permission.
    pub identity: Option<&'a IdentityFacts>,
    /// The operator's choices.
    pub switches: &'a Switches,
}
