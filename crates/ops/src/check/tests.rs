//! A store is damaged on purpose, in each way once, and the findings are exactly those.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use identity::MasterKeySettings;
use model::{BlobPlace, BlobRef};
use tempfile::TempDir;

use super::{CheckOptions, Finding, FindingKind, Progress, Repair, Summary, Watcher, run};
use crate::vault::fixture::{Damage, StoreFixture};

const FULL: CheckOptions = CheckOptions { fast: false, repair: false };
const FAST: CheckOptions = CheckOptions { fast: true, repair: false };
const REPAIR: CheckOptions = CheckOptions { fast: false, repair: true };

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Watcher for Findings {
    fn found(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    fn progress(&mut self, _: Progress) {}
}

async fn check(directory: &Path, options: CheckOptions) -> (Vec<Finding>, Summary) {
    let mut findings = Findings::default();
    let summary =
        run(directory, &MasterKeySettings::default(), options, &mut findings).await.unwrap();
    assert_eq!(summary.findings, findings.0.len() as u64);
    (findings.0, summary)
}

/// Kind and key of each finding.
fn short(findings: &[Finding]) -> Vec<(FindingKind, Option<&str>)> {
    findings.iter().map(|finding| (finding.kind, finding.key.as_deref())).collect()
}

/// A store at rest with small, large, empty and multipart objects, and an upload in progress.
async fn filled() -> (TempDir, StoreFixture) {
    let directory = tempfile::tempdir().unwrap();
    let mut fixture = StoreFixture::new(directory.path()).await;
    fixture.put("empty", 0).await;
    fixture.put("small", 1000).await;
    fixture.put("other", 70_000).await;
    fixture.put("large", 2_000_000).await;
    fixture.put_multipart("parts", &[2_000_000, 5000]).await;
    fixture.start_upload("unready", 3000).await;
    fixture.close().await;
    (directory, fixture)
}

/// The file in which a blob lies, and the offset of its header.
fn file_of(directory: &Path, blob: BlobRef) -> (PathBuf, u64) {
    let blobs = directory.join("blobs");
    match blob.place {
        BlobPlace::Segment { segment, offset_bytes } => {
            (blobs.join(format!("segments/{segment:08}.seg")), offset_bytes)
        }
        BlobPlace::File { id } => {
            let id = format!("{id:032x}");
            let directory: String = id.chars().take(2).collect();
            (blobs.join(format!("files/{directory}/{id}.blob")), 0)
        }
    }
}

/// Flips a bit at an offset behind the start of a blob's header.
fn flip(directory: &Path, blob: BlobRef, offset_bytes: u64) {
    let (path, start) = file_of(directory, blob);
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, start + offset_bytes).unwrap();
    file.write_all_at(&[byte[0] ^ 4], start + offset_bytes).unwrap();
}

/// Each kind of finding whose repair is promised is gone after it, and the second check is clean.
async fn repairs(directory: &Path, expected: &[(FindingKind, Option<&str>)]) {
    let (found, _) = check(directory, FULL).await;
    assert_eq!(short(&found), expected);
    assert!(found.iter().all(|finding| finding.repair == Repair::None));
    let (repaired, summary) = check(directory, REPAIR).await;
    assert_eq!(short(&repaired), expected);
    for finding in &repaired {
        assert!(matches!(finding.repair, Repair::Done(_)), "{finding:?}");
    }
    assert_eq!(summary.repaired, expected.len() as u64);
    assert_eq!(check(directory, FULL).await.0, []);
}

/// No repair touches this: the same is found again.
async fn stays(directory: &Path, expected: &[(FindingKind, Option<&str>)]) {
    for options in [FULL, REPAIR, FULL] {
        let (found, summary) = check(directory, options).await;
        assert_eq!(short(&found), expected, "{found:#?}");
        assert_eq!(summary.repaired, 0);
    }
}

#[tokio::test]
async fn a_whole_store_is_clean() {
    let (directory, _) = filled().await;
    let (findings, summary) = check(directory.path(), FULL).await;
    assert_eq!(findings, []);
    assert_eq!(summary.progress.body_bytes, 1000 + 70_000 + 2_000_000 + 2_005_000 + 3000);
    assert_eq!(summary.progress.blobs, 6);
    let (findings, summary) = check(directory.path(), FAST).await;
    assert_eq!((findings, summary.progress.body_bytes), (Vec::new(), 0));
}

