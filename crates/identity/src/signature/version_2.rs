//! Signature Version 2, for clients from before 2014. Off unless the operator turns it on.
//!
//! AWS: "Signing and authenticating REST requests (AWS signature version 2)". It signs the method,
//! four headers, all `x-amz-*` headers, the path, and those parameters of the query that name a
//! sub-resource or override a header of the answer; the rest of the query and the body it leaves
//! open.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use model::limits::ACCESS_KEY_ID_LENGTH_BYTES_MAX;
use model::{ErrorCode, Operation, S3Error, Timestamp};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use super::claim::Proof;
use super::coverage::starts_with_x_amz;
use super::header::{check_clock, no_date};
use super::mechanism::{NO_BLANK, authorization_error};
use super::{Mechanism, SignatureSettings, SignedClaim, only_version_4, require_escapes};
use crate::dates::{format_extended, parse_http};
use crate::payload::PayloadDeclaration;
use crate::request::SignedRequest;
use crate::secret::SecretAccessKey;
use crate::uri::{decode_query, query_pairs};

/// What the check of a signature of version 2 needs besides the request.
#[derive(Clone, Copy, Debug)]
pub struct SignatureVersion2<'a> {
    /// The bucket that the host names, which is signed as if it stood in the path.
    pub host_bucket: Option<&'a str>,
}

/// Parameters that are signed although they select no operation. AWS: "Constructing the
/// CanonicalizedResource element".
const SIGNED_ARGUMENTS: [&str; 9] = [
    "partNumber",
    "uploadId",
    "versionId",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
];

/// Parameters that select an operation and are not signed: clients do not sign them.
const UNSIGNED_SELECTORS: [&str; 2] = ["list-type", "id"];

/// `Authorization: AWS AKID:signature`.
pub(super) fn parse_header<'a>(
    request: &SignedRequest<'a>,
    settings: &SignatureSettings<'_>,
    now: Timestamp,
) -> Result<SignedClaim<'a>, S3Error> {
    let Some(version_2) = settings.version_2 else { return Err(only_version_4()) };
    require_escapes(request)?;
    let authorization = request.header("authorization").unwrap_or_default();
    let text = request.single_text("authorization").unwrap_or_default();
    let credentials = text.strip_prefix("AWS ").unwrap_or_default();
    if credentials.starts_with(' ') {
        return Err(authorization_error(NO_BLANK, &authorization));
    }
    let parts = credentials.split_once(':').filter(|(id, signature)| {
        is_access_key_id(id) && !signature.is_empty() && !signature.contains(':')
    });
    let (access_key_id, signature) = parts.ok_or_else(|| {
        let message = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature";
        authorization_error(message, &authorization)
    })?;
    let headers = amz_headers(request, Mechanism::SigV2Header);
    let date = request.header("date").unwrap_or_default();
    // Browsers cannot set `Date`, so `x-amz-date` stands for it, and is signed among its like.
    let (sent, date) = match headers.get("x-amz-date") {
        Some(sent) => (sent.as_slice(), &b""[..]),
        None => (&*date, &*date),
    };
    let sent = std::str::from_utf8(sent).map_err(|_| no_date())?;
    let signed_at = parse_http(sent).ok_or_else(no_date)?;
    let payload = payload(&headers)?;
    check_clock(signed_at, sent, now)?;
    Ok(SignedClaim {
        mechanism: Mechanism::SigV2Header,
        access_key_id: access_key_id.into(),
        signed_at: Some(signed_at),
        expires_at: None,
        signature: signature.into(),
        security_token: security_token(&headers),
        payload,
        proof: proof(request, version_2, &headers, date),
    })
}

/// `AWSAccessKeyId`, `Expires` and `Signature` in the query.
pub(super) fn parse_query<'a>(
    request: &SignedRequest<'a>,
    settings: &SignatureSettings<'_>,
    now: Timestamp,
) -> Result<SignedClaim<'a>, S3Error> {
    let [signature, expires, access_key_id] =
        ["Signature", "Expires", "AWSAccessKeyId"].map(|name| parameter(request, name));
    let (Some(signature), Some(expires), Some(access_key_id)) = (signature, expires, access_key_id)
    else {
        return Err(denied(
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId \
             parameters",
        ));
    };
    let Some(version_2) = settings.version_2 else { return Err(only_version_4()) };
    require_escapes(request)?;
    let expires_at = expiry(&expires).ok_or_else(|| {
        denied(format!("Invalid date (should be seconds since epoch): {expires}"))
    })?;
    if now > expires_at {
        return Err(denied("Request has expired")
            .field("Expires", format_extended(expires_at))
            .field("ServerTime", format_extended(now)));
    }
    if !is_access_key_id(&access_key_id) {
        return Err(crate::unknown_access_key(&access_key_id));
    }
    let headers = amz_headers(request, Mechanism::SigV2Query);
    Ok(SignedClaim {
        mechanism: Mechanism::SigV2Query,
        access_key_id: access_key_id.into(),
        signed_at: None,
        expires_at: Some(expires_at),
        signature: signature.into(),
        security_token: security_token(&headers),
        payload: payload(&headers)?,
        proof: proof(request, version_2, &headers, expires.as_bytes()),
    })
}

/// Whether `provided` is exactly the signature of the text: HMAC-SHA1 with the secret, in Base64.
/// Takes the same time wherever the first difference stands.
pub(super) fn matches(secret: &SecretAccessKey, string_to_sign: &[u8], provided: &str) -> bool {
    let Some(signature) = sign(secret, string_to_sign) else { return false };
    signature.as_bytes().ct_eq(provided.as_bytes()).into()
}

