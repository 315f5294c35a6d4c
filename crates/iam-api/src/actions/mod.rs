//! The actions: one row each, in the file of its noun.

mod access_key;
mod account;
mod attachment;
mod element;
mod group;
mod identity;
mod inline_policy;
mod managed_policy;
mod oidc_provider;
mod simulation;
mod sts;
mod tag;

use model::IamKind::{Group, OpenIdConnectProvider, Policy, Role, User};

use crate::service::Action;

/// Rows of `Name reads handler(what it is about);` or `Name writes …`. Those that read answer at
/// once, those that write wait for the disk or for others.
macro_rules! actions {
    ($($name:ident $how:ident $($module:ident)::+($($argument:expr),*);)*) => {
        &[$(Action {
            name: stringify!($name),
            handler: |call| actions!(@ $how $($module)::+(call $(, $argument)*)),
        }),*]
    };
    (@ reads $call:expr) => { Box::pin(std::future::ready($call)) };
    (@ writes $call:expr) => { Box::pin($call) };
}

/// The actions of IAM.
pub(crate) const IAM: &[Action] = actions! {
    CreateUser writes identity::create_user();
    GetUser reads identity::get_user();
    ListUsers reads identity::list(User);
    UpdateUser writes identity::update(User);
    DeleteUser writes identity::delete(User);
    CreateGroup writes identity::create_group();
    GetGroup reads group::get();
    ListGroups reads identity::list(Group);
    UpdateGroup writes identity::update(Group);
    DeleteGroup writes identity::delete(Group);
    AddUserToGroup writes group::add_user();
    RemoveUserFromGroup writes group::remove_user();
    ListGroupsForUser reads group::of_user();
    CreateRole writes identity::create_role();
    GetRole reads identity::get_role();
    ListRoles reads identity::list(Role);
    UpdateRole writes identity::update_role();
    UpdateRoleDescription writes identity::update_role_description();
    UpdateAssumeRolePolicy writes identity::update_trust_policy();
    DeleteRole writes identity::delete(Role);
    PutUserPermissionsBoundary writes identity::put_boundary(User);
    DeleteUserPermissionsBoundary writes identity::delete_boundary(User);
    PutRolePermissionsBoundary writes identity::put_boundary(Role);
    DeleteRolePermissionsBoundary writes identity::delete_boundary(Role);

    CreateAccessKey writes access_key::create();
    ListAccessKeys reads access_key::list();
    UpdateAccessKey writes access_key::update();
    DeleteAccessKey writes access_key::delete();
    GetAccessKeyLastUsed reads access_key::last_used();

    PutUserPolicy writes inline_policy::put(User);
    GetUserPolicy reads inline_policy::get(User);
    ListUserPolicies reads inline_policy::list(User);
    DeleteUserPolicy writes inline_policy::delete(User);
    PutGroupPolicy writes inline_policy::put(Group);
    GetGroupPolicy reads inline_policy::get(Group);
    ListGroupPolicies reads inline_policy::list(Group);
    DeleteGroupPolicy writes inline_policy::delete(Group);
    PutRolePolicy writes inline_policy::put(Role);
    GetRolePolicy reads inline_policy::get(Role);
    ListRolePolicies reads inline_policy::list(Role);
    DeleteRolePolicy writes inline_policy::delete(Role);

    CreatePolicy writes managed_policy::create();
    GetPolicy reads managed_policy::get();
    ListPolicies reads managed_policy::list();
    DeletePolicy writes managed_policy::delete();
    CreatePolicyVersion writes managed_policy::create_version();
    GetPolicyVersion reads managed_policy::get_version();
    ListPolicyVersions reads managed_policy::versions();
    SetDefaultPolicyVersion writes managed_policy::set_default_version();
    DeletePolicyVersion writes managed_policy::delete_version();
    ListEntitiesForPolicy reads attachment::entities();
    AttachUserPolicy writes attachment::attach(User);
    DetachUserPolicy writes attachment::detach(User);
    ListAttachedUserPolicies reads attachment::list(User);
    AttachGroupPolicy writes attachment::attach(Group);
    DetachGroupPolicy writes attachment::detach(Group);
    ListAttachedGroupPolicies reads attachment::list(Group);
    AttachRolePolicy writes attachment::attach(Role);
    DetachRolePolicy writes attachment::detach(Role);
    ListAttachedRolePolicies reads attachment::list(Role);

    TagUser writes tag::set(User);
    UntagUser writes tag::remove(User);
    ListUserTags reads tag::list(User);
    TagRole writes tag::set(Role);
    UntagRole writes tag::remove(Role);
    ListRoleTags reads tag::list(Role);
    TagPolicy writes tag::set(Policy);
    UntagPolicy writes tag::remove(Policy);
    ListPolicyTags reads tag::list(Policy);
    TagOpenIDConnectProvider writes tag::set(OpenIdConnectProvider);
    UntagOpenIDConnectProvider writes tag::remove(OpenIdConnectProvider);
    ListOpenIDConnectProviderTags reads tag::list(OpenIdConnectProvider);

    CreateOpenIDConnectProvider writes oidc_provider::create();
    GetOpenIDConnectProvider reads oidc_provider::get();
    ListOpenIDConnectProviders reads oidc_provider::list();
    DeleteOpenIDConnectProvider writes oidc_provider::delete();
    AddClientIDToOpenIDConnectProvider writes oidc_provider::add_client_id();
    RemoveClientIDFromOpenIDConnectProvider writes oidc_provider::remove_client_id();
    UpdateOpenIDConnectProviderThumbprint writes oidc_provider::update_thumbprints();

    SimulateCustomPolicy writes simulation::custom();
    SimulatePrincipalPolicy writes simulation::principal();
    GetContextKeysForCustomPolicy reads simulation::custom_context_keys();
    GetContextKeysForPrincipalPolicy reads simulation::principal_context_keys();

    CreateAccountAlias writes account::create_alias();
    DeleteAccountAlias writes account::delete_alias();
    ListAccountAliases reads account::aliases();
    GetAccountSummary reads account::summary();
    GetAccountAuthorizationDetails reads account::authorization_details();
};

