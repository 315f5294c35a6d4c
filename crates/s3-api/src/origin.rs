//! Where a request comes from, and over what: what the network says, not what a client claims.

use std::net::IpAddr;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Address of the client (`aws:SourceIp`).
    pub address: IpAddr,
    /// What the request came over.
    pub transport: Transport,
}

/// What a request came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Plain text.
    Plain,
    /// TLS; the version is not known where it ends at a proxy.
    Tls(Option<TlsVersion>),
}

impl Transport {
    /// Whether the client sent the request over TLS (`aws:SecureTransport`).
    pub(crate) fn is_secure(self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The scheme of URLs that the client can use.
    pub(crate) fn scheme(self) -> &'static str {
        if self.is_secure() { "https" } else { "http" }
    }

    /// The version of TLS, as `s3:TlsVersion` has it.
    pub(crate) fn tls_version(self) -> Option<&'static str> {
        match self {
            Self::Tls(Some(TlsVersion::V1_2)) => Some("1.2"),
            Self::Tls(Some(TlsVersion::V1_3)) => Some("1.3"),
            Self::Tls(None) | Self::Plain => None,
        }
    }
}

/// The versions of TLS that the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}
