//! Tags of users, roles, policies and providers.

use iam::IamError;
use iam::tag::TagChange;
use model::IamKind;
use ops::iam::tag;

use super::{element, identity};
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

fn name<'a>(call: &Call<'a>, kind: IamKind) -> Result<&'a str, IamError> {
    match kind {
        IamKind::Policy => call.parameters.required("PolicyArn"),
        IamKind::OpenIdConnectProvider => call.parameters.required("OpenIDConnectProviderArn"),
        _ => identity::name(call, kind),
    }
}

pub(super) async fn set(call: &Call<'_>, kind: IamKind) -> Outcome {
    let change = TagChange::Set(call.parameters.tags()?);
    tag::change(&call.api(), kind, name(call, kind)?, change).await?;
    Ok(None)
}

pub(super) async fn remove(call: &Call<'_>, kind: IamKind) -> Outcome {
    let change = TagChange::Remove(call.parameters.list("TagKeys")?);
    tag::change(&call.api(), kind, name(call, kind)?, change).await?;
    Ok(None)
}

pub(super) fn list(call: &Call<'_>, kind: IamKind) -> Outcome {
    let tags = tag::list(&call.api(), kind, name(call, kind)?)?;
    let page = call.page()?.of(tags, |tag| tag.key.clone());
    let mut xml = Xml::default();
    element::tags(&mut xml, &page.items);
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}
