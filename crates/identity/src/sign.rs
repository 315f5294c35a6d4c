//! Signing requests: the client's side, with the server's canonicalisation.
//!
//! For tests, benchmarks and tools that are clients of an S3 endpoint.

use std::borrow::Cow;

use model::Timestamp;
use sha2::{Digest, Sha256};

use crate::dates::format_basic;
use crate::payload::PayloadDeclaration;
use crate::request::{HeaderField, SignedRequest};
use crate::secret::SecretAccessKey;
use crate::signature::{ALGORITHM, CanonicalRequest, ChunkSeed, Scope, TERMINAL, string_to_sign};
use crate::signing_key::SigningKey;
use crate::uri::encode_query;

/// The service that is meant if none is named.
const S3: &str = "s3";

/// Who signs, for where, and when.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The access key.
    pub access_key_id: &'a str,
    /// Its secret.
    pub secret: &'a SecretAccessKey,
    /// The token of temporary credentials.
    pub security_token: Option<&'a str>,
    /// The region of the scope.
    pub region: &'a str,
    /// The time of signing.
    pub signed_at: Timestamp,
}

/// What [`header`] adds to a request.
pub struct HeaderSignature {
    /// `x-amz-content-sha256`, `x-amz-date`, perhaps `x-amz-security-token`, and `authorization`.
    pub headers: Vec<(&'static str, String)>,
    /// What chunk signatures start from, if the payload has them.
    pub chunk_seed: ChunkSeed,
}

impl Signer<'_> {
    fn scope(&self, service: &'static str) -> Scope<'static> {
        let mut date = format_basic(self.signed_at);
        date.truncate(8);
        let region = Cow::Owned(self.region.to_owned());
        Scope { date: date.into(), region, service: service.into() }
    }

    fn credential(&self, scope: &Scope<'_>) -> String {
        format!(
            "{}/{}/{}/{}/{TERMINAL}",
            self.access_key_id, scope.date, scope.region, scope.service
        )
    }
}

/// Signs with the `Authorization` header. All headers of `request` are signed: leave out what a
/// proxy may change, put in `host`.
pub fn header(
    signer: &Signer<'_>,
    request: &SignedRequest<'_>,
    payload: PayloadDeclaration,
) -> HeaderSignature {
    header_for(S3, signer, request, payload)
}

/// As [`header()`], for another service such as `sts`.
pub fn header_for(
    service: &'static str,
    signer: &Signer<'_>,
    request: &SignedRequest<'_>,
    payload: PayloadDeclaration,
) -> HeaderSignature {
    let payload = payload.header_value();
    let date_text = format_basic(signer.signed_at);
    let mut added =
        vec![("x-amz-content-sha256", payload.clone()), ("x-amz-date", date_text.clone())];
    if let Some(token) = signer.security_token {
        added.push(("x-amz-security-token", token.to_owned()));
    }
    let mut all = request.headers.to_vec();
    all.extend(added.iter().map(|(name, value)| HeaderField { name, value: value.as_bytes() }));
    let signed_headers = signed_headers(&all);
    let request = SignedRequest { headers: &all, ..*request };
    let canonical =
        CanonicalRequest { request, signed_headers: &signed_headers, payload: &payload };
    let scope = signer.scope(service);
    let signing_key = SigningKey::derive(signer.secret, &scope);
    let text = string_to_sign(&date_text, &scope, &canonical.build());
    let signature = signing_key.sign(text.as_bytes());
    let authorization = format!(
        "{ALGORITHM} Credential={},SignedHeaders={signed_headers},Signature={signature}",
        signer.credential(&scope)
    );
    added.push(("authorization", authorization));
    let access_key_id = signer.access_key_id.to_owned();
    let chunk_seed = ChunkSeed { access_key_id, signing_key, date_text, scope, signature };
    HeaderSignature { headers: added, chunk_seed }
}

/// Signs a URL that may be used for `expires_seconds`, and returns its query string: that of
/// `request`, then the parameters of the signature. All headers of `request` are signed.
pub fn presign(signer: &Signer<'_>, request: &SignedRequest<'_>, expires_seconds: u64) -> String {
    let scope = signer.scope(S3);
    let date_text = format_basic(signer.signed_at);
    let signed_headers = signed_headers(request.headers);
    let expires = expires_seconds.to_string();
    let credential = signer.credential(&scope);
    let mut query = request.raw_query.to_owned();
    let mut push = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.push_str(&encode_query(value.as_bytes()));
    };
    push("X-Amz-Algorithm", ALGORITHM);
    push("X-Amz-Credential", &credential);
    push("X-Amz-Date", &date_text);
    push("X-Amz-Expires", &expires);
    if let Some(token) = signer.security_token {
        push("X-Amz-Security-Token", token);
    }
    push("X-Amz-SignedHeaders", &signed_headers);
    let canonical = CanonicalRequest {
        request: SignedRequest { raw_query: &query, ..*request },
        signed_headers: &signed_headers,
        payload: "UNSIGNED-PAYLOAD",
    };
    let text = string_to_sign(&date_text, &scope, &canonical.build());
    let signature = SigningKey::derive(signer.secret, &scope).sign(text.as_bytes());
    query + "&X-Amz-Signature=" + &signature
}

/// The names of the headers, lower case, sorted, each once, joined with `;`.
fn signed_headers(headers: &[HeaderField<'_>]) -> String {
    let mut names: Vec<String> =
        headers.iter().map(|field| field.name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

/// Frames and signs an `aws-chunked` body.
pub struct ChunkSigner {
    seed: ChunkSeed,
    previous: String,
}

impl ChunkSigner {
    /// A signer at the start of the body of the request that `seed` belongs to.
    pub fn new(seed: ChunkSeed) -> Self {
        let previous = seed.signature.clone();
        Self { seed, previous }
    }

    /// A chunk on the wire. `data` must not be empty: an empty chunk ends the body.
    pub fn chunk(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = self.chunk_line(data);
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
        out
    }

    /// The end of a body without trailer.
    pub fn finish(mut self) -> Vec<u8> {
        let mut out = self.chunk_line(b"");
        out.extend_from_slice(b"\r\n");
        out
    }

    /// The end of a body with trailers; names in lower case.
    pub fn finish_with_trailers(mut self, trailers: &[(&str, &str)]) -> Vec<u8> {
        let mut out = self.chunk_line(b"");
        let mut signed_text = String::new();
        for (name, value) in trailers {
            out.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
            signed_text.extend([name, ":", value, "\n"]);
        }
        let text = self.seed.trailer_string_to_sign(&self.previous, signed_text.as_bytes());
        let signature = self.seed.signing_key.sign(text.as_bytes());
        out.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n\r\n").as_bytes());
        out
    }

    fn chunk_line(&mut self, data: &[u8]) -> Vec<u8> {
        let text = self.seed.chunk_string_to_sign(&self.previous, &Sha256::digest(data).into());
        self.previous = self.seed.signing_key.sign(text.as_bytes());
        format!("{:x};chunk-signature={}\r\n", data.len(), self.previous).into_bytes()
    }
}
