//! Requests, signed and ready to be sent.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use identity::sign::{self, Signer};
use identity::{HeaderField, PayloadDeclaration, SignedRequest};
use model::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::target::{Credentials, Target};
use crate::workload::Signing;

/// How long presigned URLs are valid: longer than any run.
const PRESIGNED_EXPIRY_SECONDS: u64 = 3600;

/// A body with its digest, computed once for all requests that send it.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    bytes: Bytes,
    sha256: [u8; 32],
}

impl Payload {
    /// This many bytes that no server can compress or find twice within one object.
    pub(crate) fn of_size(size_bytes: usize) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut bytes = Vec::with_capacity(size_bytes + 8);
        while bytes.len() < size_bytes {
            // Xorshift, by G. Marsaglia.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.truncate(size_bytes);
        let sha256 = Sha256::digest(&bytes).into();
        Self { bytes: bytes.into(), sha256 }
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// What the body of an answer must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Anything.
    Any,
    /// This many bytes.
    Exactly(u64),
    /// So many bytes or more.
    AtLeast(u64),
    /// None, but `Content-Length` must say this number.
    Announced(u64),
}

/// What an answer must be like so that it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its body.
    pub(crate) length: Length,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// `Content-Length`.
    pub(crate) announced_bytes: Option<u64>,
    /// Bytes of the body that came.
    pub(crate) received_bytes: u64,
}

impl Answer {
    /// What was answered, from the head and the size of the body.
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, received_bytes: u64) -> Self {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let announced_bytes = announced.and_then(|text| text.parse().ok());
        Self { status, announced_bytes, received_bytes }
    }

    /// Whether it is what was expected.
    pub(crate) fn is(&self, expected: Expected) -> bool {
        let length = match expected.length {
            Length::Any => true,
            Length::Exactly(bytes) => self.received_bytes == bytes,
            Length::AtLeast(bytes) => self.received_bytes >= bytes,
            Length::Announced(bytes) => self.announced_bytes == Some(bytes),
        };
        self.status == expected.status && length
    }
}

/// What to ask for.
pub(crate) struct Subject<'a> {
    /// The method.
    pub(crate) method: Method,
    /// Bucket and key, percent-encoded, with the slash in front.
    pub(crate) path: &'a str,
    /// Query string, encoded; empty if there is none.
    pub(crate) query: &'a str,
    /// The body.
    pub(crate) payload: &'a Payload,
    /// What must be answered.
    pub(crate) expected: Expected,
}

/// A signed request, which can be sent as often as its date is in range.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    /// What must be answered.
    pub(crate) expected: Expected,
}

