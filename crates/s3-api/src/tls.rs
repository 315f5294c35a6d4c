//! TLS as the server speaks it: versions, ciphers, protocols.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};

/// ALPN name of HTTP/2. RFC 9113, 3.1.
pub(crate) const HTTP2: &[u8] = b"h2";
/// ALPN name of HTTP/1.1. RFC 7301, 6.
const HTTP1: &[u8] = b"http/1.1";

/// What a handshake needs: a certificate, its key, and what the server speaks.
#[derive(Clone, Debug)]
pub struct TlsConfig(Arc<ServerConfig>);

/// Why certificate and key are of no use. No text of this holds a part of the key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file is not PEM.
    #[error("the certificate is not valid PEM: {0}")]
    CertificateFile(pem::Error),
    /// The certificate file holds no certificate.
    #[error("there is no certificate in the certificate file")]
    NoCertificate,
    /// The key file is not PEM.
    #[error("the private key is not valid PEM: {0}")]
    KeyFile(pem::Error),
    /// The key file holds no key.
    #[error("there is no private key in the key file (encrypted keys cannot be read)")]
    NoKey,
    /// They are of no use, or do not belong together.
    #[error("certificate and private key cannot be used: {0}")]
    Unusable(rustls::Error),
}

impl TlsConfig {
    /// Reads a certificate with its chain, the server's own first, and its private key (PKCS #8,
    /// PKCS #1 or SEC 1), each in PEM.
    pub fn from_pem(certificate: &[u8], private_key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .map_err(TlsError::CertificateFile)?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(private_key).map_err(|error| match error {
            pem::Error::NoItemsFound => TlsError::NoKey,
            error => TlsError::KeyFile(error),
        })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsError::Unusable)?;
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// What accepts connections with this certificate.
    pub(crate) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        Arc::clone(&self.0).into()
    }
}
