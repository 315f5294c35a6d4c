//! Access keys: who signs with them, and with which secret.

use std::sync::Arc;

use identity::SecretAccessKey;
use meta::{KeyOwner, MetadataStore as _};
use model::{Principal, S3Error};

use super::Vault;
use crate::error::from_meta;

/// The owner of an access key, with the secret that its signatures are checked against.
pub(crate) struct CallerState {
    /// Who signs with the key.
    pub(crate) principal: Principal,
    /// The opened secret.
    pub(crate) secret: SecretAccessKey,
}

impl Vault {
    /// The owner of an active access key; `None` for a key that is unknown or inactive.
    pub(crate) async fn caller(
        &self,
        access_key_id: &str,
    ) -> Result<Option<Arc<CallerState>>, S3Error> {
        if let Some(caller) = self.callers.get(access_key_id) {
            return Ok(Some(caller));
        }
        let ticket = self.callers.ticket();
        let key = self.meta.access_key(access_key_id).await.map_err(from_meta)?;
        let Some(key) = key.filter(|key| key.active) else { return Ok(None) };
        let account = self
            .account(key.account)
            .await?
            .ok_or_else(|| S3Error::internal("the account of an access key does not exist"))?;
        let principal = match key.owner {
            KeyOwner::Root => Principal::Root(account.identity),
            // Users come with IAM; until then nothing can make such a key.
            KeyOwner::User { .. } => return Ok(None),
        };
        let secret =
            self.master_key.open(&key.sealed_secret, access_key_id).map_err(S3Error::internal)?;
        let caller = Arc::new(CallerState { principal, secret });
        self.callers.remember(access_key_id, Arc::clone(&caller), ticket);
        Ok(Some(caller))
    }
}
