//! The policies that speak for a user or role.

use model::IamKind;

use crate::entity::Identity;
use crate::tables::Directory;
use crate::{IamError, attachment, group, managed_policy};

/// One policy that somebody bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BornePolicy {
    /// Its name.
    pub name: String,
    /// The ARN of a managed policy; none for inline policies.
    pub arn: Option<String>,
    /// The user, group or role that has it.
    pub holder: (IamKind, String),
    /// The document.
    pub document: String,
}

/// Everything that bounds what a user or role may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bearings {
    /// Inline and attached policies, those of the user's groups included.
    pub policies: Vec<BornePolicy>,
    /// The document of the permissions boundary.
    pub boundary: Option<BornePolicy>,
}

/// What a user or role bears. Everything that is named has to be there: a policy that cannot be
/// read might have denied something.
pub fn bearings(directory: &Directory<'_>, identity: &Identity) -> Result<Bearings, IamError> {
    let mut policies = policies_of(directory, identity)?;
    if identity.kind == IamKind::User {
        for group in group::groups_of(directory, identity)? {
            policies.extend(policies_of(directory, &group)?);
        }
    }
    let boundary = match &identity.boundary {
        None => None,
        Some(arn) => {
            let gone = || IamError::internal(format!("boundary {arn} is missing"));
            let policy = managed_policy::find(directory, arn)?.ok_or_else(gone)?;
            Some(borne(identity, policy.name(), Some(arn), policy.document()?))
        }
    };
    Ok(Bearings { policies, boundary })
}

fn policies_of(
    directory: &Directory<'_>,
    identity: &Identity,
) -> Result<Vec<BornePolicy>, IamError> {
    let inline = identity.inline_policies.iter();
    let mut policies: Vec<_> =
        inline.map(|(name, document)| borne(identity, name, None, document)).collect();
    for (arn, policy) in attachment::attached(directory, identity)? {
        policies.push(borne(identity, policy.name(), Some(&arn), policy.document()?));
    }
    Ok(policies)
}

fn borne(holder: &Identity, name: &str, arn: Option<&str>, document: &str) -> BornePolicy {
    BornePolicy {
        name: name.to_owned(),
        arn: arn.map(str::to_owned),
        holder: (holder.kind, holder.name.clone()),
        document: document.to_owned(),
    }
}
