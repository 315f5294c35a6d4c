//! Doors: names that only one place may mention, so that nothing goes past it; and what the pure
//! crates never mention.

use crate::rust_source::{identifiers, production_part};
use crate::workspace::SourceFile;
use crate::{Finding, Workspace};

/// A name and the only places that may mention it outside tests.
struct Door {
    names: &'static [&'static str],
    /// A file, or a directory with a `/` at its end.
    keepers: &'static [&'static str],
    instead: &'static str,
}

const DOORS: [Door; 4] = [
    Door {
        names: &["decide", "decide_api", "may_assume_role"],
        // The explanations decide what is recorded, and can let nobody through.
        keepers: &[
            "crates/authz/",
            "crates/explain/",
            "crates/ops/src/gate.rs",
            "crates/ops/src/gate/",
        ],
        instead: "ask the gate (crates/ops/src/gate.rs), which alone may decide and whose \
                  `Authorized` proves it",
    },
    Door {
        names: &["SqliteStore", "BlobStore"],
        keepers: &["crates/meta/", "crates/blob/", "crates/ops/src/vault/"],
        instead: "go through the vault (crates/ops/src/vault), which takes an `Authorized` and \
                  acts on the resource that it names",
    },
    Door {
        // Without the trait nobody can call what it declares. Accounts are the operator's to manage,
        // and the status counts; neither is reached by a request of S3.
        names: &["MetadataStore"],
        keepers: &[
            "crates/meta/",
            "crates/ops/src/vault/",
            "crates/ops/src/accounts.rs",
            "crates/ops/src/status.rs",
        ],
        instead: "go through the vault (crates/ops/src/vault), which takes an `Authorized` and \
                  acts on the resource that it names",
    },
    Door {
        // What lifecycle removes is judged by the stored rules of its bucket, and by nobody else.
        names: &["ExpiredVersion", "StaleUpload"],
        keepers: &[
            "crates/ops/src/lifecycle.rs",
            "crates/ops/src/lifecycle/",
            "crates/ops/src/vault/lifecycle.rs",
        ],
        instead: "let the lifecycle worker (crates/ops/src/lifecycle) remove by the bucket's rules, \
                  or pass the gate as a request does",
    },
];

/// The crates in which a decision is made from values only.
const PURE: [&str; 2] = ["crates/model/src/", "crates/authz/src/"];

/// Ways to the world outside, and a collection whose order changes from run to run.
const IMPURE_NAMES: [&str; 14] = [
    "fs",
    "env",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "tokio",
    "SystemTime",
    "Instant",
    "HashMap",
    "HashSet",
    "println",
    "eprintln",
    "getrandom",
];

/// Finds code that goes past a door.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace.rust_files_below("crates/").filter(|file| !file.is_test()) {
        for door in &DOORS {
            if !door.keepers.iter().any(|keeper| file.path.starts_with(keeper)) {
                findings.extend(mentions(file, door.names, door.instead));
            }
        }
    }
    findings
}

/// Finds I/O, clocks and randomness in crates that must have none.
pub fn check_purity(workspace: &Workspace) -> Vec<Finding> {
    let files = PURE.iter().flat_map(|directory| workspace.rust_files_below(directory));
    let advice = "this crate does no I/O, reads no clock and iterates in one order: take the \
                  value as an argument, or use a BTreeMap";
    files
        .filter(|file| !file.is_test())
        .flat_map(|file| mentions(file, &IMPURE_NAMES, advice))
        .collect()
}

fn mentions(file: &SourceFile, names: &[&str], advice: &str) -> Vec<Finding> {
    identifiers(production_part(&file.text))
        .into_iter()
        .filter(|found| names.contains(&found.name))
        .map(|found| {
            Finding::at_line(&file.path, found.line, format!("`{}` here: {advice}", found.name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(check: fn(&Workspace) -> Vec<Finding>, path: &str, text: &str) -> usize {
        check(&Workspace::of(&[(path, text)])).len()
    }

    #[test]
    fn only_the_gate_decides() {
        let code = "fn handle() { let answer = authz::decide(&request, &facts); }";
        for (path, expected) in [
            ("crates/ops/src/gate.rs", 0),
            ("crates/authz/src/order.rs", 0),
            ("crates/s3-api/src/object/get.rs", 1),
            ("crates/ops/src/object/get.rs", 1),
            ("crates/ops/src/gate_helpers.rs", 1),
            ("crates/s3-api/tests/get.rs", 0),
        ] {
            assert_eq!(count(check, path, code), expected, "{path}");
        }
        let renamed = "use authz::{Facts, decide as ask};";
        assert_eq!(count(check, "crates/s3-api/src/lib.rs", renamed), 1);
        let talk = "// decide() is elsewhere\nfn decided_by() {}";
        assert_eq!(count(check, "crates/s3-api/src/lib.rs", talk), 0);
    }

    #[test]
    fn only_the_vault_opens_the_stores() {
        let code = "use blob::BlobStore;\nuse meta::{SqliteStore, MetadataStore};";
        for (path, expected) in [
            ("crates/ops/src/vault/mod.rs", 0),
            ("crates/ops/src/accounts.rs", 2),
            ("crates/ops/src/object/put.rs", 3),
            ("crates/grantry/src/serve.rs", 3),
            ("crates/meta/src/sqlite/mod.rs", 0),
        ] {
            assert_eq!(count(check, path, code), expected, "{path}");
        }
        let in_test = "#[cfg(test)]\nmod tests {\n    use blob::BlobStore;\n}\n";
        assert_eq!(count(check, "crates/ops/src/object/put.rs", in_test), 0);
    }

    #[test]
    fn only_lifecycle_removes_by_rules() {
        let code = "fn sweep(expired: &ExpiredVersion, upload: StaleUpload) {}";
        for (path, expected) in [
            ("crates/ops/src/lifecycle/worker.rs", 0),
            ("crates/ops/src/vault/lifecycle.rs", 0),
            ("crates/ops/src/vault/objects.rs", 2),
            ("crates/ops/src/sweep.rs", 2),
            ("crates/s3-api/src/bucket/lifecycle.rs", 2),
        ] {
            assert_eq!(count(check, path, code), expected, "{path}");
        }
    }

    #[test]
    fn pure_crates_touch_nothing() {
        for (code, expected) in [
            ("use std::fs;", 1),
            ("use std::{env, fmt};", 1),
            ("std::net::TcpStream::connect(x)", 1),
            ("use std::net::Ipv4Addr;", 0),
            ("use std::time::{Instant, SystemTime};", 2),
            ("let map: HashMap<u8, u8>;", 1),
            ("use std::collections::BTreeMap;", 0),
            ("println!(\"x\")", 1),
        ] {
            assert_eq!(count(check_purity, "crates/authz/src/order.rs", code), expected, "{code}");
            assert_eq!(count(check_purity, "crates/blob/src/store.rs", code), 0, "{code}");
        }
    }
}
