//! One request to S3 before it is signed.

use bytes::Bytes;
use identity::uri::encode_query;

/// A body as it travels.
#[derive(Clone, Debug, Default)]
pub enum Body {
    /// None, and no `content-length`.
    #[default]
    None,
    /// The bytes, hashed into the signature.
    Plain(Bytes),
    /// The bytes, not hashed: `UNSIGNED-PAYLOAD`.
    Unsigned(Bytes),
    /// `aws-chunked` without signatures on chunks, and the CRC32 as trailer: what current SDKs send
    /// over HTTPS.
    ChunkedWithTrailer(Bytes),
}

/// A request to S3: every header is the caller's, but `host`, length and signature.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The key; the bucket itself without.
    pub key: Option<String>,
    /// Parameters in order; without `=` where there is no value.
    pub query: Vec<(String, Option<String>)>,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Bytes of the answer that are taken; none for the usual number.
    pub take_bytes: Option<usize>,
    /// The service that is signed for; none for `s3`.
    pub service: Option<&'static str>,
}

impl Call {
    /// A call about the bucket.
    pub fn bucket(method: &str) -> Self {
        Self { method: method.to_owned(), ..Self::default() }
    }

    /// A call about a key.
    pub fn object(method: &str, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::bucket(method) }
    }

    /// Adds a parameter without value, as in `?acl`.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.query.push((name.to_owned(), None));
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Adds headers.
    #[must_use]
    pub fn headers<'a>(mut self, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for (name, value) in headers {
            self = self.header(name, value);
        }
        self
    }

    /// Gives it a body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Names a version, if there is one.
    #[must_use]
    pub fn version(self, version_id: Option<&str>) -> Self {
        match version_id {
            Some(version_id) => self.parameter("versionId", version_id),
            None => self,
        }
    }

    /// The query, encoded.
    pub(super) fn query_text(&self) -> String {
        let pair = |(name, value): &(String, Option<String>)| match value {
            Some(value) => {
                format!("{}={}", encode_query(name.as_bytes()), encode_query(value.as_bytes()))
            }
            None => encode_query(name.as_bytes()),
        };
        self.query.iter().map(pair).collect::<Vec<_>>().join("&")
    }
}
