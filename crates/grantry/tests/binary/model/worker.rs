//! One client with one bucket: chooses operations, checks answers, and compares everything after a
//! restart.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::VERSIONS_PER_READ;
use super::operation::{Condition, Operation, deletion, expected_of_version, settle, tags_of};
use super::random::Random;
use super::state::{Bucket, Item, Object, Retention, Versioning};
use super::wire::{Ask, Connection, Lost, all, etag, first, unescape};
use crate::client::Key;
use crate::harness::Server;

/// Few keys, so that each gets a history; some need escapes in paths or documents.
const KEYS: [&str; 12] =
    ["a", "a/", "a/b", "a/b/c", "a/é x", "a0", "b&c/d", "b&c/e", "b/+%", "c/1", "c/2", "d~"];
const DAY_SECONDS: i64 = 24 * 60 * 60;

pub(crate) struct Worker {
    pub(crate) bucket: Bucket,
    random: Random,
    number: u64,
    next: u64,
    /// Operations that are still to be done.
    pub(crate) remaining: usize,
    /// What was asked when the server went away.
    lost: Option<Operation>,
    /// A new version whose default retention has not been read.
    unread: Option<String>,
}

/// Tells which seed failed, also when the failure is in another place.
struct Teller<'a>(&'a str, u64);

impl Drop for Teller<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("bucket {}, operation {}", self.0, self.1);
        }
    }
}

impl Worker {
    pub(crate) fn new(number: u64, seed: u64, is_locked: bool, operations: usize) -> Self {
        Self {
            bucket: Bucket::new(format!("bucket-{number}"), is_locked),
            random: Random(seed.wrapping_mul(1000) + number),
            number,
            next: 0,
            remaining: operations,
            lost: None,
            unread: None,
        }
    }

    pub(crate) fn create(&self, server: &Server, key: &Key) {
        let ask = Ask::new("PUT", &self.bucket.name, "");
        let ask = ask.header("x-amz-bucket-object-lock-enabled", self.bucket.is_locked.to_string());
        assert_eq!(Connection::open(server, key).send(&ask).unwrap().status, 200);
    }

