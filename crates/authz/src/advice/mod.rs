//! What a change of a bucket's settings would do, and the bucket policy that prevents it.
//!
//! `gather` reads the versions of a bucket one after the other and learns what their ACLs give and
//! which resources say it shortest; `statements` makes a policy of that; `compare` decides about every
//! object before and after, and tells the difference.

mod compare;
mod gather;
mod known_accounts;
pub mod lint;
pub mod logged;
mod plan;
pub mod report;
mod statements;
#[cfg(test)]
mod tests;
pub mod usage;
pub mod validation;

use std::fmt;

use model::{
    AccessControlList, AccountId, AccountIdentity, CanonicalUserId, Grantee, Group, ObjectKey,
    ObjectOwnership,
};

pub use self::compare::{Comparison, Difference, Direction};
pub use self::gather::{CensusLine, ForeignOwner, Gathered, Gatherer};
pub use self::known_accounts::KnownAccounts;
pub use self::logged::{LogReplay, LoggedRequest, LoggedRequests, SentAcl};
pub use self::plan::{
    Journal, NamedCaller, named_callers, owner_name, public_access_settings, with_acls_disabled,
};
pub use self::statements::{Equivalent, Lost, Writes, equivalent};
use crate::{BucketFacts, Policy};

/// A version of an object, or a delete marker, as it goes by. Those of one key come together, the
/// newest first, and keys in the order of their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenVersion {
    /// The key.
    pub key: ObjectKey,
    /// The stored owner.
    pub owner: CanonicalUserId,
    /// The stored ACL; absent means that only the owner has full control.
    pub acl: Option<AccessControlList>,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// Whether it is a delete marker.
    pub is_marker: bool,
}

/// Whom an ACL gives something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beneficiary {
    /// AllUsers.
    Everyone,
    /// AuthenticatedUsers.
    AnyAccount,
    /// Those who do not sign, as owner of what they wrote.
    Anonymous,
    /// The service that delivers access logs.
    LogDelivery,
    /// An account.
    Account(CanonicalUserId),
}

impl Beneficiary {
    fn of_grantee(grantee: &Grantee) -> Self {
        match grantee {
            Grantee::Group(Group::AllUsers) => Self::Everyone,
            Grantee::Group(Group::AuthenticatedUsers) => Self::AnyAccount,
            Grantee::Group(Group::LogDelivery) => Self::LogDelivery,
            Grantee::CanonicalUser(id) => Self::of_owner(id),
        }
    }

    fn of_owner(id: &CanonicalUserId) -> Self {
        if id.is_anonymous() { Self::Anonymous } else { Self::Account(id.clone()) }
    }

    /// How the beneficiary is called, given the accounts that are known.
    pub fn name(&self, accounts: &[AccountIdentity]) -> String {
        match self {
            Self::Everyone => "everyone, without signing".to_owned(),
            Self::AnyAccount => "every AWS account".to_owned(),
            Self::Anonymous => "anonymous callers".to_owned(),
            Self::LogDelivery => "the log delivery group".to_owned(),
            Self::Account(id) => match account_id(accounts, id) {
                Some(account) => format!("account {account}"),
                None => format!("the account with canonical user id {id}"),
            },
        }
    }
}

fn account_id(accounts: &[AccountIdentity], id: &CanonicalUserId) -> Option<AccountId> {
    accounts.iter().find(|account| account.canonical_id == *id).map(|account| account.id)
}

/// A resource of a policy in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Every key that begins so.
    Below(String),
    /// One key.
    Key(String),
}

/// As it stands behind the name of the bucket, with what would be a wildcard or variable escaped.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Below(text) | Self::Key(text)) = self;
        for character in text.chars() {
            match character {
                '*' | '?' | '$' => write!(f, "${{{character}}}")?,
                other => write!(f, "{other}")?,
            }
        }
        f.write_str(if matches!(self, Self::Below(_)) { "*" } else { "" })
    }
}

/// Whether a request that was recorded would be allowed on these facts.
pub fn would_be_allowed(request: &crate::Request<'_>, facts: &crate::Facts<'_>) -> bool {
    crate::decide(request, facts).verdict == crate::Verdict::Allow
}

/// The bucket with ACLs disabled and another policy.
pub fn without_acls(bucket: &BucketFacts, policy: Option<std::sync::Arc<Policy>>) -> BucketFacts {
    BucketFacts {
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        acl: AccessControlList::private(bucket.owner.canonical_id.clone()),
        policy,
        ..bucket.clone()
    }
}
