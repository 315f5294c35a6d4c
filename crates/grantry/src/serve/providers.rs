//! Which certificates OpenID Connect providers may have.

use s3_api::provider_client::ProviderClient;

use crate::failure::Failure;
use crate::settings::Settings;

/// A client that trusts what the system trusts, and what the operator adds. A system without
/// certificates trusts nobody; that is no reason not to start.
pub(super) fn client(settings: &Settings) -> Result<ProviderClient, Failure> {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::debug!(%error, "a certificate of the system cannot be read");
    }
    let mut certificates = system.certs;
    if let Some(path) = &settings.web_identity_ca_file {
        let added = rustls_native_certs::load_certs_from_paths(Some(path), None);
        if let Some(error) = added.errors.into_iter().next() {
            return Err(Failure::new("cannot read `web_identity_ca_file`", error));
        }
        certificates.extend(added.certs);
    }
    ProviderClient::new(certificates, settings.web_identity_private_addresses)
        .map_err(|error| Failure::new("cannot prepare to ask identity providers", error))
}
