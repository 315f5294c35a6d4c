//! Policies that are part of a user, group or role.

use model::IamKind;
use ops::iam::inline_policy;

use super::{element, identity};
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

pub(super) async fn put(call: &Call<'_>, kind: IamKind) -> Outcome {
    let (holder, name) = (identity::name(call, kind)?, call.parameters.owned("PolicyName")?);
    let document = call.parameters.owned("PolicyDocument")?;
    inline_policy::put(&call.api(), kind, holder, name, document).await?;
    Ok(None)
}

pub(super) fn get(call: &Call<'_>, kind: IamKind) -> Outcome {
    let (holder, name) = (identity::name(call, kind)?, call.parameters.required("PolicyName")?);
    let document = inline_policy::get(&call.api(), kind, holder, name)?;
    let mut xml = Xml::default();
    xml.text(&format!("{}Name", kind.noun()), holder).text("PolicyName", name);
    xml.text("PolicyDocument", &element::document(&document));
    Ok(Some(xml))
}

pub(super) fn list(call: &Call<'_>, kind: IamKind) -> Outcome {
    let names = inline_policy::list(&call.api(), kind, identity::name(call, kind)?)?;
    let page = call.page()?.of(names, Clone::clone);
    let mut xml = Xml::default();
    xml.texts("PolicyNames", &page.items);
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) async fn delete(call: &Call<'_>, kind: IamKind) -> Outcome {
    let name = call.parameters.owned("PolicyName")?;
    inline_policy::delete(&call.api(), kind, identity::name(call, kind)?, name).await?;
    Ok(None)
}
