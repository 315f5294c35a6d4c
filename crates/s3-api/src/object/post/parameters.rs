//! Headers of the form `kind; name=value; name="value"`: `Content-Type` of the request, and
//! `Content-Disposition` of each part of a form.

/// A header value, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters<'a> {
    /// What stands before the first `;`.
    pub(super) kind: &'a str,
    parameters: Vec<(&'a str, String)>,
}

impl<'a> Parameters<'a> {
    /// Takes a value apart. `None` if a quote is not closed, a parameter has no value, or one comes
    /// twice: two readers could then see different names.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (kind, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let mut parsed = Self { kind: kind.trim(), parameters: Vec::new() };
        loop {
            rest = rest.trim_start_matches([' ', '\t', ';']);
            if rest.is_empty() {
                return Some(parsed);
            }
            let (name, after) = rest.split_once('=')?;
            let name = name.trim();
            let (value, tail) = if let Some(quoted) = after.trim_start().strip_prefix('"') {
                unquote(quoted)?
            } else {
                let (value, tail) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), tail)
            };
            if parsed.get(name).is_some() {
                return None;
            }
            parsed.parameters.push((name, value));
            rest = tail;
        }
    }

    /// The value of a parameter; names are compared without regard to letter case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads to the closing quote; gives back what follows the next `;`.
///
/// Only `\"` is an escape: old browsers send paths such as `C:\cat.jpg` as they are.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => break,
            '\\' if characters.as_str().starts_with('"') => {
                characters.next();
                value.push('"');
            }
            other => value.push(other),
        }
    }
    let rest = characters.as_str().trim_start();
    if rest.is_empty() {
        return Some((value, ""));
    }
    rest.strip_prefix(';').map(|rest| (value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: &str, expected: &[(&str, &str)]) {
        let parsed = Parameters::parse(text).unwrap();
        let found: Vec<_> =
            parsed.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!((parsed.kind, &*found), (kind, expected), "{text}");
    }

    #[test]
    fn values_with_and_without_quotes() {
        check("form-data", "form-data", &[]);
        check("form-data; name=key", "form-data", &[("name", "key")]);
        check(
            "form-data;name=\"a;b=c\" ; filename=\"C:\\d\\say \\\"hi\\\".txt\"",
            "form-data",
            &[("name", "a;b=c"), ("filename", "C:\\d\\say \"hi\".txt")],
        );
        check("x; name=\"\"; a = b ;", "x", &[("name", ""), ("a", "b")]);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in [
            "form-data; name",
            "form-data; name=\"key",
            "form-data; name=\"key\\\"",
            "form-data; name=\"key\"x",
            "form-data; name=\"a\"; NAME=\"b\"",
        ] {
            assert_eq!(Parameters::parse(text), None, "{text}");
        }
    }
}
