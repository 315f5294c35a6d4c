//! Fetches the documents of OpenID Connect providers.
//!
//! An account's administrator chooses the URL, so this must not become a way into the server's own
//! network: HTTPS only, no redirect, no address of a private network unless the operator says so,
//! and the address that was checked is the one that is connected to. What comes back is limited in
//! size and time, and nobody but the verification of tokens sees it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ops::sts::provider_keys::{Fetch, Fetching};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Time for one document, from the name to its last byte.
const TIMEOUT: Duration = Duration::from_secs(10);
const HTTPS_PORT: u16 = 443;

/// Whether providers may have addresses of private networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivateAddresses {
    /// They may not.
    #[default]
    Reject,
    /// They may: the provider is one of the house.
    Accept,
}

/// The client.
pub struct ProviderClient {
    tls: TlsConnector,
    private_addresses: PrivateAddresses,
}

impl ProviderClient {
    /// A client that trusts these certificates; those that nobody can read are left out. Fails only
    /// where the cryptography is unusable.
    pub fn new(
        certificates: impl IntoIterator<Item = CertificateDer<'static>>,
        private_addresses: PrivateAddresses,
    ) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), private_addresses })
    }

    async fn fetch(&self, url: &str, limit_bytes: usize) -> Result<Vec<u8>, String> {
        let uri: Uri = url.parse().map_err(|_| "the URL is none".to_owned())?;
        let (host, authority) = match (uri.scheme_str(), uri.host(), uri.authority()) {
            (Some("https"), Some(host), Some(authority)) if !authority.as_str().contains('@') => {
                (host.trim_matches(['[', ']']), authority.as_str())
            }
            _ => return Err("the URL is no https URL with a host".to_owned()),
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let tcp = self.connect(host, uri.port_u16().unwrap_or(HTTPS_PORT)).await?;
        let tls = self.tls.connect(name, tcp).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(tls)).await.map_err(|error| error.to_string())?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let request = Request::get(target)
            .header(HOST, authority)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "Grantry")
            .body(Empty::<Bytes>::new())
            .map_err(|error| error.to_string())?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            if response.status() != StatusCode::OK {
                return Err(format!("status {}; redirects are not followed", response.status()));
            }
            let body = Limited::new(response.into_body(), limit_bytes);
            let body = body.collect().await.map_err(|error| error.to_string())?;
            Ok(body.to_bytes().to_vec())
        };
        // The connection has to be driven while the exchange goes on, and no longer.
        tokio::pin!(exchange, connection);
        tokio::select! {
            outcome = &mut exchange => outcome,
            _ = &mut connection => exchange.await,
        }
    }

    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, String> {
        let found =
            tokio::net::lookup_host((host, port)).await.map_err(|error| error.to_string())?;
        let allowed = |address: &SocketAddr| {
            self.private_addresses == PrivateAddresses::Accept || is_public(address.ip())
        };
        let addresses: Vec<SocketAddr> = found.filter(allowed).collect();
        if addresses.is_empty() {
            return Err(format!(
                "`{host}` has no address of a public network; \
                 `web_identity_private_addresses = accept` would allow others"
            ));
        }
        TcpStream::connect(addresses.as_slice()).await.map_err(|error| error.to_string())
    }
}

impl Fetch for ProviderClient {
    fn get<'a>(&'a self, url: &'a str, limit_bytes: usize) -> Fetching<'a> {
        Box::pin(async move {
            let fetched = tokio::time::timeout(TIMEOUT, self.fetch(url, limit_bytes)).await;
            fetched.unwrap_or_else(|_| Err("it took too long".to_owned()))
        })
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // RFC 6598, RFC 1122 section 3.2.1.3, RFC 6890.
    let shared = first == 100 && (64..128).contains(&second);
    let special = first == 0 || first >= 224 || (first == 192 && second == 0);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || shared
        || special)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast, without the tunnels that carry addresses of version 4 (RFC 3056, RFC 4380,
    // RFC 6052) and documentation.
    match address.segments() {
        [0x2001, 0 | 0x0db8, ..] | [0x2002, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet() {
        for (address, expected) in [
            ("8.8.8.8", true),
            ("2606:4700::1111", true),
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[tokio::test]
    async fn what_is_not_fetched() {
        let client = ProviderClient::new([], PrivateAddresses::Reject).unwrap();
        for url in [
            "",
            "http://login.example/",
            "file:///etc/passwd",
            "https://",
            "https://user@login.example/",
            "https://127.0.0.1:1/",
            "https://[::1]:1/",
            "https://localhost:1/",
        ] {
            assert!(client.get(url, 10).await.is_err(), "{url}");
        }
    }
}
