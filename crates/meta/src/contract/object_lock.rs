//! Object Lock. AWS: "Locking objects with Object Lock".

use ::model::{
    DefaultRetention, GovernanceBypass, LockRefusal, LockedChange, ObjectLock,
    ObjectLockConfiguration, Retention, RetentionMode, RetentionPeriod, VersionId,
};

use super::fixture::{
    blob, bucket, deletion, garbage, key, new_bucket, new_object, new_upload, object_part, put,
    retained, time, upload_id,
};
use crate::{
    BlobHint, BlobMove, BucketChange, BucketCreation, BucketId, CompleteUpload, DeleteObject,
    DeleteOutcome, MetaError, MetadataStore, NewObject, Noun, ObjectChange, ObjectRecord,
    Precondition, UploadRecord, Versioning,
};
use RetentionMode::{Compliance, Governance};

/// Milliseconds of [`time`] until which the locks here hold; deletions come at 5.
const UNTIL: i64 = 1000;
const BYPASS: [GovernanceBypass; 2] = [GovernanceBypass::No, GovernanceBypass::Authorized];

const ENABLED: ObjectLockConfiguration = ObjectLockConfiguration { default_retention: None };

/// A new bucket with Object Lock.
async fn locked_bucket<S: MetadataStore>(store: &S) -> BucketId {
    bucket(store, "other").await;
    let new = crate::NewBucket { object_lock: Some(ENABLED), ..new_bucket("abc", 1) };
    match store.create_bucket(new).await.unwrap() {
        BucketCreation::Created(record) => {
            assert_eq!(record.versioning, Versioning::Enabled);
            assert_eq!(record.object_lock, Some(ENABLED));
            record.id
        }
        BucketCreation::Exists(record) => panic!("{} exists", record.name),
    }
}

async fn put_locked<S: MetadataStore>(
    store: &S,
    id: BucketId,
    name: &str,
    seed: u64,
    lock: ObjectLock,
) -> ObjectRecord {
    let object = NewObject { lock, last_modified: time(1), ..new_object(name, seed) };
    store.put_object(id, object, Precondition::None).await.unwrap()
}

fn removal(record: &ObjectRecord, bypass: GovernanceBypass) -> DeleteObject {
    DeleteObject { bypass, ..deletion(record.key.as_str(), Some(record.version.clone()), 90) }
}

pub(crate) async fn a_locked_version_stays<S: MetadataStore>(store: S) {
    let id = locked_bucket(&store).await;
    let held = ObjectLock { retention: None, legal_hold: Some(true) };
    for (seed, lock, removable) in [
        (1, held, [false, false]),
        (2, retained(Compliance, UNTIL), [false, false]),
        (3, retained(Governance, UNTIL), [false, true]),
        (4, ObjectLock { legal_hold: Some(true), ..retained(Governance, UNTIL) }, [false, false]),
        (5, ObjectLock::default(), [true, true]),
        (6, ObjectLock { retention: None, legal_hold: Some(false) }, [true, true]),
        (7, retained(Compliance, 5), [true, true]),
    ] {
        for (bypass, removable) in BYPASS.into_iter().zip(removable) {
            let record = put_locked(&store, id, "k", seed, lock).await;
            assert_eq!(record.lock, lock);
            // What lies above it makes no difference: current, noncurrent, below a marker.
            for place in 0..3 {
                let seed = 100 + seed * 10 + place;
                match place {
                    0 => {}
                    1 => drop(put(&store, id, "k", seed).await),
                    _ => drop(store.delete_object(id, deletion("k", None, seed)).await.unwrap()),
                }
                if !removable {
                    let refused = store.delete_object(id, removal(&record, bypass)).await;
                    assert_eq!(refused, Err(kept(lock)), "{lock:?} {bypass:?} {place}");
                    let read = store.object(id, &record.key, Some(&record.version)).await.unwrap();
                    assert_eq!(read.unwrap().into_object().as_ref(), Some(&record));
                }
            }
            if removable {
                let removed = store.delete_object(id, removal(&record, bypass)).await.unwrap();
                assert!(matches!(removed, DeleteOutcome::Removed { .. }), "{lock:?} {bypass:?}");
            }
            // A legal hold is lifted and time passes: then it can go.
            let late = DeleteObject { now: time(UNTIL), ..removal(&record, bypass) };
            if !removable {
                let lift = ObjectChange::LegalHold(false);
                store.update_object(id, &record.key, record.sequence, lift, vec![]).await.unwrap();
                let early = DeleteObject { now: time(UNTIL - 1), ..late.clone() };
                let governed = lock.retention.is_some_and(|r| r.holds(early.now, bypass));
                let outcome = store.delete_object(id, early).await;
                let unheld = ObjectLock { legal_hold: Some(false), ..lock };
                assert_eq!(outcome == Err(kept(unheld)), governed, "{lock:?} {bypass:?}");
                store.delete_object(id, late).await.unwrap();
            }
            let gone = store.object(id, &record.key, Some(&record.version)).await.unwrap();
            assert_eq!(gone, None, "{lock:?}");
        }
    }
}

