//! Bodies that a crash left behind: durable, and referred to by nothing.
//!
//! A body is written before its metadata, so a crash in between leaves an orphan. Each blob carries
//! a hint that says what was going to refer to it; asking the metadata about that is one look-up.
//! Only what the previous runs wrote is looked at, and a watermark remembers how far: small bodies
//! are looked at once, of large ones the time of the last write tells. All of it happens beside the
//! serving of requests, and slowly. What cannot be explained is never removed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use blob::{BlobError, FileState, SegmentScan, StoredFile};
use meta::{BlobHint, MetadataStore as _};
use model::{BlobRef, S3Error, Timestamp};

use super::Vault;
use crate::error::{from_blob, from_meta};

/// Blobs that are read from the disk before the metadata is asked about them.
const BATCH_MAX: usize = 256;
/// Background work rests this many times as long as it works.
const REST_FACTOR: u32 = 3;
/// How far the clock may have been set back between two runs.
const CLOCK_MARGIN_MILLIS: i64 = 3_600_000;

/// Up to where earlier sweeps have looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Watermark {
    /// Segments below this number.
    segment: u32,
    /// Files last written before this time.
    files: Timestamp,
}

impl Vault {
    /// Removes the orphans of earlier runs; `started` is when this run began, before it wrote
    /// anything. Returns how many were removed.
    pub(crate) async fn sweep_orphans(&self, started: Timestamp) -> Result<usize, S3Error> {
        let watermark = Watermark::read(&self.watermark_file);
        let mut removed = 0;
        let mut next_segment = watermark.segment;
        for segment in self.blobs.segment_numbers().map_err(from_blob)? {
            if segment >= watermark.segment && self.blobs.is_of_earlier_run(segment) {
                removed += self.sweep_segment(segment).await?;
                next_segment = next_segment.max(segment.saturating_add(1));
            }
        }
        removed += self.sweep_files(watermark.files, started).await?;
        let files = Timestamp::from_unix_millis(started.unix_millis - CLOCK_MARGIN_MILLIS);
        let reached = Watermark { segment: next_segment, files };
        reached.write(&self.watermark_file).map_err(S3Error::internal)?;
        Ok(removed)
    }

    async fn sweep_segment(&self, segment: u32) -> Result<usize, S3Error> {
        let mut removed = 0;
        let mut scan = match self.blobs.scan_segment(segment) {
            // Compaction was faster.
            Err(BlobError::NotFound { .. }) => None,
            other => Some(other.map_err(from_blob)?),
        };
        while let Some(rest) = scan.take() {
            let began = Instant::now();
            let (batch, rest) = in_background(move || next_batch(rest)).await?;
            for (blob, hint) in batch {
                removed += usize::from(self.remove_if_orphan(blob, &hint).await?);
            }
            rest_after(began).await;
            scan = rest;
        }
        Ok(removed)
    }

    async fn sweep_files(&self, since: Timestamp, until: Timestamp) -> Result<usize, S3Error> {
        let mut removed = 0;
        let mut files = Some(self.blobs.files());
        while let Some(mut rest) = files.take() {
            let began = Instant::now();
            let (batch, rest) = in_background(move || {
                let batch: Vec<_> = rest.by_ref().take(BATCH_MAX).collect();
                let ended = batch.len() < BATCH_MAX;
                (batch, (!ended).then_some(rest))
            })
            .await?;
            for file in batch {
                let file = file.map_err(from_blob)?;
                if file.modified >= since && file.modified < until {
                    removed += usize::from(self.remove_file_if_orphan(&file).await?);
                }
            }
            rest_after(began).await;
            files = rest;
        }
        Ok(removed)
    }

    async fn remove_file_if_orphan(&self, file: &StoredFile) -> Result<bool, S3Error> {
        match file.state {
            FileState::Finished => self.remove_if_orphan(file.blob, &file.hint).await,
            FileState::Unfinished => self.remove(file.blob).await,
            FileState::Damaged => {
                tracing::error!(blob = %file.blob, "a blob file is damaged; it is left as it is");
                Ok(false)
            }
        }
    }

