//! The rows of IAM and their transactions.

use model::{IamKind, IamRelation};
use rusqlite::Connection;

use super::{new_store, open};
use crate::contract::fixture::{account_id, bucket, time};
use crate::{AccessKeyRecord, AccessKeyUse, IamRow, IamRows, KeyOwner, MetaError, SqliteStore};

fn row(kind: IamKind, key: &str, id: &str) -> IamRow {
    let document = format!("{{\"name\":\"{key}\"}}");
    IamRow { account: account_id(1), kind, key: key.into(), id: Some(id.into()), document }
}

fn user_key(id: &str, user: Option<&str>) -> AccessKeyRecord {
    AccessKeyRecord {
        access_key_id: id.into(),
        account: account_id(1),
        owner: user.map_or(KeyOwner::Root, |id| KeyOwner::User { id: id.into() }),
        sealed_secret: vec![7],
        active: true,
        created: time(1),
    }
}

fn key_use(id: &str, used: i64) -> AccessKeyUse {
    let used = time(used);
    AccessKeyUse { access_key_id: id.into(), used, service: "s3".into(), region: "r".into() }
}

async fn write<T: Send + 'static>(
    store: &SqliteStore,
    work: impl FnOnce(&IamRows<'_>) -> Result<T, MetaError> + Send + 'static,
) -> Result<T, MetaError> {
    store.write_iam(work).await
}

/// A user in a group with a policy, and a key that was used. Account 1 must exist.
pub(super) async fn fill(store: &SqliteStore) {
    write(store, |rows| {
        rows.put(&row(IamKind::Group, "g", "AGPA1"), &[])?;
        let links =
            [(IamRelation::Member, "g".to_owned()), (IamRelation::Attached, "arn:p".to_owned())];
        rows.put(&row(IamKind::User, "u", "AIDA1"), &links)?;
        rows.create_access_key(&user_key("AKUSER", Some("AIDA1")))
    })
    .await
    .unwrap();
    store.note_access_key_uses(vec![key_use("AKUSER", 5)]).await.unwrap();
}

#[tokio::test]
async fn rows_are_found_by_name_and_id() {
    let (_directory, store) = new_store();
    bucket(&store, "abc").await;
    fill(&store).await;
    store
        .read_iam(|rows| -> Result<(), MetaError> {
            let user = row(IamKind::User, "u", "AIDA1");
            assert_eq!(rows.get(account_id(1), IamKind::User, "u")?, Some(user.clone()));
            assert_eq!(rows.get(account_id(1), IamKind::Role, "u")?, None);
            assert_eq!(rows.get(account_id(2), IamKind::User, "u")?, None);
            assert_eq!(rows.by_id("AIDA1")?, Some(user));
            assert_eq!(rows.count(account_id(1), IamKind::User)?, 1);
            let members = rows.holders(account_id(1), IamRelation::Member, "g")?;
            assert_eq!(members, [(IamKind::User, "u".to_owned())]);
            assert!(rows.holders(account_id(1), IamRelation::Boundary, "arn:p")?.is_empty());
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn replacing_and_removing_takes_the_links_along() {
    let (_directory, store) = new_store();
    bucket(&store, "abc").await;
    fill(&store).await;
    let members = |rows: &IamRows<'_>| rows.holders(account_id(1), IamRelation::Member, "g");
    write(&store, move |rows| {
        rows.put(&row(IamKind::User, "u", "AIDA1"), &[(IamRelation::Member, "h".to_owned())])?;
        assert!(members(rows)?.is_empty());
        rows.delete(account_id(1), IamKind::User, "u")?;
        assert!(rows.holders(account_id(1), IamRelation::Member, "h")?.is_empty());
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_refusal_undoes_everything() {
    let (_directory, store) = new_store();
    bucket(&store, "abc").await;
    let refused = write(&store, |rows| {
        rows.put(&row(IamKind::User, "u", "AIDA1"), &[])?;
        Err::<(), _>(MetaError::NotEmpty)
    });
    assert_eq!(refused.await, Err(MetaError::NotEmpty));
    let found = store.read_iam(|rows| rows.by_id("AIDA1"));
    assert_eq!(found, Ok(None));
}

#[tokio::test]
async fn a_unique_id_is_unique_in_the_store() {
    let (_directory, store) = new_store();
    bucket(&store, "abc").await;
    fill(&store).await;
    let twice = write(&store, |rows| rows.put(&row(IamKind::User, "v", "AIDA1"), &[]));
    assert!(matches!(twice.await, Err(MetaError::Database(_))));
}

#[tokio::test]
async fn keys_belong_to_users_or_root() {
    let (_directory, store) = new_store();
    bucket(&store, "abc").await;
    fill(&store).await;
    let ids = |keys: Vec<AccessKeyRecord>| {
        keys.into_iter().map(|key| key.access_key_id).collect::<Vec<_>>()
    };
    write(&store, move |rows| {
        rows.create_access_key(&user_key("AKROOT", None))?;
        assert_eq!(ids(rows.access_keys(account_id(1), None)?), ["AKROOT"]);
        assert_eq!(ids(rows.access_keys(account_id(1), Some("AIDA1"))?), ["AKUSER"]);
        assert!(rows.access_keys(account_id(2), Some("AIDA1"))?.is_empty());
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_last_use_of_a_key_goes_with_it() {
    let (_directory, store) = new_store();
    bucket(&store, "abc").await;
    fill(&store).await;
    store.note_access_key_uses(vec![key_use("AKUSER", 4), key_use("GONE", 4)]).await.unwrap();
    let used = store.read_iam(|rows| rows.access_key_use("AKUSER")).unwrap();
    assert_eq!(used, Some(key_use("AKUSER", 5)), "an earlier use changes nothing");
    assert_eq!(store.read_iam(|rows| rows.access_key_use("GONE")), Ok(None));
    write(&store, |rows| rows.delete_access_key("AKUSER")).await.unwrap();
    assert_eq!(store.read_iam(|rows| rows.access_key_use("AKUSER")), Ok(None));
}

#[tokio::test]
async fn changed_bytes_are_noticed() {
    for statement in [
        "UPDATE iam_entity SET document = replace(document, 'u', 'x') WHERE kind = 'user'",
        "UPDATE iam_entity SET id = 'AIDA2' WHERE kind = 'user'",
        "UPDATE iam_entity SET key = 'x' WHERE kind = 'user'",
        "UPDATE iam_link SET kind = 'role'",
        "UPDATE iam_link SET target = 'x'",
        "UPDATE access_key_use SET used = used + 1",
        "UPDATE access_key SET user = 'AIDA2'",
    ] {
        let (directory, store) = new_store();
        bucket(&store, "abc").await;
        fill(&store).await;
        store.shutdown().await.unwrap();
        let connection = Connection::open(directory.path().join("metadata.sqlite3")).unwrap();
        assert!(connection.execute(statement, []).unwrap() > 0, "{statement}");
        drop(connection);
        let store = open(directory.path());
        let outcome = store.read_iam(|rows| -> Result<(), MetaError> {
            for key in ["u", "x"] {
                rows.get(account_id(1), IamKind::User, key)?;
            }
            rows.by_id("AIDA2")?;
            for target in ["g", "x"] {
                rows.holders(account_id(1), IamRelation::Member, target)?;
            }
            rows.access_key("AKUSER")?;
            rows.access_key_use("AKUSER").map(drop)
        });
        assert!(matches!(outcome, Err(MetaError::Corrupt { .. })), "{statement}: {outcome:?}");
    }
}
