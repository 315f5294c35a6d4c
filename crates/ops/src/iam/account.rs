//! What belongs to the account itself.

use iam::managed_policy::AnyPolicy;
use iam::{IamError, Identity, account, aws_managed, group, identity, managed_policy};
use model::{AccountId, IamKind};

use super::managed_policy::{CountedPolicy, counted, customers};
use super::{ApiCall, Asked, Target};

/// CreateAccountAlias.
pub async fn create_alias(call: &ApiCall<'_>, alias: String) -> Result<(), IamError> {
    let asked = Asked::new("CreateAccountAlias", Target::Everything);
    call.write(asked, move |directory, _| account::create_alias(directory, &alias)).await
}

/// DeleteAccountAlias.
pub async fn delete_alias(call: &ApiCall<'_>, alias: String) -> Result<(), IamError> {
    let asked = Asked::new("DeleteAccountAlias", Target::Everything);
    call.write(asked, move |directory, _| account::delete_alias(directory, &alias)).await
}

/// ListAccountAliases: at most one.
pub fn alias(call: &ApiCall<'_>) -> Result<Option<String>, IamError> {
    call.read(Asked::new("ListAccountAliases", Target::Everything), |directory, _| {
        Ok(directory.account_settings()?.alias)
    })
}

/// GetAccountSummary.
pub fn summary(call: &ApiCall<'_>) -> Result<Vec<(&'static str, usize)>, IamError> {
    let asked = Asked::new("GetAccountSummary", Target::Everything);
    call.read(asked, |directory, _| account::summary(directory))
}

/// Everything that GetAccountAuthorizationDetails tells of one account.
pub struct AuthorizationDetails {
    /// The account.
    pub account: AccountId,
    /// Users, groups and roles, each with the names of its groups and of its attached policies.
    pub identities: Vec<IdentityDetails>,
    /// Policies.
    pub policies: Vec<CountedPolicy>,
}

/// A user, group or role with the names of what it refers to.
pub struct IdentityDetails {
    /// The identity.
    pub identity: Identity,
    /// The names of a user's groups.
    pub groups: Vec<String>,
    /// Name and ARN of attached policies.
    pub attached: Vec<(String, String)>,
}

/// GetAccountAuthorizationDetails, of the kinds that the filter wants.
pub fn authorization_details(
    call: &ApiCall<'_>,
    kinds: &[IamKind],
    local_policies: bool,
    aws_policies: bool,
) -> Result<AuthorizationDetails, IamError> {
    let asked = Asked::new("GetAccountAuthorizationDetails", Target::Everything);
    call.read(asked, |directory, _| {
        let mut identities = Vec::new();
        for &kind in kinds {
            for identity in identity::all(directory, kind)? {
                let groups = group::groups_of(directory, &identity)?;
                let attached = iam::attachment::attached(directory, &identity)?;
                identities.push(IdentityDetails {
                    groups: groups.into_iter().map(|group| group.name).collect(),
                    attached: attached
                        .into_iter()
                        .map(|(arn, policy)| (policy.name().to_owned(), arn))
                        .collect(),
                    identity,
                });
            }
        }
        let mut policies = Vec::new();
        if aws_policies {
            for policy in &aws_managed::POLICIES {
                policies.push(counted(directory, AnyPolicy::Aws(policy))?);
            }
        }
        if local_policies {
            policies.extend(customers(directory, "/")?);
        }
        Ok(AuthorizationDetails { account: directory.account, identities, policies })
    })
}

/// The versions of a policy, for the details.
pub fn versions_of(policy: &AnyPolicy) -> Vec<(iam::PolicyVersion, bool)> {
    managed_policy::versions_of(policy)
}
