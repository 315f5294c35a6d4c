//! Bodies in the `aws-chunked` framing, signed and unsigned, decoded piece by piece.
//!
//! No byte of a signed chunk leaves the decoder before the chunk's signature was checked, and the
//! body ends only where its last chunk and its trailer say so, with valid signatures (MinIO
//! CVE-2021-21390). Bytes of unsigned chunks are passed on without copying.
//!
//! Errors: `IncompleteBody` for framing that is malformed, ends early, or does not add up to
//! `x-amz-decoded-content-length`; `InvalidRequest` for a signed chunk that is too large to be held
//! back; `MalformedTrailerError` for trailers; `SignatureDoesNotMatch` for chunk and trailer
//! signatures.

mod frame;
mod head;
mod signed;
#[cfg(test)]
mod tests;
mod trailer;

use std::mem;

use bytes::{Buf, Bytes};
use model::{ErrorCode, S3Error};

use self::frame::{ChunkLine, Line, LineEnd, LineReader};
pub use self::head::ChunkedHead;
use self::signed::{ChunkVerifier, SignedChunk};
pub use self::trailer::Trailer;
use self::trailer::{TRAILER_SIGNATURE, TrailerReader};
use super::ChunkSeed;

/// An incremental decoder. See the module's documentation for its errors.
///
/// After an error every further call fails, so that a caller that overlooks one cannot take the
/// rest of the body for good.
pub struct ChunkedDecoder {
    state: State,
    lines: LineReader,
    verifier: Option<ChunkVerifier>,
    /// What is left of `x-amz-decoded-content-length`.
    left_bytes: u64,
    /// None if the framing has no trailer.
    trailers: Option<TrailerReader>,
}

enum State {
    /// Before the line that starts a chunk.
    ChunkLine,
    /// Inside a chunk without signature.
    UnsignedData { left_bytes: u64 },
    /// Inside a chunk with signature.
    SignedData(SignedChunk),
    /// Before the line break behind a chunk.
    ChunkEnd,
    /// After the last chunk: trailer lines, then an empty line.
    Trailers { line_feed_only: bool },
    /// After the empty line that some clients send between trailer and signature.
    TrailerSignature,
    /// Before the empty line that ends the body.
    BodyEnd,
    /// Behind it.
    Done,
    /// After an error.
    Failed,
}

impl ChunkedDecoder {
    /// A decoder at the start of a body. `seed` is that of the request's [`super::Verified`].
    ///
    /// `InternalError` if chunks must be signed and there is no seed.
    pub fn new(head: ChunkedHead, seed: Option<ChunkSeed>) -> Result<Self, S3Error> {
        let verifier = match (head.payload.has_signed_chunks(), seed) {
            (true, Some(seed)) => Some(ChunkVerifier::new(seed)),
            (true, None) => return Err(S3Error::internal("signed chunks without a verified seed")),
            (false, _) => None,
        };
        let has_trailer = head.payload.has_trailer();
        Ok(Self {
            state: State::ChunkLine,
            lines: LineReader::default(),
            verifier,
            left_bytes: head.decoded_length_bytes,
            trailers: has_trailer.then(|| TrailerReader::new(head.trailer_names)),
        })
    }

