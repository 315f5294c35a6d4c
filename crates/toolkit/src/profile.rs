//! Profiles: how one application is configured, and what it sends.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::application::{Application, Version};
use crate::config::{Layer, ReadError};

/// What the operator gave, and what the machine knows.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The application's configuration file; the profile's usual place without.
    pub file: Option<PathBuf>,
    /// Sources that are stronger than every file, the strongest first: the environment of the running
    /// service, and what the operator overrides on the command line.
    pub stronger: Vec<Layer>,
    /// What the operator says on the command line, by flag: `endpoint`, `bucket`, `region`,
    /// `access-key-id`, `secret-access-key`, `session-token`, `acl`, `public-url`, `addressing`,
    /// `prefix`, `web-url`.
    pub flags: BTreeMap<String, String>,
    /// The application's version, if the operator says it.
    pub version: Option<Version>,
}

impl Inputs {
    /// A flag that was given.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.get(name).map(String::as_str)
    }
}

/// Why a profile cannot say what the application does.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The application keeps its files elsewhere.
    #[error("{0}")]
    NotS3(String),
    /// A setting that is needed is not there.
    #[error("`{name}` is not set: {hint}")]
    Missing {
        /// The setting.
        name: String,
        /// What to do.
        hint: String,
    },
    /// A setting that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// There is no such profile.
    #[error("there is no profile `{name}`; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The profiles.
        known: String,
    },
}

/// An application.
pub trait Profile: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;
    /// Its name for people.
    fn title(&self) -> &'static str;
    /// Other names on the command line.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }
    /// Where its configuration usually is, for the help text.
    fn configuration(&self) -> &'static str;
    /// Reads its configuration.
    fn load(&self, inputs: &Inputs) -> Result<Application, ProfileError>;
}
