//! SigV4 in the `Authorization` header (§8.2).

use std::borrow::Cow;

use model::limits::CLOCK_SKEW_MILLIS_MAX;
use model::{ErrorCode, S3Error, Timestamp};

use super::claim::{Proof, Version4};
use super::credential::{Credential, CredentialError, is_signed_headers_list};
use super::{ALGORITHM, Mechanism, SignatureSettings, SignedClaim, coverage, require_escapes};
use crate::dates::{format_basic, format_extended, parse_basic, parse_http};
use crate::payload::PayloadDeclaration;
use crate::request::{SignedRequest, lossy};

const THREE: &str = "the authorization header requires three components: Credential, \
    SignedHeaders, and Signature.";
const MISSING_HASH: &str = "Missing required header for this request: x-amz-content-sha256";

pub(super) fn parse<'a>(
    request: &SignedRequest<'a>,
    settings: &SignatureSettings<'_>,
    now: Timestamp,
) -> Result<SignedClaim<'a>, S3Error> {
    require_escapes(request)?;
    let Some(authorization) = request.single_text("authorization") else {
        return Err(malformed(THREE));
    };
    let parts = Components::parse(authorization)?;
    let credential = Credential::parse(parts.credential, settings).map_err(malformed_credential)?;
    let date = SigningDate::parse(request)?;
    if !date.text.starts_with(&*credential.scope.date) {
        return Err(malformed("Invalid credential date. Date is not the same as X-Amz-Date."));
    }
    let Some(declared) = declared_payload(request, settings) else {
        return Err(S3Error::with_message(ErrorCode::InvalidRequest, MISSING_HASH));
    };
    let payload = PayloadDeclaration::parse(&declared)?;
    check_clock(date.time, &date.sent, now)?;
    coverage::check(request, parts.signed_headers, Mechanism::Header)?;
    Ok(SignedClaim {
        mechanism: Mechanism::Header,
        access_key_id: credential.access_key_id,
        signed_at: Some(date.time),
        expires_at: None,
        signature: parts.signature.into(),
        security_token: request.header("x-amz-security-token").map(lossy),
        payload,
        proof: Proof::Version4(Version4 {
            scope: credential.scope,
            date_text: date.text,
            signed_headers: parts.signed_headers.into(),
            payload_text: lossy(declared),
        }),
    })
}

/// What the signature covers of the body: its hash where that is known, else what a header says.
fn declared_payload<'a>(
    request: &SignedRequest<'a>,
    settings: &SignatureSettings<'_>,
) -> Option<Cow<'a, [u8]>> {
    match settings.body_sha256 {
        Some(hash) => Some(Cow::Owned(hex::encode(hash).into_bytes())),
        None => request.header("x-amz-content-sha256"),
    }
}

/// The three parts behind the scheme.
struct Components<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Components<'a> {
    fn parse(authorization: &'a str) -> Result<Self, S3Error> {
        let rest = authorization.strip_prefix(ALGORITHM).unwrap_or_default();
        let mut parts = rest.split(',').map(str::trim);
        let mut next = || parts.next().ok_or_else(|| malformed(THREE));
        let parts_read = [next()?, next()?, next()?];
        if parts.next().is_some() {
            return Err(malformed(THREE));
        }
        let [first, second, third] = parts_read;
        let pairs = [pair(first)?, pair(second)?, pair(third)?];
        let component = |name: &str| {
            let found = pairs.iter().find(|(key, value)| *key == name && !value.is_empty());
            found.map(|(_, value)| *value).ok_or_else(|| malformed(&format!("missing {name}.")))
        };
        let components = Self {
            credential: component("Credential")?,
            signature: component("Signature")?,
            signed_headers: component("SignedHeaders")?,
        };
        if is_signed_headers_list(components.signed_headers) {
            return Ok(components);
        }
        Err(malformed_component(&format!("SignedHeaders={}", components.signed_headers)))
    }
}

fn pair(component: &str) -> Result<(&str, &str), S3Error> {
    component.split_once('=').ok_or_else(|| malformed_component(component))
}

/// When a request was signed.
struct SigningDate<'a> {
    time: Timestamp,
    /// `yyyyMMddTHHmmssZ`, as signed.
    text: Cow<'a, str>,
    /// As sent.
    sent: Cow<'a, str>,
}

impl<'a> SigningDate<'a> {
    /// `x-amz-date`, or `Date` if that is absent.
    fn parse(request: &SignedRequest<'a>) -> Result<Self, S3Error> {
        if let Some(sent) = request.header_text("x-amz-date") {
            let sent = sent.map_err(|_| no_date())?;
            let time = parse_basic(&sent).ok_or_else(no_date)?;
            // There is one way only to write a time in this format.
            return Ok(Self { time, text: sent.clone(), sent });
        }
        let sent = request.header_text("date").and_then(Result::ok).ok_or_else(no_date)?;
        let time = parse_http(&sent).ok_or_else(no_date)?;
        Ok(Self { time, text: format_basic(time).into(), sent })
    }
}

/// §8.1, row "no date".
pub(super) fn no_date() -> S3Error {
    let message = "AWS authentication requires a valid Date or x-amz-date header";
    S3Error::with_message(ErrorCode::AccessDenied, message)
}

/// TV-135; without this check a recorded request could be replayed for ever (lakeFS
/// CVE-2025-68671). `sent` is the time as it was sent.
pub(super) fn check_clock(time: Timestamp, sent: &str, now: Timestamp) -> Result<(), S3Error> {
    let skew = now.unix_millis.abs_diff(time.unix_millis);
    if skew <= CLOCK_SKEW_MILLIS_MAX.unsigned_abs() {
        return Ok(());
    }
    Err(S3Error::new(ErrorCode::RequestTimeTooSkewed)
        .field("RequestTime", sent)
        .field("ServerTime", format_extended(now))
        .field("MaxAllowedSkewMilliseconds", CLOCK_SKEW_MILLIS_MAX.to_string()))
}

fn malformed_credential(error: CredentialError) -> S3Error {
    let refusal = malformed(&error.tail);
    match error.region {
        Some(region) => refusal.field("Region", region),
        None => refusal,
    }
}

fn malformed_component(component: &str) -> S3Error {
    malformed(&format!("the authorization component \"{component}\" is malformed."))
}

fn malformed(tail: &str) -> S3Error {
    S3Error::with_message(
        ErrorCode::AuthorizationHeaderMalformed,
        format!("The authorization header is malformed; {tail}"),
    )
}
