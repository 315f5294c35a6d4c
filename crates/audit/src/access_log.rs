//! Server access logs (§9).

pub mod key;
pub mod line;
pub mod operation;
pub mod record;
pub mod spool;
