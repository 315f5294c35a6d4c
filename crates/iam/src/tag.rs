//! Tags of users, roles, policies and providers.
//!
//! AWS: IAM API reference, TagUser, UntagUser, ListUserTags and their neighbours.

use model::IamKind;
use model::limits::IAM_TAGS_MAX;

use crate::entity::{OpenIdConnectProvider, Tag};
use crate::managed_policy::{self, AnyPolicy};
use crate::tables::Directory;
use crate::{IamError, IamErrorCode, oidc_provider, validate};

/// A change of tags.
#[derive(Clone, Debug)]
pub enum TagChange {
    /// Adds tags, or gives those that are there another value.
    Set(Vec<Tag>),
    /// Removes tags by their keys; done also for those that are not there.
    Remove(Vec<String>),
}

/// The tags of something: a user or role by its name, a policy or provider by its ARN. Errors:
/// `NoSuchEntity`.
pub fn list(directory: &Directory<'_>, kind: IamKind, name: &str) -> Result<Vec<Tag>, IamError> {
    Ok(match kind {
        IamKind::Policy => match managed_policy::get(directory, name)? {
            AnyPolicy::Customer(policy) => policy.tags,
            AnyPolicy::Aws(_) => Vec::new(),
        },
        IamKind::OpenIdConnectProvider => oidc_provider::get(directory, name)?.tags,
        _ => directory.identity(kind, name)?.tags,
    })
}

/// Changes tags. Errors: `NoSuchEntity`, `ValidationError`, `InvalidInput`, `LimitExceeded`.
pub fn change(
    directory: &Directory<'_>,
    kind: IamKind,
    name: &str,
    change: TagChange,
) -> Result<(), IamError> {
    match kind {
        IamKind::Policy => match managed_policy::get(directory, name)? {
            AnyPolicy::Customer(mut policy) => {
                apply(&mut policy.tags, change)?;
                managed_policy::put(directory, &policy)
            }
            AnyPolicy::Aws(_) => Err(IamError::new(
                IamErrorCode::AccessDenied,
                "Cannot perform the operation on a policy that AWS manages.",
            )),
        },
        IamKind::OpenIdConnectProvider => {
            let mut provider: OpenIdConnectProvider = oidc_provider::get(directory, name)?;
            apply(&mut provider.tags, change)?;
            oidc_provider::put(directory, &provider)
        }
        _ => {
            let mut identity = directory.identity(kind, name)?;
            apply(&mut identity.tags, change)?;
            directory.put_identity(&identity)
        }
    }
}

/// Keys are compared without regard to letter case; the newest spelling stays.
pub(crate) fn apply(tags: &mut Vec<Tag>, change: TagChange) -> Result<(), IamError> {
    let same = |left: &str, right: &str| left.to_lowercase() == right.to_lowercase();
    match change {
        TagChange::Set(new) => {
            validate::tags(&new)?;
            tags.retain(|old| !new.iter().any(|tag| same(&tag.key, &old.key)));
            tags.extend(new);
            if tags.len() > IAM_TAGS_MAX {
                return Err(IamError::new(
                    IamErrorCode::LimitExceeded,
                    "The number of tags has reached the maximum limit.",
                ));
            }
        }
        TagChange::Remove(keys) => {
            tags.retain(|tag| !keys.iter().any(|key| same(key, &tag.key)));
        }
    }
    Ok(())
}
