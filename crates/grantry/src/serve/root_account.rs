//! The account that the first start makes.

use ops::Store;
use ops::accounts::{
    self, AccessKeyRequest, AccountError, AccountRecord, AccountRequest, IssuedKey, KeyComparison,
};

use crate::clock;
use crate::failure::Failure;
use crate::settings::RootKey;

/// Its name.
const ACCOUNT_NAME: &str = "default";

/// Who can sign requests.
pub(super) enum RootAccount {
    /// There was no account, so one was made.
    Created {
        /// The account.
        account: AccountRecord,
        /// Its key.
        key: IssuedKey,
        /// Whether the operator gave the key, and hence knows the secret.
        given: bool,
    },
    /// There are accounts.
    Existing {
        /// Ids of their access keys.
        access_key_ids: Vec<String>,
        /// How many more there are.
        more: usize,
    },
}

/// Key ids that are listed at start-up.
const KEYS_SHOWN_MAX: usize = 10;

/// Makes the first account, unless there is one.
pub(super) async fn prepare(
    store: &Store,
    root_key: Option<&RootKey>,
) -> Result<RootAccount, Failure> {
    let failed = |error| Failure::new("cannot prepare the first account", error);
    let accounts = accounts::list(store).await.map_err(failed)?;
    if accounts.is_empty() {
        return create(store, root_key).await.map_err(failed);
    }
    if let Some(key) = root_key {
        warn_about_unused(store, key).await.map_err(failed)?;
    }
    existing(store, &accounts).await.map_err(failed)
}

async fn create(store: &Store, root_key: Option<&RootKey>) -> Result<RootAccount, AccountError> {
    let key = root_key.map_or_else(AccessKeyRequest::default, |key| AccessKeyRequest {
        access_key_id: Some(key.access_key_id.clone()),
        secret_access_key: Some(key.secret_access_key.expose().to_owned()),
    });
    let request = AccountRequest { name: ACCOUNT_NAME.to_owned(), key, ..Default::default() };
    let (account, key) = accounts::create(store, request, clock::now()).await?;
    Ok(RootAccount::Created { account, key, given: root_key.is_some() })
}

/// The given key counts on the first start only: a key that somebody deleted must not come back
/// because a variable was left in a unit file, and a secret must not change behind its users.
async fn warn_about_unused(store: &Store, key: &RootKey) -> Result<(), AccountError> {
    let access_key_id = &key.access_key_id;
    match accounts::compare_key(store, access_key_id, &key.secret_access_key).await? {
        KeyComparison::SameSecret => {}
        KeyComparison::OtherSecret => tracing::warn!(
            access_key_id,
            "root_secret_access_key is not the stored secret of this key; the stored one counts, \
             because the setting is used on the first start only"
        ),
        KeyComparison::NoSuchKey => tracing::warn!(
            access_key_id,
            "root_access_key_id names no stored key and is not used, because the setting is used \
             on the first start only; `grantry account key create` adds a key"
        ),
    }
    Ok(())
}

async fn existing(store: &Store, accounts: &[AccountRecord]) -> Result<RootAccount, AccountError> {
    let mut access_key_ids = Vec::new();
    for account in accounts {
        let id = account.identity.id.to_string();
        let keys = accounts::list_keys(store, &id).await?;
        access_key_ids.extend(keys.into_iter().map(|key| key.access_key_id));
    }
    let more = access_key_ids.len().saturating_sub(KEYS_SHOWN_MAX);
    access_key_ids.truncate(KEYS_SHOWN_MAX);
    Ok(RootAccount::Existing { access_key_ids, more })
}
