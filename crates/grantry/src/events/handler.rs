//! Carries requests about the queue of events out.

use ops::Store;
use ops::events::queue::{self, DestinationQueue, EventState, QueuedEvent};

use super::protocol::{Answer, Entry, Queue, Request, Resolution, Shown};
use crate::clock;

/// Carries one request out. The error is for the operator.
pub(super) async fn answer(store: &Store, request: &Request) -> Result<Answer, String> {
    match request {
        Request::Destinations => {
            let all = queue::destinations(store).map_err(told)?;
            Ok(Answer::Destinations(all.into_iter().map(destination).collect()))
        }
        Request::Page { destination, dead, after } => {
            let state = if *dead { EventState::Dead } else { EventState::Waiting };
            let page = queue::page(store, destination, state, *after).map_err(told)?;
            Ok(Answer::Page(page.into_iter().map(event).collect()))
        }
        Request::Show { id } => {
            let found = find(store, id)?;
            let body = found.told.as_ref().map(|told| serde_json::from_str(&told.body));
            let message = body.transpose().map_err(told)?;
            Ok(Answer::Event(Box::new(Shown { event: event(found), message })))
        }
        Request::Resolve { id, resolution } => {
            let found = find(store, id)?;
            if !queue::resolve(store, found.number, wanted(*resolution)).await.map_err(told)? {
                let due = clock::format(found.due);
                return Err(format!("event {id} was not given up; it is sent from {due} on"));
            }
            Ok(Answer::Resolved { events: 1, next: None })
        }
        Request::ResolvePage { destination, after, resolution } => {
            let done = queue::resolve_page(store, destination, *after, wanted(*resolution)).await;
            let (events, next) = done.map_err(told)?;
            Ok(Answer::Resolved { events, next })
        }
    }
}

fn find(store: &Store, id: &str) -> Result<QueuedEvent, String> {
    let found = queue::find(store, id).map_err(told)?;
    found.ok_or_else(|| format!("there is no event {id}; it was delivered or forgotten"))
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn wanted(resolution: Resolution) -> queue::Resolution {
    match resolution {
        Resolution::Retry => queue::Resolution::Retry,
        Resolution::Forget => queue::Resolution::Forget,
    }
}

fn destination(found: DestinationQueue) -> Queue {
    Queue {
        destination: found.name,
        set_up: found.is_set_up,
        waiting: found.waiting,
        oldest: found.oldest.map(clock::format),
        dead: found.dead,
    }
}

fn event(found: QueuedEvent) -> Entry {
    let told = found.told.as_ref();
    Entry {
        number: found.number,
        message_id: found.message_id,
        destination: found.destination,
        state: if found.died.is_some() { "dead" } else { "waiting" }.to_owned(),
        event: told.map(|told| told.event.clone()),
        bucket: told.map(|told| told.bucket.clone()),
        key: told.map(|told| told.key.clone()),
        version: told.and_then(|told| told.version.clone()),
        time: told.map(|told| clock::format(told.time)),
        queued: clock::format(found.queued),
        due: found.died.is_none().then(|| clock::format(found.due)),
        attempts: found.attempts,
        died: found.died.map(clock::format),
        error: found.error,
    }
}
