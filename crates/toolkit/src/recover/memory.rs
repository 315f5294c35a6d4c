//! What a run leaves for the next one: how far the scan came and what it found, so that neither a crash nor
//! the step from looking to doing costs another scan.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use model::limits::{RECOVER_FINDINGS_MAX, WATCH_STATE_BYTES_MAX};
use serde::{Deserialize, Serialize};

use super::RecoverError;
use super::fate::{Fate, Grade};
use super::rows::FileRow;
use crate::files::{Appearance, replace};
use crate::profiles::mastodon::keys::Attachment;
use crate::watch::state::hold;

/// The format of the files; another one is not read.
const SCHEMA: u32 = 1;
const STATE: &str = "recover.json";
const LOCK: &str = "recover.lock";
const FOUND: &str = "found.jsonl";

/// A file in trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of file.
    pub attachment: Attachment,
    /// What is the matter.
    pub grade: Grade,
    /// What is to be done if the object cannot be brought back.
    pub fate: Fate,
    /// Who is waited for most comes first.
    pub rank: u8,
    /// Keys of what is gone, with the style of each; the original first, if it is among them.
    pub lost: Vec<LostKey>,
    /// The row.
    pub row: FileRow,
}

/// A key without an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostKey {
    /// `original`, `small` …
    pub style: String,
    /// The key.
    pub key: String,
}

/// How many rows of one kind are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that name a file.
    pub rows: u64,
    /// [`Grade::Dead`].
    pub dead: u64,
    /// [`Grade::Restorable`].
    pub restorable: u64,
    /// [`Grade::Degraded`].
    pub degraded: u64,
    /// [`Grade::Archived`].
    pub archived: u64,
    /// [`Grade::Refused`].
    pub refused: u64,
    /// [`Grade::Unclear`].
    pub unclear: u64,
    /// [`Grade::Pruned`].
    pub pruned: u64,
}

impl Counts {
    /// Counts one.
    pub fn add(&mut self, grade: Grade) {
        *match grade {
            Grade::Dead => &mut self.dead,
            Grade::Restorable => &mut self.restorable,
            Grade::Degraded => &mut self.degraded,
            Grade::Archived => &mut self.archived,
            Grade::Refused => &mut self.refused,
            Grade::Unclear => &mut self.unclear,
            Grade::Pruned => &mut self.pruned,
        } += 1;
    }

    /// Rows whose file is not as it should be.
    pub fn in_trouble(&self) -> u64 {
        self.dead + self.restorable + self.degraded + self.archived + self.refused + self.unclear
    }
}

/// Where a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The format.
    pub schema: u32,
    /// The bucket.
    pub bucket: String,
    /// Its endpoint.
    pub endpoint: String,
    /// What was looked for, so that a run with other wishes does not go on here.
    pub wishes: String,
    /// Stages of the scan that are done.
    pub stages_done: usize,
    /// The last id of the stage that is under way.
    pub after: i64,
    /// Whether the scan came to its end.
    pub is_scanned: bool,
    /// What was counted.
    pub counts: BTreeMap<Attachment, Counts>,
    /// Bytes of the file of findings that belong to this state.
    pub found_bytes: u64,
    /// The journal of changes, if some were begun and are not finished.
    pub journal: Option<PathBuf>,
}

/// The directory, held by one run at a time.
#[derive(Debug)]
pub struct StateDirectory {
    path: PathBuf,
    found: File,
    _lock: File,
}

