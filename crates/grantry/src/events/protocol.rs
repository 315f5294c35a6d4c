//! Requests about the queue of events and their answers, as they pass the control socket, and as
//! `--json` prints them: fields may be added, none renamed or removed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a command wants.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// `events list`
    Destinations,
    /// A page of `events list DESTINATION`
    Page {
        /// The destination.
        destination: String,
        /// Whether those that were given up are meant, and not those that wait.
        dead: bool,
        /// Number of the event behind which the page begins.
        after: i64,
    },
    /// `events show`
    Show {
        /// Number or id of the message.
        id: String,
    },
    /// `events retry ID` and `events forget ID`
    Resolve {
        /// Number or id of the message.
        id: String,
        /// What is to become of it.
        resolution: Resolution,
    },
    /// A page of `events retry --all` and `events forget --all`
    ResolvePage {
        /// The destination.
        destination: String,
        /// Number of the event behind which the page begins.
        after: i64,
        /// What is to become of them.
        resolution: Resolution,
    },
}

/// What is to become of events that were given up.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Resolution {
    /// They wait again.
    Retry,
    /// They are forgotten.
    Forget,
}

/// What a request was answered with.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// All destinations.
    Destinations(Vec<Queue>),
    /// A page; empty at the end.
    Page(Vec<Entry>),
    /// One event with its message.
    Event(Box<Shown>),
    /// Events have met their fate.
    Resolved {
        /// How many.
        events: u64,
        /// Where the next page begins; none at the end.
        next: Option<i64>,
    },
}

/// The queue of a destination.
#[derive(Serialize, Deserialize)]
pub(crate) struct Queue {
    /// Its name.
    pub(crate) destination: String,
    /// Whether the settings name it.
    pub(crate) set_up: bool,
    /// Events that wait.
    pub(crate) waiting: u64,
    /// When the oldest of them began to wait, RFC 3339.
    pub(crate) oldest: Option<String>,
    /// Events that were given up and are kept.
    pub(crate) dead: u64,
}

/// An event that waits or was given up.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) number: i64,
    /// `x-grantry-event-id` of its messages.
    pub(crate) message_id: String,
    /// Whom it is for.
    pub(crate) destination: String,
    /// `waiting` or `dead`.
    pub(crate) state: String,
    /// As `ObjectCreated:Put`; none if the event is damaged.
    pub(crate) event: Option<String>,
    /// The bucket.
    pub(crate) bucket: Option<String>,
    /// The key.
    pub(crate) key: Option<String>,
    /// The version.
    pub(crate) version: Option<String>,
    /// When it happened, RFC 3339.
    pub(crate) time: Option<String>,
    /// When it began to wait, RFC 3339.
    pub(crate) queued: String,
    /// It is not sent before this, RFC 3339; none if it was given up.
    pub(crate) due: Option<String>,
    /// Attempts that have failed.
    pub(crate) attempts: u32,
    /// When it was given up, RFC 3339.
    pub(crate) died: Option<String>,
    /// What the last attempt met.
    pub(crate) error: Option<String>,
}

/// One event in full.
#[derive(Serialize, Deserialize)]
pub(crate) struct Shown {
    /// The event.
    #[serde(flatten)]
    pub(crate) event: Entry,
    /// The body of its messages.
    pub(crate) message: Option<Value>,
}