    /// Takes bytes from `input` until there is body data to hand out; `None` when `input` is
    /// used up. Call it again with the same input after each `Some`.
    pub fn feed(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, S3Error> {
        while input.has_remaining() {
            // Taken out, so that an early return by `?` leaves the decoder failed.
            let state = mem::replace(&mut self.state, State::Failed);
            let (next, data) = self.step(state, input)?;
            self.state = next;
            if data.is_some() {
                return Ok(data);
            }
        }
        Ok(None)
    }

    /// Whether the whole body was decoded.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// The trailers, after the end of the input. `IncompleteBody` if the body had not ended.
    pub fn finish(self) -> Result<Vec<Trailer>, S3Error> {
        match self.state {
            State::Done => Ok(self.trailers.map(TrailerReader::into_received).unwrap_or_default()),
            _ => Err(malformed("the body ended before its last chunk or trailer")),
        }
    }

    fn step(&mut self, state: State, input: &mut Bytes) -> Result<(State, Option<Bytes>), S3Error> {
        match state {
            State::UnsignedData { left_bytes } => Ok(unsigned_data(left_bytes, input)),
            State::SignedData(chunk) => self.signed_data(chunk, input),
            State::Done => Err(malformed("bytes behind the end of the body")),
            State::Failed => Err(malformed("the body was already refused")),
            line_state => match self.lines.read(input)? {
                None => Ok((line_state, None)),
                Some(line) => Ok((self.on_line(&line_state, &line)?, None)),
            },
        }
    }

    fn signed_data(
        &mut self,
        mut chunk: SignedChunk,
        input: &mut Bytes,
    ) -> Result<(State, Option<Bytes>), S3Error> {
        let Some(data) = chunk.take(input) else {
            return Ok((State::SignedData(chunk), None));
        };
        self.verifier()?.check_chunk(&chunk.into_hash(), &data.signature)?;
        Ok((State::ChunkEnd, Some(data.bytes)))
    }

    fn on_line(&mut self, state: &State, line: &Line) -> Result<State, S3Error> {
        match state {
            State::ChunkLine => self.start_chunk(line),
            State::ChunkEnd if line.is_empty_with_crlf() => Ok(State::ChunkLine),
            State::BodyEnd if line.is_empty_with_crlf() => Ok(State::Done),
            State::Trailers { line_feed_only } => self.trailer_line(line, *line_feed_only),
            State::TrailerSignature => self.trailer_signature(line),
            _ => Err(malformed("expected a line break")),
        }
    }

    fn start_chunk(&mut self, line: &Line) -> Result<State, S3Error> {
        let signed = self.verifier.is_some();
        let chunk = ChunkLine::parse(line, signed)?;
        let Some(left_bytes) = self.left_bytes.checked_sub(chunk.length_bytes) else {
            return Err(malformed("more bytes than x-amz-decoded-content-length"));
        };
        self.left_bytes = left_bytes;
        match (chunk.length_bytes, chunk.signature) {
            (0, signature) => self.last_chunk(signature),
            (length_bytes, None) => Ok(State::UnsignedData { left_bytes: length_bytes }),
            (length_bytes, Some(signature)) => {
                Ok(State::SignedData(SignedChunk::new(length_bytes, signature)?))
            }
        }
    }

    fn last_chunk(&mut self, signature: Option<String>) -> Result<State, S3Error> {
        if self.left_bytes > 0 {
            return Err(malformed("fewer bytes than x-amz-decoded-content-length"));
        }
        if let Some(signature) = signature {
            self.verifier()?.check_empty_chunk(&signature)?;
        }
        match self.trailers {
            Some(_) => Ok(State::Trailers { line_feed_only: false }),
            None => Ok(State::BodyEnd),
        }
    }

    /// A trailer line, or what ends the trailers: an empty line, or their signature. Between the
    /// two, clients that follow AWS's example to the letter end trailer lines with a line feed
    /// only and send an empty line before the signature.
    fn trailer_line(&mut self, line: &Line, line_feed_only: bool) -> Result<State, S3Error> {
        let signed = self.verifier.is_some();
        if line.is_empty_with_crlf() {
            return match (signed, line_feed_only) {
                (false, _) => {
                    self.trailers()?.require_complete()?;
                    Ok(State::Done)
                }
                (true, true) => Ok(State::TrailerSignature),
                (true, false) => Err(trailer::malformed("the trailer's signature is missing")),
            };
        }
        if signed && line.bytes.starts_with(TRAILER_SIGNATURE) {
            return self.trailer_signature(line);
        }
        self.trailers()?.add(line)?;
        Ok(State::Trailers { line_feed_only: line.end == LineEnd::LineFeed })
    }

    fn trailer_signature(&mut self, line: &Line) -> Result<State, S3Error> {
        let signature = trailer::parse_signature(line)?;
        let signed_text = self.trailers()?.signed_text();
        self.verifier()?.check_trailer(&signed_text, &signature)?;
        self.trailers()?.require_complete()?;
        Ok(State::BodyEnd)
    }

    fn verifier(&mut self) -> Result<&mut ChunkVerifier, S3Error> {
        self.verifier.as_mut().ok_or_else(|| S3Error::internal("a signed chunk without verifier"))
    }

    fn trailers(&mut self) -> Result<&mut TrailerReader, S3Error> {
        self.trailers.as_mut().ok_or_else(|| S3Error::internal("trailers without reader"))
    }
}

fn unsigned_data(left_bytes: u64, input: &mut Bytes) -> (State, Option<Bytes>) {
    let take = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(input.len());
    let piece = input.split_to(take);
    let next = match left_bytes.saturating_sub(take as u64) {
        0 => State::ChunkEnd,
        left_bytes => State::UnsignedData { left_bytes },
    };
    (next, Some(piece))
}

/// A body whose framing is wrong.
fn malformed(cause: &'static str) -> S3Error {
    S3Error::new(ErrorCode::IncompleteBody).because(cause)
}
