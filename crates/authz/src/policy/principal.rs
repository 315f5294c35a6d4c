//! Whom a statement of a bucket policy names (§5.4).

use model::{AccountId, CanonicalUserId, Principal};

use super::arn::split_arn;
use super::{Naming, PrincipalDirectory, Query};

/// One principal of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PrincipalPattern {
    /// `"*"` or `{"AWS":"*"}`.
    Everyone,
    /// An account by its twelve digits or its root ARN.
    Account(AccountId),
    /// An account by its canonical user id.
    CanonicalUser(CanonicalUserId),
    /// `arn:aws:iam::A:user/path/name`; kept from the first slash on.
    User(AccountId, Box<str>),
    /// `arn:aws:iam::A:role/path/name`; kept from the first slash on.
    Role(AccountId, Box<str>),
    /// `arn:aws:sts::A:assumed-role/role/session`
    RoleSession { account: AccountId, role: Box<str>, session: Box<str> },
    /// `arn:aws:sts::A:federated-user/name`
    FederatedUser(AccountId, Box<str>),
    /// An AWS service.
    Service(Box<str>),
    /// An identity provider. No S3 request is ever signed as one; AssumeRoleWithWebIdentity comes
    /// with its token.
    Federated(Box<str>),
    /// A user or role by its unique id, which its ARN becomes when a policy is stored (POL-3).
    UniqueId(Box<str>),
}

impl PrincipalPattern {
    /// Reads a value of the `AWS` member.
    pub(super) fn parse_aws(text: &str, directory: &dyn PrincipalDirectory) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        let known =
            |account: &str| AccountId::parse(account).filter(|_| directory.account_exists(account));
        if AccountId::parse(text).is_some() {
            return known(text).map(Self::Account);
        }
        if is_unique_id(text) {
            return directory.unique_id_exists(text).then(|| Self::UniqueId(text.into()));
        }
        if text.contains(|c: char| matches!(c, '*' | '?') || c.is_whitespace() || c.is_control()) {
            return None;
        }
        let ["arn", "aws", service, "", account, entity] = split_arn(text)? else { return None };
        let account = known(account)?;
        match service {
            "iam" if entity == "root" => Some(Self::Account(account)),
            "iam" => {
                let (kind, path_and_name) = entity.split_at_checked(entity.find('/')?)?;
                let complete = !path_and_name.ends_with('/') && directory.iam_arn_exists(text);
                match kind {
                    "user" if complete => Some(Self::User(account, path_and_name.into())),
                    "role" if complete => Some(Self::Role(account, path_and_name.into())),
                    _ => None,
                }
            }
            "sts" => Self::parse_session(account, entity),
            _ => None,
        }
    }

    fn parse_session(account: AccountId, entity: &str) -> Option<Self> {
        let (kind, name) = entity.split_once('/')?;
        let valid = |name: &str| !name.is_empty() && !name.contains('/');
        match kind {
            "assumed-role" => {
                let (role, session) = name.split_once('/')?;
                (valid(role) && valid(session)).then(|| Self::RoleSession {
                    account,
                    role: role.into(),
                    session: session.into(),
                })
            }
            "federated-user" => valid(name).then(|| Self::FederatedUser(account, name.into())),
            _ => None,
        }
    }

    /// Reads a value of the `CanonicalUser` member.
    pub(super) fn parse_canonical(text: &str, directory: &dyn PrincipalDirectory) -> Option<Self> {
        let id = CanonicalUserId::parse(text)?;
        directory.canonical_id_exists(text).then_some(Self::CanonicalUser(id))
    }

    /// Reads a value of the `Service` member.
    pub(super) fn parse_service(text: &str) -> Option<Self> {
        let name = text.strip_suffix(".amazonaws.com")?;
        let valid = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        valid.then(|| Self::Service(text.into()))
    }

    /// Reads a value of the `Federated` member.
    pub(super) fn parse_federated(text: &str) -> Option<Self> {
        let valid = !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'?'));
        valid.then(|| Self::Federated(text.into()))
    }

    /// Whether it names the caller, and how closely.
    fn naming_in(&self, query: &Query<'_>) -> Option<Naming> {
        match (self, query.provider) {
            (Self::Federated(name), Some(provider)) => {
                (**name == *provider).then_some(Naming::Exact)
            }
            // Everybody can bear a token; whose it is must be said.
            (_, Some(_)) | (Self::Federated(_), None) => None,
            (_, None) => self.naming(query.caller),
        }
    }

    fn naming(&self, caller: &Principal) -> Option<Naming> {
        match (self, caller) {
            (Self::Everyone, _) => Some(Naming::Everyone),
            (Self::Account(id), _) => {
                (caller.account_id() == Some(*id)).then(|| naming_by_account(caller))
            }
            (Self::CanonicalUser(id), _) => {
                let own = caller.account().is_some_and(|account| account.canonical_id == *id);
                own.then(|| naming_by_account(caller))
            }
            (Self::User(id, name), Principal::User { account, user }) => {
                let same = account.id == *id && is_path_and_name(name, &user.path, &user.name);
                same.then_some(Naming::Exact)
            }
            (Self::Role(id, name), Principal::AssumedRole { account, role, .. }) => {
                let same = account.id == *id && is_path_and_name(name, &role.path, &role.name);
                same.then_some(Naming::Role)
            }
            (
                Self::RoleSession { account: id, role: role_name, session },
                Principal::AssumedRole { account, role, session_name },
            ) => {
                let same =
                    account.id == *id && *role.name == **role_name && **session_name == **session;
                same.then_some(Naming::Exact)
            }
            (Self::FederatedUser(id, name), Principal::FederatedUser { account, name: own }) => {
                (account.id == *id && **own == **name).then_some(Naming::Exact)
            }
            (Self::UniqueId(id), Principal::User { user, .. }) => {
                (*user.unique_id == **id).then_some(Naming::Exact)
            }
            (Self::UniqueId(id), Principal::AssumedRole { role, .. }) => {
                (*role.unique_id == **id).then_some(Naming::Role)
            }
            (Self::Service(name), Principal::Service(own)) => {
                (**name == **own).then_some(Naming::Exact)
            }
            _ => None,
        }
    }
}

