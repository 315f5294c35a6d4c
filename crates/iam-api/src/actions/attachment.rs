//! Managed policies on users, groups and roles.

use model::{IamKind, IamRelation};
use ops::iam::attachment;

use super::{element, identity};
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

pub(super) async fn attach(call: &Call<'_>, kind: IamKind) -> Outcome {
    let arn = call.parameters.owned("PolicyArn")?;
    attachment::attach(&call.api(), kind, identity::name(call, kind)?, arn).await?;
    Ok(None)
}

pub(super) async fn detach(call: &Call<'_>, kind: IamKind) -> Outcome {
    let arn = call.parameters.owned("PolicyArn")?;
    attachment::detach(&call.api(), kind, identity::name(call, kind)?, arn).await?;
    Ok(None)
}

pub(super) fn list(call: &Call<'_>, kind: IamKind) -> Outcome {
    let prefix = call.parameters.get("PathPrefix").unwrap_or("/");
    let attached = attachment::list(&call.api(), kind, identity::name(call, kind)?, prefix)?;
    let page = call.page()?.of(attached, |(arn, _)| arn.clone());
    let mut xml = Xml::default();
    xml.list("AttachedPolicies", &page.items, |xml, (arn, name)| {
        xml.text("PolicyName", name).text("PolicyArn", arn);
    });
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) fn entities(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let usage =
        parameters.word("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let relations: &[IamRelation] = match usage {
        Some("PermissionsPolicy") => &[IamRelation::Attached],
        Some(_) => &[IamRelation::Boundary],
        None => &[IamRelation::Attached, IamRelation::Boundary],
    };
    let filters = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    let filter = parameters.word("EntityFilter", &filters)?;
    let prefix = parameters.get("PathPrefix").unwrap_or("/");
    let mut bearers =
        attachment::entities(&call.api(), parameters.required("PolicyArn")?, relations)?;
    bearers.retain(|bearer| {
        filter.is_none_or(|noun| noun == bearer.kind.noun()) && bearer.path.starts_with(prefix)
    });
    let page =
        call.page()?.of(bearers, |bearer| format!("{}/{}", bearer.kind.as_str(), bearer.key()));
    let mut xml = Xml::default();
    for kind in [IamKind::Group, IamKind::User, IamKind::Role] {
        let noun = kind.noun();
        let of_kind = page.items.iter().filter(|bearer| bearer.kind == kind);
        xml.list(&format!("Policy{noun}s"), of_kind, |xml, bearer| {
            xml.text(&format!("{noun}Name"), &bearer.name).text(&format!("{noun}Id"), &bearer.id);
        });
    }
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}
