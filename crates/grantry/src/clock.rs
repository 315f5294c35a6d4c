//! The wall clock. Nothing below the binary reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Timestamp;

/// The time now. A clock before 1970 counts as 1970.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// A time as in `2026-11-05T09:30:00.000Z`.
pub(crate) fn format(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.unix_millis) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => format!("{} ms", time.unix_millis),
    }
}

/// A time as an operator writes it; without a zone it is UTC, a day alone is its midnight.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let utc = |date: jiff::civil::DateTime| {
        date.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp())
    };
    let time = text.parse().or_else(|_| text.parse::<jiff::civil::DateTime>().and_then(utc));
    time.ok().map(|time: jiff::Timestamp| Timestamp::from_unix_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        let time = |millis| format(Timestamp::from_unix_millis(millis));
        assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(time(i64::MAX), "9223372036854775807 ms");
    }

    #[test]
    fn times_are_read() {
        let midnight = Some(Timestamp::from_unix_seconds(1_893_456_000));
        for text in ["2030-01-01", "2030-01-01T00:00:00", "2030-01-01T01:00:00+01:00"] {
            assert_eq!(parse(text), midnight, "{text}");
        }
        assert_eq!(parse("soon"), None);
    }

    #[test]
    fn now_is_after_this_was_written() {
        assert!(now() > Timestamp::from_unix_seconds(1_790_000_000));
    }
}
