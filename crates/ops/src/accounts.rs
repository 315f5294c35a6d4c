//! Accounts and access keys, as the operator of the server manages them.
//!
//! Whoever runs `grantry account` may do all of this: it comes from the command line or over a
//! socket that only the server's own user can open, never from a request of S3. Ids and keys that
//! are given are kept byte for byte, so that somebody who moves from another store keeps theirs.
//!
//! The functions look before they write. Their caller makes sure that only one of them runs at a
//! time: it holds the lock of the data directory, and the server takes one command after another.

mod request;
#[cfg(test)]
mod tests;

use identity::{SecretAccessKey, generate};
use meta::{AccessKeyRecord, KeyOwner, MetaError, MetadataStore as _, Noun};
use model::limits::ACCESS_KEYS_PER_ACCOUNT_MAX;
use model::{AccountId, AccountIdentity, CanonicalUserId, S3Error, Timestamp};

pub use self::request::{
    ACCESS_KEY_ID_ALLOWED, AccessKeyRequest, AccountRequest, Field, is_access_key_id,
};
use self::request::{CheckedAccount, CheckedKey};
use crate::store::Store;

/// An account, as the store holds it.
pub use meta::AccountRecord;

/// An access key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// The id that requests carry.
    pub access_key_id: String,
    /// The account that the key belongs to.
    pub account: AccountId,
    /// Whether requests signed with it are accepted.
    pub active: bool,
    /// When the key was created.
    pub created: Timestamp,
}

/// A new access key with its secret, which is readable nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedKey {
    /// The id that requests carry.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: SecretAccessKey,
}

/// Why accounts or keys could not be read or changed. Texts are for the operator; none holds a
/// secret.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A value is not what it must be.
    #[error("{field} {value} is not {allowed}")]
    Invalid {
        /// Which value.
        field: Field,
        /// The value in quotes, or what may be said of it.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Another account or key has this value already.
    #[error("{field} `{value}` is taken")]
    Taken {
        /// Which value.
        field: Field,
        /// The value.
        value: String,
    },
    /// No account has this name or id.
    #[error("there is no account with the name or id `{0}`")]
    NoSuchAccount(String),
    /// No access key has this id.
    #[error("there is no access key `{0}`")]
    NoSuchKey(String),
    /// The account has as many keys as it may have.
    #[error("account `{0}` has {ACCESS_KEYS_PER_ACCOUNT_MAX} access keys, which is the limit")]
    TooManyKeys(String),
    /// The metadata could not be read or written.
    #[error(transparent)]
    Store(#[from] MetaError),
    /// No random numbers, or the secret could not be encrypted.
    #[error("cannot make or encrypt a secret: {0}")]
    Secret(String),
}

/// How a key compares with one that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyComparison {
    /// There is no key with this id.
    NoSuchKey,
    /// The stored secret is the same.
    SameSecret,
    /// The stored secret is another one.
    OtherSecret,
}

/// Creates an account with its first access key. What is not given is generated.
///
/// Errors: [`AccountError::Invalid`], [`AccountError::Taken`], and those of the store.
pub async fn create(
    store: &Store,
    request: AccountRequest,
    now: Timestamp,
) -> Result<(AccountRecord, IssuedKey), AccountError> {
    let CheckedAccount { name, account_id, canonical_id, email, key } = request.check()?;
    // Nothing may be left behind, and an account cannot be removed again: look for the key first.
    refuse_taken_key(store, &key).await?;
    let account = AccountRecord {
        identity: AccountIdentity {
            id: given_or(account_id, generate::account_id)?,
            canonical_id: given_or(canonical_id, generate::canonical_user_id)?,
        },
        name,
        email,
        created: now,
        public_access: None,
    };
    let meta = store.vault.meta();
    meta.create_account(account.clone()).await.map_err(|error| taken(error, &account))?;
    let key = store_key(store, account.identity.id, key, now).await?;
    Ok((account, key))
}

/// All accounts by id.
pub async fn list(store: &Store) -> Result<Vec<AccountRecord>, AccountError> {
    Ok(store.vault.meta().list_accounts().await?)
}

/// The account with this account id, canonical id or name. No two can be meant, since a name may
/// not look like an id.
///
/// Errors: [`AccountError::NoSuchAccount`], and those of the store.
pub async fn find(store: &Store, name_or_id: &str) -> Result<AccountRecord, AccountError> {
    let meta = store.vault.meta();
    let account = if let Some(id) = AccountId::parse(name_or_id) {
        meta.account(id).await?
    } else if let Some(id) = CanonicalUserId::parse(name_or_id) {
        meta.account_by_canonical_id(&id).await?
    } else {
        meta.account_by_name(name_or_id).await?
    };
    account.ok_or_else(|| AccountError::NoSuchAccount(name_or_id.to_owned()))
}

