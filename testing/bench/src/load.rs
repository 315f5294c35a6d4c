//! Many connections that send requests as fast as they are answered.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::connection::{Connection, ExchangeError};
use crate::failure::Failure;
use crate::requests::Prepared;

/// A connection that has seen so many errors stops: nothing is measured here any more.
const ERRORS_PER_CONNECTION_MAX: u64 = 100;

/// Makes the request with a number.
pub(crate) type Maker = Box<dyn Fn(u64) -> Result<Prepared, Failure> + Send + Sync>;

/// Where requests come from.
pub(crate) enum Source {
    /// Signed ahead, sent in turn again and again.
    Ahead(Vec<Prepared>),
    /// Signed when they are due, because none is sent twice.
    WhenDue {
        /// Makes them.
        make: Maker,
        /// After so many there are none left.
        count: Option<u64>,
    },
}

impl Source {
    /// The request with this number; none if there are no more.
    fn request(&self, number: u64) -> Result<Option<Cow<'_, Prepared>>, Failure> {
        match self {
            Self::Ahead(requests) => {
                let index = number.checked_rem(requests.len() as u64).unwrap_or(0);
                Ok(usize::try_from(index).ok().and_then(|at| requests.get(at)).map(Cow::Borrowed))
            }
            Self::WhenDue { count: Some(count), .. } if number >= *count => Ok(None),
            Self::WhenDue { make, .. } => make(number).map(|request| Some(Cow::Owned(request))),
        }
    }
}

/// What one or all connections saw.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// When each good answer was complete, and how long it took.
    answers: Vec<(Instant, Duration)>,
    /// When each bad answer or lost connection was noticed.
    errors: Vec<Instant>,
    /// What the first error was.
    pub(crate) first_error: Option<String>,
}

impl Observed {
    fn add(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.errors.extend(other.errors);
        self.first_error = self.first_error.take().or(other.first_error);
    }

    /// The times of the answers that were complete between two moments, ascending, in ns.
    pub(crate) fn latencies_nanos(&self, begin: Instant, end: Instant) -> Vec<u64> {
        let within = self.answers.iter().filter(|(at, _)| *at >= begin && *at <= end);
        let mut nanos: Vec<u64> =
            within.map(|(_, took)| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)).collect();
        nanos.sort_unstable();
        nanos
    }

    /// How many errors there were between two moments.
    pub(crate) fn errors(&self, begin: Instant, end: Instant) -> u64 {
        self.errors.iter().filter(|at| **at >= begin && **at <= end).count() as u64
    }
}

struct Shared {
    authority: String,
    source: Source,
    next: AtomicU64,
    stop: AtomicBool,
}

/// Connections at work.
pub(crate) struct Load {
    shared: Arc<Shared>,
    workers: JoinSet<Observed>,
    observed: Observed,
}

impl Load {
    /// Opens the connections, then starts them all.
    pub(crate) async fn start(
        authority: &str,
        connections: usize,
        source: Source,
    ) -> Result<Self, Failure> {
        let mut open = Vec::with_capacity(connections);
        for _ in 0..connections {
            open.push(Connection::open(authority).await?);
        }
        let shared = Arc::new(Shared {
            authority: authority.to_owned(),
            source,
            next: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let mut workers = JoinSet::new();
        for connection in open {
            workers.spawn(work(Arc::clone(&shared), connection));
        }
        Ok(Self { shared, workers, observed: Observed::default() })
    }

    /// Waits until no request is left.
    pub(crate) async fn finished(&mut self) {
        while let Some(ended) = self.workers.join_next().await {
            match ended {
                Ok(observed) => self.observed.add(observed),
                Err(error) => self.observed.first_error = Some(error.to_string()),
            }
        }
    }

    /// Lets requests in flight finish, starts no more, and says what was seen.
    pub(crate) async fn stop(mut self) -> Observed {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.finished().await;
        self.observed
    }
}

/// Sends all requests of a source that ends; the first error is the whole's.
pub(crate) async fn complete(
    authority: &str,
    connections: usize,
    source: Source,
) -> Result<(), Failure> {
    let mut load = Load::start(authority, connections, source).await?;
    load.finished().await;
    match load.stop().await.first_error {
        None => Ok(()),
        Some(error) => Err(Failure::new(format!("{authority} does not take the objects"), error)),
    }
}

async fn work(shared: Arc<Shared>, mut connection: Connection) -> Observed {
    let mut observed = Observed::default();
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let request = match shared.source.request(number) {
            Ok(Some(request)) => request,
            Ok(None) => break,
            Err(failure) => {
                observed.first_error.get_or_insert(failure.to_string());
                break;
            }
        };
        let started = Instant::now();
        let outcome = connection.exchange(&request).await;
        let ended = Instant::now();
        let (error, broken) = match outcome {
            Ok(()) => {
                observed.answers.push((ended, ended.duration_since(started)));
                continue;
            }
            Err(ExchangeError::Answer(error)) => (error, false),
            Err(ExchangeError::Transport(error)) => (error, true),
        };
        observed.errors.push(ended);
        observed.first_error.get_or_insert(error);
        if observed.errors.len() as u64 >= ERRORS_PER_CONNECTION_MAX {
            break;
        }
        if broken {
            match Connection::open(&shared.authority).await {
                Ok(fresh) => connection = fresh,
                Err(_) => break,
            }
        }
    }
    observed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ended_within_the_window_counts() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let answers = [(5, 5), (10, 9), (20, 3), (30, 4), (31, 1)];
        let observed = Observed {
            answers: answers.map(|(end, took)| (at(end), Duration::from_millis(took))).to_vec(),
            errors: vec![at(1), at(10), at(30), at(40)],
            first_error: None,
        };
        let nanos = observed.latencies_nanos(at(10), at(30));
        assert_eq!(nanos, [3_000_000, 4_000_000, 9_000_000]);
        assert_eq!(observed.errors(at(10), at(30)), 2);
    }
}
