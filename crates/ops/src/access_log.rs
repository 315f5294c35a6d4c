//! Server access logs: which buckets keep one, and what is waiting for delivery (§9).
//!
//! The wire describes every request to such a bucket and adds the record here; nothing of that can
//! fail a request. [`delivery`] writes what waits into the target buckets.

pub(crate) mod delivery;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audit::{AccessLogRecord, Spool, SpoolError, SpooledRecord};
use model::{CanonicalUserId, Timestamp};

use crate::store::Store;
use crate::vault::BucketState;

/// Records that wait, and what became of the others.
pub(crate) struct AccessLogs {
    spool: Arc<Spool>,
    delivered: AtomicU64,
    refused: AtomicU64,
}

impl AccessLogs {
    /// Opens the spool below the data directory.
    pub(crate) fn open(data_directory: &Path, now: Timestamp) -> Result<Self, SpoolError> {
        Ok(Self {
            spool: Arc::new(Spool::open(&data_directory.join("access-log"), now)?),
            delivered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }
}

/// What became of access log records since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessLogCounts {
    /// Written into a target bucket.
    pub delivered: u64,
    /// Not written, because the target bucket does not let the log delivery write, or is gone.
    pub refused: u64,
    /// Not kept, because the disk could not follow.
    pub dropped: u64,
}

/// The numbers, for the metrics.
pub fn counts(store: &Store) -> AccessLogCounts {
    let logs = &store.access_logs;
    AccessLogCounts {
        delivered: logs.delivered.load(Ordering::Relaxed),
        refused: logs.refused.load(Ordering::Relaxed),
        dropped: logs.spool.dropped(),
    }
}

/// A bucket that keeps an access log.
#[derive(Clone)]
pub struct LoggedBucket(Arc<BucketState>);

impl LoggedBucket {
    /// The bucket, if it keeps one.
    pub(crate) fn of(bucket: &Arc<BucketState>) -> Option<Self> {
        bucket.logging.is_some().then(|| Self(Arc::clone(bucket)))
    }

    /// The owner of the bucket, the first field of a record.
    pub fn owner(&self) -> &CanonicalUserId {
        &self.0.facts.owner.canonical_id
    }

    /// The name of the bucket, the second field.
    pub fn name(&self) -> &str {
        self.0.record.name.as_str()
    }

    /// Keeps a record until it is delivered.
    pub fn add(&self, store: &Store, record: &AccessLogRecord<'_>) {
        store.access_logs.spool.add(SpooledRecord {
            bucket: self.0.record.name.clone(),
            time: record.time,
            line: record.to_string(),
        });
    }
}
