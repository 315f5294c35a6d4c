//! The lines of the `aws-chunked` framing.

use bytes::{Buf, Bytes};
use model::S3Error;
use model::limits::CHUNK_LINE_BYTES_MAX;

use super::malformed;

/// A line without its end.
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    pub(super) end: LineEnd,
}

/// How a line ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    CarriageReturnLineFeed,
    LineFeed,
}

impl Line {
    pub(super) fn has_crlf(&self) -> bool {
        self.end == LineEnd::CarriageReturnLineFeed
    }

    pub(super) fn is_empty_with_crlf(&self) -> bool {
        self.bytes.is_empty() && self.has_crlf()
    }
}

/// Collects a line that may come in many pieces.
#[derive(Default)]
pub(super) struct LineReader {
    partial: Vec<u8>,
}

impl LineReader {
    /// Takes a line from `input`; `None` if it has not ended yet.
    pub(super) fn read(&mut self, input: &mut Bytes) -> Result<Option<Line>, S3Error> {
        let found = memchr::memchr(b'\n', input);
        let piece = input.split_to(found.unwrap_or(input.len()));
        if self.partial.len() + piece.len() > CHUNK_LINE_BYTES_MAX {
            return Err(malformed("a chunk or trailer line is too long"));
        }
        self.partial.extend_from_slice(&piece);
        if found.is_none() {
            return Ok(None);
        }
        input.advance(1);
        let mut bytes = std::mem::take(&mut self.partial);
        let end = match bytes.pop_if(|last| *last == b'\r') {
            Some(_) => LineEnd::CarriageReturnLineFeed,
            None => LineEnd::LineFeed,
        };
        Ok(Some(Line { bytes, end }))
    }
}

/// The line that starts a chunk: `LENGTH` or `LENGTH;chunk-signature=SIGNATURE`.
pub(super) struct ChunkLine {
    pub(super) length_bytes: u64,
    pub(super) signature: Option<String>,
}

impl ChunkLine {
    /// Reads the form that the framing demands, and no other.
    pub(super) fn parse(line: &Line, signed: bool) -> Result<Self, S3Error> {
        let text = std::str::from_utf8(&line.bytes).ok().filter(|_| line.has_crlf());
        let text = text.ok_or_else(|| malformed("a chunk line is not text with CR LF"))?;
        if !signed {
            return Ok(Self { length_bytes: parse_length(text)?, signature: None });
        }
        let (length, signature) = text
            .split_once(";chunk-signature=")
            .ok_or_else(|| malformed("a chunk has no signature"))?;
        Ok(Self { length_bytes: parse_length(length)?, signature: Some(signature.to_owned()) })
    }
}

/// Hexadecimal digits only; the standard parser would take a sign.
fn parse_length(text: &str) -> Result<u64, S3Error> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16)
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| malformed("a chunk length is not a hexadecimal number"))
}
