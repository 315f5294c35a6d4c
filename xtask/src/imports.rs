//! Which of our crates may import which, and what each must not know.

use crate::manifest::{Manifest, manifests};
use crate::{Finding, Workspace};

/// What one crate may import.
#[derive(Clone, Copy, Debug)]
pub struct ImportRule {
    /// Import name of the crate.
    pub name: &'static str,
    /// Import names of ours that it may have among its dependencies.
    pub may_import: &'static [&'static str],
    /// Packages of others that would give it knowledge it must not have.
    pub must_not_know: &'static [&'static str],
}

const HTTP_AND_XML: &[&str] =
    &["http", "http-body", "http-body-util", "hyper", "hyper-util", "quick-xml"];

/// The table of `ARCHITECTURE.md`, lower crates first.
pub const IMPORT_RULES: [ImportRule; 18] = [
    ImportRule {
        name: "model",
        may_import: &[],
        must_not_know: &[
            "serde",
            "serde_json",
            "jiff",
            "getrandom",
            "tokio",
            "tracing",
            "rusqlite",
            "http",
            "hyper",
        ],
    },
    ImportRule {
        name: "authz",
        may_import: &["model"],
        must_not_know: &["jiff", "getrandom", "tokio", "tracing", "rusqlite", "http", "hyper"],
    },
    ImportRule { name: "identity", may_import: &["model"], must_not_know: HTTP_AND_XML },
    ImportRule {
        name: "iam",
        may_import: &["model", "authz"],
        must_not_know: &["jiff", "getrandom", "tokio", "tracing", "rusqlite", "http", "hyper"],
    },
    ImportRule { name: "meta", may_import: &["model"], must_not_know: HTTP_AND_XML },
    ImportRule { name: "blob", may_import: &["model"], must_not_know: HTTP_AND_XML },
    ImportRule {
        name: "encryption",
        may_import: &["model"],
        must_not_know: &["serde", "jiff", "tokio", "tracing", "rusqlite", "http", "hyper"],
    },
    ImportRule { name: "audit", may_import: &["model", "authz"], must_not_know: HTTP_AND_XML },
    ImportRule {
        name: "explain",
        may_import: &["model", "authz", "audit"],
        must_not_know: &["jiff", "getrandom", "tokio", "tracing", "rusqlite", "http", "hyper"],
    },
    ImportRule {
        name: "ops",
        may_import: &[
            "model",
            "authz",
            "explain",
            "identity",
            "iam",
            "meta",
            "blob",
            "encryption",
            "audit",
        ],
        must_not_know: HTTP_AND_XML,
    },
    ImportRule {
        name: "notify",
        may_import: &["model", "ops"],
        must_not_know: &["rusqlite", "rustix", "quick-xml"],
    },
    ImportRule {
        name: "iam-api",
        may_import: &["model", "authz", "identity", "iam", "ops"],
        must_not_know: &["http", "hyper", "hyper-util", "http-body", "rusqlite", "rustix"],
    },
    ImportRule {
        name: "s3-api",
        may_import: &["model", "authz", "identity", "audit", "ops", "iam-api"],
        must_not_know: &["rusqlite", "rustix"],
    },
    ImportRule {
        name: "toolkit",
        may_import: &["model", "authz", "identity", "audit"],
        must_not_know: &["rusqlite"],
    },
    ImportRule {
        name: "grantry",
        may_import: &[
            "model", "authz", "explain", "identity", "meta", "blob", "audit", "ops", "notify",
            "iam-api", "s3-api", "toolkit",
        ],
        must_not_know: &["rusqlite", "quick-xml"],
    },
    ImportRule { name: "spec", may_import: &["model"], must_not_know: HTTP_AND_XML },
    ImportRule {
        name: "bench",
        may_import: &["model", "identity"],
        must_not_know: &["rusqlite", "quick-xml"],
    },
    ImportRule {
        name: "xtask",
        may_import: &["model"],
        must_not_know: &["tokio", "http", "hyper"],
    },
];

