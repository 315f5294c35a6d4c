//! Users, groups and roles.

use iam::identity::{self, NewIdentity};
use iam::{Directory, IamError, Identity, Page, PageRequest, boundary};
use model::{AccountId, IamKind, S3Error};

use super::{ApiCall, Asked, Target};

/// A user, or the root user, which is none of IAM's.
#[derive(Clone, Debug)]
pub enum AnyUser {
    /// A user of IAM.
    User(Box<Identity>),
    /// The root user of an account.
    Root(AccountId),
}

/// CreateUser, CreateGroup, CreateRole.
pub async fn create(call: &ApiCall<'_>, new: NewIdentity) -> Result<Identity, IamError> {
    let kind = new.kind;
    let prefix = kind.unique_id_prefix().unwrap_or_default();
    let id = ::identity::generate::unique_id(prefix).map_err(S3Error::internal)?;
    let target = Target::New(kind, new.path.clone(), new.name.clone());
    let asked = Asked::new(&format!("Create{}", kind.noun()), target)
        .with("iam:PermissionsBoundary", new.boundary.as_deref())
        .with_tags(&new.tags);
    call.write(asked, move |directory, _| identity::create(directory, id, new)).await
}

/// GetUser; the caller if no name is given.
pub fn get_user(call: &ApiCall<'_>, name: Option<&str>) -> Result<AnyUser, IamError> {
    let target = call.user_or_caller(name)?;
    let is_root = target == Target::Root;
    call.read(Asked::new("GetUser", target), |directory, authorized| {
        if is_root {
            return Ok(AnyUser::Root(directory.account));
        }
        directory
            .identity(IamKind::User, authorized.name())
            .map(|user| AnyUser::User(Box::new(user)))
    })
}

/// GetRole.
pub fn get_role(call: &ApiCall<'_>, name: &str) -> Result<Identity, IamError> {
    let asked = Asked::new("GetRole", Target::identity(IamKind::Role, name));
    call.read(asked, |directory, authorized| {
        let role = directory.identity(IamKind::Role, authorized.name())?;
        Ok(identity::shown(directory, role))
    })
}

/// ListUsers, ListGroups, ListRoles.
pub fn list(
    call: &ApiCall<'_>,
    kind: IamKind,
    path_prefix: &str,
    page: &PageRequest,
) -> Result<Page<Identity>, IamError> {
    let target = Target::Listing(kind, path_prefix.to_owned());
    let asked = Asked::new(&format!("List{}s", kind.noun()), target);
    call.read(asked, |directory, _| identity::list(directory, kind, path_prefix, page))
}

/// UpdateUser, UpdateGroup. Whoever renames something needs the permission for the new ARN too.
pub async fn update(
    call: &ApiCall<'_>,
    kind: IamKind,
    name: &str,
    new_path: Option<String>,
    new_name: Option<String>,
) -> Result<(), IamError> {
    let action = format!("Update{}", kind.noun());
    if new_path.is_some() || new_name.is_some() {
        let path = match &new_path {
            Some(path) => path.clone(),
            None => current_path(call, kind, name)?,
        };
        let renamed = new_name.as_deref().unwrap_or(name).to_owned();
        let asked = Asked::new(&action, Target::New(kind, path, renamed));
        crate::gate::pass_api(call, asked)?;
    }
    let asked = Asked::new(&action, Target::identity(kind, name));
    call.write(asked, move |directory, authorized| {
        let (path, name) = (new_path.as_deref(), new_name.as_deref());
        identity::update(directory, kind, authorized.name(), path, name)
    })
    .await
}

fn current_path(call: &ApiCall<'_>, kind: IamKind, name: &str) -> Result<String, IamError> {
    let asked = Asked::new(&format!("Update{}", kind.noun()), Target::identity(kind, name));
    call.read(asked, |directory, authorized| {
        directory.identity(kind, authorized.name()).map(|identity| identity.path)
    })
}

/// DeleteUser, DeleteGroup, DeleteRole.
pub async fn delete(call: &ApiCall<'_>, kind: IamKind, name: &str) -> Result<(), IamError> {
    let asked = Asked::new(&format!("Delete{}", kind.noun()), Target::identity(kind, name));
    call.write(asked, move |directory, authorized| {
        identity::delete(directory, kind, authorized.name())
    })
    .await
}

/// UpdateRole and UpdateRoleDescription, as `action` says.
pub async fn update_role(
    call: &ApiCall<'_>,
    action: &str,
    name: &str,
    description: Option<String>,
    max_session_seconds: Option<u32>,
) -> Result<Identity, IamError> {
    change_role(call, action, name, move |directory, name| {
        identity::update_role(directory, name, description.as_deref(), max_session_seconds)
    })
    .await
}

/// UpdateAssumeRolePolicy.
pub async fn update_trust_policy(
    call: &ApiCall<'_>,
    name: &str,
    document: String,
) -> Result<Identity, IamError> {
    change_role(call, "UpdateAssumeRolePolicy", name, move |directory, name| {
        identity::update_trust_policy(directory, name, &document)
    })
    .await
}

async fn change_role(
    call: &ApiCall<'_>,
    action: &str,
    name: &str,
    change: impl FnOnce(&Directory<'_>, &str) -> Result<Identity, IamError> + Send + 'static,
) -> Result<Identity, IamError> {
    let asked = Asked::new(action, Target::identity(IamKind::Role, name));
    call.write(asked, move |directory, authorized| change(directory, authorized.name())).await
}

/// PutUserPermissionsBoundary and DeleteUserPermissionsBoundary, and those of roles.
pub async fn set_boundary(
    call: &ApiCall<'_>,
    kind: IamKind,
    name: &str,
    arn: Option<String>,
) -> Result<(), IamError> {
    let verb = if arn.is_some() { "Put" } else { "Delete" };
    let action = format!("{verb}{}PermissionsBoundary", kind.noun());
    let target = Target::identity(kind, name);
    // Whoever takes a boundary away is asked about the one that is there.
    let concerned = match &arn {
        Some(arn) => Some(arn.clone()),
        None => call.store.vault.boundary_of(call.caller, kind, name)?,
    };
    let asked = Asked::new(&action, target).with("iam:PermissionsBoundary", concerned.as_deref());
    call.write(asked, move |directory, authorized| {
        boundary::set(directory, kind, authorized.name(), arn.as_deref())
    })
    .await
}
