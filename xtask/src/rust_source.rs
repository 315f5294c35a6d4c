//! Just enough of Rust's grammar to tell code from comments, literals and tests.

/// A name in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identifier<'a> {
    /// The line from 1.
    pub(crate) line: usize,
    /// The name; keywords count.
    pub(crate) name: &'a str,
}

/// The names in the code, without those in comments, strings and characters.
pub(crate) fn identifiers(source: &str) -> Vec<Identifier<'_>> {
    let mut scanner = Scanner { rest: source, line: 1 };
    let mut found = Vec::new();
    while let Some(first) = scanner.rest.chars().next() {
        if scanner.rest.starts_with("//") {
            scanner.skip_past("\n");
        } else if scanner.rest.starts_with("/*") {
            scanner.skip_block_comment();
        } else if let Some(hashes) = raw_string_hashes(scanner.rest) {
            scanner.skip_past("\"");
            scanner.skip_past(&format!("\"{}", "#".repeat(hashes)));
        } else if first == '"' {
            scanner.skip_string();
        } else if first == '\'' {
            scanner.skip_character_or_tick();
        } else if first.is_alphabetic() || first == '_' {
            let line = scanner.line;
            found.push(Identifier { line, name: scanner.take_identifier() });
        } else {
            scanner.advance(first.len_utf8());
        }
    }
    found
}

/// The part of a file before its inline test module, which clippy keeps at the end.
pub(crate) fn production_part(source: &str) -> &str {
    let mut offset = 0;
    for line in source.split_inclusive('\n') {
        if line.trim_end() == "#[cfg(test)]" {
            let behind = source.get(offset + line.len()..).unwrap_or_default();
            let item = behind.lines().find(|line| !line.trim_start().starts_with("#["));
            if item.is_some_and(|item| item.starts_with("mod ") && item.ends_with('{')) {
                return source.get(..offset).unwrap_or(source);
            }
        }
        offset += line.len();
    }
    source
}

/// How many `#` the raw string has that begins here, if one does.
fn raw_string_hashes(text: &str) -> Option<usize> {
    let text = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let text = text.strip_prefix('r')?;
    let quote = text.trim_start_matches('#');
    quote.starts_with('"').then(|| text.len() - quote.len())
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn skip_past(&mut self, end: &str) {
        let bytes = self.rest.find(end).map_or(self.rest.len(), |start| start + end.len());
        self.advance(bytes);
    }

    fn take_identifier(&mut self) -> &'a str {
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let bytes = self.rest.find(|character| !is_part(character)).unwrap_or(self.rest.len());
        self.advance(bytes)
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.advance(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.advance(2);
            } else {
                self.advance(self.rest.chars().next().map_or(1, char::len_utf8));
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.advance(1);
        while let Some(stop) = self.rest.find(['"', '\\']) {
            let escape = self.advance(stop + 1).ends_with('\\');
            if !escape {
                return;
            }
            self.advance(self.rest.chars().next().map_or(0, char::len_utf8));
        }
        self.rest = "";
    }

    /// Behind a tick stands a character literal or the name of a lifetime.
    fn skip_character_or_tick(&mut self) {
        self.advance(1);
        let mut characters = self.rest.chars();
        let first = characters.next();
        let literal_bytes = match (first, characters.next()) {
            (Some('\\'), Some(escaped)) => 1 + escaped.len_utf8(),
            (Some(character), Some('\'')) => character.len_utf8(),
            _ => return,
        };
        self.advance(literal_bytes);
        self.skip_past("'");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[&str]) {
        let found: Vec<_> = identifiers(source).iter().map(|found| found.name).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn code_is_told_from_comments_and_literals() {
        check("let a = b;", &["let", "a", "b"]);
        check("a // b\nc", &["a", "c"]);
        check("a /* b /* c */ d */ e", &["a", "e"]);
        check("a \"b \\\" c\" d", &["a", "d"]);
        check("a \"b\\\\\" c", &["a", "c"]);
        check("a r\"b\\\" c", &["a", "c"]);
        check("a r##\"b\"# c\"## d", &["a", "d"]);
        check("a br#\"b\"# d", &["a", "d"]);
        check("r#type", &["r", "type"]);
        check("a '\"' b '\\'' c '\\u{22}' d 'ü' e", &["a", "b", "c", "d", "e"]);
        check("&'a str", &["a", "str"]);
        check("fn f<'a, 'b>(x: &'a u8)", &["fn", "f", "a", "b", "x", "a", "u8"]);
        check("a /* never closed", &["a"]);
        check("a \"never closed", &["a"]);
    }

    #[test]
    fn lines_are_counted_through_comments_and_literals() {
        let found = identifiers("a\n/*\n*/ b \"\n\" c\nr#\"\n\n\"# d // e\nf");
        let lines: Vec<_> = found.iter().map(|found| (found.name, found.line)).collect();
        assert_eq!(lines, [("a", 1), ("b", 3), ("c", 4), ("d", 7), ("f", 8)]);
    }

    #[test]
    fn production_ends_at_the_inline_test_module() {
        let inline = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(production_part(inline), "fn a() {}\n\n");
        let sibling = "#[cfg(test)]\nmod tests;\nfn a() {}\n";
        assert_eq!(production_part(sibling), sibling);
        let helper = "#[cfg(test)]\nfn only_for_tests() {}\nfn a() {}\n";
        assert_eq!(production_part(helper), helper);
        let attributes = "x\n#[cfg(test)]\n#[path = \"y\"]\nmod tests {\n}\n";
        assert_eq!(production_part(attributes), "x\n");
    }
}
