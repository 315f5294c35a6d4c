//! Dates as S3 writes and reads them.

use std::time::{Duration, SystemTime};

use model::Timestamp;

/// `2026-11-21T21:05:44.000Z`: dates in XML, always UTC with milliseconds.
pub(crate) fn iso8601(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.unix_millis) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        // Outside the years that the calendar knows; no clock gives this.
        Err(_) => "1970-01-01T00:00:00.000Z".to_owned(),
    }
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
        assert_eq!(http_date(time), "Sat, 21 Nov 2026 21:05:44 GMT");
        assert_eq!(
            parse_http_date("Sat, 21 Nov 2026 21:05:44 GMT"),
            Some(time.truncated_to_seconds())
        );
        assert_eq!(parse_http_date("yesterday"), None);
    }
}
