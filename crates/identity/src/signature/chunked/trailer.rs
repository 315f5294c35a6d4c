//! Trailing headers of an `aws-chunked` body.

use model::{ErrorCode, S3Error};

use super::frame::Line;

/// What the line with the trailer's signature starts with.
pub(super) const TRAILER_SIGNATURE: &[u8] = b"x-amz-trailer-signature:";

/// A trailing header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Lower case; one of those announced in `x-amz-trailer`.
    pub name: String,
    /// Printable ASCII without blanks at the ends.
    pub value: String,
}

/// Collects the trailers that were announced.
pub(super) struct TrailerReader {
    announced: Vec<String>,
    received: Vec<Trailer>,
    /// The lines as they are signed.
    signed_text: Vec<u8>,
}

impl TrailerReader {
    pub(super) fn new(announced: Vec<String>) -> Self {
        Self { announced, received: Vec::new(), signed_text: Vec::new() }
    }

    /// Takes a line `name:value` of an announced trailer that did not come before.
    pub(super) fn add(&mut self, line: &Line) -> Result<(), S3Error> {
        let (name, value) = split(line)?;
        let name = name.to_ascii_lowercase();
        let repeated = self.received.iter().any(|trailer| trailer.name == name);
        if repeated || !self.announced.contains(&name) {
            return Err(malformed("a trailer was not announced, or came twice"));
        }
        // As received: a blank that is not part of the value is not part of the signature either.
        self.signed_text.extend_from_slice(format!("{name}:{value}\n").as_bytes());
        self.received.push(Trailer { name, value: value.trim().to_owned() });
        Ok(())
    }

    /// Refuses a body without a trailer that was announced.
    pub(super) fn require_complete(&self) -> Result<(), S3Error> {
        if self.received.len() == self.announced.len() {
            return Ok(());
        }
        Err(malformed("an announced trailer is missing"))
    }

    pub(super) fn signed_text(&self) -> Vec<u8> {
        self.signed_text.clone()
    }

    pub(super) fn into_received(self) -> Vec<Trailer> {
        self.received
    }
}

/// The value of the line with the trailer's signature.
pub(super) fn parse_signature(line: &Line) -> Result<String, S3Error> {
    let signature = line.bytes.strip_prefix(TRAILER_SIGNATURE).filter(|_| line.has_crlf());
    let signature = signature.and_then(|bytes| std::str::from_utf8(bytes).ok());
    signature.map(str::to_owned).ok_or_else(|| malformed("the trailer's signature is malformed"))
}

fn split(line: &Line) -> Result<(&str, &str), S3Error> {
    let printable = line.bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let text = std::str::from_utf8(&line.bytes).ok().filter(|_| printable);
    text.and_then(|text| text.split_once(':'))
        .ok_or_else(|| malformed("a trailer line is not `name:value`"))
}

/// A trailer that is not what was announced.
pub(super) fn malformed(cause: &'static str) -> S3Error {
    S3Error::new(ErrorCode::MalformedTrailerError).because(cause)
}