/// The actions of STS.
pub(crate) const STS: &[Action] = actions! {
    GetCallerIdentity reads sts::get_caller_identity();
    GetAccessKeyInfo writes sts::get_access_key_info();
    AssumeRole reads sts::assume_role();
    AssumeRoleWithWebIdentity writes sts::assume_role_with_web_identity();
    GetSessionToken reads sts::get_session_token();
    GetFederationToken reads sts::get_federation_token();
    DecodeAuthorizationMessage reads sts::decode_authorization_message();
};

/// Actions of STS that this server does not have.
pub(crate) const STS_LACKING: &[&str] =
    &["AssumeRoleWithSAML", "AssumeRoot", "GetDelegatedAccessToken", "GetWebIdentityToken"];

/// Actions of IAM that this server does not have: what they are about exists only at AWS.
pub(crate) const IAM_LACKING: &[&str] = &[
    "AddRoleToInstanceProfile",
    "ChangePassword",
    "CreateInstanceProfile",
    "CreateLoginProfile",
    "CreateSAMLProvider",
    "CreateServiceLinkedRole",
    "CreateServiceSpecificCredential",
    "CreateVirtualMFADevice",
    "DeactivateMFADevice",
    "DeleteAccountPasswordPolicy",
    "DeleteInstanceProfile",
    "DeleteLoginProfile",
    "DeleteSAMLProvider",
    "DeleteSSHPublicKey",
    "DeleteServerCertificate",
    "DeleteServiceLinkedRole",
    "DeleteServiceSpecificCredential",
    "DeleteSigningCertificate",
    "DeleteVirtualMFADevice",
    "EnableMFADevice",
    "GenerateCredentialReport",
    "GenerateOrganizationsAccessReport",
    "GenerateServiceLastAccessedDetails",
    "GetAccountPasswordPolicy",
    "GetCredentialReport",
    "GetInstanceProfile",
    "GetLoginProfile",
    "GetMFADevice",
    "GetOrganizationsAccessReport",
    "GetSAMLProvider",
    "GetSSHPublicKey",
    "GetServerCertificate",
    "GetServiceLastAccessedDetails",
    "GetServiceLastAccessedDetailsWithEntities",
    "GetServiceLinkedRoleDeletionStatus",
    "ListInstanceProfileTags",
    "ListInstanceProfiles",
    "ListInstanceProfilesForRole",
    "ListMFADeviceTags",
    "ListMFADevices",
    "ListPoliciesGrantingServiceAccess",
    "ListSAMLProviderTags",
    "ListSAMLProviders",
    "ListSSHPublicKeys",
    "ListServerCertificateTags",
    "ListServerCertificates",
    "ListServiceSpecificCredentials",
    "ListSigningCertificates",
    "ListVirtualMFADevices",
    "RemoveRoleFromInstanceProfile",
    "ResetServiceSpecificCredential",
    "ResyncMFADevice",
    "SetSecurityTokenServicePreferences",
    "TagInstanceProfile",
    "TagMFADevice",
    "TagSAMLProvider",
    "TagServerCertificate",
    "UntagInstanceProfile",
    "UntagMFADevice",
    "UntagSAMLProvider",
    "UntagServerCertificate",
    "UpdateAccountPasswordPolicy",
    "UpdateLoginProfile",
    "UpdateSAMLProvider",
    "UpdateSSHPublicKey",
    "UpdateServerCertificate",
    "UpdateServiceSpecificCredential",
    "UpdateSigningCertificate",
    "UploadSSHPublicKey",
    "UploadServerCertificate",
    "UploadSigningCertificate",
];
