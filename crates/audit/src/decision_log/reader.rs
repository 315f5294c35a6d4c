//! Finding records. Files are read whole, one after another; they only grow, so a running server
//! does not matter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::{AccountId, Timestamp};

use super::decided::{Envelope, StoredDecision};
use super::frame::{Frames, Kind};
use super::log::{DecisionLogError, LogFile, at, files};
use super::outcome::Outcome;
use super::record::{KnownSnapshots, Record};
use super::snapshot::{BucketSnapshot, CallerSnapshot, SnapshotId};
use super::steps::Dictionary;

/// Which records are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `x-amz-request-id`.
    pub request_id: Option<String>,
    /// The caller by its ARN, or `anonymous`.
    pub caller: Option<String>,
    /// The bucket.
    pub bucket: Option<String>,
    /// What the key begins with.
    pub key_prefix: Option<String>,
    /// How it came out.
    pub outcome: Option<Outcome>,
    /// Not earlier than this.
    pub after: Option<Timestamp>,
    /// Earlier than this.
    pub before: Option<Timestamp>,
    /// Only what this account may see: requests to its own buckets, and of its own principals to
    /// none at all; calls about what is its own.
    pub visible_to: Option<AccountId>,
}

/// The order of records: by time, then by id.
type Place = (i64, String, u32);

/// Records that were found.
#[derive(Debug, Default)]
pub struct Found {
    /// The newest first.
    pub records: Vec<Record>,
    /// Where to go on, if there may be more.
    pub next: Option<String>,
}

impl Filter {
    fn admits_envelope(&self, envelope: &Envelope<'_>) -> bool {
        let time = Timestamp::from_unix_millis(envelope.time_millis);
        let outcome = Outcome::ALL.get(usize::from(envelope.outcome));
        self.request_id.as_ref().is_none_or(|id| envelope.request_id == id.as_str())
            && self.outcome.is_none_or(|wanted| outcome == Some(&wanted))
            && self.after.is_none_or(|after| time >= after)
            && self.before.is_none_or(|before| time < before)
    }

    fn admits_resource(&self, decision: &StoredDecision<'_>) -> bool {
        let bucket = self.bucket.as_deref();
        let prefix = self.key_prefix.as_deref();
        bucket.is_none_or(|bucket| decision.bucket_name.as_deref() == Some(bucket))
            && prefix.is_none_or(|prefix| {
                decision.key.as_deref().is_some_and(|key| key.starts_with(prefix))
            })
    }

    fn admits(&self, record: &Record) -> bool {
        let caller = self.caller.as_ref();
        caller.is_none_or(|caller| record.caller_name().as_ref() == Some(caller))
            && self.visible_to.is_none_or(|account| is_visible(record, account))
    }
}

/// Whether an account may see a record.
fn is_visible(record: &Record, account: AccountId) -> bool {
    if let Some(call) = &record.call {
        return call.owner == account;
    }
    match (&record.bucket, &record.bucket_name) {
        (Some(bucket), _) => bucket.facts.owner.id == account,
        // Nobody's bucket is no secret of anybody else.
        (None, _) => record
            .caller
            .as_ref()
            .is_some_and(|caller| caller.principal.account_id() == Some(account)),
    }
}

/// Reads a file while it grows: what is not whole yet is left out.
struct FileReader {
    dictionary: Dictionary,
    snapshots: BTreeMap<[u8; 16], Vec<u8>>,
    callers: BTreeMap<[u8; 16], Arc<CallerSnapshot>>,
    buckets: BTreeMap<[u8; 16], Arc<BucketSnapshot>>,
}

impl KnownSnapshots for FileReader {
    fn caller(&mut self, id: SnapshotId) -> Option<Arc<CallerSnapshot>> {
        if let Some(known) = self.callers.get(&*id) {
            return Some(Arc::clone(known));
        }
        let read = Arc::new(CallerSnapshot::read(self.snapshots.get(&*id)?)?);
        self.callers.insert(*id, Arc::clone(&read));
        Some(read)
    }

    fn bucket(&mut self, id: SnapshotId) -> Option<Arc<BucketSnapshot>> {
        if let Some(known) = self.buckets.get(&*id) {
            return Some(Arc::clone(known));
        }
        let read = Arc::new(BucketSnapshot::read(self.snapshots.get(&*id)?)?);
        self.buckets.insert(*id, Arc::clone(&read));
        Some(read)
    }

    fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }
}

