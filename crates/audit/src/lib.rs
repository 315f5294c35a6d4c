//! What happened: records of requests, and where they wait until they are delivered.
//!
//! Nothing here decides, delivers or knows HTTP. Whoever answered a request describes it as an
//! [`AccessLogRecord`]; the [`Spool`] keeps the lines until they are written into the target bucket.
//! The [`decision_log`] keeps how requests were decided.

pub mod access_log;
pub mod decision_log;

pub use access_log::key::{LogObject, PartitionDay};
pub use access_log::record::AccessLogRecord;
pub use access_log::spool::{SealedLog, Spool, SpoolError, SpooledRecord};
