//! Links between documents, and from documents to code, lead somewhere.

use crate::workspace::SourceFile;
use crate::{Finding, Workspace};

/// Finds links to files that are not there. Links to other sites are not followed.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let documents = workspace.files().iter().filter(|file| file.has_extension("md"));
    documents.flat_map(|document| check_document(workspace, document)).collect()
}

fn check_document(workspace: &Workspace, document: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_code = false;
    for (index, line) in document.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(line) {
            let path = resolve(&document.path, target);
            if !path.is_some_and(|path| workspace.exists(&path)) {
                let advice = format!("`{target}` leads nowhere: correct the link or take it out");
                findings.push(Finding::at_line(&document.path, index + 1, advice));
            }
        }
    }
    findings
}

/// The files that a line links to, without fragments.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next().unwrap_or_default();
        let path = target.split('#').next().unwrap_or_default();
        (!path.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
            .then_some(path)
    })
}

/// The path from the root, or nothing if it leaves the repository.
fn resolve(document: &str, target: &str) -> Option<String> {
    let mut names: Vec<&str> = document.split('/').collect();
    names.pop();
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str, expected: usize) {
        let workspace =
            Workspace::of(&[(path, text), ("docs/a.md", ""), ("crates/b/src/c.rs", "")]);
        let findings = check(&workspace);
        assert_eq!(findings.len(), expected, "{text}: {findings:?}");
    }

    #[test]
    fn dead_links_are_found() {
        check_text("README.md", "[a](docs/a.md) [c](crates/b/src/c.rs) [d](crates/b/)", 0);
        check_text("README.md", "[a](docs/missing.md)", 1);
        check_text("README.md", "[a](a.md), [a](docs/a.md#part)", 1);
        check_text("docs/x.md", "[a](a.md) [c](../crates/b/src/c.rs) [up](../../out.md)", 1);
        check_text("README.md", "[w](https://example.com/x) [m](mailto:a@b) [f](#here)", 0);
        check_text("README.md", "```\n[a](missing.md)\n```\n", 0);
    }
}
