//! Operations on objects, one file a subject.

pub(crate) mod acl;
pub(crate) mod attributes;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod object_lock;
pub(crate) mod post;
pub(crate) mod put;
pub(crate) mod tagging;
