//! The master key of a store: which of those that the operator gives, and its change.

use std::path::Path;

use identity::{MasterKey, MasterKeySettings, OnMismatch};
use meta::{
    AccessKeyRecord, EncryptionKeyRow, MetaError, Resealer, ScannedTable, SqliteStore, StoredRow,
};

use super::{OpenError, keys};

/// Rows that are read at once.
const PAGE_ROWS_MAX: usize = 256;

/// The keys that a store was opened with.
pub(super) struct OpenedWith {
    /// Seals and opens.
    pub(super) current: MasterKey,
    /// Sealed the tokens of sessions that may still last.
    pub(super) previous: Option<MasterKey>,
}

/// Reads the keys. Those of a store that is made now may be made with it.
pub(super) fn read(
    settings: &MasterKeySettings,
    directory: &Path,
    store_exists: bool,
) -> Result<OpenedWith, OpenError> {
    // A new key could not open the secrets of a store that exists already.
    let current = if store_exists {
        settings.source.load(directory)?
    } else {
        settings.source.load_or_create(directory)?
    };
    let previous = settings.previous.as_ref().map(|source| source.load(directory)).transpose()?;
    Ok(OpenedWith { current, previous })
}

impl OpenedWith {
    /// Makes sure that the store is sealed with the current key: what the previous one sealed is
    /// sealed anew, in one transaction. A store of another key is not touched.
    pub(super) fn settle(
        &self,
        meta: &SqliteStore,
        settings: &MasterKeySettings,
    ) -> Result<(), OpenError> {
        if fits(meta, &self.current)? {
            return Ok(());
        }
        let accepts = settings.on_mismatch == OnMismatch::Accept;
        if let Some(previous) = &self.previous
            && (accepts || fits(meta, previous)?)
        {
            let change = Change { old: previous, new: &self.current };
            let rows = meta.reseal(&change)?;
            let (from, to) = (hex::encode(previous.id()), hex::encode(self.current.id()));
            tracing::info!(from, to, rows, "sealed anew with another master key");
        }
        if fits(meta, &self.current)? {
            return Ok(());
        }
        if !accepts {
            return Err(self.mismatch(settings));
        }
        tracing::error!(
            "the master key is not the one of this store; what that sealed cannot be used"
        );
        Ok(())
    }

    /// The key that the store is sealed with, for whoever must not change it: the current one, or the
    /// one before it.
    pub(super) fn choose(
        self,
        meta: &SqliteStore,
        settings: &MasterKeySettings,
    ) -> Result<MasterKey, OpenError> {
        if fits(meta, &self.current)? {
            return Ok(self.current);
        }
        match &self.previous {
            Some(previous) if fits(meta, previous)? => Ok(previous.clone()),
            _ if settings.on_mismatch == OnMismatch::Accept => Ok(self.current),
            _ => Err(self.mismatch(settings)),
        }
    }

    fn mismatch(&self, settings: &MasterKeySettings) -> OpenError {
        OpenError::OtherMasterKey {
            id: hex::encode(self.current.id()),
            place: settings.source.to_string(),
        }
    }
}

/// Whether a store is sealed with this key: all keys of the ring, and the first access key, since a
/// change takes all or none. Damaged rows are left to whoever reads them; an empty store fits.
fn fits(meta: &SqliteStore, key: &MasterKey) -> Result<bool, MetaError> {
    let mut after = None;
    loop {
        let page = meta.scan(ScannedTable::EncryptionKey, after.as_ref(), PAGE_ROWS_MAX)?;
        for row in page.rows {
            if let Ok(StoredRow::EncryptionKey(row)) = row.content
                && !keys::opens(key, &row).unwrap_or(true)
            {
                return Ok(false);
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let page = meta.scan(ScannedTable::AccessKey, None, PAGE_ROWS_MAX)?;
    let first = page.rows.into_iter().find_map(|row| match row.content {
        Ok(StoredRow::AccessKey(row)) => Some(row),
        _ => None,
    });
    Ok(first.is_none_or(|row| key.has_sealed(&row.sealed_secret)))
}

/// From one master key to another.
struct Change<'a> {
    old: &'a MasterKey,
    new: &'a MasterKey,
}

impl Resealer for Change<'_> {
    fn secret(&self, key: &AccessKeyRecord) -> Result<Option<Vec<u8>>, MetaError> {
        if !self.old.has_sealed(&key.sealed_secret) {
            return Ok(None);
        }
        let damaged = |error: identity::master_key::OpenError| MetaError::Corrupt {
            table: "access_key",
            detail: format!("{}: {error}", key.access_key_id),
        };
        let secret = self.old.open(&key.sealed_secret, &key.access_key_id).map_err(damaged)?;
        let sealed = self.new.seal(&secret, &key.access_key_id);
        sealed.map(Some).map_err(|error| MetaError::Io(error.to_string()))
    }

    fn document(&self, key: &EncryptionKeyRow) -> Result<Option<String>, MetaError> {
        keys::rewrapped((self.old, self.new), key)
    }
}

#[cfg(test)]
mod tests;
