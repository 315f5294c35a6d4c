//! Signatures of S3 requests: which mechanism a request uses, what it claims, whether the claim is
//! true. AWS Signature Version 4, and Version 2 where the operator allows it.
//!
//! Authentication takes two steps, because the secret is looked up in between:
//!
//! 1. [`parse`] checks the syntax, the scope, expiry and clock skew (`access-control.md` §12.1,
//!    stages 2 and 3) and returns a [`Claim`].
//! 2. The caller looks up [`SignedClaim::access_key_id`] (stage 4; [`unknown_access_key`] if there
//!    is none) and calls [`SignedClaim::verify`] (stage 5), the only way to a [`Verified`].
//!
//! A browser's POST form carries its signature in form fields, which only whoever reads the body
//! can know: such a request is anonymous to [`parse`], and only then may [`post_form`] be asked.

mod canonical;
mod chunk_signature;
pub mod chunked;
mod claim;
mod coverage;
mod credential;
mod header;
mod mechanism;
pub mod post_form;
mod presigned;
#[cfg(test)]
mod tests;
mod version_2;

use model::{ErrorCode, S3Error, Timestamp};

pub use self::chunk_signature::ChunkSeed;
pub use self::claim::{Scope, SignedClaim, Verified};
pub use self::mechanism::{Mechanism, SignatureVersion};
pub use self::version_2::SignatureVersion2;
use crate::payload::PayloadDeclaration;
use crate::request::SignedRequest;
use crate::uri::has_well_formed_escapes;

pub(crate) use self::canonical::{CanonicalRequest, string_to_sign};

/// The only signing algorithm that we verify.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The last part of a credential scope.
pub(crate) const TERMINAL: &str = "aws4_request";

/// Which scopes are accepted.
#[derive(Clone, Copy, Debug)]
pub struct SignatureSettings<'a> {
    /// The accepted regions. The first is the one that error messages tell the client to use; the
    /// others are what else the addressed bucket may be signed for.
    pub regions: &'a [&'a str],
    /// The accepted services: `s3` alone, or those that share the endpoint of the other APIs. The
    /// first is the one that error messages name.
    pub services: &'a [&'a str],
    /// The SHA-256 of the body where only S3 would declare it in a header: the signatures of other
    /// services cover the hash of what was really sent.
    pub body_sha256: Option<[u8; 32]>,
    /// Whether Signature Version 2 is accepted, and what it needs to know of the request. It has
    /// neither scope nor payload hash, so a signature is good for longer and covers less.
    pub version_2: Option<SignatureVersion2<'a>>,
}

/// Who a request says it is from.
#[derive(Debug)]
pub enum Claim<'a> {
    /// Nobody: the request is not signed.
    Anonymous {
        /// What it declares about its body; never one of the signed streaming forms.
        payload: PayloadDeclaration,
    },
    /// The holder of an access key. Nothing of it may be believed before
    /// [`SignedClaim::verify`].
    Signed(Box<SignedClaim<'a>>),
}

/// Reads what a request claims, and checks everything that needs no secret.
///
/// Errors: the tables of `access-control.md` §8.1 to §8.4, except those about keys, tokens and
/// signatures.
pub fn parse<'a>(
    request: &SignedRequest<'a>,
    settings: &SignatureSettings<'_>,
    now: Timestamp,
) -> Result<Claim<'a>, S3Error> {
    // No wildcard: a new mechanism must say here how it is verified (MinIO CVE-2026-40344).
    let claim = match mechanism::choose(request)? {
        Mechanism::Anonymous => {
            let payload = match request.header("x-amz-content-sha256") {
                Some(value) => PayloadDeclaration::parse(&value)?.for_anonymous()?,
                None => PayloadDeclaration::Unsigned,
            };
            return Ok(Claim::Anonymous { payload });
        }
        Mechanism::Header => header::parse(request, settings, now)?,
        Mechanism::Presigned => presigned::parse(request, settings, now)?,
        Mechanism::SigV2Header => version_2::parse_header(request, settings, now)?,
        Mechanism::SigV2Query => version_2::parse_query(request, settings, now)?,
    };
    Ok(Claim::Signed(Box::new(claim)))
}

/// A `%` that starts no escape could be read in two ways, so it cannot be signed (§12.1, stage 1).
fn require_escapes(request: &SignedRequest<'_>) -> Result<(), S3Error> {
    let well_formed =
        has_well_formed_escapes(request.raw_path) && has_well_formed_escapes(request.raw_query);
    if well_formed { Ok(()) } else { Err(S3Error::new(ErrorCode::InvalidURI)) }
}

/// §8.1: SigV2 where only SigV4 is spoken.
fn only_version_4() -> S3Error {
    S3Error::with_message(
        ErrorCode::InvalidRequest,
        "The authorization mechanism you have provided is not supported. \
         Please use AWS4-HMAC-SHA256.",
    )
}

/// The answer to an access key id that does not exist, is inactive, or lacks its session token
/// (§8.3).
pub fn unknown_access_key(access_key_id: &str) -> S3Error {
    S3Error::new(ErrorCode::InvalidAccessKeyId).field("AWSAccessKeyId", access_key_id)
}
