//! Operations on buckets, one file a subject.

pub mod acl;
pub mod configurations;
pub mod cors;
pub mod create;
pub mod encryption;
pub mod lifecycle;
pub mod list;
pub mod logging;
pub mod notification;
pub mod object_lock;
pub mod ownership;
pub mod policy;
pub mod public_access;
pub mod replication;
pub mod request_payment;
pub mod tagging;
pub mod version_listing;
pub mod versioning;
pub mod website;
