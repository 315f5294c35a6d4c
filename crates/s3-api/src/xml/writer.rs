//! Writes the documents that S3 answers with.

use std::fmt::{Display, Write as _};

use super::{S3_CONTROL_NAMESPACE, S3_NAMESPACE, is_no_character};

/// Builds one XML document. Elements are closed by the scope that opened them.
pub(crate) struct XmlWriter {
    out: String,
}

impl XmlWriter {
    /// A document whose root element lies in the S3 namespace.
    pub(crate) fn s3(root: &str, content: impl FnOnce(&mut Self)) -> String {
        Self::rooted(root, Some(S3_NAMESPACE), content)
    }

    /// A document of S3 Control.
    pub(crate) fn s3_control(root: &str, content: impl FnOnce(&mut Self)) -> String {
        Self::rooted(root, Some(S3_CONTROL_NAMESPACE), content)
    }

    /// A document whose root element has no namespace, as `Error` (§0.3).
    pub(crate) fn plain(root: &str, content: impl FnOnce(&mut Self)) -> String {
        Self::rooted(root, None, content)
    }

    fn rooted(root: &str, namespace: Option<&str>, content: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self { out: String::with_capacity(1024) };
        // One newline after the declaration and none elsewhere (§3.3).
        xml.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
        xml.out.push_str(root);
        if let Some(namespace) = namespace {
            xml.out.push_str(" xmlns=\"");
            xml.out.push_str(namespace);
            xml.out.push('"');
        }
        xml.out.push('>');
        content(&mut xml);
        xml.close(root);
        xml.out
    }

    /// `<name>…</name>` around what `content` writes.
    pub(crate) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name);
        content(self);
        self.close(name);
    }

    /// `<name attributes>…</name>`; the attributes are written as given.
    pub(crate) fn element_with(
        &mut self,
        name: &str,
        attributes: &str,
        content: impl FnOnce(&mut Self),
    ) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push(' ');
        self.out.push_str(attributes);
        self.out.push('>');
        content(self);
        self.close(name);
    }

    /// `<name>text</name>`, escaped.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        escape(text, &mut self.out);
        self.close(name);
    }

    /// `<name>value</name>` for values that need no escaping: numbers, booleans, dates.
    pub(crate) fn value(&mut self, name: &str, value: impl Display) {
        self.open(name);
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{value}");
        self.close(name);
    }

    /// Text of the element that is open, escaped.
    pub(crate) fn content(&mut self, text: &str) {
        escape(text, &mut self.out);
    }

    /// `<name>text</name>` when there is a text.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

/// Escapes markup, and writes control characters as references: S3 does the same for keys that
/// hold characters XML 1.0 does not allow, unless the client asks for `encoding-type=url`.
fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(needs_escape) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = tail.chars();
        match characters.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            Some(control) => {
                let _ = write!(out, "&#x{:X};", u32::from(control));
            }
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

fn needs_escape(character: char) -> bool {
    matches!(character, '&' | '<' | '>' | '"' | '\r' | '\u{7f}') || is_no_character(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_nested_escaped_elements() {
        let xml = XmlWriter::s3("Root", |xml| {
            xml.element("A", |xml| xml.text("B", "x & <y> \"z\" \u{1}"));
            xml.value("N", 7);
            xml.optional("Absent", None);
        });
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><A><B>x &amp; &lt;y&gt; &quot;z&quot; &#x1;</B></A><N>7</N></Root>"
        );
    }
}
