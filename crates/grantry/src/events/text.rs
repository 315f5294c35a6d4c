//! Answers for people. Keys and errors are quoted, so that what is in them cannot be taken for
//! something else.

use super::protocol::{Entry, Queue, Resolution, Shown};
use crate::failure::Failure;

/// One line about a destination.
pub(super) fn destination(queue: &Queue) -> String {
    let Queue { destination, waiting, dead, .. } = queue;
    let since = queue.oldest.as_ref().map(|oldest| format!(" since {oldest}")).unwrap_or_default();
    let set_up = if queue.set_up { "" } else { " (no setting names it)" };
    format!("{destination}: {waiting} waiting{since}, {dead} given up{set_up}\n")
}

/// One line about an event.
pub(super) fn line(event: &Entry) -> String {
    format!("{}  {}  {}\n", event.number, what(event), state(event))
}

fn what(event: &Entry) -> String {
    match (&event.event, &event.bucket, &event.key) {
        (Some(name), Some(bucket), Some(key)) if !key.is_empty() => {
            let version =
                event.version.iter().flat_map(|version| [" ", version]).collect::<Vec<_>>();
            format!("{name} {bucket}/{key:?}{}", version.concat())
        }
        (Some(name), Some(bucket), _) => format!("{name} {bucket}"),
        _ => "damaged".to_owned(),
    }
}

fn state(event: &Entry) -> String {
    let state = match (&event.died, &event.due) {
        (Some(died), _) => format!("given up {died}"),
        (None, Some(due)) if event.attempts > 0 => format!("waiting, next attempt {due}"),
        _ => "waiting".to_owned(),
    };
    let attempts = match event.attempts {
        0 => String::new(),
        1 => ", 1 attempt".to_owned(),
        attempts => format!(", {attempts} attempts"),
    };
    let error = event.error.as_ref().map(|error| format!(": {error:?}")).unwrap_or_default();
    format!("{state}{attempts}{error}")
}

/// Everything about an event.
pub(super) fn shown(shown: &Shown) -> Result<String, Failure> {
    let event = &shown.event;
    let message = shown.message.as_ref().map(serde_json::to_string_pretty).transpose();
    let message = message.map_err(|error| Failure::new("cannot write JSON", error))?;
    Ok(format!(
        "number       {}\nmessage id   {}\ndestination  {}\nwhat         {}\nhappened     {}\n\
         queued       {}\nstate        {}\n\n{}\n",
        event.number,
        event.message_id,
        event.destination,
        what(event),
        event.time.as_deref().unwrap_or("-"),
        event.queued,
        state(event),
        message.as_deref().unwrap_or("the event is damaged"),
    ))
}

/// What was done with so many events.
pub(super) fn resolved(events: u64, resolution: Resolution) -> String {
    let done = match (resolution, events) {
        (Resolution::Retry, 1) => "event waits again",
        (Resolution::Retry, _) => "events wait again",
        (Resolution::Forget, 1) => "event is forgotten",
        (Resolution::Forget, _) => "events are forgotten",
    };
    format!("{events} {done}\n")
}
