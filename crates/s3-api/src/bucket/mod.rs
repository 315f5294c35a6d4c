//! Operations on buckets, one file a subject.

pub(crate) mod acl;
pub(crate) mod configurations;
pub(crate) mod cors;
pub(crate) mod create;
pub(crate) mod encryption;
pub(crate) mod lifecycle;
pub(crate) mod list;
pub(crate) mod logging;
pub(crate) mod notification;
pub(crate) mod object_lock;
pub(crate) mod ownership;
pub(crate) mod policy;
pub(crate) mod public_access;
pub(crate) mod replication;
pub(crate) mod request_payment;
pub(crate) mod tagging;
pub(crate) mod version_listing;
pub(crate) mod versioning;
pub(crate) mod website;