#[tokio::test]
async fn what_is_no_store_is_not_checked() {
    let directory = tempfile::tempdir().unwrap();
    let keys = MasterKeySettings::default();
    let outcome = run(directory.path(), &keys, FULL, &mut Findings::default()).await;
    assert!(matches!(outcome, Err(super::CheckError::NoStore)));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_missing_file_is_a_missing_body() {
    let (directory, fixture) = filled().await;
    std::fs::remove_file(file_of(directory.path(), fixture.blob("large")).0).unwrap();
    stays(directory.path(), &[(FindingKind::MissingBody, Some("large"))]).await;
    let (found, _) = check(directory.path(), FAST).await;
    assert_eq!(found[0].bucket.as_deref(), Some("bucket"));
    assert_eq!(found[0].blob, Some(fixture.blob("large")));
}

#[tokio::test]
async fn a_released_body_is_a_missing_body() {
    let (directory, mut fixture) = filled().await;
    fixture.reopen();
    fixture.release("small").await;
    fixture.close().await;
    stays(directory.path(), &[(FindingKind::MissingBody, Some("small"))]).await;
}

#[tokio::test]
async fn flipped_bits_are_damaged_bodies() {
    for key in ["small", "other", "large", "parts", "unready"] {
        let (directory, fixture) = filled().await;
        flip(directory.path(), fixture.blob(key), 600);
        stays(directory.path(), &[(FindingKind::DamagedBody, Some(key))]).await;
        // Only reading all bytes tells.
        assert_eq!(check(directory.path(), FAST).await.0, [], "{key}");
    }
}

#[tokio::test]
async fn a_short_file_is_a_damaged_body() {
    let (directory, fixture) = filled().await;
    let (path, _) = file_of(directory.path(), fixture.blob("large"));
    OpenOptions::new().write(true).open(path).unwrap().set_len(1_000_000).unwrap();
    let (found, _) = check(directory.path(), FAST).await;
    assert_eq!(short(&found), [(FindingKind::DamagedBody, Some("large"))]);
    stays(directory.path(), &[(FindingKind::DamagedBody, Some("large"))]).await;
}

#[tokio::test]
async fn damaged_headers_are_found_twice_as_body_and_as_place() {
    let (directory, fixture) = filled().await;
    flip(directory.path(), fixture.blob("small"), 20);
    let expected = [(FindingKind::DamagedBody, Some("small")), (FindingKind::DamagedSegment, None)];
    stays(directory.path(), &expected).await;

    let (directory, fixture) = filled().await;
    flip(directory.path(), fixture.blob("large"), 20);
    let expected = [(FindingKind::DamagedBody, Some("large")), (FindingKind::DamagedFile, None)];
    stays(directory.path(), &expected).await;
}

#[tokio::test]
async fn the_start_of_a_segment_is_looked_at() {
    let (directory, fixture) = filled().await;
    let BlobPlace::Segment { segment, .. } = fixture.blob("small").place else { panic!("small") };
    let start = BlobPlace::Segment { segment, offset_bytes: 0 };
    flip(directory.path(), BlobRef { place: start, length_bytes: 0 }, 9);
    stays(directory.path(), &[(FindingKind::DamagedSegment, None)]).await;
}

#[tokio::test]
async fn a_damaged_row_proves_nothing_about_its_body() {
    let (directory, fixture) = filled().await;
    fixture.sql("UPDATE object SET key = 'smell' WHERE key = 'small'");
    let expected = [(FindingKind::DamagedRow, Some("smell")), (FindingKind::Orphan, Some("small"))];
    stays(directory.path(), &expected).await;
    let (found, _) = check(directory.path(), REPAIR).await;
    assert_eq!(found[1].repair, Repair::NotProved);
}

#[tokio::test]
async fn every_table_is_walked() {
    for (statement, table) in [
        ("UPDATE account SET email = 'x'", "account"),
        ("UPDATE bucket SET owner = 2", "bucket"),
        ("UPDATE object SET detail = x'00' WHERE key = 'small'", "object"),
        ("UPDATE upload SET owner = 'x'", "upload"),
        ("UPDATE upload_part SET size = 1", "upload_part"),
        ("UPDATE completed_upload SET version = 'x'", "completed_upload"),
        ("INSERT INTO garbage (blob, since, crc) VALUES ('s:1:2:3', 1, 1)", "garbage"),
    ] {
        let (directory, fixture) = filled().await;
        fixture.sql(statement);
        let (found, _) = check(directory.path(), FULL).await;
        let rows: Vec<_> = found
            .iter()
            .filter(|finding| finding.kind == FindingKind::DamagedRow)
            .map(|finding| finding.row.clone().unwrap())
            .collect();
        assert_eq!(rows.len(), 1, "{statement}: {found:?}");
        assert!(rows[0].starts_with(&format!("{table}/")), "{rows:?}");
    }
}

#[tokio::test]
async fn a_lost_row_leaves_an_orphan_and_wrong_counts() {
    let (directory, fixture) = filled().await;
    fixture.sql("DELETE FROM object WHERE key = 'large'");
    let expected = [(FindingKind::WrongUsage, None), (FindingKind::Orphan, Some("large"))];
    repairs(directory.path(), &expected).await;
    assert!(!file_of(directory.path(), fixture.blob("large")).0.exists());
}

#[tokio::test]
async fn damaged_counts_are_counted_anew() {
    for statement in ["UPDATE bucket_usage SET bytes = 3", "DELETE FROM bucket_usage"] {
        let (directory, fixture) = filled().await;
        fixture.sql(statement);
        repairs(directory.path(), &[(FindingKind::WrongUsage, None)]).await;
    }
}

#[tokio::test]
async fn orphans_are_removed() {
    let (directory, mut fixture) = filled().await;
    fixture.reopen();
    let small = fixture.append_orphan("k", 100).await;
    let large = fixture.append_orphan("k", 2_000_000).await;
    fixture.close().await;
    let orphan = (FindingKind::Orphan, Some("k"));
    repairs(directory.path(), &[orphan, orphan]).await;
    assert!(!file_of(directory.path(), large).0.exists());
    assert!(file_of(directory.path(), small).0.exists());
}

#[tokio::test]
async fn an_unfinished_file_is_removed() {
    let (directory, _) = filled().await;
    let path = directory.path().join("blobs/files/ab");
    let name = format!("ab{:030x}.blob", 7);
    std::fs::write(path.join(name), [0; 100]).unwrap();
    repairs(directory.path(), &[(FindingKind::Unfinished, None)]).await;
}

#[tokio::test]
async fn a_blob_without_an_owner_is_left() {
    let (directory, mut fixture) = filled().await;
    fixture.reopen();
    fixture.append_unexplained().await;
    fixture.close().await;
    stays(directory.path(), &[(FindingKind::Unexplained, None)]).await;
}

#[tokio::test]
async fn garbage_is_compared_with_blobs_and_records() {
    let (directory, mut fixture) = filled().await;
    fixture.reopen();
    fixture.delete("other").await;
    fixture.close().await;
    // Garbage that waits is as it should be.
    assert_eq!(check(directory.path(), FULL).await.0, []);

    let gone = BlobRef { place: BlobPlace::File { id: 5 }, length_bytes: 9 };
    fixture.reopen();
    fixture.note_garbage(gone).await;
    fixture.note_garbage(fixture.blob("small")).await;
    fixture.close().await;
    let expected = [(FindingKind::StaleGarbage, None), (FindingKind::LiveGarbage, None)];
    repairs(directory.path(), &expected).await;
    // The body that was to be removed is still whole, or the check would have said so.
    fixture.reopen();
    assert_eq!(fixture.read("small").await.len(), 1000);
    fixture.close().await;
}

#[tokio::test]
async fn two_records_cannot_share_a_blob() {
    let (directory, mut fixture) = filled().await;
    fixture.reopen();
    fixture.put_record("thief", fixture.blob("small")).await;
    fixture.close().await;
    stays(directory.path(), &[(FindingKind::ForeignBody, Some("thief"))]).await;

    let (directory, mut fixture) = filled().await;
    fixture.reopen();
    fixture.add_version_of("small").await;
    fixture.close().await;
    stays(directory.path(), &[(FindingKind::SharedBody, Some("small"))]).await;
}

#[tokio::test]
async fn digests_and_sizes_are_compared_with_the_bytes() {
    for (damage, kind) in [
        (Damage::ETag, FindingKind::WrongDigest),
        (Damage::Checksum, FindingKind::WrongDigest),
        (Damage::PartETag, FindingKind::WrongDigest),
        (Damage::Size, FindingKind::WrongSize),
    ] {
        let (directory, mut fixture) = filled().await;
        fixture.reopen();
        fixture.put_wrong("lie", damage).await;
        fixture.close().await;
        stays(directory.path(), &[(kind, Some("lie"))]).await;
    }
}

#[tokio::test]
async fn rows_of_nothing_are_reported() {
    let (directory, fixture) = filled().await;
    fixture.sql("DELETE FROM upload");
    let (found, _) = check(directory.path(), FULL).await;
    assert_eq!(short(&found), [(FindingKind::DanglingRow, None)]);
    assert_eq!(found[0].row.as_deref(), Some("upload_part/upload-of-unready/1"));
}

#[tokio::test]
async fn a_damaged_page_is_reported_and_blocks_repairs() {
    let (directory, mut fixture) = filled().await;
    fixture.reopen();
    fixture.append_orphan("k", 100).await;
    fixture.close().await;
    let path = directory.path().join("meta/metadata.sqlite3");
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    // The free-list count in the header of the file: no row is touched.
    file.write_all_at(&[0, 0, 0, 9], 36).unwrap();
    let (found, _) = check(directory.path(), REPAIR).await;
    assert!(found.iter().any(|finding| finding.kind == FindingKind::Database), "{found:?}");
    let orphan = found.iter().find(|finding| finding.kind == FindingKind::Orphan).unwrap();
    assert_eq!(orphan.repair, Repair::NotProved);
}
