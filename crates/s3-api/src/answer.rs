//! Small helpers to build responses.

use std::fmt::Display;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use model::VersionId;

use crate::body::ResponseBody;

/// Headers of an object with some metadata; answers with more grow.
const HEADERS_USUAL: usize = 16;

/// A response under construction.
pub(crate) struct Answer(Response<ResponseBody>);

impl Answer {
    /// An empty response.
    pub(crate) fn new(status: StatusCode) -> Self {
        let mut response = Response::new(ResponseBody::empty());
        *response.status_mut() = status;
        // Room for what most answers have, so that none of it is moved while it is written.
        *response.headers_mut() = HeaderMap::with_capacity(HEADERS_USUAL);
        Self(response)
    }

    /// `200 OK` without a body.
    pub(crate) fn ok() -> Self {
        Self::new(StatusCode::OK)
    }

    /// `204 No Content`.
    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT)
    }

    /// `200 OK` with an XML document.
    pub(crate) fn xml(document: String) -> Self {
        Self::ok().fixed(CONTENT_TYPE, "application/xml").body(ResponseBody::from(document))
    }

    /// Sets a header. A value that HTTP does not allow, such as metadata with a line break from
    /// another time, is left out rather than sent broken.
    pub(crate) fn header(self, name: impl Into<HeaderName>, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(value.as_ref()));
        self.header_value(name.into(), value.ok())
    }

    /// Sets a header to a value that is always the same.
    pub(crate) fn fixed(self, name: HeaderName, value: &'static str) -> Self {
        self.header_value(name, Some(HeaderValue::from_static(value)))
    }

    /// Sets a header to a text that is not needed any more.
    pub(crate) fn owned(self, name: HeaderName, value: String) -> Self {
        let value = HeaderValue::from_maybe_shared(Bytes::from(value));
        self.header_value(name, value.ok())
    }

    /// Sets a header whose name is a literal in lower case.
    pub(crate) fn named(self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.header(HeaderName::from_static(name), value)
    }

    /// Sets a header when there is a value.
    pub(crate) fn optional(self, name: &'static str, value: Option<impl AsRef<[u8]>>) -> Self {
        match value {
            Some(value) => self.named(name, value),
            None => self,
        }
    }

    /// `x-amz-version-id`, when there is one to mention.
    pub(crate) fn version(self, version: Option<&VersionId>) -> Self {
        self.optional("x-amz-version-id", version.map(VersionId::as_str))
    }

    /// `x-amz-tagging-count`, when there is one to tell.
    pub(crate) fn tag_count(self, count: Option<usize>) -> Self {
        self.optional("x-amz-tagging-count", count.map(|count| count.to_string()))
    }

    /// `x-amz-copy-source-version-id`, when there is one to mention.
    pub(crate) fn source_version(self, version: Option<&VersionId>) -> Self {
        self.optional("x-amz-copy-source-version-id", version.map(VersionId::as_str))
    }

    /// Sets a header to what a value displays.
    pub(crate) fn displayed(self, name: &'static str, value: impl Display) -> Self {
        self.owned(HeaderName::from_static(name), value.to_string())
    }

    /// Sets a header whose name is not known in advance.
    pub(crate) fn dynamic(self, name: &str, value: &str) -> Self {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => self.header(name, value),
            Err(_) => self,
        }
    }

    /// Announces the length of a body that is not sent (HEAD).
    pub(crate) fn length(self, length_bytes: u64) -> Self {
        self.header_value(CONTENT_LENGTH, Some(HeaderValue::from(length_bytes)))
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: ResponseBody) -> Self {
        *self.0.body_mut() = body;
        self
    }

    /// The response.
    pub(crate) fn build(self) -> Response<ResponseBody> {
        self.0
    }

    /// The value of a header, if it is a text.
    pub(crate) fn header_text(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }

    /// Sets the status.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        *self.0.status_mut() = status;
        self
    }

    fn header_value(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        if let Some(value) = value {
            self.0.headers_mut().insert(name, value);
        }
        self
    }
}
