//! What happened hour by hour, in a file that survives restarts and does not grow: statistics, on which
//! no answer of S3 depends.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use authz::{Decision, Rule, Verdict};
use model::limits::{HISTORY_BYTES_MAX, HISTORY_HOURS_MAX};
use model::{S3Error, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::status::{self, StoredUsage};
use crate::store::Store;

const HOUR_SECONDS: i64 = 60 * 60;
/// Time between two looks; what was counted since the last one is lost with the process.
const PAUSE: Duration = Duration::from_mins(5);
/// Age at which the stored amounts are read again for somebody who asks; they cost the number of
/// buckets.
const USAGE_AGE_MAX_MILLIS: i64 = 15_000;
/// The format of the file; another one is not read.
const SCHEMA: u32 = 1;

/// One hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hour {
    /// When it began, in seconds since 1970.
    pub start_seconds: i64,
    /// Requests of S3 that were allowed.
    pub allowed: u64,
    /// Requests of S3 that were refused, by the rule that decided, with the rule's place in the
    /// specification.
    pub refused: BTreeMap<String, u64>,
    /// Buckets, when they were last counted in this hour.
    pub buckets: u64,
    /// Object versions and delete markers.
    pub objects: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: u32,
    hours: VecDeque<Hour>,
}

/// What is counted now, and the hours before.
pub(crate) struct History {
    file: PathBuf,
    allowed: AtomicU64,
    /// In the order of the rules.
    refused: Vec<AtomicU64>,
    hours: Mutex<Hours>,
}

#[derive(Default)]
struct Hours {
    all: VecDeque<Hour>,
    /// When the stored amounts were last read.
    usage_read: Option<Timestamp>,
}

/// What was counted since the last look.
#[derive(Default)]
struct Counted {
    allowed: u64,
    refused: BTreeMap<String, u64>,
}

impl History {
    /// The history of a store in a directory. A file that cannot be read is kept under another name.
    pub(crate) fn open(data_directory: &Path) -> Self {
        let file = data_directory.join("history");
        let all = read(&file).unwrap_or_else(|error| {
            let aside = file.with_extension("unreadable");
            tracing::warn!(%error, aside = %aside.display(), "the history cannot be read and begins anew");
            if let Err(error) = std::fs::rename(&file, &aside) {
                tracing::warn!(%error, "it could not be put aside");
            }
            VecDeque::new()
        });
        let refused = Rule::ALL.iter().map(|_| AtomicU64::new(0)).collect();
        let hours = Mutex::new(Hours { all, usage_read: None });
        Self { file, allowed: AtomicU64::new(0), refused, hours }
    }

    /// Counts a decision about a request.
    pub(crate) fn count(&self, decision: &Decision) {
        let counter = match decision.verdict {
            Verdict::Allow => Some(&self.allowed),
            Verdict::Refuse(_) => decision.trace.deciding().and_then(|step| {
                let at = Rule::ALL.iter().position(|rule| *rule == step.rule)?;
                self.refused.get(at)
            }),
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn take(&self) -> Counted {
        let refused = Rule::ALL.iter().zip(&self.refused).filter_map(|(rule, counter)| {
            let count = counter.swap(0, Ordering::Relaxed);
            (count > 0).then(|| (format!("{} ({})", rule.name(), rule.id()), count))
        });
        Counted { refused: refused.collect(), allowed: self.allowed.swap(0, Ordering::Relaxed) }
    }
}

impl Hours {
    fn add(&mut self, now: Timestamp, counted: Counted, usage: Option<StoredUsage>) {
        let start_seconds = now.unix_seconds().div_euclid(HOUR_SECONDS) * HOUR_SECONDS;
        // What lies ahead was noted by a clock that went wrong, and would stay for ever.
        while self.all.back().is_some_and(|hour| hour.start_seconds > start_seconds) {
            self.all.pop_back();
        }
        if self.all.back().is_none_or(|hour| hour.start_seconds < start_seconds) {
            let before = self.all.back().cloned().unwrap_or_default();
            let fresh = Hour { start_seconds, allowed: 0, refused: BTreeMap::new(), ..before };
            self.all.push_back(fresh);
        }
        let oldest = start_seconds - HISTORY_HOURS_MAX * HOUR_SECONDS;
        while self.all.front().is_some_and(|hour| hour.start_seconds <= oldest) {
            self.all.pop_front();
        }
        let Some(hour) = self.all.back_mut() else { return };
        hour.allowed += counted.allowed;
        for (rule, count) in counted.refused {
            *hour.refused.entry(rule).or_default() += count;
        }
        if let Some(StoredUsage { buckets, objects, bytes }) = usage {
            (hour.buckets, hour.objects, hour.bytes) = (buckets, objects, bytes);
        }
    }

    fn usage_is_old(&self, now: Timestamp, age_max_millis: i64) -> bool {
        let age = |read: Timestamp| now.unix_millis.saturating_sub(read.unix_millis);
        self.usage_read.is_none_or(|read| !(0..age_max_millis).contains(&age(read)))
    }
}

/// The hours up to now, for somebody who asks. Errors: those of the metadata.
pub(super) async fn look(store: &Store, now: Timestamp) -> Result<Vec<Hour>, S3Error> {
    up_to(store, now, USAGE_AGE_MAX_MILLIS).await
}

async fn up_to(
    store: &Store,
    now: Timestamp,
    usage_age_max_millis: i64,
) -> Result<Vec<Hour>, S3Error> {
    let mut hours = store.history.hours.lock().await;
    let usage = if hours.usage_is_old(now, usage_age_max_millis) {
        Some(status::usage(store).await?)
    } else {
        None
    };
    if usage.is_some() {
        hours.usage_read = Some(now);
    }
    hours.add(now, store.history.take(), usage);
    Ok(hours.all.iter().cloned().collect())
}

/// Writes the history down from time to time, until `stop` ends, and once more then.
pub(crate) async fn run(store: &Store, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return note(store).await,
            () = tokio::time::sleep(PAUSE) => note(store).await,
        }
    }
}

