//! What a check found.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckName {
    /// An upload as the application makes it, read back and removed.
    Write,
    /// The avatars and headers of all local accounts.
    Pictures,
    /// The newest local media, and the files of the site itself.
    Media,
    /// Jobs of Sidekiq that failed because of the store.
    Queue,
}

impl CheckName {
    /// All checks, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Write, Self::Pictures, Self::Media, Self::Queue];

    /// Its name on the command line, in metrics and in the state file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Pictures => "pictures",
            Self::Media => "media",
            Self::Queue => "queue",
        }
    }

    /// The check with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.as_str() == name)
    }

    /// What it is about, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Write => "uploads",
            Self::Pictures => "avatars and headers of local accounts",
            Self::Media => "newest media",
            Self::Queue => "failed jobs",
        }
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How good or bad a result is. The order is that of attention: what is unknown may hide a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, but somebody should look.
    Warning,
    /// Could not be found out.
    Unknown,
    /// Does not work.
    Failing,
}

impl Level {
    /// The code with which plugins of Nagios end, and so does `grantry watch`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Failing => 2,
            Self::Unknown => 3,
        }
    }

    /// The word of Nagios.
    pub fn nagios(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Failing => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// One step of a check that took time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// `put`, `head`, `get`, `public-get`, `delete`, `gone`.
    pub name: &'static str,
    /// Whether it did what it should.
    pub is_ok: bool,
    /// How long it took.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub took: Duration,
    /// Request and answer, without secrets.
    pub evidence: String,
}

fn as_seconds<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(took.as_secs_f64())
}

/// What one run of a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckResult {
    /// Which check.
    pub check: CheckName,
    /// How good or bad it is.
    pub level: Level,
    /// One line for people.
    pub summary: String,
    /// More lines; long lists are cut, with the number of what is left out.
    pub details: Vec<String>,
    /// What kind of trouble it is: two results of the same check with the same code are the same trouble,
    /// and are told once.
    pub code: Option<String>,
    /// Its steps in order.
    pub steps: Vec<Step>,
    /// What was counted, by name of the state: `ok`, `missing` …
    pub counts: Vec<(String, u64)>,
}

impl CheckResult {
    /// A result without details.
    pub fn new(check: CheckName, level: Level, summary: impl Into<String>) -> Self {
        Self {
            check,
            level,
            summary: summary.into(),
            details: Vec::new(),
            code: None,
            steps: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// The same with the kind of trouble.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}

/// Names that a list in a notice shows.
pub const LISTED_MAX: usize = 20;

/// The first names, and how many more there are.
pub fn cut_list(names: &[String]) -> String {
    let shown = names.iter().take(LISTED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..23).map(|number| format!("n{number}")).collect();
        assert!(cut_list(&names).ends_with("n19 and 3 more"));
        assert_eq!(cut_list(&names[..2]), "n0, n1");
    }

    #[test]
    fn what_is_unknown_is_no_good_news() {
        assert!(Level::Unknown > Level::Warning && Level::Unknown < Level::Failing);
        let codes = [Level::Ok, Level::Warning, Level::Failing, Level::Unknown];
        assert_eq!(codes.map(Level::exit_code), [0, 1, 2, 3]);
    }
}
