//! A backup is restored, and every damage to it is noticed.

use std::fs;
use std::path::{Path, PathBuf};

use identity::MasterKeySettings;

use super::{Amount, BackupError, BackupOptions, Watcher, copy, restore};
use crate::check::{self, CheckOptions, Finding, Progress};
use crate::vault::fixture::StoreFixture;

#[derive(Default)]
struct Heard(Vec<String>);

impl Watcher for Heard {
    fn progress(&mut self, _: Amount) {}

    fn damaged(&mut self, what: &str) {
        self.0.push(what.to_owned());
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl check::Watcher for Findings {
    fn found(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    fn progress(&mut self, _: Progress) {}
}

async fn check(directory: &Path) -> Vec<Finding> {
    let mut findings = Findings::default();
    let keys = MasterKeySettings::default();
    check::run(directory, &keys, CheckOptions::default(), &mut findings).await.unwrap();
    findings.0
}

/// A store whose large garbage a backup must leave out without leaving a trace of it.
async fn filled(directory: &Path) -> StoreFixture {
    let mut fixture = StoreFixture::new(directory).await;
    fixture.put("small", 1000).await;
    fixture.put("large", 2_000_000).await;
    fixture.put("deleted", 3000).await;
    fixture.put("large and deleted", 2_000_001).await;
    fixture.put_multipart("parts", &[2_000_000, 5000]).await;
    fixture.start_upload("unready", 3000).await;
    fixture.delete("deleted").await;
    fixture.delete("large and deleted").await;
    fixture
}

async fn back_up(from: &Path, to: &Path, options: BackupOptions) -> Amount {
    let mut heard = Heard::default();
    let copied = copy(from, to, options, &mut heard).await.unwrap();
    assert_eq!(heard.0, Vec::<String>::new());
    copied.finish().unwrap()
}

fn with_master_key() -> BackupOptions {
    BackupOptions { master_key: Some(MasterKeySettings::default()) }
}

fn all_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn an_open_store_is_copied_and_restored() {
    let outer = tempfile::tempdir().unwrap();
    let [data, backup, restored] =
        ["data", "backup", "restored"].map(|name| outer.path().join(name));
    let mut fixture = filled(&data).await;
    let amount = back_up(&data, &backup, BackupOptions::default()).await;
    // Database, one segment, two large bodies.
    assert_eq!((amount.files, amount.links), (4, 2));
    assert!(!backup.join("master.key").exists());
    // What happens later does not reach the backup.
    fixture.put("small", 2000).await;
    fixture.delete("large").await;
    fixture.close().await;

    let outcome = restore(&backup, &restored, &mut Heard::default()).unwrap();
    assert!(!outcome.with_master_key);
    assert_eq!(outcome.amount.bytes, amount.bytes);
    assert_eq!(check(&restored).await, []);
    fs::copy(data.join("master.key"), restored.join("master.key")).unwrap();
    fixture.move_to(&restored);
    assert_eq!(fixture.current_size("small").await, Some(1000));
    assert_eq!(fixture.current_size("large").await, Some(2_000_000));
    assert_eq!(fixture.current_size("parts").await, Some(2_005_000));
    assert_eq!(fixture.current_size("deleted").await, None);
    fixture.close().await;
}

#[tokio::test]
async fn the_master_key_is_copied_when_asked_for() {
    let outer = tempfile::tempdir().unwrap();
    let [data, backup, restored] =
        ["data", "backup", "restored"].map(|name| outer.path().join(name));
    filled(&data).await.close().await;
    back_up(&data, &backup, with_master_key()).await;
    assert!(restore(&backup, &restored, &mut Heard::default()).unwrap().with_master_key);
    let [expected, found] =
        [&data, &restored].map(|place| fs::read(place.join("master.key")).unwrap());
    assert_eq!(expected, found);
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_made_of_nothing() {
    let outer = tempfile::tempdir().unwrap();
    let [data, backup] = ["data", "backup"].map(|name| outer.path().join(name));
    let mut heard = Heard::default();
    let outcome = copy(&data, &backup, BackupOptions::default(), &mut heard).await;
    assert!(matches!(outcome, Err(BackupError::NoStore(_))));
    assert!(!backup.exists());
    filled(&data).await.close().await;
    back_up(&data, &backup, BackupOptions::default()).await;
    let again = copy(&data, &backup, BackupOptions::default(), &mut heard).await;
    assert!(matches!(again, Err(BackupError::NotEmpty(_))));
}

#[tokio::test]
async fn an_unfinished_backup_is_none() {
    let outer = tempfile::tempdir().unwrap();
    let [data, backup, restored] =
        ["data", "backup", "restored"].map(|name| outer.path().join(name));
    filled(&data).await.close().await;
    drop(copy(&data, &backup, BackupOptions::default(), &mut Heard::default()).await.unwrap());
    assert!(restore(&backup, &restored, &mut Heard::default()).is_err());
    assert!(!restored.exists());
}

#[tokio::test]
async fn every_changed_or_missing_file_is_noticed() {
    let outer = tempfile::tempdir().unwrap();
    let [data, backup, restored] =
        ["data", "backup", "restored"].map(|name| outer.path().join(name));
    filled(&data).await.close().await;
    back_up(&data, &backup, with_master_key()).await;
    let files = all_files(&backup);
    assert_eq!(files.len(), 6);
    for path in files {
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        for change in [Some(&damaged), None] {
            fs::remove_file(&path).unwrap();
            if let Some(bytes) = change {
                fs::write(&path, bytes).unwrap();
            }
            let outcome = restore(&backup, &restored, &mut Heard::default());
            assert!(outcome.is_err(), "{}", path.display());
            assert!(!restored.exists() || all_files(&restored).is_empty(), "{}", path.display());
        }
        let _ = fs::remove_file(&path);
        fs::write(&path, &whole).unwrap();
    }
    restore(&backup, &restored, &mut Heard::default()).unwrap();
}

#[tokio::test]
async fn a_missing_body_is_reported_and_the_rest_copied() {
    let outer = tempfile::tempdir().unwrap();
    let [data, backup, restored] =
        ["data", "backup", "restored"].map(|name| outer.path().join(name));
    let mut fixture = filled(&data).await;
    fixture.release("large").await;
    fixture.close().await;
    let mut heard = Heard::default();
    let copied = copy(&data, &backup, BackupOptions::default(), &mut heard).await.unwrap();
    copied.finish().unwrap();
    assert_eq!(heard.0.len(), 1, "{:?}", heard.0);
    restore(&backup, &restored, &mut Heard::default()).unwrap();
    let found: Vec<_> = check(&restored).await.into_iter().map(|finding| finding.key).collect();
    assert_eq!(found, [Some("large".to_owned())]);
}

#[tokio::test]
async fn a_hold_keeps_garbage_until_it_ends() {
    let outer = tempfile::tempdir().unwrap();
    let fixture = filled(outer.path()).await;
    let hold = fixture.vault().hold_removals().await;
    let later = model::Timestamp::from_unix_seconds(1 << 40);
    let sweep = fixture.vault().sweep_garbage(later, 10);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(100), sweep).await;
    assert!(waited.is_err());
    assert_eq!(fixture.read("large and deleted").await.len(), 2_000_001);
    drop(hold);
    assert_eq!(fixture.vault().sweep_garbage(later, 10).await.unwrap(), 2);
}
