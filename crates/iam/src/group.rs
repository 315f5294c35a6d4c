//! Who is in which group.
//!
//! AWS: IAM API reference, AddUserToGroup, RemoveUserFromGroup, ListGroupsForUser, GetGroup.

use model::limits::IAM_GROUPS_PER_USER_MAX;
use model::{IamKind, IamRelation};

use crate::IamError;
use crate::entity::{Identity, key_of};
use crate::tables::Directory;

/// Puts a user into a group; done also if it is in it. Errors: `NoSuchEntity`, `LimitExceeded`.
pub fn add_user(directory: &Directory<'_>, group: &str, user: &str) -> Result<(), IamError> {
    directory.identity(IamKind::Group, group)?;
    let mut user = directory.identity(IamKind::User, user)?;
    user.groups.insert(key_of(group));
    if user.groups.len() > IAM_GROUPS_PER_USER_MAX {
        return Err(IamError::quota("GroupsPerUser", IAM_GROUPS_PER_USER_MAX));
    }
    directory.put_identity(&user)
}

/// Takes a user out of a group; done also if it is not in it. Errors: `NoSuchEntity`.
pub fn remove_user(directory: &Directory<'_>, group: &str, user: &str) -> Result<(), IamError> {
    directory.identity(IamKind::Group, group)?;
    let mut user = directory.identity(IamKind::User, user)?;
    user.groups.remove(&key_of(group));
    directory.put_identity(&user)
}

/// The groups of a user. A group that is named and missing is an error, since its policies might
/// have denied something.
pub fn groups_of(directory: &Directory<'_>, user: &Identity) -> Result<Vec<Identity>, IamError> {
    user.groups.iter().map(|key| directory.identity_by_key(IamKind::Group, key)).collect()
}

/// The members of a group. Errors: `NoSuchEntity`.
pub fn members(
    directory: &Directory<'_>,
    group: &str,
) -> Result<(Identity, Vec<Identity>), IamError> {
    let group = directory.identity(IamKind::Group, group)?;
    let holders = directory.tables.holders(IamRelation::Member, &group.key())?;
    let users = holders.into_iter().map(|(kind, key)| directory.identity_by_key(kind, &key));
    let users = users.collect::<Result<_, _>>()?;
    Ok((group, users))
}
