//! Conditional requests. AWS: "Add preconditions to S3 operations with conditional requests".

use model::{ETag, ErrorCode, S3Error, Timestamp};

/// The conditions of a request, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`: `*` or a list of entity tags.
    pub if_match: Option<String>,
    /// `If-None-Match`: `*` or a list of entity tags.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`, whole seconds.
    pub if_modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`, whole seconds.
    pub if_unmodified_since: Option<Timestamp>,
}

/// What the conditions of a read mean for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answer as usual.
    Proceed,
    /// Answer `304 Not Modified`.
    NotModified,
}

impl Conditions {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Judges a read in RFC 9110's order: `If-Match` decides over `If-Unmodified-Since`, and
    /// `If-None-Match` over `If-Modified-Since`. Errors are `PreconditionFailed` 412.
    pub fn check_read(&self, etag: &ETag, last_modified: Timestamp) -> Result<Outcome, S3Error> {
        let modified = last_modified.truncated_to_seconds();
        match (&self.if_match, self.if_unmodified_since) {
            (Some(tags), _) if !matches_any(tags, etag) => return Err(failed("If-Match")),
            (None, Some(limit)) if modified > limit => return Err(failed("If-Unmodified-Since")),
            _ => {}
        }
        let unchanged = match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => matches_any(tags, etag),
            (None, Some(limit)) => modified <= limit,
            (None, None) => false,
        };
        Ok(if unchanged { Outcome::NotModified } else { Outcome::Proceed })
    }

    /// Judges the source of a copy: what would be `304` on a read is `412` here.
    pub fn check_copy_source(&self, etag: &ETag, last_modified: Timestamp) -> Result<(), S3Error> {
        match self.check_read(etag, last_modified)? {
            Outcome::Proceed => Ok(()),
            Outcome::NotModified if self.if_none_match.is_some() => {
                Err(failed("x-amz-copy-source-If-None-Match"))
            }
            Outcome::NotModified => Err(failed("x-amz-copy-source-If-Modified-Since")),
        }
    }

    /// The condition of a write, judged where the write takes effect. S3 knows `If-None-Match: *`
    /// and `If-Match: etag`; every other condition on a write is not implemented there either.
    pub fn of_write(&self) -> Result<meta::Precondition, S3Error> {
        match (&self.if_match, &self.if_none_match) {
            (None, None) => Ok(meta::Precondition::None),
            (None, Some(tags)) if tags.trim() == "*" => Ok(meta::Precondition::IfNoneMatchAny),
            (Some(tag), None) => ETag::parse(tag.trim())
                .map(meta::Precondition::IfMatch)
                .ok_or_else(|| failed("If-Match")),
            _ => Err(S3Error::new(ErrorCode::NotImplemented).field(
                "Header",
                if self.if_none_match.is_some() { "If-None-Match" } else { "If-Match" },
            )),
        }
    }
}

/// `PreconditionFailed` with the condition that failed.
pub(crate) fn failed(condition: &str) -> S3Error {
    S3Error::new(ErrorCode::PreconditionFailed).field("Condition", condition)
}

fn matches_any(tags: &str, etag: &ETag) -> bool {
    let tags = tags.trim();
    tags == "*"
        || tags.split(',').any(|tag| {
            let tag = tag.trim();
            ETag::parse(tag.strip_prefix("W/").unwrap_or(tag)).as_ref() == Some(etag)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "d41d8cd98f00b204e9800998ecf8427e";
    const OTHER: &str = "00000000000000000000000000000000";

    fn check(
        matches: Option<&str>,
        none: Option<&str>,
        since: Option<i64>,
        until: Option<i64>,
    ) -> String {
        let conditions = Conditions {
            if_match: matches.map(str::to_owned),
            if_none_match: none.map(str::to_owned),
            if_modified_since: since.map(Timestamp::from_unix_seconds),
            if_unmodified_since: until.map(Timestamp::from_unix_seconds),
        };
        // Written at second 100 and a half.
        let etag = ETag::parse(TAG).unwrap();
        match conditions.check_read(&etag, Timestamp::from_unix_millis(100_500)) {
            Ok(outcome) => format!("{outcome:?}"),
            Err(error) => error.fields()[0].1.clone(),
        }
    }

    #[test]
    fn reads() {
        let quoted = format!("\"{TAG}\"");
        let list = format!("\"{OTHER}\", W/\"{TAG}\"");
        assert_eq!(check(None, None, None, None), "Proceed");
        assert_eq!(check(Some(&quoted), None, None, None), "Proceed");
        assert_eq!(check(Some("*"), None, None, None), "Proceed");
        assert_eq!(check(Some(OTHER), None, None, None), "If-Match");
        assert_eq!(check(None, Some(&list), None, None), "NotModified");
        assert_eq!(check(None, Some(OTHER), None, None), "Proceed");
        assert_eq!(check(None, None, Some(100), None), "NotModified");
        assert_eq!(check(None, None, Some(99), None), "Proceed");
        assert_eq!(check(None, None, None, Some(100)), "Proceed");
        assert_eq!(check(None, None, None, Some(99)), "If-Unmodified-Since");
        // A matching tag overrides the date, both ways.
        assert_eq!(check(Some(TAG), None, None, Some(99)), "Proceed");
        assert_eq!(check(None, Some(OTHER), Some(100), None), "Proceed");
    }

    #[test]
    fn writes_know_two_conditions() {
        let of = |matches: Option<&str>, none: Option<&str>| Conditions {
            if_match: matches.map(str::to_owned),
            if_none_match: none.map(str::to_owned),
            ..Conditions::default()
        };
        assert!(matches!(of(None, Some("*")).of_write(), Ok(meta::Precondition::IfNoneMatchAny)));
        assert!(matches!(of(Some(TAG), None).of_write(), Ok(meta::Precondition::IfMatch(_))));
        assert_eq!(of(None, Some(TAG)).of_write().unwrap_err().code(), ErrorCode::NotImplemented);
    }
}
