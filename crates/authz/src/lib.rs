//! How Amazon S3 decides. One pure function, [`decide`](decide()), says for every request whether
//! it is allowed and which rule said so.
//!
//! Nothing here does I/O, reads a clock or can fail: everything that a decision rests on arrives
//! as [`Request`] and [`Facts`]. What is unknown or absent never allows anything.
//!
//! The management APIs are decided by [`decide_api`] from the same policies, and who may assume a
//! role by [`may_assume_role`]. `simulate` says what would be decided, and by which statements;
//! `checks` compares what policies allow.
//!
//! The way through the modules: `operations` says which actions an operation needs, `order` decides
//! one action (§6.3) with the help of `sources`, `agreement`, `acl`, `ownership` and
//! `public_access`, `decide` puts the stages of §12.1 in order, `trace` and `refusal` tell the result. `admission` answers
//! the other question: may this ACL or setting be stored?

mod acl;
mod action;
pub mod admission;
pub mod advice;
mod agreement;
pub mod api;
pub mod checks;
mod context;
mod decide;
mod facts;
mod lock;
mod operations;
mod order;
pub mod ownership;
pub mod policy;
mod public_access;
pub mod reach;
mod refusal;
mod request;
pub mod simulate;
mod sources;
pub mod switches;
mod trace;
pub mod trust;

pub use action::{Action, ResourceType};
pub use api::{ApiDecision, ApiFacts, ApiRefusal, ApiRequest, decide_api};
pub use context::{ConditionKey, ContextSource, ContextValue, NoContext, ValueType};
pub use decide::{Decision, Verdict, decide, needs_object};
pub use facts::{BucketFacts, Facts, IdentityFacts, ObjectFacts, UploadFacts};
pub use lock::under_lock;
pub use operations::{ActionSet, required_actions};
pub use policy::{Policy, user_id};
pub use refusal::{Cause, Refusal, Source};
pub use request::{Asks, Request, Side};
pub use switches::Switches;
pub use trace::{Rule, Step, StepOutcome, Subject, TRACE_STEPS_MAX, Trace};
pub use trust::{RoleFacts, RoleRequest, may_assume_role};
