//! Buckets.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::model::limits::{BUCKET_SETTINGS_MAX, BUCKETS_PER_ACCOUNT_MAX};
use ::model::{AccessControlList, BucketName, ObjectOwnership, PublicAccessBlock};
use tokio::task::JoinSet;

use super::fixture::{
    account, account_id, bucket, bucket_name, canonical_id, deletion, new_bucket, new_object,
    new_upload, part, put, time, upload_id,
};
use crate::{
    BucketChange, BucketCreation, BucketId, BucketPage, BucketRecord, DeleteOutcome,
    ListBucketsQuery, MetaError, MetadataStore, Noun, Precondition, Versioning,
};

const NOT_FOUND: MetaError = MetaError::NotFound { what: Noun::Bucket };

pub(crate) async fn a_name_is_taken_once<S: MetadataStore>(store: S) {
    store.create_account(account(1)).await.unwrap();
    store.create_account(account(2)).await.unwrap();
    let BucketCreation::Created(first) = store.create_bucket(new_bucket("abc", 1)).await.unwrap()
    else {
        panic!("the store was empty");
    };
    let new = new_bucket("abc", 1);
    assert_eq!(first.acl, new.acl);
    assert_eq!(first.public_access, new.public_access);
    assert_eq!(first.object_ownership, new.object_ownership);
    assert_eq!((first.owner, first.created, first.revision), (new.owner, new.created, 1));
    let second = store.create_bucket(new_bucket("abc", 2)).await.unwrap();
    assert_eq!(second, BucketCreation::Exists(first.clone()));
    assert_eq!(store.bucket(&bucket_name("abc")).await.unwrap(), Some(first));
    assert_eq!(store.bucket(&bucket_name("abd")).await.unwrap(), None);
    let orphan = store.create_bucket(new_bucket("orphan", 3)).await;
    assert_eq!(orphan, Err(MetaError::NotFound { what: Noun::Account }));
}

pub(crate) async fn a_deleted_bucket_never_returns<S: MetadataStore>(store: S) {
    let first = bucket(&store, "abc").await;
    let change = BucketChange::Setting { name: "cors".into(), text: Some("x".into()) };
    store.update_bucket(first.id, change, None).await.unwrap();
    store.delete_bucket(first.id, time(9)).await.unwrap();
    assert_eq!(store.bucket(&first.name).await.unwrap(), None);
    assert_eq!(store.delete_bucket(first.id, time(9)).await, Err(NOT_FOUND));
    let second = bucket(&store, "abc").await;
    assert!(second.id > first.id);
    assert!(second.settings.is_empty());
    let put = store.put_object(first.id, new_object("k", 1), Precondition::None).await;
    assert_eq!(put, Err(NOT_FOUND));
    let delete = store.delete_object(first.id, deletion("k", None, 1)).await;
    assert_eq!(delete, Err(NOT_FOUND));
    assert_eq!(store.create_upload(new_upload(first.id, "k", "u")).await, Err(NOT_FOUND));
    let update = store.update_bucket(first.id, BucketChange::Policy(None), None).await;
    assert_eq!(update, Err(NOT_FOUND));
}

pub(crate) async fn only_an_empty_bucket_is_deleted<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    put(&store, id, "k", 1).await;
    assert_eq!(store.delete_bucket(id, time(9)).await, Err(MetaError::NotEmpty));
    store.update_bucket(id, BucketChange::Versioning(Versioning::Enabled), None).await.unwrap();
    let null = store.object(id, &super::fixture::key("k"), None).await.unwrap().unwrap();
    let removed = store.delete_object(id, deletion("k", Some(null.version().clone()), 2)).await;
    assert!(matches!(removed, Ok(DeleteOutcome::Removed { .. })));
    let DeleteOutcome::Marked { version } =
        store.delete_object(id, deletion("k", None, 3)).await.unwrap()
    else {
        panic!("versioning is enabled");
    };
    assert_eq!(store.delete_bucket(id, time(9)).await, Err(MetaError::NotEmpty), "delete marker");
    store.delete_object(id, deletion("k", Some(version), 4)).await.unwrap();
    store.create_upload(new_upload(id, "k", "u")).await.unwrap();
    store.create_upload(new_upload(id, "l", "v")).await.unwrap();
    store.put_part(&upload_id("u"), part(1, 5)).await.unwrap();
    store.delete_bucket(id, time(9)).await.unwrap();
    let gone = store.upload(id, &super::fixture::key("k"), &upload_id("u")).await.unwrap();
    assert_eq!(gone, None, "uploads end with their bucket");
    let blob = part(1, 5).part.blob.unwrap();
    assert!(store.garbage(time(10), 100).await.unwrap().contains(&blob), "and so do their parts");
}

