//! The writer: one thread that takes what requests left and appends it to files.
//!
//! A request leaves its records in memory and goes on. When the thread cannot follow, records are
//! dropped and counted. Refusals and permissions have files of their own, so that many permitted
//! requests do not drive the refusals out, about which somebody may ask.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions, read_dir, remove_file};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use authz::Switches;
use model::Timestamp;
use model::limits::{DECISION_FILE_BYTES, DECISION_QUEUE_BYTES_MAX};
use parking_lot::{Condvar, Mutex};

use super::decided::{Conclusion, Decided};
use super::frame::{self, Kind, MAGIC};
use super::outcome::Outcome;
use super::snapshot::Snapshot;
use super::steps::Dictionary;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
/// How long records gather before they are written.
const GATHERING: Duration = Duration::from_millis(100);
/// Bytes that do not wait so long.
const URGENT_BYTES: usize = DECISION_QUEUE_BYTES_MAX / 4;
/// How often an idle log looks for what is too old.
const PRUNING: Duration = Duration::from_hours(1);
/// Longest time that one file spans, and what is added to its age before it is removed.
const FILE_SPAN_MILLIS: i64 = DAY_MILLIS;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Why the decision log cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("decision log: {}: {error}", path.display())]
pub struct DecisionLogError {
    path: PathBuf,
    error: io::Error,
}

/// Which decisions are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// All of them.
    All,
    /// Refusals, and requests that failed before a decision.
    Refusals,
    /// None.
    #[default]
    Nothing,
}

impl Kept {
    /// Whether a decision with this outcome is kept.
    pub fn keeps(self, outcome: Outcome) -> bool {
        match self {
            Self::All => true,
            Self::Refusals => outcome != Outcome::Allowed,
            Self::Nothing => false,
        }
    }
}

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionLogOptions {
    /// Which decisions.
    pub kept: Kept,
    /// For how many days at most.
    pub days: u32,
    /// How many bytes at most.
    pub bytes: u64,
}

/// What became of records since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionLogCounts {
    /// Written.
    pub written: u64,
    /// Not written, because the disk could not follow or did not take them.
    pub dropped: u64,
}

/// A record that waits.
struct Waiting {
    bytes: Vec<u8>,
    outcome: Outcome,
    caller: Option<Arc<Snapshot>>,
    bucket: Option<Arc<Snapshot>>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    bytes: usize,
    flushes_asked: u64,
    flushes_done: u64,
    ends: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    flushed: Condvar,
    written: AtomicU64,
    dropped: AtomicU64,
}

