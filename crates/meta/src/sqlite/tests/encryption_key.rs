//! The ring of keys.

use model::encryption::KeyNumber;
use rusqlite::Connection;

use super::{new_store, open};
use crate::{EncryptionKeyRow, MetaError, Noun};

#[tokio::test]
async fn keys_are_added_and_replaced() {
    let (directory, store) = new_store();
    let document = |number: KeyNumber| Ok(format!("{{\"number\":{}}}", number.0));
    for number in 1..=2 {
        let added = store.add_encryption_key(document).await.unwrap();
        assert_eq!(added.number, KeyNumber(number));
    }
    drop(store);
    let store = open(directory.path());
    assert_eq!(store.add_encryption_key(document).await.unwrap().number, KeyNumber(3));
    let refused = store.add_encryption_key(|_| Err(MetaError::NotEmpty)).await;
    assert_eq!(refused, Err(MetaError::NotEmpty));
    let changed = EncryptionKeyRow { number: KeyNumber(3), document: "x".into() };
    store.replace_encryption_keys(vec![changed.clone()]).await.unwrap();
    let keys = store.encryption_keys().unwrap();
    assert_eq!(keys.iter().map(|key| key.number.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(keys.last(), Some(&changed));
    let missing = EncryptionKeyRow { number: KeyNumber(9), ..changed };
    let outcome = store.replace_encryption_keys(vec![missing]).await;
    assert_eq!(outcome, Err(MetaError::NotFound { what: Noun::EncryptionKey }));
}

#[tokio::test]
async fn a_changed_key_is_damaged() {
    let (directory, store) = new_store();
    store.add_encryption_key(|_| Ok("{}".to_owned())).await.unwrap();
    store.shutdown().await.unwrap();
    let connection = Connection::open(directory.path().join("metadata.sqlite3")).unwrap();
    connection.execute("UPDATE encryption_key SET document = '{ }'", []).unwrap();
    drop(connection);
    assert!(matches!(open(directory.path()).encryption_keys(), Err(MetaError::Corrupt { .. })));
}
