//! Where events go: what the operator has set up.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use model::AccountId;

/// The name of the destination that `EventBridgeConfiguration` means.
pub const EVENT_BUS: &str = "event-bus";

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same for every attempt to send the event, and for no other event.
    pub id: String,
    /// JSON.
    pub body: String,
}

/// The outcome of an attempt; the error goes to the log and to the queue.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Sends messages. Implemented outside of this crate, which knows no network.
pub trait Sender: Send + Sync + 'static {
    /// Sends a message; it is done when the destination has said that it has it. Must end by itself.
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a>;
}

/// A destination.
#[derive(Clone)]
pub struct Destination {
    /// The last part of its ARN.
    pub name: String,
    /// Whose buckets may use it; none for everybody's.
    pub accounts: Option<Vec<AccountId>>,
    /// After how many attempts an event is given up.
    pub attempts_max: u32,
    /// At which age an event is given up.
    pub age_max: Duration,
    /// How events get there.
    pub sender: Arc<dyn Sender>,
}

impl Destination {
    /// Whether buckets of this account may use it.
    pub(super) fn serves(&self, account: AccountId) -> bool {
        self.accounts.as_ref().is_none_or(|accounts| accounts.contains(&account))
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// All destinations.
#[derive(Clone, Debug, Default)]
pub struct Destinations(Arc<[Destination]>);

impl Destinations {
    /// These destinations, whose names differ.
    pub fn new(destinations: Vec<Destination>) -> Self {
        Self(destinations.into())
    }

    /// The destinations.
    pub(super) fn all(&self) -> &[Destination] {
        &self.0
    }

    /// The destination with this name.
    pub(super) fn find(&self, name: &str) -> Option<&Destination> {
        self.0.iter().find(|destination| destination.name == name)
    }
}
