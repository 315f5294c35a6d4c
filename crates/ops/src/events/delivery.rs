//! Sends what waits in the queue.
//!
//! Each destination has a task of its own, so that one that is down holds nobody else up. Events of
//! one key go one after the other, in the order of the changes; events of other keys pass by one
//! that is tried again.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use meta::{EventFate, EventId, EventLimits, EventRecord};
use model::limits::{EVENTS_DEAD_MAX, EVENTS_WAITING_MAX};
use model::{S3Error, Timestamp};
use tokio::task::JoinSet;

use super::destination::Destination;
use super::document::EventDocument;
use crate::store::Store;

/// Events that are on their way to a destination at a time.
const SENDING_MAX: usize = 32;
/// Events that are read at once.
const PAGE_MAX: usize = 128;
/// Pages that are looked through for events that may be sent now.
const PAGES_MAX: usize = 16;
/// Pause before the second attempt, and the longest pause.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(5));
/// Longest sleep of a task; whatever woke nobody up is found then.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// Pause between two looks at the limits, and the age of the numbers.
const INTERVAL: Duration = Duration::from_secs(2);
/// Events that wait for a destination that the operator has not set up.
const UNKNOWN_WAITING_MAX: usize = 10_000;
/// How long they wait, and how long what was given up is kept.
const UNKNOWN_AGE_MAX: Duration = Duration::from_hours(24);
const DEAD_AGE_MAX: Duration = Duration::from_hours(14 * 24);

/// Delivers until `stop` ends. What then still waits, or was on its way, is sent by the next process.
pub(crate) async fn run(store: &Arc<Store>, stop: impl Future<Output = ()> + Send) {
    let mut tasks = JoinSet::new();
    for destination in store.settings.destinations.all() {
        tasks.spawn(deliver(Arc::clone(store), destination.clone()));
    }
    let mut stop = pin!(stop);
    tokio::select! {
        () = &mut stop => {}
        () = keep_within_limits(store) => {}
    }
    tasks.shutdown().await;
}

