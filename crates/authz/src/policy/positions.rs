//! Where the statements of a policy stand in its text. Nobody needs this to decide, so it is found
//! out when it is asked for.

use std::ops::Range;

use super::json_scan::Scanner;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
}

/// The first character of each statement and the one after its last, in the order of the statements.
/// Of a text that is not a policy, as many as could be found.
pub(super) fn of_statements(text: &str) -> Vec<(Position, Position)> {
    let position = |at| position(text, at);
    let ranges = ranges_of_statements(text).into_iter();
    ranges.map(|Range { start, end }| (position(start), position(end))).collect()
}

/// The same in bytes.
pub(super) fn ranges_of_statements(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    // What ends the search early is a text that is no policy.
    let _ = Scanner::new(text).members(|name, scanner| match name {
        "Statement" => scanner.items(|scanner| {
            ranges.push(scanner.value()?);
            Some(())
        }),
        _ => scanner.value().map(drop),
    });
    ranges
}

/// A step on the way to a value of a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// The member of an object.
    Member(String),
    /// The item of a list, counted from zero.
    Item(usize),
}

/// Where a value stands, in bytes; `None` if there is none.
pub fn locate(text: &str, path: &[PathStep]) -> Option<Range<usize>> {
    let mut at = Scanner::new(text).value()?;
    for step in path {
        let inside = text.get(at.clone())?;
        let mut scanner = Scanner::new(inside);
        let mut found = None;
        // What ends the search early is a text that is no JSON.
        let _ = match step {
            PathStep::Member(wanted) => scanner.members(|name, scanner| {
                let value = scanner.value()?;
                if name == wanted {
                    found = Some(value);
                }
                Some(())
            }),
            PathStep::Item(wanted) if inside.starts_with('[') => {
                let mut index = 0;
                scanner.items(|scanner| {
                    let value = scanner.value()?;
                    if index == *wanted {
                        found = Some(value);
                    }
                    index += 1;
                    Some(())
                })
            }
            PathStep::Item(_) => None,
        };
        let Range { start, end } = found?;
        at = at.start + start..at.start + end;
    }
    Some(at)
}

/// The place of a byte of a text.
pub fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count();
    let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    Position { line: from_one(line), column: from_one(column) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[[u32; 4]]) {
        let place = |line, column| Position { line, column };
        let expected: Vec<_> =
            expected.iter().map(|&[a, b, c, d]| (place(a, b), place(c, d))).collect();
        assert_eq!(of_statements(text), expected, "{text}");
    }

    #[test]
    fn statements() {
        // The first is how AWS documents it: API_SimulateCustomPolicy, example.
        let lines = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"a\": 1,\n    \"b\": \"}\",\n    \"c\": []\n  }\n}";
        check(lines, &[[3, 16, 7, 4]]);
        // A recorded one began in column 41.
        let line = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}, {"x": ["}"]}]}"#;
        check(line, &[[1, 41, 1, 60], [1, 62, 1, 74]]);
        check(r#"{"Statement":[{}],"Version":"2012-10-17"}"#, &[[1, 15, 1, 17]]);
        check(r#"{"\u0053tatement":{"a":"\"}\\"},"Id":"é"}"#, &[[1, 19, 1, 32]]);
        check(r#"{"Id":"é{","Statement":{}}"#, &[[1, 24, 1, 26]]);
        check(r#"{"Id":1,"X":null,"Statement":[ ]}"#, &[]);
        for text in ["", "{", "[]", "{\"Statement\"", "{\"Statement\":[{}", "{\"Statement\":{"] {
            let _ = of_statements(text);
        }
    }

    #[test]
    fn values() {
        let text = r#" {"a": [1, {"b": "}\""}], "c": {}}"#;
        let member = |name: &str| PathStep::Member(name.to_owned());
        let check = |path: &[PathStep], expected: Option<&str>| {
            assert_eq!(locate(text, path).and_then(|at| text.get(at)), expected, "{path:?}");
        };
        check(&[], Some(text.trim()));
        check(&[member("a"), PathStep::Item(0)], Some("1"));
        check(&[member("a"), PathStep::Item(1), member("b")], Some("\"}\\\"\""));
        check(&[member("c")], Some("{}"));
        check(&[member("c"), PathStep::Item(0)], None);
        check(&[member("a"), PathStep::Item(2)], None);
        check(&[member("d")], None);
    }
}
