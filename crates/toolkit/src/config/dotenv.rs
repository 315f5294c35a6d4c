//! Environment files as Ruby's dotenv 3.2 reads them, which is what Mastodon does.
//!
//! Commands (`$(…)`) are not run: the text stays, and [`has_command`] tells of it.

use super::layers::Entry;
use super::lines::{self, BLANKS};

/// Reads a file. Lines that are no assignment are skipped, as dotenv skips them.
pub fn parse(text: &str) -> Vec<Entry> {
    let text = lines::normalized(text);
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = text.as_str();
    let mut line = 1;
    while !rest.is_empty() {
        let consumed = match assignment(rest) {
            Some(Assignment { name, raw, length }) => {
                let last_line = line + newlines(rest.get(..length).unwrap_or(rest));
                if let Some(raw) = raw {
                    let value = value(&raw, &entries);
                    entries.push(Entry { name, value: Some(value), line, last_line });
                }
                length
            }
            None => 0,
        };
        // To the end of the line on which the assignment ended.
        let behind = rest.get(consumed..).unwrap_or_default();
        let step = consumed + behind.find('\n').map_or(behind.len(), |at| at + 1);
        let (done, next) = rest.split_at_checked(step).unwrap_or((rest, ""));
        line += newlines(done);
        rest = next;
    }
    entries
}

/// Whether dotenv would run a command for this value.
pub fn has_command(value: &str) -> bool {
    value.contains("$(")
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

struct Assignment {
    name: String,
    /// With its quotes; none for a bare name, which sets nothing.
    raw: Option<String>,
    /// Bytes up to the end of the value.
    length: usize,
}

fn assignment(text: &str) -> Option<Assignment> {
    let rest = lines::without_export(text.trim_start_matches(BLANKS));
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_.".contains(character);
    let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    let separated = behind.trim_start_matches(BLANKS).strip_prefix('=').or_else(|| {
        behind.strip_prefix(':').filter(|behind| behind.starts_with([' ', '\t', '\n']))
    });
    let offset = |rest: &str| text.len() - rest.len();
    let Some(behind) = separated else {
        let is_bare = ends_here(behind);
        return is_bare.then(|| Assignment {
            name: name.into(),
            raw: None,
            length: offset(behind),
        });
    };
    let (raw, after) = raw_value(behind);
    ends_here(after).then(|| Assignment {
        name: name.to_owned(),
        raw: Some(raw.to_owned()),
        length: offset(after),
    })
}

/// The value with its quotes, and what stands behind it.
fn raw_value(text: &str) -> (&str, &str) {
    let start = text.trim_start_matches(BLANKS);
    for quote in ['\'', '"'] {
        if let Some(inner) = start.strip_prefix(quote)
            && let Some(closing) = lines::closing_quote(inner, quote)
            && let Some((_, after)) = inner.split_at_checked(closing + 1)
            && ends_here(after)
        {
            let raw = start.get(..start.len() - after.len()).unwrap_or(start);
            return (raw, after);
        }
    }
    let end = text.find(['#', '\n']).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Only blanks and a comment stand before the end of the line.
fn ends_here(text: &str) -> bool {
    let rest = text.trim_start_matches(BLANKS);
    rest.is_empty() || rest.starts_with(['\n', '#'])
}

fn value(raw: &str, known: &[Entry]) -> String {
    let trimmed = raw.trim();
    for quote in ['\'', '"'] {
        let inner = trimmed.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return if quote == '\'' { inner.to_owned() } else { expand(inner, known, true) };
        }
    }
    expand(trimmed, known, false)
}

/// Escapes and variables. In double quotes `\n` and `\r` stay as they are, since dotenv 3.
fn expand(text: &str, known: &[Entry], is_quoted: bool) -> String {
    let mut value = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match (character, rest.peek().copied()) {
            ('\\', Some('$')) => {
                rest.next();
                value.push('$');
            }
            ('\\', Some(letter @ ('n' | 'r'))) if is_quoted => {
                rest.next();
                value.extend(['\\', letter]);
            }
            ('\\', Some(other)) => {
                rest.next();
                value.push(other);
            }
            ('$', Some('(')) => value.push('$'),
            ('$', _) => push_variable(&mut rest, known, &mut value),
            _ => value.push(character),
        }
    }
    value
}

fn push_variable(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    known: &[Entry],
    value: &mut String,
) {
    let has_brace = rest.next_if_eq(&'{').is_some();
    let mut name = String::new();
    while let Some(character) =
        rest.next_if(|character| character.is_ascii_alphanumeric() || *character == '_')
    {
        name.push(character);
    }
    let has_end = rest.next_if_eq(&'}').is_some();
    if name.is_empty() {
        value.push('$');
        value.extend(has_brace.then_some('{'));
        value.extend(has_end.then_some('}'));
        return;
    }
    // Another source of the application may know the name; none of the settings that matter here is
    // ever made that way, so an unknown one is empty, as for dotenv.
    let found = known.iter().rev().find(|entry| entry.name == name);
    value.push_str(found.and_then(|entry| entry.value.as_deref()).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let entries = parse(text);
        let found: Vec<_> = entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.value.as_deref().unwrap()))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    /// The rows of the specification's table of environment files.
    #[test]
    fn rows_of_the_table() {
        for empty in ["K=", "K= ", "K=\"\"", "K=''", "K=\n", "K= # c"] {
            check(empty, &[("K", "")]);
        }
        check("K=v # c", &[("K", "v")]);
        check("K=v#c", &[("K", "v")]);
        for form in ["export K=v", " K=v", "K: v", "K = v", "\tK=v", "export  K = v"] {
            check(form, &[("K", "v")]);
        }
        check("K=1\nK=2", &[("K", "1"), ("K", "2")]);
        check("X=1\nK=$X", &[("X", "1"), ("K", "1")]);
        check("X=1\nK=${X}y", &[("X", "1"), ("K", "1y")]);
        check("X=1\nK='$X'", &[("X", "1"), ("K", "$X")]);
        check("K=\"a\nb\"\nL=1", &[("K", "a\nb"), ("L", "1")]);
        check("K", &[]);
        check("K\nL=1", &[("L", "1")]);
    }

    #[test]
    fn quotes_escapes_and_comments() {
        check("K='a#b' # c", &[("K", "a#b")]);
        check("K=\"a#b\"", &[("K", "a#b")]);
        check("K=\"a\\\"b\"", &[("K", "a\"b")]);
        check("K=\"a\\nb\"", &[("K", "a\\nb")]);
        check("K=a\\ b", &[("K", "a b")]);
        check("K=\\$X", &[("K", "$X")]);
        check("K=a$", &[("K", "a$")]);
        check("K=\"a\" b", &[("K", "\"a\" b")]);
        check("# K=v\n  # L=v\nM=1", &[("M", "1")]);
        check("lol$wut\nK=1", &[("K", "1")]);
        check("K=$(rm x)", &[("K", "$(rm x)")]);
        check("K=$MISSING", &[("K", "")]);
        assert!(has_command("$(x)") && !has_command("$x"));
    }

    #[test]
    fn lines_are_counted_through_crlf_and_quotes() {
        let entries = parse("# c\r\nA=1\r\nB=\"x\r\ny\"\r\n\r\nC=3\r\n");
        let lines: Vec<_> = entries.iter().map(|e| (&*e.name, e.line, e.last_line)).collect();
        assert_eq!(lines, [("A", 2, 2), ("B", 3, 4), ("C", 6, 6)]);
        assert_eq!(entries[0].value.as_deref(), Some("1"));
    }
}
