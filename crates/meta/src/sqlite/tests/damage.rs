//! Bytes that change on the disk.

use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{new_store, open};
use crate::contract::fixture::{
    Random, account, account_id, bucket, bucket_name, canonical_id, key, new_upload, part, put,
    time, upload_id,
};
use crate::{
    AccessKeyRecord, BlobHint, BucketChange, BucketId, KeyOwner, ListObjectsQuery, ListStart,
    ListUploadsQuery, MetaError, MetadataStore, ObjectRecord, UploadStart,
};

fn everything() -> ListObjectsQuery<'static> {
    ListObjectsQuery {
        prefix: "",
        delimiter: None,
        start: ListStart::Beginning,
        with_owners: true,
        limit: 1000,
    }
}

fn is_corrupt<T>(result: &Result<T, MetaError>) -> bool {
    matches!(result, Err(MetaError::Corrupt { .. }))
}

/// A store with a row in every table that a damaged column can be set in, at rest.
async fn filled() -> (TempDir, BucketId) {
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    let sealed_secret = vec![1, 2, 3];
    let access_key = AccessKeyRecord {
        access_key_id: "AKIA".into(),
        account: account_id(1),
        owner: KeyOwner::Root,
        sealed_secret,
        active: false,
        created: time(1),
    };
    store.create_access_key(access_key).await.unwrap();
    let setting = BucketChange::Setting { name: "cors".into(), text: Some("x".into()) };
    store.update_bucket(id, setting, None).await.unwrap();
    store.update_bucket(id, BucketChange::Policy(Some("{}".into())), None).await.unwrap();
    put(&store, id, "k", 1).await;
    put(&store, id, "k", 2).await;
    store.create_upload(new_upload(id, "k", "u")).await.unwrap();
    store.put_part(&upload_id("u"), part(1, 3)).await.unwrap();
    store.shutdown().await.unwrap();
    (directory, id)
}

/// Whether any read of the damaged store says so.
async fn notices(directory: &Path, id: BucketId) -> bool {
    let store = open(directory);
    let uploads =
        ListUploadsQuery { prefix: "", delimiter: None, start: UploadStart::Beginning, limit: 9 };
    let hint = BlobHint::Object { bucket: id, key: key("k") };
    is_corrupt(&store.list_accounts().await)
        || is_corrupt(&store.access_key("AKIA").await)
        || is_corrupt(&store.bucket(&bucket_name("abc")).await)
        || is_corrupt(&store.bucket_usage(id).await)
        || is_corrupt(&store.object(id, &key("k"), None).await)
        || is_corrupt(&store.references(&hint, &crate::contract::fixture::blob(9)).await)
        || is_corrupt(&store.list_objects(id, everything()).await)
        || is_corrupt(&store.upload(id, &key("k"), &upload_id("u")).await)
        || is_corrupt(&store.list_uploads(id, uploads).await)
        || is_corrupt(&store.list_parts(&upload_id("u"), None, 9).await)
        || is_corrupt(&store.garbage(time(i64::from(u32::MAX)), 9).await)
}

#[tokio::test]
async fn every_changed_column_is_noticed() {
    let (directory, id) = filled().await;
    assert!(!notices(directory.path(), id).await);
    for statement in [
        "UPDATE account SET canonical_id = replace(canonical_id, '1', '2')",
        "UPDATE account SET public_access = NULL",
        "UPDATE account SET email = 'x'",
        "UPDATE access_key SET active = 1",
        "UPDATE access_key SET user = 'x'",
        "UPDATE access_key SET sealed_secret = x'010204'",
        "UPDATE bucket SET owner = 2",
        "UPDATE bucket SET object_ownership = NULL",
        "UPDATE bucket SET public_access = NULL",
        "UPDATE bucket SET versioning = 'enabled'",
        "UPDATE bucket SET versioning = 'enabled lock'",
        "UPDATE bucket SET acl = replace(acl, 'READ', 'WRITE')",
        "UPDATE bucket SET policy = NULL",
        "UPDATE bucket_setting SET value = 'y'",
        "DELETE FROM bucket_setting",
        "UPDATE bucket_usage SET bytes = 3",
        "UPDATE object SET bucket = 9",
        "UPDATE object SET summary = CAST(replace(summary, 'STANDARD', 'STANDARE') AS BLOB)",
        "UPDATE object SET summary = substr(summary, 1, length(summary) - 1)",
        "UPDATE object SET summary = x''",
        "UPDATE object SET detail = CAST(replace(detail, 'READ', 'RITE') AS BLOB)",
        "UPDATE object SET detail = x''",
        "UPDATE upload SET owner = (SELECT canonical_id FROM account)",
        "UPDATE upload SET detail = '{}'",
        "UPDATE upload_part SET blob = 's:1:2:3'",
        "UPDATE upload_part SET number = 2",
        "UPDATE garbage SET blob = 's:1:2:3'",
        "UPDATE garbage SET since = 0",
    ] {
        let copy = TempDir::new().unwrap();
        let path = copy.path().join("metadata.sqlite3");
        std::fs::copy(directory.path().join("metadata.sqlite3"), &path).unwrap();
        let connection = Connection::open(&path).unwrap();
        assert_eq!(connection.execute(statement, []).unwrap(), 1, "{statement}");
        drop(connection);
        assert!(notices(copy.path(), id).await, "{statement}");
    }
}

