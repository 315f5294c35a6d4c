//! Managed policies and their versions.
//!
//! AWS: IAM API reference, CreatePolicy, CreatePolicyVersion and their neighbours.

use model::limits::{IAM_MANAGED_POLICY_CHARACTERS_MAX, IAM_POLICIES_MAX, IAM_POLICY_VERSIONS_MAX};
use model::{AccountId, IamKind, IamRelation};

use crate::aws_managed::{self, AwsManagedPolicy};
use crate::entity::{ManagedPolicy, PolicyVersion, Tag, key_of};
use crate::tables::Directory;
use crate::{IamError, IamErrorCode, policy_document, validate};

/// A policy to be created.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// Its path.
    pub path: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its first version.
    pub document: String,
}

/// A managed policy of the customer, or one that comes with the server.
#[derive(Clone, Debug)]
pub enum AnyPolicy {
    /// Of the account.
    Customer(ManagedPolicy),
    /// With an ARN of AWS.
    Aws(&'static AwsManagedPolicy),
}

impl AnyPolicy {
    /// The document of the version that is in force.
    pub fn document(&self) -> Result<&str, IamError> {
        match self {
            Self::Customer(policy) => {
                let broken = || IamError::internal("a managed policy without default version");
                Ok(&policy.in_force().ok_or_else(broken)?.document)
            }
            Self::Aws(policy) => Ok(policy.document),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Customer(policy) => &policy.name,
            Self::Aws(policy) => policy.name,
        }
    }

    /// Its ARN.
    pub fn arn(&self, account: AccountId) -> String {
        match self {
            Self::Customer(policy) => arn_of(account, policy),
            Self::Aws(policy) => policy.arn(),
        }
    }
}

/// The ARN of a customer's policy.
pub fn arn_of(account: AccountId, policy: &ManagedPolicy) -> String {
    IamKind::Policy.arn(account, &policy.path, &policy.name)
}

/// Creates a policy with its version 1. Errors: `ValidationError`, `MalformedPolicyDocument`,
/// `EntityAlreadyExists`, `LimitExceeded`.
/// `id` is its unique id, new.
pub fn create(
    directory: &Directory<'_>,
    id: String,
    new: NewPolicy,
) -> Result<ManagedPolicy, IamError> {
    validate::group_name("policyName", &new.name)?;
    validate::path(&new.path)?;
    validate::tags(&new.tags)?;
    if let Some(description) = &new.description {
        validate::description(description)?;
    }
    check_document(&new.document)?;
    if directory.tables.get(IamKind::Policy, &key_of(&new.name))?.is_some() {
        let name = new.name;
        return Err(IamError::exists(format!(
            "A policy called {name} already exists. Duplicate names are not allowed."
        )));
    }
    if directory.tables.count(IamKind::Policy)? >= IAM_POLICIES_MAX {
        return Err(IamError::quota("PoliciesPerAccount", IAM_POLICIES_MAX));
    }
    let version = PolicyVersion { number: 1, document: new.document, created: directory.now };
    let policy = ManagedPolicy {
        path: new.path,
        name: new.name,
        id,
        created: directory.now,
        updated: directory.now,
        description: new.description,
        tags: new.tags,
        versions: vec![version],
        default_version: 1,
        next_version: 2,
    };
    put(directory, &policy)?;
    Ok(policy)
}

fn check_document(document: &str) -> Result<(), IamError> {
    policy_document::check_identity_policy(document)?;
    if policy_document::characters(document) > IAM_MANAGED_POLICY_CHARACTERS_MAX {
        return Err(IamError::quota("PolicySize", IAM_MANAGED_POLICY_CHARACTERS_MAX));
    }
    Ok(())
}

pub(crate) fn put(directory: &Directory<'_>, policy: &ManagedPolicy) -> Result<(), IamError> {
    let key = key_of(&policy.name);
    directory.put_document(IamKind::Policy, &key, Some(&policy.id), policy)
}

/// The policy with this ARN; `None` if there is none in this account or at AWS. Errors:
/// `InvalidInput` for what is no ARN of a policy.
pub fn find(directory: &Directory<'_>, arn: &str) -> Result<Option<AnyPolicy>, IamError> {
    let path_and_name = policy_part(arn)?;
    if let Some(policy) = aws_managed::by_arn(arn) {
        return Ok(Some(AnyPolicy::Aws(policy)));
    }
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    let found: Option<ManagedPolicy> = directory.document(IamKind::Policy, &key_of(name))?;
    let found = found.filter(|policy| arn_of(directory.account, policy) == arn);
    Ok(found.map(AnyPolicy::Customer))
}

/// What stands behind `:policy` in an ARN.
fn policy_part(arn: &str) -> Result<&str, IamError> {
    validate::length("policyArn", arn, 20, 2048)?;
    let invalid = || IamError::input(format!("ARN {arn} is not valid."));
    let rest = arn.strip_prefix("arn:aws:iam::").ok_or_else(invalid)?;
    let (_, entity) = rest.split_once(':').ok_or_else(invalid)?;
    entity.strip_prefix("policy/").ok_or_else(invalid)
}

/// As [`find`]; `NoSuchEntity` if there is none.
pub fn get(directory: &Directory<'_>, arn: &str) -> Result<AnyPolicy, IamError> {
    find(directory, arn)?.ok_or_else(|| no_such_policy(arn))
}

pub(crate) fn no_such_policy(arn: &str) -> IamError {
    IamError::missing(format!("Policy {arn} was not found."))
}

/// A policy that may be changed. Errors: `NoSuchEntity`; `AccessDenied` for those of AWS.
fn own(directory: &Directory<'_>, arn: &str) -> Result<ManagedPolicy, IamError> {
    match get(directory, arn)? {
        AnyPolicy::Customer(policy) => Ok(policy),
        AnyPolicy::Aws(_) => Err(IamError::new(
            IamErrorCode::AccessDenied,
            "Cannot perform the operation on a policy that AWS manages.",
        )),
    }
}

/// Deletes a policy with its default version. Errors: `NoSuchEntity`, `DeleteConflict`.
pub fn delete(directory: &Directory<'_>, arn: &str) -> Result<(), IamError> {
    let policy = own(directory, arn)?;
    if !directory.tables.holders(IamRelation::Attached, arn)?.is_empty() {
        return Err(IamError::conflict("Cannot delete a policy attached to entities."));
    }
    if !directory.tables.holders(IamRelation::Boundary, arn)?.is_empty() {
        return Err(IamError::conflict(
            "Cannot delete a policy that is used as a permissions boundary.",
        ));
    }
    if policy.versions.len() > 1 {
        return Err(IamError::conflict(
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy.",
        ));
    }
    directory.tables.delete(IamKind::Policy, &key_of(&policy.name))
}

/// Adds a version. Errors: `NoSuchEntity`, `MalformedPolicyDocument`, `LimitExceeded`.
pub fn create_version(
    directory: &Directory<'_>,
    arn: &str,
    document: &str,
    set_as_default: bool,
) -> Result<(PolicyVersion, bool), IamError> {
    let mut policy = own(directory, arn)?;
    check_document(document)?;
    if policy.versions.len() >= IAM_POLICY_VERSIONS_MAX {
        return Err(IamError::new(
            IamErrorCode::LimitExceeded,
            format!(
                "A managed policy can have up to {IAM_POLICY_VERSIONS_MAX} versions. Before you \
                 create a new version, you must delete an existing version."
            ),
        ));
    }
    let number = policy.next_version;
    let version = PolicyVersion { number, document: document.to_owned(), created: directory.now };
    policy.versions.push(version.clone());
    policy.next_version = number.saturating_add(1);
    policy.updated = directory.now;
    if set_as_default {
        policy.default_version = number;
    }
    put(directory, &policy)?;
    Ok((version, set_as_default))
}

/// The number in `v1`. Errors: `ValidationError`.
fn version_number(id: &str) -> Result<u32, IamError> {
    let number = id.strip_prefix('v').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    number.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let rule = "Member must satisfy regular expression pattern: \
                    v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?";
        validate::constraint("versionId", id, rule)
    })
}

