//! What a run leaves for the next one: a JSON file in the state directory, and a lock beside it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use model::limits::WATCH_STATE_BYTES_MAX;
use serde::{Deserialize, Serialize};

use super::alarm::Undelivered;
use super::memory::Memory;
use super::result::CheckName;
use crate::files::{self, Appearance};

/// The format of the file; another one is not read.
const SCHEMA: u32 = 1;
const STATE: &str = "watch.json";
const LOCK: &str = "watch.lock";

/// What is remembered between runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    schema: u32,
    /// Each check that ran.
    pub checks: BTreeMap<CheckName, Memory>,
    /// Where the next sweep over the pictures begins, if one run does not look at all: the id of the last
    /// account that was looked at; without a database, how many pictures of the list were.
    pub pictures_after: i64,
    /// Notices that a channel did not take yet.
    pub undelivered: Vec<Undelivered>,
}

impl Default for State {
    fn default() -> Self {
        Self { schema: SCHEMA, checks: BTreeMap::new(), pictures_after: 0, undelivered: Vec::new() }
    }
}

/// The directory of the state, held by one run at a time.
pub struct StateDirectory {
    path: PathBuf,
    _lock: File,
}

/// Why there is no state directory.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another run holds it.
    #[error("another run is at work in `{0}`")]
    Busy(PathBuf),
    /// It cannot be used.
    #[error("cannot use the state directory `{path}`: {error}")]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// What the state file said.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// There was none.
    New,
    /// It was read.
    Known,
    /// It could not be read and was put aside; nothing is known of earlier runs.
    Unreadable {
        /// Where it lies now.
        kept_as: PathBuf,
        /// What was wrong.
        why: String,
    },
}

impl StateDirectory {
    /// Makes the directory if it is not there, and holds it.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Ok(Self { path: path.to_owned(), _lock: hold(path, LOCK)? })
    }

    /// Reads the state. A file that cannot be read is kept under another name.
    pub fn load(&self) -> io::Result<(State, Loaded)> {
        let path = self.path.join(STATE);
        let mut text = String::new();
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((State::default(), Loaded::New));
            }
            Err(error) => return Err(error),
            Ok(file) => match file.take(WATCH_STATE_BYTES_MAX).read_to_string(&mut text) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => text.clear(),
                Err(error) => return Err(error),
            },
        }
        let why = match serde_json::from_str::<State>(&text) {
            Ok(state) if state.schema == SCHEMA => return Ok((state, Loaded::Known)),
            Ok(state) => format!("it has format {}, and this program reads {SCHEMA}", state.schema),
            Err(error) => error.to_string(),
        };
        let kept_as = self.path.join("watch.json.unreadable");
        std::fs::rename(&path, &kept_as)?;
        Ok((State::default(), Loaded::Unreadable { kept_as, why }))
    }

    /// Replaces the state at once: whoever reads the file sees the old one or the new one.
    pub fn save(&self, state: &State) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(state)?;
        text.push(b'\n');
        files::replace(&self.path.join(STATE), &text, &Appearance::with_mode(0o600))
    }
}

/// Makes a directory if it is not there, and holds the lock in it until the file is dropped.
pub(crate) fn hold(directory: &Path, lock: &str) -> Result<File, StateError> {
    let unusable = |error| StateError::Unusable { path: directory.to_owned(), error };
    std::fs::create_dir_all(directory).map_err(unusable)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    let file = options.open(directory.join(lock)).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::Busy(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let directory = TempDir::new().unwrap();
        let held = StateDirectory::open(directory.path()).unwrap();
        assert_eq!(held.load().unwrap(), (State::default(), Loaded::New));
        let state = State { pictures_after: 7, ..State::default() };
        held.save(&state).unwrap();
        assert_eq!(held.load().unwrap(), (state, Loaded::Known));
    }

    #[test]
    fn one_run_at_a_time() {
        let directory = TempDir::new().unwrap();
        let held = StateDirectory::open(directory.path()).unwrap();
        assert!(matches!(StateDirectory::open(directory.path()), Err(StateError::Busy(_))));
        drop(held);
        assert!(StateDirectory::open(directory.path()).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_put_aside() {
        let other = serde_json::to_string(&State { schema: 99, ..State::default() }).unwrap();
        for text in [b"{".as_slice(), b"\xff\xfe", other.as_bytes()] {
            let directory = TempDir::new().unwrap();
            let held = StateDirectory::open(directory.path()).unwrap();
            std::fs::write(directory.path().join(STATE), text).unwrap();
            let (state, loaded) = held.load().unwrap();
            assert_eq!(state, State::default());
            let Loaded::Unreadable { kept_as, .. } = loaded else { panic!("{loaded:?}") };
            assert_eq!(std::fs::read(kept_as).unwrap(), text);
            assert_eq!(held.load().unwrap().1, Loaded::New);
        }
    }
}
