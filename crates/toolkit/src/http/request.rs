//! What is sent.

use bytes::Bytes;

/// A request to any URL, signed or not.
#[derive(Clone, Debug, Default)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// Scheme, host, port, path and query, percent-encoded.
    pub url: String,
    /// Headers besides `host` and `content-length`, in order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; `None` sends no `content-length` either.
    pub body: Option<Bytes>,
    /// Bytes of the answer's body that are taken.
    pub take_bytes: usize,
}

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhereTo {
    /// Whether it is HTTPS.
    pub is_https: bool,
    /// The host, without brackets.
    pub host: String,
    /// The port, given or the scheme's.
    pub port: u16,
    /// What goes into `Host`: host and, if it is not the scheme's, port.
    pub authority: String,
    /// Path and query; at least `/`.
    pub target: String,
}

impl WhereTo {
    /// Reads `http://` and `https://` URLs without user name; the reason if it is none.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| format!("`{url}` does not begin with http:// or https://"))?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            other => return Err(format!("`{other}` is not spoken, only http and https")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let tail = tail.split_once('#').map_or(tail, |(front, _)| front);
        let parsed: http::uri::Authority =
            authority.parse().map_err(|_| format!("`{authority}` is no host"))?;
        if parsed.host().is_empty() || authority.contains('@') {
            return Err(format!("`{url}` has no host, or a user name"));
        }
        let default_port = if is_https { 443 } else { 80 };
        let port = parsed.port_u16().unwrap_or(default_port);
        let host = parsed.host().trim_matches(['[', ']']).to_owned();
        let authority = if port == default_port {
            parsed.host().to_owned()
        } else {
            format!("{}:{port}", parsed.host())
        };
        let target = if tail.starts_with('/') { tail.to_owned() } else { format!("/{tail}") };
        Ok(Self { is_https, host, port, authority, target })
    }

    /// Scheme, host and port, as `https://host:port`.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.is_https { "https" } else { "http" }, self.authority)
    }
}

impl HttpRequest {
    /// Bytes of an answer's body that are taken unless the request says otherwise: enough for any
    /// document of S3.
    pub const TAKE_BYTES: usize = model::limits::TOOL_ANSWER_BYTES_MAX;

    /// A request without headers and body.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            url: url.into(),
            take_bytes: Self::TAKE_BYTES,
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Gives it a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let parsed = WhereTo::parse("https://S3.example:443/a/b?c#d").unwrap();
        assert_eq!((parsed.authority.as_str(), parsed.target.as_str()), ("S3.example", "/a/b?c"));
        let parsed = WhereTo::parse("http://[::1]:9000").unwrap();
        assert_eq!((parsed.host.as_str(), parsed.port), ("::1", 9000));
        assert_eq!((parsed.authority.as_str(), parsed.target.as_str()), ("[::1]:9000", "/"));
        for bad in ["", "a.example", "ftp://a", "https://", "https://u@a/", "https:///a"] {
            assert!(WhereTo::parse(bad).is_err(), "{bad}");
        }
    }
}
