//! What belongs to the account itself: its alias, and how much it holds.
//!
//! AWS: IAM API reference, CreateAccountAlias, GetAccountSummary and their neighbours.

use model::IamKind;
use model::limits::{
    IAM_ACCESS_KEYS_PER_USER_MAX, IAM_ATTACHED_POLICIES_MAX, IAM_GROUP_POLICY_CHARACTERS_MAX,
    IAM_GROUPS_MAX, IAM_GROUPS_PER_USER_MAX, IAM_MANAGED_POLICY_CHARACTERS_MAX, IAM_POLICIES_MAX,
    IAM_POLICY_VERSIONS_MAX, IAM_ROLE_POLICY_CHARACTERS_MAX, IAM_ROLES_MAX,
    IAM_TRUST_POLICY_CHARACTERS_MAX, IAM_USER_POLICY_CHARACTERS_MAX, IAM_USERS_MAX,
};

use crate::entity::AccountSettings;
use crate::tables::Directory;
use crate::{IamError, validate};

/// Shortest alias. AWS: IAM API reference, CreateAccountAlias.
const ALIAS_LENGTH_MIN: usize = 3;
/// Longest alias. AWS: IAM API reference, CreateAccountAlias.
const ALIAS_LENGTH_MAX: usize = 63;

/// Sets the alias. Errors: `ValidationError`.
pub fn create_alias(directory: &Directory<'_>, alias: &str) -> Result<(), IamError> {
    validate::length("accountAlias", alias, ALIAS_LENGTH_MIN, ALIAS_LENGTH_MAX)?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let framed = !alias.starts_with('-') && !alias.ends_with('-') && !alias.contains("--");
    if !framed || !alias.bytes().all(allowed) {
        let rule = "Member must satisfy regular expression pattern: \
                    ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";
        return Err(validate::constraint("accountAlias", alias, rule));
    }
    put(directory, &AccountSettings { alias: Some(alias.to_owned()) })
}

/// Removes the alias. Errors: `NoSuchEntity`.
pub fn delete_alias(directory: &Directory<'_>, alias: &str) -> Result<(), IamError> {
    if directory.account_settings()?.alias.as_deref() != Some(alias) {
        return Err(IamError::missing(format!("The account alias {alias} cannot be found.")));
    }
    put(directory, &AccountSettings { alias: None })
}

fn put(directory: &Directory<'_>, settings: &AccountSettings) -> Result<(), IamError> {
    directory.put_document(IamKind::Account, "", None, settings)
}

/// The counts and quotas of GetAccountSummary, by name.
pub fn summary(directory: &Directory<'_>) -> Result<Vec<(&'static str, usize)>, IamError> {
    let count = |kind| directory.tables.count(kind);
    let root_has_keys = !directory.tables.access_keys(None)?.is_empty();
    Ok(vec![
        ("AccessKeysPerUserQuota", IAM_ACCESS_KEYS_PER_USER_MAX),
        ("AccountAccessKeysPresent", usize::from(root_has_keys)),
        ("AccountMFAEnabled", 0),
        ("AccountSigningCertificatesPresent", 0),
        ("AssumeRolePolicySizeQuota", IAM_TRUST_POLICY_CHARACTERS_MAX),
        ("AttachedPoliciesPerGroupQuota", IAM_ATTACHED_POLICIES_MAX),
        ("AttachedPoliciesPerRoleQuota", IAM_ATTACHED_POLICIES_MAX),
        ("AttachedPoliciesPerUserQuota", IAM_ATTACHED_POLICIES_MAX),
        ("GroupPolicySizeQuota", IAM_GROUP_POLICY_CHARACTERS_MAX),
        ("Groups", count(IamKind::Group)?),
        ("GroupsPerUserQuota", IAM_GROUPS_PER_USER_MAX),
        ("GroupsQuota", IAM_GROUPS_MAX),
        ("MFADevices", 0),
        ("MFADevicesInUse", 0),
        ("Policies", count(IamKind::Policy)?),
        ("PoliciesQuota", IAM_POLICIES_MAX),
        ("PolicySizeQuota", IAM_MANAGED_POLICY_CHARACTERS_MAX),
        ("Providers", count(IamKind::OpenIdConnectProvider)?),
        ("RolePolicySizeQuota", IAM_ROLE_POLICY_CHARACTERS_MAX),
        ("Roles", count(IamKind::Role)?),
        ("RolesQuota", IAM_ROLES_MAX),
        ("ServerCertificates", 0),
        ("UserPolicySizeQuota", IAM_USER_POLICY_CHARACTERS_MAX),
        ("Users", count(IamKind::User)?),
        ("UsersQuota", IAM_USERS_MAX),
        ("VersionsPerPolicyQuota", IAM_POLICY_VERSIONS_MAX),
    ])
}
