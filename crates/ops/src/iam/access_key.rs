//! Access keys of users, and of the root user where no user is named.

use iam::{AccessKey, IamError, access_key};
use identity::{SecretAccessKey, generate};
use meta::AccessKeyUse;
use model::S3Error;

use super::{ApiCall, Asked, Target};

/// A new key with its secret, which is readable nowhere else.
#[derive(Clone, Debug)]
pub struct CreatedKey {
    /// The key.
    pub key: AccessKey,
    /// Its secret.
    pub secret: SecretAccessKey,
    /// The name of its user; none for the root user.
    pub user: Option<String>,
}

/// CreateAccessKey.
pub async fn create(call: &ApiCall<'_>, user: Option<&str>) -> Result<CreatedKey, IamError> {
    let target = call.user_or_caller(user)?;
    let id = generate::access_key_id().map_err(S3Error::internal)?;
    let secret = generate::secret_access_key().map_err(S3Error::internal)?;
    let sealed = call.store.vault.master_key().seal(&secret, &id).map_err(S3Error::internal)?;
    let made = call.write(Asked::new("CreateAccessKey", target), move |directory, authorized| {
        let user = user_of(authorized.target());
        let key = access_key::create(directory, user.as_deref(), id, &sealed)?;
        Ok((key, user))
    });
    let (key, user) = made.await?;
    Ok(CreatedKey { key, secret, user })
}

/// ListAccessKeys: the name of the user, and its keys.
pub fn list(
    call: &ApiCall<'_>,
    user: Option<&str>,
) -> Result<(Option<String>, Vec<AccessKey>), IamError> {
    let target = call.user_or_caller(user)?;
    call.read(Asked::new("ListAccessKeys", target), |directory, authorized| {
        let user = user_of(authorized.target());
        let keys = access_key::list(directory, user.as_deref())?;
        Ok((user, keys))
    })
}

/// UpdateAccessKey.
pub async fn set_active(
    call: &ApiCall<'_>,
    user: Option<&str>,
    id: String,
    active: bool,
) -> Result<(), IamError> {
    let target = call.user_or_caller(user)?;
    call.write(Asked::new("UpdateAccessKey", target), move |directory, authorized| {
        let user = user_of(authorized.target());
        access_key::set_active(directory, user.as_deref(), &id, active)
    })
    .await
}

/// DeleteAccessKey.
pub async fn delete(call: &ApiCall<'_>, user: Option<&str>, id: String) -> Result<(), IamError> {
    let target = call.user_or_caller(user)?;
    call.write(Asked::new("DeleteAccessKey", target), move |directory, authorized| {
        let user = user_of(authorized.target());
        access_key::delete(directory, user.as_deref(), &id)
    })
    .await
}

/// GetAccessKeyLastUsed: the name of its user, and when it was used last.
pub fn last_used(
    call: &ApiCall<'_>,
    id: &str,
) -> Result<(Option<String>, Option<AccessKeyUse>), IamError> {
    let owner = call.store.vault.key_owner(call.caller, id)?;
    let target = owner.unwrap_or(Target::Everything);
    call.read(Asked::new("GetAccessKeyLastUsed", target), |_, authorized| {
        if *authorized.target() == Target::Everything {
            return Err(access_key::no_such_key(id));
        }
        Ok((user_of(authorized.target()), call.store.vault.last_use(id)?))
    })
}

fn user_of(target: &Target) -> Option<String> {
    match target {
        Target::Identity(_, name) => Some(name.clone()),
        _ => None,
    }
}
