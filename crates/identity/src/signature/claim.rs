//! A parsed signature, before and after it was checked.

use std::borrow::Cow;
use std::fmt;

use model::{ErrorCode, S3Error, Timestamp};

use super::{CanonicalRequest, ChunkSeed, Mechanism, TERMINAL, string_to_sign, version_2};
use crate::payload::PayloadDeclaration;
use crate::request::SignedRequest;
use crate::secret::SecretAccessKey;
use crate::signing_key::{SigningKey, SigningKeyCache};

/// What a signing key is good for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// The day, `yyyyMMdd`.
    pub date: Cow<'a, str>,
    /// The region.
    pub region: Cow<'a, str>,
    /// The service, `s3`.
    pub service: Cow<'a, str>,
}

impl Scope<'_> {
    /// The same scope, of texts of its own.
    pub fn into_owned(self) -> Scope<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Scope { date: owned(self.date), region: owned(self.region), service: owned(self.service) }
    }
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{TERMINAL}", self.date, self.region, self.service)
    }
}

/// What a signed request claims. Its scope, expiry and clock were checked, its signature was not.
///
/// It borrows from the request: most requests are read and answered without a copy of any of this.
#[derive(Clone)]
pub struct SignedClaim<'a> {
    pub(super) mechanism: Mechanism,
    pub(super) access_key_id: Cow<'a, str>,
    /// None for a URL of version 2, which says only when it expires.
    pub(super) signed_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) signature: Cow<'a, str>,
    pub(super) security_token: Option<Cow<'a, str>>,
    pub(super) payload: PayloadDeclaration,
    pub(super) proof: Proof<'a>,
}

/// What the signature is computed from besides the request.
#[derive(Clone)]
pub(super) enum Proof<'a> {
    Version4(Version4<'a>),
    Version2 {
        string_to_sign: Vec<u8>,
        /// Another way to write the same resource, which may be signed instead.
        with_slash: Option<Vec<u8>>,
    },
}

#[derive(Clone)]
pub(super) struct Version4<'a> {
    pub(super) scope: Scope<'a>,
    /// The date as the string to sign has it: `yyyyMMddTHHmmssZ`.
    pub(super) date_text: Cow<'a, str>,
    /// As sent: lower-case names joined with `;`.
    pub(super) signed_headers: Cow<'a, str>,
    /// The payload declaration as sent, which is what was signed.
    pub(super) payload_text: Cow<'a, str>,
}

impl<'a> SignedClaim<'a> {
    /// Any [`Mechanism`] but [`Mechanism::Anonymous`].
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The access key to look up.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Day, region and service that a signature of version 4 is for.
    pub fn scope(&self) -> Option<&Scope<'a>> {
        match &self.proof {
            Proof::Version4(version_4) => Some(&version_4.scope),
            Proof::Version2 { .. } => None,
        }
    }

    /// When the request was signed, by the signer's clock; a URL of version 2 does not say.
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }

    /// When a presigned URL expires.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The names of the signed headers, lower case, in the order in which they were signed; none
    /// are listed by version 2, which signs all that begin with `x-amz-`.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        let list = match &self.proof {
            Proof::Version4(version_4) => version_4.signed_headers.as_ref(),
            Proof::Version2 { .. } => "",
        };
        list.split_terminator(';')
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
    /// `SignatureDoesNotMatch` with the fields of §8.3: six for version 4, four for version 2.
    pub fn verify(
        self,
        request: &SignedRequest<'_>,
        secret: &SecretAccessKey,
        keys: &SigningKeyCache,
    ) -> Result<Verified<'a>, S3Error> {
        let signing_key = match &self.proof {
            Proof::Version4(version_4) => {
                Some(self.verify_version_4(version_4, request, secret, keys)?)
            }
            Proof::Version2 { string_to_sign, with_slash } => {
                let mut signable =
                    [Some(string_to_sign), with_slash.as_ref()].into_iter().flatten();
                if !signable.any(|text| version_2::matches(secret, text, &self.signature)) {
                    let text = String::from_utf8_lossy(string_to_sign);
                    return Err(mismatch(&self.access_key_id, &text, &self.signature));
                }
                None
            }
        };
        Ok(Verified { claim: self, signing_key })
    }

    fn verify_version_4(
        &self,
        version_4: &Version4<'_>,
        request: &SignedRequest<'_>,
        secret: &SecretAccessKey,
        keys: &SigningKeyCache,
    ) -> Result<SigningKey, S3Error> {
        let Version4 { scope, date_text, signed_headers, payload_text } = version_4;
        let canonical =
            CanonicalRequest { request: *request, signed_headers, payload: payload_text }.build();
        let text = string_to_sign(date_text, scope, &canonical);
        let signing_key = keys.get(&self.access_key_id, secret, scope);
        if signing_key.matches(text.as_bytes(), &self.signature) {
            return Ok(signing_key);
        }
        Err(mismatch(&self.access_key_id, &text, &self.signature)
            .field("CanonicalRequest", String::from_utf8_lossy(&canonical))
            .field("CanonicalRequestBytes", spaced_hex(&canonical)))
    }
}

/// Without signature and session token: whoever reads a log must not be able to send the request.
impl fmt::Debug for SignedClaim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedClaim")
            .field("mechanism", &self.mechanism)
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope().map(ToString::to_string))
            .field("signed_at", &self.signed_at)
            .field("expires_at", &self.expires_at)
            .field("signed_headers", &self.signed_headers().collect::<Vec<_>>())
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// A claim whose signature is right. Only [`SignedClaim::verify`] makes one.
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    claim: SignedClaim<'a>,
    /// None for version 2.
    signing_key: Option<SigningKey>,
}

impl<'a> Verified<'a> {
    /// What was claimed, now proved.
    pub fn claim(&self) -> &SignedClaim<'a> {
        &self.claim
    }

    /// What the chunk signatures of the body start from; none if the body has none.
    pub fn chunk_seed(&self) -> Option<ChunkSeed> {
        let (Proof::Version4(version_4), Some(signing_key)) =
            (&self.claim.proof, &self.signing_key)
        else {
            return None;
        };
        self.claim.payload.has_signed_chunks().then(|| ChunkSeed {
            access_key_id: self.claim.access_key_id.clone().into_owned(),
            signing_key: signing_key.clone(),
            date_text: version_4.date_text.clone().into_owned(),
            scope: version_4.scope.clone().into_owned(),
            signature: self.claim.signature.clone().into_owned(),
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
