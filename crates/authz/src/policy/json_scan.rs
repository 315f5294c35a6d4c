//! Where the values of a JSON text stand. For texts that were parsed before: of anything else, as
//! much is found as could be understood.

use std::ops::Range;

/// Goes through JSON that is known to be well-formed.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// At the beginning of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes through an object; `member` goes past each value.
    pub(super) fn members(
        &mut self,
        mut member: impl FnMut(&str, &mut Self) -> Option<()>,
    ) -> Option<()> {
        self.expect(b'{')?;
        while self.peek()? == b'"' {
            let name = self.value()?;
            self.expect(b':')?;
            let name: String = serde_json::from_str(self.text.get(name)?).ok()?;
            member(&name, self)?;
            if self.peek()? == b',' {
                self.at += 1;
            }
        }
        self.expect(b'}')
    }

    /// Goes through a list, or a value that stands for a list of one; `item` goes past each value.
    pub(super) fn items(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.peek()? != b'[' {
            return item(self);
        }
        self.expect(b'[')?;
        while self.peek()? != b']' {
            item(self)?;
            if self.peek()? == b',' {
                self.at += 1;
            }
        }
        self.expect(b']')
    }

    /// Goes past one value.
    pub(super) fn value(&mut self) -> Option<Range<usize>> {
        self.peek()?;
        let start = self.at;
        let mut depth = 0_usize;
        let mut in_string = false;
        let mut escaped = false;
        for (index, byte) in self.rest().bytes().enumerate() {
            if in_string {
                in_string = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
                if in_string || depth > 0 {
                    continue;
                }
                self.at = start + index + 1;
                return Some(start..self.at);
            }
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' if depth == 1 => {
                    self.at = start + index + 1;
                    return Some(start..self.at);
                }
                // The end of a number, a truth value or `null`.
                b'}' | b']' | b',' if depth == 0 => {
                    self.at = start + index;
                    return Some(start..self.at);
                }
                _ => {}
            }
        }
        None
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        let trimmed = rest.trim_ascii_start();
        self.at += rest.len().saturating_sub(trimmed.len());
        trimmed.bytes().next()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }
}
