//! IAM: its nouns and its rules.
//!
//! What may be stored under which name, what a name may look like, what stands in the way of a
//! change. Every function works on a [`Directory`]: one account, within one transaction of the
//! store, so that a limit or conflict that was checked still holds when the change is written.
//!
//! What is deliberately not here: the store itself, clocks, random numbers, the wire, and whether
//! the caller may do it (crate `authz`, asked by the gate in `ops`).

pub mod access_key;
pub mod account;
pub mod analyzer;
pub mod attachment;
pub mod aws_managed;
pub mod bearer;
pub mod boundary;
pub mod entity;
pub mod error;
pub mod group;
pub mod identity;
pub mod inline_policy;
pub mod managed_policy;
pub mod oidc_provider;
pub mod page;
pub mod policy_document;
mod tables;
pub mod tag;
pub mod validate;

pub use entity::{
    AccessKey, AccountSettings, Identity, ManagedPolicy, OpenIdConnectProvider, PolicyVersion,
    RoleDetail, Tag,
};
pub use error::{IamError, IamErrorCode};
pub use page::{Page, PageRequest};
pub use tables::{Directory, Tables};
