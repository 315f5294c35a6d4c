//! Listings of objects: queries, pages, and the arithmetic of prefixes.

use std::borrow::Cow;

use model::{CanonicalUserId, ChecksumAlgorithm, ChecksumType, ETag, ObjectKey, Timestamp};

/// Which objects to list. AWS: API reference, ListObjectsV2.
#[derive(Clone, Debug)]
pub struct ListObjectsQuery<'a> {
    /// Only keys that begin with this.
    pub prefix: &'a str,
    /// Groups keys into common prefixes; not empty.
    pub delimiter: Option<&'a str>,
    /// Where the page begins.
    pub start: ListStart,
    /// Whether entries name their owners.
    pub with_owners: bool,
    /// Entries and common prefixes together in the page; at most `LIST_KEYS_MAX` are returned.
    pub limit: usize,
}

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListStart {
    /// At the first key.
    #[default]
    Beginning,
    /// Behind this text in byte order; it need not be a key.
    AfterKey(String),
    /// Behind every key that begins with this common prefix.
    AfterPrefix(String),
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The key.
    pub key: ObjectKey,
    /// Length of the body in bytes.
    pub size_bytes: u64,
    /// The entity tag.
    pub etag: ETag,
    /// When it was written.
    pub last_modified: Timestamp,
    /// Who owns it, if the query asked.
    pub owner: Option<CanonicalUserId>,
    /// `STANDARD` and the like.
    pub storage_class: Cow<'static, str>,
    /// Algorithm of its checksum.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// What its checksum covers.
    pub checksum_type: Option<ChecksumType>,
}

/// One page of a listing of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectPage {
    /// Objects in byte order of their keys.
    pub entries: Vec<ListEntry>,
    /// Common prefixes in byte order.
    pub common_prefixes: Vec<String>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<ListStart>,
}

/// The smallest text greater than every text that begins with `prefix`; `None` if there is none.
///
/// UTF-8 orders texts by bytes as by code points, so the last character is raised by one.
pub(crate) fn successor(prefix: &str) -> Option<String> {
    let mut stem = prefix.to_owned();
    while let Some(last) = stem.pop() {
        if let Some(raised) = (last..=char::MAX).nth(1) {
            stem.push(raised);
            return Some(stem);
        }
    }
    None
}

/// The smallest text greater than `text`.
pub(crate) fn just_after(text: &str) -> String {
    format!("{text}\0")
}

/// The part of `key` up to the first `delimiter` behind `prefix`, with which the key begins.
pub(crate) fn common_prefix<'k>(
    key: &'k str,
    prefix: &str,
    delimiter: Option<&str>,
) -> Option<&'k str> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let at = key.get(prefix.len()..)?.find(delimiter)?;
    key.get(..prefix.len() + at + delimiter.len())
}

impl ListStart {
    /// The smallest key that a page of this prefix may show; `None` if there can be none.
    pub(crate) fn lower_bound(&self, prefix: &str) -> Option<String> {
        let bound = match self {
            Self::Beginning => String::new(),
            Self::AfterKey(key) => just_after(key),
            Self::AfterPrefix(prefix) => successor(prefix)?,
        };
        Some(bound.max(prefix.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors() {
        for (prefix, expected) in [
            ("a", Some("b")),
            ("a/", Some("a0")),
            ("a\u{7f}", Some("a\u{80}")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
            ("", None),
        ] {
            assert_eq!(successor(prefix).as_deref(), expected, "{prefix:?}");
        }
    }

    #[test]
    fn common_prefixes() {
        assert_eq!(common_prefix("a/b/c", "", Some("/")), Some("a/"));
        assert_eq!(common_prefix("a/b/c", "a/", Some("/")), Some("a/b/"));
        assert_eq!(common_prefix("a/b/c", "a/b/", Some("/")), None);
        assert_eq!(common_prefix("a--b", "a-", Some("--")), None);
        assert_eq!(common_prefix("aéb", "", Some("é")), Some("aé"));
        assert_eq!(common_prefix("a/b", "", None), None);
        assert_eq!(common_prefix("a/b", "", Some("")), None);
    }

    proptest::proptest! {
        #[test]
        fn successor_is_the_least_upper_bound(prefix in "\\PC{1,4}", other in "\\PC{0,5}") {
            if let Some(next) = successor(&prefix) {
                let longest = format!("{prefix}\u{10ffff}\u{10ffff}");
                proptest::prop_assert!(longest < next);
                // Nothing lies between: what is below the successor begins with the prefix or is
                // below the prefix.
                let below = other < next;
                proptest::prop_assert_eq!(below, other < prefix || other.starts_with(&prefix));
            }
        }
    }
}
