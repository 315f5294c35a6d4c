//! Listings of objects, compared with the definition applied to all keys.

use std::collections::BTreeSet;

use super::fixture::{Random, bucket, canonical_id, put};
use crate::{BucketId, ListObjectsQuery, ListStart, MetadataStore, ObjectPage, Precondition};

/// An item of a listing: a key, or a common prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Key(String),
    Prefix(String),
}

impl Item {
    fn text(&self) -> &str {
        match self {
            Self::Key(text) | Self::Prefix(text) => text,
        }
    }
}

/// What S3 documents: keys with the prefix behind the start, those that contain the delimiter
/// behind the prefix rolled up, in byte order.
pub(crate) fn expected_items<'k>(
    keys: impl IntoIterator<Item = &'k String>,
    prefix: &str,
    delimiter: Option<&str>,
    start: &ListStart,
) -> Vec<Item> {
    let mut items = BTreeSet::new();
    for key in keys {
        let shown = match start {
            ListStart::Beginning => true,
            ListStart::AfterKey(after) => key > after,
            ListStart::AfterPrefix(after) => key > after && !key.starts_with(after.as_str()),
        };
        let Some(rest) = key.strip_prefix(prefix).filter(|_| shown) else { continue };
        let rolled_up = delimiter.and_then(|delimiter| rest.split_once(delimiter));
        items.insert(match rolled_up {
            Some((head, _)) => {
                let delimiter = delimiter.unwrap();
                (format!("{prefix}{head}{delimiter}"), true)
            }
            None => (key.clone(), false),
        });
    }
    let item = |(text, rolled_up)| if rolled_up { Item::Prefix(text) } else { Item::Key(text) };
    items.into_iter().map(item).collect()
}

fn items(page: &ObjectPage) -> Vec<Item> {
    let keys = page.entries.iter().map(|entry| Item::Key(entry.key.as_str().to_owned()));
    let prefixes = page.common_prefixes.iter().cloned().map(Item::Prefix);
    let mut items: Vec<_> = keys.chain(prefixes).collect();
    items.sort_by(|one, other| one.text().cmp(other.text()));
    items
}

/// All pages of a listing together.
pub(crate) async fn list_all<S: MetadataStore>(
    store: &S,
    bucket: BucketId,
    query: ListObjectsQuery<'_>,
) -> Vec<Item> {
    let (mut listed, mut start) = (Vec::new(), query.start.clone());
    loop {
        let query = ListObjectsQuery { start, ..query.clone() };
        let page = store.list_objects(bucket, query.clone()).await.unwrap();
        let found = items(&page);
        listed.extend(found.iter().cloned());
        let Some(next) = page.next else { return listed };
        assert_eq!(found.len(), query.limit, "only full pages are continued");
        start = next;
    }
}

/// Pieces of keys that are close to each other in byte order, and at its ends.
pub(crate) const PIECES: [&str; 14] = [
    "a",
    "b",
    "ab",
    "/",
    "//",
    "-",
    "--",
    "é",
    "\u{7f}",
    "\u{80}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{10ffff}",
    "\0",
];

/// Delimiters of one and several characters, and one that no key contains.
pub(crate) const DELIMITERS: [Option<&str>; 9] = [
    None,
    Some("/"),
    Some("--"),
    Some("a"),
    Some("é"),
    Some("\u{10ffff}"),
    Some("b/"),
    Some("\u{d7ff}"),
    Some("zz"),
];

/// `count` pieces in a row.
pub(crate) fn text_of_pieces(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| *random.pick(&PIECES)).collect()
}

pub(crate) async fn pages_together_are_the_definition<S: MetadataStore>(store: S) {
    let mut random = Random(1);
    for round in 0..40 {
        let id = bucket(&store, &format!("bucket-{round}")).await.id;
        let mut keys = BTreeSet::new();
        for seed in 0..random.below(40) {
            let length = 1 + random.below(5);
            let key = text_of_pieces(&mut random, length);
            put(&store, id, &key, seed as u64).await;
            keys.insert(key);
        }
        for _ in 0..60 {
            let prefix_length = random.below(3);
            let prefix = text_of_pieces(&mut random, prefix_length);
            let start_length = random.below(4);
            let text = text_of_pieces(&mut random, start_length);
            let start = match random.below(3) {
                0 => ListStart::Beginning,
                1 => ListStart::AfterKey(text),
                _ if text.is_empty() => ListStart::Beginning,
                _ => ListStart::AfterPrefix(text),
            };
            let delimiter = *random.pick(&DELIMITERS);
            let limit = 1 + random.below(7);
            let expected = expected_items(&keys, &prefix, delimiter, &start);
            let query =
                ListObjectsQuery { prefix: &prefix, delimiter, start, with_owners: false, limit };
            let listed = list_all(&store, id, query.clone()).await;
            assert_eq!(listed, expected, "round {round}: {query:?} of {keys:?}");
        }
    }
}

pub(crate) async fn entries_carry_what_listings_show<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let other = bucket(&store, "other").await.id;
    let record = put(&store, id, "k", 5).await;
    let plain = crate::NewObject { checksum: None, ..super::fixture::new_object("l", 6) };
    store.put_object(id, plain, Precondition::None).await.unwrap();
    let query = |limit| ListObjectsQuery {
        prefix: "",
        delimiter: Some(""),
        start: ListStart::Beginning,
        with_owners: true,
        limit,
    };
    let page = store.list_objects(id, query(10)).await.unwrap();
    assert_eq!((page.entries.len(), page.next), (2, None));
    let entry = &page.entries[0];
    assert_eq!((&entry.key, entry.size_bytes), (&record.key, record.size_bytes));
    assert_eq!((entry.etag, entry.last_modified), (record.etag, record.last_modified));
    assert_eq!(entry.owner, Some(canonical_id(2)));
    assert_eq!(entry.storage_class, record.storage_class);
    assert_eq!(entry.checksum_algorithm, record.checksum.as_ref().map(|sum| sum.algorithm));
    assert_eq!(entry.checksum_type, record.checksum.as_ref().map(|sum| sum.checksum_type));
    assert_eq!(page.entries[1].checksum_algorithm, None);
    let without_owners = ListObjectsQuery { with_owners: false, ..query(10) };
    let page = store.list_objects(id, without_owners).await.unwrap();
    assert_eq!(page.entries[0].owner, None);
    assert_eq!(store.list_objects(id, query(0)).await.unwrap(), ObjectPage::default());
    assert_eq!(store.list_objects(other, query(9)).await.unwrap(), ObjectPage::default());
}
