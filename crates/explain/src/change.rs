//! What somebody would have to change.

use serde::{Deserialize, Serialize};

/// A change after which a request may go on: one call of an API, or another request.
///
/// The names are a promise to programs that carry changes out: members may be added, none renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// Add a statement to a policy.
    AddPolicyStatement(PolicyEdit),
    /// Take a statement out of a policy.
    RemovePolicyStatement(PolicyEdit),
    /// Except the caller from a statement that denies.
    NarrowPolicyStatement(PolicyEdit),
    /// Set Block Public Access of a bucket, or of an account where `bucket` is absent.
    SetPublicAccessBlock {
        /// The account that does it.
        account: String,
        /// The bucket.
        #[serde(skip_serializing_if = "Option::is_none")]
        bucket: Option<String>,
        /// The new flags.
        #[serde(flatten)]
        flags: PublicAccessFlags,
    },
    /// Set Object Ownership.
    SetObjectOwnership {
        /// The account that does it.
        account: String,
        /// The bucket.
        bucket: String,
        /// The new setting.
        object_ownership: String,
    },
    /// Replace the ACL of a bucket.
    PutBucketAcl {
        /// The account that does it.
        account: String,
        /// The bucket.
        bucket: String,
        /// The new ACL.
        #[serde(flatten)]
        acl: Acl,
    },
    /// Replace the ACL of an object.
    PutObjectAcl {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The version.
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        /// The new ACL; its owner is the account that does it.
        #[serde(flatten)]
        acl: Acl,
    },
    /// Let the bucket owner pay.
    SetRequestPayment {
        /// The account that does it.
        account: String,
        /// The bucket.
        bucket: String,
        /// Who pays: `BucketOwner`.
        payer: String,
    },
    /// Take the permissions boundary from a user or role.
    DeletePermissionsBoundary {
        /// The account that does it.
        account: String,
        /// `user` or `role`.
        holder_kind: String,
        /// Its name.
        holder: String,
    },
    /// Lift the legal hold of a version.
    LiftLegalHold {
        /// The account that does it.
        account: String,
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The version.
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// Send another request.
    ChangeRequest(RequestChange),
}

impl Change {
    /// Whether an account may see it: not where it tells a policy of another one.
    pub(crate) fn may_see(&self, account: &str) -> bool {
        match self {
            Self::AddPolicyStatement(edit)
            | Self::RemovePolicyStatement(edit)
            | Self::NarrowPolicyStatement(edit) => edit.account == account,
            Self::DeletePermissionsBoundary { account: of, .. } => of == account,
            Self::ChangeRequest(RequestChange::NewSession { .. }) => false,
            _ => true,
        }
    }
}

/// An edit of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyEdit {
    /// The account that does it.
    pub account: String,
    /// Which policy.
    #[serde(flatten)]
    pub place: PolicyPlace,
    /// The statement that is added, removed, or stands in the place of the old one.
    pub statement: String,
    /// The whole new document; absent if nothing is left of it, so that the policy is to be removed.
    pub document: Option<String>,
}

/// Where a policy stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policyKind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PolicyPlace {
    /// The policy of a bucket.
    Bucket {
        /// The bucket.
        bucket: String,
    },
    /// An inline policy.
    Inline {
        /// `user`, `group` or `role`.
        holder_kind: String,
        /// Who has it.
        holder: String,
        /// Its name.
        policy_name: String,
    },
    /// The trust policy of a role.
    Trust {
        /// Its name.
        role: String,
    },
    /// A managed policy, of which a new default version is made.
    Managed {
        /// Its ARN.
        policy_arn: String,
    },
}

/// The four flags of Block Public Access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicAccessFlags {
    /// `BlockPublicAcls`
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`
    pub restrict_public_buckets: bool,
}

/// An ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acl {
    /// Canonical id of the owner.
    pub owner: String,
    /// The grants.
    pub grants: Vec<AclGrant>,
}

/// A grant of an ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AclGrant {
    /// The canonical id of an account, or the URI of a group.
    pub grantee: String,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
}

/// Another request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RequestChange {
    /// Sign it.
    Sign,
    /// Do not sign it.
    LeaveUnsigned,
    /// Send it over TLS.
    UseTls,
    /// Add a header.
    AddHeader {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Send no ACL.
    RemoveAcl,
    /// Send another owner in the document of the ACL.
    SetAclOwner {
        /// The canonical id of the owner.
        owner: String,
    },
    /// Use a session that was made with this session policy.
    NewSession {
        /// The session policy.
        policy: String,
    },
}
