//! What was changed, so that it can be undone: one JSON object a line, flushed before the change is
//! committed. Lines are only added.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use model::limits::RECOVER_LINE_BYTES_MAX;
use serde::{Deserialize, Serialize};

use super::RecoverError;
use crate::profiles::mastodon::keys::Attachment;

/// The format; another one is not read.
const FORMAT: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Entry {
    /// The first line.
    Begun {
        /// The format.
        format: u32,
        /// The bucket.
        bucket: String,
        /// Its endpoint.
        endpoint: String,
    },
    /// References were emptied, unless the transaction behind this line failed.
    Cleared {
        /// Which columns.
        attachment: Attachment,
        /// The rows with what was in the columns.
        rows: Vec<serde_json::Value>,
        /// The jobs that are to follow.
        jobs: Vec<DueJob>,
    },
    /// Jobs were given to Sidekiq.
    Given {
        /// What kind of file they fetch.
        attachment: Attachment,
        /// The jobs.
        jobs: Vec<GivenJob>,
    },
    /// An object came back: its delete markers were removed.
    Undeleted {
        /// The key.
        key: String,
        /// The markers.
        markers: Vec<String>,
    },
    /// An object came back: it was copied from elsewhere.
    Restored {
        /// The key.
        key: String,
    },
}

/// A job that is to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueJob {
    /// The row.
    pub id: i64,
    /// The server that is asked.
    pub host: String,
}

/// A job that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenJob {
    /// The row.
    pub id: i64,
    /// The server that is asked.
    pub host: String,
    /// The id of the job.
    pub jid: String,
    /// When it is due, in milliseconds since 1970.
    pub at: i64,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Begins a new one; it must not be there.
    pub fn create(path: &Path, bucket: &str, endpoint: &str) -> Result<Self, RecoverError> {
        let what = || RecoverError::file(format!("cannot begin the journal {}", path.display()));
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path).map_err(what())?;
        let mut journal = Self { path: path.to_owned(), file };
        journal.add(&Entry::Begun {
            format: FORMAT,
            bucket: bucket.to_owned(),
            endpoint: endpoint.to_owned(),
        })?;
        // The name, too, must survive.
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or_else(|| Path::new("."));
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(what())?;
        Ok(journal)
    }

    /// Goes on with one. A line that a crash left unfinished goes.
    pub fn resume(path: &Path) -> Result<Self, RecoverError> {
        let what =
            || RecoverError::file(format!("cannot go on with the journal {}", path.display()));
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(what())?;
        let mut whole = 0;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        while next_line(&mut reader, &mut line).map_err(what())? {
            whole += u64::try_from(line.len() + 1).unwrap_or(0);
        }
        file.set_len(whole).and_then(|()| file.seek(SeekFrom::End(0))).map_err(what())?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line; it is on the disk when this returns.
    pub fn add(&mut self, entry: &Entry) -> Result<(), RecoverError> {
        let path = &self.path;
        let what = || RecoverError::file(format!("cannot write the journal {}", path.display()));
        let mut line = serde_json::to_vec(entry).map_err(|error| what()(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).and_then(|()| self.file.sync_data()).map_err(what())
    }
}

/// Reads a line without its end; false if there is none that has one.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let read = reader.take(RECOVER_LINE_BYTES_MAX).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(true);
    }
    if u64::try_from(read).unwrap_or(u64::MAX) >= RECOVER_LINE_BYTES_MAX {
        return Err(std::io::Error::other("a line is too long"));
    }
    Ok(false)
}

/// Reads a journal.
pub fn read(path: &Path) -> Result<Vec<Entry>, RecoverError> {
    let what = || RecoverError::file(format!("cannot read the journal {}", path.display()));
    let mut reader = BufReader::new(File::open(path).map_err(what())?);
    let (mut entries, mut line) = (Vec::new(), Vec::new());
    while next_line(&mut reader, &mut line).map_err(what())? {
        entries.push(serde_json::from_slice(&line).map_err(|error| what()(error.into()))?);
    }
    match entries.first() {
        Some(Entry::Begun { format: FORMAT, .. }) => Ok(entries),
        _ => Err(what()(std::io::Error::other(
            "it does not begin as a journal of this program does",
        ))),
    }
}

/// Jobs that were to follow and were not given.
pub fn owed(entries: &[Entry]) -> Vec<(Attachment, DueJob)> {
    let mut owed = BTreeMap::new();
    for entry in entries {
        match entry {
            Entry::Cleared { attachment, jobs, .. } => {
                owed.extend(jobs.iter().map(|job| ((*attachment, job.id), job.clone())));
            }
            Entry::Given { attachment, jobs } => {
                for job in jobs {
                    owed.remove(&(*attachment, job.id));
                }
            }
            _ => {}
        }
    }
    owed.into_iter().map(|((attachment, _), job)| (attachment, job)).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    fn cleared(ids: &[i64]) -> Entry {
        Entry::Cleared {
            attachment: Attachment::Avatar,
            rows: ids.iter().map(|id| json!({"id": id, "avatar_file_name": "a.png"})).collect(),
            jobs: ids.iter().map(|id| DueJob { id: *id, host: "far".into() }).collect(),
        }
    }

    fn given(ids: &[i64]) -> Entry {
        let job = |id: &i64| GivenJob { id: *id, host: "far".into(), jid: "x".into(), at: 5 };
        Entry::Given { attachment: Attachment::Avatar, jobs: ids.iter().map(job).collect() }
    }

    #[test]
    fn what_is_written_is_read() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("journal");
        let mut journal = Journal::create(&path, "b", "http://e").unwrap();
        assert!(Journal::create(&path, "b", "http://e").is_err(), "nothing is overwritten");
        journal.add(&cleared(&[1, 116_123_456_789_012_345])).unwrap();
        drop(journal);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        // A crash in the middle of a line.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"what\":\"cle").unwrap();
        assert_eq!(read(&path).unwrap().len(), 2);
        Journal::resume(&path).unwrap().add(&given(&[1])).unwrap();
        let entries = read(&path).unwrap();
        assert_eq!(entries[1..], [cleared(&[1, 116_123_456_789_012_345]), given(&[1])]);
    }

    #[test]
    fn jobs_that_were_not_given_are_owed() {
        let entries = [cleared(&[1, 2, 3]), given(&[1, 3]), cleared(&[4])];
        let ids: Vec<i64> = owed(&entries).into_iter().map(|(_, job)| job.id).collect();
        assert_eq!(ids, [2, 4]);
        assert_eq!(owed(&[]), []);
    }

    #[test]
    fn other_files_are_no_journals() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("journal");
        for text in [
            "",
            "{}\n",
            "no\n",
            "{\"what\":\"begun\",\"format\":9,\"bucket\":\"\",\"endpoint\":\"\"}\n",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).is_err(), "{text}");
        }
    }
}
