//! What a run did.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use super::progress::duration;

/// Failures that are named.
const FAILURES_MAX: usize = 20;

/// What was done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Applied {
    /// Files brought back from behind delete markers.
    pub undeleted: u64,
    /// Files copied from elsewhere.
    pub restored: u64,
    /// Files that were there again without us.
    pub came_back: u64,
    /// References emptied.
    pub cleared: u64,
    /// Jobs given.
    pub jobs: u64,
    /// Rows that somebody changed since the scan.
    pub changed: u64,
    /// Files for which one run may give no more jobs.
    pub left: u64,
    /// Files for which nothing can be done from here.
    pub lost: u64,
    /// What failed; not all of it.
    pub failures: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// How many failed.
    pub failed: u64,
    /// What became of the first jobs.
    pub canary: Option<String>,
    /// When the last job is due, in seconds from now.
    pub last_job_seconds: u64,
    /// What was emptied.
    pub journal: Option<PathBuf>,
}

impl Applied {
    /// Whether nothing is in trouble any more, as far as jobs do what they are for.
    pub fn is_complete(&self) -> bool {
        self.failed == 0 && self.lost == 0 && self.left == 0
    }

    /// Notes a failure.
    pub(super) fn fail(&mut self, why: String) {
        self.failed += 1;
        if self.failures.len() < FAILURES_MAX {
            self.failures.push(why);
        }
    }

    /// The text for terminals.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (count, words) in [
            (self.undeleted, "files brought back from behind delete markers"),
            (self.restored, "files copied from elsewhere"),
            (self.came_back, "files that were there again by themselves"),
            (self.cleared, "references emptied"),
            (self.jobs, "jobs given to Sidekiq"),
            (self.changed, "rows that somebody else changed meanwhile, left alone"),
            (self.left, "more than one run takes; run it again for them"),
            (self.lost, "lost or left alone, as said above"),
        ] {
            if count > 0 {
                _ = writeln!(text, "{count} {words}");
            }
        }
        if let Some(canary) = &self.canary {
            _ = writeln!(text, "{canary}");
        }
        if self.last_job_seconds > 0 {
            _ = writeln!(text, "the last job is due in {}", duration(self.last_job_seconds));
        }
        for note in &self.notes {
            _ = writeln!(text, "note: {note}");
        }
        for failure in &self.failures {
            _ = writeln!(text, "failed: {failure}");
        }
        if let Some(journal) = &self.journal {
            _ = writeln!(text, "what was emptied is in {}; --undo puts it back", journal.display());
        }
        text
    }
}
