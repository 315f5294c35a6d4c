//! Percent-encoding as S3 signs it, and the one way in which paths and queries are decoded.
//!
//! Whoever interprets a request must decode it with the functions here: a server whose signature
//! check and whose router read the same bytes differently can be made to act on something that
//! nobody signed.
//!
//! AWS: "Signature Calculations for the Authorization Header", section "URI encode".

use std::borrow::Cow;

/// Letters of an escape, upper case as signatures need them.
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Whether each `%` is followed by two hexadecimal digits.
pub fn has_well_formed_escapes(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'%', rest) {
        match rest.get(at..) {
            Some([b'%', high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest = tail;
            }
            _ => return false,
        }
    }
    true
}

/// Decodes a path: escapes only. A `%` that starts no escape stands for itself.
pub fn decode_path(text: &str) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode_str(text).into()
}

/// Decodes a name or value of a query: escapes, and `+` as a blank, as S3 reads it.
pub fn decode_query(text: &str) -> Cow<'_, [u8]> {
    if memchr::memchr(b'+', text.as_bytes()).is_none() {
        return decode_path(text);
    }
    let blanks = text.replace('+', " ");
    Cow::Owned(decode_path(&blanks).into_owned())
}

/// The parameters of a query string as received, still encoded, in order; empty ones are skipped.
/// A parameter without `=` has an empty value.
pub fn query_pairs(raw_query: &str) -> impl Iterator<Item = (&str, &str)> {
    raw_query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Encodes an object key or any other path: everything but `A-Z a-z 0-9 - . _ ~ /`.
pub fn encode_path(path: &[u8]) -> String {
    let mut out = Vec::with_capacity(path.len());
    push_encoded(&mut out, path, Slash::Keep);
    ascii(out)
}

/// Encodes a query name or value: everything but `A-Z a-z 0-9 - . _ ~`.
pub fn encode_query(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    push_encoded(&mut out, text, Slash::Encode);
    ascii(out)
}

/// What becomes of `/`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slash {
    Keep,
    Encode,
}

/// Appends `text` in the encoding of signatures. Most of any text needs none, so it is copied in runs.
pub(crate) fn push_encoded(out: &mut Vec<u8>, text: &[u8], slash: Slash) {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~')
            || (byte == b'/' && slash == Slash::Keep)
    };
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.iter().position(|byte| !is_plain(*byte)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(plain);
        out.extend_from_slice(run);
        rest = tail;
        if let Some((&byte, tail)) = rest.split_first() {
            out.extend_from_slice(&[b'%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
            rest = tail;
        }
    }
}

fn hex_digit(nibble: u8) -> u8 {
    HEX.get(usize::from(nibble)).copied().unwrap_or(b'0')
}

/// The encoders above write ASCII only.
fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_is_a_blank_in_queries_only() {
        assert_eq!(&*decode_path("a+b%2Bc"), b"a+b+c");
        assert_eq!(&*decode_query("a+b%2Bc"), b"a b+c");
    }

    #[test]
    fn escapes() {
        assert!(has_well_formed_escapes("/a%2Fb%00%ff"));
        for bad in ["%", "a%2", "%zz", "%%41", "%4%31", "ä%2"] {
            assert!(!has_well_formed_escapes(bad), "{bad}");
        }
        assert_eq!(encode_path("/ä b+~*".as_bytes()), "/%C3%A4%20b%2B~%2A");
        assert_eq!(encode_query(b"a/b=c"), "a%2Fb%3Dc");
    }

    #[test]
    fn pairs_keep_order_and_empty_values() {
        let pairs: Vec<_> = query_pairs("b=1&a&&b=&=x&c=d=e").collect();
        assert_eq!(pairs, [("b", "1"), ("a", ""), ("b", ""), ("", "x"), ("c", "d=e")]);
    }
}
