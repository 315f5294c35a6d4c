//! How far a long piece of work is.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::Timestamp;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done: `avatars`, `jobs` …
    pub what: &'static str,
    /// How many are done since it began.
    pub done: u64,
    /// How many there are, as far as that is known.
    pub total: u64,
    /// How many are worth telling: dead files, files brought back.
    pub found: u64,
}

/// Is told of progress.
pub type Listener = Arc<dyn Fn(Progress) + Send + Sync>;

/// Asks a run to end at the next point where nothing is half done.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Progress {
    /// One line with rate and time left, for work that began then.
    pub fn line(&self, began: Timestamp, now: Timestamp) -> String {
        let Self { what, done, total, found } = *self;
        let mut line = format!("{what}: {done} of {total}");
        let millis = u64::try_from(now.unix_millis - began.unix_millis).unwrap_or(0);
        let rate = done.saturating_mul(1000).checked_div(millis);
        if let Some(rate) = rate.filter(|rate| *rate > 0) {
            _ = write!(line, ", {rate}/s");
            let left = total.saturating_sub(done);
            if left > 0 {
                _ = write!(line, ", {} left", duration(left.div_ceil(rate)));
            }
        }
        _ = write!(line, ", {found} found");
        line
    }
}

/// A number of seconds for people.
pub fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_are_told() {
        let progress = Progress { what: "avatars", done: 5000, total: 20_000, found: 3 };
        let at = Timestamp::from_unix_seconds;
        assert_eq!(
            progress.line(at(100), at(110)),
            "avatars: 5000 of 20000, 500/s, 30 s left, 3 found"
        );
        assert_eq!(progress.line(at(100), at(100)), "avatars: 5000 of 20000, 3 found");
        assert_eq!(progress.line(at(100), at(90)), "avatars: 5000 of 20000, 3 found");
        assert_eq!((duration(61), duration(3661)), ("1 min 01 s".into(), "1 h 01 min".into()));
    }
}
