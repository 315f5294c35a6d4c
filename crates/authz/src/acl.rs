//! What access control lists grant (§2.3, §2.4), and which of them count (§3.4, §4.1).

use model::{AccessControlList, CanonicalUserId, Grantee, Group, Permission, Principal};

use crate::policy::Naming;
use crate::{Action, BucketFacts};

/// The service that delivers server access logs, the one member of the LogDelivery group (ID-6).
const LOG_DELIVERY_SERVICE: &str = "logging.s3.amazonaws.com";

/// Which grants count in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AclsInForce {
    /// None: Object Ownership is BucketOwnerEnforced (OWN-21).
    None,
    /// All but those to the public groups: IgnorePublicAcls (§4.1).
    NotPublic,
    /// All.
    All,
}

impl AclsInForce {
    /// What the settings of the bucket leave in force.
    pub(crate) fn of(bucket: &BucketFacts) -> Self {
        if bucket.acls_are_disabled() {
            Self::None
        } else if bucket.public_access.ignore_public_acls {
            Self::NotPublic
        } else {
            Self::All
        }
    }

    /// Whether a grant to `grantee` counts.
    pub(crate) fn counts(self, grantee: &Grantee) -> bool {
        match (self, grantee) {
            (Self::None, _) => false,
            (Self::NotPublic, Grantee::Group(group)) => !group.is_public(),
            (Self::NotPublic, Grantee::CanonicalUser(_)) | (Self::All, _) => true,
        }
    }
}

/// A grant that gives the caller what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    /// Position in the ACL.
    pub(crate) index: u16,
    /// How closely it names the caller: a group as `*` does, an account as its ARN does (§6.4).
    pub(crate) naming: Naming,
}

/// The grant that names the caller most closely among those that give `wanted`.
///
/// The order of the grants decides only which of several equal grants is reported.
pub(crate) fn granted(
    acl: &AccessControlList,
    in_force: AclsInForce,
    caller: &Principal,
    wanted: Permission,
) -> Option<Granted> {
    let mut best: Option<Granted> = None;
    for (index, grant) in acl.grants.iter().enumerate() {
        if !grant.permission.includes(wanted) || !in_force.counts(&grant.grantee) {
            continue;
        }
        let Some(naming) = names(&grant.grantee, caller) else { continue };
        if best.is_none_or(|best| naming > best.naming) {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            best = Some(Granted { index, naming });
        }
    }
    best
}

/// Whether, and how, a grantee names the caller (§2.2).
fn names(grantee: &Grantee, caller: &Principal) -> Option<Naming> {
    match grantee {
        Grantee::CanonicalUser(id) => is_account(caller, id).then_some(Naming::Account),
        Grantee::Group(Group::AllUsers) => Some(Naming::Everyone),
        Grantee::Group(Group::AuthenticatedUsers) => caller.account().map(|_| Naming::Everyone),
        Grantee::Group(Group::LogDelivery) => {
            matches!(caller, Principal::Service(LOG_DELIVERY_SERVICE)).then_some(Naming::Everyone)
        }
    }
}

/// Whether the caller acts for the account with this canonical user id. Every unsigned request is
/// the anonymous user (ID-2, ID-4); a service is nobody's account.
pub(crate) fn is_account(caller: &Principal, id: &CanonicalUserId) -> bool {
    match caller.account() {
        Some(account) => account.canonical_id == *id,
        None => caller.is_anonymous() && id.is_anonymous(),
    }
}

/// The permission on a bucket that grants the action (§2.4).
pub(crate) fn bucket_permission(action: Action) -> Option<Permission> {
    match action {
        Action::ListBucket | Action::ListBucketVersions | Action::ListBucketMultipartUploads => {
            Some(Permission::Read)
        }
        Action::GetBucketAcl => Some(Permission::ReadAcp),
        Action::PutBucketAcl => Some(Permission::WriteAcp),
        // Every other action is out of the reach of bucket ACLs; PutObject and DeleteObject have
        // rules of their own (§2.5).
        _ => None,
    }
}

/// The permission on an object that grants the action (§2.4).
pub(crate) fn object_permission(action: Action) -> Option<Permission> {
    match action {
        Action::GetObject | Action::GetObjectVersion => Some(Permission::Read),
        Action::GetObjectAcl | Action::GetObjectVersionAcl => Some(Permission::ReadAcp),
        Action::PutObjectAcl | Action::PutObjectVersionAcl => Some(Permission::WriteAcp),
        // Never reachable through an ACL: tags, attributes, retention, legal hold, restore.
        _ => None,
    }
}
