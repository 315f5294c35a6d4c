//! IAM on the wire, without HTTP.
//!
//! A call arrives as decoded parameters of a caller who is known, and leaves as status, content
//! type and body. [`service`] lists the APIs, each with a table of its actions; an action reads its
//! parameters, asks `ops` and writes its document. Nothing here decides about access.

mod actions;
pub mod analyzer;
mod answer;
mod call;
pub mod decisions;
pub mod organizations;
pub mod parameters;
pub mod refusal;
pub mod service;
mod xml;

pub use answer::Answer;
pub use call::Call;
pub use parameters::Parameters;
pub use service::{Action, Service, answer};
