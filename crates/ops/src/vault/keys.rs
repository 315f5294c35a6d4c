//! The ring of keys that wrap the data keys of objects.
//!
//! A key lies in the metadata, wrapped itself with a key that is derived from the master key. The
//! newest one of its kind wraps; all others only open what they wrapped. So a backup of the metadata
//! has every key that its objects need, and none is of use without the master key.

mod document;

use std::collections::BTreeMap;
use std::sync::Arc;

use encryption::{DataKey, WrappingKey};
use meta::{EncryptionKeyRow, MetaError, SqliteStore};
use model::encryption::KeyNumber;
use model::{AccountId, S3Error, Timestamp, WrappedKey};
use parking_lot::RwLock;

pub(crate) use self::document::{KeyDocument, KeyKind, KmsKey};
use crate::error::from_meta;

/// What the key that wraps the ring is derived for.
const PURPOSE: &[u8] = b"grantry encryption keys 1";

/// The keys, all in memory.
pub(crate) struct KeyRing {
    root: Arc<WrappingKey>,
    keys: RwLock<BTreeMap<KeyNumber, Arc<RingKey>>>,
    /// Held while the ring is changed, so that what was looked for is not made twice.
    changes: tokio::sync::Mutex<()>,
}

/// A key of the ring.
pub(crate) struct RingKey {
    /// Its number.
    pub(crate) number: KeyNumber,
    /// What is known of it.
    pub(crate) document: KeyDocument,
    /// The key; none if it was wrapped under another master key.
    key: Option<WrappingKey>,
}

impl RingKey {
    /// The key, to wrap and to open with.
    pub(crate) fn key(&self) -> Result<&WrappingKey, S3Error> {
        self.key.as_ref().ok_or_else(|| {
            S3Error::internal(format_args!(
                "key {} of the ring was wrapped under another master key: the master key of the \
                 store was lost or replaced",
                self.number.0
            ))
        })
    }

    /// Whether it can be used with the master key of the store.
    pub(crate) fn can_be_opened(&self) -> bool {
        self.key.is_some()
    }
}

fn owner(number: KeyNumber) -> [u8; 9] {
    let mut owner = *b"ring\0\0\0\0\0";
    if let Some(place) = owner.last_chunk_mut() {
        *place = number.0.to_le_bytes();
    }
    owner
}

impl KeyRing {
    /// Reads the ring. Keys of another master key are kept, and cannot be used.
    pub(crate) fn open(
        meta: &SqliteStore,
        master_key: &identity::MasterKey,
    ) -> Result<Self, MetaError> {
        let root = Arc::new(root_of(master_key));
        let mut keys = BTreeMap::new();
        for row in meta.encryption_keys()? {
            let key = Arc::new(understood(&root, &row)?);
            if !key.can_be_opened() {
                tracing::error!(
                    key = row.number.0,
                    "an encryption key was wrapped under another master key; objects that need it \
                     cannot be read"
                );
            }
            keys.insert(row.number, key);
        }
        let changes = tokio::sync::Mutex::default();
        Ok(Self { root, keys: RwLock::new(keys), changes })
    }

    /// A key by its number.
    pub(crate) fn get(&self, number: KeyNumber) -> Result<Arc<RingKey>, S3Error> {
        self.keys.read().get(&number).cloned().ok_or_else(|| {
            S3Error::internal(format_args!("key {} of the ring is missing", number.0))
        })
    }

    /// All keys by number.
    pub(crate) fn all(&self) -> Vec<Arc<RingKey>> {
        self.keys.read().values().cloned().collect()
    }

    /// The newest key that fits.
    pub(crate) fn newest(&self, fits: impl Fn(&KeyDocument) -> bool) -> Option<Arc<RingKey>> {
        self.keys.read().values().rev().find(|key| fits(&key.document)).cloned()
    }

    /// The key that wraps in the place of this one, or itself.
    pub(crate) fn newest_of(&self, key: &RingKey) -> Option<Arc<RingKey>> {
        self.newest(|document| document.kind.is_same_key(&key.document.kind))
    }

    /// The ARN of a managed key.
    pub(crate) fn arn(&self, number: KeyNumber) -> Option<String> {
        let keys = self.keys.read();
        keys.get(&number)?.document.kind.kms().map(|key| key.arn.clone())
    }

    /// The store's own key, made when it is first needed.
    pub(crate) async fn s3_managed(
        &self,
        meta: &SqliteStore,
        now: Timestamp,
    ) -> Result<Arc<RingKey>, S3Error> {
        let find = || self.newest(|document| document.kind == KeyKind::S3Managed);
        if let Some(key) = find() {
            return Ok(key);
        }
        let _changing = self.changes.lock().await;
        match find() {
            Some(key) => Ok(key),
            None => self.add(meta, KeyKind::S3Managed, now).await.map_err(from_meta),
        }
    }

