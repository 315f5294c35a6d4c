//! What the checks want to know of a crate's `Cargo.toml`.

use toml::{Table, Value};

use crate::{Finding, Workspace};

/// The manifest of one crate of the workspace.
pub(crate) struct Manifest {
    /// Its path.
    pub(crate) path: String,
    /// The name by which others import the crate.
    pub(crate) import_name: String,
    table: Table,
}

/// How packages of this repository begin.
const PACKAGE_PREFIX: &str = "grantry-";

/// The fuzz targets: tests, in a workspace of their own, which inherits nothing from this one.
const FUZZ_MANIFEST: &str = "fuzz/Cargo.toml";

/// The manifests of all crates, and those that cannot be read.
pub(crate) fn manifests(workspace: &Workspace) -> (Vec<Manifest>, Vec<Finding>) {
    let mut readable = Vec::new();
    let mut findings = Vec::new();
    let is_manifest = |path: &str| path.ends_with("/Cargo.toml") && path != FUZZ_MANIFEST;
    for file in workspace.files().iter().filter(|file| is_manifest(&file.path)) {
        match parse(&file.path, &file.text) {
            Ok(manifest) => readable.push(manifest),
            Err(reason) => findings.push(Finding::in_file(&file.path, reason)),
        }
    }
    (readable, findings)
}

fn parse(path: &str, text: &str) -> Result<Manifest, String> {
    let table: Table = text.parse().map_err(|error| format!("make it valid TOML: {error}"))?;
    let package = table.get("package").and_then(|package| package.get("name"));
    let package = package.and_then(Value::as_str).ok_or("give the package a name")?;
    let import_name = package.strip_prefix(PACKAGE_PREFIX).unwrap_or(package).to_owned();
    Ok(Manifest { path: path.to_owned(), import_name, table })
}

impl Manifest {
    /// The names in `[dependencies]` and `[build-dependencies]`, also of single targets.
    pub(crate) fn dependencies(&self) -> Vec<String> {
        self.names_in(&["dependencies", "build-dependencies"])
    }

    /// The names in `[dev-dependencies]`.
    pub(crate) fn dev_dependencies(&self) -> Vec<String> {
        self.names_in(&["dev-dependencies"])
    }

    /// Whether it says `[lints] workspace = true`.
    pub(crate) fn has_workspace_lints(&self) -> bool {
        let lints = self.table.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(Value::as_bool) == Some(true)
    }

    fn names_in(&self, sections: &[&str]) -> Vec<String> {
        let targets = self.table.get("target").and_then(Value::as_table).into_iter().flatten();
        let tables = targets.filter_map(|(_, target)| target.as_table());
        let tables = std::iter::once(&self.table).chain(tables);
        let dependencies = tables.flat_map(|table| {
            sections.iter().filter_map(|section| table.get(*section)?.as_table())
        });
        dependencies.flatten().map(|(key, value)| import_name(key, value)).collect()
    }
}

/// Ours by their import names, whichever way the manifest spells them.
fn import_name(key: &str, value: &Value) -> String {
    let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
    package.strip_prefix(PACKAGE_PREFIX).unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_in_every_spelling() {
        let text = r#"
            [package]
            name = "grantry-ops"
            [dependencies]
            model.workspace = true
            authz = { package = "grantry-authz", path = "../authz" }
            grantry-meta = { path = "../meta" }
            bytes = "1"
            [target.'cfg(unix)'.dependencies]
            rustix = "1"
            [dev-dependencies]
            tempfile = "3"
            [lints]
            workspace = true
        "#;
        let manifest = parse("crates/ops/Cargo.toml", text).unwrap();
        assert_eq!(manifest.import_name, "ops");
        let mut names = manifest.dependencies();
        names.sort();
        assert_eq!(names, ["authz", "bytes", "meta", "model", "rustix"]);
        assert_eq!(manifest.dev_dependencies(), ["tempfile"]);
        assert!(manifest.has_workspace_lints());
    }

    #[test]
    fn says_what_is_wrong_with_a_manifest() {
        assert!(parse("a/Cargo.toml", "[package").err().unwrap().contains("valid TOML"));
        assert!(parse("a/Cargo.toml", "[lints]").err().unwrap().contains("name"));
    }
}
