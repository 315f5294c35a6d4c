//! Object keys.

use std::fmt;
use std::sync::Arc;

use crate::limits::OBJECT_KEY_LENGTH_BYTES_MAX;

/// An object key: 1 to 1,024 bytes of any UTF-8, compared byte for byte (POL-33).
///
/// A key is data, never a path: `..`, `//` and control characters mean nothing.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(Arc<str>);

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidKey {
    /// It has no byte.
    Empty,
    /// It has more than 1,024 bytes; S3 answers `KeyTooLongError`.
    TooLong,
}

impl ObjectKey {
    /// Checks the length.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        match text.len() {
            0 => Err(InvalidKey::Empty),
            length if length > OBJECT_KEY_LENGTH_BYTES_MAX => Err(InvalidKey::TooLong),
            _ => Ok(Self(text.into())),
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_bytes() {
        assert_eq!(ObjectKey::parse(""), Err(InvalidKey::Empty));
        assert!(ObjectKey::parse(&"é".repeat(512)).is_ok());
        assert_eq!(ObjectKey::parse(&"é".repeat(513)), Err(InvalidKey::TooLong));
        assert!(ObjectKey::parse("../a//b\u{1}").is_ok());
    }
}
