//! When the worker runs: at every multiple of the interval since 1970. With an interval of a day that
//! is midnight UTC, at which the rules' days end.

use std::time::Duration;

use model::Timestamp;

/// When the run after `last` is due; `started` is when the worker began to look. A clock that was set
/// back behind the last run does not stop the worker.
pub(super) fn next_run(
    last: Option<Timestamp>,
    started: Timestamp,
    now: Timestamp,
    interval: Duration,
) -> Timestamp {
    let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
    let anchor = last.unwrap_or(started).min(now).unix_millis;
    let begun = anchor.div_euclid(interval);
    Timestamp::from_unix_millis(begun.saturating_add(1).saturating_mul(interval))
}

/// Whether the clock is so far ahead of the last run that it is not believed: a clock that jumped
/// would remove what has years to stay. Before the first run nothing is known.
pub(super) fn is_ahead(last: Option<Timestamp>, now: Timestamp, ahead_max: Duration) -> bool {
    let ahead_max = i64::try_from(ahead_max.as_millis()).unwrap_or(i64::MAX);
    last.is_some_and(|last| now.unix_millis.saturating_sub(last.unix_millis) > ahead_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(last: Option<i64>, started: i64, now: i64, expected: i64) {
        let time = Timestamp::from_unix_seconds;
        let next = next_run(last.map(time), time(started), time(now), Duration::from_secs(100));
        assert_eq!(next, time(expected), "{last:?} {started} {now}");
    }

    #[test]
    fn clocks_that_jump() {
        let time = Timestamp::from_unix_seconds;
        let ahead =
            |last: Option<i64>, now| is_ahead(last.map(time), time(now), Duration::from_secs(100));
        assert!(!ahead(None, 1_000_000) && !ahead(Some(50), 150));
        assert!(ahead(Some(50), 151));
        assert!(!ahead(Some(150), 50), "a clock that was set back removes nothing early");
        let end = Timestamp::from_unix_millis(i64::MAX);
        assert!(is_ahead(Some(time(0)), end, Duration::from_secs(100)));
        assert!(!is_ahead(Some(time(0)), end, Duration::MAX));
    }

    #[test]
    fn runs() {
        check(None, 250, 250, 300);
        check(None, 250, 320, 300);
        check(Some(300), 250, 320, 400);
        check(Some(301), 250, 399, 400);
        // Missed while no server ran: due at once.
        check(Some(120), 350, 350, 200);
        // The clock was set back.
        check(Some(900), 350, 350, 400);
    }
}
