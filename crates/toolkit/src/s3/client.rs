//! Signs calls and sends them.

use std::sync::Arc;

use bytes::Bytes;
use identity::sign::{self, Signer};
use identity::{HeaderField, PayloadDeclaration, SignedRequest};
use model::Timestamp;
use sha2::{Digest as _, Sha256};

use super::call::{Body, Call};
use super::chunked;
use super::target::Target;
use crate::http::{Exchange, HttpRequest, Transport, WhereTo};

/// Headers that are not signed: proxies and HTTP libraries change them.
const UNSIGNED_HEADERS: [&str; 4] = ["expect", "user-agent", "accept-encoding", "connection"];

/// Tells the time. The binary reads the clock; nothing below it does.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A client of one bucket.
#[derive(Clone)]
pub struct S3Client {
    target: Target,
    transport: Transport,
    clock: Clock,
}

impl S3Client {
    /// A client of this bucket.
    pub fn new(target: Target, transport: Transport, clock: Clock) -> Self {
        Self { target, transport, clock }
    }

    /// The bucket and who asks.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How requests travel, for those that are not S3's.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The same client, of another bucket or as somebody else.
    #[must_use]
    pub fn with_target(&self, target: Target) -> Self {
        Self { target, ..self.clone() }
    }

    /// The same client on another transport.
    #[must_use]
    pub fn with_transport(&self, transport: Transport) -> Self {
        Self { transport, ..self.clone() }
    }

    /// The same client as nobody.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        self.with_target(self.target.anonymous())
    }

    /// Signs the call, if there are credentials, and sends it.
    pub async fn send(&self, call: Call) -> Exchange {
        let request = self.request(call);
        self.transport.send(&request).await
    }

    fn request(&self, call: Call) -> HttpRequest {
        let url = self.target.url(call.key.as_deref(), &call.query_text());
        let Call { method, mut headers, body, take_bytes, service, .. } = call;
        let service = service.unwrap_or("s3");
        let (body, payload) = match body {
            Body::None => (None, PayloadDeclaration::Hash(Sha256::digest(b"").into())),
            Body::Plain(bytes) => {
                let hash = Sha256::digest(&bytes).into();
                (Some(bytes), PayloadDeclaration::Hash(hash))
            }
            Body::Unsigned(bytes) => (Some(bytes), PayloadDeclaration::Unsigned),
            Body::ChunkedWithTrailer(bytes) => {
                add_chunked_headers(&mut headers, &bytes);
                (Some(chunked::frame(&bytes)), PayloadDeclaration::StreamingUnsignedTrailer)
            }
        };
        let mut request = HttpRequest {
            headers: self.signed((service, &method, &url), headers, payload),
            method,
            url,
            body,
            take_bytes: HttpRequest::TAKE_BYTES,
        };
        request.take_bytes = take_bytes.unwrap_or(request.take_bytes);
        request
    }

    /// The headers with those of the signature; as they are where nobody signs.
    fn signed(
        &self,
        (service, method, url): (&'static str, &str, &str),
        mut headers: Vec<(String, String)>,
        payload: PayloadDeclaration,
    ) -> Vec<(String, String)> {
        // A URL that cannot be read is refused by the transport, with the reason.
        let Ok(to) = WhereTo::parse(url) else { return headers };
        let Some(credentials) = &self.target.credentials else {
            if payload.is_streaming() {
                headers.push(("x-amz-content-sha256".to_owned(), payload.header_value()));
            }
            return headers;
        };
        let signer = Signer {
            access_key_id: &credentials.access_key_id,
            secret: &credentials.secret,
            security_token: credentials.session_token.as_deref(),
            region: &self.target.region,
            signed_at: self.now(),
        };
        let covered: Vec<HeaderField<'_>> = headers
            .iter()
            .filter(|(name, _)| !UNSIGNED_HEADERS.contains(&name.as_str()))
            .map(|(name, value)| HeaderField { name, value: value.as_bytes() })
            .chain([HeaderField { name: "host", value: to.authority.as_bytes() }])
            .collect();
        let (path, query) = to.target.split_once('?').unwrap_or((&to.target, ""));
        let request = SignedRequest { method, raw_path: path, raw_query: query, headers: &covered };
        let added = sign::header_for(service, &signer, &request, payload).headers;
        headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
        headers
    }
}

/// `Content-Encoding: aws-chunked` stands before the content's own.
fn add_chunked_headers(headers: &mut Vec<(String, String)>, bytes: &Bytes) {
    for (name, value) in chunked::headers(bytes) {
        match headers.iter_mut().find(|(key, _)| key == name) {
            Some((_, own)) => *own = format!("{value},{own}"),
            None => headers.push((name.to_owned(), value)),
        }
    }
}
