//! Where a bucket is, and who asks.

use std::fmt;

use identity::SecretAccessKey;

use crate::http::WhereTo;

/// How the bucket is named in a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressing {
    /// `https://host/bucket/key`.
    #[default]
    Path,
    /// `https://bucket.host/key`.
    VirtualHost,
}

impl Addressing {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Path => Self::VirtualHost,
            Self::VirtualHost => Self::Path,
        }
    }
}

/// An access key. The secret is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Its id.
    pub access_key_id: String,
    /// Its secret.
    pub secret: SecretAccessKey,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl Credentials {
    /// Credentials of an application; none if the secret cannot be one (it is empty, has blanks or
    /// characters that no secret has).
    pub fn parse(access_key_id: &str, secret: &str, session_token: Option<String>) -> Option<Self> {
        let usable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if access_key_id.is_empty() || !usable(access_key_id) {
            return None;
        }
        let secret = SecretAccessKey::parse(secret)?;
        Some(Self { access_key_id: access_key_id.to_owned(), secret, session_token })
    }

    /// The beginning of the id: enough to tell two keys apart, too little to use.
    pub fn shown_id(&self) -> String {
        shown_key_id(&self.access_key_id)
    }
}

/// The first four characters of an access key id.
pub fn shown_key_id(id: &str) -> String {
    id.chars().take(4).chain(['…']).collect()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.shown_id())
            .finish_non_exhaustive()
    }
}

/// A bucket behind an endpoint.
#[derive(Clone, Debug)]
pub struct Target {
    /// `http://` or `https://`, host, perhaps port and path.
    pub endpoint: String,
    /// The region that is signed for.
    pub region: String,
    /// The bucket; empty for calls that name none.
    pub bucket: String,
    /// How it is named.
    pub addressing: Addressing,
    /// Who asks; nobody without.
    pub credentials: Option<Credentials>,
}

impl Target {
    /// The URL of a key, of the bucket if there is none, or of the endpoint for an empty bucket.
    /// The query comes encoded.
    pub fn url(&self, key: Option<&str>, query: &str) -> String {
        let (origin, base) = match WhereTo::parse(&self.endpoint) {
            Ok(to) => {
                let base = to.target.split('?').next().unwrap_or("/");
                (to.origin(), base.trim_end_matches('/').to_owned())
            }
            // Whoever sends this is told what is wrong with it.
            Err(_) => (self.endpoint.trim_end_matches('/').to_owned(), String::new()),
        };
        let bucket = identity::uri::encode_path(self.bucket.as_bytes());
        let mut url = match (self.addressing, self.bucket.is_empty()) {
            (_, true) => format!("{origin}{base}"),
            (Addressing::Path, false) => format!("{origin}{base}/{bucket}"),
            (Addressing::VirtualHost, false) => {
                let (scheme, host) = origin.split_once("://").unwrap_or(("https", &origin));
                format!("{scheme}://{bucket}.{host}{base}")
            }
        };
        match key {
            Some(key) => {
                url.push('/');
                url.push_str(&identity::uri::encode_path(key.as_bytes()));
            }
            None if self.addressing == Addressing::VirtualHost || self.bucket.is_empty() => {
                url.push('/');
            }
            None => {}
        }
        if !query.is_empty() {
            url.push('?');
            url.push_str(query);
        }
        url
    }

    /// The same without credentials.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { credentials: None, ..self.clone() }
    }
}

/// The endpoint of Amazon S3 in a region.
pub fn amazon_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://s3.{region}.amazonaws.com{suffix}")
}

/// Whether an endpoint is Amazon's.
pub fn is_amazon(endpoint: &str) -> bool {
    WhereTo::parse(endpoint).is_ok_and(|to| {
        let host = to.host.to_ascii_lowercase();
        host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: &str, addressing: Addressing, key: Option<&str>, expected: &str) {
        let target = Target {
            endpoint: endpoint.into(),
            region: "us-east-1".into(),
            bucket: "media".into(),
            addressing,
            credentials: None,
        };
        assert_eq!(target.url(key, ""), expected);
    }

    #[test]
    fn urls_of_both_styles() {
        use Addressing::{Path, VirtualHost};
        check("http://h:9000", Path, Some("a b/ä"), "http://h:9000/media/a%20b/%C3%A4");
        check("http://h:9000/", Path, None, "http://h:9000/media");
        check("https://h/base/", Path, Some("k"), "https://h/base/media/k");
        check("https://h", VirtualHost, Some("k"), "https://media.h/k");
        check("https://h:8443", VirtualHost, None, "https://media.h:8443/");
    }

    #[test]
    fn amazon_is_known() {
        assert_eq!(amazon_endpoint("eu-west-1"), "https://s3.eu-west-1.amazonaws.com");
        assert!(is_amazon(&amazon_endpoint("cn-north-1")) && is_amazon(&amazon_endpoint("x")));
        assert!(!is_amazon("https://amazonaws.com.example"));
    }

    #[test]
    fn credentials_do_not_print_their_secret() {
        let credentials = Credentials::parse("AKIAEXAMPLE", "secret-secret", None).unwrap();
        let shown = format!("{credentials:?}");
        assert!(shown.contains("AKIA…") && !shown.contains("secret-secret"), "{shown}");
        assert!(!shown.contains("EXAMPLE"));
        assert_eq!(Credentials::parse("AKIA", "with blank", None), None);
        assert_eq!(Credentials::parse("", "secret-secret", None), None);
    }
}
