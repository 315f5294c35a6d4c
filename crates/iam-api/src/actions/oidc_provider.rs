//! OpenID Connect identity providers.

use ops::iam::oidc_provider;

use super::element;
use crate::Call;
use crate::service::Outcome;
use crate::xml::Xml;

const ARN: &str = "OpenIDConnectProviderArn";

pub(super) async fn create(call: &Call<'_>) -> Outcome {
    let parameters = call.parameters;
    let (url, tags) = (parameters.owned("Url")?, parameters.tags()?);
    let (clients, thumbprints) =
        (parameters.list("ClientIDList")?, parameters.list("ThumbprintList")?);
    let (arn, made) = oidc_provider::create(&call.api(), url, clients, thumbprints, tags).await?;
    let mut xml = Xml::default();
    xml.text(ARN, &arn);
    element::tags(&mut xml, &made.tags);
    Ok(Some(xml))
}

pub(super) fn get(call: &Call<'_>) -> Outcome {
    let found = oidc_provider::get(&call.api(), call.parameters.required(ARN)?)?;
    let mut xml = Xml::default();
    xml.text("Url", &found.url).texts("ClientIDList", &found.client_ids);
    xml.texts("ThumbprintList", &found.thumbprints).time("CreateDate", found.created);
    element::tags(&mut xml, &found.tags);
    Ok(Some(xml))
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let arns = oidc_provider::list(&call.api())?;
    let mut xml = Xml::default();
    xml.list("OpenIDConnectProviderList", arns, |xml, arn| {
        xml.text("Arn", &arn);
    });
    Ok(Some(xml))
}

pub(super) async fn delete(call: &Call<'_>) -> Outcome {
    oidc_provider::delete(&call.api(), call.parameters.required(ARN)?).await?;
    Ok(None)
}

pub(super) async fn add_client_id(call: &Call<'_>) -> Outcome {
    let id = call.parameters.owned("ClientID")?;
    oidc_provider::add_client_id(&call.api(), call.parameters.required(ARN)?, id).await?;
    Ok(None)
}

pub(super) async fn remove_client_id(call: &Call<'_>) -> Outcome {
    let id = call.parameters.owned("ClientID")?;
    oidc_provider::remove_client_id(&call.api(), call.parameters.required(ARN)?, id).await?;
    Ok(None)
}

pub(super) async fn update_thumbprints(call: &Call<'_>) -> Outcome {
    let thumbprints = call.parameters.list("ThumbprintList")?;
    oidc_provider::update_thumbprints(&call.api(), call.parameters.required(ARN)?, thumbprints)
        .await?;
    Ok(None)
}
