//! The adviser about buckets of any S3 endpoint: what the server finds out about its own buckets is asked
//! for here, and decided about by the same functions.
//!
//! A remote bucket is looked at once, into a [`Census`]; everything else is read from there.

mod account;
mod acl;
mod apply;
mod census;
mod disable_acls;
mod logs;
mod parallel;
mod policy;
mod public_access;
mod remote;
mod walk;

use std::io;

pub use self::account::{AccountPublicAccess, caller_account};
pub use self::apply::{apply, undo};
pub use self::census::{Census, CensusHead};
pub use self::disable_acls::disable_acls;
pub use self::logs::{LogSource, LogsRead, read_logs};
pub use self::policy::policy_findings;
pub use self::public_access::{PublicAccessPlace, block_public_access, set_public_access};
pub use self::remote::RemoteBucket;
pub use self::walk::{Progress, WalkOptions, walk};
use crate::http::Exchange;

/// Why there is no advice, or something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdviseError {
    /// The store would not.
    #[error("{what}: {}", exchange.result())]
    Refused {
        /// What was asked for.
        what: String,
        /// What came back.
        exchange: Box<Exchange>,
    },
    /// The store answers what nobody can use.
    #[error("{0}")]
    Unusable(String),
    /// A file cannot be read or written.
    #[error("{what}: {error}")]
    File {
        /// Which.
        what: String,
        /// What the system says.
        error: io::Error,
    },
    /// Something failed, and what was done before it is undone.
    #[error("{0}; what was done before is undone")]
    Undone(Box<AdviseError>),
    /// Something failed, and so did undoing what was done before it.
    #[error("{0}; and undoing what was done before failed: {1}")]
    HalfDone(Box<AdviseError>, Box<AdviseError>),
}

impl AdviseError {
    fn refused(what: impl Into<String>, exchange: Exchange) -> Self {
        Self::Refused { what: what.into(), exchange: Box::new(exchange) }
    }

    fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| Self::File { what, error }
    }
}