/// An open decision log.
pub struct DecisionLog {
    directory: PathBuf,
    kept: Kept,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl DecisionLog {
    /// Opens the log in `directory`, which is created if need be. A log that keeps nothing writes
    /// nothing, but what an earlier one kept can be read.
    pub fn open(
        directory: &Path,
        options: DecisionLogOptions,
        switches: &Switches,
        clock: fn() -> Timestamp,
    ) -> Result<Self, DecisionLogError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(DIRECTORY_MODE).create(directory).map_err(at(directory))?;
        let shared = Arc::new(Shared::default());
        let writer = Writer {
            directory: directory.to_owned(),
            options,
            dictionary: Dictionary::write(switches),
            clock,
            shared: Arc::clone(&shared),
            refused: Stream::new(REFUSED, directory)?,
            allowed: Stream::new(ALLOWED, directory)?,
        };
        let thread = std::thread::Builder::new()
            .name("decision-log".into())
            .spawn(move || writer.run())
            .map_err(at(directory))?;
        Ok(Self {
            directory: directory.to_owned(),
            kept: options.kept,
            shared,
            thread: Some(thread),
        })
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Which decisions are kept.
    pub fn kept(&self) -> Kept {
        self.kept
    }

    /// Whether anything is kept.
    pub fn keeps_anything(&self) -> bool {
        self.kept != Kept::Nothing
    }

    /// Adds the decisions of a request; never waits for the disk.
    pub fn add(&self, conclusion: &Conclusion<'_>, decisions: Vec<Decided>) {
        for (sequence, decided) in (0..).zip(decisions) {
            if self.kept.keeps(decided.outcome) {
                let bytes = conclusion.finish(sequence, &decided);
                let Decided { outcome, caller, bucket, .. } = decided;
                self.push(Waiting { bytes, outcome, caller, bucket });
            }
        }
    }

    fn push(&self, record: Waiting) {
        let mut queue = self.shared.queue.lock();
        if queue.bytes + record.bytes.len() > DECISION_QUEUE_BYTES_MAX {
            drop(queue);
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let before = queue.bytes;
        queue.bytes += record.bytes.len();
        let wakes = before == 0 || (before < URGENT_BYTES && queue.bytes >= URGENT_BYTES);
        queue.waiting.push(record);
        drop(queue);
        if wakes {
            self.shared.wake.notify_one();
        }
    }

    /// Waits until everything that was added stands in the files.
    pub fn flush(&self) {
        let mut queue = self.shared.queue.lock();
        queue.flushes_asked += 1;
        let asked = queue.flushes_asked;
        self.shared.wake.notify_one();
        while queue.flushes_done < asked && !queue.ends {
            self.shared.flushed.wait(&mut queue);
        }
    }

    /// The numbers, for the metrics.
    pub fn counts(&self) -> DecisionLogCounts {
        DecisionLogCounts {
            written: self.shared.written.load(Ordering::Relaxed),
            dropped: self.shared.dropped.load(Ordering::Relaxed),
        }
    }
}

/// Waits until everything that was added is in the files.
impl Drop for DecisionLog {
    fn drop(&mut self) {
        self.shared.queue.lock().ends = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the decision log ended with a panic");
        }
    }
}

pub(super) const REFUSED: &str = "refused-";
pub(super) const ALLOWED: &str = "allowed-";

/// A file of the log.
#[derive(Clone, Debug)]
pub(super) struct LogFile {
    pub(super) path: PathBuf,
    pub(super) stream: &'static str,
    pub(super) started_millis: i64,
    pub(super) bytes: u64,
}

/// The files of a directory, oldest first.
pub(super) fn files(directory: &Path) -> Result<Vec<LogFile>, DecisionLogError> {
    let mut files = Vec::new();
    for entry in read_dir(directory).map_err(at(directory))? {
        let entry = entry.map_err(at(directory))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let stream = [REFUSED, ALLOWED].into_iter().find(|stream| name.starts_with(stream));
        let Some(stream) = stream else { continue };
        let started = name.strip_prefix(stream).and_then(|digits| digits.parse().ok());
        // One that is gone meanwhile was too old.
        if let (Some(started_millis), Ok(metadata)) = (started, entry.metadata()) {
            files.push(LogFile {
                path: entry.path(),
                stream,
                started_millis,
                bytes: metadata.len(),
            });
        }
    }
    files.sort_by_key(|file| file.started_millis);
    Ok(files)
}

/// The file that a stream is written to.
struct Stream {
    prefix: &'static str,
    open: Option<OpenFile>,
    buffer: Vec<u8>,
    records: u64,
    /// When the newest file was begun. Names go on rising where the clock does not.
    newest_millis: i64,
}

struct OpenFile {
    file: File,
    path: PathBuf,
    started_millis: i64,
    bytes: u64,
    known: BTreeSet<[u8; 16]>,
}

impl Stream {
    fn new(prefix: &'static str, directory: &Path) -> Result<Self, DecisionLogError> {
        let of_stream = files(directory)?.into_iter().filter(|file| file.stream == prefix);
        let newest_millis = of_stream.map(|file| file.started_millis).max().unwrap_or(i64::MIN);
        Ok(Self { prefix, open: None, buffer: Vec::new(), records: 0, newest_millis })
    }
}

struct Writer {
    directory: PathBuf,
    options: DecisionLogOptions,
    dictionary: Vec<u8>,
    clock: fn() -> Timestamp,
    shared: Arc<Shared>,
    refused: Stream,
    allowed: Stream,
}

impl Writer {
    fn run(mut self) {
        self.prune();
        loop {
            let mut queue = self.shared.queue.lock();
            let is_idle = |queue: &Queue| {
                queue.waiting.is_empty() && queue.flushes_asked == queue.flushes_done && !queue.ends
            };
            if is_idle(&queue) && self.shared.wake.wait_for(&mut queue, PRUNING).timed_out() {
                drop(queue);
                self.prune();
                continue;
            }
            if queue.flushes_asked == queue.flushes_done
                && !queue.ends
                && queue.bytes < URGENT_BYTES
            {
                self.shared.wake.wait_for(&mut queue, GATHERING);
            }
            let waiting = std::mem::take(&mut queue.waiting);
            queue.bytes = 0;
            let (asked, ends) = (queue.flushes_asked, queue.ends);
            drop(queue);
            self.write(&waiting);
            self.shared.queue.lock().flushes_done = asked;
            self.shared.flushed.notify_all();
            if ends {
                return;
            }
        }
    }

    fn write(&mut self, waiting: &[Waiting]) {
        let now = (self.clock)();
        let mut rotated = false;
        for record in waiting {
            let stream = match record.outcome {
                Outcome::Allowed => &mut self.allowed,
                Outcome::Refused | Outcome::Undecided => &mut self.refused,
            };
            let outcome = add(stream, record, &self.directory, &self.dictionary, now);
            match outcome {
                Ok(opened) => rotated |= opened,
                Err(error) => {
                    self.shared.dropped.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, "a decision is not recorded");
                }
            }
        }
        let limit = file_bytes(self.options.bytes);
        for stream in [&mut self.refused, &mut self.allowed] {
            let records = std::mem::take(&mut stream.records);
            match write_out(stream, now, limit) {
                Ok(()) => self.shared.written.fetch_add(records, Ordering::Relaxed),
                Err(error) => {
                    tracing::error!(%error, "decisions are lost");
                    self.shared.dropped.fetch_add(records, Ordering::Relaxed)
                }
            };
        }
        if rotated {
            self.prune();
        }
    }

