//! Walking through whole tables.

use rusqlite::Connection;

use super::{new_store, open};
use crate::contract::fixture::{
    account_id, blob, bucket, deletion, key, new_object, new_upload, part, put, time, upload_id,
    version_id,
};
use crate::{
    AccessKeyRecord, BlobHint, BucketChange, BucketId, BucketUsage, KeyOwner, MetaError,
    MetadataStore, NewObject, ObjectVersion, Precondition, RowCursor, ScannedRow, ScannedTable,
    SqliteStore, StoredRow, Versioning,
};

/// All rows of a table, read in pages of this size.
fn rows(store: &SqliteStore, table: ScannedTable, limit: usize) -> Vec<ScannedRow> {
    let mut rows = Vec::new();
    let mut after: Option<RowCursor> = None;
    loop {
        let page = store.scan(table, after.as_ref(), limit).unwrap();
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows);
        after = page.next.map(|next| RowCursor::parse(&next.to_text()).unwrap());
        if after.is_none() {
            return rows;
        }
    }
}

fn names(store: &SqliteStore, table: ScannedTable, limit: usize) -> Vec<String> {
    rows(store, table, limit).into_iter().map(|row| row.name).collect()
}

/// Rows in every table; `b` has four versions, the newest of them a delete marker.
async fn fill(store: &SqliteStore) -> BucketId {
    let id = bucket(store, "abc").await.id;
    let versioning = BucketChange::Versioning(Versioning::Enabled);
    store.update_bucket(id, versioning, None).await.unwrap();
    let access_key = AccessKeyRecord {
        access_key_id: "AKIA".into(),
        account: account_id(1),
        owner: KeyOwner::Root,
        sealed_secret: vec![1],
        active: true,
        created: time(1),
    };
    store.create_access_key(access_key).await.unwrap();
    for (name, seed) in [("a", 1), ("b", 2), ("b", 3), ("b", 4), ("c", 5), ("c", 6)] {
        put(store, id, name, seed).await;
    }
    store.delete_object(id, deletion("b", None, 7)).await.unwrap();
    store.create_upload(new_upload(id, "u", "v")).await.unwrap();
    store.put_part(&upload_id("v"), part(1, 8)).await.unwrap();
    store.put_part(&upload_id("v"), part(2, 9)).await.unwrap();
    store.put_part(&upload_id("v"), part(2, 11)).await.unwrap();
    super::iam::fill(store).await;
    super::event::fill(store, id).await;
    store.add_encryption_key(|_| Ok("{}".to_owned())).await.unwrap();
    id
}

#[tokio::test]
async fn pages_of_any_size_make_up_every_table() {
    let (_directory, store) = new_store();
    fill(&store).await;
    for table in ScannedTable::ALL {
        let all = names(&store, table, 1000);
        assert_eq!(all.is_empty(), table == ScannedTable::CompletedUpload, "{table:?}");
        for limit in 1..5 {
            assert_eq!(names(&store, table, limit), all, "{table:?}");
        }
        assert!(rows(&store, table, 3).iter().all(|row| row.content.is_ok()), "{table:?}");
    }
    assert_eq!(names(&store, ScannedTable::Object, 1), ["1/a", "1/c"]);
    assert_eq!(
        names(&store, ScannedTable::ObjectVersion, 1),
        ["1/b/-7", "1/b/-4", "1/b/-3", "1/b/-2", "1/c/-5"]
    );
    let versions = rows(&store, ScannedTable::ObjectVersion, 2);
    let is_marker = |row: &ScannedRow| {
        matches!(row.content, Ok(StoredRow::Object { version: ObjectVersion::DeleteMarker(_), .. }))
    };
    assert_eq!(
        versions.iter().map(is_marker).collect::<Vec<_>>(),
        [true, false, false, false, false]
    );
    assert_eq!(names(&store, ScannedTable::UploadPart, 1), ["v/1", "v/2"]);
    assert_eq!(names(&store, ScannedTable::Garbage, 1), [blob(9).to_string()]);
}

