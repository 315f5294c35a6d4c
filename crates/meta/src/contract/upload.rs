//! Multipart uploads.

use ::model::VersionId;
use ::model::limits::PART_NUMBER_MAX;

use super::fixture::{
    blob, bucket, encryption, etag, garbage, key, new_object, new_upload, part, put, time,
    upload_id,
};
use crate::{
    BlobHint, BucketId, CompleteUpload, CompletedUpload, ListUploadsQuery, MetaError,
    MetadataStore, NewObject, Noun, PartRecord, Precondition, UploadPage, UploadRecord,
    UploadStart,
};

const NOT_FOUND: MetaError = MetaError::NotFound { what: Noun::Upload };

fn completion(id: &str, name: &str, parts: &[PartRecord]) -> CompleteUpload {
    let parts: Vec<_> = parts.iter().map(|stored| stored.part.clone()).collect();
    let size_bytes = parts.iter().map(|part| part.size_bytes).sum();
    CompleteUpload {
        id: upload_id(id),
        object: NewObject { size_bytes, parts, ..new_object(name, 50) },
        precondition: Precondition::None,
    }
}

pub(crate) async fn an_upload_becomes_its_object<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    put(&store, id, "k", 1).await;
    let upload = UploadRecord { encryption: encryption(4), ..new_upload(id, "k", "u") };
    store.create_upload(upload.clone()).await.unwrap();
    assert_eq!(store.upload(id, &key("k"), &upload.id).await.unwrap(), Some(upload.clone()));
    assert_eq!(store.upload(id, &key("l"), &upload.id).await.unwrap(), None);
    assert_eq!(store.upload(BucketId(99), &key("k"), &upload.id).await.unwrap(), None);
    let taken = store.create_upload(upload.clone()).await;
    assert_eq!(taken, Err(MetaError::AlreadyExists { what: Noun::Upload }));

    let mut parts = [part(2, 12), part(7, 17), part(10_000, 20)];
    parts[1].part.salt = Some([5; 16]);
    for stored in &parts {
        store.put_part(&upload.id, stored.clone()).await.unwrap();
    }
    store.put_part(&upload.id, part(3, 13)).await.unwrap();
    let hint =
        |number| BlobHint::Part { bucket: id, key: key("k"), upload: upload.id.clone(), number };
    assert!(store.references(&hint(2), &blob(12)).await.unwrap());
    assert!(!store.references(&hint(3), &blob(12)).await.unwrap());

    let done = store.complete_upload(completion("u", "k", &parts)).await.unwrap();
    let read = store.object(id, &key("k"), None).await.unwrap().unwrap().into_object();
    assert_eq!(read.as_ref(), Some(&done));
    assert_eq!(done.parts[1].salt, Some([5; 16]));
    assert_eq!(store.upload(id, &key("k"), &upload.id).await.unwrap(), None);
    assert_eq!(store.list_parts(&upload.id, None, 9).await, Err(NOT_FOUND));
    assert!(store.references(&hint(2), &blob(12)).await.unwrap(), "now part of the object");
    let mut gone = [blob(1), blob(13)];
    gone.sort();
    assert_eq!(garbage(&store).await, gone, "replaced object and part that was not chosen");
    assert_eq!(store.bucket_usage(id).await.unwrap().bytes, 12 + 17 + 20);
}

pub(crate) async fn a_repeated_completion_is_recognised<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    store.create_upload(new_upload(id, "k", "u")).await.unwrap();
    store.put_part(&upload_id("u"), part(1, 1)).await.unwrap();
    let done = store.complete_upload(completion("u", "k", &[part(1, 1)])).await.unwrap();
    assert_eq!(store.complete_upload(completion("u", "k", &[part(1, 1)])).await, Err(NOT_FOUND));
    let remembered = CompletedUpload {
        completed: done.last_modified,
        version: VersionId::Null,
        etag: done.etag,
        checksum: done.checksum,
    };
    let find = |name: &'static str| {
        let store = &store;
        async move { store.completed_upload(id, &key(name), &upload_id("u")).await.unwrap() }
    };
    assert_eq!(find("k").await, Some(remembered));
    assert_eq!(find("l").await, None);
    assert_eq!(store.forget_completed_uploads(done.last_modified, 9).await.unwrap(), 0);
    assert_eq!(store.forget_completed_uploads(time(i64::from(i32::MAX)), 9).await.unwrap(), 1);
    assert_eq!(find("k").await, None);
}

pub(crate) async fn a_replaced_part_is_a_conflict<S: MetadataStore>(store: S) {
    const CONFLICT: MetaError = MetaError::Conflict { what: Noun::Part };
    let id = bucket(&store, "abc").await.id;
    store.create_upload(new_upload(id, "k", "u")).await.unwrap();
    let u = upload_id("u");
    let first = part(1, 1);
    store.put_part(&u, first.clone()).await.unwrap();
    // The same bytes again: same tag, another blob.
    let mut second = first.clone();
    second.part.blob = Some(blob(1001));
    store.put_part(&u, second.clone()).await.unwrap();
    store.put_part(&u, second.clone()).await.unwrap();
    assert_eq!(garbage(&store).await, [blob(1)], "a repeated part keeps its own blob");
    let late = store.complete_upload(completion("u", "k", &[first])).await;
    assert_eq!(late, Err(CONFLICT));
    let twice = completion("u", "k", &[second.clone(), second.clone()]);
    assert_eq!(store.complete_upload(twice).await, Err(CONFLICT));
    let absent = completion("u", "k", &[second.clone(), part(2, 2)]);
    assert_eq!(store.complete_upload(absent).await, Err(CONFLICT));
    let wrong_key = completion("u", "l", std::slice::from_ref(&second));
    assert_eq!(store.complete_upload(wrong_key).await, Err(NOT_FOUND));
    assert_eq!(store.list_parts(&u, None, 9).await.unwrap().parts, [second.clone()]);
    store.complete_upload(completion("u", "k", &[second])).await.unwrap();
}