/// Root is the account; everybody else of the account still needs an identity policy (§6.4).
fn naming_by_account(caller: &Principal) -> Naming {
    if caller.is_root() { Naming::Exact } else { Naming::Account }
}

/// `AIDA…` or `AROA…`. AWS: IAM User Guide, "IAM identifiers", unique ID prefixes.
fn is_unique_id(text: &str) -> bool {
    let tail = text.strip_prefix("AIDA").or_else(|| text.strip_prefix("AROA"));
    tail.is_some_and(|tail| {
        !tail.is_empty() && tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn is_path_and_name(path_and_name: &str, path: &str, name: &str) -> bool {
    path_and_name.strip_prefix(path) == Some(name)
}

/// To whom a statement applies.
#[derive(Debug)]
pub(super) enum Principals {
    /// The bearer of an identity policy.
    Bearer,
    /// `Principal`
    Listed(Box<[PrincipalPattern]>),
    /// `NotPrincipal`, which only `Deny` can have (POL-E21).
    AllExcept(Box<[PrincipalPattern]>),
}

impl Principals {
    /// Whether the statement applies to the caller, and how closely it names it.
    pub(super) fn naming(&self, query: &Query<'_>) -> Option<Naming> {
        match self {
            Self::Bearer => Some(Naming::Exact),
            Self::Listed(listed) => listed.iter().filter_map(|one| one.naming_in(query)).max(),
            Self::AllExcept(listed) => (!exempts(listed, query)).then_some(Naming::Everyone),
        }
    }
}

/// Whether a `NotPrincipal` really leaves the caller out: everything that the caller is must be
/// listed, its account included (§5.4). AWS: IAM User Guide, "NotPrincipal".
fn exempts(listed: &[PrincipalPattern], query: &Query<'_>) -> bool {
    let everything: &[Naming] = match query.caller {
        Principal::Anonymous => &[Naming::Everyone],
        Principal::Root(_) | Principal::Service(_) => &[Naming::Exact],
        Principal::User { .. } | Principal::FederatedUser { .. } => {
            &[Naming::Account, Naming::Exact]
        }
        Principal::AssumedRole { .. } => &[Naming::Account, Naming::Role, Naming::Exact],
    };
    let lists = |naming| listed.iter().any(|one| one.naming_in(query) == Some(naming));
    lists(Naming::Everyone) || everything.iter().all(|&naming| lists(naming))
}

#[cfg(test)]
mod tests;
