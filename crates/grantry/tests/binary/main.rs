//! The real binary, started in temporary directories.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends; clippy sees tests only in functions marked as such"
)]

mod accounts;
mod choices;
mod client;
mod connections;
mod forwarded;
mod harness;
mod hostile;
mod http2;
mod model;
mod regressions;
mod serve;
mod tls;
mod upkeep;
