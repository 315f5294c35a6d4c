//! Every switch of the server stands in `FAITHFULNESS.md` with its default.

use crate::{Finding, Workspace};

const SETTINGS: &str = "crates/grantry/src/settings/table.rs";
const DOCUMENT: &str = "FAITHFULNESS.md";
const TABLE: &str = "switches.";

/// Finds switches without a row, and rows with another default.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let settings = workspace.text(SETTINGS).unwrap_or_default();
    let document = workspace.text(DOCUMENT).unwrap_or_default();
    let mut findings = Vec::new();
    for (name, default) in switches(settings) {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let documented = row.and_then(|row| row.split(" | ").nth(2));
        if documented != Some(format!("`{default}`").as_str()) {
            let advice = format!(
                "add a row for the switch `{name}` with its values, its default `{default}` and \
                 the evidence"
            );
            findings.push(Finding::in_file(DOCUMENT, advice));
        }
    }
    if findings.is_empty() && !settings.is_empty() && !settings.contains(TABLE) {
        findings.push(Finding::in_file(SETTINGS, "no switch found: teach xtask/src/switches.rs"));
    }
    findings
}

/// Names and defaults: the first and third text of each row of the table of settings.
fn switches(settings: &str) -> Vec<(&str, &str)> {
    let literals: Vec<&str> = settings.split('"').skip(1).step_by(2).collect();
    let mut found = Vec::new();
    for window in literals.windows(3) {
        if let [name, _, default] = window
            && let Some(name) = name.strip_prefix(TABLE)
        {
            found.push((name, *default));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_document(document: &str, expected: usize) {
        let settings = r#"Setting::new("listen", "A", "b", "c"), Setting::new(
            "switches.one_thing",
            "CHOICE",
            "reject",
            "Whether: reject or accept",
        )"#;
        let workspace = Workspace::of(&[(SETTINGS, settings), (DOCUMENT, document)]);
        assert_eq!(check(&workspace).len(), expected, "{document}");
    }

    #[test]
    fn each_switch_has_its_row() {
        check_document("| `one_thing` | `reject`, `accept` | `reject` | why |", 0);
        check_document("| `one_thing` | `reject`, `accept` | `accept` | why |", 1);
        check_document("| `other_thing` | `reject`, `accept` | `reject` | why |", 1);
        check_document("", 1);
    }

    #[test]
    fn a_table_that_is_not_understood_is_found() {
        let workspace = Workspace::of(&[(SETTINGS, "Setting::new(\"listen\")")]);
        assert_eq!(check(&workspace).len(), 1);
        assert_eq!(check(&Workspace::of(&[])).len(), 0);
    }
}
