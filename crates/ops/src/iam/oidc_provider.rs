//! OpenID Connect identity providers.

use iam::{Directory, IamError, OpenIdConnectProvider, Tag, oidc_provider};
use model::IamKind;

use super::{ApiCall, Asked, Target};

/// CreateOpenIDConnectProvider: the ARN.
pub async fn create(
    call: &ApiCall<'_>,
    url: String,
    client_ids: Vec<String>,
    thumbprints: Vec<String>,
    tags: Vec<Tag>,
) -> Result<(String, OpenIdConnectProvider), IamError> {
    let name = url.trim_start_matches("https://").to_owned();
    let target = Target::New(IamKind::OpenIdConnectProvider, "/".to_owned(), name);
    let asked = Asked::new("CreateOpenIDConnectProvider", target).with_tags(&tags);
    call.write(asked, move |directory, _| {
        let made = oidc_provider::create(directory, &url, client_ids, thumbprints, tags)?;
        Ok((oidc_provider::arn_of(directory, &made), made))
    })
    .await
}

/// GetOpenIDConnectProvider.
pub fn get(call: &ApiCall<'_>, arn: &str) -> Result<OpenIdConnectProvider, IamError> {
    call.read(Asked::new("GetOpenIDConnectProvider", Target::arn(arn)), |directory, authorized| {
        oidc_provider::get(directory, authorized.name())
    })
}

/// ListOpenIDConnectProviders: the ARNs.
pub fn list(call: &ApiCall<'_>) -> Result<Vec<String>, IamError> {
    let target = Target::Listing(IamKind::OpenIdConnectProvider, "/".to_owned());
    call.read(Asked::new("ListOpenIDConnectProviders", target), |directory, _| {
        let providers = oidc_provider::list(directory)?;
        Ok(providers.iter().map(|one| oidc_provider::arn_of(directory, one)).collect())
    })
}

/// DeleteOpenIDConnectProvider.
pub async fn delete(call: &ApiCall<'_>, arn: &str) -> Result<(), IamError> {
    change(call, "DeleteOpenIDConnectProvider", arn, oidc_provider::delete).await
}

/// AddClientIDToOpenIDConnectProvider.
pub async fn add_client_id(call: &ApiCall<'_>, arn: &str, id: String) -> Result<(), IamError> {
    change(call, "AddClientIDToOpenIDConnectProvider", arn, move |directory, arn| {
        oidc_provider::add_client_id(directory, arn, &id)
    })
    .await
}

/// RemoveClientIDFromOpenIDConnectProvider.
pub async fn remove_client_id(call: &ApiCall<'_>, arn: &str, id: String) -> Result<(), IamError> {
    change(call, "RemoveClientIDFromOpenIDConnectProvider", arn, move |directory, arn| {
        oidc_provider::remove_client_id(directory, arn, &id)
    })
    .await
}

/// UpdateOpenIDConnectProviderThumbprint.
pub async fn update_thumbprints(
    call: &ApiCall<'_>,
    arn: &str,
    thumbprints: Vec<String>,
) -> Result<(), IamError> {
    change(call, "UpdateOpenIDConnectProviderThumbprint", arn, move |directory, arn| {
        oidc_provider::update_thumbprints(directory, arn, thumbprints)
    })
    .await
}

async fn change(
    call: &ApiCall<'_>,
    action: &str,
    arn: &str,
    change: impl FnOnce(&Directory<'_>, &str) -> Result<(), IamError> + Send + 'static,
) -> Result<(), IamError> {
    let asked = Asked::new(action, Target::arn(arn));
    call.write(asked, move |directory, authorized| change(directory, authorized.name())).await
}
