//! Policies that are part of a user, group or role.

use iam::{IamError, inline_policy};
use model::IamKind;

use super::{ApiCall, Asked, Target};

fn asked(verb: &str, noun: &str, kind: IamKind, identity: &str) -> Asked {
    Asked::new(&format!("{verb}{}{noun}", kind.noun()), Target::identity(kind, identity))
}

/// PutUserPolicy, PutGroupPolicy, PutRolePolicy.
pub async fn put(
    call: &ApiCall<'_>,
    kind: IamKind,
    identity: &str,
    name: String,
    document: String,
) -> Result<(), IamError> {
    call.write(asked("Put", "Policy", kind, identity), move |directory, authorized| {
        inline_policy::put(directory, kind, authorized.name(), &name, &document)
    })
    .await
}

/// GetUserPolicy, GetGroupPolicy, GetRolePolicy: the document as it was received.
pub fn get(
    call: &ApiCall<'_>,
    kind: IamKind,
    identity: &str,
    name: &str,
) -> Result<String, IamError> {
    call.read(asked("Get", "Policy", kind, identity), |directory, authorized| {
        inline_policy::get(directory, kind, authorized.name(), name)
    })
}

/// ListUserPolicies, ListGroupPolicies, ListRolePolicies: the names.
pub fn list(call: &ApiCall<'_>, kind: IamKind, identity: &str) -> Result<Vec<String>, IamError> {
    call.read(asked("List", "Policies", kind, identity), |directory, authorized| {
        let identity = directory.identity(kind, authorized.name())?;
        Ok(identity.inline_policies.into_keys().collect())
    })
}

/// DeleteUserPolicy, DeleteGroupPolicy, DeleteRolePolicy.
pub async fn delete(
    call: &ApiCall<'_>,
    kind: IamKind,
    identity: &str,
    name: String,
) -> Result<(), IamError> {
    call.write(asked("Delete", "Policy", kind, identity), move |directory, authorized| {
        inline_policy::delete(directory, kind, authorized.name(), &name)
    })
    .await
}
