//! Changes settings in environment files and leaves every other byte as it is.

use std::borrow::Cow;

use super::plan::{Change, Wanted};
use super::proof::proved;
use crate::config::{Entry, Format};

/// The text with the changes made. The same text comes back if nothing is to be done.
pub fn edit(text: &str, format: Format, changes: &[Change]) -> Result<String, String> {
    // Readers take it for the end of a line, editors do not; lines would not be the same.
    if text.replace("\r\n", "").contains('\r') {
        return Err("it has carriage returns within lines".to_owned());
    }
    let mut edited = text.to_owned();
    for change in changes {
        let (name, before) = (&change.name, edited);
        // An environment has no `null`, only what is empty.
        let (wanted, after) = match &change.wanted {
            Wanted::Value(value) => {
                let value = value.clone().unwrap_or_default();
                let after = set(&before, format, name, &value)?;
                (Wanted::Value(Some(value)), after)
            }
            Wanted::Absent => (Wanted::Absent, remove(&before, format, name)?),
        };
        edited = proved(format, name, &wanted, (&before, after))?;
    }
    Ok(edited)
}

/// The lines with their ends.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn line_end(line: &str) -> &str {
    if line.ends_with("\r\n") {
        "\r\n"
    } else if line.ends_with('\n') {
        "\n"
    } else {
        ""
    }
}

fn places(text: &str, format: Format, name: &str) -> Result<Vec<Entry>, String> {
    let entries = format.parse(text)?;
    Ok(entries.into_iter().filter(|entry| entry.name == name).collect())
}

/// Sets a value: the last line with the name is written anew, earlier ones become comments.
fn set(text: &str, format: Format, name: &str, value: &str) -> Result<String, String> {
    let mut found = places(text, format, name)?;
    let mut text = Cow::Borrowed(text);
    if found.is_empty() {
        text = Cow::Owned(append(&text, name, value));
        // The end of line that it brings can make a setting of what was none, such as `K:` in dotenv.
        found = places(&text, format, name)?;
    }
    let Some(last) = found.pop() else { return Ok(text.into_owned()) };
    let mut edited: Vec<String> = lines(&text).into_iter().map(ToOwned::to_owned).collect();
    let is_right = last.value.as_deref() == Some(value);
    if is_right && found.is_empty() {
        return Ok(text.into_owned());
    }
    if !is_right {
        let old: String = edited.get(last.line - 1..last.last_line).unwrap_or_default().concat();
        let new = rewritten(&old, format, name, value);
        edited.splice(last.line - 1..last.last_line.min(edited.len()), [new]);
    }
    for earlier in &found {
        for line in edited.get_mut(earlier.line - 1..earlier.last_line).unwrap_or_default() {
            line.insert_str(0, "# ");
        }
    }
    Ok(edited.concat())
}

/// The line with its indentation, an `export` and the end of line that it had. A comment behind the value
/// moves to a line of its own, because not every reader takes it for one.
fn rewritten(old: &str, format: Format, name: &str, value: &str) -> String {
    let front = old.find(name).and_then(|at| old.get(..at)).unwrap_or_default();
    let end = line_end(old);
    let comment = if format == Format::Dotenv || format == Format::PhpDotenv {
        comment_behind(old).map(|comment| {
            let end = if end.is_empty() { "\n" } else { end };
            format!("{comment}{end}")
        })
    } else {
        None
    };
    format!("{}{front}{name}={value}{end}", comment.unwrap_or_default())
}

/// A comment behind an unquoted or quoted value, from its `#` on.
fn comment_behind(line: &str) -> Option<&str> {
    let line = line.trim_end_matches(['\r', '\n']);
    let (_, value) = line.split_once(['=', ':'])?;
    let start = value.trim_start();
    let rest = match start.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let inner = start.get(1..)?;
            inner.get(inner.find(quote)? + 1..)?
        }
        _ => start,
    };
    let at = rest.find('#')?;
    rest.get(at..).map(str::trim_end)
}

/// A new line at the end, with the ends of line that the file has.
fn append(text: &str, name: &str, value: &str) -> String {
    let end = lines(text).first().map_or("\n", |line| line_end(line));
    let end = if end.is_empty() { "\n" } else { end };
    let separator = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    format!("{text}{separator}{name}={value}{end}")
}

fn remove(text: &str, format: Format, name: &str) -> Result<String, String> {
    let found = places(text, format, name)?;
    let kept = lines(text).into_iter().enumerate().filter(|(index, _)| {
        !found.iter().any(|entry| (entry.line..=entry.last_line).contains(&(index + 1)))
    });
    Ok(kept.map(|(_, line)| line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: Wanted, expected: &str) {
        let changes = [Change { name: "K".to_owned(), wanted, why: String::new() }];
        let edited = edit(text, Format::Dotenv, &changes).unwrap();
        assert_eq!(edited, expected, "{text:?}");
        assert_eq!(edit(&edited, Format::Dotenv, &changes).unwrap(), edited, "not idempotent");
    }

    fn empty() -> Wanted {
        Wanted::Value(Some(String::new()))
    }

    #[test]
    fn every_form_of_a_line_is_set() {
        check("A=1\nK=v\nB=2\n", empty(), "A=1\nK=\nB=2\n");
        check("A=1\r\nK=v\r\n", empty(), "A=1\r\nK=\r\n");
        check("  export K=v\n", empty(), "  export K=\n");
        check("K: v\n", empty(), "K=\n");
        check("K = v # why\n", empty(), "# why\nK=\n");
        check("K='v' # why\n", empty(), "# why\nK=\n");
        check("K=\"a\nb\"\nB=1\n", empty(), "K=\nB=1\n");
        check("K=v", empty(), "K=");
        check("A=1", empty(), "A=1\nK=\n");
        check("", empty(), "K=\n");
        check("A=1\r\n", empty(), "A=1\r\nK=\r\n");
        check("K:", empty(), "# K:\nK=\n");
    }

    #[test]
    fn a_change_that_would_not_be_read_is_none() {
        let changes = [Change { name: "K".to_owned(), wanted: empty(), why: String::new() }];
        // systemd takes everything behind the quote for the value of A.
        assert!(edit("A=\"b\nK=v\n", Format::SystemdEnvironment, &changes).is_err());
        assert!(edit("A=\"b\"\nK=v\n", Format::SystemdEnvironment, &changes).is_ok());
    }

    #[test]
    fn what_is_right_stays_byte_for_byte() {
        for text in ["K=\n", "K=''\n", "  K= # c\r\n# K=x\n", "K="] {
            check(text, empty(), text);
        }
    }

    #[test]
    fn earlier_duplicates_become_comments() {
        check("K=a\nB=1\nK=b\n", empty(), "# K=a\nB=1\nK=\n");
        check("K=\nB=1\nK=\n", empty(), "# K=\nB=1\nK=\n");
    }

    #[test]
    fn lines_are_removed() {
        check("A=1\nK=v\n# K=c\nK=w\n", Wanted::Absent, "A=1\n# K=c\n");
        check("A=1\n", Wanted::Absent, "A=1\n");
    }
}
