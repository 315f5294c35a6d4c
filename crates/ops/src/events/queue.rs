//! The queue as the operator sees it: what waits for a destination, what was given up, and what is to
//! become of that.

use std::collections::BTreeMap;

use meta::{DeadEventFate, EventCount, EventId, EventRecord};
use model::{S3Error, Timestamp, VersionId};

use super::document::{EventDocument, message_id};
use crate::store::Store;

/// Events that are told, retried or forgotten at once, so that other work has its turn.
const PAGE_MAX: usize = 500;

/// The queue of one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationQueue {
    /// Its name.
    pub name: String,
    /// Whether the operator has set it up.
    pub is_set_up: bool,
    /// Events that wait.
    pub waiting: u64,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
    /// Events that were given up and are kept.
    pub dead: u64,
}

/// An event in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedEvent {
    /// Its number, which grows.
    pub number: i64,
    /// The id that its messages carry.
    pub message_id: String,
    /// Whom it is for.
    pub destination: String,
    /// What it tells; none if it is damaged.
    pub told: Option<Told>,
    /// When it began to wait.
    pub queued: Timestamp,
    /// It is not sent before this.
    pub due: Timestamp,
    /// Attempts that have failed.
    pub attempts: u32,
    /// When it was given up.
    pub died: Option<Timestamp>,
    /// What the last attempt met.
    pub error: Option<String>,
}

/// What an event tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// As `ObjectCreated:Put`.
    pub event: String,
    /// The bucket.
    pub bucket: String,
    /// The key; empty in test events.
    pub key: String,
    /// The version; none in buckets without versions.
    pub version: Option<String>,
    /// When it happened.
    pub time: Timestamp,
    /// The message, as it is sent.
    pub body: String,
}

impl QueuedEvent {
    fn of(record: EventRecord) -> Self {
        let told = EventDocument::parse(&record.document).ok().map(|document| {
            let (bucket, key) = document.subject();
            Told {
                event: document.event().to_owned(),
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                version: record.version.as_ref().map(VersionId::as_str).map(str::to_owned),
                time: document.time(),
                body: document.message(&record).body,
            }
        });
        Self {
            number: record.id.0,
            message_id: message_id(&record),
            destination: record.destination,
            told,
            queued: record.queued,
            due: record.due,
            attempts: record.attempts,
            died: record.died,
            error: record.error,
        }
    }
}

/// Which events of a destination are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// They wait.
    Waiting,
    /// They were given up.
    Dead,
}

/// What the operator makes of events that were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// They wait again, as if they were new.
    Retry,
    /// They are forgotten.
    Forget,
}

impl Resolution {
    fn fate(self, store: &Store) -> DeadEventFate {
        match self {
            Self::Retry => DeadEventFate::Retried { now: (store.settings.clock)() },
            Self::Forget => DeadEventFate::Forgotten,
        }
    }
}

/// All destinations that are set up or have events, by name.
pub fn destinations(store: &Store) -> Result<Vec<DestinationQueue>, S3Error> {
    let set_up = store.settings.destinations.all().iter();
    let mut all: BTreeMap<String, DestinationQueue> = set_up
        .map(|destination| {
            let name = destination.name.clone();
            let empty =
                DestinationQueue { name, is_set_up: true, waiting: 0, oldest: None, dead: 0 };
            (destination.name.clone(), empty)
        })
        .collect();
    for EventCount { destination, waiting, dead, oldest } in store.vault.count_events()? {
        let is_set_up = all.contains_key(&destination);
        let queue =
            DestinationQueue { name: destination.clone(), is_set_up, waiting, oldest, dead };
        all.insert(destination, queue);
    }
    Ok(all.into_values().collect())
}

/// A page of the events of a destination behind the one with this number, oldest first; empty at the
/// end.
pub fn page(
    store: &Store,
    destination: &str,
    state: EventState,
    after: i64,
) -> Result<Vec<QueuedEvent>, S3Error> {
    let after = EventId(after);
    let records = match state {
        EventState::Waiting => store.vault.waiting_events(destination, after, PAGE_MAX),
        EventState::Dead => store.vault.dead_events(destination, after, PAGE_MAX),
    }?;
    Ok(records.into_iter().map(QueuedEvent::of).collect())
}

/// The event with this number or message id.
pub fn find(store: &Store, id: &str) -> Result<Option<QueuedEvent>, S3Error> {
    let (sequencer, number) = match id.rsplit_once('-') {
        Some((sequencer, number)) => (Some(sequencer), number),
        None => (None, id),
    };
    let Ok(number) = number.parse() else { return Ok(None) };
    let found = store.vault.find_event(EventId(number))?.map(QueuedEvent::of);
    Ok(found.filter(|event| sequencer.is_none() || event.message_id == id))
}

/// Resolves one event, and says whether it was one that was given up.
pub async fn resolve(store: &Store, number: i64, resolution: Resolution) -> Result<bool, S3Error> {
    store.vault.resolve_dead_event(EventId(number), resolution.fate(store)).await
}

/// Resolves a page of the events of a destination that were given up, behind the one with this
/// number: how many, and the number of the last one; none at the end.
pub async fn resolve_page(
    store: &Store,
    destination: &str,
    after: i64,
    resolution: Resolution,
) -> Result<(u64, Option<i64>), S3Error> {
    let (after, fate) = (EventId(after), resolution.fate(store));
    let done = store.vault.resolve_dead_events(destination, after, PAGE_MAX, fate).await?;
    Ok((done.resolved, done.last.map(|last| last.0)))
}
