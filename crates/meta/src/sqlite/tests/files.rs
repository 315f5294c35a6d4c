//! Files: modes, old databases, copies, closing.

use std::os::unix::fs::PermissionsExt;

use model::{IamKind, IamRelation, VersionId};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{new_store, open};
use crate::contract::fixture::{
    account, account_id, blob, bucket, bucket_name, canonical_id, deletion, garbage, key,
    new_object, new_upload, part, put, time, upload_id, version_id,
};
use crate::sqlite::SqliteStore;
use crate::{
    AccessKeyRecord, BucketChange, BucketUsage, CompleteUpload, KeyOwner, MetaError, MetadataStore,
    NewObject, ObjectVersion, Precondition, Versioning,
};

#[tokio::test]
async fn files_are_for_the_owner_only() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("new/metadata.sqlite3");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let store = open(&directory.path().join("new"));
    bucket(&store, "abc").await;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&path.with_extension("sqlite3-wal")), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    drop(store);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    drop(open(&directory.path().join("new")));
    assert_eq!(mode(&path), 0o600, "a wider mode is narrowed");
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    store.shutdown().await.unwrap();
    assert_eq!(store.bucket(&bucket_name("abc")).await, Err(MetaError::Closed));
    assert_eq!(store.delete_bucket(id, time(9)).await, Err(MetaError::Closed));
    assert_eq!(store.shutdown().await, Err(MetaError::Closed));
    let path = directory.path().join("metadata.sqlite3-wal");
    assert!(!path.exists() || path.metadata().unwrap().len() == 0, "the log is written back");
    drop(store);
    assert!(open(directory.path()).bucket(&bucket_name("abc")).await.unwrap().is_some());
}

#[tokio::test]
async fn no_store_without_a_directory_or_a_database() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(SqliteStore::open(&file), Err(MetaError::Io(_))));
    std::fs::write(directory.path().join("metadata.sqlite3"), "x".repeat(5000)).unwrap();
    assert!(matches!(SqliteStore::open(directory.path()), Err(MetaError::Corrupt { .. })));
}

