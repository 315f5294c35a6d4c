//! Which authentication mechanism a request uses (§8.1).

use std::borrow::Cow;

use model::{ErrorCode, S3Error};

use super::ALGORITHM;
use crate::request::SignedRequest;
use crate::uri::{decode_query, query_pairs};

/// The mechanisms that exist. Matched without wildcard wherever a request is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Not signed.
    Anonymous,
    /// SigV4 in the `Authorization` header.
    Header,
    /// SigV4 in the query string.
    Presigned,
    /// SigV2 in the `Authorization` header: refused unless the operator allows it.
    SigV2Header,
    /// SigV2 in the query string: refused unless the operator allows it.
    SigV2Query,
}

/// The versions of AWS's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureVersion {
    /// HMAC-SHA1 over parts of the request.
    Version2,
    /// HMAC-SHA256 with a derived key over a hash of the whole request.
    Version4,
}

impl Mechanism {
    /// The version of the signature; none if there is no signature.
    pub fn version(self) -> Option<SignatureVersion> {
        match self {
            Self::Anonymous => None,
            Self::Header | Self::Presigned => Some(SignatureVersion::Version4),
            Self::SigV2Header | Self::SigV2Query => Some(SignatureVersion::Version2),
        }
    }

    /// Whether the signature stands in the query string.
    pub fn is_in_query(self) -> bool {
        matches!(self, Self::Presigned | Self::SigV2Query)
    }
}

/// Each of these alone makes a request presigned, so that a URL that lost one of them is refused
/// rather than anonymous (TV-137). `X-Amz-Date` and `X-Amz-Security-Token` claim nothing alone.
const SIGNATURE_VERSION_4: [&str; 5] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
];
/// The same for SigV2, whose third parameter, `Expires`, claims nothing alone.
const SIGNATURE_VERSION_2: [&str; 2] = ["Signature", "AWSAccessKeyId"];

pub(super) const ONLY_ONE: &str = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
    Signature query string parameter or the Authorization header should be specified";
pub(super) const NO_BLANK: &str =
    "Authorization header is invalid -- one and only one ' ' (space) required.";

/// Finds the mechanism; a request that could be read in two ways is refused, never read in the
/// more convenient one (MinIO CVE-2026-41145).
pub(super) fn choose(request: &SignedRequest<'_>) -> Result<Mechanism, S3Error> {
    let authorization = request.header("authorization");
    let version_4 = has_parameter(request, &SIGNATURE_VERSION_4);
    let version_2 = has_parameter(request, &SIGNATURE_VERSION_2);
    let header_fields = request.header_values("authorization").count();
    if header_fields + usize::from(version_4) + usize::from(version_2) > 1 {
        let value = authorization.unwrap_or_default();
        return Err(authorization_error(ONLY_ONE, &value));
    }
    match authorization {
        Some(value) => header_mechanism(&value),
        None if version_4 => Ok(Mechanism::Presigned),
        None if version_2 => Ok(Mechanism::SigV2Query),
        None => Ok(Mechanism::Anonymous),
    }
}

fn header_mechanism(value: &[u8]) -> Result<Mechanism, S3Error> {
    let Some(at) = memchr::memchr(b' ', value) else {
        return Err(authorization_error(NO_BLANK, value));
    };
    match value.get(..at) {
        Some(scheme) if scheme == ALGORITHM.as_bytes() => Ok(Mechanism::Header),
        Some(b"AWS") => Ok(Mechanism::SigV2Header),
        Some(b"AWS4-ECDSA-P256-SHA256") => Err(asymmetric_signature()),
        _ => Err(authorization_error("Unsupported Authorization Type", value)),
    }
}

/// SigV4A, which S3 takes for Multi-Region Access Points only.
pub(super) fn asymmetric_signature() -> S3Error {
    S3Error::with_message(
        ErrorCode::NotImplemented,
        "Signatures with AWS4-ECDSA-P256-SHA256 are not implemented.",
    )
}

fn has_parameter(request: &SignedRequest<'_>, names: &[&str]) -> bool {
    query_pairs(request.raw_query)
        .map(|(name, _)| decode_query(name))
        .any(|name: Cow<'_, [u8]>| names.iter().any(|wanted| wanted.as_bytes() == &*name))
}

pub(super) fn authorization_error(message: &'static str, value: &[u8]) -> S3Error {
    S3Error::invalid_argument(message, "Authorization", String::from_utf8_lossy(value))
}
