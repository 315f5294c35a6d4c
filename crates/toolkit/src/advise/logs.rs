//! Access logs that were delivered or downloaded.

use std::fs::{File, read_dir};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use audit::access_log::line::parse;
use authz::advice::LoggedRequests;
use flate2::bufread::MultiGzDecoder;
use model::limits::{ACCESS_LOG_LINE_BYTES_MAX, ACCESS_LOG_OBJECT_BYTES_MAX, LIST_KEYS_MAX};
use model::{BucketName, Timestamp};

use super::AdviseError;
use super::parallel::each;
use super::walk::Tries;
use crate::http::Exchange;
use crate::s3::{Call, S3Client, Target};

/// What a gzip file begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How deep directories of logs are looked into. Amazon's partitioned keys have seven levels.
const DEPTH_MAX: usize = 16;

/// Where logs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// A file, or a directory with everything in it.
    Path(PathBuf),
    /// Objects of a bucket whose keys begin so.
    Bucket {
        /// The bucket.
        bucket: String,
        /// The beginning of the keys.
        prefix: String,
    },
}

impl LogSource {
    /// Reads `s3://bucket/prefix`, or takes it for a path.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix("s3://") {
            Some(place) => {
                let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
                Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() }
            }
            None => Self::Path(PathBuf::from(text)),
        }
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogsRead {
    /// Records of the bucket.
    pub records: u64,
    /// Lines that are no records.
    pub unreadable: u64,
    /// Log objects that were not read to their end.
    pub cut_off: u64,
    /// When the first request came.
    pub first: Option<Timestamp>,
    /// When the last one came.
    pub last: Option<Timestamp>,
}

/// Reads all records of a bucket.
pub async fn read_logs(
    client: &S3Client,
    bucket: &BucketName,
    sources: &[LogSource],
    at_once: usize,
    requests: &mut LoggedRequests,
) -> Result<LogsRead, AdviseError> {
    let mut reader = Reader { bucket, requests, read: LogsRead::default() };
    for source in sources {
        match source {
            LogSource::Path(path) => reader.path(path, DEPTH_MAX)?,
            LogSource::Bucket { bucket, prefix } => {
                let target = Target { bucket: bucket.clone(), ..client.target().clone() };
                reader.bucket(&client.with_target(target), prefix, at_once).await?;
            }
        }
    }
    Ok(reader.read)
}

struct Reader<'a> {
    bucket: &'a BucketName,
    requests: &'a mut LoggedRequests,
    read: LogsRead,
}

