//! Access control lists: who is granted what on a bucket or an object version (§2).

use std::fmt;

use crate::account::CanonicalUserId;

/// The three predefined groups (§2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Everybody, signed or not.
    AllUsers,
    /// Every request signed by any account.
    AuthenticatedUsers,
    /// The account that delivers server access logs.
    LogDelivery,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 3] = [Self::AllUsers, Self::AuthenticatedUsers, Self::LogDelivery];

    /// The URI that names the group on the wire; compared byte for byte (ACL-19).
    pub fn uri(self) -> &'static str {
        match self {
            Self::AllUsers => "http://acs.amazonaws.com/groups/global/AllUsers",
            Self::AuthenticatedUsers => "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
            Self::LogDelivery => "http://acs.amazonaws.com/groups/s3/LogDelivery",
        }
    }

    /// The group with this URI.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.uri() == uri)
    }

    /// Whether a grant to the group makes an ACL public (BPA-10).
    pub fn is_public(self) -> bool {
        matches!(self, Self::AllUsers | Self::AuthenticatedUsers)
    }
}

/// Who receives a grant: an account or a group, never a single user (ACL-20).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Grantee {
    /// An account by its canonical user id.
    CanonicalUser(CanonicalUserId),
    /// A predefined group.
    Group(Group),
}

/// The five permissions of an ACL (§2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// `READ`
    Read,
    /// `WRITE`
    Write,
    /// `READ_ACP`
    ReadAcp,
    /// `WRITE_ACP`
    WriteAcp,
    /// `FULL_CONTROL`
    FullControl,
}

impl Permission {
    /// In the order of the grant headers (ACL-51).
    pub const ALL: [Self; 5] =
        [Self::Read, Self::Write, Self::ReadAcp, Self::WriteAcp, Self::FullControl];

    /// The name in XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::ReadAcp => "READ_ACP",
            Self::WriteAcp => "WRITE_ACP",
            Self::FullControl => "FULL_CONTROL",
        }
    }

    /// The permission with this XML name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }

    /// The request header that grants it (ACL-50).
    pub fn grant_header(self) -> &'static str {
        match self {
            Self::Read => "x-amz-grant-read",
            Self::Write => "x-amz-grant-write",
            Self::ReadAcp => "x-amz-grant-read-acp",
            Self::WriteAcp => "x-amz-grant-write-acp",
            Self::FullControl => "x-amz-grant-full-control",
        }
    }

    /// Whether holding `self` includes `wanted`.
    pub fn includes(self, wanted: Self) -> bool {
        self == wanted || self == Self::FullControl
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of an ACL (ACL-2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Who.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

/// The owner and the grants of a bucket or an object version.
///
/// Order and duplicates are kept (ACL-5, ACL-6). At most
/// [`ACL_GRANTS_MAX`](crate::limits::ACL_GRANTS_MAX) grants, checked where an ACL enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessControlList {
    /// The owner, who keeps the right to read and write the ACL (ACL-9).
    pub owner: CanonicalUserId,
    /// The grants in stored order.
    pub grants: Vec<Grant>,
}

impl AccessControlList {
    /// What a new bucket or object has: full control for its owner (ACL-3).
    pub fn private(owner: CanonicalUserId) -> Self {
        let grants = vec![Grant {
            grantee: Grantee::CanonicalUser(owner.clone()),
            permission: Permission::FullControl,
        }];
        Self { owner, grants }
    }

    /// Whether any grant names a public group (BPA-10).
    pub fn is_public(&self) -> bool {
        self.grants.iter().any(|grant| match &grant.grantee {
            Grantee::Group(group) => group.is_public(),
            Grantee::CanonicalUser(_) => false,
        })
    }
}

/// The predefined ACLs (§2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CannedAcl {
    /// `private`
    Private,
    /// `public-read`
    PublicRead,
    /// `public-read-write`
    PublicReadWrite,
    /// `authenticated-read`
    AuthenticatedRead,
    /// `aws-exec-read`
    AwsExecRead,
    /// `bucket-owner-read`
    BucketOwnerRead,
    /// `bucket-owner-full-control`
    BucketOwnerFullControl,
    /// `log-delivery-write`
    LogDeliveryWrite,
}

impl CannedAcl {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Private,
        Self::PublicRead,
        Self::PublicReadWrite,
        Self::AuthenticatedRead,
        Self::AwsExecRead,
        Self::BucketOwnerRead,
        Self::BucketOwnerFullControl,
        Self::LogDeliveryWrite,
    ];

    /// The value of `x-amz-acl`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::AwsExecRead => "aws-exec-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
            Self::LogDeliveryWrite => "log-delivery-write",
        }
    }

    /// The canned ACL with this name; names are case-sensitive (ACL-40).
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|canned| canned.as_str() == text)
    }
}

/// The ACL that a request asks for, after its syntax was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AclRequest {
    /// No ACL header, form field or body.
    #[default]
    Absent,
    /// `x-amz-acl`, or the form field `acl`.
    Canned(CannedAcl),
    /// The `x-amz-grant-*` headers: the complete list of grants (ACL-51).
    Grants(Vec<Grant>),
    /// An `AccessControlPolicy` body of PutBucketAcl or PutObjectAcl.
    Document(AccessControlList),
}

impl AclRequest {
    /// Whether the request asks for any ACL.
    pub fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for canned in CannedAcl::ALL {
            assert_eq!(CannedAcl::parse(canned.as_str()), Some(canned));
        }
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
        }
        for group in Group::ALL {
            assert_eq!(Group::from_uri(group.uri()), Some(group));
        }
        assert_eq!(CannedAcl::parse("Public-Read"), None);
        assert_eq!(Group::from_uri("https://acs.amazonaws.com/groups/global/AllUsers"), None);
    }

    #[test]
    fn log_delivery_is_not_public() {
        let mut acl = AccessControlList::private(CanonicalUserId::anonymous());
        assert!(!acl.is_public());
        let grant = |group| Grant { grantee: Grantee::Group(group), permission: Permission::Read };
        acl.grants.push(grant(Group::LogDelivery));
        assert!(!acl.is_public());
        acl.grants.push(grant(Group::AuthenticatedUsers));
        assert!(acl.is_public());
    }
}
