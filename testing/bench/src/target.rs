//! A server under measurement, and where it is.

use identity::SecretAccessKey;

use crate::failure::Failure;

/// An access key.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// Its id.
    pub(crate) access_key_id: String,
    /// Its secret.
    pub(crate) secret: SecretAccessKey,
}

impl Credentials {
    /// Checks the secret's length and characters.
    pub(crate) fn parse(access_key_id: &str, secret: &str) -> Result<Self, Failure> {
        let secret = SecretAccessKey::parse(secret)
            .ok_or_else(|| Failure::new("cannot use the secret access key", "it is malformed"))?;
        Ok(Self { access_key_id: access_key_id.to_owned(), secret })
    }
}

/// A server under measurement.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Its name in the report.
    pub(crate) name: String,
    /// Host and port, as in the `Host` header and as it is connected to.
    pub(crate) authority: String,
    /// Who calls; without, nothing is signed.
    pub(crate) credentials: Option<Credentials>,
    /// The process to account for, if it is on this machine.
    pub(crate) pid: Option<u32>,
    /// The region to sign for.
    pub(crate) region: String,
    /// The bucket of objects; that for LIST has `-list` behind its name.
    pub(crate) bucket: String,
    /// Whether only objects that were there before can be read.
    pub(crate) read_only: bool,
}

/// `host:port` of `http://host[:port][/]`. HTTPS would measure the generator's cryptography as
/// well, and is not spoken.
pub(crate) fn authority(endpoint: &str) -> Result<String, Failure> {
    let failed = |why: &str| Failure::new(format!("cannot use the endpoint {endpoint}"), why);
    let rest = endpoint
        .strip_prefix("http://")
        .ok_or_else(|| failed("it must begin with http://, which is all that is spoken here"))?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let parsed: http::uri::Authority =
        rest.parse().map_err(|_| failed("behind http:// must stand a host and perhaps a port"))?;
    if parsed.host().is_empty() || rest.contains('@') {
        return Err(failed("it has no host, or a user name"));
    }
    Ok(if parsed.port_u16().is_some() { rest.to_owned() } else { format!("{rest}:80") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_http_with_a_host() {
        for (endpoint, expected) in [
            ("http://127.0.0.1:9000", "127.0.0.1:9000"),
            ("http://localhost:9000/", "localhost:9000"),
            ("http://s3.example", "s3.example:80"),
            ("http://[::1]:9000", "[::1]:9000"),
        ] {
            assert_eq!(authority(endpoint).unwrap(), expected);
        }
        for bad in ["https://a:1", "a:1", "http://", "http://a/b", "http://u@a:1", "http://:1"] {
            assert!(authority(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_must_be_one() {
        assert!(Credentials::parse("id", "12345678").is_ok());
        assert!(Credentials::parse("id", "short").is_err());
    }
}
