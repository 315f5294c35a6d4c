//! A parsed signature, before and after it was checked.

use std::fmt;

use model::{ErrorCode, S3Error, Timestamp};

use super::{CanonicalRequest, ChunkSeed, Mechanism, TERMINAL, string_to_sign};
use crate::payload::PayloadDeclaration;
use crate::request::SignedRequest;
use crate::secret::SecretAccessKey;
use crate::signing_key::{SigningKey, SigningKeyCache};

/// What a signing key is good for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The day, `yyyyMMdd`.
    pub date: String,
    /// The region.
    pub region: String,
    /// The service, `s3`.
    pub service: String,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{TERMINAL}", self.date, self.region, self.service)
    }
}

/// What a signed request claims. Its scope, expiry and clock were checked, its signature was not.
#[derive(Clone)]
pub struct SignedClaim {
    pub(super) mechanism: Mechanism,
    pub(super) access_key_id: String,
    pub(super) scope: Scope,
    /// The date as the string to sign has it: `yyyyMMddTHHmmssZ`.
    pub(super) date_text: String,
    pub(super) signed_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    /// As sent: lower-case names joined with `;`.
    pub(super) signed_headers: String,
    pub(super) signature: String,
    pub(super) security_token: Option<String>,
    pub(super) payload: PayloadDeclaration,
    /// The payload declaration as sent, which is what was signed.
    pub(super) payload_text: String,
}

impl SignedClaim {
    /// [`Mechanism::Header`] or [`Mechanism::Presigned`].
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The access key to look up.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Day, region and service that the signature is for.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// When the request was signed, by the signer's clock.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// When a presigned URL expires.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The names of the signed headers, lower case, in the order in which they were signed.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';')
    }

    /// The session token of temporary credentials.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// What the request declares about its body.
    pub fn payload(&self) -> PayloadDeclaration {
        self.payload
    }

    /// Checks the signature of `request`, the one that was parsed, with the secret of
    /// [`SignedClaim::access_key_id`].
    ///
    /// `SignatureDoesNotMatch` with the six fields of §8.3.
    pub fn verify(
        self,
        request: &SignedRequest<'_>,
        secret: &SecretAccessKey,
        keys: &SigningKeyCache,
    ) -> Result<Verified, S3Error> {
        let canonical = CanonicalRequest {
            request: *request,
            signed_headers: &self.signed_headers,
            payload: &self.payload_text,
        }
        .build();
        let text = string_to_sign(&self.date_text, &self.scope, &canonical);
        let signing_key = keys.get(&self.access_key_id, secret, &self.scope);
        if signing_key.matches(text.as_bytes(), &self.signature) {
            Ok(Verified { claim: self, signing_key })
        } else {
            Err(mismatch(&self.access_key_id, &text, &self.signature)
                .field("CanonicalRequest", String::from_utf8_lossy(&canonical))
                .field("CanonicalRequestBytes", spaced_hex(&canonical)))
        }
    }
}

/// Without signature and session token: whoever reads a log must not be able to send the request.
impl fmt::Debug for SignedClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedClaim")
            .field("mechanism", &self.mechanism)
            .field("access_key_id", &self.access_key_id)
            .field("scope", &format_args!("{}", self.scope))
            .field("signed_at", &self.date_text)
            .field("expires_at", &self.expires_at)
            .field("signed_headers", &self.signed_headers)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// A claim whose signature is right. Only [`SignedClaim::verify`] makes one.
#[derive(Clone, Debug)]
pub struct Verified {
    claim: SignedClaim,
    signing_key: SigningKey,
}

impl Verified {
    /// What was claimed, now proved.
    pub fn claim(&self) -> &SignedClaim {
        &self.claim
    }

    /// What the chunk signatures of the body start from; none if the body has none.
    pub fn chunk_seed(&self) -> Option<ChunkSeed> {
        self.claim.payload.has_signed_chunks().then(|| ChunkSeed {
            access_key_id: self.claim.access_key_id.clone(),
            signing_key: self.signing_key.clone(),
            date_text: self.claim.date_text.clone(),
            scope: self.claim.scope.clone(),
            signature: self.claim.signature.clone(),
        })
    }
}

/// `SignatureDoesNotMatch` with the four fields that every signature has (§8.3).
pub(super) fn mismatch(access_key_id: &str, string_to_sign: &str, provided: &str) -> S3Error {
    S3Error::new(ErrorCode::SignatureDoesNotMatch)
        .field("AWSAccessKeyId", access_key_id)
        .field("StringToSign", string_to_sign)
        .field("SignatureProvided", provided)
        .field("StringToSignBytes", spaced_hex(string_to_sign.as_bytes()))
}

/// `41 57 53 …`
fn spaced_hex(bytes: &[u8]) -> String {
    let digits = hex::encode(bytes);
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 2 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
