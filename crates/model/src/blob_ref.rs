//! Where the bytes of a body lie.

use std::fmt;

/// Place and length of one stored blob. Blobs are immutable, and their names are never keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobRef {
    /// Where it lies.
    pub place: BlobPlace,
    /// Length of the body in bytes, without the store's own framing.
    pub length_bytes: u64,
}

/// Where a blob lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlobPlace {
    /// In an append-only segment file.
    Segment {
        /// Number of the segment.
        segment: u32,
        /// Offset of the record in the segment, in bytes.
        offset_bytes: u64,
    },
    /// In a file of its own, named by a random id.
    File {
        /// 128 random bits.
        id: u128,
    },
}

impl BlobRef {
    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(':');
        let kind = fields.next()?;
        let place = match kind {
            "s" => BlobPlace::Segment {
                segment: fields.next()?.parse().ok()?,
                offset_bytes: fields.next()?.parse().ok()?,
            },
            "f" => BlobPlace::File { id: u128::from_str_radix(fields.next()?, 16).ok()? },
            _ => return None,
        };
        let length_bytes = fields.next()?.parse().ok()?;
        fields.next().is_none().then_some(Self { place, length_bytes })
    }
}

/// `s:SEGMENT:OFFSET:LENGTH` or `f:HEX-ID:LENGTH`; the form that metadata keeps.
impl fmt::Display for BlobRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            BlobPlace::Segment { segment, offset_bytes } => {
                write!(f, "s:{segment}:{offset_bytes}")?;
            }
            BlobPlace::File { id } => write!(f, "f:{id:032x}")?,
        }
        write!(f, ":{}", self.length_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for text in ["s:7:4096:100", "f:000102030405060708090a0b0c0d0e0f:5368709120"] {
            assert_eq!(BlobRef::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "s:1:2", "s:1:2:3:4", "x:1:2:3", "f:zz:1", "s:-1:2:3"] {
            assert_eq!(BlobRef::parse(bad), None, "{bad}");
        }
    }
}
