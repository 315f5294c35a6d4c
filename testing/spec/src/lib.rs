//! The access rules of S3 a second time, written from `access-control.md` and from nothing else.
//!
//! Each rule is a line or a small function that quotes its id. There is no cleverness, no caching
//! and no explanation here: the only question is whether a request is allowed, and with which code
//! it is refused. `tests/` compares the answers with those of the crate `authz`, which was written
//! apart from this one; where the two differ, one of them has misread the specification.
//!
//! The way through: [`world`] has the nouns, [`policy`] the statements of §5, [`acl`] the grants of
//! §2, [`ownership`] §3, [`needs`] the table of §5.9, and [`decide`](decide()) the order of §6.3
//! and §12.1. [`management`] is about calls of other services than S3.
//!
//! What is deliberately not here: the syntax of policies, ACLs and headers, messages, and whatever
//! looks at more than one request. From the crate `model` come names only, no rule.

pub mod acl;
mod decide;
pub mod management;
pub mod needs;
pub mod ownership;
pub mod policy;
pub mod world;

pub use decide::decide;
