//! The vault: the only door to metadata and bodies.
//!
//! Everything that a request does to a bucket or an object goes through a method here that takes
//! `&Authorized<Operation>` and reads bucket, key and version from it. The facts that the gate
//! needs before it can decide come from [`facts`](self), and are read-only.

mod account_settings;
mod analyzer;
mod backup;
mod bodies;
mod buckets;
mod cache;
mod callers;
mod check;
mod compaction;
mod encryption;

mod configurations;
mod events;
mod facts;
#[cfg(test)]
pub(crate) mod fixture;
mod iam;
mod key_uses;
mod keys;
mod known_callers;
mod lifecycle;
mod master_key;
mod objects;
mod organizations;
mod orphans;
mod principals;
mod reach;
mod rewrapping;
mod sessions;
mod settings;
mod uploads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blob::BlobStore;
use identity::{MasterKey, MasterKeySettings, SessionKeys};
use meta::SqliteStore;
use model::limits::SESSIONS_CACHED_MAX;
use tokio::sync::{Semaphore, watch};

pub(crate) use self::analyzer::Analyzed;
pub use self::backup::RemovalHold;
pub(crate) use self::backup::{CopiedMetadata, REFERRING, SourceBodies, copy_metadata, is_store};
pub(crate) use self::bodies::{BodyReader, SealedPart, Stored};
pub(crate) use self::buckets::ListsObjects;
use self::cache::FactCache;
pub(crate) use self::callers::CallerState;
pub(crate) use self::check::CheckedStore;
pub(crate) use self::compaction::Ledger;
pub(crate) use self::encryption::{DataKeyState, NeedsCustomerKey, Sealing, StartsObject, layers};
pub(crate) use self::facts::BucketState;
use self::key_uses::KeyUses;
use self::keys::KeyRing;
pub(crate) use self::keys::{KeyKind, KmsKey, RingKey};
pub(crate) use self::known_callers::Called;
use self::master_key::OpenedWith;
pub(crate) use self::objects::{Deletion, NewObjectParts, WritesObject};
pub(crate) use self::uploads::{NewUpload, WritesPart};
use crate::object::md5::Md5Lanes;

/// Buckets whose facts are kept in memory.
const CACHED_BUCKETS_MAX: usize = 10_000;
/// Access keys whose owner and secret are kept in memory.
const CACHED_CALLERS_MAX: usize = 10_000;
/// Memory that small bodies may take together while they are received, in KiB.
const BODY_MEMORY_KIB_MAX: usize = 128 * 1024;

/// Metadata, bodies, and what is remembered of them.
pub(crate) struct Vault {
    meta: SqliteStore,
    blobs: BlobStore,
    master_key: MasterKey,
    keys: KeyRing,
    encrypts_by_default: bool,
    buckets: FactCache<BucketState>,
    callers: FactCache<CallerState>,
    sessions: FactCache<CallerState>,
    session_keys: SessionKeys,
    /// Those of the master key before, while the operator gives it.
    previous_session_keys: Option<SessionKeys>,
    key_uses: KeyUses,
    body_memory: Arc<Semaphore>,
    md5: Md5Lanes,
    watermark_file: PathBuf,
    /// Tells who delivers events that there are some.
    queued: watch::Sender<()>,
    /// Held while blobs that were referred to are removed, and while none may be.
    removals: backup::Removals,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The metadata.
    #[error("cannot open the metadata: {0}")]
    Metadata(#[from] meta::MetaError),
    /// The bodies.
    #[error("cannot open the bodies: {0}")]
    Bodies(#[from] blob::BlobError),
    /// The access logs that wait for delivery.
    #[error(transparent)]
    AccessLogs(#[from] audit::SpoolError),
    /// The decision log.
    #[error(transparent)]
    DecisionLog(#[from] audit::decision_log::DecisionLogError),
    /// A thread of the system.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// The key file.
    #[error("cannot read the master key: {0}")]
    MasterKey(#[from] identity::MasterKeyError),
    /// The master key is not the one of the store, which was not touched.
    #[error("master key {id}, from {place}, is another master key than the one of this store")]
    OtherMasterKey {
        /// The id of the key.
        id: String,
        /// Where it came from.
        place: String,
    },
}

impl Vault {
    /// Opens or creates what lies in `directory`.
    pub(crate) fn open(directory: &Path, keys: &MasterKeySettings) -> Result<Self, OpenError> {
        let metadata = directory.join("meta");
        let opened_with = master_key::read(keys, directory, metadata.exists())?;
        let meta = SqliteStore::open(&metadata)?;
        opened_with.settle(&meta, keys)?;
        let OpenedWith { current: master_key, previous } = opened_with;
        Ok(Self {
            keys: KeyRing::open(&meta, &master_key)?,
            encrypts_by_default: true,
            session_keys: SessionKeys::derive(&master_key),
            previous_session_keys: previous.as_ref().map(SessionKeys::derive),
            sessions: FactCache::new(SESSIONS_CACHED_MAX),
            master_key,
            meta,
            blobs: BlobStore::open(&directory.join("blobs"), blob::Options::default())?,
            buckets: FactCache::new(CACHED_BUCKETS_MAX),
            callers: FactCache::new(CACHED_CALLERS_MAX),
            key_uses: KeyUses::default(),
            watermark_file: directory.join("swept"),
            queued: watch::channel(()).0,
            removals: backup::Removals::default(),
            body_memory: Arc::new(Semaphore::new(BODY_MEMORY_KIB_MAX)),
            md5: Md5Lanes::start().map_err(OpenError::Thread)?,
        })
    }

    /// Opens or creates what lies in `directory`, with the key that is in it.
    #[cfg(test)]
    pub(crate) fn open_plain(directory: &Path) -> Result<Self, OpenError> {
        Self::open(directory, &MasterKeySettings::default())
    }

    /// The same vault, which encrypts or does not where neither writer nor bucket says how.
    pub(crate) fn encrypting(self, by_default: bool) -> Self {
        Self { encrypts_by_default: by_default, ..self }
    }

    /// The metadata, for the administration of accounts.
    pub(crate) fn meta(&self) -> &SqliteStore {
        &self.meta
    }

    /// The key that seals secrets.
    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.master_key
    }

    /// Forgets a caller, whose key was changed or removed.
    pub(crate) fn forget_access_key(&self, access_key_id: &str) {
        self.callers.forget(access_key_id);
    }

    /// Writes what is still in memory and closes both stores.
    pub(crate) async fn shutdown(&self) {
        if let Err(error) = self.flush_key_uses().await {
            tracing::warn!(%error, cause = error.cause(), "noting the use of access keys failed");
        }
        self.blobs.shutdown().await;
        if let Err(error) = self.meta.shutdown().await {
            tracing::error!(%error, "closing the metadata failed");
        }
    }
}
