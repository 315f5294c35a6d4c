//! Who makes a request (§1.2).

use std::fmt;
use std::sync::Arc;

use crate::account::{AccountId, AccountIdentity, CanonicalUserId};

/// The kinds of caller that S3 tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An unsigned request (ID-4).
    Anonymous,
    /// The root user of an account.
    Root(AccountIdentity),
    /// An IAM user.
    User {
        /// The account that the user belongs to.
        account: AccountIdentity,
        /// Path, name and unique id.
        user: Arc<IamName>,
    },
    /// A session of a role; a principal of the role's account (ID-10).
    AssumedRole {
        /// The account that the role belongs to.
        account: AccountIdentity,
        /// Path, name and unique id of the role.
        role: Arc<IamName>,
        /// Name of the session.
        session_name: Arc<str>,
    },
    /// A federated session.
    FederatedUser {
        /// The account that issued the session.
        account: AccountIdentity,
        /// Name of the federated user.
        name: Arc<str>,
    },
    /// An AWS service acting for itself, such as `logging.s3.amazonaws.com` (ID-6).
    Service(&'static str),
}

/// What identifies an IAM user or role inside its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamName {
    /// `/` or `/division/team/`.
    pub path: String,
    /// The friendly name.
    pub name: String,
    /// `AIDA…` or `AROA…`.
    pub unique_id: String,
}

impl Principal {
    /// The account whose rights the caller uses; none for anonymous callers and services.
    pub fn account(&self) -> Option<&AccountIdentity> {
        match self {
            Self::Anonymous | Self::Service(_) => None,
            Self::Root(account)
            | Self::User { account, .. }
            | Self::AssumedRole { account, .. }
            | Self::FederatedUser { account, .. } => Some(account),
        }
    }

    /// The caller's account id.
    pub fn account_id(&self) -> Option<AccountId> {
        self.account().map(|account| account.id)
    }

    /// Who owns what this caller writes when the writer owns it (ID-4, ID-9).
    pub fn canonical_id(&self) -> CanonicalUserId {
        match self.account() {
            Some(account) => account.canonical_id.clone(),
            None => CanonicalUserId::anonymous(),
        }
    }

    /// Whether the request was not signed.
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }

    /// Whether this is the root user of any account.
    pub fn is_root(&self) -> bool {
        matches!(self, Self::Root(_))
    }

    /// The ARN of a signed caller (ID-11).
    pub fn arn(&self) -> Option<String> {
        Some(match self {
            Self::Anonymous | Self::Service(_) => return None,
            Self::Root(account) => format!("arn:aws:iam::{}:root", account.id),
            Self::User { account, user } => {
                format!("arn:aws:iam::{}:user{}{}", account.id, user.path, user.name)
            }
            Self::AssumedRole { account, role, session_name } => {
                format!("arn:aws:sts::{}:assumed-role/{}/{session_name}", account.id, role.name)
            }
            Self::FederatedUser { account, name } => {
                format!("arn:aws:sts::{}:federated-user/{name}", account.id)
            }
        })
    }
}

/// For people and logs: the ARN, or what stands in its place.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.arn(), self) {
            (Some(arn), _) => f.write_str(&arn),
            (None, Self::Service(name)) => f.write_str(name),
            (None, _) => f.write_str("anonymous"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let account = AccountIdentity {
            id: AccountId::parse("111122223333").unwrap(),
            canonical_id: CanonicalUserId::parse(&"a".repeat(64)).unwrap(),
        };
        let name = |path: &str| {
            Arc::new(IamName { path: path.into(), name: "x".into(), unique_id: "AIDA".into() })
        };
        let arn = |principal: Principal| principal.to_string();
        assert_eq!(arn(Principal::Root(account.clone())), "arn:aws:iam::111122223333:root");
        assert_eq!(
            arn(Principal::User { account: account.clone(), user: name("/team/") }),
            "arn:aws:iam::111122223333:user/team/x"
        );
        assert_eq!(
            arn(Principal::AssumedRole { account, role: name("/team/"), session_name: "s".into() }),
            "arn:aws:sts::111122223333:assumed-role/x/s"
        );
        assert_eq!(arn(Principal::Anonymous), "anonymous");
    }
}
