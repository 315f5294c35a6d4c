//! Where records wait for their delivery.
//!
//! One thread appends lines to `current`; sealing renames that file to `sealed-TIME`, and whoever
//! has delivered a sealed file removes it. A crash loses at most what was not yet handed to the
//! kernel; a power cut at most the last moments. Access logs are best effort on Amazon S3 as well
//! (LOG-6), so a request never waits for its record: when the thread cannot follow, records are
//! dropped and counted.

use std::fs::{DirBuilder, File, OpenOptions, read_dir, remove_file, rename};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use model::{BucketName, Timestamp};

/// Records that may wait for the thread.
const WAITING_RECORDS_MAX: usize = 16_384;
/// Records that are written with one call.
const BATCH_RECORDS_MAX: usize = 1024;
/// Length of a line that is read back: far more than one request head can make.
const LINE_BYTES_MAX: usize = 1024 * 1024;

const CURRENT: &str = "current";
const SEALED: &str = "sealed-";
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The file system refused.
    #[error("access log spool: {}: {error}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The thread has ended.
    #[error("access log spool: its thread has ended")]
    Closed,
}

/// A record that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpooledRecord {
    /// The source bucket.
    pub bucket: BucketName,
    /// When the request was received.
    pub time: Timestamp,
    /// The line, without its line feed.
    pub line: String,
}

enum Message {
    Record(SpooledRecord),
    Seal { now: Timestamp, reply: Sender<Result<(), SpoolError>> },
}

/// The records of a server that wait for delivery.
pub struct Spool {
    directory: PathBuf,
    messages: Sender<Message>,
    dropped: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl Spool {
    /// Opens the spool in `directory`, which is created if need be. What an earlier process left is
    /// kept. `now` names what it left unsealed.
    pub fn open(directory: &Path, now: Timestamp) -> Result<Self, SpoolError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(DIRECTORY_MODE).create(directory).map_err(at(directory))?;
        let mut writer = Writer { directory: directory.to_owned(), file: None };
        writer.seal(now)?;
        let (messages, receiver) = bounded(WAITING_RECORDS_MAX);
        let thread = std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || writer.run(&receiver))
            .map_err(at(directory))?;
        Ok(Self {
            directory: directory.to_owned(),
            messages,
            dropped: AtomicU64::new(0),
            thread: Some(thread),
        })
    }

    /// Adds a record; never waits.
    pub fn add(&self, record: SpooledRecord) {
        match self.messages.try_send(Message::Record(record)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Records that were dropped because the disk could not follow.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Seals what has been added so far and returns everything that is sealed, oldest first. Waits
    /// for the disk on the calling thread.
    pub fn seal(&self, now: Timestamp) -> Result<Vec<SealedLog>, SpoolError> {
        let (reply, answer) = bounded(1);
        self.messages.send(Message::Seal { now, reply }).map_err(|_| SpoolError::Closed)?;
        answer.recv().map_err(|_| SpoolError::Closed)??;
        sealed_in(&self.directory)
    }
}

/// Waits until everything that was added is in the file.
impl Drop for Spool {
    fn drop(&mut self) {
        let (closed, _) = bounded(0);
        self.messages = closed;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the access log spool ended with a panic");
        }
    }
}

struct Writer {
    directory: PathBuf,
    file: Option<File>,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut lines = Vec::new();
        while let Ok(first) = messages.recv() {
            lines.clear();
            let mut seals = Vec::new();
            let more = std::iter::from_fn(|| messages.try_recv().ok()).take(BATCH_RECORDS_MAX);
            for message in std::iter::once(first).chain(more) {
                match message {
                    Message::Record(record) => append(&mut lines, &record),
                    Message::Seal { now, reply } => seals.push((now, reply)),
                }
            }
            if let Err(error) = self.write(&lines) {
                tracing::error!(%error, "access log records are lost");
            }
            for (now, reply) in seals {
                // Whoever asked may be gone; then nobody needs the answer.
                let _ = reply.send(self.seal(now));
            }
        }
        if let Some(file) = &self.file
            && let Err(error) = file.sync_data()
        {
            tracing::error!(%error, "flushing the access log spool failed");
        }
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), SpoolError> {
        if lines.is_empty() {
            return Ok(());
        }
        let path = self.directory.join(CURRENT);
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new()
                .create(true)
                .append(true)
                .mode(FILE_MODE)
                .open(&path)
                .map_err(at(&path))?,
        };
        file.write_all(lines).map_err(at(&path))?;
        self.file = Some(file);
        Ok(())
    }

    /// Gives the current file its final name, durably.
    fn seal(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        let current = self.directory.join(CURRENT);
        if !current.exists() {
            return Ok(());
        }
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&current).map_err(at(&current))?,
        };
        file.sync_all().map_err(at(&current))?;
        let mut millis = now.unix_millis;
        let sealed = loop {
            let path = self.directory.join(format!("{SEALED}{millis:020}"));
            if !path.exists() {
                break path;
            }
            millis = millis.saturating_add(1);
        };
        rename(&current, &sealed).map_err(at(&sealed))?;
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(at(&self.directory))
    }
}

