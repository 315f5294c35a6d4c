//! Users, groups and roles.

use iam::identity::NewIdentity;
use iam::{IamError, Identity, RoleDetail};
use model::{IamKind, Principal};
use ops::iam::identity::{self, AnyUser};

use super::element;
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

/// Longest session of a role whose maker does not say. AWS: IAM API reference, CreateRole.
const MAX_SESSION_SECONDS_DEFAULT: u32 = 3600;

/// `UserName`, `GroupName` or `RoleName`.
pub(super) fn name<'a>(call: &Call<'a>, kind: IamKind) -> Result<&'a str, IamError> {
    call.parameters.required(match kind {
        IamKind::Group => "GroupName",
        IamKind::Role => "RoleName",
        _ => "UserName",
    })
}

pub(super) async fn create_user(call: &Call<'_>) -> Outcome {
    create(call, IamKind::User, None).await
}

pub(super) async fn create_group(call: &Call<'_>) -> Outcome {
    create(call, IamKind::Group, None).await
}

pub(super) async fn create_role(call: &Call<'_>) -> Outcome {
    let seconds = call.parameters.number("MaxSessionDuration")?;
    let role = RoleDetail {
        trust_policy: call.parameters.owned("AssumeRolePolicyDocument")?,
        description: call.parameters.get("Description").map(str::to_owned),
        max_session_seconds: seconds.unwrap_or(MAX_SESSION_SECONDS_DEFAULT),
    };
    create(call, IamKind::Role, Some(role)).await
}

async fn create(call: &Call<'_>, kind: IamKind, role: Option<RoleDetail>) -> Outcome {
    let has_more = kind != IamKind::Group;
    let boundary = call.parameters.get("PermissionsBoundary").filter(|_| has_more);
    let new = NewIdentity {
        kind,
        path: call.parameters.get("Path").unwrap_or("/").to_owned(),
        name: name(call, kind)?.to_owned(),
        tags: if has_more { call.parameters.tags()? } else { Vec::new() },
        boundary: boundary.map(str::to_owned),
        role,
    };
    let made = identity::create(&call.api(), new).await?;
    one(call, &made)
}

fn one(call: &Call<'_>, identity: &Identity) -> Outcome {
    let account = element::account(call)?;
    let mut xml = Xml::default();
    xml.element(identity.kind.noun(), |xml| {
        element::identity(xml, account, identity, false);
    });
    Ok(Some(xml))
}

pub(super) fn get_user(call: &Call<'_>) -> Outcome {
    let user = identity::get_user(&call.api(), call.parameters.get("UserName"))?;
    match user {
        AnyUser::User(user) => one(call, &user),
        AnyUser::Root(account) => {
            let mut xml = Xml::default();
            xml.element("User", |xml| {
                xml.text("Path", "/").value("UserId", account);
                let arn = call.caller.arn().filter(|_| matches!(call.caller, Principal::Root(_)));
                xml.optional("Arn", arn.as_deref());
            });
            Ok(Some(xml))
        }
    }
}

pub(super) fn get_role(call: &Call<'_>) -> Outcome {
    let role = identity::get_role(&call.api(), name(call, IamKind::Role)?)?;
    one(call, &role)
}

pub(super) fn list(call: &Call<'_>, kind: IamKind) -> Outcome {
    let prefix = call.parameters.get("PathPrefix").unwrap_or("/");
    let page = identity::list(&call.api(), kind, prefix, &call.page()?)?;
    let account = element::account(call)?;
    let mut xml = Xml::default();
    xml.list(&format!("{}s", kind.noun()), &page.items, |xml, identity| {
        element::identity(xml, account, identity, true);
    });
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) async fn update(call: &Call<'_>, kind: IamKind) -> Outcome {
    let new_path = call.parameters.get("NewPath").map(str::to_owned);
    let new_name = call.parameters.get(&format!("New{}Name", kind.noun())).map(str::to_owned);
    identity::update(&call.api(), kind, name(call, kind)?, new_path, new_name).await?;
    Ok(None)
}

pub(super) async fn delete(call: &Call<'_>, kind: IamKind) -> Outcome {
    identity::delete(&call.api(), kind, name(call, kind)?).await?;
    Ok(None)
}

pub(super) async fn update_role(call: &Call<'_>) -> Outcome {
    let seconds = call.parameters.number("MaxSessionDuration")?;
    let description = call.parameters.get("Description").map(str::to_owned);
    let name = name(call, IamKind::Role)?;
    identity::update_role(&call.api(), "UpdateRole", name, description, seconds).await?;
    Ok(Some(Xml::default()))
}

pub(super) async fn update_role_description(call: &Call<'_>) -> Outcome {
    let description = Some(call.parameters.owned("Description")?);
    let (name, action) = (name(call, IamKind::Role)?, "UpdateRoleDescription");
    let role = identity::update_role(&call.api(), action, name, description, None).await?;
    one(call, &role)
}

pub(super) async fn update_trust_policy(call: &Call<'_>) -> Outcome {
    let document = call.parameters.owned("PolicyDocument")?;
    identity::update_trust_policy(&call.api(), name(call, IamKind::Role)?, document).await?;
    Ok(None)
}

pub(super) async fn put_boundary(call: &Call<'_>, kind: IamKind) -> Outcome {
    let arn = call.parameters.owned("PermissionsBoundary")?;
    identity::set_boundary(&call.api(), kind, name(call, kind)?, Some(arn)).await?;
    Ok(None)
}

pub(super) async fn delete_boundary(call: &Call<'_>, kind: IamKind) -> Outcome {
    identity::set_boundary(&call.api(), kind, name(call, kind)?, None).await?;
    Ok(None)
}
