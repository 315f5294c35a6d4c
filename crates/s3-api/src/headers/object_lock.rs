//! `x-amz-object-lock-*`, `x-amz-bypass-governance-retention` and `x-amz-bucket-object-lock-enabled`.

use http::{HeaderMap, HeaderName, HeaderValue};
use model::{ObjectLock, Retention, RetentionMode, S3Error, Timestamp};

use crate::answer::Answer;
use crate::time::{iso8601, parse_iso8601};

const MODE: &str = "x-amz-object-lock-mode";
const RETAIN_UNTIL: &str = "x-amz-object-lock-retain-until-date";
const LEGAL_HOLD: &str = "x-amz-object-lock-legal-hold";
const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// What the writer of an object says of its lock. AWS: API reference, PutObject.
pub(crate) fn read(headers: &HeaderMap) -> Result<ObjectLock, S3Error> {
    Ok(ObjectLock { retention: retention(headers)?, legal_hold: legal_hold(headers)? })
}

fn retention(headers: &HeaderMap) -> Result<Option<Retention>, S3Error> {
    let incomplete = |missing| {
        let message =
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
        S3Error::with_message(model::ErrorCode::InvalidArgument, message)
            .field("ArgumentName", missing)
    };
    let (mode, date) = match (value(headers, MODE)?, value(headers, RETAIN_UNTIL)?) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(incomplete(MODE)),
        (Some(_), None) => return Err(incomplete(RETAIN_UNTIL)),
        (Some(mode), Some(date)) => (mode, date),
    };
    let mode = RetentionMode::parse(mode)
        .ok_or_else(|| S3Error::invalid_argument("Unknown wormMode directive.", MODE, mode))?;
    let retain_until = parse_iso8601(date).ok_or_else(|| {
        let message = "The retain until date must be provided in ISO 8601 format";
        S3Error::invalid_argument(message, RETAIN_UNTIL, date)
    })?;
    Ok(Some(Retention { mode, retain_until }))
}

fn legal_hold(headers: &HeaderMap) -> Result<Option<bool>, S3Error> {
    match value(headers, LEGAL_HOLD)? {
        None => Ok(None),
        Some("ON") => Ok(Some(true)),
        Some("OFF") => Ok(Some(false)),
        Some(other) => {
            let message = "Legal Hold must be either of 'ON' or 'OFF'";
            Err(S3Error::invalid_argument(message, LEGAL_HOLD, other))
        }
    }
}

/// The value of a header. One that is no text or comes twice is an error: a lock that was asked for
/// must not be left out, and policies must see what is used.
fn value<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, S3Error> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if let (Ok(text), None) = (str::from_utf8(first.as_bytes()), values.next()) {
        return Ok(Some(text));
    }
    let shown = String::from_utf8_lossy(first.as_bytes()).into_owned();
    Err(S3Error::invalid_argument("The header must have one value.", name, shown))
}

/// `x-amz-bypass-governance-retention`: only `true` asks for it.
pub(crate) fn bypasses_governance(headers: &HeaderMap) -> Result<bool, S3Error> {
    flag(headers, "x-amz-bypass-governance-retention")
}

/// `x-amz-bucket-object-lock-enabled` of CreateBucket.
pub(crate) fn enables_bucket(headers: &HeaderMap) -> Result<bool, S3Error> {
    flag(headers, "x-amz-bucket-object-lock-enabled")
}

fn flag(headers: &HeaderMap, name: &'static str) -> Result<bool, S3Error> {
    match value(headers, name)? {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(other) => {
            Err(S3Error::invalid_argument("The value must be true or false.", name, other))
        }
    }
}

/// The headers of a request whose document asks for `lock`, as if a PutObject asked for the same:
/// conditions of policies see it there.
pub(crate) fn with_lock(headers: &HeaderMap, lock: &ObjectLock) -> HeaderMap {
    let mut headers = headers.clone();
    for (name, value) in shown(lock) {
        let name = HeaderName::from_static(name);
        match value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            Some(value) => drop(headers.insert(name, value)),
            None => drop(headers.remove(name)),
        }
    }
    headers
}

/// Adds what a reader is told of a lock.
pub(crate) fn tell(answer: Answer, lock: &ObjectLock) -> Answer {
    if lock.is_empty() {
        return answer;
    }
    shown(lock).into_iter().fold(answer, |answer, (name, value)| answer.optional(name, value))
}

fn shown(lock: &ObjectLock) -> [(&'static str, Option<String>); 3] {
    [
        (MODE, lock.retention.map(|retention| retention.mode.as_str().to_owned())),
        (RETAIN_UNTIL, lock.retention.map(|retention| iso8601(retention.retain_until))),
        (LEGAL_HOLD, lock.legal_hold.map(|is_held| on_or_off(is_held).to_owned())),
    ]
}

/// A legal hold on the wire.
pub(crate) fn on_or_off(is_held: bool) -> &'static str {
    if is_held { "ON" } else { "OFF" }
}

