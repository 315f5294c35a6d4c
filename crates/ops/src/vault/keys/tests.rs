use identity::{MasterKeySettings, OnMismatch};

use super::*;
use crate::vault::Vault;

const NOW: Timestamp = Timestamp::from_unix_millis(7);

#[tokio::test]
async fn the_newest_key_wraps_and_the_old_ones_open() {
    let directory = tempfile::tempdir().unwrap();
    let vault = Vault::open_plain(directory.path()).unwrap();
    let ring = vault.keys();
    let first = ring.s3_managed(&vault.meta, NOW).await.unwrap();
    assert_eq!(ring.s3_managed(&vault.meta, NOW).await.unwrap().number, first.number);
    let data_key = DataKey::random().unwrap();
    let wrapped = first.key().unwrap().wrap(&data_key, b"o").unwrap();
    let second = ring.add_new(&vault.meta, KeyKind::S3Managed, NOW).await.unwrap();
    assert_eq!(ring.s3_managed(&vault.meta, NOW).await.unwrap().number, second.number);
    assert_eq!(ring.newest_of(&first).unwrap().number, second.number);
    assert!(second.key().unwrap().unwrap(&wrapped, b"o").is_err());
    vault.shutdown().await;
    drop(vault);

    let vault = Vault::open_plain(directory.path()).unwrap();
    let again = vault.keys().get(first.number).unwrap();
    assert!(again.key().unwrap().unwrap(&wrapped, b"o").is_ok());
    vault.shutdown().await;
}

/// After the loss of a master key: what it wrapped is an error, and everything else works.
#[tokio::test]
async fn keys_of_another_master_key_are_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let vault = Vault::open_plain(directory.path()).unwrap();
    let key = vault.keys().s3_managed(&vault.meta, NOW).await.unwrap();
    vault.shutdown().await;
    drop(vault);
    let master_key = directory.path().join("master.key");
    std::fs::remove_file(&master_key).unwrap();
    assert!(Vault::open_plain(directory.path()).is_err(), "a lost master key is not made anew");
    identity::MasterKey::load_or_create(&master_key).unwrap();
    let accepting =
        MasterKeySettings { on_mismatch: OnMismatch::Accept, ..MasterKeySettings::default() };
    let vault = Vault::open(directory.path(), &accepting).unwrap();
    let found = vault.keys().get(key.number).unwrap();
    let error = found.key().unwrap_err();
    assert!(error.cause().unwrap().contains("another master key"), "{error:?}");
    let next = vault.keys().add_new(&vault.meta, KeyKind::S3Managed, NOW).await.unwrap();
    assert!(next.can_be_opened());
    vault.shutdown().await;
}

#[test]
fn names_of_managed_keys() {
    let account = AccountId::parse("111122223333").unwrap();
    let key = KmsKey::new(account, "eu-central-1", "alias/media", "").unwrap();
    assert_eq!(key.id.len(), 36);
    let (id, arn) = (key.id.clone(), key.arn.clone());
    for name in [&id, &arn, "alias/media", "arn:aws:kms:eu-central-1:111122223333:alias/media"] {
        assert!(key.is_named(name, "111122223333"), "{name}");
    }
    assert!(key.is_named(&arn, "999999999999"), "an ARN says whose it is");
    for name in ["", "media", "alias/other", "arn:aws:kms:us-east-1:111122223333:alias/media"] {
        assert!(!key.is_named(name, "111122223333"), "{name}");
    }
    assert!(!key.is_named(&id, "999999999999"));
    assert!(!key.is_named("alias/media", "999999999999"));
}
