//! Objects of a bucket with versioning enabled or suspended. AWS: "Retaining multiple versions of
//! objects with S3 Versioning".

use ::model::{ObjectKey, VersionId};

use super::fixture::{
    blob, bucket, deletion, etag, garbage, key, new_object, object_part, put, time, version_id,
};
use crate::{
    BlobHint, BlobMove, BucketChange, BucketId, DeleteObject, DeleteOutcome, ListObjectsQuery,
    ListStart, MetaError, MetadataStore, NewObject, ObjectChange, ObjectVersion, Precondition,
    Versioning,
};

async fn set<S: MetadataStore>(store: &S, bucket: BucketId, versioning: Versioning) {
    let change = BucketChange::Versioning(versioning);
    store.update_bucket(bucket, change, None).await.unwrap();
}

async fn newest<S: MetadataStore>(store: &S, id: BucketId, key: &ObjectKey) -> ObjectVersion {
    store.object(id, key, None).await.unwrap().unwrap()
}

async fn listed<S: MetadataStore>(store: &S, bucket: BucketId) -> Vec<String> {
    let query = ListObjectsQuery {
        prefix: "",
        delimiter: None,
        start: ListStart::Beginning,
        with_owners: false,
        limit: 1000,
    };
    let page = store.list_objects(bucket, query).await.unwrap();
    page.entries.iter().map(|entry| entry.key.to_string()).collect()
}

pub(crate) async fn enabled_keeps_every_version<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let k = key("k");
    let null = put(&store, id, "k", 1).await;
    set(&store, id, Versioning::Enabled).await;
    let second = put(&store, id, "k", 2).await;
    let third = put(&store, id, "k", 3).await;
    assert_eq!(second.version, version_id(2));
    for record in [&null, &second, &third] {
        let read = store.object(id, &k, Some(&record.version)).await.unwrap().unwrap();
        assert_eq!(read.into_object().as_ref(), Some(record));
    }
    assert_eq!(newest(&store, id, &k).await.version(), &third.version);

    let marked = store.delete_object(id, deletion("k", None, 4)).await.unwrap();
    assert_eq!(marked, DeleteOutcome::Marked { version: version_id(4) });
    assert!(matches!(newest(&store, id, &k).await, ObjectVersion::DeleteMarker(_)));
    assert_eq!(listed(&store, id).await, Vec::<String>::new());
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, 4);
    assert_eq!(garbage(&store).await, []);

    let change = ObjectChange::Tags(vec![]);
    let changed = store.update_object(id, &k, second.sequence, change, Vec::new()).await.unwrap();
    let read = store.object(id, &k, Some(&second.version)).await.unwrap().unwrap();
    assert_eq!(read.into_object(), Some(changed));

    let removed = store.delete_object(id, deletion("k", Some(version_id(4)), 5)).await.unwrap();
    let marker = DeleteOutcome::Removed { version: version_id(4), delete_marker: true };
    assert_eq!(removed, marker);
    assert_eq!(newest(&store, id, &k).await.version(), &third.version, "undeleted");
    assert_eq!(listed(&store, id).await, ["k"]);
    store.delete_object(id, deletion("k", Some(second.version), 5)).await.unwrap();
    store.delete_object(id, deletion("k", Some(third.version), 5)).await.unwrap();
    assert_eq!(newest(&store, id, &k).await.version(), &VersionId::Null);
    assert_eq!(listed(&store, id).await, ["k"]);
    let unknown = store.delete_object(id, deletion("k", Some(version_id(9)), 5)).await.unwrap();
    assert_eq!(unknown, DeleteOutcome::Nothing);
    let mut gone = [blob(2), blob(3)];
    gone.sort();
    assert_eq!(garbage(&store).await, gone);
}

pub(crate) async fn suspended_replaces_the_null_version<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let k = key("k");
    put(&store, id, "k", 1).await;
    set(&store, id, Versioning::Enabled).await;
    let kept = put(&store, id, "k", 2).await;
    set(&store, id, Versioning::Suspended).await;

    let null = put(&store, id, "k", 3).await;
    assert_eq!(null.version, VersionId::Null);
    assert_eq!(garbage(&store).await, [blob(1)], "an older null version goes");
    assert_eq!(newest(&store, id, &k).await.into_object(), Some(null));
    let marked = store.delete_object(id, deletion("k", None, 4)).await.unwrap();
    assert_eq!(marked, DeleteOutcome::Marked { version: VersionId::Null });
    let mut gone = [blob(1), blob(3)];
    gone.sort();
    assert_eq!(garbage(&store).await, gone);
    assert!(matches!(newest(&store, id, &k).await, ObjectVersion::DeleteMarker(_)));
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, 2);

    put(&store, id, "k", 5).await;
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, 2, "the null marker was replaced");
    store.delete_object(id, deletion("k", Some(VersionId::Null), 6)).await.unwrap();
    assert_eq!(newest(&store, id, &k).await.into_object(), Some(kept));
}

