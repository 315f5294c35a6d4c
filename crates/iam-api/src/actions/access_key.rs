//! Access keys.

use iam::AccessKey;
use ops::iam::access_key;

use super::element;
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

fn status(key: &AccessKey) -> &'static str {
    if key.active { "Active" } else { "Inactive" }
}

/// The secret is in this answer and in no other.
pub(super) async fn create(call: &Call<'_>) -> Outcome {
    let made = access_key::create(&call.api(), call.parameters.get("UserName")).await?;
    let mut xml = Xml::default();
    xml.element("AccessKey", |xml| {
        xml.optional("UserName", made.user.as_deref()).text("AccessKeyId", &made.key.id);
        xml.text("Status", status(&made.key)).text("SecretAccessKey", made.secret.expose());
        xml.time("CreateDate", made.key.created);
    });
    Ok(Some(xml))
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let (user, keys) = access_key::list(&call.api(), call.parameters.get("UserName"))?;
    let page = call.page()?.of(keys, |key| key.id.clone());
    let mut xml = Xml::default();
    xml.list("AccessKeyMetadata", &page.items, |xml, key| {
        xml.optional("UserName", user.as_deref()).text("AccessKeyId", &key.id);
        xml.text("Status", status(key)).time("CreateDate", key.created);
    });
    element::page_end(&mut xml, page.next.as_deref());
    Ok(Some(xml))
}

pub(super) async fn update(call: &Call<'_>) -> Outcome {
    let id = call.parameters.owned("AccessKeyId")?;
    call.parameters.required("Status")?;
    let status = call.parameters.word("Status", &["Active", "Inactive"])?;
    let user = call.parameters.get("UserName");
    access_key::set_active(&call.api(), user, id, status == Some("Active")).await?;
    Ok(None)
}

pub(super) async fn delete(call: &Call<'_>) -> Outcome {
    let id = call.parameters.owned("AccessKeyId")?;
    access_key::delete(&call.api(), call.parameters.get("UserName"), id).await?;
    Ok(None)
}

pub(super) fn last_used(call: &Call<'_>) -> Outcome {
    let id = call.parameters.required("AccessKeyId")?;
    let (user, used) = access_key::last_used(&call.api(), id)?;
    let mut xml = Xml::default();
    xml.optional("UserName", user.as_deref());
    xml.element("AccessKeyLastUsed", |xml| match &used {
        Some(used) => {
            xml.time("LastUsedDate", used.used);
            xml.text("ServiceName", &used.service).text("Region", &used.region);
        }
        None => {
            xml.text("ServiceName", "N/A").text("Region", "N/A");
        }
    });
    Ok(Some(xml))
}
