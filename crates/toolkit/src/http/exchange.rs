//! What was asked and what came back, without secrets.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::s3::document::{Element, parse};

/// Headers of requests that are never kept: whoever reads the evidence could use them.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "x-amz-security-token", "cookie", "proxy-authorization", "x-signature"];
/// Parameters of a URL whose values are never kept.
const SECRET_PARAMETERS: [&str; 4] =
    ["x-amz-signature", "x-amz-security-token", "x-amz-credential", "signature"];

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The URL, without what could be used again.
    pub url: String,
    /// The headers of the request that say something, lower case, without secrets.
    pub request_headers: Vec<(String, String)>,
    /// Bytes of the request's body.
    pub request_bytes: usize,
    /// What came back.
    pub outcome: Result<Answer, Failure>,
    /// How long it took.
    pub timing: Timing,
}

/// How long the parts of an exchange took. Parts that a kept connection does not need are absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Looking the name up.
    pub resolve: Option<Duration>,
    /// Connecting.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// Until `100 Continue` came, if it did.
    pub interim: Option<Duration>,
    /// Everything.
    pub total: Duration,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, as far as it was taken.
    pub body: Bytes,
    /// Whether the body had more bytes than were taken.
    pub is_truncated: bool,
    /// The code of an S3 error.
    pub code: Option<String>,
    /// The message of an S3 error.
    pub message: Option<String>,
    /// `HTTP/1.1` or whatever was spoken.
    pub version: &'static str,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it ended.
    pub kind: FailureKind,
    /// The system's words.
    pub text: String,
}

/// Where an exchange ended that had no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The request could not even be written down.
    Request,
    /// The name has no address.
    Name,
    /// Nobody takes connections there.
    Connect,
    /// The handshake failed: a certificate for another name, an unknown issuer, no TLS at all.
    Tls,
    /// The connection ended before the answer did.
    Transfer,
    /// It took too long.
    Timeout,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "the request cannot be written",
            Self::Name => "the name cannot be resolved",
            Self::Connect => "cannot connect",
            Self::Tls => "the TLS handshake failed",
            Self::Transfer => "the connection ended early",
            Self::Timeout => "it took too long",
        })
    }
}

impl Exchange {
    /// The status; none if no answer came.
    pub fn status(&self) -> Option<u16> {
        self.outcome.as_ref().ok().map(|answer| answer.status)
    }

    /// Whether the answer is a success.
    pub fn is_success(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }

    /// The code of the S3 error, if the answer is one.
    pub fn code(&self) -> Option<&str> {
        self.outcome.as_ref().ok().and_then(|answer| answer.code.as_deref())
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.outcome.as_ref().ok().and_then(|answer| answer.header(name))
    }

    /// The body of the answer; empty if none came.
    pub fn body(&self) -> &[u8] {
        self.outcome.as_ref().map_or(&[], |answer| &answer.body)
    }

    /// The body as an XML document.
    pub fn document(&self) -> Option<Element> {
        parse(self.body())
    }

    /// The id under which the server knows the request.
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-amz-request-id")
    }

    /// What came back, in few words: `403 AccessDenied`, `cannot connect: …`.
    pub fn result(&self) -> String {
        match &self.outcome {
            Ok(answer) => match &answer.code {
                Some(code) => format!("{} {code}", answer.status),
                None => answer.status.to_string(),
            },
            Err(failure) => format!("{}: {}", failure.kind, failure.text),
        }
    }
}

/// `PUT https://… → 403 AccessDenied (request …)`.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        for (name, value) in &self.request_headers {
            if name == "x-amz-acl" {
                write!(f, " [{name}: {value}]")?;
            }
        }
        write!(f, " → {}", self.result())?;
        match self.request_id() {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl Answer {
    /// An answer with the S3 error read from its body.
    pub(crate) fn new(
        status: u16,
        headers: Vec<(String, String)>,
        body: Bytes,
        version: &'static str,
    ) -> Self {
        let error = (status >= 300).then(|| parse(&body)).flatten();
        let error = error.filter(|document| document.name == "Error");
        let field = |name| {
            error.as_ref().and_then(|document| document.text_of(name)).map(ToOwned::to_owned)
        };
        let (code, message) = (field("Code"), field("Message"));
        Self { status, headers, body, is_truncated: false, code, message, version }
    }

    /// The first header with this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a header of a request may be kept.
pub(crate) fn may_be_kept(name: &str) -> bool {
    !SECRET_HEADERS.contains(&name)
}

/// A URL without user name, and without the values that could be used again.
pub(crate) fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (place, query) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
    let (authority, path) = place.split_once('/').map_or((place, None), |(a, b)| (a, Some(b)));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let mut kept = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    kept.push_str(host);
    if let Some(path) = path {
        kept.push('/');
        kept.push_str(path);
    }
    for (index, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        kept.push(if index == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, _)) if SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) => {
                kept.push_str(name);
                kept.push_str("=…");
            }
            _ => kept.push_str(pair),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_has_no_secrets() {
        for (url, expected) in [
            ("https://a.example/b?c=d", "https://a.example/b?c=d"),
            ("https://user:pass@a.example/b", "https://a.example/b"),
            (
                "http://a/b?X-Amz-Signature=12&x=y&X-Amz-Credential=AK",
                "http://a/b?X-Amz-Signature=…&x=y&X-Amz-Credential=…",
            ),
            ("/only/path", "/only/path"),
        ] {
            assert_eq!(without_secrets(url), expected);
        }
        assert!(may_be_kept("x-amz-acl") && !may_be_kept("authorization"));
    }

    #[test]
    fn errors_are_read_from_the_body() {
        let body = b"<Error><Code>NoSuchKey</Code><Message>m</Message></Error>";
        let answer = Answer::new(404, Vec::new(), Bytes::from_static(body), "HTTP/1.1");
        assert_eq!(answer.code.as_deref(), Some("NoSuchKey"));
        let html = Bytes::from_static(b"<html><body>no</body></html>");
        assert_eq!(Answer::new(404, Vec::new(), html, "HTTP/1.1").code, None);
    }
}