pub(crate) async fn a_default_retention_begins_at_the_commit<S: MetadataStore>(store: S) {
    let id = locked_bucket(&store).await;
    let default = DefaultRetention { mode: Governance, period: RetentionPeriod::Days(1) };
    let rule = ObjectLockConfiguration { default_retention: Some(default) };
    let before = put(&store, id, "k", 1).await;
    assert_eq!(before.lock.retention, None);
    let changed = store.update_bucket(id, BucketChange::ObjectLock(rule), None).await.unwrap();
    assert_eq!(changed.object_lock, Some(rule));

    let day = 24 * 60 * 60 * 1000;
    let by_default = retained(Governance, 1 + day).retention;
    let held = ObjectLock { retention: None, legal_hold: Some(true) };
    for (lock, expected) in [
        (ObjectLock::default(), ObjectLock { retention: by_default, legal_hold: None }),
        (held, ObjectLock { retention: by_default, legal_hold: Some(true) }),
        (retained(Compliance, 7), retained(Compliance, 7)),
    ] {
        let record = put_locked(&store, id, "k", 2, lock).await;
        assert_eq!(record.lock, expected);
        let read = store.object(id, &record.key, Some(&record.version)).await.unwrap();
        assert_eq!(read.unwrap().into_object().unwrap().lock, expected);
        let lift = ObjectChange::LegalHold(false);
        store.update_object(id, &record.key, record.sequence, lift, vec![]).await.unwrap();
        let late = DeleteObject { now: time(2 * day), ..removal(&record, GovernanceBypass::No) };
        store.delete_object(id, late).await.unwrap();
    }

    let lock = ObjectLock { legal_hold: Some(true), ..retained(Compliance, 77) };
    let upload = UploadRecord { lock, ..new_upload(id, "u", "u") };
    store.create_upload(upload.clone()).await.unwrap();
    let stored = store.upload(id, &key("u"), &upload_id("u")).await.unwrap().unwrap();
    assert_eq!(stored, upload);
    let object = NewObject {
        lock: ObjectLock::default(),
        last_modified: time(1),
        parts: vec![],
        ..new_object("u", 9)
    };
    let complete = CompleteUpload { id: stored.id, object, precondition: Precondition::None };
    let record = store.complete_upload(complete).await.unwrap();
    assert_eq!(record.lock.retention, by_default);

    let none = BucketChange::ObjectLock(ENABLED);
    store.update_bucket(id, none, None).await.unwrap();
    assert_eq!(put(&store, id, "k", 12).await.lock.retention, None);
}

pub(crate) async fn object_lock_never_goes_again<S: MetadataStore>(store: S) {
    let id = bucket(&store, "plain").await.id;
    let conflict = Err(MetaError::Conflict { what: Noun::Bucket });
    let enable = BucketChange::ObjectLock(ENABLED);
    assert_eq!(store.update_bucket(id, enable.clone(), None).await, conflict);
    let suspend = BucketChange::Versioning(Versioning::Suspended);
    store.update_bucket(id, suspend.clone(), None).await.unwrap();
    assert_eq!(store.update_bucket(id, enable.clone(), None).await, conflict);
    let versioned = BucketChange::Versioning(Versioning::Enabled);
    store.update_bucket(id, versioned.clone(), None).await.unwrap();
    let locked = store.update_bucket(id, enable, None).await.unwrap();
    assert_eq!(locked.object_lock, Some(ENABLED));
    assert_eq!(store.update_bucket(id, suspend, None).await, conflict);
    let off = BucketChange::Versioning(Versioning::Off);
    assert_eq!(store.update_bucket(id, off, None).await, conflict);
    let same = store.update_bucket(id, versioned, None).await.unwrap();
    assert_eq!((same.versioning, same.object_lock), (Versioning::Enabled, Some(ENABLED)));

    put_locked(&store, id, "k", 1, retained(Compliance, UNTIL)).await;
    assert_eq!(store.delete_bucket(id, time(5)).await, Err(MetaError::NotEmpty));
}

