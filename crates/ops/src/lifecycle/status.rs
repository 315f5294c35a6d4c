//! What the worker believes and has done, for the metrics, the log and the operator.

use std::path::{Path, PathBuf};

use model::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::last_run;
use super::schedule::is_ahead;
use crate::store::Store;

/// What was done since the start, or in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifecycleCounts {
    /// Objects that were removed for good from buckets without versions.
    pub objects_expired: u64,
    /// Delete markers that were put over expired objects.
    pub markers_added: u64,
    /// Noncurrent versions that were removed.
    pub noncurrent_removed: u64,
    /// Delete markers that hid nothing and were removed.
    pub markers_removed: u64,
    /// Uploads that were ended.
    pub uploads_aborted: u64,
    /// What was due but stayed: locked, or changed in the meantime.
    pub kept: u64,
    /// Buckets that could not be gone through to the end.
    pub errors: u64,
}

impl LifecycleCounts {
    fn add(&mut self, other: Self) {
        self.objects_expired += other.objects_expired;
        self.markers_added += other.markers_added;
        self.noncurrent_removed += other.noncurrent_removed;
        self.markers_removed += other.markers_removed;
        self.uploads_aborted += other.uploads_aborted;
        self.kept += other.kept;
        self.errors += other.errors;
    }
}

/// A finished run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// When it began; rules were judged by this moment.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// What it did.
    pub counts: LifecycleCounts,
    /// The run before, if the clock was so far ahead of it that nothing was done.
    pub ahead_of: Option<Timestamp>,
}

/// Whether a run believes a clock that is far ahead of the run before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockTrust {
    /// Not further than the settings allow.
    Limited,
    /// Whatever it says: the operator has looked at it.
    Full,
}

/// What the worker believes and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifecycleStatus {
    /// What it takes for the time.
    pub clock: Timestamp,
    /// When the next run begins; none before the worker has started.
    pub next_run: Option<Timestamp>,
    /// When the last run began, also of an earlier process.
    pub last_started: Option<Timestamp>,
    /// Whether the clock is so far ahead of it that nothing is removed.
    pub is_ahead: bool,
    /// Runs that were begun since the start.
    pub runs_started: u64,
    /// Runs that have ended since the start.
    pub runs_finished: u64,
    /// The last of them.
    pub last_run: Option<RunReport>,
    /// What was done since the start.
    pub total: LifecycleCounts,
}

/// The worker's state.
pub(crate) struct Lifecycle {
    file: PathBuf,
    status: Mutex<LifecycleStatus>,
    pub(super) requested: Notify,
    trust: Mutex<ClockTrust>,
}

impl Lifecycle {
    /// The state of a store in a directory.
    pub(crate) fn open(data_directory: &Path) -> Self {
        let file = data_directory.join("lifecycle");
        let last_started = last_run::read(&file);
        let status = Mutex::new(LifecycleStatus { last_started, ..LifecycleStatus::default() });
        Self { file, status, requested: Notify::new(), trust: Mutex::new(ClockTrust::Limited) }
    }

    pub(super) fn last_started(&self) -> Option<Timestamp> {
        self.status.lock().last_started
    }

    pub(super) fn set_next(&self, next: Timestamp) {
        self.status.lock().next_run = Some(next);
    }

    pub(super) fn begun(&self) {
        self.status.lock().runs_started += 1;
    }

    /// How much the clock is to be believed by the run that was asked for.
    pub(super) fn take_trust(&self) -> ClockTrust {
        std::mem::replace(&mut *self.trust.lock(), ClockTrust::Limited)
    }

    /// Notes a run that did not believe the clock.
    pub(super) fn refused(&self, report: RunReport) {
        let mut status = self.status.lock();
        status.runs_finished += 1;
        status.last_run = Some(report);
    }

    /// Notes a run that went through, and writes down when it began.
    pub(super) fn ended(&self, report: RunReport) {
        if let Err(error) = last_run::write(&self.file, report.started) {
            tracing::warn!(%error, file = %self.file.display(), "cannot note when lifecycle ran");
        }
        let mut status = self.status.lock();
        status.last_started = Some(report.started);
        status.runs_finished += 1;
        status.last_run = Some(report);
        status.total.add(report.counts);
    }
}

/// What the worker believes and has done.
pub fn status(store: &Store) -> LifecycleStatus {
    let clock = (store.settings.clock)();
    let status = *store.lifecycle.status.lock();
    let ahead_max = store.settings.lifecycle.clock_ahead_max;
    LifecycleStatus { clock, is_ahead: is_ahead(status.last_started, clock, ahead_max), ..status }
}

/// Has the worker run as soon as it can, and says how many runs have ended when that one has.
pub fn request_run(store: &Store, trust: ClockTrust) -> u64 {
    let number = store.lifecycle.status.lock().runs_started + 1;
    if trust == ClockTrust::Full {
        *store.lifecycle.trust.lock() = trust;
    }
    store.lifecycle.requested.notify_one();
    number
}
