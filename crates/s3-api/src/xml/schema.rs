//! Schemas as data: which elements a document has, how often, and what stands in them.
//!
//! For documents that are kept and returned but not acted upon. What a schema does not have is
//! refused; what it has is written again in the schema's order.

use super::{Element, Malformed, XmlWriter};

/// An element that may stand in another one.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// How often it stands there.
    pub(crate) occurs: Occurs,
    /// What stands in it.
    pub(crate) content: Content,
}

/// How often an element stands in another one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occurs {
    Once,
    Optionally,
    /// At least once.
    Often,
    /// Any number of times.
    Any,
}

/// What stands in an element.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    /// Any text.
    Text,
    /// `true` or `false`.
    Truth,
    /// A number that is not negative.
    Number,
    /// One of these words.
    Word(&'static [&'static str]),
    /// These elements.
    All(&'static [Field]),
    /// Exactly one of these elements.
    One(&'static [Field]),
}

/// `Field` in fewer words.
pub(crate) const fn field(name: &'static str, occurs: Occurs, content: Content) -> Field {
    Field { name, occurs, content }
}

/// Whether an element follows its schema.
pub(crate) fn check(element: &Element, content: Content) -> Result<(), Malformed> {
    match content {
        Content::Text => element.text().map(drop),
        Content::Truth => word(element, &["true", "false"]),
        Content::Number => element.text()?.trim().parse::<u32>().map(drop).map_err(|_| Malformed),
        Content::Word(words) => word(element, words),
        Content::All(fields) => check_fields(element, fields),
        Content::One(fields) => {
            check_fields(element, fields)?;
            let present = fields.iter().filter(|field| has(element, field.name)).count();
            if present == 1 { Ok(()) } else { Err(Malformed) }
        }
    }
}

fn word(element: &Element, words: &[&str]) -> Result<(), Malformed> {
    if words.contains(&element.text()?.trim()) { Ok(()) } else { Err(Malformed) }
}

fn has(element: &Element, name: &str) -> bool {
    element.all(name).next().is_some()
}

fn check_fields(element: &Element, fields: &'static [Field]) -> Result<(), Malformed> {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    element.children(&names)?;
    for field in fields {
        let count = element.all(field.name).count();
        let fits = match field.occurs {
            Occurs::Once => count == 1,
            Occurs::Optionally => count <= 1,
            Occurs::Often => count >= 1,
            Occurs::Any => true,
        };
        if !fits {
            return Err(Malformed);
        }
        element.all(field.name).try_for_each(|child| check(child, field.content))?;
    }
    Ok(())
}

/// Writes what stands in an element that follows its schema.
pub(crate) fn write(xml: &mut XmlWriter, element: &Element, content: Content) {
    let (Content::All(fields) | Content::One(fields)) = content else {
        let text = element.text().unwrap_or_default();
        let is_free = matches!(content, Content::Text);
        return xml.content(if is_free { text } else { text.trim() });
    };
    for field in fields {
        for child in element.all(field.name) {
            xml.element(field.name, |xml| write(xml, child, field.content));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::parse;

    const INNER: &[Field] =
        &[field("T", Occurs::Optionally, Content::Text), field("N", Occurs::Any, Content::Number)];
    const OUTER: &[Field] = &[
        field("W", Occurs::Once, Content::Word(&["A", "B"])),
        field("I", Occurs::Often, Content::One(INNER)),
        field("F", Occurs::Optionally, Content::Truth),
    ];

    fn canonical(document: &str) -> Option<String> {
        let element = parse(document.as_bytes(), "R").ok()?;
        check(&element, Content::All(OUTER)).ok()?;
        let text = XmlWriter::plain("R", |xml| write(xml, &element, Content::All(OUTER)));
        text.split_once('\n').map(|(_, text)| text.to_owned())
    }

    #[test]
    fn what_follows_the_schema_is_written_in_its_order() {
        let written = canonical(
            "<R><F> true </F><I><T> a&amp;b </T></I> <W>A</W><I><N>1</N><N>2</N></I></R>",
        );
        let expected = "<R><W>A</W><I><T> a&amp;b </T></I><I><N>1</N><N>2</N></I><F>true</F></R>";
        assert_eq!(written.as_deref(), Some(expected));
    }

    #[test]
    fn what_does_not_is_refused() {
        for bad in [
            "<R/>",
            "<R><W>A</W></R>",
            "<R><W>C</W><I><N>1</N></I></R>",
            "<R><W>A</W><W>A</W><I><N>1</N></I></R>",
            "<R><W>A</W><I/></R>",
            "<R><W>A</W><I><N>1</N><T/></I></R>",
            "<R><W>A</W><I><N>-1</N></I></R>",
            "<R><W>A</W><I><N>1</N></I><X/></R>",
            "<R><W>A</W><I><N>1</N></I>text</R>",
            "<R><W>A</W><I><N>1</N></I><F>yes</F></R>",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }
}
