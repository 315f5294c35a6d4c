//! The files of the repository.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is not part of the repository, wherever it lies: build output and caches.
const SKIPPED_DIRECTORIES: [&str; 8] = [
    ".git",
    ".venv",
    ".pytest_cache",
    ".hypothesis",
    "__pycache__",
    "node_modules",
    "target",
    "vendor",
];

/// The default data directory of the server, which lies at the root.
const DATA_DIRECTORY: &str = "data";

/// In a worktree, the file that says where the rest of Git's data lies.
const WORKTREE_POINTER: &str = ".git";

/// A text file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path from the root, with `/` between the names.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// Whether all of it is test code.
    pub fn is_test(&self) -> bool {
        let directory = |name: &str| self.path.split('/').rev().skip(1).any(|part| part == name);
        self.path.starts_with("testing/")
            || self.path.starts_with("fuzz/")
            || directory("tests")
            || directory("benches")
            || self.path.ends_with("/tests.rs")
    }

    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    /// Whether its name ends with a dot and this.
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// The files of the repository, held in memory so that checks are pure and have small tests.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    files: Vec<SourceFile>,
    /// Files that are not UTF-8, by path.
    binary: Vec<String>,
}

impl Workspace {
    /// Reads the repository that this crate was built in.
    pub fn read() -> io::Result<Self> {
        let root = Self::root();
        let mut workspace = Self::default();
        workspace.read_directory(&root, &root)?;
        workspace.files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(workspace)
    }

    /// The root of the repository that this crate was built in.
    pub fn root() -> PathBuf {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.parent().unwrap_or(here).to_owned()
    }

    /// A workspace of these paths and texts.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| SourceFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self { files: files.iter().map(file).collect(), binary: Vec::new() }
    }

    /// All text files, by path.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The Rust files below a directory, which is given with a `/` at its end.
    pub fn rust_files_below<'a>(
        &'a self,
        directory: &'a str,
    ) -> impl Iterator<Item = &'a SourceFile> {
        self.files.iter().filter(move |file| file.is_rust() && file.path.starts_with(directory))
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// Whether there is a file or a directory with that path.
    pub fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = format!("{path}/");
        let mut paths = self.files.iter().map(|file| &file.path).chain(&self.binary);
        path.is_empty() || paths.any(|found| found == path || found.starts_with(&inside))
    }

    fn read_directory(&mut self, root: &Path, directory: &Path) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let skipped = SKIPPED_DIRECTORIES.iter().any(|skipped| name == *skipped)
                    || (directory == root && name == DATA_DIRECTORY);
                if !skipped {
                    self.read_directory(root, &entry.path())?;
                }
            } else if kind.is_file() && name != WORKTREE_POINTER {
                self.read_file(root, &entry.path())?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, root: &Path, path: &Path) -> io::Result<()> {
        let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        match String::from_utf8(fs::read(path)?) {
            Ok(text) => self.files.push(SourceFile { path: relative, text }),
            Err(_) => self.binary.push(relative),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_test_code_by_its_place() {
        for (path, expected) in [
            ("crates/ops/src/gate.rs", false),
            ("crates/ops/src/gate/tests.rs", true),
            ("crates/ops/src/tests/put.rs", true),
            ("crates/ops/tests/put.rs", true),
            ("crates/ops/src/contests.rs", false),
            ("testing/kit/src/lib.rs", true),
        ] {
            let file = SourceFile { path: path.to_owned(), text: String::new() };
            assert_eq!(file.is_test(), expected, "{path}");
        }
    }

    #[test]
    fn finds_files_and_directories() {
        let workspace = Workspace::of(&[("docs/howto/ruby.md", "")]);
        for path in ["docs/howto/ruby.md", "docs/howto", "docs/", ""] {
            assert!(workspace.exists(path), "{path}");
        }
        for path in ["docs/how", "docs/howto/ruby", "howto"] {
            assert!(!workspace.exists(path), "{path}");
        }
    }

    #[test]
    fn reads_this_repository() {
        let workspace = Workspace::read().unwrap();
        assert!(workspace.exists("xtask/src/workspace.rs"));
        assert!(!workspace.exists("target"));
        assert!(!workspace.exists(".git"));
    }
}
