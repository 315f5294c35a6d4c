//! The destinations of event notifications: how a message gets there.
//!
//! The operator names every destination, so private addresses are allowed; accounts only choose among
//! them. What is deliberately not here: the queue, retries, and what a message says (crate `ops`).

mod nats;
mod redis;
mod secret;
mod tls;
mod webhook;

pub use nats::{Nats, NatsSettings};
pub use redis::{Redis, RedisCommand, RedisSettings};
pub use secret::Secret;
pub use tls::TlsClient;
pub use webhook::{Webhook, WebhookSettings};

/// Why a destination cannot be set up. Says nothing of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError(pub String);

impl std::fmt::Display for SetupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetupError {}
