//! The key that secrets are encrypted with where they are stored.
//!
//! A sealed secret is `version (1 byte) · key id (4) · nonce (12) · ciphertext and tag`, encrypted
//! with AES-256-GCM; the header and the access key id are authenticated with it, so that a sealed
//! secret works for its own access key only. The key id tells a later rotation which key is
//! needed.

mod file;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::file::MasterKeyError;
pub use self::source::{MasterKeySettings, MasterKeySource, OnMismatch};
use crate::secret::SecretAccessKey;
use crate::signing_key::hmac_sha256;

const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES;

/// Encrypts secrets at rest. Erased when dropped; never printed.
#[derive(Clone)]
pub struct MasterKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    id: [u8; KEY_ID_BYTES],
}

/// Why a sealed secret cannot be opened. Never means "there is no secret".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short, or of a version that this program does not know.
    #[error("the sealed secret has an unknown form")]
    Form,
    /// Sealed with another master key.
    #[error("the secret was sealed with another master key")]
    OtherKey,
    /// Changed, or sealed for another access key.
    #[error("the sealed secret was changed or belongs to another access key")]
    Changed,
}

/// No random numbers, or nothing that could be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret could not be sealed")]
pub struct SealError;

impl MasterKey {
    /// Reads a key file. Use this where a store already exists: a missing key is then an error,
    /// not a reason to make a new one, with which no stored secret could be opened.
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        file::load(path).map(Self::from_bytes)
    }

    /// Reads a key file, or creates it with a random key and mode 0600 if there is none. An
    /// existing file is never replaced, whatever is wrong with it.
    pub fn load_or_create(path: &Path) -> Result<Self, MasterKeyError> {
        file::load_or_create(path).map(Self::from_bytes)
    }

    /// The key with these 64 hexadecimal digits, as a key file has them.
    pub fn parse(digits: &str) -> Option<Self> {
        file::parse(digits.as_bytes()).map(Self::from_bytes)
    }

    /// Writes the key into a new file, as [`Self::load`] reads it.
    pub fn save(&self, path: &Path) -> Result<(), MasterKeyError> {
        file::save(path, &self.key)
    }

    fn from_bytes(key: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"grantry master key id");
        hasher.update(key.as_slice());
        let [a, b, c, d, ..]: [u8; 32] = hasher.finalize().into();
        Self { key, id: [a, b, c, d] }
    }

    /// A key for one purpose: knowing it tells nothing about the master key, nor about the key of
    /// another purpose (RustFS GHSA-m77q: session tokens signed with the root user's secret).
    pub fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
        Zeroizing::new(hmac_sha256(self.key.as_slice(), purpose))
    }

    /// Tells this key from others; says nothing about it.
    pub fn id(&self) -> [u8; KEY_ID_BYTES] {
        self.id
    }

    /// Encrypts a secret for storage under `access_key_id`.
    pub fn seal(
        &self,
        secret: &SecretAccessKey,
        access_key_id: &str,
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let mut sealed = self.header().to_vec();
        let associated = associated_data(&sealed, access_key_id);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: &associated };
        let ciphertext = self.cipher().encrypt(&nonce.into(), payload).map_err(|_| SealError)?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Whether a secret was sealed with this key, as far as its header tells.
    pub fn has_sealed(&self, sealed: &[u8]) -> bool {
        sealed.starts_with(&self.header())
    }

    /// Decrypts what [`MasterKey::seal`] returned for the same access key.
    pub fn open(&self, sealed: &[u8], access_key_id: &str) -> Result<SecretAccessKey, OpenError> {
        let (header, rest) = sealed.split_at_checked(HEADER_BYTES).ok_or(OpenError::Form)?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or(OpenError::Form)?;
        let nonce: &[u8; NONCE_BYTES] = nonce;
        if header.first() != Some(&VERSION) {
            return Err(OpenError::Form);
        }
        if *header != self.header() {
            return Err(OpenError::OtherKey);
        }
        let associated = associated_data(header, access_key_id);
        let payload = Payload { msg: ciphertext, aad: &associated };
        let plain = self.cipher().decrypt(nonce.into(), payload).map_err(|_| OpenError::Changed)?;
        let plain = Zeroizing::new(plain);
        let text = std::str::from_utf8(&plain).map_err(|_| OpenError::Form)?;
        SecretAccessKey::parse(text).ok_or(OpenError::Form)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }

    fn header(&self) -> [u8; HEADER_BYTES] {
        let [a, b, c, d] = self.id;
        [VERSION, a, b, c, d]
    }
}

fn associated_data(header: &[u8], access_key_id: &str) -> Vec<u8> {
    [header, access_key_id.as_bytes()].concat()
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey(id {}, redacted)", hex::encode(self.id))
    }
}
