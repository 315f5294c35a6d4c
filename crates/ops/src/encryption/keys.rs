//! The ring of keys, as the operator manages it.

use model::limits::{KMS_ALIAS_LENGTH_MAX, KMS_DESCRIPTION_LENGTH_MAX};
use model::{S3Error, Timestamp};

use crate::accounts;
use crate::store::Store;
use crate::vault::{KeyKind, KmsKey, RingKey};

/// A key, without itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySummary {
    /// Its number.
    pub number: u32,
    /// When it was made.
    pub created: Timestamp,
    /// Whether new data keys are wrapped with it; else it only opens what it wrapped.
    pub is_newest: bool,
    /// Whether it can be used with the master key of the store.
    pub can_be_opened: bool,
    /// What is known of a managed key; `None` for those of SSE-S3.
    pub kms: Option<KmsKeySummary>,
}

/// A managed key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKeySummary {
    /// The account that it belongs to.
    pub account: String,
    /// Its ARN.
    pub arn: String,
    /// `alias/…`
    pub aliases: Vec<String>,
    /// Whether it may be used.
    pub enabled: bool,
    /// For people.
    pub description: String,
}

/// What one step of [`rewrap`] came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RewrapStep {
    /// Versions of objects that were looked at.
    pub versions: u64,
    /// Data keys that a newer key wraps now.
    pub rewrapped: u64,
    /// Versions whose data key could not be opened.
    pub failed: u64,
    /// Where the next step begins; `None` after the last.
    pub next: Option<String>,
}

/// Why a key is not managed as wanted.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such key.
    #[error("there is no managed key {0:?}; `grantry keys list` shows all")]
    NoSuchKey(String),
    /// The name means several keys.
    #[error("several accounts have a key {0:?}; name it by its ARN")]
    Ambiguous(String),
    /// The account has a key with this alias.
    #[error("the account has a key with the alias {0:?} already")]
    AliasTaken(String),
    /// An alias that cannot be one.
    #[error(
        "an alias is `alias/` and 1 to 250 letters, digits, `/`, `_` and `-`, and does not begin with `alias/aws/`: {0:?}"
    )]
    Alias(String),
    /// A description that is too long.
    #[error("a description has at most 8192 bytes")]
    Description,
    /// Where a walk goes on, in words that this version does not know.
    #[error("the place to go on from is not understood; is the server another version?")]
    Place,
    /// The account.
    #[error(transparent)]
    Account(#[from] accounts::AccountError),
    /// The metadata.
    #[error(transparent)]
    Metadata(#[from] meta::MetaError),
    /// Something inside.
    #[error("{0}")]
    Internal(String),
}

impl From<S3Error> for KeyError {
    fn from(error: S3Error) -> Self {
        Self::Internal(error.cause().unwrap_or_else(|| error.message()).to_owned())
    }
}

/// The master key of the store, without itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKeySummary {
    /// Tells it from others; says nothing about it.
    pub id: String,
    /// Where it came from.
    pub place: String,
    /// Whether the key before it is given too.
    pub with_previous: bool,
}

/// The master key with which the store was opened.
pub fn master(store: &Store) -> MasterKeySummary {
    let settings = &store.settings.master_key;
    MasterKeySummary {
        id: hex::encode(store.vault.master_key().id()),
        place: settings.source.to_string(),
        with_previous: settings.previous.is_some(),
    }
}

/// All keys by number.
pub fn list(store: &Store) -> Vec<KeySummary> {
    store.vault.keys().all().iter().map(|key| summary(store, key)).collect()
}

fn summary(store: &Store, key: &RingKey) -> KeySummary {
    let newest = store.vault.keys().newest_of(key);
    KeySummary {
        number: key.number.0,
        created: Timestamp::from_unix_millis(key.document.created),
        is_newest: newest.is_some_and(|newest| newest.number == key.number),
        can_be_opened: key.can_be_opened(),
        kms: key.document.kind.kms().map(|key| KmsKeySummary {
            account: key.account.clone(),
            arn: key.arn.clone(),
            aliases: key.aliases.clone(),
            enabled: key.enabled,
            description: key.description.clone(),
        }),
    }
}

/// Makes a new key that wraps from now on: for SSE-S3, or in the place of the named managed key.
pub async fn rotate(
    store: &Store,
    key: Option<&str>,
    now: Timestamp,
) -> Result<KeySummary, KeyError> {
    let kind = match key {
        None => KeyKind::S3Managed,
        Some(name) => KeyKind::Kms(named(store, name)?),
    };
    let added = store.vault.keys().add_new(store.vault.meta(), kind, now).await?;
    Ok(summary(store, &added))
}

/// Makes a managed key of an account.
pub async fn create(
    store: &Store,
    (account, alias, description): (&str, Option<&str>, &str),
    now: Timestamp,
) -> Result<KeySummary, KeyError> {
    let account = accounts::find(store, account).await?.identity.id;
    if description.len() > KMS_DESCRIPTION_LENGTH_MAX {
        return Err(KeyError::Description);
    }
    let alias = alias.unwrap_or_default();
    if !alias.is_empty() {
        check_alias(alias)?;
        let taken = |key: &KmsKey| key.account == account.to_string() && key.has_alias(alias);
        if store.vault.keys().newest(|document| document.kind.kms().is_some_and(taken)).is_some() {
            return Err(KeyError::AliasTaken(alias.to_owned()));
        }
    }
    let key = KmsKey::new(account, store.region(), alias, description)?;
    let added = store.vault.keys().add_new(store.vault.meta(), KeyKind::Kms(key), now).await?;
    Ok(summary(store, &added))
}

/// AWS: KMS API reference, CreateAlias.
fn check_alias(alias: &str) -> Result<(), KeyError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
    let name = alias.strip_prefix("alias/").filter(|name| {
        !name.is_empty()
            && name.len() <= KMS_ALIAS_LENGTH_MAX
            && !name.starts_with("aws/")
            && name.bytes().all(allowed)
    });
    name.map(drop).ok_or_else(|| KeyError::Alias(alias.to_owned()))
}

/// Lets a managed key be used, or not.
pub async fn set_enabled(store: &Store, name: &str, enabled: bool) -> Result<KeySummary, KeyError> {
    let key = named(store, name)?;
    let ring = store.vault.keys();
    ring.change(store.vault.meta(), |other| other.arn == key.arn, |key| key.enabled = enabled)
        .await?;
    let newest =
        ring.newest(|document| document.kind.kms().is_some_and(|other| other.arn == key.arn));
    newest.map(|newest| summary(store, &newest)).ok_or_else(|| KeyError::NoSuchKey(name.to_owned()))
}

/// The managed key with this ARN, id or alias, of whatever account.
fn named(store: &Store, name: &str) -> Result<KmsKey, KeyError> {
    let mut found: Option<KmsKey> = None;
    for key in store.vault.keys().all() {
        let Some(key) = key.document.kind.kms().filter(|key| key.is_named(name, &key.account))
        else {
            continue;
        };
        match &found {
            Some(other) if other.arn != key.arn => {
                return Err(KeyError::Ambiguous(name.to_owned()));
            }
            _ => found = Some(key.clone()),
        }
    }
    found.ok_or_else(|| KeyError::NoSuchKey(name.to_owned()))
}

/// Wraps the data keys of some objects with the newest keys, and says where to go on. Bodies are not
/// touched, and requests go on meanwhile.
pub async fn rewrap(store: &Store, after: Option<&str>) -> Result<RewrapStep, KeyError> {
    store.vault.rewrap(after).await?.ok_or(KeyError::Place)
}
