//! Files stay short enough to be read in one sitting.

use crate::rust_source::production_part;
use crate::workspace::SourceFile;
use crate::{Finding, Workspace};

/// Lines of any source file.
pub const FILE_LINES_MAX: usize = 700;
/// Lines of a Rust file before its inline test module.
pub const PRODUCTION_LINES_MAX: usize = 500;

const SOURCE_EXTENSIONS: [&str; 8] = ["rs", "py", "rb", "sh", "sql", "ts", "tsx", "js"];

/// Finds files that are too long.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let is_source = |file: &&SourceFile| {
        SOURCE_EXTENSIONS.iter().any(|extension| file.has_extension(extension))
    };
    workspace.files().iter().filter(is_source).filter_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        let advice = format!(
            "{lines} lines, at most {FILE_LINES_MAX} are allowed: split it by subject, or move \
             its tests to a sibling `tests.rs`"
        );
        return Some(Finding::in_file(&file.path, advice));
    }
    if !file.is_rust() || file.is_test() {
        return None;
    }
    let lines = production_part(&file.text).lines().count();
    (lines > PRODUCTION_LINES_MAX).then(|| {
        let advice = format!(
            "{lines} lines outside tests, at most {PRODUCTION_LINES_MAX} are allowed: split it \
             by subject"
        );
        Finding::in_file(&file.path, advice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(path: &str, production: usize, tests: usize, expected: usize) {
        let mut text = "x\n".repeat(production);
        if tests > 0 {
            text += "#[cfg(test)]\nmod tests {\n";
            text += &"y\n".repeat(tests - 2);
        }
        let findings = check(&Workspace::of(&[(path, &text)]));
        assert_eq!(findings.len(), expected, "{path} {production} {tests}: {findings:?}");
    }

    #[test]
    fn both_limits_hold() {
        check_lines("crates/a/src/b.rs", 500, 0, 0);
        check_lines("crates/a/src/b.rs", 501, 0, 1);
        check_lines("crates/a/src/b.rs", 500, 200, 0);
        check_lines("crates/a/src/b.rs", 500, 201, 1);
        check_lines("crates/a/src/tests.rs", 700, 0, 0);
        check_lines("crates/a/src/tests.rs", 701, 0, 1);
        check_lines("testing/clients/test_put.py", 701, 0, 1);
        check_lines("docs/operations.md", 701, 0, 0);
    }
}
