//! Managed policies and their versions.

use iam::aws_managed::{self, AwsManagedPolicy};
use iam::managed_policy::{self, AnyPolicy, NewPolicy};
use iam::{Directory, IamError, Page, PageRequest, PolicyVersion, attachment};
use model::{IamKind, IamRelation, S3Error};

use super::{ApiCall, Asked, Target};

/// A policy with what is counted about it.
#[derive(Clone, Debug)]
pub struct CountedPolicy {
    /// The policy.
    pub policy: AnyPolicy,
    /// Its ARN.
    pub arn: String,
    /// Users, groups and roles that it is attached to.
    pub attachments: usize,
    /// Users and roles whose boundary it is.
    pub boundaries: usize,
}

/// Which policies ListPolicies shows.
#[derive(Clone, Debug)]
pub struct PolicyFilter {
    /// Those of the customer.
    pub local: bool,
    /// Those of AWS.
    pub aws: bool,
    /// Only attached ones.
    pub only_attached: bool,
    /// As what they have to be in use: `None` for any.
    pub usage: Option<IamRelation>,
    /// The beginning of their paths.
    pub path_prefix: String,
}

/// CreatePolicy.
pub async fn create(call: &ApiCall<'_>, new: NewPolicy) -> Result<CountedPolicy, IamError> {
    let prefix = IamKind::Policy.unique_id_prefix().unwrap_or_default();
    let id = identity::generate::unique_id(prefix).map_err(S3Error::internal)?;
    let target = Target::New(IamKind::Policy, new.path.clone(), new.name.clone());
    let asked = Asked::new("CreatePolicy", target).with_tags(&new.tags);
    call.write(asked, move |directory, _| {
        let policy = managed_policy::create(directory, id, new)?;
        counted(directory, AnyPolicy::Customer(policy))
    })
    .await
}

/// GetPolicy.
pub fn get(call: &ApiCall<'_>, arn: &str) -> Result<CountedPolicy, IamError> {
    call.read(Asked::new("GetPolicy", Target::arn(arn)), |directory, authorized| {
        counted(directory, managed_policy::get(directory, authorized.name())?)
    })
}

/// ListPolicies: those of AWS first.
pub fn list(
    call: &ApiCall<'_>,
    filter: &PolicyFilter,
    page: &PageRequest,
) -> Result<Page<CountedPolicy>, IamError> {
    let target = Target::Listing(IamKind::Policy, filter.path_prefix.clone());
    call.read(Asked::new("ListPolicies", target), |directory, _| {
        let mut policies = Vec::new();
        if filter.aws && AwsManagedPolicy::PATH.starts_with(&filter.path_prefix) {
            for policy in &aws_managed::POLICIES {
                policies.push(counted(directory, AnyPolicy::Aws(policy))?);
            }
        }
        if filter.local {
            policies.extend(customers(directory, &filter.path_prefix)?);
        }
        policies.retain(|policy| match filter.usage {
            _ if filter.only_attached && policy.attachments == 0 => false,
            Some(IamRelation::Boundary) => policy.boundaries > 0,
            Some(_) => policy.attachments > 0,
            None => true,
        });
        Ok(page.of(policies, |policy| policy.arn.clone()))
    })
}

/// All policies of the customer below a path.
pub(crate) fn customers(
    directory: &Directory<'_>,
    path_prefix: &str,
) -> Result<Vec<CountedPolicy>, IamError> {
    let mut policies = Vec::new();
    for policy in managed_policy::all(directory)? {
        if policy.path.starts_with(path_prefix) {
            policies.push(counted(directory, AnyPolicy::Customer(policy))?);
        }
    }
    Ok(policies)
}

/// Adds the counts to a policy.
pub(crate) fn counted(
    directory: &Directory<'_>,
    policy: AnyPolicy,
) -> Result<CountedPolicy, IamError> {
    let arn = policy.arn(directory.account);
    let attachments = attachment::count(directory, &arn, IamRelation::Attached)?;
    let boundaries = attachment::count(directory, &arn, IamRelation::Boundary)?;
    Ok(CountedPolicy { policy, arn, attachments, boundaries })
}

/// DeletePolicy.
pub async fn delete(call: &ApiCall<'_>, arn: &str) -> Result<(), IamError> {
    change(call, "DeletePolicy", arn, managed_policy::delete).await
}

/// CreatePolicyVersion: the version, and whether it is in force.
pub async fn create_version(
    call: &ApiCall<'_>,
    arn: &str,
    document: String,
    set_as_default: bool,
) -> Result<(PolicyVersion, bool), IamError> {
    change(call, "CreatePolicyVersion", arn, move |directory, arn| {
        managed_policy::create_version(directory, arn, &document, set_as_default)
    })
    .await
}

/// SetDefaultPolicyVersion.
pub async fn set_default_version(
    call: &ApiCall<'_>,
    arn: &str,
    version: String,
) -> Result<(), IamError> {
    change(call, "SetDefaultPolicyVersion", arn, move |directory, arn| {
        managed_policy::set_default_version(directory, arn, &version)
    })
    .await
}

/// DeletePolicyVersion.
pub async fn delete_version(
    call: &ApiCall<'_>,
    arn: &str,
    version: String,
) -> Result<(), IamError> {
    change(call, "DeletePolicyVersion", arn, move |directory, arn| {
        managed_policy::delete_version(directory, arn, &version)
    })
    .await
}

/// GetPolicyVersion: the version, and whether it is in force.
pub fn get_version(
    call: &ApiCall<'_>,
    arn: &str,
    version: &str,
) -> Result<(PolicyVersion, bool), IamError> {
    call.read(Asked::new("GetPolicyVersion", Target::arn(arn)), |directory, authorized| {
        managed_policy::get_version(directory, authorized.name(), version)
    })
}

/// ListPolicyVersions: the versions, and whether they are in force.
pub fn versions(call: &ApiCall<'_>, arn: &str) -> Result<Vec<(PolicyVersion, bool)>, IamError> {
    call.read(Asked::new("ListPolicyVersions", Target::arn(arn)), |directory, authorized| {
        managed_policy::versions(directory, authorized.name())
    })
}

async fn change<T: Send + 'static>(
    call: &ApiCall<'_>,
    action: &str,
    arn: &str,
    change: impl FnOnce(&Directory<'_>, &str) -> Result<T, IamError> + Send + 'static,
) -> Result<T, IamError> {
    let asked = Asked::new(action, Target::arn(arn));
    call.write(asked, move |directory, authorized| change(directory, authorized.name())).await
}