/// Where the rows of `object` stand in the file: from the first key to the end of the last detail.
fn positions_of(image: &[u8], needle: &[u8]) -> Vec<usize> {
    (0..image.len() - needle.len()).filter(|&at| image[at..].starts_with(needle)).collect()
}

/// Every flipped bit of a stored row, the key included, is an error; it is neither another
/// answer nor "no such key".
#[tokio::test]
async fn a_flipped_bit_in_an_object_row_is_noticed() {
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    for seed in 0..30 {
        put(&store, id, &format!("folder/key-{seed:02}"), seed).await;
    }
    let name = key("folder/key-17");
    let original = store.object(id, &name, None).await.unwrap();
    store.shutdown().await.unwrap();
    let path = directory.path().join("metadata.sqlite3");
    let image = std::fs::read(&path).unwrap();
    let starts = positions_of(&image, b"folder/key-17");
    let copies = starts.len();
    assert_eq!(copies, 1, "the key stands in one row");
    let row = starts[0]..starts[0] + 400;
    let mut random = Random(7);
    for at in row {
        let copy = TempDir::new().unwrap();
        let mut damaged = image.clone();
        damaged[at] ^= 1 << random.below(8);
        std::fs::write(copy.path().join("metadata.sqlite3"), damaged).unwrap();
        let store = open(copy.path());
        let read = store.object(id, &name, None).await;
        assert!(is_corrupt(&read), "byte {at}: {read:?} for {original:?}");
    }
}

/// What the records of the undamaged store are.
struct Truth {
    id: BucketId,
    objects: Vec<ObjectRecord>,
}

/// Reads everything; returns how many records were missing without an error.
async fn read_all(directory: &Path, truth: &Truth) -> usize {
    let Ok(store) = crate::SqliteStore::open(directory) else { return 0 };
    let mut missing = 0;
    for record in &truth.objects {
        match store.object(truth.id, &record.key, None).await {
            Ok(Some(read)) => assert_eq!(read.into_object().as_ref(), Some(record)),
            Ok(None) => missing += 1,
            Err(_) => {}
        }
    }
    if let Ok(page) = store.list_objects(truth.id, everything()).await {
        for entry in page.entries {
            let record = truth.objects.iter().find(|record| record.key == entry.key).unwrap();
            assert_eq!((entry.etag, entry.size_bytes), (record.etag, record.size_bytes));
            assert_eq!(entry.owner.as_ref(), Some(&record.owner));
        }
    }
    if let Ok(Some(read)) = store.account_by_canonical_id(&canonical_id(1)).await {
        assert_eq!(read, account(1));
    }
    if let Ok(Some(read)) = store.bucket(&bucket_name("abc")).await {
        assert_eq!((read.id, read.owner), (truth.id, account_id(1)));
    }
    missing
}

/// Bits flipped anywhere in the file never make a wrong record. Damage to SQLite's own page
/// structure can hide rows, which no checksum in a row can show; that stays rare.
#[tokio::test]
async fn a_flipped_bit_anywhere_is_never_a_wrong_record() {
    const FLIPS: usize = 300;
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    let mut objects = Vec::new();
    for seed in 0..60 {
        objects.push(put(&store, id, &format!("key-{seed:02}"), seed).await);
    }
    store.shutdown().await.unwrap();
    let truth = Truth { id, objects };
    assert_eq!(read_all(directory.path(), &truth).await, 0);
    let image = std::fs::read(directory.path().join("metadata.sqlite3")).unwrap();
    let mut random = Random(3);
    let mut hidden = 0;
    for _ in 0..FLIPS {
        let copy = TempDir::new().unwrap();
        let mut damaged = image.clone();
        let at = random.below(damaged.len());
        damaged[at] ^= 1 << random.below(8);
        std::fs::write(copy.path().join("metadata.sqlite3"), damaged).unwrap();
        hidden += usize::from(read_all(copy.path(), &truth).await > 0);
    }
    assert!(hidden * 50 < FLIPS, "{hidden} of {FLIPS} flips hid records");
}
