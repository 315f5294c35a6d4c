//! What `grantry check` prints: a line for each finding, and one at the end.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use ops::check::{Finding, Progress, Repair, Summary, Watcher};
use serde::Serialize;

use crate::failure::Failure;
use crate::output;

/// Pause between two lines about the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// Prints findings to standard output and progress to a terminal on standard error.
pub(super) struct Printer {
    json: bool,
    /// When progress was last shown; `None` if nobody watches.
    shown: Option<Instant>,
    /// The first failure to print.
    failure: Option<Failure>,
}

/// A finding as JSON. The names are a promise: fields may be added, none renamed or removed.
#[derive(Serialize)]
struct FindingJson<'a> {
    kind: &'a str,
    bucket: Option<&'a str>,
    key: Option<&'a str>,
    version: Option<&'a str>,
    upload: Option<&'a str>,
    part: Option<u16>,
    blob: Option<String>,
    row: Option<&'a str>,
    meaning: &'a str,
    /// `done`, `not-proved` or `failed`; absent if nothing was tried.
    repair: Option<&'a str>,
}

/// The last line, under a name of its own so that it is no finding.
#[derive(Serialize)]
struct SummaryJson {
    summary: Counts,
}

#[derive(Serialize)]
struct Counts {
    rows: u64,
    blobs: u64,
    body_bytes: u64,
    inconsistencies: u64,
    repaired: u64,
}

impl Printer {
    pub(super) fn new(json: bool) -> Self {
        Self { json, shown: io::stderr().is_terminal().then(Instant::now), failure: None }
    }

    /// Prints the last line, or says that a line could not be printed.
    pub(super) fn summary(mut self, summary: Summary) -> Result<(), Failure> {
        let line = if self.json { json_summary(summary) } else { text_summary(summary) };
        self.print(&line);
        self.failure.map_or(Ok(()), Err)
    }

    /// Makes room on the terminal for what comes next.
    pub(super) fn end_progress(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }

    fn print(&mut self, line: &str) {
        if let Err(failure) = output::print(line) {
            self.failure.get_or_insert(failure);
        }
    }
}

impl Watcher for Printer {
    fn found(&mut self, finding: Finding) {
        self.end_progress();
        let line = if self.json { json_line(&finding) } else { text_line(&finding) };
        self.print(&line);
    }

    fn progress(&mut self, progress: Progress) {
        let Some(shown) = &mut self.shown else { return };
        if shown.elapsed() < PROGRESS_INTERVAL {
            return;
        }
        *shown = Instant::now();
        let Progress { rows, blobs, body_bytes } = progress;
        let mebibytes = body_bytes / (1 << 20);
        let mut terminal = io::stderr().lock();
        // If it fails, nobody watches.
        let _ = write!(terminal, "\r\x1b[K{rows} rows, {mebibytes} MiB of bodies, {blobs} blobs");
        let _ = terminal.flush();
    }
}

fn text_line(finding: &Finding) -> String {
    // Keys may hold anything, such as the end of a line.
    let quoted = |text: &String| format!("\"{}\"", text.escape_debug());
    let places = [
        ("bucket", finding.bucket.clone()),
        ("key", finding.key.as_ref().map(quoted)),
        ("version", finding.version.clone()),
        ("upload", finding.upload.clone()),
        ("part", finding.part.map(|number| number.to_string())),
        ("blob", finding.blob.map(|blob| blob.to_string())),
        ("row", finding.row.as_ref().map(quoted)),
    ];
    let words: Vec<String> = places
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!(" {name} {value}")))
        .collect();
    let meaning = finding.meaning.replace(char::is_control, " ");
    let repair = match &finding.repair {
        Repair::None => String::new(),
        Repair::Done(done) => format!(" [repaired: {done}]"),
        Repair::NotProved => {
            " [left as it is: other damage could hide the record that would prove it right]".into()
        }
        Repair::Failed(error) => format!(" [not repaired: {error}]"),
    };
    format!("{}{}: {meaning}{repair}\n", finding.kind.as_str(), words.concat())
}

fn json_line(finding: &Finding) -> String {
    to_line(&FindingJson {
        kind: finding.kind.as_str(),
        bucket: finding.bucket.as_deref(),
        key: finding.key.as_deref(),
        version: finding.version.as_deref(),
        upload: finding.upload.as_deref(),
        part: finding.part,
        blob: finding.blob.map(|blob| blob.to_string()),
        row: finding.row.as_deref(),
        meaning: &finding.meaning,
        repair: match finding.repair {
            Repair::None => None,
            Repair::Done(_) => Some("done"),
            Repair::NotProved => Some("not-proved"),
            Repair::Failed(_) => Some("failed"),
        },
    })
}

fn text_summary(summary: Summary) -> String {
    let Progress { rows, blobs, body_bytes } = summary.progress;
    let looked_at = format!("{rows} rows, {blobs} blobs, {body_bytes} bytes of bodies");
    match (summary.findings, summary.repaired) {
        (0, _) => format!("no inconsistency in {looked_at}\n"),
        (found, 0) => format!("inconsistencies: {found}, in {looked_at}\n"),
        (found, repaired) => {
            format!("inconsistencies: {found}, repaired: {repaired}, in {looked_at}\n")
        }
    }
}

fn json_summary(summary: Summary) -> String {
    let Progress { rows, blobs, body_bytes } = summary.progress;
    let (inconsistencies, repaired) = (summary.findings, summary.repaired);
    to_line(&SummaryJson { summary: Counts { rows, blobs, body_bytes, inconsistencies, repaired } })
}

fn to_line(value: &impl Serialize) -> String {
    // Texts and numbers always become JSON.
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    line
}
