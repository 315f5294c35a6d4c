//! No operation that we say we have is forgotten somewhere.

use std::collections::BTreeSet;

use model::{Operation, Support};

use crate::rust_source::{identifiers, production_part};
use crate::{Finding, Workspace};

/// Where operations are answered.
const HANDLERS: &str = "crates/s3-api/src/";
/// Where operations are matched with the actions that they need.
const ACTIONS: &str = "crates/authz/src/operations.rs";
/// The reviewed table of who may do what.
const MATRIX: &str = "crates/authz/tests/permission_matrix.txt";

/// Finds supported operations without a handler, without actions, or without a row in the matrix.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let handlers = names_below(workspace, HANDLERS);
    let actions = names_below(workspace, ACTIONS);
    let matrix =
        workspace.text(MATRIX).map(|text| text.split_whitespace().collect::<BTreeSet<_>>());
    let mut findings = Vec::new();
    for row in Operation::table().iter().filter(|row| row.support == Support::Supported) {
        let name = row.name;
        if !handlers.contains(name) {
            let advice = format!(
                "no handler mentions `{name}`: write one, or mark the operation NotImplemented"
            );
            findings.push(Finding::in_file(HANDLERS, advice));
        }
        if !actions.contains(name) {
            let advice = format!("no actions for `{name}`: add its row (specification §5.9)");
            findings.push(Finding::in_file(ACTIONS, advice));
        }
        if matrix.as_ref().is_some_and(|matrix| !matrix.contains(name)) {
            let advice =
                format!("no row for `{name}`: generate the matrix again and review the difference");
            findings.push(Finding::in_file(MATRIX, advice));
        }
    }
    findings
}

fn names_below<'a>(workspace: &'a Workspace, place: &'a str) -> BTreeSet<&'a str> {
    workspace
        .rust_files_below(place)
        .filter(|file| !file.is_test())
        .flat_map(|file| identifiers(production_part(&file.text)))
        .map(|found| found.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supported() -> Vec<&'static str> {
        let rows = Operation::table().iter();
        rows.filter(|row| row.support == Support::Supported).map(|row| row.name).collect()
    }

    fn check_with(handlers: &[&str], actions: &[&str], matrix: Option<&[&str]>) -> usize {
        let handlers = handlers.join(" ");
        let actions = actions.join(" ");
        let matrix = matrix.map(|names| names.join("\n"));
        let mut files =
            vec![("crates/s3-api/src/dispatch.rs", handlers.as_str()), (ACTIONS, &actions)];
        files.extend(matrix.as_deref().map(|matrix| (MATRIX, matrix)));
        check(&Workspace::of(&files)).len()
    }

    #[test]
    fn a_forgotten_operation_is_found() {
        let all = supported();
        let fewer = &all[1..];
        assert_eq!(check_with(&all, &all, None), 0);
        assert_eq!(check_with(&all, &all, Some(&all)), 0);
        assert_eq!(check_with(fewer, &all, None), 1);
        assert_eq!(check_with(&all, fewer, None), 1);
        assert_eq!(check_with(&all, &all, Some(fewer)), 1);
        assert_eq!(check_with(&[], &[], Some(&[])), 3 * all.len());
    }
}
