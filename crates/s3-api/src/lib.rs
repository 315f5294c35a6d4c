//! S3 on the wire: the only crate that knows the HTTP requests and documents of S3.
//!
//! A request passes [`service`]: limits, [`resolve`], [`authenticate`], [`router`], then the handler
//! of its operation, which turns headers and documents into the input of an operation of `ops` and
//! its output into a response. Nothing here decides about access or touches storage.

mod access_log;
mod answer;
mod api;
mod authenticate;
pub mod body;
mod bucket;
pub mod console;
mod context;
mod decision_log;
mod document;
pub mod endpoints;
mod error;
pub mod forwarded;
#[doc(hidden)]
pub mod fuzzing;
mod handlers;
mod head;
mod headers;
pub mod metrics;
mod object;
pub mod origin;
pub mod provider_client;
mod query;
mod resolve;
mod router;
mod s3_control;
pub mod server;
pub mod service;
mod time;
pub mod tls;
mod upload;
pub mod website;
mod xml;
