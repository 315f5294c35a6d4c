//! Policies that are part of a user, group or role.
//!
//! AWS: IAM API reference, PutUserPolicy and its neighbours.

use model::IamKind;
use model::limits::{
    IAM_GROUP_POLICY_CHARACTERS_MAX, IAM_ROLE_POLICY_CHARACTERS_MAX, IAM_USER_POLICY_CHARACTERS_MAX,
};

use crate::tables::Directory;
use crate::{IamError, IamErrorCode, policy_document, validate};

/// Adds or replaces a policy. Errors: `ValidationError`, `NoSuchEntity`,
/// `MalformedPolicyDocument`, `LimitExceeded`.
pub fn put(
    directory: &Directory<'_>,
    kind: IamKind,
    identity: &str,
    name: &str,
    document: &str,
) -> Result<(), IamError> {
    validate::group_name("policyName", name)?;
    let mut identity = directory.identity(kind, identity)?;
    policy_document::check_identity_policy(document)?;
    identity.inline_policies.insert(name.to_owned(), document.to_owned());
    let policies = identity.inline_policies.values();
    let size: usize = policies.map(|policy| policy_document::characters(policy)).sum();
    let limit = match kind {
        IamKind::Group => IAM_GROUP_POLICY_CHARACTERS_MAX,
        IamKind::Role => IAM_ROLE_POLICY_CHARACTERS_MAX,
        _ => IAM_USER_POLICY_CHARACTERS_MAX,
    };
    if size > limit {
        let (word, name) = (kind.as_str(), &identity.name);
        let message = format!("Maximum policy size of {limit} bytes exceeded for {word} {name}");
        return Err(IamError::new(IamErrorCode::LimitExceeded, message));
    }
    directory.put_identity(&identity)
}

/// A policy, as it was received. Errors: `NoSuchEntity`.
pub fn get(
    directory: &Directory<'_>,
    kind: IamKind,
    identity: &str,
    name: &str,
) -> Result<String, IamError> {
    let identity = directory.identity(kind, identity)?;
    identity.inline_policies.get(name).cloned().ok_or_else(|| missing(kind, name))
}

/// Removes a policy. Errors: `NoSuchEntity`.
pub fn delete(
    directory: &Directory<'_>,
    kind: IamKind,
    identity: &str,
    name: &str,
) -> Result<(), IamError> {
    let mut identity = directory.identity(kind, identity)?;
    identity.inline_policies.remove(name).ok_or_else(|| missing(kind, name))?;
    directory.put_identity(&identity)
}

fn missing(kind: IamKind, name: &str) -> IamError {
    IamError::missing(format!("The {} policy with name {name} cannot be found.", kind.as_str()))
}