/// Sends one round after the other.
async fn deliver(store: Arc<Store>, destination: Destination) {
    let mut queued = store.vault.watch_events();
    loop {
        queued.borrow_and_update();
        let pause = match round(&store, &destination).await {
            Ok(None) => continue,
            Ok(Some(pause)) => pause,
            Err(error) => {
                let (destination, cause) = (&destination.name, error.cause());
                tracing::warn!(destination, %error, cause, "events cannot be read or noted");
                INTERVAL
            }
        };
        tokio::select! {
            changed = queued.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Sends what may be sent now and notes what became of it. If there was nothing, how long to wait.
async fn round(store: &Arc<Store>, destination: &Destination) -> Result<Option<Duration>, S3Error> {
    let now = (store.settings.clock)();
    let (ready, next) = ready(store, &destination.name, now)?;
    if ready.is_empty() {
        let pause = next.map_or(SLEEP_MAX, |due| between(now, due));
        return Ok(Some(pause.clamp(Duration::from_millis(10), SLEEP_MAX)));
    }
    let mut sending = JoinSet::new();
    for record in ready {
        let destination = destination.clone();
        sending.spawn(async move {
            let outcome = send(&destination, &record).await;
            (record, outcome)
        });
    }
    let mut fates = Vec::new();
    while let Some(sent) = sending.join_next().await {
        let (record, outcome) = sent.map_err(S3Error::internal)?;
        fates.push((record.id, fate(store, destination, &record, outcome)));
    }
    store.vault.settle_events(fates).await?;
    Ok(None)
}

/// The events that may be sent now; else when the next one may be. Of each key only the oldest.
fn ready(
    store: &Store,
    destination: &str,
    now: Timestamp,
) -> Result<(Vec<EventRecord>, Option<Timestamp>), S3Error> {
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let (mut ready, mut next, mut after) = (Vec::new(), None, EventId(0));
    for _ in 0..PAGES_MAX {
        let page = store.vault.waiting_events(destination, after, PAGE_MAX)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        let is_last = page.len() < PAGE_MAX;
        for record in page {
            // One that cannot be read has no key, and fails when it is sent.
            let subject = EventDocument::parse(&record.document).map_or_else(
                |_| (String::new(), record.id.0.to_string()),
                |document| {
                    let (bucket, key) = document.subject();
                    (bucket.to_owned(), key.to_owned())
                },
            );
            if !seen.insert(subject) {
                continue;
            }
            if record.due > now {
                next = Some(next.map_or(record.due, |next: Timestamp| next.min(record.due)));
                continue;
            }
            ready.push(record);
            if ready.len() == SENDING_MAX {
                return Ok((ready, next));
            }
        }
        if is_last {
            break;
        }
    }
    Ok((ready, next))
}

async fn send(destination: &Destination, record: &EventRecord) -> Result<(), String> {
    let message = EventDocument::parse(&record.document)?.message(record);
    destination.sender.send(&message).await
}

fn fate(
    store: &Store,
    destination: &Destination,
    record: &EventRecord,
    outcome: Result<(), String>,
) -> EventFate {
    let name = destination.name.as_str();
    let Err(error) = outcome else {
        store.events.count(name, |counters| &counters.delivered, 1);
        return EventFate::Delivered;
    };
    store.events.count(name, |counters| &counters.failed, 1);
    let now = (store.settings.clock)();
    let attempts = record.attempts.saturating_add(1);
    let is_old = between(record.queued, now) >= destination.age_max;
    if attempts >= destination.attempts_max || is_old {
        store.events.count(name, |counters| &counters.died, 1);
        tracing::warn!(
            destination = name,
            event = record.id.0,
            attempts,
            error,
            "an event is given up"
        );
        return EventFate::Died { now, error };
    }
    tracing::debug!(
        destination = name,
        event = record.id.0,
        attempts,
        error,
        "an event is tried again"
    );
    let pause = i64::try_from(back_off(attempts, jitter()).as_millis()).unwrap_or(i64::MAX);
    let due = Timestamp::from_unix_millis(now.unix_millis.saturating_add(pause));
    EventFate::Failed { due, error }
}

/// Doubles with each attempt, up to a limit; `jitter` of 0 to 255 takes up to half of it away, so that
/// not all come back at once.
fn back_off(attempts: u32, jitter: u8) -> Duration {
    let (first, longest) = BACK_OFF;
    let doubled =
        first.saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX));
    let full = doubled.min(longest);
    full.mul_f64(1.0 - f64::from(jitter) / 512.0)
}

fn jitter() -> u8 {
    let mut byte = [0];
    // Without random numbers all come back at once, which is no worse than no jitter.
    let _ = getrandom::fill(&mut byte);
    byte.first().copied().unwrap_or_default()
}

/// The time from one moment to a later one.
pub(super) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    let millis = later.unix_millis.saturating_sub(earlier.unix_millis);
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// Again and again: counts what waits, and gives up what is too much or too old.
async fn keep_within_limits(store: &Store) {
    loop {
        if let Err(error) = look(store).await {
            tracing::warn!(%error, cause = error.cause(), "the queue of events cannot be counted");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn look(store: &Store) -> Result<(), S3Error> {
    let now = (store.settings.clock)();
    let ago = |age: Duration| {
        let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_unix_millis(now.unix_millis.saturating_sub(millis))
    };
    let counts = store.vault.count_events()?;
    for count in &counts {
        let known = store.settings.destinations.find(&count.destination);
        let age_max = known.map_or(UNKNOWN_AGE_MAX, |destination| destination.age_max);
        let limits = EventLimits {
            waiting_max: if known.is_some() { EVENTS_WAITING_MAX } else { UNKNOWN_WAITING_MAX },
            queued_after: ago(age_max),
            dead_max: EVENTS_DEAD_MAX,
            died_after: ago(DEAD_AGE_MAX),
        };
        let trimmed = store.vault.trim_events(&count.destination, limits, now).await?;
        let name = count.destination.as_str();
        store.events.count(name, |counters| &counters.died, trimmed.died);
        store.events.count(name, |counters| &counters.forgotten, trimmed.forgotten);
        if trimmed.died > 0 {
            tracing::warn!(destination = name, events = trimmed.died, "events are given up");
        }
    }
    *store.events.counts.lock() = counts;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let seconds = |attempts, jitter| back_off(attempts, jitter).as_secs_f64();
        for (attempts, full) in [(1, 1.0), (2, 2.0), (3, 4.0), (9, 256.0), (10, 300.0), (99, 300.0)]
        {
            assert!((seconds(attempts, 0) - full).abs() < 1e-6, "{attempts}");
            let least = seconds(attempts, 255);
            assert!(least > full / 2.0 && least < full * 0.51, "{attempts}");
        }
    }

    #[test]
    fn time_that_goes_back_is_no_time() {
        let at = Timestamp::from_unix_seconds;
        assert_eq!(between(at(5), at(7)), Duration::from_secs(2));
        assert_eq!(between(at(7), at(5)), Duration::ZERO);
    }
}
