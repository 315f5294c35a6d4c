//! Managed policies on users, groups and roles.
//!
//! AWS: IAM API reference, AttachUserPolicy, DetachUserPolicy, ListEntitiesForPolicy and their
//! neighbours.

use model::limits::IAM_ATTACHED_POLICIES_MAX;
use model::{IamKind, IamRelation};

use crate::IamError;
use crate::entity::Identity;
use crate::managed_policy::{self, AnyPolicy, no_such_policy};
use crate::tables::Directory;

/// Attaches a policy; done also if it is attached. Errors: `NoSuchEntity`, `InvalidInput`,
/// `LimitExceeded`.
pub fn attach(
    directory: &Directory<'_>,
    kind: IamKind,
    name: &str,
    arn: &str,
) -> Result<(), IamError> {
    let mut identity = directory.identity(kind, name)?;
    let not_attachable =
        || IamError::missing(format!("Policy {arn} does not exist or is not attachable."));
    managed_policy::find(directory, arn)?.ok_or_else(not_attachable)?;
    if identity.attached_policies.iter().any(|attached| attached == arn) {
        return Ok(());
    }
    if identity.attached_policies.len() >= IAM_ATTACHED_POLICIES_MAX {
        let quota = format!("PoliciesPer{}", kind.noun());
        return Err(IamError::quota(&quota, IAM_ATTACHED_POLICIES_MAX));
    }
    identity.attached_policies.push(arn.to_owned());
    directory.put_identity(&identity)
}

/// Detaches a policy. Errors: `NoSuchEntity`, also if it is not attached.
pub fn detach(
    directory: &Directory<'_>,
    kind: IamKind,
    name: &str,
    arn: &str,
) -> Result<(), IamError> {
    let mut identity = directory.identity(kind, name)?;
    let before = identity.attached_policies.len();
    identity.attached_policies.retain(|attached| attached != arn);
    if identity.attached_policies.len() == before {
        return Err(no_such_policy(arn));
    }
    directory.put_identity(&identity)
}

/// The policies attached to an identity. One that is named and missing is an error.
pub fn attached(
    directory: &Directory<'_>,
    identity: &Identity,
) -> Result<Vec<(String, AnyPolicy)>, IamError> {
    let policy = |arn: &String| {
        let gone = || IamError::internal(format!("policy {arn} is attached and missing"));
        Ok((arn.clone(), managed_policy::find(directory, arn)?.ok_or_else(gone)?))
    };
    identity.attached_policies.iter().map(policy).collect()
}

/// Who bears a policy, as attached policy or as boundary.
pub fn bearers(
    directory: &Directory<'_>,
    arn: &str,
    relation: IamRelation,
) -> Result<Vec<Identity>, IamError> {
    managed_policy::get(directory, arn)?;
    let holders = directory.tables.holders(relation, arn)?.into_iter();
    holders.map(|(kind, key)| directory.identity_by_key(kind, &key)).collect()
}

/// How many bear a policy, as attached policy or as boundary.
pub fn count(
    directory: &Directory<'_>,
    arn: &str,
    relation: IamRelation,
) -> Result<usize, IamError> {
    Ok(directory.tables.holders(relation, arn)?.len())
}
