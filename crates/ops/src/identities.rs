//! Who stands behind an access key id.

use std::sync::Arc;

use identity::SecretAccessKey;
use model::{Principal, S3Error};

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

    /// The secret that a signature is checked against.
    pub fn secret(&self) -> &SecretAccessKey {
        &self.0.secret
    }
}

/// Looks an access key up; `None` if it is unknown or inactive.
pub async fn signer(store: &Store, access_key_id: &str) -> Result<Option<Signer>, S3Error> {
    Ok(store.vault.caller(access_key_id).await?.map(Signer))
}