async fn note(store: &Store) {
    let hours = match up_to(store, (store.settings.clock)(), 0).await {
        Ok(hours) => hours,
        Err(error) => {
            tracing::warn!(%error, cause = error.cause(), "cannot read how much is stored");
            return;
        }
    };
    let file = store.history.file.clone();
    let written = tokio::task::spawn_blocking(move || write(&file, hours)).await;
    if let Ok(Err(error)) = written {
        tracing::warn!(%error, file = %store.history.file.display(), "cannot note the history");
    }
}

fn read(file: &Path) -> io::Result<VecDeque<Hour>> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(VecDeque::new()),
        opened => opened?,
    };
    let mut text = String::new();
    opened.take(HISTORY_BYTES_MAX).read_to_string(&mut text)?;
    let document: Document = serde_json::from_str(&text)?;
    if document.schema != SCHEMA {
        return Err(io::Error::other(format!("it has format {}", document.schema)));
    }
    Ok(document.hours)
}

/// Replaces the file as a whole.
fn write(file: &Path, hours: Vec<Hour>) -> io::Result<()> {
    let text = serde_json::to_vec(&Document { schema: SCHEMA, hours: hours.into() })?;
    let fresh = file.with_extension("new");
    let mut options = OpenOptions::new();
    let mut opened = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    opened.write_all(&text)?;
    opened.sync_all()?;
    std::fs::rename(&fresh, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(allowed: u64, refused: &[(&str, u64)]) -> Counted {
        let refused = refused.iter().map(|(rule, count)| ((*rule).to_owned(), *count));
        Counted { allowed, refused: refused.collect() }
    }

    fn at(hour: i64, minute: i64) -> Timestamp {
        Timestamp::from_unix_seconds(hour * HOUR_SECONDS + minute * 60)
    }

    fn starts(hours: &Hours) -> Vec<i64> {
        hours.all.iter().map(|hour| hour.start_seconds / HOUR_SECONDS).collect()
    }

    #[test]
    fn looks_of_one_hour_are_added_up() {
        let usage = StoredUsage { buckets: 1, objects: 2, bytes: 30 };
        let mut hours = Hours::default();
        hours.add(at(5, 1), counted(2, &[("a", 1)]), Some(usage));
        hours.add(at(5, 59), counted(3, &[("a", 1), ("b", 4)]), None);
        hours.add(at(6, 0), counted(1, &[]), None);
        let refused = BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 4)]);
        let (buckets, objects, bytes) = (1, 2, 30);
        let first =
            Hour { start_seconds: 5 * HOUR_SECONDS, allowed: 5, refused, buckets, objects, bytes };
        let second = Hour {
            start_seconds: 6 * HOUR_SECONDS,
            allowed: 1,
            refused: BTreeMap::new(),
            buckets,
            objects,
            bytes,
        };
        assert_eq!(hours.all, [first, second]);
    }

    #[test]
    fn old_hours_go_and_so_do_those_of_a_clock_that_went_wrong() {
        let mut hours = Hours::default();
        for hour in 0..HISTORY_HOURS_MAX + 10 {
            hours.add(at(hour, 0), Counted::default(), None);
        }
        assert_eq!(starts(&hours), (10..HISTORY_HOURS_MAX + 10).collect::<Vec<_>>());
        hours.add(at(1_000_000, 0), Counted::default(), None);
        assert_eq!(starts(&hours), [1_000_000]);
        hours.add(at(20, 0), Counted::default(), None);
        assert_eq!(starts(&hours), [20]);
    }

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_put_aside() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("history");
        let mut hours = Hours::default();
        hours.add(at(7, 0), counted(1, &[("a \"rule\"", 2)]), None);
        write(&file, hours.all.iter().cloned().collect()).unwrap();
        let opened = History::open(directory.path());
        assert_eq!(opened.hours.into_inner().all, hours.all);
        std::fs::write(&file, "{\"schema\":99,\"hours\":[]}").unwrap();
        assert!(History::open(directory.path()).hours.into_inner().all.is_empty());
        assert!(directory.path().join("history.unreadable").exists() && !file.exists());
    }

    #[test]
    fn stored_amounts_are_read_again_when_they_are_old() {
        let hours = |read| Hours {
            usage_read: Some(Timestamp::from_unix_millis(read)),
            ..Hours::default()
        };
        let now = Timestamp::from_unix_millis(100_000);
        assert!(Hours::default().usage_is_old(now, 15));
        assert!(!hours(99_986).usage_is_old(now, 15));
        assert!(hours(99_985).usage_is_old(now, 15));
        assert!(hours(100_001).usage_is_old(now, 15));
        assert!(hours(100_000).usage_is_old(now, 0));
    }
}
