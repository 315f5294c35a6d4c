//! Sub-resources of a bucket that the metadata keeps as texts without knowing what they mean.
//!
//! They are read once, together with the bucket, and stay in memory with it. A text that cannot be
//! read is an error of the bucket: it is never taken for a sub-resource that is not there.

use std::collections::BTreeMap;

use model::{S3Error, TagSet};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Name of the tags among the settings.
pub(super) const TAGGING: &str = "tagging";

/// The sub-resources of a bucket, understood.
#[derive(Debug, Default)]
pub(crate) struct BucketSettings {
    /// The tags, unless the bucket has none.
    pub(crate) tags: Option<TagSet>,
}

impl BucketSettings {
    /// Understands what is stored.
    pub(super) fn read(texts: &BTreeMap<String, String>) -> Result<Self, S3Error> {
        Ok(Self { tags: parsed(texts, TAGGING)?.map(TagSet::stored) })
    }
}

fn parsed<T: DeserializeOwned>(
    texts: &BTreeMap<String, String>,
    name: &str,
) -> Result<Option<T>, S3Error> {
    let Some(text) = texts.get(name) else { return Ok(None) };
    let unreadable = |error| S3Error::internal(format_args!("the setting `{name}`: {error}"));
    serde_json::from_str(text).map(Some).map_err(unreadable)
}

/// The text of a sub-resource.
pub(super) fn written<T: Serialize + ?Sized>(document: &T) -> Result<String, S3Error> {
    serde_json::to_string(document).map_err(S3Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<BucketSettings, S3Error> {
        BucketSettings::read(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
    }

    #[test]
    fn what_is_written_is_read() {
        let tags = TagSet::stored(vec![("größe".into(), "a \"b\"".into())]);
        let text = written(tags.pairs()).unwrap();
        assert_eq!(read(TAGGING, &text).unwrap().tags, Some(tags));
        assert_eq!(read("other", "x").unwrap().tags, None);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for text in ["", "{}", "[[\"a\"]]", "[[\"a\",1]]"] {
            assert!(read(TAGGING, text).is_err(), "{text}");
        }
    }
}
