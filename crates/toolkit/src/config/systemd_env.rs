//! Environment files as systemd's `EnvironmentFile=` is read.
//!
//! man page systemd.exec, "EnvironmentFile=".

use super::layers::Entry;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Name,
    BeforeValue,
    Value,
    Single,
    Double,
    Comment,
}

struct Reader {
    entries: Vec<Entry>,
    name: String,
    value: String,
    /// Bytes of the value that trailing blanks cannot take away.
    kept: usize,
    line: usize,
    first_line: usize,
}

/// Reads a file. Lines that are no assignment are skipped, as systemd skips them with a warning.
pub fn parse(text: &str) -> Vec<Entry> {
    let mut reader = Reader {
        entries: Vec::new(),
        name: String::new(),
        value: String::new(),
        kept: 0,
        line: 1,
        first_line: 1,
    };
    let mut state = State::Before;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let escaped = if character == '\\' && state != State::Name { rest.next() } else { None };
        state = match escaped {
            Some(next) => reader.escaped(state, next),
            None => reader.plain(state, character),
        };
        reader.line += [Some(character), escaped].iter().filter(|c| **c == Some('\n')).count();
    }
    if matches!(state, State::BeforeValue | State::Value | State::Single | State::Double) {
        reader.finish();
    }
    reader.entries
}

impl Reader {
    fn plain(&mut self, state: State, character: char) -> State {
        let is_end = matches!(character, '\n' | '\r');
        match (state, character) {
            (State::Comment, _) => {
                if is_end {
                    State::Before
                } else {
                    State::Comment
                }
            }
            (State::Before, '#' | ';') => State::Comment,
            (State::Before, _) if character.is_whitespace() => State::Before,
            (State::Before, _) => {
                self.first_line = self.line;
                self.name.clear();
                self.name.push(character);
                State::Name
            }
            (State::Name, '=') => {
                self.value.clear();
                self.kept = 0;
                State::BeforeValue
            }
            (State::Name, _) if is_end => State::Before,
            (State::Name, _) => {
                self.name.push(character);
                State::Name
            }
            (State::BeforeValue | State::Value, _) if is_end => self.finish(),
            (State::BeforeValue, '\'') => State::Single,
            (State::BeforeValue, '"') => State::Double,
            (State::BeforeValue, _) if character.is_whitespace() => State::BeforeValue,
            (State::BeforeValue | State::Value, _) => {
                self.value.push(character);
                if !character.is_whitespace() {
                    self.kept = self.value.len();
                }
                State::Value
            }
            (State::Single, '\'') | (State::Double, '"') => State::BeforeValue,
            (State::Single | State::Double, _) => self.keep(state, &[character]),
        }
    }

    /// A character behind a backslash.
    fn escaped(&mut self, state: State, next: char) -> State {
        match state {
            State::Comment => State::Comment,
            State::Before | State::Name => self.plain(State::Before, next),
            State::Single => {
                self.keep(state, &['\\']);
                self.plain(state, next)
            }
            // The line goes on.
            State::BeforeValue | State::Value | State::Double if next == '\n' => state,
            State::BeforeValue | State::Value => self.keep(State::Value, &[next]),
            State::Double if "\"\\`$".contains(next) => self.keep(state, &[next]),
            State::Double => self.keep(state, &['\\', next]),
        }
    }

    fn keep(&mut self, state: State, characters: &[char]) -> State {
        self.value.extend(characters);
        self.kept = self.value.len();
        state
    }

    fn finish(&mut self) -> State {
        let name = self.name.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.is_empty() && name.chars().all(is_name) {
            self.value.truncate(self.kept);
            self.entries.push(Entry {
                name: name.to_owned(),
                value: Some(self.value.clone()),
                line: self.first_line,
                last_line: self.line,
            });
        }
        State::Before
    }
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
        for empty in ["K=", "K= ", "K=\"\"", "K=''"] {
            check(empty, &[("K", "")]);
        }
        check("K=v # c", &[("K", "v # c")]);
        check("K=v#c", &[("K", "v#c")]);
        check(" K=v", &[("K", "v")]);
        check("K = v", &[("K", "v")]);
        check("export K=v\nL=1", &[("L", "1")]);
        check("K: v\nL=1", &[("L", "1")]);
        check("K=1\nK=2", &[("K", "1"), ("K", "2")]);
        check("K=$X", &[("K", "$X")]);
        check("K=a\\\nb", &[("K", "ab")]);
        check("K\nL=1", &[("L", "1")]);
    }

    #[test]
    fn quotes_escapes_and_comments() {
        check("# c \\\nstill\n; c\nK='a b' ", &[("K", "a b")]);
        check("K=\"a\\\"b\\x\"", &[("K", "a\"b\\x")]);
        check("K='a\\b'", &[("K", "a\\b")]);
        check("K=a\\ b  ", &[("K", "a b")]);
        let entries = parse("\nA=\"x\ny\"\nB=1\n");
        let lines: Vec<_> = entries.iter().map(|e| (e.line, e.last_line)).collect();
        assert_eq!(lines, [(2, 3), (4, 4)]);
    }
}
