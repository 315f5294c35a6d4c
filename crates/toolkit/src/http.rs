//! HTTP as the tools speak it: one exchange at a time, each of them kept as evidence.
//!
//! A failed connection is no less evidence than an answer, so [`Transport::send`] always returns an
//! [`Exchange`].

mod body;
mod connect;
mod exchange;
mod request;
mod transport;

pub use exchange::{Answer, Exchange, Failure, FailureKind, Timing};
pub use request::{HttpRequest, WhereTo};
pub(crate) use transport::describe;
pub use transport::{Timeouts, Transport, TransportError};
