//! The chain of signatures through an `aws-chunked` body.
//!
//! AWS: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
//! Chunks" and "… Trailing headers".

use std::fmt;

use sha2::{Digest, Sha256};

use super::Scope;
use crate::signing_key::SigningKey;

/// What the first chunk's signature builds upon: the signature of the request's head.
#[derive(Clone)]
pub struct ChunkSeed {
    pub(crate) access_key_id: String,
    pub(crate) signing_key: SigningKey,
    pub(crate) date_text: String,
    pub(crate) scope: Scope<'static>,
    pub(crate) signature: String,
}

impl fmt::Debug for ChunkSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkSeed({}, redacted)", self.access_key_id)
    }
}

impl ChunkSeed {
    /// What the signature of a chunk signs; `previous` is the signature before it.
    pub(crate) fn chunk_string_to_sign(&self, previous: &str, data_hash: &[u8; 32]) -> String {
        let (date, scope) = (&self.date_text, &self.scope);
        let empty = hex::encode(Sha256::digest(b""));
        let hash = hex::encode(data_hash);
        format!("AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{previous}\n{empty}\n{hash}")
    }

    /// What the signature of the trailer signs; `previous` is that of the last chunk, `trailers`
    /// the lines `name:value\n`.
    pub(crate) fn trailer_string_to_sign(&self, previous: &str, trailers: &[u8]) -> String {
        let (date, scope) = (&self.date_text, &self.scope);
        let hash = hex::encode(Sha256::digest(trailers));
        format!("AWS4-HMAC-SHA256-TRAILER\n{date}\n{scope}\n{previous}\n{hash}")
    }
}
