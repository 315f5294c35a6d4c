//! Text in documents that is written from the code: one whole file and blocks in others.

use std::fmt::Write as _;

use model::{Operation, OperationSpec, Support, Target};

use crate::{Finding, Workspace, imports};

/// What brings generated text up to date.
const COMMAND: &str = "cargo run -p xtask -- docs";

const OPERATIONS_FILE: &str = "docs/operations.md";

/// A part of a document, between the lines `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
struct Block {
    path: &'static str,
    name: &'static str,
    generate: fn() -> String,
}

const BLOCKS: [Block; 2] = [
    Block { path: "ARCHITECTURE.md", name: "imports", generate: imports::markdown },
    Block { path: "FAITHFULNESS.md", name: "lacking", generate: lacking_markdown },
];

/// Finds generated text that is not what the code would generate today.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    let advice = format!("out of date: run `{COMMAND}`");
    for (path, expected) in current(workspace) {
        match expected {
            Ok(text) if workspace.text(path) == Some(text.as_str()) => {}
            Ok(_) => findings.push(Finding::in_file(path, advice.clone())),
            Err(finding) => findings.push(finding),
        }
    }
    findings
}

/// Every file that holds generated text, as it should be.
pub fn current(workspace: &Workspace) -> Vec<(&'static str, Result<String, Finding>)> {
    let mut files = vec![(OPERATIONS_FILE, Ok(operations_markdown()))];
    for Block { path, name, generate } in BLOCKS {
        let text = workspace.text(path).unwrap_or_default();
        let replaced = replace_block(text, name, &generate()).ok_or_else(|| {
            let advice = format!("add the lines `<!-- {name}:begin -->` and `<!-- {name}:end -->`");
            Finding::in_file(path, advice)
        });
        files.push((path, replaced));
    }
    files
}

fn replace_block(text: &str, name: &str, block: &str) -> Option<String> {
    let begin = format!("<!-- {name}:begin -->\n");
    let end = format!("<!-- {name}:end -->");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{block}{end}{after}"))
}

fn targets() -> [(Target, &'static str); 4] {
    [
        (Target::Service, "On the endpoint"),
        (Target::Account, "On an account (S3 Control)"),
        (Target::Bucket, "On a bucket"),
        (Target::Object, "On a key"),
    ]
}

fn rows(target: Target) -> Vec<&'static OperationSpec> {
    let mut rows: Vec<_> = Operation::table().iter().filter(|row| row.target == target).collect();
    rows.sort_by_key(|row| row.name);
    rows
}

fn operations_markdown() -> String {
    let supported =
        Operation::table().iter().filter(|row| row.support == Support::Supported).count();
    let mut text = format!(
        "# Operations\n\n\
         Written by `{COMMAND}` from `crates/model/src/operation_table.rs`; edit that.\n\n\
         Grantry has {supported} of the {} operations of Amazon S3's general purpose buckets. The \
         others answer `501 NotImplemented`.\n",
        Operation::table().len(),
    );
    for (target, title) in targets() {
        _ = write!(
            text,
            "\n## {title}\n\n| operation | method | recognised by | here |\n|---|---|---|---|\n"
        );
        for row in rows(target) {
            let here = match row.support {
                Support::Supported => "yes",
                Support::NotImplemented => "501",
            };
            _ = writeln!(text, "| {} | {} | {} | {here} |", row.name, row.method, signs(row));
        }
    }
    text
}

/// By what a request for the operation is recognised, besides method and target.
fn signs(row: &OperationSpec) -> String {
    let mut signs: Vec<String> = Vec::new();
    for (index, name) in row.query.iter().enumerate() {
        let value = row.query_value.filter(|_| index == 0);
        signs.push(value.map_or(format!("`?{name}`"), |value| format!("`?{name}={value}`")));
    }
    signs.extend(row.header.map(|name| format!("header `{name}`")));
    if signs.is_empty() { "–".to_owned() } else { signs.join(", ") }
}

fn lacking_markdown() -> String {
    let mut text = String::new();
    for (target, title) in targets() {
        let names: Vec<_> = rows(target)
            .into_iter()
            .filter(|row| row.support == Support::NotImplemented)
            .map(|row| row.name)
            .collect();
        if !names.is_empty() {
            _ = writeln!(text, "- {title}: {}", names.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_replaced_between_their_lines() {
        let text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n";
        let expected = "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n";
        assert_eq!(replace_block(text, "x", "new\n").unwrap(), expected);
        assert_eq!(replace_block(expected, "x", "new\n").unwrap(), expected);
        assert_eq!(replace_block(text, "y", "new\n"), None);
    }

    #[test]
    fn stale_and_missing_text_is_found() {
        let good: Vec<(&str, String)> = current(&Workspace::of(&[
            ("ARCHITECTURE.md", "<!-- imports:begin -->\n<!-- imports:end -->\n"),
            ("FAITHFULNESS.md", "<!-- lacking:begin -->\n<!-- lacking:end -->\n"),
        ]))
        .into_iter()
        .map(|(path, text)| (path, text.unwrap()))
        .collect();
        let as_files = |files: &[(&'static str, String)]| {
            let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
            check(&Workspace::of(&files)).len()
        };
        assert_eq!(as_files(&good), 0);
        assert_eq!(as_files(&[]), 3);
        for index in 0..good.len() {
            let mut stale = good.clone();
            stale[index].1 = stale[index].1.replace("model", "modell").replace("Select", "Elect");
            assert_eq!(as_files(&stale), 1, "{}", stale[index].0);
        }
    }

    #[test]
    fn every_operation_has_its_row() {
        let text = operations_markdown();
        for row in Operation::table() {
            let start = format!("| {} | {} | ", row.name, row.method);
            assert_eq!(text.matches(&start).count(), 1, "{}", row.name);
        }
        assert!(text.contains("| ListObjectsV2 | GET | `?list-type=2` | yes |"));
        let copy =
            "| UploadPartCopy | PUT | `?partNumber`, `?uploadId`, header `x-amz-copy-source` |";
        assert!(text.contains(copy));
        assert!(lacking_markdown().contains("SelectObjectContent"));
        assert!(!lacking_markdown().contains("PutObjectAcl"));
    }
}