pub(crate) async fn a_retention_changes_by_its_rules<S: MetadataStore>(store: S) {
    let id = locked_bucket(&store).await;
    let record = put(&store, id, "k", 1).await;
    let change = async |retention: Option<Retention>, bypass| {
        let change = ObjectChange::Retention { retention, now: time(5), bypass };
        let changed = store.update_object(id, &record.key, record.sequence, change, vec![]).await;
        changed.map(|record| record.lock.retention)
    };
    let [no, bypass] = BYPASS;
    let governance = |until| retained(Governance, until).retention;
    let compliance = |until| retained(Compliance, until).retention;
    let locked = |new: Option<Retention>, old: Option<Retention>| {
        let lock = ObjectLock { retention: old, legal_hold: None };
        Err(MetaError::Locked(LockRefusal { lock, change: LockedChange::Retention(new) }))
    };
    assert_eq!(change(governance(50), no).await, Ok(governance(50)));
    assert_eq!(change(governance(60), no).await, Ok(governance(60)));
    assert_eq!(change(governance(50), no).await, locked(governance(50), governance(60)));
    assert_eq!(change(None, no).await, locked(None, governance(60)));
    assert_eq!(change(compliance(60), no).await, locked(compliance(60), governance(60)));
    assert_eq!(change(governance(50), bypass).await, Ok(governance(50)));
    assert_eq!(change(None, bypass).await, Ok(None));
    assert_eq!(change(compliance(50), no).await, Ok(compliance(50)));
    assert_eq!(change(compliance(60), no).await, Ok(compliance(60)));
    for bypass in BYPASS {
        assert_eq!(change(compliance(59), bypass).await, locked(compliance(59), compliance(60)));
        assert_eq!(change(governance(99), bypass).await, locked(governance(99), compliance(60)));
        assert_eq!(change(None, bypass).await, locked(None, compliance(60)));
    }
    let read = store.object(id, &record.key, Some(&record.version)).await.unwrap();
    assert_eq!(read.unwrap().into_object().unwrap().lock.retention, compliance(60));
}

/// The refusal to remove a version with this lock.
fn kept(lock: ObjectLock) -> MetaError {
    MetaError::Locked(LockRefusal { lock, change: LockedChange::Removal })
}

pub(crate) async fn a_locked_version_is_kept_where_others_go<S: MetadataStore>(store: S) {
    let id = locked_bucket(&store).await;
    let locked = put_locked(&store, id, "a", 1, retained(Compliance, UNTIL)).await;
    let free = put(&store, id, "b", 2).await;
    let deletions =
        [&locked, &free].map(|record| (id, removal(record, GovernanceBypass::Authorized)));
    let outcomes = store.delete_objects(deletions.to_vec()).await;
    let removed = DeleteOutcome::Removed { version: free.version, delete_marker: false };
    assert_eq!(outcomes, [Err(kept(locked.lock)), Ok(removed)]);
    assert_eq!(garbage(&store).await, [blob(2)]);
    assert_eq!(store.bucket_usage(id).await.unwrap().objects, 1);

    // Its bytes may move, and the lock moves along.
    let hint = BlobHint::Object { bucket: id, key: locked.key.clone() };
    let moved = BlobMove { hint, from: blob(1), to: blob(33) };
    assert_eq!(store.follow_moves(vec![moved], time(6)).await, Ok(vec![true]));
    let refused = store.delete_object(id, removal(&locked, GovernanceBypass::Authorized)).await;
    assert_eq!(refused, Err(kept(locked.lock)));

    // A version that a write would replace stays too: a null version from before the lock.
    let plain = bucket(&store, "plain").await.id;
    let null = put_locked(&store, plain, "k", 3, retained(Governance, UNTIL)).await;
    assert_eq!(null.version, VersionId::Null);
    let object = NewObject { last_modified: time(2), ..new_object("k", 4) };
    let refused = store.put_object(plain, object, Precondition::None).await;
    assert_eq!(refused, Err(kept(null.lock)));
    let refused = store.delete_object(plain, deletion("k", None, 5)).await;
    assert_eq!(refused, Err(kept(null.lock)));
    let part = object_part(1, 3);
    let read = store.object(plain, &key("k"), None).await.unwrap().unwrap();
    assert_eq!(read.into_object().unwrap().parts, [part]);
}
