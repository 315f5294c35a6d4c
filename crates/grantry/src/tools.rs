//! The operator's tools: what they are asked for, and how they answer.

pub(crate) mod application;
pub(crate) mod arguments;
mod doctor;
mod fix;
mod generate;
pub(crate) mod recover;
mod terminal;
pub(crate) mod watch;

pub(crate) use doctor::run as doctor;
pub(crate) use fix::run as fix;
pub(crate) use generate::{completions, man};
pub(crate) use recover::run as recover;
pub(crate) use watch::run as watch;

/// The tool could not do its work: a configuration that cannot be read, an application without S3.
pub(crate) const EXIT_CANNOT: u8 = 3;
