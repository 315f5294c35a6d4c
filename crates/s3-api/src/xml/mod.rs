//! XML in and out.
//!
//! Reading is strict: a document must have exactly the elements of its schema, or the request is
//! refused with `MalformedXML`. Nothing is skipped because we do not know it.

mod reader;
pub(crate) mod schema;
mod writer;

pub(crate) use reader::{Element, Malformed, parse};
pub(crate) use writer::{XmlWriter, escaped};

/// The namespace of the documents of S3 Control.
const S3_CONTROL_NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";
/// The namespace of S3's documents.
pub(crate) const S3_NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Whether a document cannot hold this as it is: XML 1.0, section 2.2. The writer writes such a
/// character as a reference, and references to all but U+0000 are read, since keys may hold them.
fn is_no_character(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'
    )
}
