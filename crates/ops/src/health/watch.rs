//! What `grantry watch` left in its textfile: how each check went, in numbers. It knows applications that
//! this server does not, so the server only reads what the watch publishes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use model::limits::WATCH_TEXTFILE_BYTES_MAX;
use serde::Serialize;

const PREFIX: &str = "grantry_watch_";

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchReport {
    /// The name of the file without its ending.
    pub name: String,
    /// When it was written, in milliseconds since 1970.
    pub written_millis: Option<i64>,
    /// Why it says nothing.
    pub problem: Option<String>,
    /// Its checks, by name.
    pub checks: Vec<WatchedCheck>,
    /// The steps of the upload check.
    pub steps: Vec<WatchedStep>,
    /// Notices that nobody was told yet.
    pub undelivered_notices: u64,
}

/// A check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedCheck {
    /// Its name.
    pub check: String,
    /// `ok`, `warning`, `failing` or `unknown`.
    pub level: &'static str,
    /// When it last ran, in milliseconds since 1970.
    pub last_run_millis: Option<i64>,
    /// When it was last well.
    pub last_success_millis: Option<i64>,
    /// What it counted, by state.
    pub counts: BTreeMap<String, u64>,
}

/// A step of the upload check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedStep {
    /// Its name.
    pub step: String,
    /// Whether it did what it should.
    pub is_ok: bool,
    /// How long it took.
    pub took_millis: Option<i64>,
}

/// What a file says. One that cannot be read says why; the operating system's words name no path.
pub(super) fn report(file: &Path) -> WatchReport {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match read(file) {
        Ok((text, written_millis)) => WatchReport { name, written_millis, ..read_textfile(&text) },
        Err(error) => {
            WatchReport { name, problem: Some(error.to_string()), ..WatchReport::default() }
        }
    }
}

fn read(file: &Path) -> io::Result<(String, Option<i64>)> {
    // A pipe would be waited for.
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let opened = File::open(file)?;
    let written = opened.metadata()?.modified()?.duration_since(UNIX_EPOCH).ok();
    let written_millis = written.and_then(|age| i64::try_from(age.as_millis()).ok());
    let mut text = String::new();
    opened.take(WATCH_TEXTFILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok((text, written_millis))
}

/// What the text of a file says. Families of others, which may share the file, are passed over.
pub fn read_textfile(text: &str) -> WatchReport {
    let mut checks: BTreeMap<String, WatchedCheck> = BTreeMap::new();
    let mut steps: BTreeMap<String, WatchedStep> = BTreeMap::new();
    let mut report = WatchReport::default();
    for Sample { name, mut labels, value } in text.lines().filter_map(sample) {
        let (check, step) = (labels.remove("check"), labels.remove("step"));
        if let Some(check) = check {
            let known = checks.entry(check).or_default();
            match name {
                "level" => known.level = level(value),
                "last_run_timestamp_seconds" => known.last_run_millis = millis(value),
                "last_success_timestamp_seconds" => known.last_success_millis = millis(value),
                "objects" => {
                    known.counts.insert(labels.remove("state").unwrap_or_default(), whole(value));
                }
                _ => {}
            }
        } else if let Some(step) = step {
            let known = steps.entry(step).or_default();
            match name {
                "step_up" => known.is_ok = value >= 1.0,
                "step_seconds" => known.took_millis = millis(value),
                _ => {}
            }
        } else if name == "undelivered_notices" {
            report.undelivered_notices = whole(value);
        }
    }
    // What was counted by a check of which nothing else is known says nothing.
    checks.retain(|_, check| !check.level.is_empty());
    report.checks =
        checks.into_iter().map(|(check, known)| WatchedCheck { check, ..known }).collect();
    report.steps = steps.into_iter().map(|(step, known)| WatchedStep { step, ..known }).collect();
    if report.checks.is_empty() {
        report.problem = Some("it has no result of a check".to_owned());
    }
    report
}

struct Sample<'a> {
    name: &'a str,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// A line of the exposition format: `name{label="value",…} number`.
fn sample(line: &str) -> Option<Sample<'_>> {
    let rest = line.strip_prefix(PREFIX)?;
    let end = rest.find(['{', ' '])?;
    let (name, rest) = rest.split_at_checked(end)?;
    let mut labels = BTreeMap::new();
    let number = match rest.strip_prefix('{') {
        None => rest,
        Some(inner) => labels_of(inner, &mut labels)?,
    };
    let value: f64 = number.trim().parse().ok()?;
    value.is_finite().then_some(Sample { name, labels, value })
}