/// What a change should do to the record.
type Effect = fn(&mut BucketRecord);

pub(crate) async fn each_setting_is_stored<S: MetadataStore>(store: S) {
    let mut expected = bucket(&store, "abc").await;
    let acl = AccessControlList::private(canonical_id(7));
    let setting = |text: Option<&str>| BucketChange::Setting {
        name: "cors".into(),
        text: text.map(str::to_owned),
    };
    let changes: [(BucketChange, Effect); 9] = [
        (BucketChange::ObjectOwnership(Some(ObjectOwnership::BucketOwnerEnforced)), |record| {
            record.object_ownership = Some(ObjectOwnership::BucketOwnerEnforced);
        }),
        (BucketChange::ObjectOwnership(None), |record| record.object_ownership = None),
        (BucketChange::PublicAccess(None), |record| record.public_access = None),
        (BucketChange::PublicAccess(Some(PublicAccessBlock::ALL)), |record| {
            record.public_access = Some(PublicAccessBlock::ALL);
        }),
        (BucketChange::Acl(acl), |record| {
            record.acl = AccessControlList::private(canonical_id(7));
        }),
        (BucketChange::Policy(Some(" {}\n".into())), |record| record.policy = Some(" {}\n".into())),
        (BucketChange::Versioning(Versioning::Suspended), |record| {
            record.versioning = Versioning::Suspended;
        }),
        (setting(Some("<x/>")), |record| {
            record.settings.insert("cors".into(), "<x/>".into());
        }),
        (setting(None), |record| record.settings.clear()),
    ];
    for (change, apply) in changes {
        apply(&mut expected);
        expected.revision += 1;
        let changed = store.update_bucket(expected.id, change, None).await.unwrap();
        assert_eq!(changed, expected);
        assert_eq!(store.bucket(&expected.name).await.unwrap().as_ref(), Some(&expected));
    }
    let off = store.update_bucket(expected.id, BucketChange::Versioning(Versioning::Off), None);
    assert_eq!(off.await, Err(MetaError::Conflict { what: Noun::Bucket }));
}

pub(crate) async fn a_change_may_expect_a_revision<S: MetadataStore>(store: S) {
    let first = bucket(&store, "abc").await;
    let acl = AccessControlList::private(canonical_id(7));
    let second = store.update_bucket(first.id, BucketChange::Acl(acl), Some(1)).await.unwrap();
    assert_eq!(second.revision, 2);
    let enforce = BucketChange::ObjectOwnership(Some(ObjectOwnership::BucketOwnerEnforced));
    let late = store.update_bucket(first.id, enforce.clone(), Some(first.revision)).await;
    assert_eq!(late, Err(MetaError::Conflict { what: Noun::Bucket }));
    assert_eq!(store.bucket(&first.name).await.unwrap(), Some(second));
    store.update_bucket(first.id, enforce, Some(2)).await.unwrap();
}

pub(crate) async fn a_bucket_may_begin_with_settings<S: MetadataStore>(store: S) {
    bucket(&store, "other").await;
    let settings = BTreeMap::from([("tagging".to_owned(), "[]".to_owned())]);
    let new = crate::NewBucket { settings: settings.clone(), ..new_bucket("abc", 1) };
    let created = store.create_bucket(new).await.unwrap();
    let read = store.bucket(&bucket_name("abc")).await.unwrap().unwrap();
    assert_eq!(read.settings, settings);
    assert_eq!(created, BucketCreation::Created(read));
}

pub(crate) async fn settings_are_limited<S: MetadataStore>(store: S) {
    let id = bucket(&store, "abc").await.id;
    let set = |number: usize| BucketChange::Setting {
        name: format!("setting-{number}"),
        text: Some("x".into()),
    };
    for number in 0..BUCKET_SETTINGS_MAX {
        store.update_bucket(id, set(number), None).await.unwrap();
    }
    let error = store.update_bucket(id, set(BUCKET_SETTINGS_MAX), None).await.unwrap_err();
    assert_eq!(error, MetaError::LimitExceeded { limit: "BUCKET_SETTINGS_MAX" });
    let record = store.bucket(&bucket_name("abc")).await.unwrap().unwrap();
    assert_eq!(record.settings.len(), BUCKET_SETTINGS_MAX);
}

