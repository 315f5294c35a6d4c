//! The permission matrix: every operation, every kind of caller, every setting that matters.
//!
//! `permission_matrix.txt` is the reviewed result. After an intended change run the test with
//! `UPDATE_PERMISSION_MATRIX=1` and review the difference.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use authz::Verdict;
use model::{Operation, PublicAccessBlock, Target};

use crate::world::{A, Ask, B, Caller, World, account, ask, canned, statement};

const SNAPSHOT: &str = include_str!("../permission_matrix.txt");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/permission_matrix.txt");

fn callers() -> [(&'static str, Caller); 7] {
    [
        ("root(B)", Caller::root(B)),
        ("B-user", Caller::user(B)),
        ("B-lim", Caller::limited(B)),
        ("root(A)", Caller::root(A)),
        ("A-user", Caller::user(A)),
        ("A-lim", Caller::limited(A)),
        ("anon", Caller::anonymous()),
    ]
}

fn settings() -> [(&'static str, World); 8] {
    let for_a = [statement("Allow", &account(A), "s3:*", "*")];
    let public = [statement("Allow", r#""*""#, "s3:*", "*")];
    let deny = [statement("Deny", r#""*""#, "s3:*", "*")];
    let restricted = PublicAccessBlock { restrict_public_buckets: true, ..PublicAccessBlock::NONE };
    [
        ("default bucket", World::default_bucket()),
        ("enforced, policy Allow account A s3:*", World::enforced().policy(&[&for_a[0]])),
        ("enforced, policy Allow * s3:*", World::enforced().policy(&[&public[0]])),
        (
            "enforced, policy Allow * s3:*, RestrictPublicBuckets",
            World::enforced().public_access(restricted).policy(&[&public[0]]),
        ),
        ("enforced, policy Deny * s3:*", World::enforced().policy(&[&deny[0]])),
        ("ACLs private, object of B", World::acl_bucket()),
        (
            "ACLs public-read-write on bucket and object of B",
            World::acl_bucket()
                .bucket_acl(&canned("public-read-write"))
                .object(B, &canned("public-read-write")),
        ),
        (
            "ACLs public-read-write on the bucket, private object of A",
            World::acl_bucket()
                .bucket_acl(&canned("public-read-write"))
                .object(A, &canned("private")),
        ),
    ]
}

/// The requests of a row: copies have two sides, and `?acl` needs an ACL to put.
fn rows() -> Vec<(String, Ask)> {
    let mut rows = Vec::new();
    for spec in Operation::table() {
        let request = ask(spec.operation);
        match spec.operation {
            Operation::CopyObject | Operation::UploadPartCopy => {
                rows.push((format!("{} (source)", spec.name), request.clone().source()));
                rows.push((format!("{} (destination)", spec.name), request));
            }
            Operation::PutBucketAcl | Operation::PutObjectAcl => {
                let request = request.canned("bucket-owner-full-control");
                rows.push((spec.name.to_string(), request));
            }
            _ => rows.push((spec.name.to_string(), request)),
        }
    }
    rows
}

/// One character a cell: allowed, refused with 403, with 405, with 400.
fn cell(world: &World, caller: &Caller, ask: &Ask) -> char {
    match world.error(caller, ask).map(|error| error.code().status()) {
        None => '+',
        Some(403) => '-',
        Some(405) => 'x',
        Some(_) => '!',
    }
}

fn matrix() -> String {
    let mut text = String::from(
        "# Who may do what: + allowed, - refused (403), x refused (405), ! refused (400).\n\
         # Written by the test `permission_matrix` of grantry-authz; review every change.\n",
    );
    for (setting, world) in settings() {
        let _ = write!(text, "\n## {setting}\n\n{:<50}", "");
        for (name, _) in callers() {
            let _ = write!(text, " {name:>7}");
        }
        text.push('\n');
        for (name, ask) in rows() {
            let _ = write!(text, "{name:<50}");
            for (_, caller) in callers() {
                let _ = write!(text, " {:>7}", cell(&world, &caller, &ask));
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn permission_matrix() {
    let now = matrix();
    if std::env::var_os("UPDATE_PERMISSION_MATRIX").is_some() {
        std::fs::write(PATH, &now).unwrap();
        return;
    }
    for (line, (now, reviewed)) in now.lines().zip(SNAPSHOT.lines()).enumerate() {
        assert_eq!(now, reviewed, "line {} of permission_matrix.txt", line + 1);
    }
    assert_eq!(now.lines().count(), SNAPSHOT.lines().count());
}

#[test]
fn every_operation_has_a_row_in_the_reviewed_matrix() {
    let reviewed: BTreeSet<_> =
        SNAPSHOT.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for spec in Operation::table() {
        assert!(reviewed.contains(spec.name), "no row for {}", spec.name);
    }
}

/// The matrix itself obeys the first law: a Deny for everybody leaves root the policy operations
/// and what needs no bucket.
#[test]
fn the_denied_world_is_closed() {
    let (_, denied) = &settings()[4];
    for (_, caller) in callers() {
        for spec in Operation::table() {
            let free = matches!(spec.target, Target::Service | Target::Account)
                || matches!(
                    spec.operation,
                    Operation::CreateBucket
                        | Operation::DeleteObjects
                        | Operation::PreflightBucket
                        | Operation::PreflightObject
                );
            let root_keeps = spec.name.ends_with("BucketPolicy");
            if !free && !root_keeps {
                assert_ne!(denied.verdict(&caller, &ask(spec.operation)), Verdict::Allow);
            }
        }
    }
}
