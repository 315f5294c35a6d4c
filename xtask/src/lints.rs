//! Every crate is under the workspace's lints; cargo does not inherit them by itself.

use crate::manifest::manifests;
use crate::{Finding, Workspace};

/// Finds crates without them.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let (manifests, mut findings) = manifests(workspace);
    for manifest in manifests.iter().filter(|manifest| !manifest.has_workspace_lints()) {
        findings.push(Finding::in_file(&manifest.path, "add `[lints]` with `workspace = true`"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_lints_is_found() {
        let bare = "[package]\nname = \"a\"\n";
        let own = "[package]\nname = \"a\"\n[lints.rust]\nunsafe_code = \"forbid\"\n";
        let good = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n";
        for (text, expected) in [(bare, 1), (own, 1), (good, 0), ("not toml", 1)] {
            let workspace = Workspace::of(&[("crates/a/Cargo.toml", text)]);
            assert_eq!(check(&workspace).len(), expected, "{text}");
        }
    }
}