async fn all_pages<S: MetadataStore>(store: &S, query: ListBucketsQuery<'_>) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), query.after.map(bucket_name));
    loop {
        let after_text = after.as_ref().map(BucketName::as_str);
        let query = ListBucketsQuery { after: after_text, ..query };
        let page: BucketPage = store.list_buckets(account_id(1), query).await.unwrap();
        assert!(page.buckets.len() <= query.limit);
        names.extend(page.buckets.iter().map(|bucket| bucket.name.to_string()));
        if page.next.is_none() {
            return names;
        }
        assert_eq!(page.buckets.len(), query.limit, "only full pages are continued");
        after = page.next;
    }
}

pub(crate) async fn buckets_are_listed_in_pages<S: MetadataStore>(store: S) {
    store.create_account(account(1)).await.unwrap();
    store.create_account(account(2)).await.unwrap();
    for name in ["b-1", "a-2", "a-10", "a-1", "c-1"] {
        let mut new = new_bucket(name, 1);
        if name == "a-10" {
            new.region = "us-east-1".into();
        }
        store.create_bucket(new).await.unwrap();
    }
    store.create_bucket(new_bucket("a-3", 2)).await.unwrap();
    for limit in 1..7 {
        let all = ListBucketsQuery { prefix: "", after: None, region: None, limit };
        assert_eq!(all_pages(&store, all).await, ["a-1", "a-10", "a-2", "b-1", "c-1"]);
        let prefix = ListBucketsQuery { prefix: "a-", ..all };
        assert_eq!(all_pages(&store, prefix).await, ["a-1", "a-10", "a-2"]);
        let after = ListBucketsQuery { after: Some("a-10"), ..all };
        assert_eq!(all_pages(&store, after).await, ["a-2", "b-1", "c-1"]);
        let region = ListBucketsQuery { region: Some("us-east-1"), ..all };
        assert_eq!(all_pages(&store, region).await, ["a-10"]);
    }
    let none = ListBucketsQuery { prefix: "", after: None, region: None, limit: 0 };
    assert_eq!(store.list_buckets(account_id(1), none).await.unwrap(), BucketPage::default());
}

pub(crate) async fn buckets_are_found_by_a_setting<S: MetadataStore>(store: S) {
    for owner in [1, 2] {
        store.create_account(account(owner)).await.unwrap();
    }
    for (name, owner, setting) in [
        ("a-1", 1, Some("x")),
        ("a-2", 2, Some("x")),
        ("a-3", 1, None),
        ("a-4", 2, Some("y")),
        ("a-5", 1, Some("x")),
    ] {
        let mut new = new_bucket(name, owner);
        new.settings.extend(setting.map(|setting| (setting.to_owned(), "text".to_owned())));
        store.create_bucket(new).await.unwrap();
    }
    let names = async |after, limit| {
        let found = store.buckets_with_setting("x", after, limit).await.unwrap();
        found.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("", 9).await, ["a-1", "a-2", "a-5"]);
    assert_eq!(names("", 2).await, ["a-1", "a-2"]);
    assert_eq!(names("a-2", 2).await, ["a-5"]);
    assert!(store.buckets_with_setting("z", "", 9).await.unwrap().is_empty());
}

pub(crate) async fn an_account_has_a_limited_number_of_buckets<S: MetadataStore>(store: S) {
    store.create_account(account(1)).await.unwrap();
    let store = Arc::new(store);
    let mut creations = JoinSet::new();
    for worker in 0..100 {
        let store = Arc::clone(&store);
        creations.spawn(async move {
            for number in 0..BUCKETS_PER_ACCOUNT_MAX / 100 {
                let new = new_bucket(&format!("bucket-{worker}-{number}"), 1);
                store.create_bucket(new).await.unwrap();
            }
        });
    }
    creations.join_all().await;
    let error = store.create_bucket(new_bucket("one-too-many", 1)).await.unwrap_err();
    assert_eq!(error, MetaError::LimitExceeded { limit: "BUCKETS_PER_ACCOUNT_MAX" });
    assert_eq!(store.total_usage().await.unwrap().0, BUCKETS_PER_ACCOUNT_MAX as u64);
    let exists = store.create_bucket(new_bucket("bucket-0-0", 1)).await.unwrap();
    assert!(matches!(exists, BucketCreation::Exists(_)), "an existing name is found all the same");
    assert_eq!(store.bucket_usage(BucketId(i64::MAX)).await.unwrap().objects, 0);
}