    /// Works until `enough` operations were done or the server is gone.
    pub(crate) fn work(
        &mut self,
        server: &Server,
        key: &Key,
        (enough, done): (usize, &AtomicUsize),
        is_killed: &AtomicBool,
    ) {
        let name = self.bucket.name.clone();
        let mut connection = Connection::open(server, key);
        if self.resume(&mut connection, VERSIONS_PER_READ).is_err() {
            assert!(is_killed.load(Ordering::SeqCst), "the server ended\n{}", server.log());
            return;
        }
        for _ in 0..enough.min(self.remaining) {
            let _teller = Teller(&name, self.next);
            let outcome = self.step(&mut connection);
            if outcome.is_err() {
                assert!(is_killed.load(Ordering::SeqCst), "the server ended\n{}", server.log());
                return;
            }
            self.remaining -= 1;
            done.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Finds out what became of the last operation, and compares the bucket, reading one in `step`
    /// of its versions.
    pub(crate) fn resume(
        &mut self,
        connection: &mut Connection<'_>,
        step: usize,
    ) -> Result<(), Lost> {
        if let Some(operation) = self.lost.clone() {
            let key = operation.written_key(&self.bucket);
            let before = key.as_ref().and_then(|key| self.bucket.newest(key).cloned());
            settle(&operation, &mut self.bucket, connection)?;
            self.lost = None;
            if let Some(key) = key
                && self.bucket.newest(&key) != before.as_ref()
            {
                self.unread = Some(key);
            }
        }
        self.read_default(connection)?;
        let first = self.random.below(step);
        super::audit::everything(&self.bucket, connection, (first, step))
    }

    fn step(&mut self, connection: &mut Connection<'_>) -> Result<(), Lost> {
        self.next += 1;
        if self.random.below(5) < 2 {
            return self.read(connection);
        }
        let Some(operation) = self.choose() else { return self.read(connection) };
        let written = operation.written_key(&self.bucket);
        self.lost = Some(operation.clone());
        let reply = connection.send(&operation.ask(&self.bucket))?;
        operation.answered(&mut self.bucket, &reply);
        self.lost = None;
        if reply.status < 400 {
            self.unread = written;
        }
        self.read_default(connection)
    }

    /// Reads the default retention that a version got, and checks that it is about right.
    fn read_default(&mut self, connection: &mut Connection<'_>) -> Result<(), Lost> {
        let Some(key) = self.unread.clone() else { return Ok(()) };
        if let (Some(days), Some(Object { retention: None, .. })) =
            (self.bucket.default_days, self.bucket.current(&key))
        {
            let head = connection.send(&Ask::new("HEAD", &self.bucket.name, &key))?;
            assert_eq!(head.header("x-amz-object-lock-mode"), Some("GOVERNANCE"));
            let until = head.header("x-amz-object-lock-retain-until-date").unwrap().to_owned();
            let expected = i64::from(days) * DAY_SECONDS;
            assert!(until >= date(expected - 3600) && until <= date(expected + 1), "{until}");
            self.bucket.object_mut(&key, None).retention = Some(("GOVERNANCE", until));
        }
        self.unread = None;
        Ok(())
    }
}

/// So many seconds from now, as the server writes it.
fn date(seconds: i64) -> String {
    let now = crate::client::now().unix_seconds();
    super::random::iso8601(now + seconds)
}

// Choices

impl Worker {
    fn key(&mut self) -> String {
        (*self.random.pick(&KEYS)).to_owned()
    }

    /// The id of some version of the key; sometimes one that is not there.
    fn version_of(&mut self, key: &str) -> String {
        let versions = self.bucket.keys.get(key).cloned().unwrap_or_default();
        if versions.is_empty() || self.random.below(12) == 0 {
            return if self.random.below(2) == 0 { "null".into() } else { "0".repeat(32) };
        }
        self.random.pick(&versions).id.clone()
    }

    /// A version that is an object, of a key that has one.
    fn object_version(&mut self) -> Option<(String, String)> {
        let key = self.key();
        let versions = self.bucket.keys.get(&key)?;
        let objects: Vec<_> = versions
            .iter()
            .filter(|version| version.object.is_some())
            .map(|v| v.id.clone())
            .collect();
        if objects.is_empty() {
            return None;
        }
        Some((key, self.random.pick(&objects).clone()))
    }

    fn body(&mut self) -> Vec<u8> {
        let length = self.random.below(300);
        let mut body = format!("{} {} ", self.number, self.next).into_bytes();
        body.resize(body.len() + length, b'x');
        body
    }

    fn some_tags(&mut self) -> Vec<(String, String)> {
        let count = self.random.below(4);
        (0..count).map(|at| (format!("k{at}"), self.random.below(9).to_string())).collect()
    }

    fn retention(&mut self) -> Retention {
        let mode = if self.random.below(4) == 0 { "COMPLIANCE" } else { "GOVERNANCE" };
        (mode, date(DAY_SECONDS + i64::try_from(self.random.below(1_000_000)).unwrap()))
    }

    fn object(&mut self) -> Object {
        let body = self.body();
        let mut object = Object { etag: etag(&body), body, ..Object::default() };
        object.note = format!("{}-{}", self.number, self.next);
        if self.random.below(3) == 0 {
            object.tags = self.some_tags();
        }
        if self.bucket.is_locked {
            if self.random.below(6) == 0 {
                object.retention = Some(self.retention());
            }
            if self.random.below(12) == 0 {
                object.is_held = Some(self.random.below(2) == 0);
            }
        }
        object
    }

    fn choose(&mut self) -> Option<Operation> {
        use Operation as O;
        let key = self.key();
        Some(match self.random.below(100) {
            0..26 => {
                let condition = match (self.random.below(12), self.bucket.current(&key)) {
                    (0, _) => Condition::Absent,
                    (1, Some(object)) => Condition::Tag(object.etag.clone()),
                    (2, _) => Condition::Tag(etag(b"other")),
                    _ => Condition::None,
                };
                O::Put { key, object: self.object(), condition }
            }
            26..34 => self.copy(key)?,
            34..42 => O::Delete { key },
            42..58 => {
                let id = self.version_of(&key);
                O::DeleteVersion { id, key, bypasses: self.random.below(2) == 0 }
            }
            58..62 => self.delete_many(),
            62..68 => {
                let version = (self.random.below(2) == 0).then(|| self.version_of(&key));
                O::Tag { key, version, tags: self.some_tags() }
            }
            68..74 => O::Begin { object: self.object(), key },
            74..82 => {
                let number = if self.random.below(8) == 0 { 2 } else { 1 };
                O::Part { upload: self.upload()?, number, body: self.body() }
            }
            82..88 => O::Complete { upload: self.upload()? },
            88..90 => O::Abort { upload: self.upload()? },
            90..91 => O::BucketTags(self.some_tags()),
            91..92 => {
                let origin = format!("https://{}.example.com", self.random.below(100));
                O::Cors((self.random.below(3) > 0).then_some(origin))
            }
            _ if self.bucket.is_locked => self.lock()?,
            92..94 => {
                let states = [Versioning::Enabled, Versioning::Suspended];
                O::Versioning(*self.random.pick(&states))
            }
            _ => return None,
        })
    }

    fn upload(&mut self) -> Option<String> {
        let ids: Vec<_> = self.bucket.uploads.keys().cloned().collect();
        if ids.is_empty() { None } else { Some(self.random.pick(&ids).clone()) }
    }

    fn copy(&mut self, key: String) -> Option<Operation> {
        let (source, id) = self.object_version()?;
        let is_current = self.bucket.newest(&source).is_some_and(|newest| newest.id == id);
        let version = (!is_current || self.random.below(2) == 0).then(|| id.clone());
        let copied = self.bucket.version(&source, &id)?.object.clone()?;
        let own_tags = self.random.below(3) == 0;
        let mut object = self.object();
        if !own_tags {
            object.tags = copied.tags;
        }
        object.etag = etag(&copied.body);
        object.body = copied.body;
        Some(Operation::Copy { key, source, version, object, own_tags })
    }

    fn delete_many(&mut self) -> Operation {
        let first = self.random.below(KEYS.len());
        let count = 1 + self.random.below(4);
        let keys = KEYS.iter().cycle().skip(first).take(count);
        let mut entries = Vec::new();
        for key in keys {
            let id = (self.random.below(2) == 0).then(|| self.version_of(key));
            entries.push(((*key).to_owned(), id));
        }
        Operation::DeleteMany { entries }
    }

    fn lock(&mut self) -> Option<Operation> {
        if self.random.below(8) == 0 {
            let days = [None, Some(1), Some(30)];
            return Some(Operation::DefaultRetention(*self.random.pick(&days)));
        }
        let (key, id) = self.object_version()?;
        if self.random.below(2) == 0 {
            return Some(Operation::Hold { key, id, is_held: self.random.below(3) == 0 });
        }
        let retention = (self.random.below(3) > 0).then(|| self.retention());
        Some(Operation::Retain { key, id, retention, bypasses: self.random.below(2) == 0 })
    }
}

// Reads

impl Worker {
    fn read(&mut self, connection: &mut Connection<'_>) -> Result<(), Lost> {
        let key = self.key();
        match self.random.below(20) {
            0 => {
                let prefix = *self.random.pick(&["", "a", "a/", "b&c/", "c/1", "x"]);
                let delimiter = *self.random.pick(&["", "/", "b"]);
                let after = if self.random.below(3) == 0 { &*key } else { "" };
                let limit = 1 + self.random.below(8);
                let listed = list(&self.bucket, connection, (prefix, delimiter, after), limit)?;
                assert_eq!(listed, self.bucket.listing(prefix, delimiter, after));
            }
            1..4 => {
                let version = (self.random.below(2) == 0).then(|| self.version_of(&key));
                let ask = Ask::new("GET", &self.bucket.name, &key);
                let reply =
                    connection.send(&ask.query("tagging", "").version(version.as_deref()))?;
                let expected = expected_of_version(&self.bucket, &key, version.as_deref());
                assert_eq!((reply.status, reply.code()), expected);
                if reply.status == 200 {
                    let object = match &version {
                        Some(id) => self.bucket.version(&key, id).unwrap().object.as_ref(),
                        None => self.bucket.current(&key),
                    };
                    assert_eq!(tags_of(reply.text()), object.unwrap().tags);
                }
            }
            _ => {
                let version = (self.random.below(2) == 0).then(|| self.version_of(&key));
                let method = if self.random.below(2) == 0 { "GET" } else { "HEAD" };
                super::audit::object(&self.bucket, connection, method, &key, version.as_deref())?;
            }
        }
        Ok(())
    }
}

/// A whole listing, page by page.
pub(crate) fn list(
    bucket: &Bucket,
    connection: &mut Connection<'_>,
    (prefix, delimiter, after): (&str, &str, &str),
    limit: usize,
) -> Result<Vec<Item>, Lost> {
    let mut items = Vec::new();
    let mut token = None;
    loop {
        let mut ask = Ask::new("GET", &bucket.name, "")
            .query("list-type", "2")
            .query("prefix", prefix)
            .query("delimiter", delimiter)
            .query("start-after", after)
            .query("max-keys", limit.to_string());
        if let Some(token) = &token {
            ask = ask.query("continuation-token", token);
        }
        let reply = connection.send(&ask)?;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let mut page: Vec<_> = all(reply.text(), "Contents")
            .into_iter()
            .map(|one| {
                let etag = unescape(first(one, "ETag").unwrap());
                Item::Key(unescape(first(one, "Key").unwrap()), etag.trim_matches('"').to_owned())
            })
            .chain(
                all(reply.text(), "CommonPrefixes")
                    .into_iter()
                    .map(|one| Item::Prefix(unescape(first(one, "Prefix").unwrap()))),
            )
            .collect();
        page.sort_by_key(|item| match item {
            Item::Key(text, _) | Item::Prefix(text) => text.clone(),
        });
        assert!(page.len() <= limit);
        items.extend(page);
        token = first(reply.text(), "NextContinuationToken").map(str::to_owned);
        if token.is_none() {
            assert_eq!(first(reply.text(), "IsTruncated"), Some("false"));
            return Ok(items);
        }
    }
}

/// Deletes of one key and of many share their rules.
#[test]
fn a_deletion_names_a_version_or_none() {
    assert!(matches!(deletion("k", None), Operation::Delete { .. }));
    assert!(matches!(deletion("k", Some("i")), Operation::DeleteVersion { .. }));
}