/// `s3:object-lock-remaining-retention-days`: begun days count.
pub(crate) fn remaining_days(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let retain_until = value(headers, RETAIN_UNTIL).ok().flatten().and_then(parse_iso8601)?;
    let millis = retain_until.unix_millis.saturating_sub(now.unix_millis);
    Some(millis.saturating_add(MILLIS_PER_DAY - 1).div_euclid(MILLIS_PER_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn refused(pairs: &[(&'static str, &str)], message: &str) {
        let error = read(&headers(pairs)).unwrap_err();
        assert_eq!(error.code(), model::ErrorCode::InvalidArgument, "{pairs:?}");
        assert_eq!(error.message(), message, "{pairs:?}");
    }

    #[test]
    fn locks() {
        let full = headers(&[
            (MODE, "GOVERNANCE"),
            (RETAIN_UNTIL, "2030-01-02T03:04:05+01:00"),
            (LEGAL_HOLD, "OFF"),
        ]);
        let retain_until = parse_iso8601("2030-01-02T02:04:05Z").unwrap();
        let retention = Retention { mode: RetentionMode::Governance, retain_until };
        let lock = ObjectLock { retention: Some(retention), legal_hold: Some(false) };
        assert_eq!(read(&full).unwrap(), lock);
        assert_eq!(read(&HeaderMap::new()).unwrap(), ObjectLock::default());
        let again = with_lock(&headers(&[(MODE, "x"), ("a", "b")]), &lock);
        assert_eq!(read(&again).unwrap(), lock);
        assert_eq!(again.get("a").unwrap(), "b");
        let none = with_lock(&full, &ObjectLock::default());
        assert!(none.is_empty());
    }

    #[test]
    fn half_a_lock_is_refused() {
        let both =
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
        refused(&[(MODE, "GOVERNANCE")], both);
        refused(&[(RETAIN_UNTIL, "2030-01-01T00:00:00Z")], both);
        let date = (RETAIN_UNTIL, "2030-01-01T00:00:00Z");
        for mode in ["", "governance", "NONE"] {
            refused(&[(MODE, mode), date], "Unknown wormMode directive.");
        }
        for date in ["", "soon", "2030-01-01", "2030-02-30T00:00:00Z", "1893456000"] {
            let message = "The retain until date must be provided in ISO 8601 format";
            refused(&[(MODE, "COMPLIANCE"), (RETAIN_UNTIL, date)], message);
        }
        for hold in ["", "on", "true"] {
            refused(&[(LEGAL_HOLD, hold)], "Legal Hold must be either of 'ON' or 'OFF'");
        }
        let one = "The header must have one value.";
        refused(&[(MODE, "GOVERNANCE"), (MODE, "COMPLIANCE"), date], one);
        refused(&[(LEGAL_HOLD, "OFF"), (LEGAL_HOLD, "ON")], one);
        let mut no_text = HeaderMap::new();
        no_text.insert(LEGAL_HOLD, HeaderValue::from_bytes(b"ON\xff").unwrap());
        assert_eq!(read(&no_text).unwrap_err().message(), one);
    }

    #[test]
    fn flags() {
        const NAME: &str = "x-amz-bypass-governance-retention";
        let of = |pairs: &[(&'static str, &str)]| bypasses_governance(&headers(pairs)).ok();
        assert_eq!(of(&[]), Some(false));
        assert_eq!(of(&[(NAME, "true")]), Some(true));
        assert_eq!(of(&[(NAME, "True")]), Some(true));
        assert_eq!(of(&[(NAME, "false")]), Some(false));
        for pairs in [&[(NAME, "1")][..], &[(NAME, "")], &[(NAME, "false"), (NAME, "true")]] {
            assert_eq!(of(pairs), None, "{pairs:?}");
        }
    }

    #[test]
    fn days_that_remain() {
        let now = parse_iso8601("2030-01-01T00:00:00Z").unwrap();
        let of = |date| remaining_days(&headers(&[(RETAIN_UNTIL, date)]), now);
        assert_eq!(of("2030-01-02T00:00:00Z"), Some(1));
        assert_eq!(of("2030-01-02T00:00:00.001Z"), Some(2));
        assert_eq!(of("2030-01-01T00:00:00.001Z"), Some(1));
        assert_eq!(of("2029-12-31T00:00:00Z"), Some(-1));
        assert_eq!(of("x"), None);
        assert_eq!(remaining_days(&HeaderMap::new(), now), None);
    }
}