    fn prune(&self) {
        let open = [&self.refused, &self.allowed]
            .map(|stream| stream.open.as_ref().map(|open| open.path.clone()));
        if let Err(error) = prune(&self.directory, self.options, (self.clock)(), &open) {
            tracing::error!(%error, "old decisions were not removed");
        }
    }
}

/// The size at which a file ends: small enough for the limit of all to be kept well.
fn file_bytes(limit: u64) -> u64 {
    (limit / 16).min(DECISION_FILE_BYTES)
}

/// Puts a record, and the snapshots that its file lacks, into the buffer of the stream. Says whether
/// a file was begun.
fn add(
    stream: &mut Stream,
    record: &Waiting,
    directory: &Path,
    dictionary: &[u8],
    now: Timestamp,
) -> Result<bool, DecisionLogError> {
    let begun = stream.open.is_none();
    if begun {
        let after = stream.newest_millis.saturating_add(1);
        let open = begin(stream.prefix, directory, now.unix_millis.max(after))?;
        stream.newest_millis = open.started_millis;
        stream.open = Some(open);
        stream.buffer.extend_from_slice(MAGIC);
        let _ = frame::append(&mut stream.buffer, Kind::Dictionary, [dictionary, &[]]);
    }
    let Some(open) = &mut stream.open else { return Ok(begun) };
    for snapshot in [&record.caller, &record.bucket].into_iter().flatten() {
        let id: [u8; 16] = *snapshot.id();
        if open.known.insert(id)
            && !frame::append(&mut stream.buffer, Kind::Snapshot, [&id, snapshot.bytes()])
        {
            tracing::warn!("facts that are too large are not recorded");
        }
    }
    if frame::append(&mut stream.buffer, Kind::Record, [&record.bytes, &[]]) {
        stream.records += 1;
    } else {
        tracing::warn!("a decision that is too large is not recorded");
    }
    Ok(begun)
}

fn begin(
    prefix: &str,
    directory: &Path,
    started_millis: i64,
) -> Result<OpenFile, DecisionLogError> {
    let path = directory.join(format!("{prefix}{started_millis:020}"));
    let opened = OpenOptions::new().create_new(true).append(true).mode(FILE_MODE).open(&path);
    let file = opened.map_err(at(&path))?;
    Ok(OpenFile { file, path, started_millis, bytes: 0, known: BTreeSet::new() })
}

/// Writes the buffer, and ends the file when it is large or old. After an error the file ends too:
/// what follows a frame that is not whole could not be read.
fn write_out(stream: &mut Stream, now: Timestamp, limit: u64) -> Result<(), DecisionLogError> {
    let Some(open) = &mut stream.open else { return Ok(()) };
    let outcome = open.file.write_all(&stream.buffer).map_err(at(&open.path));
    open.bytes += stream.buffer.len() as u64;
    stream.buffer.clear();
    let is_old = now.unix_millis.saturating_sub(open.started_millis) >= FILE_SPAN_MILLIS;
    if outcome.is_err() || is_old || open.bytes >= limit {
        stream.open = None;
    }
    outcome
}

/// Removes files that are too old, and then the oldest of the stream that has more, until the rest
/// keeps the limit.
fn prune(
    directory: &Path,
    options: DecisionLogOptions,
    now: Timestamp,
    open: &[Option<PathBuf>],
) -> Result<(), DecisionLogError> {
    let mut files = files(directory)?;
    files.retain(|file| !open.iter().flatten().any(|path| *path == file.path));
    let oldest = now
        .unix_millis
        .saturating_sub(i64::from(options.days).saturating_mul(DAY_MILLIS))
        .saturating_sub(FILE_SPAN_MILLIS);
    let remove = |file: &LogFile| remove_file(&file.path).map_err(at(&file.path));
    let mut kept = Vec::new();
    for file in files {
        if file.started_millis < oldest {
            remove(&file)?;
        } else {
            kept.push(file);
        }
    }
    // Room for the files that are being written.
    let limit = options.bytes.saturating_sub(2 * file_bytes(options.bytes));
    loop {
        let total = |stream: &str| -> u64 {
            kept.iter().filter(|file| file.stream == stream).map(|file| file.bytes).sum()
        };
        let (refused, allowed) = (total(REFUSED), total(ALLOWED));
        if refused + allowed <= limit {
            return Ok(());
        }
        let stream = if refused > allowed { REFUSED } else { ALLOWED };
        let Some(at) = kept.iter().position(|file| file.stream == stream) else { return Ok(()) };
        remove(&kept.remove(at))?;
    }
}

pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> DecisionLogError {
    move |error| DecisionLogError { path: path.to_owned(), error }
}
