//! Chunks that carry a signature.

use bytes::{Bytes, BytesMut};
use model::limits::SIGNED_CHUNK_BYTES_MAX;
use model::{ErrorCode, S3Error};
use sha2::{Digest, Sha256};

use crate::signature::ChunkSeed;
use crate::signature::claim::mismatch;

/// A chunk that is being received.
pub(super) struct SignedChunk {
    left_bytes: usize,
    signature: String,
    hash: Sha256,
    /// What came so far, unless the whole chunk came at once.
    buffer: BytesMut,
}

/// All bytes of a chunk, not yet verified.
pub(super) struct ReceivedChunk {
    pub(super) bytes: Bytes,
    pub(super) signature: String,
}

impl SignedChunk {
    pub(super) fn new(length_bytes: u64, signature: String) -> Result<Self, S3Error> {
        match usize::try_from(length_bytes) {
            Ok(left_bytes) if left_bytes <= SIGNED_CHUNK_BYTES_MAX => {
                Ok(Self { left_bytes, signature, hash: Sha256::new(), buffer: BytesMut::new() })
            }
            _ => Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                format!("A signed chunk must not be larger than {SIGNED_CHUNK_BYTES_MAX} bytes."),
            )),
        }
    }

    /// Takes what `input` has of the chunk; `Some` when it is complete.
    ///
    /// The buffer grows with what really came, not with what the client announced.
    pub(super) fn take(&mut self, input: &mut Bytes) -> Option<ReceivedChunk> {
        let piece = input.split_to(self.left_bytes.min(input.len()));
        self.left_bytes = self.left_bytes.saturating_sub(piece.len());
        self.hash.update(&piece);
        if self.left_bytes > 0 || !self.buffer.is_empty() {
            self.buffer.extend_from_slice(&piece);
        }
        if self.left_bytes > 0 {
            return None;
        }
        let whole = if self.buffer.is_empty() { piece } else { self.buffer.split().freeze() };
        Some(ReceivedChunk { bytes: whole, signature: std::mem::take(&mut self.signature) })
    }

    /// The SHA-256 of the bytes taken.
    pub(super) fn into_hash(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

/// Checks the chain of signatures.
pub(super) struct ChunkVerifier {
    seed: ChunkSeed,
    previous: String,
}

impl ChunkVerifier {
    pub(super) fn new(seed: ChunkSeed) -> Self {
        let previous = seed.signature.clone();
        Self { seed, previous }
    }

    pub(super) fn check_chunk(&mut self, hash: &[u8; 32], provided: &str) -> Result<(), S3Error> {
        let text = self.seed.chunk_string_to_sign(&self.previous, hash);
        self.check(&text, provided)
    }

    pub(super) fn check_empty_chunk(&mut self, provided: &str) -> Result<(), S3Error> {
        self.check_chunk(&Sha256::digest(b"").into(), provided)
    }

    pub(super) fn check_trailer(&mut self, trailers: &[u8], provided: &str) -> Result<(), S3Error> {
        let text = self.seed.trailer_string_to_sign(&self.previous, trailers);
        self.check(&text, provided)
    }

    fn check(&mut self, string_to_sign: &str, provided: &str) -> Result<(), S3Error> {
        if !self.seed.signing_key.matches(string_to_sign.as_bytes(), provided) {
            return Err(mismatch(&self.seed.access_key_id, string_to_sign, provided));
        }
        provided.clone_into(&mut self.previous);
        Ok(())
    }
}
