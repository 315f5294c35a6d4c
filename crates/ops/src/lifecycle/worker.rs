//! The worker: goes through all buckets with lifecycle rules, and removes what is due.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use audit::AccessLogRecord;
use audit::access_log::operation::{ABORTED_UPLOAD, EXPIRED_MARKER, EXPIRED_OBJECT};
use meta::{DeleteOutcome, ListedVersion};
use model::{BucketName, ObjectKey, S3Error, Timestamp, VersionId};

use super::judge::{ExpiredVersion, Judged, Removal, StaleUpload};
use super::schedule::{is_ahead, next_run};
use super::walk::{Page, Place, Walk};
use super::{ClockTrust, LifecycleClock, LifecycleCounts, RunReport};
use crate::access_log::LoggedBucket;
use crate::store::Store;
use crate::vault::BucketState;

/// Longest sleep, so that a clock that is set is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// Buckets whose names are read at once.
const BUCKETS_MAX: usize = 1000;
/// Versions that are removed before requests have their turn: they share the metadata's writer.
const BATCH_MAX: usize = 100;

/// Runs when it is due or asked for, until `stop` ends.
pub(crate) async fn run(store: &Store, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    let started = (store.settings.clock)();
    let mut was_ahead = false;
    loop {
        let now = (store.settings.clock)();
        let interval = store.settings.lifecycle.interval;
        let next = next_run(store.lifecycle.last_started(), started, now, interval);
        store.lifecycle.set_next(next);
        let is_ahead = clock_is_ahead(store, now);
        if is_ahead && !was_ahead {
            let last = store.lifecycle.last_started().unwrap_or_default().unix_seconds();
            let clock = now.unix_seconds();
            tracing::error!(
                clock,
                last,
                "the clock is too far ahead of the last run: lifecycle rules remove nothing"
            );
        }
        was_ahead = is_ahead;
        let rest = u64::try_from(next.unix_millis.saturating_sub(now.unix_millis)).unwrap_or(0);
        let rest = if is_ahead { SLEEP_MAX } else { Duration::from_millis(rest) };
        let due = async {
            tokio::select! {
                () = store.lifecycle.requested.notified() => true,
                () = tokio::time::sleep(rest.min(SLEEP_MAX)) => rest.is_zero(),
            }
        };
        tokio::select! {
            () = &mut stop => return,
            is_due = due => if !is_due { continue },
        }
        let trust = store.lifecycle.take_trust();
        tokio::select! {
            () = &mut stop => return,
            _ = run_here(store, trust) => {}
        }
    }
}

fn clock_is_ahead(store: &Store, now: Timestamp) -> bool {
    is_ahead(store.lifecycle.last_started(), now, store.settings.lifecycle.clock_ahead_max)
}

/// One run, now. Whoever calls this sees to it that no worker runs beside.
pub async fn run_here(store: &Store, trust: ClockTrust) -> RunReport {
    store.lifecycle.begun();
    let started = (store.settings.clock)();
    if trust == ClockTrust::Limited && clock_is_ahead(store, started) {
        let ahead_of = store.lifecycle.last_started();
        let report = RunReport { started, finished: started, ahead_of, ..RunReport::default() };
        store.lifecycle.refused(report);
        return report;
    }
    let mut run = Run {
        store,
        clock: LifecycleClock { now: started, day: store.settings.lifecycle.day },
        counts: LifecycleCounts::default(),
    };
    run.all().await;
    let finished = (store.settings.clock)();
    let report = RunReport { started, finished, counts: run.counts, ahead_of: None };
    store.lifecycle.ended(report);
    tracing::info!(clock = started.unix_seconds(), ?report.counts, "lifecycle rules were carried out");
    report
}

struct Run<'s> {
    store: &'s Store,
    clock: LifecycleClock,
    counts: LifecycleCounts,
}

