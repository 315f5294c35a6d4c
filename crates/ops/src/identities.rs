//! Who stands behind an access key id.

use std::sync::Arc;

use authz::IdentityFacts;
pub use iam::Tag;
pub use identity::Session;
use identity::{SecretAccessKey, generate, unknown_access_key};
use model::{ErrorCode, Principal, S3Error, Timestamp};

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

    /// What is known of the key.
    pub(crate) fn state(&self) -> &CallerState {
        &self.0
    }

    /// The signer's own policies; none for root.
    pub fn identity(&self) -> Option<&IdentityFacts> {
        self.0.identity.as_ref()
    }

    /// The tags of the signer, for `aws:PrincipalTag/…`.
    pub fn tags(&self) -> &[Tag] {
        &self.0.tags
    }

    /// The session, if the caller holds temporary credentials.
    pub fn session(&self) -> Option<&Session> {
        self.0.session.as_ref().map(|session| &session.content)
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

/// Who may sign with an access key, and with the session token that came with it (§8.3).
///
/// Errors: `InvalidAccessKeyId` for a key that is unknown, inactive, or lacks its token;
/// `InvalidToken` for a token that is wrong, or of another key; `ExpiredToken`.
pub async fn holder(
    store: &Store,
    access_key_id: &str,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Signer, S3Error> {
    match token {
        Some(token) if generate::is_temporary_access_key_id(access_key_id) => {
            store.vault.session_caller(access_key_id, token, now).map(Signer)
        }
        _ => {
            let signer = signer(store, access_key_id).await?;
            let signer = signer.ok_or_else(|| unknown_access_key(access_key_id))?;
            match token {
                // The key is a long-term one, to which no token can belong.
                Some(token) => Err(S3Error::new(ErrorCode::InvalidToken).field("Token-0", token)),
                None => Ok(signer),
            }
        }
    }
}
