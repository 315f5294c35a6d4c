//! Users, groups and roles: creating, renaming, deleting, listing.
//!
//! AWS: IAM API reference, CreateUser, CreateGroup, CreateRole and their neighbours.

use authz::policy::with_arns;
use model::limits::{IAM_GROUPS_MAX, IAM_ROLES_MAX, IAM_USERS_MAX};
use model::{IamKind, IamRelation};

use crate::entity::{Identity, RoleDetail, Tag, key_of};
use crate::page::{Page, PageRequest};
use crate::tables::Directory;
use crate::{IamError, boundary, policy_document, validate};

/// Shortest session that a role may be limited to. AWS: IAM API reference, CreateRole.
const MAX_SESSION_SECONDS_MIN: u32 = 3600;
/// Longest session that a role may allow. AWS: IAM API reference, CreateRole.
const MAX_SESSION_SECONDS_MAX: u32 = 43_200;

/// A user, group or role to be created.
#[derive(Clone, Debug)]
pub struct NewIdentity {
    /// Which of the three.
    pub kind: IamKind,
    /// Its path.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Roles: what only they have.
    pub role: Option<RoleDetail>,
}

/// Creates it. Errors: `ValidationError`, `EntityAlreadyExists`, `LimitExceeded`,
/// `NoSuchEntity` (boundary), `MalformedPolicyDocument` (trust policy).
/// `id` is its unique id, new.
pub fn create(
    directory: &Directory<'_>,
    id: String,
    mut new: NewIdentity,
) -> Result<Identity, IamError> {
    validate_name(new.kind, &new.name)?;
    validate::path(&new.path)?;
    validate::tags(&new.tags)?;
    if let Some(role) = &mut new.role {
        validate_role(role)?;
        let names = directory.tables.principals();
        role.trust_policy = policy_document::kept_trust_policy(&role.trust_policy, names)?;
    }
    if let Some(arn) = &new.boundary {
        boundary::check(directory, arn)?;
    }
    refuse_taken(directory, new.kind, &new.name)?;
    let (quota, limit) = quota(new.kind);
    if directory.tables.count(new.kind)? >= limit {
        return Err(IamError::quota(quota, limit));
    }
    let identity = Identity {
        kind: new.kind,
        path: new.path,
        name: new.name,
        id,
        created: directory.now,
        tags: new.tags,
        inline_policies: std::collections::BTreeMap::new(),
        attached_policies: Vec::new(),
        boundary: new.boundary,
        groups: std::collections::BTreeSet::new(),
        role: new.role,
    };
    directory.put_identity(&identity)?;
    Ok(shown(directory, identity))
}

/// As answers show it: a trust policy names users and roles by the ARNs that they have now (POL-3).
pub fn shown(directory: &Directory<'_>, mut identity: Identity) -> Identity {
    if let Some(role) = &mut identity.role {
        role.trust_policy = with_arns(&role.trust_policy, directory.tables.principals());
    }
    identity
}

/// Gives a user or group another path or name; its unique id stays. Errors: `ValidationError`,
/// `NoSuchEntity`, `EntityAlreadyExists`.
pub fn update(
    directory: &Directory<'_>,
    kind: IamKind,
    name: &str,
    new_path: Option<&str>,
    new_name: Option<&str>,
) -> Result<(), IamError> {
    let mut identity = directory.identity(kind, name)?;
    if let Some(path) = new_path {
        validate::path(path)?;
        path.clone_into(&mut identity.path);
    }
    let old_key = identity.key();
    let Some(new_name) = new_name else { return directory.put_identity(&identity) };
    validate_name(kind, new_name)?;
    let new_key = key_of(new_name);
    if new_key != old_key {
        refuse_taken(directory, kind, new_name)?;
        directory.tables.delete(kind, &old_key)?;
    }
    new_name.clone_into(&mut identity.name);
    directory.put_identity(&identity)?;
    if kind == IamKind::Group && new_key != old_key {
        rename_in_members(directory, &old_key, &new_key)?;
    }
    Ok(())
}

fn rename_in_members(directory: &Directory<'_>, old: &str, new: &str) -> Result<(), IamError> {
    for (kind, key) in directory.tables.holders(IamRelation::Member, old)? {
        let mut member = directory.identity_by_key(kind, &key)?;
        member.groups.remove(old);
        member.groups.insert(new.to_owned());
        directory.put_identity(&member)?;
    }
    Ok(())
}