impl Reader<'_> {
    fn path(&mut self, path: &Path, depth: usize) -> Result<(), AdviseError> {
        let failed = || AdviseError::file(format!("cannot read {}", path.display()));
        if !path.is_dir() {
            let file = File::open(path).map_err(failed())?;
            return self.text(BufReader::new(file)).map_err(failed());
        }
        if depth == 0 {
            let what = format!("{} is too deep", path.display());
            return Err(AdviseError::Unusable(what));
        }
        let entries = read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<_> =
            entries.map_err(failed())?.into_iter().map(|entry| entry.path()).collect();
        paths.sort();
        paths.iter().try_for_each(|path| self.path(path, depth - 1))
    }

    async fn bucket(
        &mut self,
        client: &S3Client,
        prefix: &str,
        at_once: usize,
    ) -> Result<(), AdviseError> {
        let mut next: Option<String> = None;
        let limit = u16::try_from(LIST_KEYS_MAX).unwrap_or(u16::MAX);
        loop {
            let (exchange, page) = client.list_objects(prefix, next.as_deref(), limit).await;
            let Some(page) = page else {
                return Err(AdviseError::refused("cannot list the access logs", exchange));
            };
            let keys = page.objects.into_iter().map(|object| object.key);
            let get = |key: String| {
                let client = client.clone();
                async move { fetched(&client, &key).await }
            };
            let mut failed = None;
            let done = |_, exchange: Exchange| {
                // Gone since it was listed.
                if exchange.status() == Some(404) {
                    return;
                }
                if !exchange.is_success() {
                    failed = Some(AdviseError::refused("cannot read an access log", exchange));
                    return;
                }
                let is_cut = exchange.outcome.as_ref().is_ok_and(|answer| answer.is_truncated);
                let text = self.text(Cursor::new(exchange.body()));
                self.read.cut_off += u64::from(is_cut || text.is_err());
            };
            each(at_once, keys, get, done).await?;
            if let Some(error) = failed {
                return Err(error);
            }
            match page.next {
                Some(token) => next = Some(token),
                None => return Ok(()),
            }
        }
    }

    /// Lines, perhaps compressed.
    fn text(&mut self, mut text: impl BufRead) -> io::Result<()> {
        if text.fill_buf()?.starts_with(&GZIP) {
            return self.lines(BufReader::new(MultiGzDecoder::new(text)));
        }
        self.lines(text)
    }

    fn lines(&mut self, mut text: impl BufRead) -> io::Result<()> {
        let mut line = Vec::new();
        // One more for the line feed, and one that tells a line that is too long.
        let limit = u64::try_from(ACCESS_LOG_LINE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(2);
        loop {
            line.clear();
            if text.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            self.line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        }
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        let Ok(line) = parse(line) else {
            self.read.unreadable += 1;
            return;
        };
        if line.bucket != self.bucket.as_str() {
            return;
        }
        self.read.records += 1;
        let time = Some(line.time);
        self.read.first = self.read.first.min(time).or(time);
        self.read.last = self.read.last.max(time);
        if let Some(request) = line.request() {
            self.requests.add(request);
        }
    }
}

async fn fetched(client: &S3Client, key: &str) -> Exchange {
    let mut tries = Tries::default();
    loop {
        let call =
            Call { take_bytes: Some(ACCESS_LOG_OBJECT_BYTES_MAX), ..Call::object("GET", key) };
        let exchange = client.send(call).await;
        if exchange.is_success() || !tries.again(&exchange).await {
            return exchange;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const LINE: &str = "79a5 photos [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE \
        REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 1 1 7 6 \"-\" \"x\" - h - - - - - - Yes\n";

    fn read(path: &Path) -> (LogsRead, u64) {
        let bucket = BucketName::parse("photos").unwrap();
        let mut requests = LoggedRequests::new(None);
        let mut reader =
            Reader { bucket: &bucket, requests: &mut requests, read: LogsRead::default() };
        reader.path(path, DEPTH_MAX).unwrap();
        let read = reader.read;
        (read, requests.seen())
    }

    #[test]
    fn directories_are_read_whole_and_unpacked() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("2019/02");
        std::fs::create_dir_all(&deep).unwrap();
        let other = LINE.replace("photos", "other-bucket");
        let later = LINE.replace("00:00:38", "00:00:39");
        std::fs::write(deep.join("plain"), format!("{LINE}{other}\nrubbish\n{later}")).unwrap();
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(LINE.as_bytes()).unwrap();
        let mut packed = packed.finish().unwrap();
        // Files that were put one behind the other.
        packed.extend_from_within(..);
        std::fs::write(deep.join("packed.gz"), packed).unwrap();
        let (found, seen) = read(directory.path());
        let second = |second: i64| Some(Timestamp::from_unix_seconds(1_549_411_200 + second));
        let expected =
            LogsRead { records: 4, unreadable: 1, cut_off: 0, first: second(38), last: second(39) };
        assert_eq!((found, seen), (expected, 4));
    }

    #[test]
    fn sources() {
        let bucket = |bucket: &str, prefix: &str| LogSource::Bucket {
            bucket: bucket.into(),
            prefix: prefix.into(),
        };
        assert_eq!(LogSource::parse("s3://logs/a/b"), bucket("logs", "a/b"));
        assert_eq!(LogSource::parse("s3://logs"), bucket("logs", ""));
        assert_eq!(LogSource::parse("logs/a"), LogSource::Path("logs/a".into()));
    }
}
