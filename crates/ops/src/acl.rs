//! ACLs as requests bring them, before their account ids are looked up.

use model::{
    AccessControlList, AccountId, AclRequest, CannedAcl, CanonicalUserId, Grant, Grantee, Group,
    Permission, S3Error,
};

use crate::vault::Vault;

/// An ACL whose syntax is right and whose ids are not yet known to exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AclInput {
    /// No ACL.
    #[default]
    Absent,
    /// A canned ACL.
    Canned(CannedAcl),
    /// Grant headers.
    Grants(Vec<GrantInput>),
    /// An `AccessControlPolicy` document.
    Document {
        /// `Owner/ID`.
        owner: IdInput,
        /// The grants.
        grants: Vec<GrantInput>,
    },
}

/// One grant of an [`AclInput`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantInput {
    /// Who.
    pub grantee: GranteeInput,
    /// What.
    pub permission: Permission,
}

impl GrantInput {
    /// A grant to an account that exists.
    pub(crate) fn canonical_user(id: &CanonicalUserId, permission: Permission) -> Self {
        let id = IdInput { text: id.to_string(), argument: "CanonicalUser/ID" };
        Self { grantee: GranteeInput::Account(id), permission }
    }

    /// A stored grant, asked for again.
    pub(crate) fn of(grant: &Grant) -> Self {
        match &grant.grantee {
            Grantee::CanonicalUser(id) => Self::canonical_user(id, grant.permission),
            Grantee::Group(group) => {
                Self { grantee: GranteeInput::Group(*group), permission: grant.permission }
            }
        }
    }
}

/// A grantee of an [`AclInput`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GranteeInput {
    /// An account by its id.
    Account(IdInput),
    /// A predefined group.
    Group(Group),
}

/// An account id and the argument that an error about it names (ACL-E4, ACL-E11, ACL-E12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdInput {
    /// The id as sent.
    pub text: String,
    /// `id` in headers, `CanonicalUser/ID` in documents.
    pub argument: &'static str,
}

/// Looks up every id of an ACL.
pub(crate) async fn resolve(vault: &Vault, input: &AclInput) -> Result<AclRequest, S3Error> {
    Ok(match input {
        AclInput::Absent => AclRequest::Absent,
        AclInput::Canned(canned) => AclRequest::Canned(*canned),
        AclInput::Grants(grants) => AclRequest::Grants(resolve_grants(vault, grants).await?),
        AclInput::Document { owner, grants } => {
            let owner = resolve_id(vault, owner).await?;
            let grants = resolve_grants(vault, grants).await?;
            AclRequest::Document(AccessControlList { owner, grants })
        }
    })
}

/// Looks up the ids of grants.
pub(crate) async fn resolve_grants(
    vault: &Vault,
    inputs: &[GrantInput],
) -> Result<Vec<Grant>, S3Error> {
    let mut grants = Vec::with_capacity(inputs.len());
    for input in inputs {
        let grantee = match &input.grantee {
            GranteeInput::Group(group) => Grantee::Group(*group),
            GranteeInput::Account(id) => Grantee::CanonicalUser(resolve_id(vault, id).await?),
        };
        grants.push(Grant { grantee, permission: input.permission });
    }
    Ok(grants)
}

/// A canonical user id of an existing account, the anonymous user's, or the 12 digits of an
/// existing account, which are stored as its canonical id (§2.2).
async fn resolve_id(vault: &Vault, id: &IdInput) -> Result<CanonicalUserId, S3Error> {
    let invalid = || S3Error::invalid_argument("Invalid id", id.argument, id.text.clone());
    if let Some(account_id) = AccountId::parse(&id.text) {
        let account = vault.account(account_id).await?;
        return account.map(|account| account.identity.canonical_id).ok_or_else(invalid);
    }
    let canonical_id = CanonicalUserId::parse(&id.text).ok_or_else(invalid)?;
    if canonical_id.is_anonymous() || vault.canonical_id_exists(&canonical_id).await? {
        Ok(canonical_id)
    } else {
        Err(invalid())
    }
}