#[tokio::test]
async fn a_backup_is_a_store_of_one_moment() {
    let (_directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    put(&store, id, "before", 1).await;
    let target = TempDir::new().unwrap();
    let path = target.path().join("metadata.sqlite3");
    store.backup_to(&path).await.unwrap();
    put(&store, id, "after", 2).await;
    assert!(matches!(store.backup_to(&path).await, Err(MetaError::Io(_))), "never overwritten");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let copy = open(target.path());
    assert!(copy.object(id, &key("before"), None).await.unwrap().is_some());
    assert!(copy.object(id, &key("after"), None).await.unwrap().is_none());
}

/// One row or more in every table.
async fn fill(store: &SqliteStore) {
    let id = bucket(store, "abc").await.id;
    let access_key = AccessKeyRecord {
        access_key_id: "AKIA".into(),
        account: account_id(1),
        owner: KeyOwner::Root,
        sealed_secret: vec![1, 2, 3],
        active: true,
        created: time(1),
    };
    store.create_access_key(access_key).await.unwrap();
    let cors = BucketChange::Setting { name: "cors".into(), text: Some("<CORS/>".into()) };
    store.update_bucket(id, cors, None).await.unwrap();
    put(store, id, "a/1", 1).await;
    put(store, id, "a/1", 2).await;
    let enabled = BucketChange::Versioning(Versioning::Enabled);
    store.update_bucket(id, enabled, None).await.unwrap();
    put(store, id, "a/1", 3).await;
    put(store, id, "b", 4).await;
    store.delete_object(id, deletion("b", None, 5)).await.unwrap();
    for upload in ["u1", "u2"] {
        store.create_upload(new_upload(id, "c", upload)).await.unwrap();
        store.put_part(&upload_id(upload), part(1, 6)).await.unwrap();
    }
    let parts = vec![part(1, 6).part];
    let object = NewObject { parts, ..new_object("c", 6) };
    let completion =
        CompleteUpload { id: upload_id("u1"), object, precondition: Precondition::None };
    store.complete_upload(completion).await.unwrap();
}

async fn check_filled(store: &SqliteStore) {
    let record = store.bucket(&bucket_name("abc")).await.unwrap().unwrap();
    assert_eq!(store.list_accounts().await.unwrap(), [account(1)]);
    assert!(store.access_key("AKIA").await.unwrap().unwrap().active);
    assert_eq!((record.revision, record.settings.len()), (3, 1));
    let versions =
        [("a/1", VersionId::Null, 2), ("a/1", version_id(3), 3), ("b", version_id(4), 4)];
    for (name, version, seed) in versions {
        let read = store.object(record.id, &key(name), Some(&version)).await.unwrap().unwrap();
        let expected = new_object(name, seed).into_record(version, i64::try_from(seed).unwrap());
        assert_eq!(read.into_object(), Some(expected), "{name}");
    }
    let newest = store.object(record.id, &key("a/1"), None).await.unwrap().unwrap();
    assert_eq!(newest.version(), &version_id(3));
    let marker = store.object(record.id, &key("b"), None).await.unwrap().unwrap();
    let ObjectVersion::DeleteMarker(marker) = marker else { panic!("{marker:?}") };
    assert_eq!((marker.version, marker.sequence), (version_id(5), 5));
    assert_eq!((marker.owner, marker.last_modified), (canonical_id(2), time(5)));
    let upload = store.upload(record.id, &key("c"), &upload_id("u2")).await.unwrap();
    assert_eq!(upload, Some(new_upload(record.id, "c", "u2")));
    assert_eq!(store.list_parts(&upload_id("u2"), None, 9).await.unwrap().parts, [part(1, 6)]);
    let completed = store.completed_upload(record.id, &key("c"), &upload_id("u1")).await;
    assert!(completed.unwrap().is_some());
    assert_eq!(garbage(store).await, [blob(1)]);
    let usage = store.bucket_usage(record.id).await.unwrap();
    assert_eq!(usage, BucketUsage { objects: 5, bytes: 2 + 3 + 4 + 6 });
}

/// The rows of IAM that the first releases with schema 3 wrote.
fn check_iam(store: &SqliteStore) {
    let held = store.read_iam(|rows| {
        let user = rows.get(account_id(1), IamKind::User, "u")?;
        let holders = rows.holders(account_id(1), IamRelation::Member, "g")?;
        Ok::<_, MetaError>((user, holders, rows.access_key_use("AKUSER")?))
    });
    let (user, holders, key_use) = held.unwrap();
    assert_eq!(user.unwrap().id.as_deref(), Some("AIDA1"));
    assert_eq!(holders, [(IamKind::User, "u".to_owned())]);
    assert_eq!(key_use.unwrap().used, time(5));
}

/// Rows are carried over between these two; here there are none.
const DROP_OLD_TABLES: &str =
    "DROP TABLE object_of_schema_1; DROP TABLE object_version_of_schema_1;";

/// The dumps were written by the first releases of their schemas: rows of that time, checksums
/// included, must be readable for ever.
#[tokio::test]
async fn databases_of_older_schemas_are_read() {
    let schema_1 = include_str!("../../../schema/0001.sql");
    let dump_1 = include_str!("../../../schema/fixtures/0001.sql");
    let schema_2 = include_str!("../../../schema/0002.sql");
    let dump_2 = include_str!("../../../schema/fixtures/0002.sql");
    let schema_3 = include_str!("../../../schema/0003.sql");
    let dump_3 = include_str!("../../../schema/fixtures/0003.sql");
    for scripts in [
        &[schema_1, dump_1][..],
        &[schema_1, schema_2, DROP_OLD_TABLES, dump_2],
        &[schema_1, schema_2, DROP_OLD_TABLES, schema_3, dump_3],
    ] {
        let directory = TempDir::new().unwrap();
        let connection = Connection::open(directory.path().join("metadata.sqlite3")).unwrap();
        for script in scripts {
            connection.execute_batch(script).unwrap();
        }
        drop(connection);
        let store = open(directory.path());
        check_filled(&store).await;
        if scripts.contains(&dump_3) {
            check_iam(&store);
        }
    }
}

#[tokio::test]
async fn a_filled_store_is_what_the_dump_holds() {
    let (directory, store) = new_store();
    fill(&store).await;
    check_filled(&store).await;
    drop(store);
    check_filled(&open(directory.path())).await;
}