pub(crate) async fn a_delete_marker_is_no_object<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    set(&store, id, Versioning::Enabled).await;
    let first = put(&store, id, "k", 1).await;
    store.delete_object(id, deletion("k", None, 2)).await.unwrap();
    let by_match = Precondition::IfMatch(etag(1));
    let error = store.put_object(id, new_object("k", 3), by_match).await.unwrap_err();
    assert!(matches!(error, MetaError::NotFound { .. }));
    let deletion = DeleteObject { precondition: by_match, ..deletion("k", Some(first.version), 4) };
    store.put_object(id, new_object("k", 5), Precondition::IfNoneMatchAny).await.unwrap();
    let hint = BlobHint::Object { bucket: id, key: key("k") };
    assert!(store.references(&hint, &blob(1)).await.unwrap(), "older versions hold their blobs");
    let wrong = DeleteObject { precondition: Precondition::IfMatch(etag(5)), ..deletion.clone() };
    let error = store.delete_object(id, wrong).await.unwrap_err();
    assert_eq!(error, MetaError::PreconditionFailed, "the version's own tag counts");
    store.delete_object(id, deletion).await.unwrap();
    assert!(!store.references(&hint, &blob(1)).await.unwrap());
}

/// What was looked at goes only if it still is what it was, where it was.
pub(crate) async fn a_version_that_moved_is_not_deleted<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let delete = |version: Option<&VersionId>, sequence, is_latest, seed| {
        let precondition = Precondition::IfUnmoved { sequence, is_latest };
        let deletion = DeleteObject { precondition, ..deletion("k", version.cloned(), seed) };
        store.delete_object(id, deletion)
    };
    let moved = Err(MetaError::PreconditionFailed);
    // Overwritten with the same content in a bucket without versions.
    let first = put(&store, id, "k", 1).await;
    let again = put(&store, id, "k", 1).await;
    assert_eq!(delete(None, first.sequence, true, 2).await, moved);
    assert_eq!(delete(None, again.sequence, false, 2).await, moved);
    delete(None, again.sequence, true, 2).await.unwrap();
    assert_eq!(delete(None, again.sequence, true, 2).await, moved);

    set(&store, id, Versioning::Enabled).await;
    let old = put(&store, id, "k", 3).await;
    let new = put(&store, id, "k", 4).await;
    assert_eq!(delete(Some(&old.version), old.sequence, true, 5).await, moved);
    assert_eq!(delete(None, old.sequence, true, 5).await, moved);
    let marked = delete(None, new.sequence, true, 6).await.unwrap();
    let DeleteOutcome::Marked { version: marker } = marked else { panic!("{marked:?}") };
    assert_eq!(delete(None, new.sequence, true, 7).await, moved, "hidden meanwhile");
    let sequence = newest(&store, id, &key("k")).await.sequence();
    delete(Some(&old.version), old.sequence, false, 8).await.unwrap();
    assert_eq!(delete(Some(&marker), sequence, false, 9).await, moved);
    delete(Some(&marker), sequence, true, 10).await.unwrap();
    assert_eq!(delete(Some(&new.version), new.sequence, false, 11).await, moved, "came back");
    delete(Some(&new.version), new.sequence, true, 12).await.unwrap();
}

/// A copy of a blob takes its place in exactly the version that has it, and in nothing else.
pub(crate) async fn a_moved_blob_is_followed<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    set(&store, id, Versioning::Enabled).await;
    let older = put(&store, id, "k", 1).await;
    let newer = put(&store, id, "k", 2).await;
    let of = |from, to| BlobMove {
        hint: BlobHint::Object { bucket: id, key: key("k") },
        from: blob(from),
        to: blob(to),
    };
    let elsewhere = BlobMove { hint: BlobHint::Object { bucket: id, key: key("j") }, ..of(1, 5) };
    let moves = vec![of(1, 11), of(2, 12), of(3, 13), elsewhere, of(1, 14)];
    let twice = NewObject { parts: vec![object_part(1, 21)], ..new_object("two", 20) };
    store.put_object(id, twice, Precondition::None).await.unwrap();
    put(&store, id, "two", 21).await;
    let usage = store.bucket_usage(id).await.unwrap();
    let two = BlobMove { hint: BlobHint::Object { bucket: id, key: key("two") }, ..of(21, 22) };
    assert_eq!(
        store.follow_moves(vec![two], time(50)).await.unwrap(),
        [false],
        "shared blobs stay"
    );
    let followed = store.follow_moves(moves, time(50)).await.unwrap();
    assert_eq!(followed, [true, true, false, false, false]);
    for (before, seed) in [(older, 11), (newer, 12)] {
        let mut expected = before.clone();
        expected.parts[0].blob = Some(blob(seed));
        let read = store.object(id, &key("k"), Some(&before.version)).await.unwrap().unwrap();
        assert_eq!(read.into_object(), Some(expected), "nothing else changes");
    }
    assert_eq!(store.bucket_usage(id).await.unwrap(), usage);
    let mut old = [blob(1), blob(2)];
    old.sort();
    assert_eq!(garbage(&store).await, old);
    assert_eq!(store.garbage(time(50), 9).await.unwrap(), [], "the grace time begins now");
}