pub(crate) async fn a_refused_completion_leaves_the_upload<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    put(&store, id, "k", 1).await;
    store.create_upload(new_upload(id, "k", "u")).await.unwrap();
    store.put_part(&upload_id("u"), part(1, 2)).await.unwrap();
    let refused =
        |precondition| CompleteUpload { precondition, ..completion("u", "k", &[part(1, 2)]) };
    for precondition in [Precondition::IfNoneMatchAny, Precondition::IfMatch(etag(9))] {
        let error = store.complete_upload(refused(precondition)).await.unwrap_err();
        assert_eq!(error, MetaError::PreconditionFailed);
        assert_eq!(store.list_parts(&upload_id("u"), None, 9).await.unwrap().parts.len(), 1);
        assert_eq!(garbage(&store).await, []);
    }
    store.complete_upload(refused(Precondition::IfMatch(etag(1)))).await.unwrap();
}

pub(crate) async fn an_aborted_upload_is_garbage<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    store.create_upload(new_upload(id, "k", "u")).await.unwrap();
    let u = upload_id("u");
    for number in 1..4 {
        store.put_part(&u, part(number, u64::from(number))).await.unwrap();
    }
    store.abort_upload(&u, time(7)).await.unwrap();
    assert_eq!(garbage(&store).await.len(), 3);
    assert_eq!(store.garbage(time(7), 9).await.unwrap(), []);
    assert_eq!(store.abort_upload(&u, time(7)).await, Err(NOT_FOUND));
    assert_eq!(store.put_part(&u, part(1, 9)).await, Err(NOT_FOUND));
    assert_eq!(store.list_parts(&u, None, 9).await, Err(NOT_FOUND));
}

pub(crate) async fn parts_are_listed_in_pages<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    store.create_upload(new_upload(id, "k", "u")).await.unwrap();
    let u = upload_id("u");
    let numbers = [1, 2, 5, 9_999, PART_NUMBER_MAX];
    for number in numbers {
        store.put_part(&u, part(number, u64::from(number))).await.unwrap();
    }
    for number in [0, PART_NUMBER_MAX + 1] {
        let error = store.put_part(&u, part(number, 1)).await.unwrap_err();
        assert_eq!(error, MetaError::LimitExceeded { limit: "PART_NUMBER_MAX" });
    }
    for limit in 1..7 {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_parts(&u, after, limit).await.unwrap();
            listed.extend(page.parts.iter().map(|stored| stored.part.number));
            after = page.next;
            if after.is_none() {
                break;
            }
            assert_eq!(page.parts.len(), limit);
        }
        assert_eq!(listed, numbers);
    }
    assert_eq!(store.list_parts(&u, Some(5), 9).await.unwrap().parts.len(), 2);
    assert_eq!(store.list_parts(&u, None, 0).await.unwrap().next, None);
}

/// `key:id` of uploads, and common prefixes, of one page.
fn items(page: &UploadPage) -> Vec<String> {
    let uploads = page.uploads.iter().map(|upload| format!("{}:{}", upload.key, upload.id));
    uploads.chain(page.common_prefixes.iter().cloned()).collect()
}

pub(crate) async fn uploads_are_listed_in_pages<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    for (name, upload) in
        [("a", "2"), ("a", "1"), ("b/x", "3"), ("b/y", "4"), ("c", "5"), ("d", "6")]
    {
        store.create_upload(new_upload(id, name, upload)).await.unwrap();
    }
    let query = |start, limit, prefix, delimiter| {
        store.list_uploads(id, ListUploadsQuery { prefix, delimiter, start, limit })
    };
    for (prefix, delimiter, expected) in [
        ("", None, vec!["a:1", "a:2", "b/x:3", "b/y:4", "c:5", "d:6"]),
        ("", Some("/"), vec!["a:1", "a:2", "b/", "c:5", "d:6"]),
        ("b/", Some("/"), vec!["b/x:3", "b/y:4"]),
    ] {
        for limit in 1..7 {
            let (mut listed, mut start) = (Vec::new(), UploadStart::Beginning);
            loop {
                let page = query(start, limit, prefix, delimiter).await.unwrap();
                let mut found = items(&page);
                found.sort();
                listed.extend(found);
                let Some(next) = page.next else { break };
                start = next;
            }
            assert_eq!(listed, expected, "{prefix} {delimiter:?} {limit}");
        }
    }
    let after_key = query(UploadStart::AfterKey("a".into()), 9, "", None).await.unwrap();
    assert_eq!(items(&after_key), ["b/x:3", "b/y:4", "c:5", "d:6"]);
    let after = UploadStart::AfterUpload("a".into(), "1".into());
    assert_eq!(items(&query(after, 1, "", None).await.unwrap()), ["a:2"]);
    let first = &query(UploadStart::Beginning, 1, "", None).await.unwrap().uploads[0];
    let upload = new_upload(id, "a", "1");
    assert_eq!((&first.initiator, &first.owner), (&upload.initiator, &upload.owner));
    assert_eq!(first.initiated, upload.initiated);
    assert_eq!(first.checksum_algorithm, upload.checksum_algorithm);
}
