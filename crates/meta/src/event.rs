//! Events: what somebody outside is told about a change, as a queue that is written together with
//! the change.

use model::{Timestamp, VersionId};

/// Which outcome of a write an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventCause {
    /// An object was written or changed.
    Written,
    /// A version was removed for good.
    Removed,
    /// A delete marker was added.
    Marked,
}

/// An event that is queued if the write that it comes with has the outcome that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The outcome.
    pub cause: EventCause,
    /// Who is told.
    pub destination: String,
    /// Now.
    pub queued: Timestamp,
    /// What is told, beside what only the write knows; the store does not read it.
    pub document: String,
}

/// The number of an event, in the order of the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub i64);

/// An event that waits, or that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Its number.
    pub id: EventId,
    /// Who is told.
    pub destination: String,
    /// Equal for all events of one change, greater for every later change.
    pub sequence: i64,
    /// The version that was written, removed or added.
    pub version: Option<VersionId>,
    /// When it was queued.
    pub queued: Timestamp,
    /// It is not sent before this.
    pub due: Timestamp,
    /// How often sending it has failed.
    pub attempts: u32,
    /// When it was given up.
    pub died: Option<Timestamp>,
    /// What the last attempt met.
    pub error: Option<String>,
    /// As in [`NewEvent::document`].
    pub document: String,
}

/// What became of an attempt to send an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventFate {
    /// The destination has it.
    Delivered,
    /// It failed and is tried again.
    Failed {
        /// When.
        due: Timestamp,
        /// What the attempt met.
        error: String,
    },
    /// It is given up.
    Died {
        /// Now.
        now: Timestamp,
        /// What the last attempt met.
        error: String,
    },
}

/// What the operator makes of an event that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadEventFate {
    /// It waits again, as if it were new.
    Retried {
        /// Now.
        now: Timestamp,
    },
    /// It is forgotten.
    Forgotten,
}

/// What became of some of the events that were given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResolvedEvents {
    /// How many have met their fate; others cannot be read.
    pub resolved: u64,
    /// The last one that was looked at; none if there is none.
    pub last: Option<EventId>,
}

/// How much waits for one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventCount {
    /// The destination.
    pub destination: String,
    /// Events that wait.
    pub waiting: u64,
    /// Events that were given up and are kept.
    pub dead: u64,
    /// When the oldest that waits was queued.
    pub oldest: Option<Timestamp>,
}

/// What may stay in the queue of one destination.
#[derive(Clone, Copy, Debug)]
pub struct EventLimits {
    /// Events that may wait; beyond that the oldest are given up.
    pub waiting_max: usize,
    /// Events that were queued before this are given up.
    pub queued_after: Timestamp,
    /// Events that were given up and may be kept; beyond that the oldest are forgotten.
    pub dead_max: usize,
    /// Events that were given up before this are forgotten.
    pub died_after: Timestamp,
}

/// What [`EventLimits`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrimmedEvents {
    /// Events that were given up.
    pub died: u64,
    /// Events that were forgotten.
    pub forgotten: u64,
}
