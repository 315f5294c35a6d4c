//! Who is in which group.

use model::IamKind;
use ops::iam::group;

use super::{element, identity};
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

pub(super) async fn add_user(call: &Call<'_>) -> Outcome {
    let user = call.parameters.owned("UserName")?;
    group::add_user(&call.api(), identity::name(call, IamKind::Group)?, user).await?;
    Ok(None)
}

pub(super) async fn remove_user(call: &Call<'_>) -> Outcome {
    let user = call.parameters.owned("UserName")?;
    group::remove_user(&call.api(), identity::name(call, IamKind::Group)?, user).await?;
    Ok(None)
}

pub(super) fn get(call: &Call<'_>) -> Outcome {
    let (group, users) = group::get(&call.api(), identity::name(call, IamKind::Group)?)?;
    let page = call.page()?.of(users, iam::Identity::key);
    let account = element::account(call)?;
    let mut xml = Xml::default();
    xml.element("Group", |xml| element::identity(xml, account, &group, false));
    xml.list("Users", &page.items, |xml, user| element::identity(xml, account, user, true));
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) fn of_user(call: &Call<'_>) -> Outcome {
    let groups = group::of_user(&call.api(), identity::name(call, IamKind::User)?)?;
    let page = call.page()?.of(groups, iam::Identity::key);
    let account = element::account(call)?;
    let mut xml = Xml::default();
    xml.list("Groups", &page.items, |xml, group| element::identity(xml, account, group, true));
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}
