//! `grantry events`: what waits for the destinations of event notifications, what was given up, and
//! what is to become of that; with or without a running server.
//!
//! Long lists are many requests, one for each page, so that a server answers others in between.

mod handler;
pub(crate) mod protocol;
mod text;

use ops::Store;

use self::protocol::{Answer, Entry, Request, Resolution};
use crate::cli::{EventsCommand, GivenUpArguments};
use crate::control::{Question, Session, converse};
use crate::data_directory::DataDirectory;
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;

/// Carries a command out and prints its answer.
pub(crate) fn run(command: &EventsCommand, json: bool, settings: &Settings) -> Result<(), Failure> {
    let directory = DataDirectory::open(&settings.data_directory)?;
    converse(&directory, settings, |session| match command {
        EventsCommand::List { destination: None, .. } => list_destinations(session, json),
        EventsCommand::List { destination: Some(destination), given_up } => {
            if !given_up {
                list(session, destination, false, json)?;
            }
            list(session, destination, true, json)
        }
        EventsCommand::Show { id } => {
            let request = Request::Show { id: id.clone() };
            let Answer::Event(shown) = session.ask(&request)? else { return Err(unexpected()) };
            output::print(&if json { output::json(&shown)? } else { text::shown(&shown)? })
        }
        EventsCommand::Retry(which) => resolve(session, which, Resolution::Retry, json),
        EventsCommand::Forget(which) => resolve(session, which, Resolution::Forget, json),
    })
}

fn list_destinations(session: &mut Session<'_>, json: bool) -> Result<(), Failure> {
    let Answer::Destinations(all) = session.ask(&Request::Destinations)? else {
        return Err(unexpected());
    };
    if all.is_empty() && !json {
        return output::print("no setting names a destination, and no event waits\n");
    }
    all.iter().try_for_each(|queue| {
        output::print(&if json { output::json(queue)? } else { text::destination(queue) })
    })
}

fn list(
    session: &mut Session<'_>,
    destination: &str,
    dead: bool,
    json: bool,
) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let request = Request::Page { destination: destination.to_owned(), dead, after };
        let Answer::Page(page) = session.ask(&request)? else { return Err(unexpected()) };
        let Some(Entry { number, .. }) = page.last() else { return Ok(()) };
        after = *number;
        page.iter().try_for_each(|event| {
            output::print(&if json { output::json(event)? } else { text::line(event) })
        })?;
    }
}

/// What of several destinations is resolved stays so if a later one fails.
fn resolve(
    session: &mut Session<'_>,
    which: &GivenUpArguments,
    resolution: Resolution,
    json: bool,
) -> Result<(), Failure> {
    let events = match (&which.id, &which.destination) {
        (Some(id), _) => page(session, &Request::Resolve { id: id.clone(), resolution })?.0,
        (None, Some(destination)) => resolve_all(session, destination, resolution)?,
        (None, None) => {
            let Answer::Destinations(all) = session.ask(&Request::Destinations)? else {
                return Err(unexpected());
            };
            let mut events = 0;
            for queue in all.iter().filter(|queue| queue.dead > 0) {
                events += resolve_all(session, &queue.destination, resolution)?;
            }
            events
        }
    };
    if json {
        let done = match resolution {
            Resolution::Retry => serde_json::json!({ "retried": events }),
            Resolution::Forget => serde_json::json!({ "forgotten": events }),
        };
        return output::print(&output::json(&done)?);
    }
    output::print(&text::resolved(events, resolution))
}

/// One pass over the events: one that is given up again meanwhile is not retried a second time.
fn resolve_all(
    session: &mut Session<'_>,
    destination: &str,
    resolution: Resolution,
) -> Result<u64, Failure> {
    let (mut events, mut after) = (0, 0);
    loop {
        let destination = destination.to_owned();
        let (more, next) = page(session, &Request::ResolvePage { destination, after, resolution })?;
        events += more;
        let Some(next) = next else { return Ok(events) };
        after = next;
    }
}

fn page(session: &mut Session<'_>, request: &Request) -> Result<(u64, Option<i64>), Failure> {
    match session.ask(request)? {
        Answer::Resolved { events, next } => Ok((events, next)),
        _ => Err(unexpected()),
    }
}

fn unexpected() -> Failure {
    Failure::new("cannot look after events", "the server answered another question")
}

impl Question for Request {
    type Answer = Answer;
    const KIND: &'static str = "events";

    fn failed(&self) -> String {
        match self {
            Self::Destinations | Self::Page { .. } => "cannot list events".to_owned(),
            Self::Show { id } => format!("cannot show event {id:?}"),
            Self::Resolve { resolution, .. } | Self::ResolvePage { resolution, .. } => {
                match resolution {
                    Resolution::Retry => "cannot retry events".to_owned(),
                    Resolution::Forget => "cannot forget events".to_owned(),
                }
            }
        }
    }

    async fn answer(&self, store: &Store) -> Result<Answer, String> {
        handler::answer(store, self).await
    }
}
