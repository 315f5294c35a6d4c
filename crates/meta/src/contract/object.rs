//! Objects of a bucket without versioning.

use std::sync::Arc;

use ::model::VersionId;
use tokio::task::JoinSet;

use super::fixture::{
    blob, bucket, canonical_id, deletion, etag, garbage, key, new_object, public_acl, put, time,
};
use crate::{
    BlobHint, BucketId, BucketUsage, DeleteObject, DeleteOutcome, MetaError, MetadataStore,
    NewObject, Noun, ObjectChange, ObjectHeaders, ObjectVersion, Precondition,
};

const NOT_FOUND: MetaError = MetaError::NotFound { what: Noun::Object };

pub(crate) async fn what_is_put_is_read<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let plain = NewObject {
        headers: ObjectHeaders::default(),
        user_metadata: vec![],
        tags: vec![],
        checksum: None,
        acl: None,
        parts: vec![],
        ..new_object("plain", 2)
    };
    for object in [new_object("a\0\u{10ffff}", 1), plain] {
        let put = store.put_object(id, object.clone(), Precondition::None).await.unwrap();
        let read = store.object(id, &object.key, None).await.unwrap().unwrap();
        assert_eq!(read.version(), &VersionId::Null);
        assert_eq!(read.clone().into_object(), Some(put.clone()));
        let by_id = store.object(id, &object.key, Some(&VersionId::Null)).await.unwrap();
        assert_eq!(by_id, Some(read));
        let again = NewObject {
            key: put.key,
            fresh_version: object.fresh_version.clone(),
            size_bytes: put.size_bytes,
            etag: put.etag,
            last_modified: put.last_modified,
            owner: put.owner,
            storage_class: put.storage_class,
            headers: put.headers,
            user_metadata: put.user_metadata,
            tags: put.tags,
            checksum: put.checksum,
            acl: put.acl,
            lock: put.lock,
            encryption: put.encryption,
            parts: put.parts,
            events: Vec::new(),
        };
        assert_eq!(again, object);
    }
    assert_eq!(store.object(id, &key("a"), None).await.unwrap(), None);
    let unknown = super::fixture::version_id(9);
    assert_eq!(store.object(id, &key("plain"), Some(&unknown)).await.unwrap(), None);
}

pub(crate) async fn replaced_and_deleted_blobs_are_garbage<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let first = put(&store, id, "k", 1).await;
    let second = put(&store, id, "k", 2).await;
    assert!(second.sequence > first.sequence);
    assert_eq!(garbage(&store).await, [blob(1)]);
    put(&store, id, "k", 2).await;
    assert_eq!(garbage(&store).await, [blob(1)], "a repeated put keeps its own blob");
    let outcome = store.delete_object(id, deletion("k", None, 3)).await.unwrap();
    let removed = DeleteOutcome::Removed { version: VersionId::Null, delete_marker: false };
    assert_eq!(outcome, removed);
    assert_eq!(store.object(id, &key("k"), None).await.unwrap(), None);
    let mut both = vec![blob(1), blob(2)];
    both.sort();
    assert_eq!(garbage(&store).await, both);
    let outcome = store.delete_object(id, deletion("k", None, 3)).await.unwrap();
    assert_eq!(outcome, DeleteOutcome::Nothing);

    // Blob 1 went when its successor was written (2 ms), blob 2 with the deletion (5 ms).
    assert_eq!(store.garbage(time(2), 9).await.unwrap(), []);
    assert_eq!(store.garbage(time(3), 9).await.unwrap(), [blob(1)]);
    assert_eq!(store.garbage(time(6), 1).await.unwrap(), [blob(1)]);
    store.forget_garbage(&[blob(1), blob(99)]).await.unwrap();
    assert_eq!(garbage(&store).await, [blob(2)]);
}