    async fn remove_if_orphan(&self, blob: BlobRef, hint: &[u8]) -> Result<bool, S3Error> {
        let Some(hint) = BlobHint::decode(hint) else {
            tracing::error!(%blob, "a blob does not say whose it is; it is left as it is");
            return Ok(false);
        };
        if self.meta.references(&hint, &blob).await.map_err(from_meta)? {
            return Ok(false);
        }
        // What lost its reference a moment ago is garbage, and kept for those who still read it.
        if self.meta.is_garbage(&blob).map_err(from_meta)? {
            return Ok(false);
        }
        self.remove(blob).await
    }

    async fn remove(&self, blob: BlobRef) -> Result<bool, S3Error> {
        // What seems an orphan may be garbage that a backup still copies.
        let _removing = self.removals.lock().await;
        let pinned = self.blobs.release(&[blob]).await.map_err(from_blob)?;
        Ok(pinned.is_empty())
    }
}

/// Rests after a piece of background work that began then, so that it takes no more than a quarter
/// of a processor from those who wait for an answer.
pub(super) async fn rest_after(began: Instant) {
    tokio::time::sleep(began.elapsed().saturating_mul(REST_FACTOR)).await;
}

type Batch = Vec<(BlobRef, Vec<u8>)>;

/// The next records, and the scan if there is more. Behind damage nothing can be found.
pub(super) fn next_batch(mut scan: SegmentScan) -> (Batch, Option<SegmentScan>) {
    let mut batch = Vec::new();
    while batch.len() < BATCH_MAX {
        match scan.next() {
            Some(Ok(record)) => batch.push(record),
            Some(Err(error)) => {
                tracing::error!(%error, "a segment cannot be read to its end");
                return (batch, None);
            }
            None => return (batch, None),
        }
    }
    (batch, Some(scan))
}

pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, S3Error> {
    tokio::task::spawn_blocking(work).await.map_err(S3Error::internal)
}

impl Watermark {
    /// An unreadable watermark only means more to look at.
    fn read(path: &Path) -> Self {
        let parsed = std::fs::read_to_string(path).ok().and_then(|text| {
            let (segment, files) = text.trim().split_once(' ')?;
            let files = Timestamp::from_unix_millis(files.parse().ok()?);
            Some(Self { segment: segment.parse().ok()?, files })
        });
        parsed.unwrap_or_default()
    }

    fn write(self, path: &Path) -> std::io::Result<()> {
        let temporary: PathBuf = path.with_extension("new");
        let mut file = std::fs::File::create(&temporary)?;
        writeln!(file, "{} {}", self.segment, self.files.unix_millis)?;
        file.sync_all()?;
        std::fs::rename(temporary, path)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use meta::{
        AccountRecord, BucketCreation, BucketId, NewBucket, ObjectHeaders, ObjectPart, Precondition,
    };
    use model::{
        AccessControlList, AccountId, AccountIdentity, BucketName, CanonicalUserId, ETag, ObjectKey,
    };

    use super::*;
    use crate::object::Description;
    use crate::vault::NewObjectParts;
    use crate::vault::objects::new_object;

    /// What a crash between body and metadata leaves goes at the next start; what is referred to
    /// stays.
    #[tokio::test]
    async fn orphans_of_an_earlier_run_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let far_future = Timestamp::from_unix_seconds(1 << 40);
        let vault = Vault::open_plain(directory.path()).unwrap();
        let bucket = BucketId(1);
        let key = ObjectKey::parse("k").unwrap();
        let hint = BlobHint::Object { bucket, key: key.clone() }.encode();
        let kept = vault.blobs.append(&hint, vec![Bytes::from_static(b"kept")]).await.unwrap();
        let orphan = vault.blobs.append(&hint, vec![Bytes::from_static(b"gone")]).await.unwrap();
        let mut writer = vault.blobs.create(&hint).await.unwrap();
        writer.write(Bytes::from(vec![1; 2_000_000])).await.unwrap();
        let large_orphan = writer.finish().await.unwrap();
        refer_to(&vault, key, kept).await;

        // Nothing of the running process is touched.
        assert_eq!(vault.sweep_orphans(Timestamp::default()).await.unwrap(), 0);
        vault.shutdown().await;
        std::fs::remove_file(&vault.watermark_file).unwrap();
        drop(vault);

        let vault = Vault::open_plain(directory.path()).unwrap();
        assert_eq!(vault.sweep_orphans(far_future).await.unwrap(), 2);
        assert!(is_readable(&vault, kept).await);
        assert!(!is_readable(&vault, orphan).await);
        assert!(!is_readable(&vault, large_orphan).await);
        assert_eq!(vault.sweep_orphans(far_future).await.unwrap(), 0, "idempotent");
        vault.shutdown().await;
    }

