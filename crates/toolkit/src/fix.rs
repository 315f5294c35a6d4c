//! Mends what an examination found: the application's file, or its bucket.

pub mod bucket;
pub mod diff;
pub mod environment;
pub mod file;
pub mod plan;
mod proof;
pub mod yaml;

pub use plan::{Change, Plan, Wanted};
