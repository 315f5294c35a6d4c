//! Object Ownership (§3).

use std::fmt;

/// The Object Ownership setting of a bucket (§3.1). A bucket without one behaves as
/// [`ObjectWriter`](Self::ObjectWriter).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectOwnership {
    /// ACLs are disabled; the bucket owner owns every object.
    BucketOwnerEnforced,
    /// ACLs work; `bucket-owner-full-control` hands an object to the bucket owner.
    BucketOwnerPreferred,
    /// ACLs work; the writer owns what it writes.
    ObjectWriter,
}

impl ObjectOwnership {
    /// All settings.
    pub const ALL: [Self; 3] =
        [Self::BucketOwnerEnforced, Self::BucketOwnerPreferred, Self::ObjectWriter];

    /// The name in XML and in `x-amz-object-ownership`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BucketOwnerEnforced => "BucketOwnerEnforced",
            Self::BucketOwnerPreferred => "BucketOwnerPreferred",
            Self::ObjectWriter => "ObjectWriter",
        }
    }

    /// The setting with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.as_str() == text)
    }
}

impl fmt::Display for ObjectOwnership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
