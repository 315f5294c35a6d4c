//! Numbers and dates of conditions (§5.6).

/// Decimal places that are kept, and seconds are split into so many: nanoseconds.
const DECIMAL_PLACES: usize = 9;
const UNIT: i128 = 1_000_000_000;
/// Digits before the decimal point; far more than any key has, and no overflow.
const INTEGER_DIGITS_MAX: usize = 18;

/// Reads an integer or decimal, in units of 10⁻⁹.
pub(super) fn parse_number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (integer, fraction) = match digits.split_once('.') {
        Some((integer, fraction)) => (integer, parse_fraction(fraction)?),
        None => (digits, 0),
    };
    if integer.len() > INTEGER_DIGITS_MAX {
        return None;
    }
    let magnitude = parse_digits(integer)? * UNIT + fraction;
    Some(if negative { -magnitude } else { magnitude })
}

/// Reads ISO 8601 in the profile of the W3C, or seconds since the epoch; in nanoseconds since the
/// epoch. Four digits are a year.
pub(super) fn parse_date(text: &str) -> Option<i128> {
    let is_epoch = text.len() != 4 && !text.trim_start_matches('-').contains([':', '-', 'T']);
    if is_epoch {
        return parse_number(text);
    }
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let year = parse_fixed(parts.next()?, 4, 0..=9999)?;
    let month = parts.next().map_or(Some(1), |month| parse_fixed(month, 2, 1..=12))?;
    let last_day = days_in_month(year, month);
    let (day, day_given) = match parts.next() {
        Some(day) => (parse_fixed(day, 2, 1..=last_day)?, true),
        None => (1, false),
    };
    if parts.next().is_some() {
        return None;
    }
    let midnight = days_since_epoch(year, month, day) * 86_400 * UNIT;
    match time {
        None => Some(midnight),
        Some(time) if day_given => Some(midnight + parse_time(time)?),
        Some(_) => None,
    }
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`, with a zone that must not be missing; in
/// nanoseconds since midnight UTC.
fn parse_time(text: &str) -> Option<i128> {
    let zone_start = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at_checked(zone_start)?;
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, parse_fraction(fraction)?),
        None => (clock, 0),
    };
    let mut parts = clock.split(':');
    let hours = parse_fixed(parts.next()?, 2, 0..=23)?;
    let minutes = parse_fixed(parts.next()?, 2, 0..=59)?;
    // 60: a leap second.
    let seconds = parts.next().map_or(Some(0), |seconds| parse_fixed(seconds, 2, 0..=60))?;
    let has_fraction_without_seconds = fraction != 0 && clock.len() < 8;
    if parts.next().is_some() || has_fraction_without_seconds {
        return None;
    }
    let since_midnight = (hours * 60 + minutes) * 60 + seconds;
    Some((since_midnight - parse_zone(zone)?) * UNIT + fraction)
}

/// Seconds east of Greenwich.
fn parse_zone(text: &str) -> Option<i128> {
    if text == "Z" {
        return Some(0);
    }
    let east = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let minutes = parse_fixed(minutes, 2, 0..=59)?;
    Some(east * (parse_fixed(hours, 2, 0..=23)? * 60 + minutes) * 60)
}

fn parse_digits(text: &str) -> Option<i128> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn parse_fixed(text: &str, length: usize, range: std::ops::RangeInclusive<i128>) -> Option<i128> {
    parse_digits(text).filter(|value| text.len() == length && range.contains(value))
}

/// The digits behind a decimal point, in units of 10⁻⁹.
fn parse_fraction(digits: &str) -> Option<i128> {
    if digits.len() > DECIMAL_PLACES {
        return None;
    }
    let scale = DECIMAL_PLACES - digits.len();
    Some((0..scale).fold(parse_digits(digits)?, |value, _| value * 10))
}

fn is_leap_year(year: i128) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
fn days_since_epoch(year: i128, month: i128, day: i128) -> i128 {
    let years = year - 1;
    let leap_days = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    let months: i128 = (1..month).map(|month| days_in_month(year, month)).sum();
    // 719,162 days lie between 0001-01-01 and 1970-01-01.
    years * 365 + leap_days + months + day - 1 - 719_162
}

/// Reads `true` or `false`.
pub(super) fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("10", Some(10 * UNIT)),
            ("+1.5", Some(1_500_000_000)),
            ("-0.000000001", Some(-1)),
            ("1.20", Some(1_200_000_000)),
            ("999999999999999999", Some(999_999_999_999_999_999 * UNIT)),
            ("1000000000000000000", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("5.", None),
            ("1e3", None),
            ("1.0000000001", None),
            (" 1", None),
            ("1_000", None),
            ("٣", None),
        ] {
            assert_eq!(parse_number(text), expected, "{text}");
        }
    }

    #[test]
    fn dates() {
        let seconds = |seconds: i128| Some(seconds * UNIT);
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", seconds(0)),
            ("1970", seconds(0)),
            ("1970-02", seconds(31 * 86_400)),
            ("2000-03-01", seconds(951_868_800)),
            ("2024-02-29T12:34:56Z", seconds(1_709_210_096)),
            ("2024-02-29T12:34Z", seconds(1_709_210_040)),
            ("2024-02-29T14:34:56+02:00", seconds(1_709_210_096)),
            ("2024-02-29T11:34:56-01:00", seconds(1_709_210_096)),
            ("2024-02-29T12:34:56.25Z", Some(1_709_210_096_250_000_000)),
            ("1709210096", seconds(1_709_210_096)),
            ("-86400", seconds(-86_400)),
            ("1969-12-31", seconds(-86_400)),
            ("0001-01-01", seconds(-62_135_596_800)),
            ("2023-02-29", None),
            ("2024-13-01", None),
            ("2024-00-01", None),
            ("2024-01-32", None),
            ("2024-1-1", None),
            ("2024-01T00:00Z", None),
            ("2024-01-01T00:00:00", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T00:00.5Z", None),
            ("2024-01-01T00:00:00Zx", None),
            ("2024-01-01 00:00:00Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse_date(text), expected, "{text}");
        }
    }
}
