//! Who is in which group.

use iam::{IamError, Identity, group};
use model::IamKind;

use super::{ApiCall, Asked, Target};

/// AddUserToGroup.
pub async fn add_user(call: &ApiCall<'_>, group: &str, user: String) -> Result<(), IamError> {
    let asked = Asked::new("AddUserToGroup", Target::identity(IamKind::Group, group));
    call.write(asked, move |directory, authorized| {
        group::add_user(directory, authorized.name(), &user)
    })
    .await
}

/// RemoveUserFromGroup.
pub async fn remove_user(call: &ApiCall<'_>, group: &str, user: String) -> Result<(), IamError> {
    let asked = Asked::new("RemoveUserFromGroup", Target::identity(IamKind::Group, group));
    call.write(asked, move |directory, authorized| {
        group::remove_user(directory, authorized.name(), &user)
    })
    .await
}

/// GetGroup: the group with its members.
pub fn get(call: &ApiCall<'_>, group: &str) -> Result<(Identity, Vec<Identity>), IamError> {
    let asked = Asked::new("GetGroup", Target::identity(IamKind::Group, group));
    call.read(asked, |directory, authorized| group::members(directory, authorized.name()))
}

/// ListGroupsForUser.
pub fn of_user(call: &ApiCall<'_>, user: &str) -> Result<Vec<Identity>, IamError> {
    call.read(Asked::new("ListGroupsForUser", Target::user(user)), |directory, authorized| {
        let user = directory.identity(IamKind::User, authorized.name())?;
        group::groups_of(directory, &user)
    })
}
