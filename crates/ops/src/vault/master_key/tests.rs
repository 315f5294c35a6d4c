//! Which key a store is opened with, and how it is changed.

use std::path::PathBuf;

use identity::{MasterKeySource, SecretAccessKey};
use meta::{AccountRecord, KeyOwner, MetadataStore as _};
use model::{AccountId, AccountIdentity, CanonicalUserId, Timestamp};

use super::*;
use crate::vault::Vault;

const NOW: Timestamp = Timestamp::from_unix_millis(7);

fn key(digit: char) -> MasterKey {
    MasterKey::parse(&digit.to_string().repeat(64)).unwrap()
}

fn given(digit: char) -> MasterKeySettings {
    MasterKeySettings { source: MasterKeySource::Given(key(digit)), ..MasterKeySettings::default() }
}

fn change(from: char, to: char) -> MasterKeySettings {
    MasterKeySettings { previous: Some(MasterKeySource::Given(key(from))), ..given(to) }
}

fn name(number: usize) -> String {
    format!("AKIA{number:016}")
}

fn secret(number: usize) -> SecretAccessKey {
    SecretAccessKey::parse(&format!("secret-of-{number:06}")).unwrap()
}

/// A store with a key in its ring and this many access keys, sealed with `digit`.
async fn filled(directory: &Path, digit: char, access_keys: usize) {
    let vault = Vault::open(directory, &given(digit)).unwrap();
    vault.keys().s3_managed(&vault.meta, NOW).await.unwrap();
    let id = AccountId::parse("111122223333").unwrap();
    let canonical_id = CanonicalUserId::parse(&"a".repeat(64)).unwrap();
    let identity = AccountIdentity { id, canonical_id };
    let account = AccountRecord {
        identity,
        name: "a".to_owned(),
        email: None,
        created: NOW,
        public_access: None,
    };
    vault.meta.create_account(account).await.unwrap();
    for number in 0..access_keys {
        let access_key_id = name(number);
        let sealed_secret = vault.master_key().seal(&secret(number), &access_key_id).unwrap();
        let record = AccessKeyRecord {
            access_key_id,
            account: id,
            owner: KeyOwner::Root,
            sealed_secret,
            active: number % 2 == 0,
            created: NOW,
        };
        vault.meta.create_access_key(record).await.unwrap();
    }
    vault.shutdown().await;
}

/// Opens a store, and says with which key it was opened and whether that opens everything.
async fn opened(
    directory: &Path,
    settings: &MasterKeySettings,
) -> Result<(MasterKey, bool), String> {
    let vault = Vault::open(directory, settings).map_err(|error| error.to_string())?;
    let ring = vault.keys().all().iter().all(|key| key.can_be_opened());
    let mut secrets = true;
    for number in 0.. {
        let Some(record) = vault.meta.access_key(&name(number)).await.unwrap() else { break };
        let opened = vault.master_key().open(&record.sealed_secret, &record.access_key_id);
        secrets &= opened == Ok(secret(number)) && record.active == (number % 2 == 0);
    }
    let key = vault.master_key().clone();
    vault.shutdown().await;
    Ok((key, ring && secrets))
}

fn all_bytes(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(directory.join("meta")).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sqlite3"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_store_opens_with_its_own_key_only() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), '1', 3).await;
    assert!(!directory.path().join("master.key").exists());
    let before = all_bytes(directory.path());
    for settings in [given('2'), change('3', '2')] {
        let error = opened(directory.path(), &settings).await.unwrap_err();
        assert!(error.contains(&hex::encode(key('2').id())), "{error}");
        assert!(error.contains("another master key"), "{error}");
    }
    assert!(opened(directory.path(), &MasterKeySettings::default()).await.is_err());
    assert!(!directory.path().join("master.key").exists(), "no key is made for it");
    assert_eq!(all_bytes(directory.path()), before, "nothing was changed");
    assert!(opened(directory.path(), &given('1')).await.unwrap().1);
}

#[tokio::test]
async fn one_kind_of_rows_is_enough_to_know_the_key() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), '1', 1).await;
    let sql = |statement: &str| {
        let path = directory.path().join("meta").join("metadata.sqlite3");
        rusqlite::Connection::open(path).unwrap().execute(statement, []).unwrap();
    };
    sql("DELETE FROM encryption_key");
    assert!(opened(directory.path(), &given('2')).await.is_err());
    sql("DELETE FROM access_key");
    assert!(opened(directory.path(), &given('2')).await.is_ok(), "nothing is sealed");
}

#[tokio::test]
async fn a_change_takes_everything() {
    let directory = tempfile::tempdir().unwrap();
    // More than a page.
    filled(directory.path(), '1', 300).await;
    let (current, whole) = opened(directory.path(), &change('1', '2')).await.unwrap();
    assert!(whole && current.id() == key('2').id());
    // Again, as a server whose settings still have both.
    assert!(opened(directory.path(), &change('1', '2')).await.unwrap().1);
    assert!(opened(directory.path(), &given('2')).await.unwrap().1);
    assert!(opened(directory.path(), &given('1')).await.is_err(), "the old key is out of use");
    // And back.
    assert!(opened(directory.path(), &change('2', '1')).await.unwrap().1);
}

#[tokio::test]
async fn a_change_that_meets_damage_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), '1', 5).await;
    let path = directory.path().join("meta").join("metadata.sqlite3");
    let damage = format!("UPDATE access_key SET created = created + 1 WHERE id = '{}'", name(4));
    rusqlite::Connection::open(path).unwrap().execute(&damage, []).unwrap();
    let before = all_bytes(directory.path());
    assert!(Vault::open(directory.path(), &change('1', '2')).is_err());
    assert_eq!(all_bytes(directory.path()), before);
    Vault::open(directory.path(), &given('1')).unwrap().shutdown().await;
}

#[tokio::test]
async fn what_a_lost_key_sealed_stays_and_the_rest_is_changed() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), '1', 2).await;
    let accepting = |settings| MasterKeySettings { on_mismatch: OnMismatch::Accept, ..settings };
    let vault = Vault::open(directory.path(), &accepting(given('2'))).unwrap();
    let number = vault.keys().add_new(&vault.meta, crate::vault::KeyKind::S3Managed, NOW).await;
    let number = number.unwrap().number;
    vault.shutdown().await;
    drop(vault);
    let vault = Vault::open(directory.path(), &accepting(change('2', '3'))).unwrap();
    assert!(vault.keys().get(number).unwrap().can_be_opened());
    assert_eq!(vault.keys().all().iter().filter(|key| key.can_be_opened()).count(), 1);
    vault.shutdown().await;
    drop(vault);
    // The key turns up again.
    let vault = Vault::open(directory.path(), &accepting(change('1', '3'))).unwrap();
    assert!(vault.keys().all().iter().all(|key| key.can_be_opened()));
    vault.shutdown().await;
}
