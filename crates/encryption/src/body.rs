//! Bodies, chunk by chunk.

use std::fmt;
use std::ops::Range;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use bytes::Bytes;
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

use crate::key::cipher;
use crate::layout::{Layers, SEALED_CHUNK_BYTES, TAG_BYTES, Touched};
use crate::{Damaged, SealError};

/// The key of one body, which seals each chunk once. Never printed.
///
/// The outer layer is another implementation of the same cipher, so that a mistake in one of them
/// leaves the other.
pub struct BodyKey {
    inner: Option<LessSafeKey>,
    outer: Option<Box<Aes256Gcm>>,
    layers: Layers,
}

impl BodyKey {
    pub(crate) fn new(inner: &[u8], outer: Option<&[u8]>) -> Self {
        let layers = if outer.is_some() { Layers::Two } else { Layers::One };
        let outer = outer.and_then(|key| Aes256Gcm::new_from_slice(key).ok()).map(Box::new);
        Self { inner: cipher(inner), outer, layers }
    }

    /// Both keys, as far as there are to be two. A key of the right length is never refused.
    fn ciphers(&self) -> Option<(&LessSafeKey, Option<&Aes256Gcm>)> {
        let outer = match self.layers {
            Layers::One => None,
            Layers::Two => Some(self.outer.as_deref()?),
        };
        Some((self.inner.as_ref()?, outer))
    }
}

impl fmt::Debug for BodyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyKey(redacted)")
    }
}

/// The nonce of a chunk: its number, and whether it is the last. The key is used for one body, so
/// that a chunk opens at its own place in its own body only, and the last one at the end only.
fn nonce(number: u64, is_last: bool) -> Option<[u8; NONCE_LEN]> {
    let [a, b, c, d] = u32::try_from(number).ok()?.to_be_bytes();
    let mut nonce = [0; NONCE_LEN];
    let (_, end) = nonce.split_last_chunk_mut::<5>()?;
    *end = [u8::from(is_last), a, b, c, d];
    Some(nonce)
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
        let chunk_bytes = self.key.layers.chunk_bytes();
        while !bytes.is_empty() {
            if self.chunk.len() == chunk_bytes {
                sealed.push(self.seal(false)?);
            }
            let room = chunk_bytes - self.chunk.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if self.chunk.capacity() == 0 {
                // More to come, most likely: a chunk that is not full is the last.
                let room = if bytes.len() < chunk_bytes / 2 { now.len() } else { chunk_bytes };
                self.chunk.reserve_exact(room + self.key.layers.tag_bytes());
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
        let (inner, outer) = self.key.ciphers().ok_or(SealError)?;
        let nonce = nonce(self.number, is_last).ok_or(SealError)?;
        let once = Nonce::assume_unique_for_key(nonce);
        inner.seal_in_place_append_tag(once, Aad::empty(), &mut chunk).map_err(|_| SealError)?;
        if let Some(outer) = outer {
            outer.encrypt_in_place(&nonce.into(), &[], &mut chunk).map_err(|_| SealError)?;
        }
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
        let touched = Touched::of(length_bytes, range, key.layers);
        Self { key, number: touched.chunks.start, remaining_bytes: touched.length_bytes, touched }
    }

    /// The part of the sealed body that is to be given to [`Self::open`].
    pub fn sealed_range(&self) -> Range<u64> {
        self.touched.sealed.clone()
    }

    /// Opens the next bytes of the sealed range where they are, and returns where in them the open
    /// ones lie. What is given must end where a chunk does, as what is read block by block does.
    pub fn open(&mut self, sealed: &mut [u8]) -> Result<Range<usize>, Damaged> {
        let (inner, outer) = self.key.ciphers().ok_or(Damaged)?;
        let mut read = 0_usize;
        let mut written = 0_usize;
        while read < sealed.len() {
            let wanted = self.chunk_length().ok_or(Damaged)?;
            let end = read.checked_add(wanted).ok_or(Damaged)?;
            let nonce = nonce(self.number, self.number == self.touched.last).ok_or(Damaged)?;
            let mut inner_end = end;
            if let Some(outer) = outer {
                let (chunk, tag) = sealed
                    .get_mut(read..end)
                    .and_then(<[u8]>::split_last_chunk_mut::<TAG_BYTES>)
                    .ok_or(Damaged)?;
                let tag = (*tag).into();
                let opened = outer.decrypt_inout_detached(&nonce.into(), &[], chunk.into(), &tag);
                opened.map_err(|_| Damaged)?;
                inner_end = end - TAG_BYTES;
            }
            // The open bytes move up to those before them, over what was opened already.
            let place = sealed.get_mut(written..inner_end).ok_or(Damaged)?;
            let once = Nonce::assume_unique_for_key(nonce);
            let opened = inner.open_within(once, Aad::empty(), place, read - written..);
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
