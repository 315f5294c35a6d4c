//! YAML documents as named values.

use std::ops::Range;

use model::limits::TOOL_CONFIG_DEPTH_MAX;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::layers::Entry;

/// A scalar and where its text stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Its name: keys and positions joined with dots.
    pub name: String,
    /// Its value; none for `null`, `~` and nothing.
    pub value: Option<String>,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The characters of the document that it takes, with its quotes.
    pub characters: Range<usize>,
    /// Whether it stands on one line, without block style.
    pub is_simple: bool,
}

/// What is open while a document is read.
enum Open {
    Mapping { prefix: String, key: Option<String> },
    Sequence { prefix: String, next: usize },
}

impl Open {
    /// The name of the value that comes now.
    fn name(&self) -> String {
        match self {
            Self::Mapping { prefix, key } => join(prefix, key.as_deref().unwrap_or_default()),
            Self::Sequence { prefix, next } => join(prefix, &next.to_string()),
        }
    }

    /// Notes that the value is complete.
    fn advance(&mut self) {
        match self {
            Self::Mapping { key, .. } => *key = None,
            Self::Sequence { next, .. } => *next += 1,
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self, Self::Mapping { key: None, .. })
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// Reads the first document of a text.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let entry = |scalar: Scalar| Entry::on_line(scalar.name, scalar.value, scalar.line);
    Ok(scalars(text)?.into_iter().map(entry).collect())
}

/// All scalars of the first document. What an alias stands for is not repeated.
pub fn scalars(text: &str) -> Result<Vec<Scalar>, String> {
    let characters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        match event {
            Event::DocumentEnd => break,
            Event::Scalar(value, style, _, _) => match open.last_mut() {
                Some(Open::Mapping { key: key @ None, .. }) => *key = Some(value.into_owned()),
                Some(container) => {
                    found.push(scalar(&characters, container.name(), &value, style, span));
                    container.advance();
                }
                None => found.push(scalar(&characters, String::new(), &value, style, span)),
            },
            Event::MappingStart(..) => {
                let prefix = enter(&open)?;
                open.push(Open::Mapping { prefix, key: None });
            }
            Event::SequenceStart(..) => {
                let prefix = enter(&open)?;
                open.push(Open::Sequence { prefix, next: 0 });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                if let Some(container) = open.last_mut() {
                    container.advance();
                }
            }
            Event::Alias(_) => {
                if let Some(container) = open.last_mut() {
                    container.advance();
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
    }
    Ok(found)
}

fn enter(open: &[Open]) -> Result<String, String> {
    if open.len() >= TOOL_CONFIG_DEPTH_MAX {
        return Err(format!("nested more than {TOOL_CONFIG_DEPTH_MAX} levels deep"));
    }
    match open.last() {
        Some(container) if container.wants_key() => {
            Err("a key is a mapping or sequence, which no known setting has".to_owned())
        }
        Some(container) => Ok(container.name()),
        None => Ok(String::new()),
    }
}

fn scalar(text: &[char], name: String, value: &str, style: ScalarStyle, span: Span) -> Scalar {
    let is_null =
        style == ScalarStyle::Plain && matches!(value, "" | "~" | "null" | "Null" | "NULL");
    let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let start = span.start.index();
    // The parser lets a quoted scalar end behind the comment that follows it.
    let end = match style {
        ScalarStyle::SingleQuoted => quoted_end(text, start, '\''),
        ScalarStyle::DoubleQuoted => quoted_end(text, start, '"'),
        _ => None,
    };
    let end = end.unwrap_or_else(|| span.end.index());
    let inner = text.get(start..end).unwrap_or_default();
    Scalar {
        name,
        value: (!is_null).then(|| value.to_owned()),
        line: span.start.line(),
        characters: start..end,
        is_simple: !is_block && !inner.contains(&'\n'),
    }
}

/// Where a quoted scalar ends. In single quotes a quote is doubled, in double quotes it has a backslash
/// before it.
fn quoted_end(text: &[char], start: usize, quote: char) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match (*text.get(at)?, text.get(at + 1)) {
            ('\\', _) if quote == '"' => at += 2,
            (character, Some(next)) if character == quote && quote == '\'' && *next == quote => {
                at += 2;
            }
            (character, _) if character == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_have_names_and_lines() {
        let text = "a: 1\nb:\n  c: 'x # y' # z\n  d: null\n  e:\n    - f\n    - g: h\n  i: ~\nj:\n";
        let found: Vec<_> = parse(text)
            .unwrap()
            .into_iter()
            .map(|entry| (entry.name, entry.value, entry.line))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        let expected = [
            ("a", some("1"), 1),
            ("b.c", some("x # y"), 3),
            ("b.d", None, 4),
            ("b.e.0", some("f"), 6),
            ("b.e.1.g", some("h"), 7),
            ("b.i", None, 8),
            ("j", None, 9),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, value, line)| (name.to_owned(), value, line))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn scalars_know_their_characters() {
        let text = "ä: 'x'\nb: y # z\nc: |\n  long\n";
        let scalars = scalars(text).unwrap();
        let characters: Vec<char> = text.chars().collect();
        let shown: Vec<String> = scalars
            .iter()
            .map(|scalar| characters[scalar.characters.clone()].iter().collect())
            .collect();
        assert_eq!(shown[..2], ["'x'", "y"]);
        assert!(scalars[0].is_simple && !scalars[2].is_simple);
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        assert!(parse("a: [1").is_err());
        assert!(parse("? [a]\n: b\n").is_err());
        assert!(parse(&"[".repeat(TOOL_CONFIG_DEPTH_MAX + 1)).is_err());
    }
}