#[tokio::test]
async fn a_damaged_row_is_an_item_and_not_the_end() {
    let (directory, store) = new_store();
    fill(&store).await;
    store.shutdown().await.unwrap();
    let path = directory.path().join("metadata.sqlite3");
    let connection = Connection::open(path).unwrap();
    // Not even the key is a text any more.
    let statement = "UPDATE object SET key = CAST(x'61ff' AS TEXT) WHERE key = 'a'";
    assert_eq!(connection.execute(statement, []).unwrap(), 1);
    drop(connection);
    let store = open(directory.path());
    for limit in 1..3 {
        let rows = rows(&store, ScannedTable::Object, limit);
        assert!(matches!(rows[0].content, Err(MetaError::Corrupt { .. })));
        assert_eq!(rows[0].object, Some((BucketId(1), "a\u{fffd}".to_owned())));
        assert!(rows[1].content.is_ok());
    }
}

#[tokio::test]
async fn references_are_counted() {
    let (_directory, store) = new_store();
    let id = fill(&store).await;
    let hint = BlobHint::Object { bucket: id, key: key("b") };
    assert_eq!(store.count_references(&hint, &blob(3)), Ok(1));
    assert_eq!(store.count_references(&hint, &blob(1)), Ok(0), "of another key");
    let again = NewObject { fresh_version: version_id(99), ..new_object("b", 3) };
    store.put_object(id, again, Precondition::None).await.unwrap();
    assert_eq!(store.count_references(&hint, &blob(3)), Ok(2));
    let part =
        |number| BlobHint::Part { bucket: id, key: key("u"), upload: upload_id("v"), number };
    assert_eq!(store.count_references(&part(2), &blob(11)), Ok(1));
    assert_eq!(store.count_references(&part(1), &blob(11)), Ok(0));
    assert_eq!(store.is_garbage(&blob(9)), Ok(true));
    assert_eq!(store.is_garbage(&blob(11)), Ok(false));
    assert_eq!(store.bucket_by_id(BucketId(9)), Ok(None));
    assert_eq!(store.upload_by_id(&upload_id("v")).unwrap().unwrap().key, key("u"));
}

#[tokio::test]
async fn counts_are_compared_and_made_anew() {
    let (directory, store) = new_store();
    let id = fill(&store).await;
    assert!(store.count_usage(id).unwrap().agrees());
    let right = BucketUsage { objects: 7, bytes: 21 };
    assert_eq!(store.bucket_usage(id).await.unwrap(), right);
    store.shutdown().await.unwrap();
    drop(store);
    for statement in ["UPDATE bucket_usage SET objects = 2", "DELETE FROM bucket_usage"] {
        let path = directory.path().join("metadata.sqlite3");
        assert_eq!(Connection::open(path).unwrap().execute(statement, []).unwrap(), 1);
        let store = open(directory.path());
        let usage = store.count_usage(id).unwrap();
        assert!(!usage.agrees() && usage.kept != Ok(Some(right)) && usage.counted == right);
        store.recount_usage(id).await.unwrap();
        assert!(store.count_usage(id).unwrap().agrees());
        // No sequence is given out twice.
        assert!(put(&store, id, "z", 0).await.sequence > 7);
        store.delete_object(id, deletion("z", Some(version_id(0)), 0)).await.unwrap();
        store.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_checks_itself() {
    let (_directory, store) = new_store();
    fill(&store).await;
    for quick in [true, false] {
        assert_eq!(store.integrity(quick), Ok(Vec::new()));
    }
}

/// With the log gone, the database is one file that can be copied.
#[tokio::test]
async fn a_store_that_is_shut_down_is_one_file() {
    let (directory, store) = new_store();
    fill(&store).await;
    assert_eq!(names(&store, ScannedTable::Account, 1).len(), 1);
    store.shutdown().await.unwrap();
    let files = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(files, 1);
}