/// The signature of a text. Always `Some`: HMAC takes keys of any length.
pub(crate) fn sign(secret: &SecretAccessKey, string_to_sign: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()).ok()?;
    mac.update(string_to_sign);
    Some(BASE64.encode(mac.finalize().into_bytes()))
}

fn is_access_key_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ACCESS_KEY_ID_LENGTH_BYTES_MAX
}

fn denied(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::with_message(ErrorCode::AccessDenied, message)
}

/// A parameter of the signature, decoded. One that comes twice has no value that could be meant.
fn parameter(request: &SignedRequest<'_>, name: &str) -> Option<String> {
    let mut found = query_pairs(request.raw_query)
        .filter(|(other, _)| *decode_query(other) == *name.as_bytes());
    let (_, value) = found.next().filter(|_| found.next().is_none())?;
    Some(String::from_utf8_lossy(&decode_query(value)).into_owned())
}

/// Seconds since 1970. Years beyond those of the calendar never end anyway.
fn expiry(text: &str) -> Option<Timestamp> {
    let seconds: i64 = text.parse().ok()?;
    (0..=i64::MAX / 1000).contains(&seconds).then(|| Timestamp::from_unix_seconds(seconds))
}

/// All `x-amz-*` headers by lower-case name, repeated ones joined. In a URL, parameters of such
/// names stand for headers that are not sent; of both, the header is what is read and signed.
fn amz_headers(request: &SignedRequest<'_>, mechanism: Mechanism) -> BTreeMap<String, Vec<u8>> {
    let mut headers = BTreeMap::new();
    for field in request.headers.iter().filter(|field| starts_with_x_amz(field.name)) {
        let name = field.name.to_ascii_lowercase();
        if let Some(value) = request.header(&name) {
            headers.insert(name, value.into_owned());
        }
    }
    if !mechanism.is_in_query() {
        return headers;
    }
    for (name, value) in query_pairs(request.raw_query) {
        let name = String::from_utf8_lossy(&decode_query(name)).to_ascii_lowercase();
        if starts_with_x_amz(&name) {
            headers.entry(name).or_insert_with(|| decode_query(value).into_owned());
        }
    }
    headers
}

fn security_token<'a>(headers: &BTreeMap<String, Vec<u8>>) -> Option<std::borrow::Cow<'a, str>> {
    let token = headers.get("x-amz-security-token")?;
    Some(String::from_utf8_lossy(token).into_owned().into())
}

/// What is declared about the body. Chunk signatures start from a signature of version 4.
fn payload(headers: &BTreeMap<String, Vec<u8>>) -> Result<PayloadDeclaration, S3Error> {
    let Some(declared) = headers.get("x-amz-content-sha256") else {
        return Ok(PayloadDeclaration::Unsigned);
    };
    let payload = PayloadDeclaration::parse(declared)?;
    if payload.has_signed_chunks() { Err(only_version_4()) } else { Ok(payload) }
}

fn proof<'a>(
    request: &SignedRequest<'_>,
    version_2: SignatureVersion2<'_>,
    headers: &BTreeMap<String, Vec<u8>>,
    date: &[u8],
) -> Proof<'a> {
    let mut text = Vec::with_capacity(512);
    let mut line = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        text.push(b'\n');
    };
    line(request.method.as_bytes());
    line(&request.header("content-md5").unwrap_or_default());
    line(&request.header("content-type").unwrap_or_default());
    line(date);
    for (name, value) in headers {
        line(&[name.as_bytes(), b":", value].concat());
    }
    let mut with_slash = names_bucket_without_slash(request, version_2).then(|| text.clone());
    if let Some(text) = &mut with_slash {
        push_resource(text, request, version_2, Some(b'/'));
    }
    push_resource(&mut text, request, version_2, None);
    Proof::Version2 { string_to_sign: text, with_slash }
}

/// Of a bucket in the path some SDKs sign `/bucket/` and send `/bucket`, others sign what they
/// send. Amazon takes both; they name the same.
fn names_bucket_without_slash(
    request: &SignedRequest<'_>,
    version_2: SignatureVersion2<'_>,
) -> bool {
    let name = request.raw_path.strip_prefix('/').unwrap_or_default();
    version_2.host_bucket.is_none() && !name.is_empty() && !name.contains('/')
}

/// The bucket of the host, the path as it was sent, and the signed parameters, sorted, decoded.
fn push_resource(
    out: &mut Vec<u8>,
    request: &SignedRequest<'_>,
    version_2: SignatureVersion2<'_>,
    slash: Option<u8>,
) {
    if let Some(bucket) = version_2.host_bucket {
        out.push(b'/');
        out.extend_from_slice(bucket.as_bytes());
    }
    let path = if request.raw_path.is_empty() { "/" } else { request.raw_path };
    out.extend_from_slice(path.as_bytes());
    out.extend(slash);
    let mut signed: Vec<(Vec<u8>, Option<Vec<u8>>)> = Vec::new();
    for pair in request.raw_query.split('&') {
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        };
        let name = decode_query(name);
        if is_signed_parameter(&name) {
            signed.push((name.into_owned(), value.map(|value| decode_query(value).into_owned())));
        }
    }
    signed.sort_unstable();
    let mut separator = b'?';
    for (name, value) in signed {
        out.push(separator);
        separator = b'&';
        out.extend_from_slice(&name);
        if let Some(value) = value {
            out.push(b'=');
            out.extend_from_slice(&value);
        }
    }
}

/// Whatever selects an operation is signed, so that nobody can make a request a different one.
fn is_signed_parameter(name: &[u8]) -> bool {
    let name = str::from_utf8(name).unwrap_or_default();
    if SIGNED_ARGUMENTS.contains(&name) {
        return true;
    }
    let selects = Operation::table().iter().any(|row| row.query.contains(&name));
    selects && !UNSIGNED_SELECTORS.contains(&name)
}
