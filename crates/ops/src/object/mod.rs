//! Operations on objects, one file a subject.

pub mod acl;
pub(crate) mod body;
pub mod conditions;
pub mod copy;
pub mod delete;
mod description;
pub(crate) mod digest;
pub mod get;
pub(crate) mod md5;
pub mod object_lock;
pub mod put;
pub mod tagging;
mod versioned;

pub use body::{BodyLength, BodySource, DeclaredIntegrity};
pub use conditions::Conditions;
pub use description::Description;
pub use versioned::VersionedRecord;
