//! Where the master key of a store comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{MasterKey, MasterKeyError};

/// Name of the key file in the data directory.
const FILE_NAME: &str = "master.key";

/// Where a master key is.
#[derive(Clone, Debug, Default)]
pub enum MasterKeySource {
    /// In the data directory, where the first start makes it.
    #[default]
    DataDirectory,
    /// In a file elsewhere, which is there before the store is.
    File(PathBuf),
    /// In the settings.
    Given(MasterKey),
}

/// Which master keys a store may be opened with.
#[derive(Clone, Debug, Default)]
pub struct MasterKeySettings {
    /// The key that seals.
    pub source: MasterKeySource,
    /// The key before it: what it sealed is sealed anew when the store is opened.
    pub previous: Option<MasterKeySource>,
    /// What to do if neither is the key of the store.
    pub on_mismatch: OnMismatch,
}

/// What to do with a store that was sealed with another master key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMismatch {
    /// Do not open it.
    #[default]
    Refuse,
    /// Open it: what the other key sealed cannot be used.
    Accept,
}

impl MasterKeySource {
    /// The file in this data directory that holds the key, or would.
    pub fn file_in(directory: &Path) -> PathBuf {
        directory.join(FILE_NAME)
    }

    /// The name of that file, which it has in backups too.
    pub fn file_name() -> &'static str {
        FILE_NAME
    }

    /// Reads the key of a store that exists already.
    pub fn load(&self, directory: &Path) -> Result<MasterKey, MasterKeyError> {
        match self {
            Self::DataDirectory => MasterKey::load(&Self::file_in(directory)),
            Self::File(path) => MasterKey::load(path),
            Self::Given(key) => Ok(key.clone()),
        }
    }

    /// Reads the key of a store that is made now. Only the key in the data directory is made with it:
    /// whoever names another place has a key there, and a misspelt name must not make one.
    pub fn load_or_create(&self, directory: &Path) -> Result<MasterKey, MasterKeyError> {
        match self {
            Self::DataDirectory => MasterKey::load_or_create(&Self::file_in(directory)),
            Self::File(_) | Self::Given(_) => self.load(directory),
        }
    }

    /// Whether the key is somewhere else than in the data directory.
    pub fn is_elsewhere(&self) -> bool {
        !matches!(self, Self::DataDirectory)
    }
}

/// The place, for messages.
impl fmt::Display for MasterKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataDirectory => write!(f, "`{FILE_NAME}` in the data directory"),
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Given(_) => f.write_str("the settings"),
        }
    }
}