/// Reads labels up to the closing brace; what follows it.
fn labels_of<'a>(mut rest: &'a str, labels: &mut BTreeMap<String, String>) -> Option<&'a str> {
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some(after);
        }
        let (label, quoted) = rest.split_once("=\"")?;
        let (value, after) = unquoted(quoted)?;
        labels.insert(label.to_owned(), value);
        rest = after;
    }
}

/// A value up to its closing quote, and what follows that.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

/// Exit codes of Nagios plugins.
fn level(value: f64) -> &'static str {
    match whole(value) {
        0 => "ok",
        1 => "warning",
        2 => "failing",
        _ => "unknown",
    }
}

fn whole(value: f64) -> u64 {
    millis(value / 1000.0).and_then(|value| u64::try_from(value).ok()).unwrap_or_default()
}

fn millis(seconds: f64) -> Option<i64> {
    let millis = (seconds * 1000.0).round();
    // Up to where a double has every whole number.
    let fits = (0.0..=9_007_199_254_740_991.0).contains(&millis);
    #[expect(clippy::cast_possible_truncation, reason = "it was just seen to fit")]
    let millis = millis as i64;
    fits.then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_watch_publishes_is_read() {
        let text = "# HELP grantry_watch_up Whether\n# TYPE grantry_watch_up gauge\n\
                    grantry_watch_up{check=\"write\"} 0\n\
                    grantry_watch_level{check=\"write\"} 2\n\
                    grantry_watch_level{check=\"pictures\"} 0\n\
                    grantry_watch_last_run_timestamp_seconds{check=\"write\"} 1795295144.007\n\
                    grantry_watch_last_success_timestamp_seconds{check=\"write\"} 1.5\n\
                    grantry_watch_step_up{step=\"put\"} 1\ngrantry_watch_step_seconds{step=\"put\"} 0.25\n\
                    grantry_watch_step_up{step=\"get\"} 0\n\
                    grantry_watch_objects{check=\"pictures\",state=\"a\\\"b}\"} 2\n\
                    grantry_watch_undelivered_notices 3\nnode_load1 0.5\n";
        let report = read_textfile(text);
        let write = WatchedCheck {
            check: "write".to_owned(),
            level: "failing",
            last_run_millis: Some(1_795_295_144_007),
            last_success_millis: Some(1_500),
            counts: BTreeMap::new(),
        };
        let pictures = WatchedCheck {
            check: "pictures".to_owned(),
            level: "ok",
            counts: BTreeMap::from([("a\"b}".to_owned(), 2)]),
            ..WatchedCheck::default()
        };
        let put = WatchedStep { step: "put".to_owned(), is_ok: true, took_millis: Some(250) };
        let get = WatchedStep { step: "get".to_owned(), is_ok: false, took_millis: None };
        assert_eq!(report.checks, [pictures, write]);
        assert_eq!(report.steps, [get, put]);
        assert_eq!((report.undelivered_notices, report.problem), (3, None));
    }

    #[test]
    fn what_is_none_of_it_is_passed_over() {
        for text in [
            "",
            "grantry_watch_level{check=\"write\"",
            "grantry_watch_level{check=\"write} 2",
            "grantry_watch_level{check=\"write\"} much",
            "grantry_watch_level{check=\"write\"} NaN",
            "grantry_watch_level",
            "grantry_watch_objects{check=\"write\",state=\"x\"} 2",
        ] {
            let report = read_textfile(text);
            assert_eq!(report.checks, [], "{text}");
            assert!(report.problem.is_some());
        }
        assert_eq!([whole(-3.0), whole(1e30), whole(2.4)], [0, 0, 2]);
    }

    #[test]
    fn a_file_says_why_it_cannot_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("mastodon.prom");
        let missing = report(&file);
        assert_eq!((missing.name.as_str(), missing.written_millis), ("mastodon", None));
        assert!(missing.problem.is_some_and(|problem| !problem.contains("mastodon")));
        assert!(report(directory.path()).problem.is_some());
        std::fs::write(&file, "grantry_watch_level{check=\"write\"} 1\n").unwrap();
        let read = report(&file);
        assert!(read.problem.is_none() && read.written_millis.is_some());
        assert_eq!(read.checks.first().map(|check| check.level), Some("warning"));
    }
}