impl StateDirectory {
    /// Makes the directory if it is not there, and holds it.
    pub fn open(path: &Path) -> Result<Self, RecoverError> {
        let lock = hold(path, LOCK)?;
        let found = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(FOUND))
            .map_err(RecoverError::file(format!("cannot open {}", path.join(FOUND).display())))?;
        Ok(Self { path: path.to_owned(), found, _lock: lock })
    }

    /// Where the findings are, for people and programs.
    pub fn found_path(&self) -> PathBuf {
        self.path.join(FOUND)
    }

    /// A new journal's place.
    pub fn journal_path(&self, unix_millis: i64) -> PathBuf {
        self.path.join(format!("journal-{unix_millis}.jsonl"))
    }

    /// The state of the last run; none if there was none, or one of another format.
    pub fn load(&self) -> Result<Option<Memory>, RecoverError> {
        let path = self.path.join(STATE);
        let failed = || RecoverError::file(format!("cannot read {}", path.display()));
        let bytes = match File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed()(error)),
            Ok(file) => {
                let mut bytes = Vec::new();
                let mut file = std::io::Read::take(file, WATCH_STATE_BYTES_MAX);
                std::io::Read::read_to_end(&mut file, &mut bytes).map_err(failed())?;
                bytes
            }
        };
        let memory: Memory =
            serde_json::from_slice(&bytes).map_err(|error| failed()(error.into()))?;
        Ok(Some(memory).filter(|memory| memory.schema == SCHEMA))
    }

    /// Replaces the state at once; the findings that it counts are on the disk before.
    pub fn save(&self, memory: &mut Memory) -> Result<(), RecoverError> {
        memory.schema = SCHEMA;
        let path = self.path.join(STATE);
        let failed = || RecoverError::file(format!("cannot write {}", path.display()));
        self.found.sync_data().map_err(failed())?;
        let text = serde_json::to_vec_pretty(memory).map_err(|error| failed()(error.into()))?;
        replace(&path, &text, &Appearance::with_mode(0o600)).map_err(failed())
    }

    /// Reads the findings that belong to a state; what a crash wrote behind them goes.
    pub fn findings(&mut self, memory: &Memory) -> Result<Vec<Finding>, RecoverError> {
        let path = self.found_path();
        let failed = || RecoverError::file(format!("cannot read {}", path.display()));
        self.found.set_len(memory.found_bytes).map_err(failed())?;
        self.found.seek(SeekFrom::Start(0)).map_err(failed())?;
        let mut findings = Vec::new();
        for line in BufReader::new(&self.found).lines() {
            let line = line.map_err(failed())?;
            findings.push(serde_json::from_str(&line).map_err(|error| failed()(error.into()))?);
        }
        self.found.seek(SeekFrom::End(0)).map_err(failed())?;
        Ok(findings)
    }

    /// Adds findings, and counts their bytes.
    pub fn append(&mut self, memory: &mut Memory, some: &[Finding]) -> Result<(), RecoverError> {
        let path = self.found_path();
        let failed = || RecoverError::file(format!("cannot write {}", path.display()));
        let mut text = Vec::new();
        for finding in some {
            serde_json::to_writer(&mut text, finding).map_err(|error| failed()(error.into()))?;
            text.push(b'\n');
        }
        self.found.write_all(&text).map_err(failed())?;
        memory.found_bytes += u64::try_from(text.len()).unwrap_or(0);
        Ok(())
    }
}

/// More is in trouble than one run can hold.
pub fn too_many(count: usize) -> Result<(), RecoverError> {
    if count <= RECOVER_FINDINGS_MAX {
        return Ok(());
    }
    Err(RecoverError::Refused(format!(
        "more than {RECOVER_FINDINGS_MAX} files are in trouble; take one kind at a time with --only"
    )))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::recover::fate::Why;

    fn finding(id: i64) -> Finding {
        Finding {
            attachment: Attachment::Avatar,
            grade: Grade::Dead,
            fate: Fate::Lost(Why::Local),
            rank: 3,
            lost: vec![LostKey { style: "original".into(), key: format!("a/{id}") }],
            row: FileRow { id, ..FileRow::default() },
        }
    }

    #[test]
    fn a_crash_loses_only_what_was_not_saved() {
        let place = TempDir::new().unwrap();
        let mut directory = StateDirectory::open(place.path()).unwrap();
        assert_eq!(directory.load().unwrap(), None);
        let mut memory = Memory { after: 7, bucket: "b".into(), ..Memory::default() };
        directory.append(&mut memory, &[finding(1), finding(2)]).unwrap();
        directory.save(&mut memory).unwrap();
        let saved = memory.clone();
        directory.append(&mut memory, &[finding(3)]).unwrap();
        drop(directory);

        let mut directory = StateDirectory::open(place.path()).unwrap();
        let memory = directory.load().unwrap().unwrap();
        assert_eq!(memory, saved);
        assert_eq!(directory.findings(&memory).unwrap(), [finding(1), finding(2)]);
        let mut memory = memory;
        directory.append(&mut memory, &[finding(4)]).unwrap();
        let all = directory.findings(&memory).unwrap();
        assert_eq!(all, [finding(1), finding(2), finding(4)]);
    }

    #[test]
    fn one_run_at_a_time() {
        let place = TempDir::new().unwrap();
        let held = StateDirectory::open(place.path()).unwrap();
        let error = StateDirectory::open(place.path()).unwrap_err();
        assert!(error.to_string().contains("another run"), "{error}");
        drop(held);
        assert!(StateDirectory::open(place.path()).is_ok());
    }

    #[test]
    fn another_format_is_no_state() {
        let place = TempDir::new().unwrap();
        let directory = StateDirectory::open(place.path()).unwrap();
        directory.save(&mut Memory::default()).unwrap();
        let path = place.path().join(STATE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"schema\": 1", "\"schema\": 99")).unwrap();
        assert_eq!(directory.load().unwrap(), None);
        std::fs::write(&path, "{").unwrap();
        assert!(directory.load().is_err());
    }
}
