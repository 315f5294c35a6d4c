//! What must not be left in any file: notes to oneself, paths of one machine, package mirrors.

use crate::{Finding, Workspace};

/// Notes to oneself. They belong on the issue, where somebody reads them.
const NOTES: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("HA", "CK")];

/// Directories of the machines that this was written on.
const MACHINE_PATHS: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/fa", "rm/"),
    concat!("/bash", "_jobs"),
];

/// Whoever builds this chooses where packages come from.
const REGISTRY_DOMAINS: [&str; 5] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("debian", ".org"),
];

/// Settings that point a package manager elsewhere.
const REGISTRY_SETTINGS: [&str; 4] = [
    concat!("sparse", "+http"),
    concat!("index", "-url"),
    concat!("replace", "-with"),
    concat!("extra-index", "-url"),
];

const LOCK_FILE: &str = "Cargo.lock";
const CRATES_INDEX: &str = "\"registry+https://github.com/rust-lang/crates.io-index\"";

/// Finds such text.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace.files().iter().filter(|file| file.path != LOCK_FILE) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(advice) = advice_about(line) {
                findings.push(Finding::at_line(&file.path, index + 1, advice));
            }
        }
    }
    findings
}

/// Finds packages that were not fetched from the public registry.
pub fn check_lock_file(workspace: &Workspace) -> Vec<Finding> {
    let text = workspace.text(LOCK_FILE).unwrap_or_default();
    let foreign = |(index, line): (usize, &str)| {
        let source = line.strip_prefix("source = ")?;
        let advice = format!(
            "{source} is a mirror: build against the public registry and commit that lock file"
        );
        (source != CRATES_INDEX).then(|| Finding::at_line(LOCK_FILE, index + 1, advice))
    };
    text.lines().enumerate().filter_map(foreign).collect()
}

fn advice_about(line: &str) -> Option<String> {
    if let Some(note) = NOTES.iter().find(|note| has_word(line, note)) {
        return Some(format!("`{note}`: do it now, or open an issue and take the note out"));
    }
    if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(*path)) {
        return Some(format!(
            "`{path}` exists on one machine only: use a relative path or a setting"
        ));
    }
    if let Some(setting) = REGISTRY_SETTINGS.iter().find(|setting| line.contains(*setting)) {
        return Some(format!("`{setting}`: package sources are the builder's choice, take it out"));
    }
    let (_, behind) = line.split_once("://")?;
    let host = behind.split(['/', '"', '\'', ' ', ')']).next().unwrap_or_default();
    let domain = REGISTRY_DOMAINS.iter().find(|domain| {
        host.strip_suffix(*domain).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    })?;
    Some(format!("a link to {domain}: name the package, not where it is fetched"))
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|before| before.chars().next_back());
        let after = line.get(start + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_line(line: &str, expected: bool) {
        let found = !check(&Workspace::of(&[("a/b.py", line)])).is_empty();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn notes_are_found_as_words() {
        for note in NOTES {
            check_line(&format!("# {note}: later"), true);
            check_line(&format!("({note})"), true);
            check_line(&format!("A{note}B"), false);
            check_line(&note.to_lowercase(), false);
        }
    }

    #[test]
    fn machine_paths_and_registries_are_found() {
        for path in MACHINE_PATHS {
            check_line(&format!("open('{path}x')"), true);
        }
        for domain in REGISTRY_DOMAINS {
            check_line(&format!("see https://{domain}/x"), true);
            check_line(&format!("see https://files.{domain}"), true);
            check_line(&format!("see https://not{domain}/x"), false);
            check_line(&format!("the package from {domain}"), false);
        }
        for setting in REGISTRY_SETTINGS {
            check_line(&format!("{setting} = x"), true);
        }
        check_line("/home/mastodon/live/.env.production", false);
    }

    #[test]
    fn lock_file_names_one_registry() {
        let check_source = |source: &str, expected: usize| {
            let text = format!("[[package]]\nname = \"a\"\nsource = {source}\n");
            let findings = check_lock_file(&Workspace::of(&[(LOCK_FILE, &text)]));
            assert_eq!(findings.len(), expected, "{source}");
        };
        check_source(CRATES_INDEX, 0);
        check_source("\"registry+https://mirror.example/index\"", 1);
        check_source("\"git+https://example.com/a\"", 1);
    }
}
