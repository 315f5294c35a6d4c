//! Object versions.

use std::fmt;
use std::sync::Arc;

/// The id of an object version: opaque text, or `null` for objects written while versioning was
/// not enabled. AWS: "Retaining multiple versions of objects with S3 Versioning".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VersionId {
    /// The null version.
    Null,
    /// A version with an id of its own: 32 characters of `[A-Za-z0-9._-]`.
    Id(Arc<str>),
}

impl VersionId {
    /// Length of the ids that we give out.
    pub const LENGTH: usize = 32;

    /// Reads a `versionId` parameter; anything else is `Invalid version id specified` (ACL-E25).
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (text.len() == Self::LENGTH && text.bytes().all(allowed)).then(|| Self::Id(text.into()))
    }

    /// This version, unless it is the null version, which answers about buckets without versioning
    /// do not mention.
    pub fn named(&self) -> Option<&Self> {
        match self {
            Self::Null => None,
            Self::Id(_) => Some(self),
        }
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Id(id) => id,
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
