//! What was seen of a remote bucket: one line of JSON for each version with its ACL, in the order of the
//! listing, and after each page a mark where the next one begins. A walk that was cut off goes on there.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};

use authz::advice::SeenVersion;
use model::limits::ADVICE_CENSUS_LINE_BYTES_MAX;
use model::{AccessControlList, CanonicalUserId, Grant, ObjectKey, Permission, Timestamp};
use serde::{Deserialize, Serialize};

use super::AdviseError;
use super::acl::{canonical_user_id, grantee_of, grantee_text};

/// The format of the file; another one is not read.
const FORMAT: u32 = 1;

/// Of what it is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CensusHead {
    format: u32,
    /// The endpoint.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with.
    pub prefix: String,
    /// Every how many keys one is looked at.
    pub every: u64,
    /// When it was begun.
    begun_unix_seconds: i64,
}

impl CensusHead {
    /// A census that begins now.
    pub fn new(endpoint: &str, bucket: &str, prefix: &str, every: u64, now: Timestamp) -> Self {
        Self {
            format: FORMAT,
            endpoint: endpoint.to_owned(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            every,
            begun_unix_seconds: now.unix_seconds(),
        }
    }

    /// When it was begun.
    pub fn begun(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.begun_unix_seconds)
    }

    fn is_of_the_same(&self, other: &Self) -> bool {
        Self { begun_unix_seconds: other.begun_unix_seconds, ..self.clone() } == *other
    }
}

/// A version as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) version: String,
    pub(super) owner: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) latest: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) marker: bool,
    /// Grantee and permission; absent if nobody may know.
    pub(super) grants: Option<Vec<(String, String)>>,
}

impl Entry {
    pub(super) fn set_acl(&mut self, acl: &AccessControlList) {
        self.owner = acl.owner.to_string();
        let grant =
            |grant: &Grant| (grantee_text(&grant.grantee).to_owned(), grant.permission.to_string());
        self.grants = Some(acl.grants.iter().map(grant).collect());
    }

    /// Whether the ACL could not be read.
    pub(super) fn is_closed(&self) -> bool {
        self.grants.is_none() && !self.marker
    }

    /// The version, as advice is given about it. Of some stores nobody hears whose a delete marker is.
    pub(super) fn seen(&self, bucket_owner: &CanonicalUserId) -> Result<SeenVersion, AdviseError> {
        let owner = match self.owner.as_str() {
            "" => bucket_owner.clone(),
            owner => canonical_user_id(owner)?,
        };
        let damaged = || AdviseError::Unusable("the census is damaged".to_owned());
        let grant = |(grantee, permission): &(String, String)| {
            let permission = Permission::parse(permission).ok_or_else(damaged)?;
            Ok(Grant { grantee: grantee_of(grantee)?, permission })
        };
        let grants = self
            .grants
            .as_ref()
            .map(|grants| grants.iter().map(grant).collect::<Result<Vec<_>, AdviseError>>());
        let acl = match grants {
            Some(grants) => Some(AccessControlList { owner: owner.clone(), grants: grants? }),
            None => None,
        };
        let key = ObjectKey::parse(&self.key).map_err(|_| damaged())?;
        Ok(SeenVersion { key, owner, acl, is_latest: self.latest, is_marker: self.marker })
    }
}

/// The end of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// Key and version where the next page begins; absent behind the last one.
    pub(super) next: Option<(String, String)>,
    /// How many keys have gone by.
    pub(super) keys: u64,
    /// The last of them.
    pub(super) last_key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Census(CensusHead),
    Version(Entry),
    Page(Mark),
}

/// The file.
pub struct Census {
    file: File,
    head: CensusHead,
    mark: Option<Mark>,
    versions: u64,
}

impl Census {
    /// Begins a census in an empty file, or goes on with the one that is there, which must be of the same
    /// bucket. What a crash left behind the last mark is cut off.
    pub fn open(mut file: File, head: CensusHead) -> Result<Self, AdviseError> {
        let failed = || AdviseError::file("cannot read the census");
        let (known, mark, versions, end) = scanned(&file).map_err(failed())?;
        let Some(known) = known else {
            if file.metadata().map_err(failed())?.len() > 0 {
                return Err(AdviseError::Unusable("the file is no census".to_owned()));
            }
            let mut census = Self { file, head, mark: None, versions: 0 };
            let line = Line::Census(census.head.clone());
            census.write(&[line])?;
            return Ok(census);
        };
        if !known.is_of_the_same(&head) {
            let what = format!(
                "the census is one of {} at {}, prefix {:?}, every {} keys",
                known.bucket, known.endpoint, known.prefix, known.every
            );
            return Err(AdviseError::Unusable(what));
        }
        file.set_len(end).map_err(failed())?;
        file.seek(SeekFrom::End(0)).map_err(failed())?;
        Ok(Self { file, head: known, mark, versions })
    }

    /// Of what it is one.
    pub fn head(&self) -> &CensusHead {
        &self.head
    }

    /// How many versions have been seen.
    pub fn versions(&self) -> u64 {
        self.versions
    }

    /// Whether the last page was seen.
    pub fn is_complete(&self) -> bool {
        self.mark.as_ref().is_some_and(|mark| mark.next.is_none())
    }

    /// Where the walk is.
    pub(super) fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// Adds a page.
    pub(super) fn add(&mut self, entries: Vec<Entry>, mark: Mark) -> Result<(), AdviseError> {
        let versions = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let mut lines: Vec<_> = entries.into_iter().map(Line::Version).collect();
        lines.push(Line::Page(mark.clone()));
        self.write(&lines)?;
        self.versions = self.versions.saturating_add(versions);
        self.mark = Some(mark);
        Ok(())
    }