/// Deletes what nothing hangs on any more. Errors: `NoSuchEntity`, `DeleteConflict`.
pub fn delete(directory: &Directory<'_>, kind: IamKind, name: &str) -> Result<(), IamError> {
    let identity = directory.identity(kind, name)?;
    let conflict = |message: &'static str| Err(IamError::conflict(message));
    if !directory.tables.holders(IamRelation::Member, &identity.key())?.is_empty()
        && kind == IamKind::Group
    {
        return conflict("Cannot delete entity, must remove users from group first.");
    }
    if !identity.groups.is_empty() {
        return conflict("Cannot delete entity, must remove users from group first.");
    }
    if !identity.attached_policies.is_empty() {
        return conflict("Cannot delete entity, must detach all policies first.");
    }
    if !identity.inline_policies.is_empty() {
        return conflict("Cannot delete entity, must delete policies first.");
    }
    if kind == IamKind::User && !directory.tables.access_keys(Some(&identity.id))?.is_empty() {
        return conflict("Cannot delete entity, must delete access keys first.");
    }
    directory.tables.delete(kind, &identity.key())
}

/// A page of a kind by name, of those below a path.
pub fn list(
    directory: &Directory<'_>,
    kind: IamKind,
    path_prefix: &str,
    page: &PageRequest,
) -> Result<Page<Identity>, IamError> {
    validate::path_prefix(path_prefix)?;
    page.of_rows(directory, kind, |document| {
        let identity: Identity = crate::tables::read(document)?;
        let wanted = identity.path.starts_with(path_prefix);
        Ok(wanted.then(|| shown(directory, identity)))
    })
}

/// All of a kind by name, as answers show them.
pub fn all(directory: &Directory<'_>, kind: IamKind) -> Result<Vec<Identity>, IamError> {
    let (_, limit) = quota(kind);
    let rows = directory.tables.page(kind, "", limit)?;
    let read = |document: &str| Ok(shown(directory, crate::tables::read(document)?));
    rows.iter().map(|(_, document)| read(document)).collect()
}

/// UpdateRole and UpdateRoleDescription: what is given replaces what was. Errors: `NoSuchEntity`,
/// `ValidationError`.
pub fn update_role(
    directory: &Directory<'_>,
    name: &str,
    description: Option<&str>,
    max_session_seconds: Option<u32>,
) -> Result<Identity, IamError> {
    change_role(directory, name, |role| {
        if let Some(description) = description {
            role.description = Some(description.to_owned());
        }
        role.max_session_seconds = max_session_seconds.unwrap_or(role.max_session_seconds);
        validate_role(role)
    })
}

/// UpdateAssumeRolePolicy. Errors: `NoSuchEntity`, `MalformedPolicyDocument`, `LimitExceeded`.
pub fn update_trust_policy(
    directory: &Directory<'_>,
    name: &str,
    document: &str,
) -> Result<Identity, IamError> {
    change_role(directory, name, |role| {
        let names = directory.tables.principals();
        role.trust_policy = policy_document::kept_trust_policy(document, names)?;
        Ok(())
    })
}

fn change_role(
    directory: &Directory<'_>,
    name: &str,
    change: impl FnOnce(&mut RoleDetail) -> Result<(), IamError>,
) -> Result<Identity, IamError> {
    let mut identity = directory.identity(IamKind::Role, name)?;
    let no_role = || IamError::internal("a role without what roles have");
    let role = identity.role.as_mut().ok_or_else(no_role)?;
    change(role)?;
    directory.put_identity(&identity)?;
    Ok(shown(directory, identity))
}

fn validate_role(role: &RoleDetail) -> Result<(), IamError> {
    if let Some(description) = &role.description {
        validate::description(description)?;
    }
    let seconds = role.max_session_seconds;
    let (min, max) = (MAX_SESSION_SECONDS_MIN, MAX_SESSION_SECONDS_MAX);
    let refused =
        |rule: String| Err(validate::constraint("maxSessionDuration", &seconds.to_string(), &rule));
    if seconds < min {
        return refused(format!("Member must have value greater than or equal to {min}"));
    }
    if seconds > max {
        return refused(format!("Member must have value less than or equal to {max}"));
    }
    Ok(())
}

fn validate_name(kind: IamKind, name: &str) -> Result<(), IamError> {
    match kind {
        IamKind::Group => validate::group_name("groupName", name),
        IamKind::Role => validate::user_name("roleName", name),
        _ => validate::user_name("userName", name),
    }
}

fn refuse_taken(directory: &Directory<'_>, kind: IamKind, name: &str) -> Result<(), IamError> {
    if directory.tables.get(kind, &key_of(name))?.is_none() {
        return Ok(());
    }
    Err(IamError::exists(format!("{} with name {name} already exists.", kind.noun())))
}

/// The name of the quota, and its size.
fn quota(kind: IamKind) -> (&'static str, usize) {
    match kind {
        IamKind::Group => ("GroupsPerAccount", IAM_GROUPS_MAX),
        IamKind::Role => ("RolesPerAccount", IAM_ROLES_MAX),
        _ => ("UsersPerAccount", IAM_USERS_MAX),
    }
}
