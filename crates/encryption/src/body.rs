//! Bodies, chunk by chunk.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

use crate::key::cipher;
use crate::layout::{CHUNK_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, Touched};
use crate::{Damaged, SealError};

/// The key of one body, which seals each chunk once. Never printed.
pub struct BodyKey(Option<LessSafeKey>);

impl BodyKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(cipher(key))
    }
}

impl fmt::Debug for BodyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyKey(redacted)")
    }
}

/// The nonce of a chunk: its number, and whether it is the last. The key is used for one body, so
/// that a chunk opens at its own place in its own body only, and the last one at the end only.
fn nonce(number: u64, is_last: bool) -> Option<Nonce> {
    let [a, b, c, d] = u32::try_from(number).ok()?.to_be_bytes();
    let mut nonce = [0; NONCE_LEN];
    let (_, end) = nonce.split_last_chunk_mut::<5>()?;
    *end = [u8::from(is_last), a, b, c, d];
    Some(Nonce::assume_unique_for_key(nonce))
}

/// Seals a body while it passes by.
#[derive(Debug)]
pub struct Sealer {
    key: BodyKey,
    number: u64,
    /// The chunk that is being filled. A full one waits: it may be the last.
    chunk: Vec<u8>,
}

impl Sealer {
    /// For one body.
    pub fn new(key: BodyKey) -> Self {
        Self { key, number: 0, chunk: Vec::new() }
    }

    /// Takes the next bytes, and appends the chunks that are complete to `sealed`.
    pub fn push(&mut self, mut bytes: &[u8], sealed: &mut Vec<Bytes>) -> Result<(), SealError> {
        while !bytes.is_empty() {
            if self.chunk.len() == CHUNK_BYTES {
                sealed.push(self.seal(false)?);
            }
            let room = CHUNK_BYTES - self.chunk.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if self.chunk.capacity() == 0 {
                // More to come, most likely: a chunk that is not full is the last.
                let room = if bytes.len() < CHUNK_BYTES / 2 { now.len() } else { CHUNK_BYTES };
                self.chunk.reserve_exact(room + TAG_BYTES);
            }
            self.chunk.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// The last chunk; `None` if the body was empty.
    pub fn finish(mut self) -> Result<Option<Bytes>, SealError> {
        if self.chunk.is_empty() { Ok(None) } else { self.seal(true).map(Some) }
    }

    fn seal(&mut self, is_last: bool) -> Result<Bytes, SealError> {
        let mut chunk = std::mem::take(&mut self.chunk);
        let key = self.key.0.as_ref().ok_or(SealError)?;
        let nonce = nonce(self.number, is_last).ok_or(SealError)?;
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut chunk).map_err(|_| SealError)?;
        self.number += 1;
        Ok(chunk.into())
    }
}

/// Opens a range of a body while its chunks pass by.
#[derive(Debug)]
pub struct Opener {
    key: BodyKey,
    /// The next chunk.
    number: u64,
    touched: Touched,
    /// Bytes of the range that are still to come.
    remaining_bytes: u64,
}

impl Opener {
    /// For a range of a body that has `length_bytes` when it is open.
    pub fn new(key: BodyKey, length_bytes: u64, range: &Range<u64>) -> Self {
        let touched = Touched::of(length_bytes, range);
        Self { key, number: touched.chunks.start, remaining_bytes: touched.length_bytes, touched }
    }

    /// The part of the sealed body that is to be given to [`Self::open`].
    pub fn sealed_range(&self) -> Range<u64> {
        self.touched.sealed.clone()
    }

    /// Opens the next bytes of the sealed range where they are, and returns where in them the open
    /// ones lie. What is given must end where a chunk does, as what is read block by block does.
    pub fn open(&mut self, sealed: &mut [u8]) -> Result<Range<usize>, Damaged> {
        let key = self.key.0.as_ref().ok_or(Damaged)?;
        let mut read = 0_usize;
        let mut written = 0_usize;
        while read < sealed.len() {
            let wanted = self.chunk_length().ok_or(Damaged)?;
            let end = read.checked_add(wanted).ok_or(Damaged)?;
            // The open bytes move up to those before them, over what was opened already.
            let place = sealed.get_mut(written..end).ok_or(Damaged)?;
            let nonce = nonce(self.number, self.number == self.touched.last).ok_or(Damaged)?;
            let opened = key.open_within(nonce, Aad::empty(), place, read - written..);
            written += opened.map_err(|_| Damaged)?.len();
            read = end;
            self.number += 1;
        }
        // Less than a chunk, and only in the first one.
        let start = std::mem::take(&mut self.touched.skipped_bytes).min(written);
        let wanted = usize::try_from(self.remaining_bytes).unwrap_or(usize::MAX);
        let end = written.min(start.saturating_add(wanted));
        self.remaining_bytes -= (end - start) as u64;
        Ok(start..end)
    }

    /// Whether the whole range was opened: a body that ended early is an error.
    pub fn finish(&self) -> Result<(), Damaged> {
        if self.remaining_bytes == 0 { Ok(()) } else { Err(Damaged) }
    }

    /// The sealed length of the next chunk, which is shorter at the end of the body; `None` after the
    /// last of the range.
    fn chunk_length(&self) -> Option<usize> {
        if self.number >= self.touched.chunks.end {
            return None;
        }
        let before = (self.number - self.touched.chunks.start) * SEALED_CHUNK_BYTES as u64;
        let left = self.touched.sealed.end - self.touched.sealed.start - before;
        Some(usize::try_from(left).unwrap_or(usize::MAX).min(SEALED_CHUNK_BYTES))
    }
}
