//! Dates as S3 writes and reads them.

use std::fmt;
use std::time::{Duration, SystemTime};

use model::Timestamp;

/// `2026-11-21T21:05:44.000Z`: dates in XML, always UTC with milliseconds.
pub(crate) fn iso8601(time: Timestamp) -> String {
    iso8601_display(time).to_string()
}

/// As [`iso8601`], without a text of its own: a listing writes a thousand dates. Formatting with a
/// pattern took 8 % of a listing's time, hence the digits by hand.
pub(crate) fn iso8601_display(time: Timestamp) -> impl fmt::Display {
    // A time outside the years that the calendar knows; no clock gives this.
    let known = jiff::Timestamp::from_millisecond(time.unix_millis).unwrap_or_default();
    Iso8601(jiff::tz::Offset::UTC.to_datetime(known))
}

struct Iso8601(jiff::civil::DateTime);

impl fmt::Display for Iso8601 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let number = |value: i16| u16::try_from(value).unwrap_or(0);
        let small = |value: i8| u16::try_from(value).unwrap_or(0);
        let fields = [
            (0..4, number(self.0.year())),
            (5..7, small(self.0.month())),
            (8..10, small(self.0.day())),
            (11..13, small(self.0.hour())),
            (14..16, small(self.0.minute())),
            (17..19, small(self.0.second())),
            (20..23, number(self.0.millisecond())),
        ];
        for (place, value) in fields {
            let mut rest = value;
            for digit in text.get_mut(place).unwrap_or_default().iter_mut().rev() {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
            }
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// Reads a date in ISO 8601 with its offset from UTC, as clients send it in documents and headers of
/// S3; a fraction below a millisecond is left out.
pub(crate) fn parse_iso8601(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_unix_millis(time.as_millisecond()))
}

/// `Sat, 21 Nov 2026 21:05:44 GMT`: dates in HTTP headers.
pub(crate) fn http_date(time: Timestamp) -> String {
    let seconds = u64::try_from(time.unix_seconds()).unwrap_or(0);
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Reads a date of an HTTP header; conditions with an unreadable date are ignored, as RFC 9110 says.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(text).ok()?;
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok().map(Timestamp::from_unix_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let time = Timestamp::from_unix_millis(1_795_295_144_007);
        assert_eq!(iso8601(time), "2026-11-21T21:05:44.007Z");
        assert_eq!(iso8601(Timestamp::default()), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            iso8601(Timestamp::from_unix_seconds(1_709_251_199)),
            "2024-02-29T23:59:59.000Z"
        );
        assert_eq!(http_date(time), "Sat, 21 Nov 2026 21:05:44 GMT");
        assert_eq!(
            parse_http_date("Sat, 21 Nov 2026 21:05:44 GMT"),
            Some(time.truncated_to_seconds())
        );
        assert_eq!(parse_http_date("yesterday"), None);
    }
}