    /// An account's own key for S3, made when it is first needed. AWS: KMS developer guide, "AWS
    /// managed keys".
    pub(crate) async fn of_account(
        &self,
        meta: &SqliteStore,
        account: AccountId,
        region: &str,
        now: Timestamp,
    ) -> Result<Arc<RingKey>, S3Error> {
        let find = || {
            self.newest(|document| {
                document.kind.kms().is_some_and(|key| {
                    key.account == account.to_string() && key.has_alias(document::DEFAULT_ALIAS)
                })
            })
        };
        if let Some(key) = find() {
            return Ok(key);
        }
        let _changing = self.changes.lock().await;
        if let Some(key) = find() {
            return Ok(key);
        }
        let key = KmsKey::new(account, region, document::DEFAULT_ALIAS, "")?;
        self.add(meta, KeyKind::Kms(key), now).await.map_err(from_meta)
    }

    /// Adds a key that wraps from now on. Errors: those of the metadata.
    pub(crate) async fn add_new(
        &self,
        meta: &SqliteStore,
        kind: KeyKind,
        now: Timestamp,
    ) -> Result<Arc<RingKey>, MetaError> {
        let _changing = self.changes.lock().await;
        self.add(meta, kind, now).await
    }

    async fn add(
        &self,
        meta: &SqliteStore,
        kind: KeyKind,
        now: Timestamp,
    ) -> Result<Arc<RingKey>, MetaError> {
        let root = Arc::clone(&self.root);
        let random = |_| MetaError::Io("no random numbers".into());
        let key = DataKey::random().map_err(random)?;
        let row = meta
            .add_encryption_key(move |number| {
                let wrapped = root.wrap(&key, &owner(number)).map_err(random)?;
                Ok(KeyDocument { kind, created: now.unix_millis, wrapped: hex::encode(wrapped.0) }
                    .written())
            })
            .await?;
        let key = Arc::new(understood(&self.root, &row)?);
        self.keys.write().insert(row.number, Arc::clone(&key));
        Ok(key)
    }

    /// Changes what is known of managed keys: all rotations of one key together.
    pub(crate) async fn change(
        &self,
        meta: &SqliteStore,
        fits: impl Fn(&KmsKey) -> bool,
        change: impl Fn(&mut KmsKey),
    ) -> Result<usize, MetaError> {
        let _changing = self.changes.lock().await;
        let mut rows = Vec::new();
        for key in self.all() {
            let mut document = key.document.clone();
            if let KeyKind::Kms(kms) = &mut document.kind
                && fits(kms)
            {
                change(kms);
                rows.push(EncryptionKeyRow { number: key.number, document: document.written() });
            }
        }
        meta.replace_encryption_keys(rows.clone()).await?;
        let count = rows.len();
        for row in rows {
            let key = Arc::new(understood(&self.root, &row)?);
            self.keys.write().insert(row.number, key);
        }
        Ok(count)
    }
}

/// The key that wraps the ring.
fn root_of(master_key: &identity::MasterKey) -> WrappingKey {
    WrappingKey::new(&master_key.derive(PURPOSE))
}

/// Whether a master key opens this key of the ring.
pub(super) fn opens(
    master_key: &identity::MasterKey,
    row: &EncryptionKeyRow,
) -> Result<bool, MetaError> {
    Ok(understood(&root_of(master_key), row)?.can_be_opened())
}

/// The document of a key of the ring, wrapped under another master key; `None` if the old one does
/// not open it.
pub(super) fn rewrapped(
    (old, new): (&identity::MasterKey, &identity::MasterKey),
    row: &EncryptionKeyRow,
) -> Result<Option<String>, MetaError> {
    let (document, wrapped) = parsed(row)?;
    let Ok(key) = root_of(old).unwrap(&wrapped, &owner(row.number)) else { return Ok(None) };
    let wrapped = root_of(new).wrap(&key, &owner(row.number));
    let wrapped = wrapped.map_err(|error| MetaError::Io(error.to_string()))?;
    Ok(Some(KeyDocument { wrapped: hex::encode(wrapped.0), ..document }.written()))
}

fn parsed(row: &EncryptionKeyRow) -> Result<(KeyDocument, WrappedKey), MetaError> {
    let unreadable = |detail: String| MetaError::Corrupt { table: "encryption_key", detail };
    let document: KeyDocument = serde_json::from_str(&row.document)
        .map_err(|error| unreadable(format!("key {}: {error}", row.number.0)))?;
    let mut wrapped = [0; model::encryption::WRAPPED_KEY_BYTES];
    hex::decode_to_slice(&document.wrapped, &mut wrapped)
        .map_err(|error| unreadable(format!("key {}: {error}", row.number.0)))?;
    Ok((document, WrappedKey(wrapped)))
}

fn understood(root: &WrappingKey, row: &EncryptionKeyRow) -> Result<RingKey, MetaError> {
    let (document, wrapped) = parsed(row)?;
    let opened = root.unwrap(&wrapped, &owner(row.number)).ok();
    let key = opened.map(|key| key.to_wrapping_key());
    Ok(RingKey { number: row.number, document, key })
}

#[cfg(test)]
mod tests;
