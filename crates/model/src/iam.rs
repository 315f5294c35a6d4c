//! The nouns that IAM keeps, and how their ARNs look.
//!
//! AWS: IAM user guide, "IAM identifiers".

use crate::AccountId;

/// What IAM keeps under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IamKind {
    /// A user.
    User,
    /// A group of users.
    Group,
    /// A role.
    Role,
    /// A managed policy of the customer.
    Policy,
    /// An OpenID Connect identity provider; its name is its URL without the scheme.
    OpenIdConnectProvider,
    /// What belongs to the account itself, such as its alias. There is one of it, without a name.
    Account,
    /// An analyzer of Access Analyzer, which is no entity of IAM and is kept like one.
    Analyzer,
}

impl IamKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::User,
        Self::Group,
        Self::Role,
        Self::Policy,
        Self::OpenIdConnectProvider,
        Self::Account,
        Self::Analyzer,
    ];

    /// The word for it in ARNs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Policy => "policy",
            Self::OpenIdConnectProvider => "oidc-provider",
            Self::Account => "account",
            Self::Analyzer => "analyzer",
        }
    }

    /// Reads [`IamKind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The word for it in the names of actions: `User` as in `CreateUser`.
    pub fn noun(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Role => "Role",
            Self::Policy => "Policy",
            Self::OpenIdConnectProvider => "OpenIDConnectProvider",
            Self::Account => "Account",
            Self::Analyzer => "Analyzer",
        }
    }

    /// What its unique ids begin with; none for kinds without such ids.
    pub fn unique_id_prefix(self) -> Option<&'static str> {
        match self {
            Self::User => Some("AIDA"),
            Self::Group => Some("AGPA"),
            Self::Role => Some("AROA"),
            Self::Policy => Some("ANPA"),
            Self::OpenIdConnectProvider | Self::Account | Self::Analyzer => None,
        }
    }

    /// `arn:aws:iam::111122223333:user/path/name`; `path` begins and ends with a slash.
    pub fn arn(self, account: AccountId, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{account}:{}{path}{name}", self.as_str())
    }
}

/// How one of them refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IamRelation {
    /// A user is a member of a group; the target is the key of the group.
    Member,
    /// A managed policy is attached to a user, group or role; the target is its ARN.
    Attached,
    /// A managed policy is the permissions boundary of a user or role; the target is its ARN.
    Boundary,
}

impl IamRelation {
    /// Every relation.
    pub const ALL: [Self; 3] = [Self::Member, Self::Attached, Self::Boundary];

    /// A word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Attached => "attached",
            Self::Boundary => "boundary",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_their_own_words() {
        for kind in IamKind::ALL {
            assert_eq!(IamKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(IamKind::parse("users"), None);
        let account = AccountId::parse("111122223333").unwrap();
        assert_eq!(IamKind::User.arn(account, "/a/", "b"), "arn:aws:iam::111122223333:user/a/b");
    }
}
