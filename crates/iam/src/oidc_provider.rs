//! OpenID Connect identity providers.
//!
//! AWS: IAM API reference, CreateOpenIDConnectProvider and its neighbours.

use model::IamKind;
use model::limits::{IAM_OIDC_CLIENT_IDS_MAX, IAM_OIDC_PROVIDERS_MAX, IAM_OIDC_THUMBPRINTS_MAX};

use crate::entity::{OpenIdConnectProvider, Tag};
use crate::tables::Directory;
use crate::{IamError, validate};

const KIND: IamKind = IamKind::OpenIdConnectProvider;
/// Longest URL of a provider. AWS: IAM API reference, OpenIDConnectProviderUrlType.
const URL_LENGTH_MAX: usize = 255;
/// A thumbprint: 40 hexadecimal digits. AWS: IAM API reference, thumbprintType.
const THUMBPRINT_LENGTH: usize = 40;

/// The ARN of a provider.
pub fn arn_of(directory: &Directory<'_>, provider: &OpenIdConnectProvider) -> String {
    KIND.arn(directory.account, "/", &provider.url)
}

/// Adds a provider. Errors: `InvalidInput`, `ValidationError`, `EntityAlreadyExists`,
/// `LimitExceeded`.
pub fn create(
    directory: &Directory<'_>,
    url: &str,
    client_ids: Vec<String>,
    thumbprints: Vec<String>,
    tags: Vec<Tag>,
) -> Result<OpenIdConnectProvider, IamError> {
    let url = read_url(url)?;
    validate::tags(&tags)?;
    check_thumbprints(&thumbprints)?;
    if directory.tables.get(KIND, &url)?.is_some() {
        return Err(IamError::exists(format!("Provider with url https://{url} already exists.")));
    }
    if directory.tables.count(KIND)? >= IAM_OIDC_PROVIDERS_MAX {
        return Err(IamError::quota("OpenIDConnectProvidersPerAccount", IAM_OIDC_PROVIDERS_MAX));
    }
    let provider =
        OpenIdConnectProvider { url, client_ids, thumbprints, tags, created: directory.now };
    check_client_ids(&provider.client_ids)?;
    put(directory, &provider)?;
    Ok(provider)
}

/// What is kept of a URL: everything behind `https://`.
fn read_url(url: &str) -> Result<String, IamError> {
    validate::length("url", url, 1, URL_LENGTH_MAX)?;
    let rest = url.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
    let usable = |rest: &&str| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\<>\"".contains(&byte))
    };
    rest.filter(usable)
        .map(str::to_owned)
        .ok_or_else(|| IamError::validation("Invalid Open ID Connect Provider URL".to_owned()))
}

pub(crate) fn put(
    directory: &Directory<'_>,
    provider: &OpenIdConnectProvider,
) -> Result<(), IamError> {
    directory.put_document(KIND, &provider.url, None, provider)
}

/// The provider with this ARN. Errors: `NoSuchEntity`, `InvalidInput`.
pub fn get(directory: &Directory<'_>, arn: &str) -> Result<OpenIdConnectProvider, IamError> {
    let missing = || IamError::missing(format!("OpenIDConnect Provider not found for arn {arn}"));
    let front = KIND.arn(directory.account, "/", "");
    let url = arn.strip_prefix(&front).ok_or_else(missing)?;
    directory.document(KIND, url)?.ok_or_else(missing)
}

/// All providers.
pub fn list(directory: &Directory<'_>) -> Result<Vec<OpenIdConnectProvider>, IamError> {
    let rows = directory.tables.page(KIND, "", IAM_OIDC_PROVIDERS_MAX)?;
    rows.iter().map(|(_, document)| crate::tables::read(document)).collect()
}

/// Removes a provider; done also if there is none.
pub fn delete(directory: &Directory<'_>, arn: &str) -> Result<(), IamError> {
    let provider = get(directory, arn)?;
    directory.tables.delete(KIND, &provider.url)
}

/// Adds a client id; done also if it is there. Errors: `NoSuchEntity`, `LimitExceeded`.
pub fn add_client_id(directory: &Directory<'_>, arn: &str, id: &str) -> Result<(), IamError> {
    let mut provider = get(directory, arn)?;
    if !provider.client_ids.iter().any(|known| known == id) {
        provider.client_ids.push(id.to_owned());
    }
    check_client_ids(&provider.client_ids)?;
    put(directory, &provider)
}

/// Removes a client id; done also if it is not there. Errors: `NoSuchEntity`.
pub fn remove_client_id(directory: &Directory<'_>, arn: &str, id: &str) -> Result<(), IamError> {
    let mut provider = get(directory, arn)?;
    provider.client_ids.retain(|known| known != id);
    put(directory, &provider)
}

/// Replaces the thumbprints. Errors: `NoSuchEntity`, `InvalidInput`, `ValidationError`.
pub fn update_thumbprints(
    directory: &Directory<'_>,
    arn: &str,
    thumbprints: Vec<String>,
) -> Result<(), IamError> {
    let mut provider = get(directory, arn)?;
    check_thumbprints(&thumbprints)?;
    provider.thumbprints = thumbprints;
    put(directory, &provider)
}

fn check_client_ids(client_ids: &[String]) -> Result<(), IamError> {
    for id in client_ids {
        validate::length("clientID", id, 1, 255)?;
    }
    if client_ids.len() > IAM_OIDC_CLIENT_IDS_MAX {
        return Err(IamError::quota("ClientIdsPerOpenIdConnectProvider", IAM_OIDC_CLIENT_IDS_MAX));
    }
    Ok(())
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), IamError> {
    if thumbprints.len() > IAM_OIDC_THUMBPRINTS_MAX {
        return Err(IamError::input(format!(
            "Thumbprint list must contain fewer than {} entries.",
            IAM_OIDC_THUMBPRINTS_MAX + 1
        )));
    }
    for thumbprint in thumbprints {
        validate::length("thumbprintList", thumbprint, THUMBPRINT_LENGTH, THUMBPRINT_LENGTH)?;
        if !thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(IamError::input("Thumbprint must be hexadecimal."));
        }
    }
    Ok(())
}
