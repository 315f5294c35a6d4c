//! Who sent a request.

use std::borrow::Cow;

use http::request::Parts;
use http::{HeaderMap, Method};
use identity::signature::post_form::{self, FormFields};
use identity::uri::encode_path;
use identity::{
    ChunkSeed, ChunkedDecoder, ChunkedHead, Claim, HeaderField, PayloadDeclaration,
    SignatureSettings, SignatureVersion2, SignedRequest, SigningKeyCache,
};
use model::{Principal, S3Error, Timestamp};
use ops::Store;
use ops::identities::{self, Session, Signer, Tag};

use crate::context::SignedBy;

/// What a signature that was verified says besides who made it.
pub(crate) struct SignedFor {
    /// The access key.
    pub(crate) access_key_id: String,
    /// The service of its scope.
    pub(crate) service: String,
}

/// A caller whose signature, if there is one, was verified.
pub(crate) struct Authenticated {
    /// Who signed it; nobody if it is not signed.
    pub(crate) signer: Option<Signer>,
    /// The key and the service of the signature.
    pub(crate) signed_for: Option<SignedFor>,
    /// How the request was signed.
    pub(crate) signed_by: Option<SignedBy>,
    /// Whether the signature came in the query.
    pub(crate) is_presigned: bool,
    /// What the request declares about its body.
    pub(crate) payload: PayloadDeclaration,
    /// The decoder of an `aws-chunked` body, and the length that it decodes to.
    pub(crate) chunked: Option<(ChunkedDecoder, u64)>,
}

impl Authenticated {
    /// Nobody, of whom nothing was verified: a browser signs no preflight, and what stands in its
    /// URI is the signature of the request to come.
    fn preflight() -> Self {
        Self {
            signer: None,
            signed_for: None,
            signed_by: None,
            is_presigned: false,
            payload: PayloadDeclaration::Unsigned,
            chunked: None,
        }
    }

    /// Who it is.
    pub(crate) fn principal(&self) -> &Principal {
        self.signer.as_ref().map_or(&Principal::Anonymous, Signer::principal)
    }

    /// The tags of the signer.
    pub(crate) fn tags(&self) -> &[Tag] {
        self.signer.as_ref().map(Signer::tags).unwrap_or_default()
    }

    /// The session of the signer, if it holds temporary credentials.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.signer.as_ref().and_then(Signer::session)
    }
}

/// Which signatures a request may carry.
#[derive(Clone, Copy)]
pub(crate) struct Accepted<'a> {
    /// The regions that it may be signed for; errors name the first.
    pub(crate) regions: &'a [&'a str],
    /// The services that it may be signed for; errors name the first.
    pub(crate) services: &'a [&'a str],
    /// The hash of the body, for services whose signatures cover it without declaring it.
    pub(crate) body_sha256: Option<[u8; 32]>,
    /// Whether Signature Version 2 is allowed, and the bucket that the host names.
    pub(crate) version_2: Option<SignatureVersion2<'a>>,
}

impl<'a> Accepted<'a> {
    fn settings(self) -> SignatureSettings<'a> {
        let Self { regions, services, body_sha256, version_2 } = self;
        SignatureSettings { regions, services, body_sha256, version_2 }
    }
}

/// Verifies a request: stages 2 to 5 of §12.1.
pub(crate) async fn authenticate(
    store: &Store,
    keys: &SigningKeyCache,
    parts: &Parts,
    accepted: Accepted<'_>,
    now: Timestamp,
) -> Result<Authenticated, S3Error> {
    if parts.method == Method::OPTIONS {
        return Ok(Authenticated::preflight());
    }
    let headers = fields(&parts.headers);
    // AWS: "Create a signed AWS API request": all services but S3 sign the path encoded once more.
    let path = match accepted.body_sha256 {
        Some(_) => Cow::Owned(encode_path(parts.uri.path().as_bytes())),
        None => Cow::Borrowed(parts.uri.path()),
    };
    let request = SignedRequest {
        method: parts.method.as_str(),
        raw_path: &path,
        raw_query: parts.uri.query().unwrap_or_default(),
        headers: &headers,
    };
    let claim = match identity::parse(&request, &accepted.settings(), now)? {
        Claim::Anonymous { payload } => {
            return Ok(Authenticated {
                signer: None,
                signed_for: None,
                signed_by: None,
                is_presigned: false,
                payload,
                chunked: chunked(&request, payload, None)?,
            });
        }
        Claim::Signed(claim) => claim,
    };
    let (key, token) = (claim.access_key_id(), claim.security_token());
    let signer = identities::holder(store, key, token, now).await?;
    let verified = claim.verify(&request, signer.secret(), keys)?;
    let mechanism = verified.claim().mechanism();
    let payload = verified.claim().payload();
    let scope = verified.claim().scope();
    // Signature Version 2 has no scope; it exists for S3 alone.
    let (service, region) = match scope {
        Some(scope) => (&*scope.service, &*scope.region),
        None => ("s3", store.region()),
    };
    signer.note_use(store, verified.claim().access_key_id(), service, region, now);
    let signed_for = SignedFor {
        access_key_id: verified.claim().access_key_id().to_owned(),
        service: service.to_owned(),
    };
    Ok(Authenticated {
        signer: Some(signer),
        signed_for: Some(signed_for),
        signed_by: mechanism.version().map(|version| SignedBy {
            auth_type: if mechanism.is_in_query() { "REST-QUERY-STRING" } else { "REST-HEADER" },
            version,
            at: verified.claim().signed_at(),
        }),
        is_presigned: mechanism.is_in_query(),
        payload,
        chunked: chunked(&request, payload, verified.chunk_seed())?,
    })
}

/// Who made a POST form, and what it may be used for.
pub(crate) struct SignedForm {
    /// Who it is.
    pub(crate) signer: Signer,
    /// How it was signed, for conditions.
    pub(crate) signed_by: SignedBy,
    /// The policy in Base64, exactly as it was signed.
    pub(crate) policy: String,
}

/// Verifies the signature of a POST form; `None` if its fields claim nothing.
pub(crate) async fn authenticate_form(
    store: &Store,
    keys: &SigningKeyCache,
    accepted: Accepted<'_>,
    fields: &FormFields<'_>,
    now: Timestamp,
) -> Result<Option<SignedForm>, S3Error> {
    let Some(claim) = post_form::parse(fields, &accepted.settings())? else { return Ok(None) };
    let (key, token) = (claim.access_key_id(), claim.security_token());
    let signer = identities::holder(store, key, token, now).await?;
    let verified = claim.verify(signer.secret(), keys)?;
    let (version, at) = (verified.version(), verified.signed_at());
    Ok(Some(SignedForm {
        signer,
        signed_by: SignedBy { auth_type: "POST", version, at },
        policy: verified.policy().to_owned(),
    }))
}

fn chunked(
    request: &SignedRequest<'_>,
    payload: PayloadDeclaration,
    seed: Option<ChunkSeed>,
) -> Result<Option<(ChunkedDecoder, u64)>, S3Error> {
    let Some(head) = ChunkedHead::parse(request, payload)? else { return Ok(None) };
    let length_bytes = head.decoded_length_bytes();
    Ok(Some((ChunkedDecoder::new(head, seed)?, length_bytes)))
}

fn fields(headers: &HeaderMap) -> Vec<HeaderField<'_>> {
    headers
        .iter()
        .map(|(name, value)| HeaderField { name: name.as_str(), value: value.as_bytes() })
        .collect()
}
