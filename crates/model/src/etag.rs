//! Entity tags.

use std::fmt;

/// The entity tag of an object: the MD5 of its bytes, or for a multipart upload the MD5 of its
/// parts' MD5s with their number. AWS: API reference, "Object" (`ETag`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ETag {
    /// The digest.
    pub md5: [u8; 16],
    /// Number of parts of a multipart upload.
    pub parts: Option<u16>,
}

impl ETag {
    /// Reads the form that [`Display`](fmt::Display) writes, with or without quotes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        let (digest, parts) = match text.split_once('-') {
            Some((digest, parts)) => (digest, Some(parts.parse().ok()?)),
            None => (text, None),
        };
        if digest.len() != 32 || !digest.is_ascii() {
            return None;
        }
        let mut md5 = [0; 16];
        for (byte, index) in md5.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(digest.get(index..index + 2)?, 16).ok()?;
        }
        Some(Self { md5, parts })
    }
}

/// Without quotes; the wire adds them.
impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.md5) {
            let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
            if let [high, low] = pair {
                *high = digit(byte >> 4);
                *low = digit(byte & 15);
            }
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())?;
        match self.parts {
            Some(parts) => write!(f, "-{parts}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for text in ["d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e-10000"] {
            assert_eq!(ETag::parse(text).unwrap().to_string(), text);
            assert_eq!(ETag::parse(&format!("\"{text}\"")).unwrap().to_string(), text);
        }
        for bad in [
            "",
            "x",
            "d41d8cd98f00b204e9800998ecf8427",
            "éééééééééééééééé",
            "d41d8cd98f00b204e9800998ecf8427e-",
        ] {
            assert_eq!(ETag::parse(bad), None, "{bad}");
        }
    }
}
