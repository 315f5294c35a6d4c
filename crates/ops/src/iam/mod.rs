//! What the actions of IAM do.
//!
//! Each passes the gate with the name of its action and its [`Target`], and then runs the rules of
//! the crate `iam` inside one transaction of the store, on the account that the target lies in.

pub mod access_key;
pub mod account;
pub mod attachment;
mod call;
pub mod group;
pub mod identity;
pub mod inline_policy;
pub mod managed_policy;
pub mod oidc_provider;
pub mod simulation;
pub mod tag;
mod target;

pub use self::call::ApiCall;
pub(crate) use self::call::{Asked, CallContext, OwnValues, resource_tags};
pub use self::target::Target;
