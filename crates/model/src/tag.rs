//! Tags of objects and buckets.
//!
//! AWS: "Categorizing your objects using tags"; Billing User Guide, "User-defined tag restrictions".
//! Texts of errors as they were observed by users of Amazon S3.

use crate::error::S3Error;
use crate::error_code::ErrorCode;
use crate::limits::{
    BUCKET_TAGS_MAX, OBJECT_TAGS_MAX, TAG_KEY_LENGTH_CHARACTERS_MAX,
    TAG_VALUE_LENGTH_CHARACTERS_MAX,
};

/// Tags that hold to every rule: key and value, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSet(Vec<(String, String)>);

impl TagSet {
    /// Checks the tags of an object. Errors: `BadRequest`, `InvalidTag`.
    pub fn of_object(pairs: Vec<(String, String)>) -> Result<Self, S3Error> {
        if pairs.len() > OBJECT_TAGS_MAX {
            return Err(too_many("Object tags cannot be greater than 10"));
        }
        Self::checked(pairs, "Your TagKey cannot be prefixed with aws:")
    }

    /// Checks the tags of a bucket. Errors: `BadRequest`, `InvalidTag`.
    pub fn of_bucket(pairs: Vec<(String, String)>) -> Result<Self, S3Error> {
        if pairs.len() > BUCKET_TAGS_MAX {
            return Err(too_many("Bucket tag count cannot be greater than 50"));
        }
        Self::checked(pairs, "System tags cannot be added/updated by requester")
    }

    /// Tags that were checked before they were stored.
    pub fn stored(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    fn checked(
        pairs: Vec<(String, String)>,
        reserved_message: &'static str,
    ) -> Result<Self, S3Error> {
        let invalid = |message| Err(S3Error::with_message(ErrorCode::InvalidTag, message));
        for (index, (key, value)) in pairs.iter().enumerate() {
            if is_reserved(key) {
                return invalid(reserved_message);
            }
            if key.is_empty() || !is_text(key, TAG_KEY_LENGTH_CHARACTERS_MAX) {
                return invalid("The TagKey you have provided is invalid");
            }
            if !is_text(value, TAG_VALUE_LENGTH_CHARACTERS_MAX) {
                return invalid("The TagValue you have provided is invalid");
            }
            if pairs.iter().take(index).any(|(known, _)| known == key) {
                return invalid("Cannot provide multiple Tags with the same key");
            }
        }
        Ok(Self(pairs))
    }

    /// Keys and values.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Whether there is no tag.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, to be stored.
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

fn too_many(message: &'static str) -> S3Error {
    S3Error::with_message(ErrorCode::BadRequest, message)
}

/// `aws:` in any combination of upper and lower case.
fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Letters, digits and blanks of any script, and `+ - = . _ : / @`.
fn is_text(text: &str, length_max: usize) -> bool {
    let allowed = |character: char| {
        character.is_alphanumeric()
            || (character.is_whitespace() && !character.is_control())
            || "+-=._:/@".contains(character)
    };
    text.chars().count() <= length_max && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn check(tags: &[(&str, &str)], expected: Option<&str>) {
        let error = TagSet::of_object(pairs(tags)).err();
        assert_eq!(error.as_ref().map(S3Error::message), expected, "{tags:?}");
    }

    #[test]
    fn rules() {
        let (longest_key, longest_value) = ("ä".repeat(128), "ä".repeat(256));
        check(&[], None);
        check(&[("a", ""), ("A", "+-=._:/@ 9"), ("größe 中", "x\u{a0}y")], None);
        check(&[(&longest_key, &longest_value)], None);
        let key = Some("The TagKey you have provided is invalid");
        check(&[("", "x")], key);
        check(&[(&"a".repeat(129), "x")], key);
        check(&[("a;b", "x")], key);
        check(&[("a\n", "x")], key);
        let value = Some("The TagValue you have provided is invalid");
        check(&[("a", &"v".repeat(257))], value);
        check(&[("a", "x&y")], value);
        check(
            &[("a", "1"), ("b", "2"), ("a", "1")],
            Some("Cannot provide multiple Tags with the same key"),
        );
        check(&[("AWS:x", "1")], Some("Your TagKey cannot be prefixed with aws:"));
        check(&[("awsx", "1"), ("aws", "1"), ("xaws:", "1")], None);
    }

    #[test]
    fn counts() {
        let many = |count: usize| (0..count).map(|n| (n.to_string(), String::new())).collect();
        assert!(TagSet::of_object(many(10)).is_ok());
        assert!(TagSet::of_bucket(many(50)).is_ok());
        for error in [TagSet::of_object(many(11)), TagSet::of_bucket(many(51))] {
            assert_eq!(error.unwrap_err().code(), ErrorCode::BadRequest);
        }
        let system = TagSet::of_bucket(pairs(&[("aws:x", "")])).unwrap_err();
        assert_eq!(system.message(), "System tags cannot be added/updated by requester");
    }
}
