//! The decision log: how each request was decided, and on which facts.
//!
//! A decision is a pure function of a request and of facts. A record has the request, the object's
//! facts and the trace; the settings of the bucket and the policies of the caller are *snapshots*,
//! which a file holds once and records name by their digest. So an old record can be explained with
//! the statement as it was then, and decided again against today's rules.
//!
//! Nothing that a signature is made from is ever recorded: no secret, no signature, no token.

mod call;
mod decided;
mod frame;
mod log;
mod outcome;
mod reader;
mod record;
mod replay;
mod snapshot;
mod steps;
mod stored;
#[cfg(test)]
mod tests;

pub use self::call::{AskedCall, DecidedCall, DecidedRole, RecordedCall, RecordedRole};
pub use self::decided::{Conclusion, Decided, Snapshots, Undecided};
pub use self::log::{DecisionLog, DecisionLogCounts, DecisionLogError, DecisionLogOptions, Kept};
pub use self::outcome::Outcome;
pub use self::reader::{Filter, Found, records, search};
pub use self::record::{Record, RecordedLock, RecordedObject};
pub use self::replay::{RecordedContext, Replay, iso8601};
pub use self::snapshot::{BucketSnapshot, CallerSnapshot, PolicyOrigin, Snapshot, SnapshotId};
