//! What lifecycle rules do: the worker that carries them out, the dry run that only tells, and what
//! answers say of a coming expiration.
//!
//! The worker acts for the bucket owner, whose rules are its order. No request asks for it, so the
//! gate does not decide; in its place stands [`judge`], the only maker of what the vault removes for
//! lifecycle. Everything else is as with requests: one door, durable commits, Object Lock.

mod dry_run;
mod expiry;
mod judge;
mod last_run;
mod schedule;
mod status;
mod walk;
mod worker;

pub use self::dry_run::{DryRunPage, DryRunPlace, PlannedAction, PlannedKind, dry_run};
pub use self::expiry::LifecycleNote;
pub(crate) use self::expiry::{note_abort, note_expiration, note_expiration_of};
pub(crate) use self::judge::{ExpiredVersion, StaleUpload};
pub(crate) use self::status::Lifecycle;
pub use self::status::{
    ClockTrust, LifecycleCounts, LifecycleStatus, RunReport, request_run, status,
};
pub(crate) use self::worker::run;
pub use self::worker::run_here;

use model::Timestamp;
use model::lifecycle::LifecycleDay;

/// The time by which rules are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LifecycleClock {
    /// Now, or the moment that a dry run supposes.
    pub(crate) now: Timestamp,
    /// How long days are.
    pub(crate) day: LifecycleDay,
}
