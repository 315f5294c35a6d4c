//! Requests about lifecycle and their answers, as they pass the control socket.
//!
//! The answers are also what `--json` prints: fields may be added, none renamed or removed.

use ops::lifecycle::DryRunPlace;
use serde::{Deserialize, Serialize};

/// What a command wants.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// `lifecycle --dry-run`, a page of it.
    DryRun {
        /// One bucket, or all.
        bucket: Option<String>,
        /// The time that is supposed.
        at_millis: i64,
        /// Where the page begins.
        place: DryRunPlace,
    },
    /// `lifecycle --run-now`
    RunNow {
        /// Whether the clock is believed however far it is ahead of the last run.
        trust_clock: bool,
    },
    /// Whether so many runs have ended.
    Finished {
        /// How many.
        number: u64,
    },
}

/// What a request was answered with.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// To a dry run.
    Page(Page),
    /// A run was asked for.
    Requested {
        /// How many runs have ended when it has.
        number: u64,
    },
    /// The last run, if it has ended.
    Run(Option<Run>),
}

/// A page of a dry run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Page {
    /// What would happen.
    pub(crate) actions: Vec<Action>,
    /// Where the next page begins.
    pub(crate) next: Option<DryRunPlace>,
}

/// One thing that would happen.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the JSON")]
pub(crate) struct Action {
    /// The bucket.
    pub(crate) bucket: String,
    /// The key.
    pub(crate) key: String,
    /// The version; none for uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// The upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upload_id: Option<String>,
    /// What would happen, such as `expire_object`.
    pub(crate) action: String,
    /// Where a transition would go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_class: Option<String>,
    /// Id of the rule.
    pub(crate) rule: String,
    /// Since when it is due, RFC 3339.
    pub(crate) due: String,
    /// Size of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size_bytes: Option<u64>,
}

/// A run that has ended.
#[derive(Serialize, Deserialize)]
pub(crate) struct Run {
    /// When it began, RFC 3339.
    pub(crate) started: String,
    /// When it ended, RFC 3339.
    pub(crate) finished: String,
    /// When the run before began, if the clock was so far ahead of it that nothing was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ahead_of: Option<String>,
    /// What it did.
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

/// What a run did.
#[derive(Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Objects that were removed for good.
    pub(crate) objects_expired: u64,
    /// Delete markers that were put over objects.
    pub(crate) delete_markers_added: u64,
    /// Noncurrent versions that were removed.
    pub(crate) noncurrent_versions_removed: u64,
    /// Delete markers that were removed.
    pub(crate) delete_markers_removed: u64,
    /// Uploads that were ended.
    pub(crate) uploads_aborted: u64,
    /// What was due but stayed.
    pub(crate) kept: u64,
    /// Buckets that could not be gone through.
    pub(crate) errors: u64,
}
