//! Who stands behind an access key id.

use std::sync::Arc;

use authz::IdentityFacts;
pub use iam::Tag;
use identity::SecretAccessKey;
use model::{Principal, S3Error, Timestamp};

use crate::store::Store;
use crate::vault::CallerState;

/// An access key that exists and is active.
#[derive(Clone)]
pub struct Signer(Arc<CallerState>);

impl Signer {
    /// Who signs with the key.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// The signer's own policies; none for root.
    pub fn identity(&self) -> Option<&IdentityFacts> {
        self.0.identity.as_ref()
    }

    /// The tags of the signer, for `aws:PrincipalTag/…`.
    pub fn tags(&self) -> &[Tag] {
        &self.0.tags
    }

    /// The secret that a signature is checked against.
    pub fn secret(&self) -> &SecretAccessKey {
        &self.0.secret
    }

    /// Notes that the key signed a request for a service and region. To be called once the
    /// signature was verified.
    pub fn note_use(
        &self,
        store: &Store,
        access_key_id: &str,
        service: &str,
        region: &str,
        now: Timestamp,
    ) {
        store.vault.note_key_use(&self.0, access_key_id, service, region, now);
    }
}

/// Looks an access key up; `None` if it is unknown or inactive.
pub async fn signer(store: &Store, access_key_id: &str) -> Result<Option<Signer>, S3Error> {
    Ok(store.vault.caller(access_key_id).await?.map(Signer))
}