pub(crate) async fn preconditions_hold_at_the_commit<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let put_if = |seed, precondition| store.put_object(id, new_object("k", seed), precondition);
    let delete_if = |precondition| {
        store.delete_object(id, DeleteObject { precondition, ..deletion("k", None, 9) })
    };
    for absent in [Precondition::IfMatchAny, Precondition::IfMatch(etag(1))] {
        assert_eq!(put_if(1, absent).await.unwrap_err(), NOT_FOUND);
        assert_eq!(delete_if(absent).await.unwrap_err(), NOT_FOUND);
    }
    put_if(1, Precondition::IfNoneMatchAny).await.unwrap();
    for present in [Precondition::IfNoneMatchAny, Precondition::IfMatch(etag(2))] {
        assert_eq!(put_if(2, present).await.unwrap_err(), MetaError::PreconditionFailed);
        assert_eq!(delete_if(present).await.unwrap_err(), MetaError::PreconditionFailed);
    }
    assert_eq!(garbage(&store).await, [], "what failed left nothing");
    put_if(2, Precondition::IfMatch(etag(1))).await.unwrap();
    put_if(3, Precondition::IfMatchAny).await.unwrap();
    delete_if(Precondition::IfMatch(etag(3))).await.unwrap();
    assert_eq!(store.object(id, &key("k"), None).await.unwrap(), None);
}

pub(crate) async fn only_one_of_many_creates<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let store = Arc::new(store);
    let mut writers = JoinSet::new();
    for seed in 0..32 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let object = new_object("k", seed);
            let put = store.put_object(id, object, Precondition::IfNoneMatchAny).await;
            (seed, put)
        });
    }
    let results = writers.join_all().await;
    let mut winners = results.iter().filter(|(_, put)| put.is_ok());
    let (winner, _) = winners.next().unwrap();
    assert!(winners.next().is_none());
    let read = store.object(id, &key("k"), None).await.unwrap().unwrap().into_object().unwrap();
    assert_eq!(read.etag, etag(*winner));
    assert_eq!(garbage(&*store).await, []);
}

pub(crate) async fn a_change_reaches_only_the_version_it_was_meant_for<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let k = key("k");
    let mut first = put(&store, id, "k", 1).await;
    let tags = vec![("x".to_owned(), "y".to_owned())];
    let changed =
        store.update_object(id, &k, first.sequence, ObjectChange::Tags(tags.clone()), Vec::new());
    first.tags = tags;
    assert_eq!(changed.await.unwrap(), first);
    let acl = public_acl(8);
    let change = ObjectChange::Acl(Some(acl.clone()));
    first.acl = Some(acl);
    assert_eq!(
        store.update_object(id, &k, first.sequence, change.clone(), Vec::new()).await.unwrap(),
        first
    );
    let read = store.object(id, &k, None).await.unwrap();
    assert_eq!(read, Some(ObjectVersion::Object(first.clone().into())));

    let second = put(&store, id, "k", 2).await;
    let late = store.update_object(id, &k, first.sequence, change.clone(), Vec::new()).await;
    assert_eq!(late, Err(MetaError::Conflict { what: Noun::ObjectVersion }));
    let read = store.object(id, &k, None).await.unwrap();
    assert_eq!(read, Some(ObjectVersion::Object(second.clone().into())));
    store.delete_object(id, deletion("k", None, 3)).await.unwrap();
    let gone = store.update_object(id, &k, second.sequence, change, Vec::new()).await;
    assert_eq!(gone, Err(MetaError::Conflict { what: Noun::ObjectVersion }));
}

pub(crate) async fn usage_is_counted<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let other = bucket(&store, "other").await.id;
    let usage = |objects, bytes| BucketUsage { objects, bytes };
    put(&store, id, "a", 10).await;
    put(&store, id, "b", 20).await;
    put(&store, other, "b", 100).await;
    assert_eq!(store.bucket_usage(id).await.unwrap(), usage(2, 30));
    put(&store, id, "a", 11).await;
    assert_eq!(store.bucket_usage(id).await.unwrap(), usage(2, 31));
    assert_eq!(store.total_usage().await.unwrap(), (2, usage(3, 131)));
    store.delete_object(id, deletion("a", None, 1)).await.unwrap();
    assert_eq!(store.bucket_usage(id).await.unwrap(), usage(1, 20));
}

