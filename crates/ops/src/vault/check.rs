//! A store at rest, opened to be looked through: what [`crate::check`] may ask of it.
//!
//! There is no decision here because there is no request: the operator holds the lock of the data
//! directory. Bodies and rows leave this module as what the check reports about them.

use std::path::Path;

use blob::{BlobError, BlobReader, BlobStore, SegmentScan, SegmentSummary, StoredFile};
use identity::MasterKeySettings;
use meta::{
    BlobHint, BucketId, BucketRecord, CountedUsage, MetaError, MetadataStore as _, RowCursor,
    RowPage, ScannedTable, SqliteStore, UploadId, UploadRecord,
};
use model::{AccountId, BlobRef, ObjectEncryption, ObjectKey, S3Error};

use super::encryption::{DataKeyState, layers};
use super::keys::KeyRing;
use super::{OpenError, master_key};

/// Rows that are read at once.
const PAGE_ROWS_MAX: usize = 256;

/// Metadata and bodies of a store that nobody else uses.
pub(crate) struct CheckedStore {
    meta: SqliteStore,
    blobs: BlobStore,
    /// The keys of the store, where its master key is there.
    keys: Option<KeyRing>,
}

impl CheckedStore {
    /// Opens the store in a directory; `None` if there is none.
    pub(crate) fn open(
        directory: &Path,
        settings: &MasterKeySettings,
    ) -> Result<Option<Self>, OpenError> {
        let metadata = directory.join("meta");
        if !SqliteStore::exists_in(&metadata) {
            return Ok(None);
        }
        let meta = SqliteStore::open(&metadata)?;
        let may_be_absent = !settings.source.is_elsewhere() && settings.previous.is_none();
        let master_key = match master_key::read(settings, directory, true) {
            Ok(read) => Some(read.choose(&meta, settings)?),
            // Without it, encrypted bodies are compared with the checksums of their blocks only.
            Err(OpenError::MasterKey(error)) if may_be_absent && error.is_missing_file() => None,
            Err(error) => return Err(error),
        };
        // A damaged ring is found among the rows.
        let keys = master_key.and_then(|master_key| KeyRing::open(&meta, &master_key).ok());
        Ok(Some(Self {
            keys,
            meta,
            blobs: BlobStore::open(&directory.join("blobs"), blob::Options::default())?,
        }))
    }

    /// The data key of an object or upload, as far as it can be known.
    pub(crate) fn data_key(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        encryption: Option<&ObjectEncryption>,
    ) -> Result<DataKeyState, S3Error> {
        let Some(encryption) = encryption else { return Ok(DataKeyState::NoneNeeded) };
        match (&self.keys, encryption.method.ring_key()) {
            (Some(keys), Some(_)) => {
                let opened = keys.open_data_key(bucket, key, encryption, None);
                opened.map(|key| DataKeyState::Known(key, layers(encryption)))
            }
            _ => Ok(DataKeyState::Unknown),
        }
    }

    /// Closes both.
    pub(crate) async fn shutdown(&self) -> Result<(), MetaError> {
        self.blobs.shutdown().await;
        self.meta.shutdown().await
    }

    /// What SQLite finds wrong with its file.
    pub(crate) fn integrity(&self, quick: bool) -> Result<Vec<String>, MetaError> {
        self.meta.integrity(quick)
    }

    /// The next rows of a table.
    pub(crate) fn rows(
        &self,
        table: ScannedTable,
        after: Option<&RowCursor>,
    ) -> Result<RowPage, MetaError> {
        self.meta.scan(table, after, PAGE_ROWS_MAX)
    }

    /// A bucket by its number.
    pub(crate) fn bucket(&self, id: BucketId) -> Result<Option<BucketRecord>, MetaError> {
        self.meta.bucket_by_id(id)
    }

    /// Whether an account exists; a damaged one does.
    pub(crate) async fn account_exists(&self, id: AccountId) -> Result<bool, MetaError> {
        match self.meta.account(id).await {
            Err(MetaError::Corrupt { .. }) => Ok(true),
            found => Ok(found?.is_some()),
        }
    }

    /// An upload in progress.
    pub(crate) fn upload(&self, id: &UploadId) -> Result<Option<UploadRecord>, MetaError> {
        self.meta.upload_by_id(id)
    }

    /// How many records refer to a blob, among those that its hint names.
    pub(crate) fn count_references(
        &self,
        hint: &BlobHint,
        blob: &BlobRef,
    ) -> Result<usize, MetaError> {
        self.meta.count_references(hint, blob)
    }

    /// Whether a blob waits to be removed.
    pub(crate) fn is_garbage(&self, blob: &BlobRef) -> Result<bool, MetaError> {
        self.meta.is_garbage(blob)
    }

    /// Takes a blob from those that wait to be removed.
    pub(crate) async fn forget_garbage(&self, blob: BlobRef) -> Result<(), MetaError> {
        self.meta.forget_garbage(&[blob]).await
    }

    /// The kept counts of a bucket beside the true ones.
    pub(crate) fn count_usage(&self, id: BucketId) -> Result<CountedUsage, MetaError> {
        self.meta.count_usage(id)
    }

    /// Replaces the kept counts by the true ones.
    pub(crate) async fn recount_usage(&self, id: BucketId) -> Result<(), MetaError> {
        self.meta.recount_usage(id).await
    }

    /// The hint of a blob whose header is as it should be.
    pub(crate) fn inspect(&self, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
        self.blobs.inspect(blob)
    }

    /// Reads a whole blob.
    pub(crate) fn reader(&self, blob: &BlobRef) -> BlobReader {
        self.blobs.reader(blob, 0..blob.length_bytes)
    }

    /// All segments.
    pub(crate) fn segments(&self) -> Result<Vec<SegmentSummary>, BlobError> {
        self.blobs.segments()
    }

    /// Looks at the start of a segment.
    pub(crate) fn check_segment_start(&self, segment: u32) -> Result<(), BlobError> {
        self.blobs.check_segment_start(segment)
    }

    /// The live records of a segment.
    pub(crate) fn segment(&self, segment: u32) -> Result<SegmentScan, BlobError> {
        self.blobs.scan_segment(segment)
    }

    /// All large bodies.
    pub(crate) fn files(&self) -> impl Iterator<Item = Result<StoredFile, BlobError>> + use<> {
        self.blobs.files()
    }

    /// Removes a blob that nothing refers to.
    pub(crate) async fn remove(&self, blob: BlobRef) -> Result<(), BlobError> {
        self.blobs.release(&[blob]).await.map(drop)
    }
}