/// Finds crates that import upwards or sideways, know too much, or stand in no row.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let (manifests, mut findings) = manifests(workspace);
    for manifest in &manifests {
        match IMPORT_RULES.iter().position(|rule| rule.name == manifest.import_name) {
            Some(row) => findings.extend(check_manifest(manifest, row)),
            None => findings.push(Finding::in_file(
                &manifest.path,
                "no row in the import table: add one to IMPORT_RULES in xtask/src/imports.rs and \
                 run `cargo run -p xtask -- docs`",
            )),
        }
    }
    findings
}

fn check_manifest(manifest: &Manifest, row: usize) -> Vec<Finding> {
    let Some(rule) = IMPORT_RULES.get(row) else { return Vec::new() };
    let finding = |advice: String| Finding::in_file(&manifest.path, advice);
    let mut findings = Vec::new();
    for dependency in manifest.dependencies() {
        let ours = IMPORT_RULES.iter().any(|other| other.name == dependency);
        if ours && !rule.may_import.contains(&dependency.as_str()) {
            findings.push(finding(format!(
                "`{}` may not import `{dependency}`: move the code to the crate that may, or pass \
                 the value in (table in ARCHITECTURE.md)",
                rule.name
            )));
        }
        if rule.must_not_know.contains(&dependency.as_str()) {
            findings.push(finding(format!(
                "`{}` must not know `{dependency}`: keep that at the edge (table in \
                 ARCHITECTURE.md)",
                rule.name
            )));
        }
    }
    for dependency in manifest.dev_dependencies() {
        let place = IMPORT_RULES.iter().position(|other| other.name == dependency);
        let above = place.is_some_and(|place| place >= row);
        if above {
            findings.push(finding(format!(
                "tests of `{}` may not import `{dependency}`, which stands above it: test it there",
                rule.name
            )));
        }
    }
    findings
}

/// The table as Markdown.
pub(crate) fn markdown() -> String {
    let names = |names: &[&str]| match names {
        [] => "–".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let mut table =
        String::from("| crate | may import of ours | packages it must not know |\n|---|---|---|\n");
    for rule in &IMPORT_RULES {
        let row = format!(
            "| `{}` | {} | {} |\n",
            rule.name,
            names(rule.may_import),
            names(rule.must_not_know)
        );
        table.push_str(&row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(name: &str, section: &str, dependency: &str, expected: usize) {
        let text = format!(
            "[package]\nname = \"grantry-{name}\"\n[{section}]\n{dependency}.workspace = true\n"
        );
        let findings = check(&Workspace::of(&[("crates/x/Cargo.toml", &text)]));
        assert_eq!(findings.len(), expected, "{name} {section} {dependency}: {findings:?}");
    }

    #[test]
    fn imports_go_downwards_only() {
        check_one("authz", "dependencies", "model", 0);
        check_one("authz", "dependencies", "meta", 1);
        check_one("model", "dependencies", "authz", 1);
        check_one("meta", "dependencies", "blob", 1);
        check_one("s3-api", "dependencies", "meta", 1);
        check_one("s3-api", "dependencies", "ops", 0);
        check_one("ops", "dependencies", "s3-api", 1);
        check_one("ops", "build-dependencies", "s3-api", 1);
    }

    #[test]
    fn each_crate_knows_only_its_subject() {
        check_one("authz", "dependencies", "tokio", 1);
        check_one("ops", "dependencies", "hyper", 1);
        check_one("s3-api", "dependencies", "hyper", 0);
        check_one("model", "dependencies", "serde", 1);
    }

    #[test]
    fn tests_may_look_down_but_not_up() {
        check_one("s3-api", "dev-dependencies", "meta", 0);
        check_one("meta", "dev-dependencies", "ops", 1);
        check_one("authz", "dev-dependencies", "tokio", 0);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        check_one("novelty", "dependencies", "model", 1);
    }

    /// A rule could not be kept if the table itself pointed upwards.
    #[test]
    fn the_table_points_downwards() {
        for (row, rule) in IMPORT_RULES.iter().enumerate() {
            for name in rule.may_import {
                assert!(
                    IMPORT_RULES[..row].iter().any(|lower| lower.name == *name),
                    "{} imports {name}",
                    rule.name
                );
            }
        }
    }
}
