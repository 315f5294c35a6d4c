//! Access keys of users and of the root user.
//!
//! AWS: IAM API reference, CreateAccessKey and its neighbours.

use model::IamKind;
use model::limits::IAM_ACCESS_KEYS_PER_USER_MAX;

use crate::IamError;
use crate::entity::AccessKey;
use crate::tables::Directory;

/// Adds a key to a user, or to the root user if `user` is none. Errors: `NoSuchEntity`,
/// `LimitExceeded`.
pub fn create(
    directory: &Directory<'_>,
    user: Option<&str>,
    id: String,
    sealed_secret: &[u8],
) -> Result<AccessKey, IamError> {
    let user = user_id(directory, user)?;
    let existing = directory.tables.access_keys(user.as_deref())?;
    if existing.len() >= IAM_ACCESS_KEYS_PER_USER_MAX {
        return Err(IamError::quota("AccessKeysPerUser", IAM_ACCESS_KEYS_PER_USER_MAX));
    }
    let key = AccessKey { id, user, active: true, created: directory.now };
    directory.tables.create_access_key(&key, sealed_secret)?;
    Ok(key)
}

/// The keys of a user or of the root user. Errors: `NoSuchEntity`.
pub fn list(directory: &Directory<'_>, user: Option<&str>) -> Result<Vec<AccessKey>, IamError> {
    directory.tables.access_keys(user_id(directory, user)?.as_deref())
}

/// Accepts or refuses a key. Errors: `NoSuchEntity`.
pub fn set_active(
    directory: &Directory<'_>,
    user: Option<&str>,
    id: &str,
    active: bool,
) -> Result<(), IamError> {
    require(directory, user, id)?;
    directory.tables.set_access_key_active(id, active)
}

/// Removes a key. Errors: `NoSuchEntity`.
pub fn delete(directory: &Directory<'_>, user: Option<&str>, id: &str) -> Result<(), IamError> {
    require(directory, user, id)?;
    directory.tables.delete_access_key(id)
}

/// A key of another user, or of another account, is as good as none.
fn require(directory: &Directory<'_>, user: Option<&str>, id: &str) -> Result<(), IamError> {
    let user = user_id(directory, user)?;
    let found = directory.tables.access_key(id)?.filter(|key| key.user == user);
    found.map(drop).ok_or_else(|| no_such_key(id))
}

/// `NoSuchEntity` about an access key.
pub fn no_such_key(id: &str) -> IamError {
    IamError::missing(format!("The Access Key with id {id} cannot be found."))
}

fn user_id(directory: &Directory<'_>, user: Option<&str>) -> Result<Option<String>, IamError> {
    user.map(|name| directory.identity(IamKind::User, name).map(|user| user.id)).transpose()
}