/// Hands every record of a file that the filter admits to `take`.
fn read_file(
    file: &LogFile,
    filter: &Filter,
    mut take: impl FnMut(Record),
) -> Result<(), DecisionLogError> {
    let bytes = match fs::read(&file.path) {
        Ok(bytes) => bytes,
        // It was too old.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(&file.path)(error)),
    };
    let Some(frames) = Frames::new(&bytes) else { return Ok(()) };
    let mut reader = FileReader {
        dictionary: Dictionary::default(),
        snapshots: BTreeMap::new(),
        callers: BTreeMap::new(),
        buckets: BTreeMap::new(),
    };
    for (kind, payload) in frames {
        if kind == Kind::Dictionary as u8 {
            let Some(dictionary) = Dictionary::read(payload) else { return Ok(()) };
            reader.dictionary = dictionary;
        } else if kind == Kind::Snapshot as u8 {
            if let Some((id, snapshot)) = payload.split_first_chunk::<16>() {
                reader.snapshots.insert(*id, snapshot.to_vec());
            }
        } else if kind == Kind::Record as u8
            && let Some(record) = read_record(payload, filter, &mut reader)
        {
            take(record);
        }
    }
    Ok(())
}

fn read_record(payload: &[u8], filter: &Filter, reader: &mut FileReader) -> Option<Record> {
    let mut decoder = minicbor::Decoder::new(payload);
    let envelope: Envelope<'_> = decoder.decode().ok()?;
    if !filter.admits_envelope(&envelope) {
        return None;
    }
    let decision: StoredDecision<'_> = decoder.decode().ok()?;
    if !filter.admits_resource(&decision) {
        return None;
    }
    let record = decision.read(&envelope, reader)?;
    filter.admits(&record).then_some(record)
}

/// Every record that the filter admits, file by file from the oldest. What cannot be read is told as
/// an error in its place.
pub fn records(
    directory: &Path,
    filter: Filter,
) -> Result<impl Iterator<Item = Result<Record, DecisionLogError>>, DecisionLogError> {
    Ok(files(directory)?.into_iter().flat_map(move |file| {
        let mut found = Vec::new();
        let outcome = read_file(&file, &filter, |record| found.push(Ok(record)));
        found.extend(outcome.err().map(Err));
        found
    }))
}

/// The newest records that the filter admits, at most `limit`, from where an earlier search ended.
/// Errors: a file cannot be read, or `from` is not what a search returned (`None`).
pub fn search(
    directory: &Path,
    filter: &Filter,
    from: Option<&str>,
    limit: usize,
) -> Result<Option<Found>, DecisionLogError> {
    let from = match from.map(parse_place) {
        None => None,
        Some(None) => return Ok(None),
        Some(Some(place)) => Some(place),
    };
    // The oldest that is kept stands on top.
    let mut newest: BinaryHeap<Reverse<ByPlace>> = BinaryHeap::new();
    let mut more = false;
    let all = files(directory)?;
    for (index, file) in all.iter().enumerate().rev() {
        let end = all
            .iter()
            .skip(index + 1)
            .find(|later| later.stream == file.stream)
            .map_or(i64::MAX, |later| later.started_millis);
        let oldest = newest.peek().filter(|_| newest.len() >= limit && more);
        if oldest.is_some_and(|Reverse(kept)| place(&kept.0).0 > end.saturating_add(SLACK_MILLIS))
            || filter
                .after
                .is_some_and(|after| after.unix_millis > end.saturating_add(SLACK_MILLIS))
        {
            continue;
        }
        read_file(file, filter, |record| {
            if from.as_ref().is_some_and(|from| place(&record) >= *from) {
                return;
            }
            newest.push(Reverse(ByPlace(record)));
            if newest.len() > limit {
                newest.pop();
                more = true;
            }
        })?;
    }
    let mut records: Vec<Record> =
        newest.into_iter().map(|Reverse(ByPlace(record))| record).collect();
    records.sort_by_key(|record| Reverse(place(record)));
    let next = records.last().filter(|_| more).map(|record| {
        let (millis, request_id, sequence) = place(record);
        format!("{millis}.{sequence}.{request_id}")
    });
    Ok(Some(Found { records, next }))
}

/// How much later than its request a record may be written: a long upload is recorded at its end
/// with the time of its beginning.
const SLACK_MILLIS: i64 = 24 * 60 * 60 * 1000;

struct ByPlace(Record);

impl PartialEq for ByPlace {
    fn eq(&self, other: &Self) -> bool {
        place(&self.0) == place(&other.0)
    }
}

impl Eq for ByPlace {}

impl PartialOrd for ByPlace {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByPlace {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        place(&self.0).cmp(&place(&other.0))
    }
}

fn place(record: &Record) -> Place {
    (record.time.unix_millis, record.request_id.clone(), record.sequence)
}

fn parse_place(text: &str) -> Option<Place> {
    let (millis, rest) = text.split_once('.')?;
    let (sequence, request_id) = rest.split_once('.')?;
    Some((millis.parse().ok()?, request_id.to_owned(), sequence.parse().ok()?))
}
