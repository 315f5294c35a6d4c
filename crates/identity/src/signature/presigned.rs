//! SigV4 in the query string: presigned URLs (§8.4).
//!
//! AWS: "Authenticating Requests: Using Query Parameters".

use std::borrow::Cow;

use model::limits::{CLOCK_SKEW_MILLIS_MAX, PRESIGNED_EXPIRY_SECONDS_MAX};
use model::{ErrorCode, S3Error, Timestamp};

use super::claim::{Proof, Version4};
use super::credential::{Credential, CredentialError, is_signed_headers_list};
use super::mechanism::asymmetric_signature;
use super::{ALGORITHM, Mechanism, SignatureSettings, SignedClaim, coverage, require_escapes};
use crate::dates::{format_extended, parse_basic};
use crate::payload::PayloadDeclaration;
use crate::request::{SignedRequest, lossy};
use crate::uri::{decode_query, query_pairs};

const MISSING: &str = "Query-string authentication version 4 requires the X-Amz-Algorithm, \
    X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires \
    parameters.";

pub(super) fn parse<'a>(
    request: &SignedRequest<'a>,
    settings: &SignatureSettings<'_>,
    now: Timestamp,
) -> Result<SignedClaim<'a>, S3Error> {
    require_escapes(request)?;
    let parameters = Parameters::parse(request)?;
    check_algorithm(&parameters.algorithm)?;
    let credential =
        Credential::parse(&parameters.credential, settings).map_err(credential_error)?.into_owned();
    let signed_at = parse_basic(&parameters.date).ok_or_else(|| {
        refused("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    })?;
    let lifetime = Lifetime { signed_at, seconds: parse_expires(&parameters.expires)? };
    check_scope_date(&credential, &parameters.date)?;
    if !is_signed_headers_list(&parameters.signed_headers) {
        return Err(refused("Error parsing the X-Amz-SignedHeaders parameter"));
    }
    let payload_text = match settings.body_sha256 {
        Some(hash) => Cow::Owned(hex::encode(hash).into_bytes()),
        None => payload_text(request, parameters.content_sha256),
    };
    let payload = PayloadDeclaration::parse(&payload_text)?;
    lifetime.check(now)?;
    coverage::check(request, &parameters.signed_headers, Mechanism::Presigned)?;
    Ok(SignedClaim {
        mechanism: Mechanism::Presigned,
        access_key_id: credential.access_key_id,
        signed_at: Some(signed_at),
        expires_at: Some(lifetime.end()),
        signature: parameters.signature,
        security_token: parameters.security_token,
        payload,
        proof: Proof::Version4(Version4 {
            scope: credential.scope,
            date_text: parameters.date,
            signed_headers: parameters.signed_headers,
            payload_text: lossy(payload_text),
        }),
    })
}

/// The query parameters of a signature, decoded.
struct Parameters<'a> {
    algorithm: Cow<'a, str>,
    credential: Cow<'a, str>,
    date: Cow<'a, str>,
    expires: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    security_token: Option<Cow<'a, str>>,
    content_sha256: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    const NAMES: [&'static str; 8] = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
    ];

    /// Each parameter may be there once: of two, one would be checked and the other perhaps used.
    fn parse(request: &SignedRequest<'a>) -> Result<Self, S3Error> {
        let mut values: [Option<Cow<'a, str>>; 8] = Default::default();
        for (name, value) in query_pairs(request.raw_query) {
            let name = decode_query(name);
            let slots = Self::NAMES.iter().zip(&mut values);
            let Some((wanted, slot)) = slots.into_iter().find(|(n, _)| n.as_bytes() == &*name)
            else {
                continue;
            };
            if slot.replace(text(value)).is_some() {
                let repeated = format!("query parameter `{wanted}` is repeated");
                return Err(refused(ErrorCode::AuthorizationQueryParametersError.message())
                    .because(repeated));
            }
        }
        let required = |value: Option<Cow<'a, str>>| value.ok_or_else(|| refused(MISSING));
        let [algorithm, credential, date, expires, signed_headers, signature, token, sha256] =
            values;
        Ok(Self {
            algorithm: required(algorithm)?,
            credential: required(credential)?,
            date: required(date)?,
            expires: required(expires)?,
            signed_headers: required(signed_headers)?,
            signature: required(signature)?,
            security_token: token,
            content_sha256: sha256,
        })
    }
}

fn text(value: &str) -> Cow<'_, str> {
    lossy(decode_query(value))
}

fn check_algorithm(algorithm: &str) -> Result<(), S3Error> {
    match algorithm {
        ALGORITHM => Ok(()),
        "AWS4-ECDSA-P256-SHA256" => Err(asymmetric_signature()),
        _ => Err(refused(
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
        )),
    }
}

fn check_scope_date(credential: &Credential<'_>, date: &str) -> Result<(), S3Error> {
    let day = date.get(..8).unwrap_or(date);
    let scope = &credential.scope.date;
    if day == *scope {
        return Ok(());
    }
    Err(refused(format!(
        "Invalid credential date \"{scope}\". This date is not the same as X-Amz-Date: \"{day}\"."
    )))
}

fn parse_expires(text: &str) -> Result<u64, S3Error> {
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if text.strip_prefix('-').is_some_and(is_number) {
        return Err(refused("X-Amz-Expires must be non-negative"));
    }
    if !is_number(text) {
        return Err(refused("X-Amz-Expires should be a number"));
    }
    match text.parse() {
        Ok(seconds) if seconds <= PRESIGNED_EXPIRY_SECONDS_MAX => Ok(seconds),
        _ => Err(refused(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given \
             X-Amz-Expires must be less than 604800 seconds",
        )),
    }
}

/// What the signer declared about the body, in the query or in a header; nothing is
/// `UNSIGNED-PAYLOAD`.
fn payload_text<'a>(request: &SignedRequest<'a>, in_query: Option<Cow<'a, str>>) -> Cow<'a, [u8]> {
    match in_query {
        Some(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
        Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        None => {
            let header = request.header("x-amz-content-sha256");
            header.unwrap_or(Cow::Borrowed(b"UNSIGNED-PAYLOAD"))
        }
    }
}

/// From when to when a URL may be used.
struct Lifetime {
    signed_at: Timestamp,
    seconds: u64,
}

impl Lifetime {
    fn end(&self) -> Timestamp {
        let millis = i64::try_from(self.seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Timestamp::from_unix_millis(self.signed_at.unix_millis.saturating_add(millis))
    }

    /// TV-136. The start is checked with the tolerance that signed headers have.
    fn check(&self, now: Timestamp) -> Result<(), S3Error> {
        let latest_start = now.unix_millis.saturating_add(CLOCK_SKEW_MILLIS_MAX);
        if self.signed_at.unix_millis > latest_start {
            return Err(S3Error::with_message(ErrorCode::AccessDenied, "Request is not valid yet"));
        }
        if now <= self.end() {
            return Ok(());
        }
        Err(S3Error::with_message(ErrorCode::AccessDenied, "Request has expired")
            .field("X-Amz-Expires", self.seconds.to_string())
            .field("Expires", format_extended(self.end()))
            .field("ServerTime", format_extended(now)))
    }
}

fn credential_error(error: CredentialError) -> S3Error {
    let refusal = refused(format!("Error parsing the X-Amz-Credential parameter; {}", error.tail));
    match error.region {
        Some(region) => refusal.field("Region", region),
        None => refusal,
    }
}

fn refused(message: impl Into<Cow<'static, str>>) -> S3Error {
    S3Error::with_message(ErrorCode::AuthorizationQueryParametersError, message)
}
