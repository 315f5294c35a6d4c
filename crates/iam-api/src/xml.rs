//! Writes the documents that the query APIs answer with.

use std::fmt::Display;

use identity::dates::format_extended;
use model::Timestamp;

/// The content of an element under construction. Every element is closed by the scope that opened
/// it.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// `<name>…</name>` around what `content` writes.
    pub(crate) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(name);
        content(self);
        self.close(name)
    }

    /// `<name>…</name>` around content that was written elsewhere.
    pub(crate) fn nested(&mut self, name: &str, content: &Self) -> &mut Self {
        self.open(name);
        self.0.push_str(&content.0);
        self.close(name)
    }

    /// `<name>text</name>`, escaped.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.open(name);
        self.escape(text);
        self.close(name)
    }

    /// `<name>text</name>` when there is a text.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// `<name>value</name>` for numbers and flags.
    pub(crate) fn value(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.text(name, &value.to_string())
    }

    /// `<name>2026-11-21T21:05:44Z</name>`
    pub(crate) fn time(&mut self, name: &str, time: Timestamp) -> &mut Self {
        self.text(name, &format_extended(time))
    }

    /// `<name><member>…</member>…</name>`
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut content: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.open(name);
        for item in items {
            self.open("member");
            content(self, item);
            self.close("member");
        }
        self.close(name)
    }

    /// A list of texts.
    pub(crate) fn texts<T: AsRef<str>>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.list(name, items, |xml, item| xml.escape(item.as_ref()))
    }

    /// A document with this root and namespace.
    pub(crate) fn document(self, root: &str, namespace: &str) -> String {
        format!("<{root} xmlns=\"{namespace}\">{}</{root}>\n", self.0)
    }

    fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    /// Control characters that XML does not have stand as U+FFFD; IAM stores none of them.
    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#xD;"),
                '\t' | '\n' => self.0.push(character),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                character => self.0.push(character),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_escaped() {
        let mut xml = Xml::default();
        xml.element("A", |xml| {
            xml.text("B", "x & <y> \"z\"\u{1}").optional("C", None).value("D", 7);
        });
        xml.texts("L", ["1", "2"]).time("T", Timestamp::from_unix_seconds(0));
        assert_eq!(
            xml.document("R", "urn:n"),
            "<R xmlns=\"urn:n\"><A><B>x &amp; &lt;y&gt; &quot;z&quot;\u{fffd}</B><D>7</D></A>\
             <L><member>1</member><member>2</member></L><T>1970-01-01T00:00:00Z</T></R>\n"
        );
    }
}
