//! Answers of S3 as small trees of elements.
//!
//! Lenient where the server's own reader is strict: other stores answer with other elements, and what
//! is not known is skipped.

use model::limits::XML_DEPTH_MAX;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

/// An element without its attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Name without a namespace prefix.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Its elements, in order.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child with this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children with this name.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child with this name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }
}

/// Reads a document; none if it is not well-formed XML with one root element.
pub fn parse(body: &[u8]) -> Option<Element> {
    let text = str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Element> = Vec::new();
    let mut finished = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= XML_DEPTH_MAX {
                    return None;
                }
                let name = start.local_name().as_ref().to_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                close(Element { name, ..Element::default() }, &mut open, &mut finished);
            }
            Event::End(_) => close(open.pop()?, &mut open, &mut finished),
            Event::Text(text) => add(&mut open, &text.xml10_content()),
            Event::CData(data) => add(&mut open, &data.xml10_content()),
            Event::GeneralRef(reference) => {
                add(&mut open, resolve(&reference)?.encode_utf8(&mut [0; 4]));
            }
            Event::Decl(_) | Event::Comment(_) | Event::DocType(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    finished.filter(|_| open.is_empty())
}

fn close(element: Element, open: &mut [Element], finished: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *finished = Some(element),
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character);
    }
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// Text as it stands between tags.
pub(crate) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_leniently() {
        let body =
            b"<?xml version=\"1.0\"?><s3:A xmlns:s3=\"x\"><B>1 &amp; 2</B><C/><B>&#51;</B></s3:A>";
        let document = parse(body).unwrap();
        assert_eq!(document.name, "A");
        let texts: Vec<_> = document.children_named("B").map(|b| b.text.as_str()).collect();
        assert_eq!(texts, ["1 & 2", "3"]);
        assert_eq!(document.text_of("C"), Some(""));
        for bad in [&b""[..], b"no", b"<a>", b"<a></b>", b"<a>&x;</a>", b"{}", b"\xff"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let deep = "<a>".repeat(100_000);
        assert_eq!(parse(deep.as_bytes()), None);
    }
}