impl Run<'_> {
    async fn all(&mut self) {
        let mut after = String::new();
        loop {
            let names = self.store.vault.buckets_with_lifecycle(&after, BUCKETS_MAX).await;
            let names = match names {
                Ok(names) => names,
                Err(error) => return self.failed(None, &error),
            };
            let Some(last) = names.last() else { return };
            last.as_str().clone_into(&mut after);
            for name in &names {
                if let Err(error) = self.bucket(name).await {
                    self.failed(Some(name), &error);
                }
            }
        }
    }

    fn failed(&mut self, bucket: Option<&BucketName>, error: &S3Error) {
        self.counts.errors += 1;
        let bucket = bucket.map(BucketName::as_str);
        tracing::warn!(bucket, %error, cause = error.cause(), "lifecycle rules were not carried out");
    }

    async fn bucket(&mut self, name: &BucketName) -> Result<(), S3Error> {
        let Some(bucket) = self.store.vault.bucket(name).await? else { return Ok(()) };
        let mut walk = Walk::new(self.store, bucket, self.clock, Place::Versions(None));
        while let Some(page) = walk.next().await? {
            match page {
                Page::Versions(judged) => self.remove(judged).await?,
                Page::Uploads(uploads) => {
                    for upload in uploads {
                        self.abort(&upload).await?;
                    }
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn remove(&mut self, judged: Vec<Judged>) -> Result<(), S3Error> {
        let expired: Vec<_> = judged
            .into_iter()
            .filter_map(|judged| match judged {
                Judged::Removal(expired) => Some(expired),
                // Grantry keeps all classes alike.
                Judged::Transition { .. } => None,
            })
            .collect();
        for batch in expired.chunks(BATCH_MAX) {
            let now = (self.store.settings.clock)();
            let outcomes = self.store.vault.expire(batch, now).await?;
            for (version, outcome) in batch.iter().zip(outcomes) {
                match outcome {
                    Ok(Some(outcome)) => self.removed(version, &outcome, now),
                    Ok(None) => self.counts.kept += 1,
                    Err(error) => self.failed(Some(&version.bucket().record.name), &error),
                }
            }
        }
        Ok(())
    }

    fn removed(&mut self, version: &ExpiredVersion, outcome: &DeleteOutcome, now: Timestamp) {
        let counts = &mut self.counts;
        let (counter, operation) = match (outcome, version.removal()) {
            (DeleteOutcome::Nothing, _) => return,
            (DeleteOutcome::Marked { .. }, _) => (&mut counts.markers_added, EXPIRED_MARKER),
            (_, Removal::Expire) => (&mut counts.objects_expired, EXPIRED_OBJECT),
            (_, Removal::Noncurrent) => (&mut counts.noncurrent_removed, EXPIRED_OBJECT),
            (_, Removal::Marker) => (&mut counts.markers_removed, EXPIRED_OBJECT),
        };
        *counter += 1;
        let size = match &version.entry().content {
            ListedVersion::Object(object) => Some(object.size_bytes),
            ListedVersion::DeleteMarker(_) => None,
        };
        let (bucket, key) = (version.bucket(), version.key());
        let rule = &version.reason().rule;
        tracing::debug!(bucket = %bucket.record.name, %key, ?outcome, rule, "expired");
        self.log(bucket, operation, key, version.version(), size, now);
    }

    async fn abort(&mut self, upload: &StaleUpload) -> Result<(), S3Error> {
        let now = (self.store.settings.clock)();
        if !self.store.vault.end_upload(upload, now).await? {
            self.counts.kept += 1;
            return Ok(());
        }
        self.counts.uploads_aborted += 1;
        let (bucket, key) = (upload.bucket(), upload.key());
        let rule = &upload.reason().rule;
        tracing::debug!(bucket = %bucket.record.name, %key, upload = %upload.id(), rule, "aborted");
        self.log(bucket, ABORTED_UPLOAD, key, None, None, now);
        Ok(())
    }

    /// The record in the access log of the bucket. AWS: "S3 Lifecycle and logging".
    fn log(
        &self,
        bucket: &Arc<BucketState>,
        operation: &str,
        key: &ObjectKey,
        version: Option<&VersionId>,
        object_size_bytes: Option<u64>,
        time: Timestamp,
    ) {
        let Some(logged) = LoggedBucket::of(bucket) else { return };
        let request_id = identity::generate::request_id().unwrap_or_default();
        let host_id = ["grantry/", &request_id].concat();
        let record = AccessLogRecord {
            bucket_owner: logged.owner().as_str(),
            bucket: logged.name(),
            time,
            requester: Some("AmazonS3"),
            request_id: &request_id,
            operation,
            key: Some(key.as_str()),
            object_size_bytes,
            version_id: version.map(VersionId::as_str),
            host_id: &host_id,
            source_region: self.store.settings.log_source_region.then_some("-"),
            ..AccessLogRecord::default()
        };
        logged.add(self.store, &record);
    }
}
