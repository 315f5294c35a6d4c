//! Reads a request body into a small tree of elements.

use model::limits::XML_DEPTH_MAX;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::is_no_character;

/// An element with its text, attributes and children, in document order.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Name without a namespace prefix.
    pub(crate) name: String,
    /// Attributes by local name, without namespace declarations.
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

/// The document does not follow its schema; the caller chooses the error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Parses a document whose root element is called `root`.
///
/// The size of `document` was limited by whoever read the body; depth is limited here.
pub(crate) fn parse(document: &[u8], root: &str) -> Result<Element, Malformed> {
    let text = str::from_utf8(document).map_err(|_| Malformed)?;
    if text.contains(is_no_character) {
        return Err(Malformed);
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Element> = Vec::new();
    let mut finished = None;
    loop {
        match reader.read_event().map_err(|_| Malformed)? {
            Event::Start(start) => {
                if open.len() >= XML_DEPTH_MAX || finished.is_some() {
                    return Err(Malformed);
                }
                open.push(Element::start(&start)?);
            }
            Event::Empty(start) => {
                if finished.is_some() {
                    return Err(Malformed);
                }
                close(Element::start(&start)?, &mut open, &mut finished);
            }
            Event::End(_) => {
                let element = open.pop().ok_or(Malformed)?;
                close(element, &mut open, &mut finished);
            }
            Event::Text(text) => add_text(&mut open, &text.xml10_content())?,
            Event::CData(data) => add_text(&mut open, &data.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = resolve(&reference)?;
                add_text(&mut open, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::Decl(_) | Event::Comment(_) => {}
            // No document type: entities and external subsets have no place in a request.
            Event::DocType(_) | Event::PI(_) => return Err(Malformed),
            Event::Eof => break,
        }
    }
    let document: Element = finished.filter(|_| open.is_empty()).ok_or(Malformed)?;
    if document.name == root { Ok(document) } else { Err(Malformed) }
}

fn close(element: Element, open: &mut [Element], finished: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *finished = Some(element),
    }
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), Malformed> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        // White space around the root element is fine, anything else is not.
        None if text.trim().is_empty() => {}
        None => return Err(Malformed),
    }
    Ok(())
}

/// The predefined entities and character references; no others exist without a document type.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Malformed> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| Malformed)? {
        return Ok(character);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(Malformed),
    }
}

impl Element {
    fn start(start: &BytesStart<'_>) -> Result<Self, Malformed> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Malformed)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::default()).map_err(|_| Malformed)?;
            attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        }
        let name = start.local_name().as_ref().to_owned();
        Ok(Self { name, attributes, ..Self::default() })
    }

    /// The value of an attribute, by local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The text of an element that must not have children.
    pub(crate) fn text(&self) -> Result<&str, Malformed> {
        if self.children.is_empty() { Ok(&self.text) } else { Err(Malformed) }
    }

    /// All children, after checking that every one is called by one of `names` and that no text
    /// stands between them.
    pub(crate) fn children(&self, names: &[&str]) -> Result<&[Element], Malformed> {
        let known = self.children.iter().all(|child| names.contains(&child.name.as_str()));
        if known && self.text.trim().is_empty() { Ok(&self.children) } else { Err(Malformed) }
    }

    /// The children called `name`.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Every child.
    pub(crate) fn every(&self) -> &[Element] {
        &self.children
    }

    /// The only child called `name`, if there is one; more than one is malformed.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&Element>, Malformed> {
        let mut found = self.all(name);
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Malformed),
        }
    }

    /// The only child called `name`.
    pub(crate) fn required(&self, name: &str) -> Result<&Element, Malformed> {
        self.optional(name)?.ok_or(Malformed)
    }

    /// The text of the only child called `name`, if there is one.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&str>, Malformed> {
        self.optional(name)?.map(Element::text).transpose()
    }

    /// `true` or `false` in the only child called `name`, if there is one.
    pub(crate) fn optional_bool(&self, name: &str) -> Result<Option<bool>, Malformed> {
        match self.optional_text(name)? {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_elements_text_and_attributes() {
        let document = br#"<?xml version="1.0"?>
            <A xmlns="http://s3.amazonaws.com/doc/2006-03-01/" xmlns:xsi="x">
              <B xsi:type="Group">a &amp; &#98;<![CDATA[<c>]]></B><C/>
            </A>"#;
        let root = parse(document, "A").unwrap();
        let children = root.children(&["B", "C"]).unwrap();
        assert_eq!(children.len(), 2);
        assert_eq!(children[0].text().unwrap(), "a & b<c>");
        assert_eq!(children[0].attribute("type"), Some("Group"));
        assert_eq!(root.children(&["B"]).unwrap_err(), Malformed);
        assert!(root.optional("D").unwrap().is_none());
    }

    #[test]
    fn refuses_what_is_not_the_schema() {
        let deep = "<A>".repeat(25) + &"</A>".repeat(25);
        for bad in [
            "",
            "x",
            "<A>",
            "<A></B>",
            "<B/>",
            "<A/><A/>",
            "<A/>x",
            "<!DOCTYPE A><A/>",
            "<A>&unknown;</A>",
            "<A>&#0;</A>",
            &deep,
            "<A b=c/>",
            "<A>\0</A>",
            "<A>\u{1}</A>",
            "<A>\u{ffff}</A>",
            "<A b='\u{1f}'/>",
        ] {
            let outcome = parse(bad.as_bytes(), "A");
            assert!(outcome.is_err(), "{bad}: {outcome:?}");
        }
        assert!(parse(b"<A>\xff</A>", "A").is_err());
        assert_eq!(
            parse(b"<A>&#x1;\t&#xffff;</A>", "A").unwrap().text().unwrap(),
            "\u{1}\t\u{ffff}"
        );
        let twice = parse(b"<A><B/><B/></A>", "A").unwrap();
        assert_eq!(twice.optional("B").unwrap_err(), Malformed);
    }
}
