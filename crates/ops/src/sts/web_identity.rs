//! AssumeRoleWithWebIdentity: a role for whoever bears the token of an OpenID Connect provider.
//!
//! The call is not signed; the token is all that speaks for the caller. So it is checked wholly
//! before the trust policy is asked, and the trust policy is asked always (SeaweedFS ac524e140,
//! RustFS GHSA-5qfg and GHSA-3473 let tokens through without the one or the other).

use iam::{IamError, IamErrorCode, OpenIdConnectProvider};
use identity::web_identity::{Claims, Expected, UnverifiedToken, WebIdentityError};
use model::limits::ROLE_SESSION_SECONDS_MAX;
use model::{IamKind, Timestamp};

use super::assume_role::{self, Parts};
use super::provider_keys::{ProviderError, ProviderKeys};
use super::request::{Values, check_name};
use super::role_arn::RoleArn;
use super::{IssuedSession, SessionRequest};
use crate::gate::{self, RoleWish};
use crate::iam::ApiCall;

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// What AssumeRoleWithWebIdentity is asked for.
#[derive(Clone, Debug)]
pub struct AssumeRoleWithWebIdentity {
    /// `RoleArn`.
    pub role_arn: String,
    /// `RoleSessionName`.
    pub session_name: String,
    /// `WebIdentityToken`.
    pub token: String,
    /// `ProviderId`, which only providers without OpenID Connect have.
    pub provider_id: Option<String>,
    /// The rest; tags and source identity are none of it.
    pub session: SessionRequest,
}

/// The session, and what the token said.
pub struct WebIdentitySession {
    /// The session.
    pub issued: IssuedSession,
    /// The claims.
    pub claims: Claims,
    /// ARN of the provider.
    pub provider: String,
}

/// Makes a session of a role. Errors: `InvalidIdentityToken`, `ExpiredTokenException`,
/// `IDPCommunicationError`, `AccessDenied`, and those of AssumeRole.
pub async fn assume(
    call: &ApiCall<'_>,
    keys: &ProviderKeys,
    request: &AssumeRoleWithWebIdentity,
) -> Result<WebIdentitySession, IamError> {
    let arn = RoleArn::parse(&request.role_arn)?;
    check_name("roleSessionName", &request.session_name, 2, 64)?;
    request.session.check(ROLE_SESSION_SECONDS_MAX)?;
    if let Some(id) = &request.provider_id {
        return Err(IamError::validation(format!("Provider {id} is not supported")));
    }
    let token = UnverifiedToken::parse(&request.token).map_err(refused(call.now))?;
    let issuer = token.issuer().map_err(refused(call.now))?.to_owned();
    // Nobody's keys are fetched but those of providers that the account has registered.
    let provider = call
        .store
        .vault
        .identity_provider(arn.account, provider_url(&issuer))?
        .filter(|_| issuer.starts_with("https://"))
        .ok_or_else(|| no_provider(&issuer))?;
    let claims = verify(keys, &token, &issuer, &provider, call.now).await?;
    let provider_arn = IamKind::OpenIdConnectProvider.arn(arn.account, "/", &provider.url);
    let mut values = claim_values(&provider.url, &claims);
    assume_role::add_session_name(&mut values, &request.session_name);
    values.add("aws:FederatedProvider", [provider_arn.clone()]);
    let context = values.with(call.context);
    let wish = RoleWish {
        account: arn.account,
        name: arn.name,
        arn: arn.text,
        actions: &[ACTION],
        provider: Some(&provider_arn),
        context: &context,
    };
    let role = gate::pass_role(call, &wish)?;
    let seconds = assume_role::seconds(&request.session, role.detail(), false)?;
    let federated_provider = Some(provider_arn.clone());
    let parts = Parts { seconds, source_identity: None, federated_provider };
    let issued = assume_role::issue(call, &role, &request.session_name, &request.session, parts)?;
    Ok(WebIdentitySession { issued, claims, provider: provider_arn })
}

/// What IAM keeps of a provider's URL, and what its condition keys begin with.
fn provider_url(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/')
}

fn claim_values(url: &str, claims: &Claims) -> Values {
    let mut values = Values::default();
    values.add(&format!("{url}:aud"), [claims.audience.clone()]);
    values.add(&format!("{url}:sub"), [claims.subject.clone()]);
    values.add(&format!("{url}:amr"), claims.authentication_methods.iter().cloned());
    values
}

/// Checks the token with the provider's keys; with newly fetched ones if none of those at hand fits.
async fn verify(
    keys: &ProviderKeys,
    token: &UnverifiedToken<'_>,
    issuer: &str,
    provider: &OpenIdConnectProvider,
    now: Timestamp,
) -> Result<Claims, IamError> {
    let expected = Expected { issuer, client_ids: &provider.client_ids };
    let known = keys.get(issuer, now).await.map_err(|error| unreachable(&error))?;
    let outcome = match token.clone().verify(&known, &expected, now) {
        Err(WebIdentityError::UnknownKey) => {
            let fresh = keys.refreshed(issuer, now).await.map_err(|error| unreachable(&error))?;
            token.clone().verify(&fresh, &expected, now)
        }
        outcome => outcome,
    };
    outcome.map_err(refused(now))
}

fn no_provider(issuer: &str) -> IamError {
    let message = format!("No OpenIDConnect provider found in your account for {issuer}");
    IamError::new(IamErrorCode::InvalidIdentityToken, message)
}

fn unreachable(error: &ProviderError) -> IamError {
    match error {
        ProviderError::Fetch(_) => IamError::new(
            IamErrorCode::IDPCommunicationError,
            "The request could not be fulfilled because the identity provider (IDP) that was asked \
             to verify the incoming identity token could not be reached.",
        ),
        ProviderError::Document(_) => no_key(),
    }
    .because(error)
}

fn no_key() -> IamError {
    IamError::new(
        IamErrorCode::InvalidIdentityToken,
        "Couldn't retrieve verification key from your identity provider,  please reference \
         AssumeRoleWithWebIdentity documentation for requirements",
    )
}

/// The words of STS for what is wrong with a token.
fn refused(now: Timestamp) -> impl Fn(WebIdentityError) -> IamError {
    move |error| {
        let invalid = |message: String| {
            IamError::new(IamErrorCode::InvalidIdentityToken, message).because(&error)
        };
        match &error {
            WebIdentityError::Malformed | WebIdentityError::Algorithm => invalid(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an \
                 Access Token)"
                    .to_owned(),
            ),
            WebIdentityError::MissingClaim(claim) => {
                invalid(format!("Missing a required claim: {claim}"))
            }
            WebIdentityError::UnknownKey | WebIdentityError::Signature => no_key().because(&error),
            WebIdentityError::Issuer => invalid("Incorrect token issuer".to_owned()),
            WebIdentityError::Audience => invalid("Incorrect token audience".to_owned()),
            WebIdentityError::NotYetValid => invalid("The ID Token is not valid yet".to_owned()),
            WebIdentityError::Expired { at } => IamError::new(
                IamErrorCode::ExpiredTokenException,
                format!(
                    "Token expired: current date/time {} must be before the expiration \
                     date/time{}",
                    now.unix_seconds(),
                    at.unix_seconds()
                ),
            ),
        }
    }
}