    /// What was overwritten a moment ago is garbage: it has its grace time, orphan or not.
    #[tokio::test]
    async fn garbage_is_no_orphan() {
        let directory = tempfile::tempdir().unwrap();
        let vault = Vault::open_plain(directory.path()).unwrap();
        let key = ObjectKey::parse("k").unwrap();
        let hint = BlobHint::Object { bucket: BucketId(1), key: key.clone() }.encode();
        let body = || vec![Bytes::from_static(b"body")];
        let old = vault.blobs.append(&hint, body()).await.unwrap();
        refer_to(&vault, key.clone(), old).await;
        vault.shutdown().await;
        drop(vault);
        let vault = Vault::open_plain(directory.path()).unwrap();
        let new = vault.blobs.append(&hint, body()).await.unwrap();
        put(&vault, key, new).await;
        let far_future = Timestamp::from_unix_seconds(1 << 40);
        assert_eq!(vault.sweep_orphans(far_future).await.unwrap(), 0);
        assert!(is_readable(&vault, old).await && is_readable(&vault, new).await);
        vault.shutdown().await;
    }

    async fn refer_to(vault: &Vault, key: ObjectKey, blob: BlobRef) {
        let owner = AccountIdentity {
            id: AccountId::parse("111122223333").unwrap(),
            canonical_id: CanonicalUserId::parse(&"a".repeat(64)).unwrap(),
        };
        let now = Timestamp::from_unix_seconds(1);
        let account = AccountRecord {
            identity: owner.clone(),
            name: "a".into(),
            email: None,
            created: now,
            public_access: None,
        };
        vault.meta.create_account(account).await.unwrap();
        let bucket = NewBucket {
            name: BucketName::parse("bucket").unwrap(),
            owner: owner.id,
            region: "us-east-1".into(),
            created: now,
            object_ownership: None,
            public_access: None,
            object_lock: None,
            acl: AccessControlList::private(owner.canonical_id.clone()),
            settings: std::collections::BTreeMap::new(),
        };
        let BucketCreation::Created(bucket) = vault.meta.create_bucket(bucket).await.unwrap()
        else {
            panic!("the bucket is new");
        };
        assert_eq!(bucket.id, BucketId(1));
        put(vault, key, blob).await;
    }

    async fn put(vault: &Vault, key: ObjectKey, blob: BlobRef) {
        let owner = CanonicalUserId::parse(&"a".repeat(64)).unwrap();
        let now = Timestamp::from_unix_seconds(1);
        let etag = ETag { md5: [0; 16], parts: None };
        let part = ObjectPart {
            number: 1,
            size_bytes: blob.length_bytes,
            etag,
            checksum: None,
            blob: Some(blob),
            salt: None,
        };
        let parts = NewObjectParts {
            size_bytes: blob.length_bytes,
            etag,
            last_modified: now,
            described: Description {
                headers: ObjectHeaders::default(),
                user_metadata: Vec::new(),
                storage_class: "STANDARD".into(),
                tags: model::TagSet::default(),
                lock: model::ObjectLock::default(),
            },
            checksum: None,
            parts: vec![part],
            encryption: None,
        };
        let object = new_object(key, owner, None, parts, Vec::new()).unwrap();
        vault.meta.put_object(BucketId(1), object, Precondition::None).await.unwrap();
    }

    async fn is_readable(vault: &Vault, blob: BlobRef) -> bool {
        let mut reader = vault.blobs.reader(&blob, 0..blob.length_bytes);
        matches!(reader.next().await, Some(Ok(_)))
    }

    #[test]
    fn watermark_round_trip() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("swept");
        assert_eq!(Watermark::read(&path), Watermark::default());
        let reached = Watermark { segment: 7, files: Timestamp::from_unix_millis(-3) };
        reached.write(&path).unwrap();
        assert_eq!(Watermark::read(&path), reached);
        std::fs::write(&path, "garbage").unwrap();
        assert_eq!(Watermark::read(&path), Watermark::default());
    }
}