fn no_such_version(arn: &str, id: &str) -> IamError {
    IamError::missing(format!("Policy {arn} version {id} does not exist or is not attachable."))
}

/// A version, and whether it is in force. Errors: `NoSuchEntity`, `ValidationError`.
pub fn get_version(
    directory: &Directory<'_>,
    arn: &str,
    id: &str,
) -> Result<(PolicyVersion, bool), IamError> {
    let number = version_number(id)?;
    let found = versions(directory, arn)?.into_iter();
    let mut found = found.filter(|(version, _)| version.number == number);
    found.next().ok_or_else(|| no_such_version(arn, id))
}

/// All versions, and whether they are in force. Errors: `NoSuchEntity`.
pub fn versions(
    directory: &Directory<'_>,
    arn: &str,
) -> Result<Vec<(PolicyVersion, bool)>, IamError> {
    Ok(versions_of(&get(directory, arn)?))
}

/// The versions of a policy, and whether they are in force.
pub fn versions_of(policy: &AnyPolicy) -> Vec<(PolicyVersion, bool)> {
    match policy {
        AnyPolicy::Customer(policy) => {
            let in_force = |version: &PolicyVersion| version.number == policy.default_version;
            let versions = policy.versions.iter();
            versions.map(|version| (version.clone(), in_force(version))).collect()
        }
        AnyPolicy::Aws(policy) => vec![(policy.version(), true)],
    }
}

/// Puts a version in force. Errors: `NoSuchEntity`, `ValidationError`.
pub fn set_default_version(directory: &Directory<'_>, arn: &str, id: &str) -> Result<(), IamError> {
    let number = version_number(id)?;
    let mut policy = own(directory, arn)?;
    policy.version(number).ok_or_else(|| no_such_version(arn, id))?;
    policy.default_version = number;
    policy.updated = directory.now;
    put(directory, &policy)
}

/// Removes a version that is not in force. Errors: `NoSuchEntity`, `DeleteConflict`,
/// `ValidationError`.
pub fn delete_version(directory: &Directory<'_>, arn: &str, id: &str) -> Result<(), IamError> {
    let number = version_number(id)?;
    let mut policy = own(directory, arn)?;
    policy.version(number).ok_or_else(|| no_such_version(arn, id))?;
    if number == policy.default_version {
        return Err(IamError::conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.retain(|version| version.number != number);
    policy.updated = directory.now;
    put(directory, &policy)
}

/// All policies of the account.
pub fn all(directory: &Directory<'_>) -> Result<Vec<ManagedPolicy>, IamError> {
    let rows = directory.tables.page(IamKind::Policy, "", IAM_POLICIES_MAX)?;
    rows.iter().map(|(_, document)| crate::tables::read(document)).collect()
}