pub(crate) async fn references_follow_the_object<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let hint = BlobHint::Object { bucket: id, key: key("k") };
    assert!(!store.references(&hint, &blob(1)).await.unwrap());
    put(&store, id, "k", 1).await;
    assert!(store.references(&hint, &blob(1)).await.unwrap());
    assert!(!store.references(&hint, &blob(2)).await.unwrap());
    put(&store, id, "k", 2).await;
    assert!(!store.references(&hint, &blob(1)).await.unwrap());
    assert!(store.references(&hint, &blob(2)).await.unwrap());
    let elsewhere = BlobHint::Object { bucket: id, key: key("K") };
    assert!(!store.references(&elsewhere, &blob(2)).await.unwrap());
    let owner = store.object(id, &key("k"), None).await.unwrap().unwrap().into_object();
    assert_eq!(owner.unwrap().owner, canonical_id(2));
}

/// Deletions that are asked for together are each on their own, and in the order asked.
pub(crate) async fn deletions_together_are_each_on_their_own<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    for seed in 0..300 {
        put(&store, id, &format!("key-{seed:03}"), seed).await;
    }
    let wrong = Precondition::IfMatch(etag(9999));
    let mut deletions: Vec<_> = (0..300)
        .map(|seed| {
            let precondition = if seed % 7 == 0 { wrong } else { Precondition::None };
            let deletion = deletion(&format!("key-{seed:03}"), None, 1000 + seed);
            (id, DeleteObject { precondition, ..deletion })
        })
        .collect();
    deletions.push((id, deletion("key-001", None, 2000)));
    deletions.push((BucketId(99), deletion("key-000", None, 2000)));
    let outcomes = store.delete_objects(deletions).await;
    for (seed, outcome) in outcomes.iter().take(300).enumerate() {
        match seed % 7 {
            0 => assert_eq!(*outcome, Err(MetaError::PreconditionFailed), "{seed}"),
            _ => assert!(matches!(outcome, Ok(DeleteOutcome::Removed { .. })), "{seed}"),
        }
    }
    assert_eq!(outcomes[300], Ok(DeleteOutcome::Nothing), "the second time");
    assert_eq!(outcomes[301], Err(MetaError::NotFound { what: Noun::Bucket }));
    assert_eq!(outcomes.len(), 302);
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, 43);
    assert_eq!(store.delete_objects(Vec::new()).await, []);
}

/// A bucket that is emptied and removed while others write leaves nothing behind.
pub(crate) async fn a_bucket_goes_with_its_last_object<S: MetadataStore>(store: S) {
    for round in 0..20 {
        let id = bucket(&store, "abc").await.id;
        let other = bucket(&store, "other").await.id;
        let (first, second, third, gone, kept) = tokio::join!(
            store.put_object(id, new_object("k", round), Precondition::None),
            store.put_object(id, new_object("k", 100 + round), Precondition::IfNoneMatchAny),
            store.delete_object(id, deletion("k", None, round)),
            store.delete_bucket(id, time(7)),
            store.put_object(other, new_object("k", 200 + round), Precondition::None),
        );
        assert!(first.is_ok() && third.is_ok() && kept.is_ok());
        assert_eq!(second, Err(MetaError::PreconditionFailed));
        assert_eq!(gone, Ok(()));
        assert_eq!(store.object(id, &key("k"), None).await, Ok(None));
        let (buckets, usage) = store.total_usage().await.unwrap();
        assert_eq!((buckets, usage.objects), (1, 1));
        store.delete_object(other, deletion("k", None, round)).await.unwrap();
        store.delete_bucket(other, time(8)).await.unwrap();
    }
}
