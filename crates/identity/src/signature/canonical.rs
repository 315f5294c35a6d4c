//! The canonical request and the string to sign, for both who signs and who checks.
//!
//! AWS: "Signature Calculations for the Authorization Header". S3 differs from other services:
//! the path is neither normalised nor encoded twice.

use sha2::{Digest, Sha256};

use super::{ALGORITHM, Scope, TERMINAL};
use crate::request::{SignedRequest, trim};
use crate::signing_key::lower_hex;
use crate::uri::{Slash, decode_path, decode_query, push_encoded, query_pairs};

/// A request with what its signature covers.
pub(crate) struct CanonicalRequest<'a> {
    pub(crate) request: SignedRequest<'a>,
    /// Lower-case names joined with `;`.
    pub(crate) signed_headers: &'a str,
    /// The payload's hash, or what stands in its place.
    pub(crate) payload: &'a str,
}

impl CanonicalRequest<'_> {
    /// The bytes that are hashed into the string to sign.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(self.request.method.as_bytes());
        out.push(b'\n');
        push_path(&mut out, self.request.raw_path);
        out.push(b'\n');
        push_query(&mut out, self.request.raw_query);
        out.push(b'\n');
        for name in self.signed_headers.split(';') {
            push_header(&mut out, &self.request, name);
        }
        out.push(b'\n');
        out.extend_from_slice(self.signed_headers.as_bytes());
        out.push(b'\n');
        out.extend_from_slice(self.payload.as_bytes());
        out
    }
}

/// Decoded and encoded again, because some clients leave characters as they are on the wire that
/// they encode when they sign.
fn push_path(out: &mut Vec<u8>, raw_path: &str) {
    if raw_path.is_empty() {
        out.push(b'/');
    }
    push_encoded(out, &decode_path(raw_path), Slash::Keep);
}

/// Sorted by encoded name, then by encoded value. The signature itself cannot be covered.
fn push_query(out: &mut Vec<u8>, raw_query: &str) {
    if raw_query.is_empty() {
        return;
    }
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (name, value) in query_pairs(raw_query) {
        let name = decode_query(name);
        if *name != *b"X-Amz-Signature" {
            pairs.push((encoded(&name), encoded(&decode_query(value))));
        }
    }
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
}

fn encoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    push_encoded(&mut out, text, Slash::Encode);
    out
}

/// `name:value,value\n`, values trimmed and runs of blanks folded.
///
/// A signed header that is absent gets no line: were it the same as an empty one, it could be
/// removed unnoticed.
fn push_header(out: &mut Vec<u8>, request: &SignedRequest<'_>, name: &str) {
    let mut values = request.header_values(name).peekable();
    if values.peek().is_none() {
        return;
    }
    out.extend_from_slice(name.as_bytes());
    for (index, value) in values.enumerate() {
        out.push(if index == 0 { b':' } else { b',' });
        push_folded(out, trim(value));
    }
    out.push(b'\n');
}

fn push_folded(out: &mut Vec<u8>, value: &[u8]) {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b' ', rest) {
        let (word, blanks) = rest.split_at(at + 1);
        out.extend_from_slice(word);
        let others = blanks.iter().position(|byte| *byte != b' ').unwrap_or(blanks.len());
        rest = blanks.split_at(others).1;
    }
    out.extend_from_slice(rest);
}

/// What is signed: algorithm, date, scope and the hash of the canonical request.
pub(crate) fn string_to_sign(date_text: &str, scope: &Scope<'_>, canonical: &[u8]) -> String {
    let hash = lower_hex(Sha256::digest(canonical).into());
    let Scope { date, region, service } = scope;
    let mut text = String::with_capacity(192);
    for part in [ALGORITHM, "\n", date_text, "\n", date, "/", region, "/", service, "/"] {
        text.push_str(part);
    }
    text.push_str(TERMINAL);
    text.push('\n');
    text.push_str(str::from_utf8(&hash).unwrap_or_default());
    text
}
