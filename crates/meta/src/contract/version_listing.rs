//! Listings of versions, compared with the definition applied to all of them.

use std::collections::BTreeMap;

use ::model::VersionId;

use super::fixture::{bucket, deletion, key, put, version_id};
use crate::{
    BucketChange, BucketId, ListStart, ListVersionsQuery, ListedVersion, MetadataStore,
    ObjectVersion, VersionEntry, VersionListStart, VersionPage, Versioning,
};

/// An item of a listing: key, version, whether it is the latest and a delete marker; or a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Version(String, VersionId, bool, bool),
    Prefix(String),
}

impl Item {
    fn text(&self) -> &str {
        match self {
            Self::Version(text, ..) | Self::Prefix(text) => text,
        }
    }
}

/// What S3 documents, given the versions of each key from the oldest to the newest.
pub(crate) fn expected_versions(
    versions: &BTreeMap<String, Vec<ObjectVersion>>,
    query: &ListVersionsQuery<'_>,
) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (name, history) in versions {
        let newest_first: Vec<&ObjectVersion> = history.iter().rev().collect();
        let skipped = match &query.start {
            VersionListStart::Key(ListStart::Beginning) => 0,
            VersionListStart::Key(ListStart::AfterKey(after)) if name > after => 0,
            VersionListStart::Key(ListStart::AfterPrefix(after))
                if name > after && !name.starts_with(after) =>
            {
                0
            }
            VersionListStart::Version(after, _) if name.as_str() > after.as_str() => 0,
            VersionListStart::Version(after, marker) if name == after.as_str() => {
                let found = newest_first.iter().position(|known| known.version() == marker);
                found.map_or(0, |at| at + 1)
            }
            _ => newest_first.len(),
        };
        let Some(rest) = name.strip_prefix(query.prefix) else { continue };
        for (index, version) in newest_first.iter().enumerate().skip(skipped) {
            let rolled_up = query.delimiter.and_then(|delimiter| {
                let (head, _) = rest.split_once(delimiter)?;
                Some(Item::Prefix(format!("{}{head}{delimiter}", query.prefix)))
            });
            let marker = matches!(version, ObjectVersion::DeleteMarker(_));
            let id = version.version().clone();
            let item =
                rolled_up.unwrap_or_else(|| Item::Version(name.clone(), id, index == 0, marker));
            if items.last() != Some(&item) {
                items.push(item);
            }
        }
    }
    items
}

fn item(entry: &VersionEntry) -> Item {
    let marker = matches!(entry.content, ListedVersion::DeleteMarker(_));
    Item::Version(entry.key().to_string(), entry.version.clone(), entry.is_latest, marker)
}

fn items(page: &VersionPage) -> Vec<Item> {
    let prefixes = page.common_prefixes.iter().cloned().map(Item::Prefix);
    let mut items: Vec<_> = page.entries.iter().map(item).chain(prefixes).collect();
    items.sort_by(|one, other| one.text().cmp(other.text()));
    items
}

/// All pages of a listing together.
pub(crate) async fn list_all_versions<S: MetadataStore>(
    store: &S,
    bucket: BucketId,
    query: ListVersionsQuery<'_>,
) -> Vec<Item> {
    let (mut listed, mut start) = (Vec::new(), query.start.clone());
    loop {
        let query = ListVersionsQuery { start, ..query.clone() };
        let page = store.list_object_versions(bucket, query.clone()).await.unwrap();
        let found = items(&page);
        listed.extend(found.iter().cloned());
        let Some(next) = page.next else { return listed };
        assert_eq!(found.len(), query.limit, "only full pages are continued");
        start = next;
    }
}

fn query(start: VersionListStart, limit: usize) -> ListVersionsQuery<'static> {
    ListVersionsQuery { prefix: "", delimiter: None, start, limit }
}

fn beginning() -> VersionListStart {
    VersionListStart::Key(ListStart::Beginning)
}

async fn three_versions_of_two_keys<S: MetadataStore>(store: &S) -> BucketId {
    let id = bucket(store, "abc").await.id;
    let change = BucketChange::Versioning(Versioning::Enabled);
    store.update_bucket(id, change, None).await.unwrap();
    for (name, seed) in [("a", 1), ("a", 2), ("b", 3), ("b", 4)] {
        put(store, id, name, seed).await;
    }
    store.delete_object(id, deletion("a", None, 5)).await.unwrap();
    store.delete_object(id, deletion("b", None, 6)).await.unwrap();
    put(store, id, "b", 7).await;
    id
}

/// Emptying a bucket page by page deletes the marker of the next page.
pub(crate) async fn a_version_that_went_between_two_pages<S: MetadataStore>(store: S) {
    let id = three_versions_of_two_keys(&store).await;
    let mut start = beginning();
    for _ in 0..7 {
        let page = store.list_object_versions(id, query(start, 1)).await.unwrap();
        let entry = &page.entries[0];
        let gone = deletion(entry.key().as_str(), Some(entry.version.clone()), 9);
        store.delete_object(id, gone).await.unwrap();
        start = page.next.clone().unwrap_or_else(beginning);
    }
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, 0, "nothing was skipped");
}

pub(crate) async fn a_marker_anywhere<S: MetadataStore>(store: S) {
    let id = three_versions_of_two_keys(&store).await;
    let version = |name: &str, seed, latest, marker| {
        Item::Version(name.to_owned(), version_id(seed), latest, marker)
    };
    let all = [
        version("a", 5, true, true),
        version("a", 2, false, false),
        version("a", 1, false, false),
        version("b", 7, true, false),
        version("b", 6, false, true),
        version("b", 4, false, false),
        version("b", 3, false, false),
    ];
    for limit in 1..9 {
        assert_eq!(list_all_versions(&store, id, query(beginning(), limit)).await, all);
    }
    let behind = |name: &str, seed| VersionListStart::Version(key(name), version_id(seed));
    for (start, expected) in [
        (behind("a", 2), &all[2..]),
        (behind("a", 1), &all[3..]),
        (behind("b", 3), &[][..]),
        (behind("b", 99), &all[3..]),
        (behind("0", 1), &all[..]),
        (behind("c", 1), &[][..]),
    ] {
        assert_eq!(list_all_versions(&store, id, query(start, 2)).await, expected);
    }
    let none = store.list_object_versions(id, query(beginning(), 0)).await.unwrap();
    assert_eq!(none, VersionPage::default());
}
