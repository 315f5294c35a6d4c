//! Errors as the person at the terminal reads them.

use std::fmt;

/// Something did not work.
pub(crate) const EXIT_FAILURE: u8 = 1;
/// The command line or a setting is wrong; the same as clap's own.
pub(crate) const EXIT_USAGE: u8 = 2;

/// What failed, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    what: String,
    why: String,
    next: Option<String>,
    /// Exit code of the process.
    pub(crate) exit_code: u8,
}

impl Failure {
    /// Something did not work.
    pub(crate) fn new(what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { what: what.into(), why: why.to_string(), next: None, exit_code: EXIT_FAILURE }
    }

    /// A setting is wrong.
    pub(crate) fn usage(what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { exit_code: EXIT_USAGE, ..Self::new(what, why) }
    }

    /// The same with another exit code.
    #[must_use]
    pub(crate) fn exit_code(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    /// Adds the next step.
    #[must_use]
    pub(crate) fn next(mut self, step: impl Into<String>) -> Self {
        self.next = Some(step.into());
        self
    }
}

/// `what failed: why`, and the next step on a line of its own.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        match &self.next {
            Some(step) => write!(f, "\n  {step}"),
            None => Ok(()),
        }
    }
}
