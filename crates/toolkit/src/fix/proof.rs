//! Whether a changed text says what was wanted, and nothing else became different.

use super::plan::Wanted;
use crate::config::{Entry, Format};

/// The changed text, read once more: a quote that nobody closed, say, swallows the lines behind it.
pub(super) fn proved(
    format: Format,
    name: &str,
    wanted: &Wanted,
    (before, after): (&str, String),
) -> Result<String, String> {
    let (old, new) = (format.parse(before)?, format.parse(&after)?);
    let found = new.iter().rev().find(|entry| entry.name == name);
    let is_right = match wanted {
        Wanted::Value(value) => found.is_some_and(|entry| entry.value == *value),
        Wanted::Absent => found.is_none(),
    };
    if is_right && others(&old, name).eq(others(&new, name)) {
        return Ok(after);
    }
    Err(format!("`{name}` cannot be changed in this text without changing more; change it by hand"))
}

fn others<'a>(entries: &'a [Entry], name: &'a str) -> impl Iterator<Item = &'a str> {
    entries.iter().map(|entry| entry.name.as_str()).filter(move |other| *other != name)
}