    fn write(&mut self, lines: &[Line]) -> Result<(), AdviseError> {
        let mut text = Vec::new();
        for line in lines {
            let written = serde_json::to_writer(&mut text, line).map_err(io::Error::from);
            written.map_err(AdviseError::file("cannot write the census"))?;
            text.push(b'\n');
        }
        self.file.write_all(&text).map_err(AdviseError::file("cannot write the census"))
    }

    /// Everything that was seen, in order.
    pub(super) fn entries(
        &self,
    ) -> Result<impl Iterator<Item = Result<Entry, AdviseError>> + '_, AdviseError> {
        let failed = || AdviseError::file("cannot read the census");
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0)).map_err(failed())?;
        let lines = Lines { reader: BufReader::new(file), line: Vec::new() };
        Ok(lines.filter_map(move |line| match line {
            Ok((Line::Version(entry), _)) => Some(Ok(entry)),
            Ok(_) => None,
            Err(error) => Some(Err(failed()(error))),
        }))
    }
}

/// What is in a file: its head, the last mark, the versions before it and where it ends.
fn scanned(mut file: &File) -> io::Result<(Option<CensusHead>, Option<Mark>, u64, u64)> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = Lines { reader: BufReader::new(file), line: Vec::new() };
    let (mut mark, mut versions, mut known_versions) = (None, 0, 0);
    let (head, mut end) = match lines.next() {
        Some(Ok((Line::Census(head), length))) if head.format == FORMAT => (head, length),
        _ => return Ok((None, None, 0, 0)),
    };
    let mut known_end = end;
    for line in lines {
        // What comes behind a line that was cut off is worth nothing.
        let Ok((line, length)) = line else { break };
        end += length;
        match line {
            Line::Version(_) => versions += 1,
            Line::Page(page) => {
                mark = Some(page);
                (known_end, known_versions) = (end, versions);
            }
            Line::Census(_) => break,
        }
    }
    Ok((Some(head), mark, known_versions, known_end))
}

/// Lines, each with its length in bytes.
struct Lines<'a> {
    reader: BufReader<&'a File>,
    line: Vec<u8>,
}

impl Iterator for Lines<'_> {
    type Item = io::Result<(Line, u64)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line.clear();
        let limit = u64::try_from(ADVICE_CENSUS_LINE_BYTES_MAX).unwrap_or(u64::MAX);
        let mut limited = self.reader.by_ref().take(limit);
        match limited.read_until(b'\n', &mut self.line) {
            Err(error) => Some(Err(error)),
            Ok(0) => None,
            Ok(_) if !self.line.ends_with(b"\n") => {
                Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a line is cut off")))
            }
            Ok(length) => {
                let length = u64::try_from(length).unwrap_or(u64::MAX);
                let line = serde_json::from_slice(&self.line).map_err(io::Error::from);
                Some(line.map(|line| (line, length)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(bucket: &str) -> CensusHead {
        CensusHead::new("http://a", bucket, "", 1, Timestamp::from_unix_seconds(7))
    }

    fn entry(key: &str) -> Entry {
        Entry {
            key: key.into(),
            version: "null".into(),
            owner: "a".repeat(64),
            latest: true,
            marker: false,
            grants: Some(vec![("b".repeat(64), "READ".into())]),
        }
    }

    fn mark(key: Option<&str>) -> Mark {
        let next = key.map(|key| (key.to_owned(), "null".to_owned()));
        Mark { next, keys: 1, last_key: "x".into() }
    }

    fn keys(census: &Census) -> Vec<String> {
        census.entries().unwrap().map(|entry| entry.unwrap().key).collect()
    }

    #[test]
    fn a_walk_that_was_cut_off_goes_on() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || {
            let options = File::options().read(true).write(true).open(file.path()).unwrap();
            Census::open(options, head("b"))
        };
        let mut census = open().unwrap();
        assert_eq!(census.mark(), None);
        census.add(vec![entry("a"), entry("\u{1}\n")], mark(Some("a"))).unwrap();
        assert_eq!(keys(&census), ["a", "\u{1}\n"]);
        let kept = std::fs::read(file.path()).unwrap();
        census.add(vec![entry("b")], mark(Some("b"))).unwrap();
        let longer = std::fs::read(file.path()).unwrap();
        // Wherever the second page is cut off, the first one is there.
        for length in kept.len()..longer.len() {
            std::fs::write(file.path(), &longer[..length]).unwrap();
            let census = open().unwrap();
            assert_eq!((census.versions(), census.mark()), (2, Some(&mark(Some("a")))));
            assert!(!census.is_complete());
            assert_eq!(std::fs::read(file.path()).unwrap(), kept);
        }
        let mut census = open().unwrap();
        census.add(vec![entry("b")], mark(None)).unwrap();
        let census = open().unwrap();
        assert!(census.is_complete());
        assert_eq!(keys(&census), ["a", "\u{1}\n", "b"]);
        let seen = census.entries().unwrap().next().unwrap().unwrap();
        let owner = CanonicalUserId::parse(&"a".repeat(64)).unwrap();
        let seen = seen.seen(&owner).unwrap();
        assert_eq!(seen.acl.unwrap().grants.len(), 1);
    }

    #[test]
    fn files_of_others_are_left_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = |bucket: &str| {
            let options = File::options().read(true).write(true).open(file.path()).unwrap();
            Census::open(options, head(bucket)).map(drop)
        };
        std::fs::write(file.path(), "secret").unwrap();
        assert!(open("b").is_err());
        assert_eq!(std::fs::read(file.path()).unwrap(), b"secret");
        std::fs::write(file.path(), "").unwrap();
        open("b").unwrap();
        assert!(open("c").is_err());
    }
}