/// `TIME<tab>BUCKET<tab>LINE`: neither a bucket name nor a line holds control characters.
fn append(lines: &mut Vec<u8>, record: &SpooledRecord) {
    let SpooledRecord { bucket, time, line } = record;
    lines.extend_from_slice(format!("{}\t{bucket}\t{line}\n", time.unix_millis).as_bytes());
}

fn sealed_in(directory: &Path) -> Result<Vec<SealedLog>, SpoolError> {
    let mut logs = Vec::new();
    for entry in read_dir(directory).map_err(at(directory))? {
        let entry = entry.map_err(at(directory))?;
        let name = entry.file_name();
        let millis = name.to_str().and_then(|name| name.strip_prefix(SEALED)?.parse().ok());
        if let Some(millis) = millis {
            let sealed = Timestamp::from_unix_millis(millis);
            logs.push(SealedLog { path: entry.path(), sealed });
        }
    }
    logs.sort_by_key(|log| log.sealed);
    Ok(logs)
}

/// A file of records that will not grow any more.
#[derive(Clone, Debug)]
pub struct SealedLog {
    path: PathBuf,
    /// When it was sealed; different for every log.
    pub sealed: Timestamp,
}

impl SealedLog {
    /// The records in the order in which they were added. A line that a crash cut off is skipped.
    pub fn records(
        &self,
    ) -> Result<impl Iterator<Item = Result<SpooledRecord, SpoolError>> + use<>, SpoolError> {
        let path = self.path.clone();
        let mut reader = BufReader::new(File::open(&path).map_err(at(&path))?);
        Ok(std::iter::from_fn(move || {
            loop {
                let mut line = Vec::new();
                let mut limited = io::Read::take(&mut reader, LINE_BYTES_MAX as u64);
                match limited.read_until(b'\n', &mut line).map_err(at(&path)) {
                    Err(error) => return Some(Err(error)),
                    Ok(0) => return None,
                    Ok(_) => {}
                }
                if let Some(record) = parse(&line) {
                    return Some(Ok(record));
                }
            }
        }))
    }

    /// Removes the file, whose records were delivered.
    pub fn remove(self) -> Result<(), SpoolError> {
        remove_file(&self.path).map_err(at(&self.path))
    }
}

fn parse(line: &[u8]) -> Option<SpooledRecord> {
    let line = str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (millis, line) = line.split_once('\t')?;
    let (bucket, line) = line.split_once('\t')?;
    Some(SpooledRecord {
        bucket: BucketName::parse(bucket)?,
        time: Timestamp::from_unix_millis(millis.parse().ok()?),
        line: line.to_owned(),
    })
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |error| SpoolError::Io { path, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: i64) -> SpooledRecord {
        SpooledRecord {
            bucket: BucketName::parse("photos").unwrap(),
            time: Timestamp::from_unix_millis(number),
            line: format!("line {number} \"x\""),
        }
    }

    fn lines(log: &SealedLog) -> Vec<SpooledRecord> {
        log.records().unwrap().map(Result::unwrap).collect()
    }

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);

    #[test]
    fn what_was_added_is_sealed_and_removed() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), NOW).unwrap();
        assert!(spool.seal(NOW).unwrap().is_empty());
        for number in 0..3 {
            spool.add(record(number));
        }
        let logs = spool.seal(NOW).unwrap();
        assert_eq!(logs.len(), 1);
        assert_eq!(lines(&logs[0]), [record(0), record(1), record(2)]);
        spool.add(record(3));
        let logs = spool.seal(NOW).unwrap();
        assert_eq!(
            logs.iter().map(|log| log.sealed.unix_millis).collect::<Vec<_>>(),
            [1_000_000, 1_000_001]
        );
        for log in logs {
            log.remove().unwrap();
        }
        assert!(spool.seal(NOW).unwrap().is_empty());
        assert_eq!(spool.dropped(), 0);
    }

    #[test]
    fn an_earlier_process_left_records() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), NOW).unwrap();
        spool.add(record(7));
        drop(spool);
        // A crash in the middle of a line.
        let current = directory.path().join(CURRENT);
        let mut file = OpenOptions::new().append(true).open(current).unwrap();
        file.write_all(b"12\tphotos\tcut o").unwrap();
        let spool = Spool::open(directory.path(), NOW).unwrap();
        let logs = spool.seal(NOW).unwrap();
        assert_eq!(logs.len(), 1);
        assert_eq!(lines(&logs[0]), [record(7)]);
    }

    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("access-log");
        let spool = Spool::open(&place, NOW).unwrap();
        spool.add(record(1));
        drop(spool);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place), DIRECTORY_MODE);
        assert_eq!(mode(&place.join(CURRENT)), FILE_MODE);
    }
}
