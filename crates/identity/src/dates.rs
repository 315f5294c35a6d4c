//! The three date formats of signed requests.
//!
//! AWS: "Signature Calculations for the Authorization Header" (ISO 8601 basic format), and the
//! HTTP dates of the `Date` header.

use std::fmt::Write as _;

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use model::Timestamp;

/// Reads `yyyyMMdd'T'HHmmss'Z'`, exactly 16 bytes.
pub fn parse_basic(text: &str) -> Option<Timestamp> {
    let [y1, y2, y3, y4, mo1, mo2, d1, d2, b'T', h1, h2, mi1, mi2, s1, s2, b'Z'] = text.as_bytes()
    else {
        return None;
    };
    let century = digits(*y1, *y2)?;
    let year = i16::from(century) * 100 + i16::from(digits(*y3, *y4)?);
    let date = DateTime::new(
        year,
        digits(*mo1, *mo2)?,
        digits(*d1, *d2)?,
        digits(*h1, *h2)?,
        digits(*mi1, *mi2)?,
        digits(*s1, *s2)?,
        0,
    );
    from_civil(date.ok()?)
}

/// Whether the text is a day of the calendar in the form `yyyyMMdd`.
pub fn is_scope_date(text: &str) -> bool {
    let mut whole = *b"yyyyMMddT000000Z";
    let Some((day, _)) = whole.split_first_chunk_mut::<8>() else { return false };
    let Ok(given) = text.as_bytes().try_into() else { return false };
    *day = given;
    str::from_utf8(&whole).is_ok_and(|whole| parse_basic(whole).is_some())
}

/// Reads the value of a `Date` header: an HTTP date, or the basic format.
pub fn parse_http(text: &str) -> Option<Timestamp> {
    if let Some(time) = parse_basic(text) {
        return Some(time);
    }
    let zoned = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_unix_millis(zoned.as_millisecond()))
}

/// Writes `yyyyMMddTHHmmssZ`.
pub fn format_basic(time: Timestamp) -> String {
    let t = to_civil(time);
    let mut text = String::with_capacity(16);
    // Writing to a String cannot fail.
    let _ = write!(text, "{:04}{:02}{:02}T", t.year(), t.month(), t.day());
    let _ = write!(text, "{:02}{:02}{:02}Z", t.hour(), t.minute(), t.second());
    text
}

/// Writes `yyyy-MM-ddTHH:mm:ssZ`, as error fields show times.
pub fn format_extended(time: Timestamp) -> String {
    let t = to_civil(time);
    let mut text = String::with_capacity(20);
    let _ = write!(text, "{:04}-{:02}-{:02}T", t.year(), t.month(), t.day());
    let _ = write!(text, "{:02}:{:02}:{:02}Z", t.hour(), t.minute(), t.second());
    text
}

fn digits(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| char::from(byte).to_digit(10).and_then(|value| i8::try_from(value).ok());
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn from_civil(date: DateTime) -> Option<Timestamp> {
    let time = Offset::UTC.to_timestamp(date).ok()?;
    Some(Timestamp::from_unix_millis(time.as_millisecond()))
}

/// Times outside the years that the calendar knows are shown as the epoch; no clock gives them.
fn to_civil(time: Timestamp) -> DateTime {
    let time = jiff::Timestamp::from_millisecond(time.unix_millis).unwrap_or_default();
    Offset::UTC.to_datetime(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: Timestamp = Timestamp::from_unix_seconds(1_369_353_600);

    #[test]
    fn formats_agree() {
        assert_eq!(parse_basic("20130524T000000Z"), Some(EXAMPLE));
        assert_eq!(parse_http("Fri, 24 May 2013 00:00:00 GMT"), Some(EXAMPLE));
        assert_eq!(parse_http("20130524T000000Z"), Some(EXAMPLE));
        assert_eq!(format_basic(EXAMPLE), "20130524T000000Z");
        assert_eq!(format_extended(EXAMPLE), "2013-05-24T00:00:00Z");
    }

    #[test]
    fn impossible_dates_are_refused() {
        for bad in [
            "",
            "20130524",
            "20130524T000000",
            "20130524t000000z",
            "20131324T000000Z",
            "20130230T000000Z",
            "20130524T240000Z",
            "2013-05-24T00:00:00Z",
            "20130524T0000+1Z",
            "２0130524T000000Z",
        ] {
            assert_eq!(parse_basic(bad), None, "{bad}");
        }
        assert!(is_scope_date("20240229"));
        for bad in ["20230229", "2024022", "20240229T", "yyyyMMdd", "20240229T000000Z"] {
            assert!(!is_scope_date(bad), "{bad}");
        }
        assert_eq!(parse_http("yesterday"), None);
    }
}
