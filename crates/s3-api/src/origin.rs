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

/// Over which connections without TLS customers may send their keys (SSE-C). Amazon takes none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CustomerKeysOverHttp {
    /// None.
    Reject,
    /// Those of the machine itself, where nobody can listen who could not read memory.
    #[default]
    Loopback,
    /// All: the operator knows that the network is safe.
    Accept,
}

impl CustomerKeysOverHttp {
    /// Whether a key may come from there.
    pub(crate) fn judge(self, origin: Origin) -> KeyTransport {
        let safe = match self {
            Self::Reject => false,
            Self::Loopback => origin.address.to_canonical().is_loopback(),
            Self::Accept => true,
        };
        if safe || origin.transport.is_secure() { KeyTransport::Safe } else { KeyTransport::Unsafe }
    }
}

/// Whether a customer's key may come over the connection of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyTransport {
    /// It may.
    Safe,
    /// Somebody could read it on the way.
    Unsafe,
}

/// The versions of TLS that the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}