impl Prepared {
    /// Signs a request; `signing` counts only for a target with credentials.
    pub(crate) fn sign(
        target: &Target,
        signing: Signing,
        subject: &Subject<'_>,
    ) -> Result<Self, Failure> {
        let failed = || Failure::new(format!("cannot ask for {}", subject.path), "not a URI");
        let host = HeaderField { name: HOST.as_str(), value: target.authority.as_bytes() };
        let request = SignedRequest {
            method: subject.method.as_str(),
            raw_path: subject.path,
            raw_query: subject.query,
            headers: &[host],
        };
        let mut headers = HeaderMap::with_capacity(8);
        let mut query = subject.query.to_owned();
        match (&target.credentials, signing) {
            (None, _) | (_, Signing::None) => {}
            (Some(credentials), Signing::Presigned) => {
                let signer = signer(target, credentials);
                query = sign::presign(&signer, &request, PRESIGNED_EXPIRY_SECONDS);
            }
            (Some(credentials), Signing::Header) => {
                let payload = PayloadDeclaration::Hash(subject.payload.sha256);
                let signed = sign::header(&signer(target, credentials), &request, payload);
                for (name, value) in signed.headers {
                    let value = HeaderValue::try_from(value).map_err(|_| failed())?;
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        let host = HeaderValue::try_from(&target.authority).map_err(|_| failed())?;
        headers.insert(HOST, host);
        if subject.method == Method::PUT {
            // hyper leaves it out when the body is empty; S3 answers that with 411.
            headers.insert(CONTENT_LENGTH, subject.payload.bytes.len().into());
        }
        let uri = if query.is_empty() {
            subject.path.to_owned()
        } else {
            format!("{}?{query}", subject.path)
        };
        Ok(Self {
            method: subject.method.clone(),
            uri: Uri::try_from(uri).map_err(|_| failed())?,
            headers,
            body: subject.payload.bytes.clone(),
            expected: subject.expected,
        })
    }

    /// The request as hyper sends it.
    pub(crate) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

fn signer<'a>(target: &'a Target, credentials: &'a Credentials) -> Signer<'a> {
    Signer {
        access_key_id: &credentials.access_key_id,
        secret: &credentials.secret,
        security_token: None,
        region: &target.region,
        signed_at: now(),
    }
}

/// The time now. A clock before 1970 counts as 1970.
fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(credentials: Option<Credentials>) -> Target {
        Target {
            name: "test".into(),
            authority: "127.0.0.1:9000".into(),
            credentials,
            pid: None,
            region: "us-east-1".into(),
            bucket: "bucket".into(),
            read_only: false,
        }
    }

    fn prepared(signing: Signing, credentials: Option<Credentials>) -> Prepared {
        let expected = Expected { status: StatusCode::OK, length: Length::Any };
        let subject = Subject {
            method: Method::GET,
            path: "/bucket/key",
            query: "a=b",
            payload: &Payload::of_size(0),
            expected,
        };
        Prepared::sign(&target(credentials), signing, &subject).unwrap()
    }

    #[test]
    fn signatures_stand_where_they_should() {
        let credentials = Credentials::parse("id", "12345678").unwrap();
        let header = prepared(Signing::Header, Some(credentials.clone())).request();
        assert_eq!(header.uri(), "/bucket/key?a=b");
        assert!(header.headers().contains_key("authorization"));
        let presigned = prepared(Signing::Presigned, Some(credentials.clone())).request();
        assert!(presigned.uri().query().unwrap().starts_with("a=b&X-Amz-Algorithm="));
        for unsigned in
            [prepared(Signing::None, Some(credentials)), prepared(Signing::Header, None)]
        {
            let request = unsigned.request();
            assert_eq!(request.uri(), "/bucket/key?a=b");
            assert_eq!(request.headers().len(), 1, "{:?}", request.headers());
        }
    }

    #[test]
    fn payloads_have_their_size_and_do_not_repeat() {
        for size in [0, 1, 7, 8, 1024] {
            assert_eq!(Payload::of_size(size).bytes().len(), size);
        }
        let bytes = Payload::of_size(64 * 1024);
        let mut words: Vec<_> = bytes.bytes().chunks(8).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 8 * 1024);
    }

    #[test]
    fn answers_are_compared_with_what_was_expected() {
        let answer = |status, announced_bytes, received_bytes| Answer {
            status,
            announced_bytes,
            received_bytes,
        };
        let ok = |length| Expected { status: StatusCode::OK, length };
        let ten = answer(StatusCode::OK, Some(10), 10);
        for (length, expected) in [
            (Length::Any, true),
            (Length::Exactly(10), true),
            (Length::Exactly(9), false),
            (Length::AtLeast(10), true),
            (Length::AtLeast(11), false),
        ] {
            assert_eq!(ten.is(ok(length)), expected, "{length:?}");
        }
        assert!(answer(StatusCode::OK, Some(10), 0).is(ok(Length::Announced(10))));
        assert!(!answer(StatusCode::OK, None, 0).is(ok(Length::Announced(10))));
        assert!(!answer(StatusCode::FORBIDDEN, Some(10), 10).is(ok(Length::Any)));
    }
}
