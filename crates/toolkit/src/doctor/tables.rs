//! The decision tables: from answers to what they mean. Pure functions; each row is a test.

pub mod acl;
pub mod anonymous;
pub mod endpoint;
pub mod public_access;
