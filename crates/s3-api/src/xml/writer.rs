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

    /// What `content` writes, without a root; to be kept and written [verbatim](Self::verbatim) later.
    pub(crate) fn fragment(content: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self { out: String::new() };
        content(&mut xml);
        xml.out
    }

    /// A fragment that was written before.
    pub(crate) fn verbatim(&mut self, fragment: &str) {
        self.out.push_str(fragment);
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

    /// Makes room for content of about so many bytes, so that a long document does not move while
    /// it grows.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// `<name>text</name>`, escaped.
    #[inline]
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        escape(text, &mut self.out);
        self.close(name);
    }

    /// `<name>text</name>` for a text that needs no escaping, such as a name of ours.
    #[inline]
    pub(crate) fn plain_text(&mut self, name: &str, text: &str) {
        self.open(name);
        self.out.push_str(text);
        self.close(name);
    }

    /// `<name>number</name>`
    #[inline]
    pub(crate) fn number(&mut self, name: &str, number: impl itoa::Integer) {
        self.plain_text(name, itoa::Buffer::new().format(number));
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

    // Names are literals: inlined, their bytes are stored instead of copied by calls, of which a
    // listing would make tens of thousands.
    #[inline]
    fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    #[inline]
    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

/// Escapes markup, and writes control characters as references: S3 does the same for keys that
/// hold characters XML 1.0 does not allow, unless the client asks for `encoding-type=url`.
/// A text as it stands in an element.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    out
}

fn escape(text: &str, out: &mut String) {
    if text.bytes().all(is_plain) {
        out.push_str(text);
        return;
    }
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

/// Whether no character with this byte needs to be escaped. Nearly every text has only such bytes,
/// and they are looked at faster than characters. U+FFFE and U+FFFF begin with 0xEF.
fn is_plain(byte: u8) -> bool {
    !matches!(byte, b'&' | b'<' | b'>' | b'"' | 0..=0x1f | 0x7f | 0xef)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_nested_escaped_elements() {
        let xml = XmlWriter::s3("Root", |xml| {
            xml.element("A", |xml| xml.text("B", "x & <y> \"z\" \u{1}"));
            xml.reserve(100);
            xml.value("V", true);
            xml.number("N", -7);
            xml.plain_text("P", "STANDARD");
            xml.optional("Absent", None);
        });
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><A><B>x &amp; &lt;y&gt; &quot;z&quot; &#x1;</B></A><V>true</V><N>-7</N><P>STANDARD</P></Root>"
        );
    }

    #[test]
    fn no_character_that_needs_escaping_looks_plain() {
        for character in (char::MIN..=char::MAX).filter(|character| needs_escape(*character)) {
            let text = character.to_string();
            assert!(!text.bytes().all(is_plain), "{character:?}");
            let mut escaped = String::new();
            escape(&text, &mut escaped);
            assert!(escaped.starts_with('&') && escaped.ends_with(';'), "{character:?}");
        }
    }
}
