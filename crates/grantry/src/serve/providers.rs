//! Which certificates OpenID Connect providers may have.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use s3_api::provider_client::ProviderClient;

use crate::failure::Failure;
use crate::settings::Settings;

/// A client that trusts what the system trusts, and what the operator adds. A system without
/// certificates trusts nobody; that is no reason not to start.
pub(super) fn client(settings: &Settings) -> Result<ProviderClient, Failure> {
    let certificates = certificates(settings.web_identity_ca_file.as_deref())
        .map_err(|error| Failure::new("cannot read `web_identity_ca_file`", error))?;
    ProviderClient::new(certificates, settings.web_identity_private_addresses)
        .map_err(|error| Failure::new("cannot prepare to ask identity providers", error))
}

/// What the system trusts, and what a file adds.
pub(super) fn certificates(
    added: Option<&Path>,
) -> Result<Vec<CertificateDer<'static>>, rustls_native_certs::Error> {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::debug!(%error, "a certificate of the system cannot be read");
    }
    let mut certificates = system.certs;
    if added.is_some() {
        let added = rustls_native_certs::load_certs_from_paths(added, None);
        if let Some(error) = added.errors.into_iter().next() {
            return Err(error);
        }
        certificates.extend(added.certs);
    }
    Ok(certificates)
}
