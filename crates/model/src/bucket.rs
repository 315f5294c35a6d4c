//! Bucket names.

use std::borrow::Borrow;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::limits::{BUCKET_NAME_LENGTH_BYTES_MAX, BUCKET_NAME_LENGTH_BYTES_MIN};

/// A bucket name that satisfies Amazon's rules for general purpose buckets.
///
/// AWS: "General purpose bucket naming rules". Since it holds lower-case letters, digits, dots and
/// hyphens only, it needs no escaping in hosts, paths, XML or ARNs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(Arc<str>);

const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

impl BucketName {
    /// Checks every naming rule.
    pub fn parse(text: &str) -> Option<Self> {
        let length = BUCKET_NAME_LENGTH_BYTES_MIN..=BUCKET_NAME_LENGTH_BYTES_MAX;
        let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let valid = length.contains(&text.len())
            && bytes.iter().all(|&byte| alphanumeric(byte) || byte == b'.' || byte == b'-')
            && bytes.first().copied().is_some_and(alphanumeric)
            && bytes.last().copied().is_some_and(alphanumeric)
            && !text.contains("..")
            && text.parse::<Ipv4Addr>().is_err()
            && !RESERVED_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            && !RESERVED_SUFFIXES.iter().any(|suffix| text.ends_with(suffix));
        valid.then(|| Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for BucketName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naming_rules() {
        for good in ["abc", "a-b", "a.b", "0abc9", "192.168.5.300", &"a".repeat(63)] {
            assert!(BucketName::parse(good).is_some(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            "ab",
            &long,
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "192.168.5.4",
            "xn--abc",
            "sthree-abc",
            "abc-s3alias",
            "abc--ol-s3",
            "a/b",
            "a b",
            "a\0b",
            "übc",
        ] {
            assert!(BucketName::parse(bad).is_none(), "{bad}");
        }
    }
}
