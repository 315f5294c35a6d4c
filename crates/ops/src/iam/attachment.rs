//! Managed policies on users, groups and roles.

use iam::managed_policy::AnyPolicy;
use iam::{IamError, Identity, attachment};
use model::{IamKind, IamRelation};

use super::{ApiCall, Asked, Target};

/// AttachUserPolicy, AttachGroupPolicy, AttachRolePolicy.
pub async fn attach(
    call: &ApiCall<'_>,
    kind: IamKind,
    identity: &str,
    arn: String,
) -> Result<(), IamError> {
    let action = format!("Attach{}Policy", kind.noun());
    let asked =
        Asked::new(&action, Target::identity(kind, identity)).with("iam:PolicyARN", Some(&arn));
    call.write(asked, move |directory, authorized| {
        attachment::attach(directory, kind, authorized.name(), &arn)
    })
    .await
}

/// DetachUserPolicy, DetachGroupPolicy, DetachRolePolicy.
pub async fn detach(
    call: &ApiCall<'_>,
    kind: IamKind,
    identity: &str,
    arn: String,
) -> Result<(), IamError> {
    let action = format!("Detach{}Policy", kind.noun());
    let asked =
        Asked::new(&action, Target::identity(kind, identity)).with("iam:PolicyARN", Some(&arn));
    call.write(asked, move |directory, authorized| {
        attachment::detach(directory, kind, authorized.name(), &arn)
    })
    .await
}

/// ListAttachedUserPolicies, ListAttachedGroupPolicies, ListAttachedRolePolicies: ARN and name of
/// those whose path begins so.
pub fn list(
    call: &ApiCall<'_>,
    kind: IamKind,
    identity: &str,
    path_prefix: &str,
) -> Result<Vec<(String, String)>, IamError> {
    let action = format!("ListAttached{}Policies", kind.noun());
    call.read(Asked::new(&action, Target::identity(kind, identity)), |directory, authorized| {
        let identity = directory.identity(kind, authorized.name())?;
        let attached = attachment::attached(directory, &identity)?.into_iter();
        let below = attached.filter(|(_, policy)| path_of(policy).starts_with(path_prefix));
        Ok(below.map(|(arn, policy)| (arn, policy.name().to_owned())).collect())
    })
}

fn path_of(policy: &AnyPolicy) -> &str {
    match policy {
        AnyPolicy::Customer(policy) => &policy.path,
        AnyPolicy::Aws(_) => "/",
    }
}

/// ListEntitiesForPolicy: who bears it, as attached policy or as boundary.
pub fn entities(
    call: &ApiCall<'_>,
    arn: &str,
    relations: &[IamRelation],
) -> Result<Vec<Identity>, IamError> {
    call.read(Asked::new("ListEntitiesForPolicy", Target::arn(arn)), |directory, authorized| {
        let mut bearers: Vec<Identity> = Vec::new();
        for &relation in relations {
            for bearer in attachment::bearers(directory, authorized.name(), relation)? {
                if !bearers.iter().any(|known| known.id == bearer.id) {
                    bearers.push(bearer);
                }
            }
        }
        Ok(bearers)
    })
}
