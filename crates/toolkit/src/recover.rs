//! Brings back what broke while uploads failed: finds rows whose objects are gone, and makes the
//! application fetch them again. Mastodon only.
//!
//! [`scan`] finds, [`fate`] says what is to be done, [`apply`] does it: objects that can be brought back
//! as they were come first, then references are emptied so that the application's own workers fetch the
//! files again. Nothing is emptied before [`controls`] have shown that "missing" means missing, before an
//! upload as the application makes it works, and before the [`journal`] has what was there.

pub mod applied;
pub mod apply;
pub mod breaker;
pub mod bring_back;
pub mod canary;
pub mod controls;
pub mod domains;
pub mod fate;
pub mod journal;
pub mod listing;
pub mod look;
pub mod memory;
pub mod pacing;
pub mod progress;
pub mod queue;
pub mod report;
pub mod rows;
pub mod run;
pub mod scan;
pub mod undo;

use std::collections::BTreeSet;

use model::Timestamp;

use self::breaker::{Breaker, Tripped};
use self::fate::LocalPictures;
use self::progress::{Listener, Progress, Stop};
use crate::application::Application;
use crate::database::{Connection, DatabaseError};
use crate::doctor::sidekiq::SidekiqError;
use crate::profiles::mastodon::keys::Attachment;
use crate::s3::S3Client;
use crate::watch::state::StateError;

/// What the operator wants.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kinds of files.
    pub only: BTreeSet<Attachment>,
    /// What becomes of local avatars and headers that are lost.
    pub local: LocalPictures,
    /// Whether pictures that were pruned are fetched again too.
    pub includes_pruned: bool,
    /// How much may be missing.
    pub breaker: Breaker,
    /// Take 403 for missing.
    pub refused_is_missing: bool,
    /// How objects are looked for.
    pub method: listing::Method,
    /// How old remote media may be to be fetched before somebody looks at them.
    pub recent_days: u32,
    /// How jobs are spread.
    pub pace: pacing::Pace,
    /// How long the first jobs are waited for.
    pub canary_seconds: u64,
}

/// What every step has at hand.
pub struct Recovery<'a> {
    /// The application.
    pub application: &'a Application,
    /// Its bucket, asked with its own credentials.
    pub client: &'a S3Client,
    /// Its database.
    pub connection: &'a Connection,
    /// What is wanted.
    pub options: &'a Options,
    /// Who is told how far it is.
    pub listener: Listener,
    /// Whether to end early.
    pub stop: Stop,
}

impl Recovery<'_> {
    /// `S3_KEY_PREFIX`.
    pub fn key_prefix(&self) -> Option<String> {
        self.application.layers.non_empty("S3_KEY_PREFIX")
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.client.now()
    }

    /// Tells how far it is.
    pub fn tell(&self, progress: Progress) {
        (self.listener)(progress);
    }

    /// An error if somebody asked to end.
    pub fn go_on(&self) -> Result<(), RecoverError> {
        if self.stop.is_asked() { Err(RecoverError::Interrupted) } else { Ok(()) }
    }
}

/// Why a run ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// A safety rule says no.
    #[error("{0}")]
    Refused(String),
    /// So much is missing that something else must be wrong.
    #[error("{0}")]
    TooMuch(Tripped),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Sidekiq's Redis.
    #[error("Sidekiq's Redis: {0}")]
    Sidekiq(#[from] SidekiqError),
    /// The store gives no answer that one could rely on.
    #[error("{0}")]
    Store(String),
    /// The state directory.
    #[error(transparent)]
    State(#[from] StateError),
    /// A file of the tool's own.
    #[error("{what}: {error}")]
    File {
        /// Which, and what was done with it.
        what: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// Somebody asked to end.
    #[error("interrupted; what was done stays done")]
    Interrupted,
}

impl RecoverError {
    /// Whether a safety rule ended it.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooMuch(_))
    }

    /// An error of a file.
    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::File { what, error }
    }
}