/// Adds an access key of the root user to an account. What is not given is generated.
///
/// Errors: those of [`create`] and [`find`], and [`AccountError::TooManyKeys`].
pub async fn create_key(
    store: &Store,
    name_or_id: &str,
    request: AccessKeyRequest,
    now: Timestamp,
) -> Result<IssuedKey, AccountError> {
    let key = request.check()?;
    let account = find(store, name_or_id).await?;
    let existing = root_keys(store, account.identity.id).await?;
    if existing.len() >= ACCESS_KEYS_PER_ACCOUNT_MAX {
        return Err(AccountError::TooManyKeys(account.name));
    }
    refuse_taken_key(store, &key).await?;
    store_key(store, account.identity.id, key, now).await
}

/// The access keys of an account by id, without their secrets. Errors: those of [`find`].
pub async fn list_keys(store: &Store, name_or_id: &str) -> Result<Vec<AccessKey>, AccountError> {
    let account = find(store, name_or_id).await?;
    let keys = root_keys(store, account.identity.id).await?;
    Ok(keys.into_iter().map(without_secret).collect())
}

/// Removes an access key. Requests that arrive after the answer are refused.
///
/// Errors: [`AccountError::NoSuchKey`], and those of the store.
pub async fn delete_key(store: &Store, access_key_id: &str) -> Result<(), AccountError> {
    let outcome = store.vault.meta().delete_access_key(access_key_id).await;
    // Even after an error, which may hide a commit.
    store.vault.forget_access_key(access_key_id);
    outcome.map_err(|error| match error {
        MetaError::NotFound { .. } => AccountError::NoSuchKey(access_key_id.to_owned()),
        other => other.into(),
    })
}

/// Compares a key with the stored one of the same id.
///
/// Errors: [`AccountError::Secret`] if the stored secret cannot be read, and those of the store.
pub async fn compare_key(
    store: &Store,
    access_key_id: &str,
    secret: &SecretAccessKey,
) -> Result<KeyComparison, AccountError> {
    let Some(key) = store.vault.meta().access_key(access_key_id).await? else {
        return Ok(KeyComparison::NoSuchKey);
    };
    let stored = store.vault.master_key().open(&key.sealed_secret, access_key_id);
    let stored = stored.map_err(|error| AccountError::Secret(error.to_string()))?;
    Ok(if stored == *secret { KeyComparison::SameSecret } else { KeyComparison::OtherSecret })
}

/// Those of users are IAM's to manage.
async fn root_keys(store: &Store, account: AccountId) -> Result<Vec<AccessKeyRecord>, MetaError> {
    let mut keys = store.vault.meta().list_access_keys(account).await?;
    keys.retain(|key| key.owner == KeyOwner::Root);
    Ok(keys)
}

async fn refuse_taken_key(store: &Store, key: &CheckedKey) -> Result<(), AccountError> {
    let Some(id) = &key.access_key_id else { return Ok(()) };
    match store.vault.meta().access_key(id).await? {
        None => Ok(()),
        Some(_) => Err(AccountError::Taken { field: Field::AccessKeyId, value: id.clone() }),
    }
}

async fn store_key(
    store: &Store,
    account: AccountId,
    key: CheckedKey,
    now: Timestamp,
) -> Result<IssuedKey, AccountError> {
    let issued = IssuedKey {
        access_key_id: given_or(key.access_key_id, generate::access_key_id)?,
        secret_access_key: given_or(key.secret_access_key, generate::secret_access_key)?,
    };
    let sealed_secret = store
        .vault
        .master_key()
        .seal(&issued.secret_access_key, &issued.access_key_id)
        .map_err(|error| AccountError::Secret(error.to_string()))?;
    let record = AccessKeyRecord {
        access_key_id: issued.access_key_id.clone(),
        account,
        owner: KeyOwner::Root,
        sealed_secret,
        active: true,
        created: now,
    };
    store.vault.meta().create_access_key(record).await.map_err(|error| match error {
        MetaError::AlreadyExists { .. } => {
            AccountError::Taken { field: Field::AccessKeyId, value: issued.access_key_id.clone() }
        }
        other => other.into(),
    })?;
    Ok(issued)
}

fn without_secret(key: AccessKeyRecord) -> AccessKey {
    AccessKey {
        access_key_id: key.access_key_id,
        account: key.account,
        active: key.active,
        created: key.created,
    }
}

/// Names the value that another account has.
fn taken(error: MetaError, account: &AccountRecord) -> AccountError {
    let (field, value) = match error {
        MetaError::AlreadyExists { what: Noun::AccountId } => {
            (Field::AccountId, account.identity.id.to_string())
        }
        MetaError::AlreadyExists { what: Noun::CanonicalUserId } => {
            (Field::CanonicalId, account.identity.canonical_id.to_string())
        }
        MetaError::AlreadyExists { what: Noun::AccountName } => (Field::Name, account.name.clone()),
        other => return other.into(),
    };
    AccountError::Taken { field, value }
}

/// What was given, or else a generated value. Generators fail only where there are no random
/// numbers.
fn given_or<T>(given: Option<T>, generate: fn() -> Result<T, S3Error>) -> Result<T, AccountError> {
    given.map_or_else(generate, Ok).map_err(|error| {
        AccountError::Secret(error.cause().unwrap_or("no random numbers").to_owned())
    })
}
