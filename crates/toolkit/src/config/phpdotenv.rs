//! Environment files as Laravel's phpdotenv 5 reads them.

use super::layers::Entry;
use super::lines;

/// Reads a file. What phpdotenv refuses is refused: such an application does not even start.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let text = lines::normalized(text);
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = text.split('\n').enumerate();
    while let Some((index, first)) = rest.next() {
        let trimmed = first.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let mut whole = first.to_owned();
        let mut last = index;
        while is_open(&whole) {
            let Some((index, next)) = rest.next() else { break };
            whole.push('\n');
            whole.push_str(next);
            last = index;
        }
        let (name, value) =
            entry(&whole, &entries).map_err(|why| format!("line {}: {why}", index + 1))?;
        entries.push(Entry { name, value, line: index + 1, last_line: last + 1 });
    }
    Ok(entries)
}

/// A double quote directly behind `=` whose end has not come.
fn is_open(text: &str) -> bool {
    let Some((_, value)) = text.split_once('=') else { return false };
    let inner = value.trim_start().strip_prefix('"');
    inner.is_some_and(|inner| lines::closing_quote(inner, '"').is_none())
}

fn entry(text: &str, known: &[Entry]) -> Result<(String, Option<String>), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.trim())),
        None => (text, None),
    };
    let name = lines::without_export(name.trim()).trim().trim_matches(['\'', '"']);
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(format!("`{name}` is no name of a variable"));
    }
    let value = value.map(|value| self::value(value, known)).transpose()?;
    Ok((name.to_owned(), value))
}

#[derive(Clone, Copy)]
enum State {
    Begin,
    Unquoted,
    Single,
    Double,
    Behind,
}

fn value(text: &str, known: &[Entry]) -> Result<String, String> {
    let mut value = String::new();
    let mut state = State::Begin;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        state = match (state, character) {
            (State::Begin, '\'') => State::Single,
            (State::Begin, '"') => State::Double,
            (State::Begin | State::Unquoted | State::Behind, '#') => break,
            (State::Single, '\'') | (State::Double, '"') => State::Behind,
            (State::Behind | State::Unquoted, _) if character.is_whitespace() => State::Behind,
            (State::Behind, _) => return Err("a value with blanks needs quotes".to_owned()),
            (State::Double, '\\') => {
                value.push(escape(rest.next())?);
                State::Double
            }
            (State::Begin | State::Unquoted | State::Double, '$') if rest.peek() == Some(&'{') => {
                let name: String =
                    rest.by_ref().skip(1).take_while(|character| *character != '}').collect();
                match known.iter().rev().find(|entry| entry.name == name) {
                    Some(entry) => value.push_str(entry.value.as_deref().unwrap_or_default()),
                    None => value.extend(["${", name.as_str(), "}"]),
                }
                if matches!(state, State::Double) { State::Double } else { State::Unquoted }
            }
            (State::Begin | State::Unquoted, _) => {
                value.push(character);
                State::Unquoted
            }
            (State::Single | State::Double, _) => {
                value.push(character);
                state
            }
        };
    }
    match state {
        State::Single | State::Double => Err("a quote is not closed".to_owned()),
        State::Begin | State::Unquoted | State::Behind => Ok(value),
    }
}

fn escape(next: Option<char>) -> Result<char, String> {
    match next {
        Some(character @ ('"' | '\\' | '$')) => Ok(character),
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some('f') => Ok('\u{c}'),
        Some('v') => Ok('\u{b}'),
        _ => Err("an unknown escape".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let entries = parse(text).unwrap();
        assert_eq!(entries.last().unwrap().value.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn values() {
        for empty in ["K=", "K=\"\"", "K=''", "K= # c", "export K="] {
            check(empty, Some(""));
        }
        check("K=v # c", Some("v"));
        check("K=v#c", Some("v"));
        check("K=\"a # b\"", Some("a # b"));
        check("K='a\\n'", Some("a\\n"));
        check("K=\"a\\n\"", Some("a\n"));
        check("X=1\nK=${X}y", Some("1y"));
        check("K=$X", Some("$X"));
        check("K=\"a\nb\"", Some("a\nb"));
        check("K", None);
        check("export K=v", Some("v"));
        for bad in ["K=a b", "K='a", "A-B=1", "K=\"\\x\""] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
