//! Temporary credentials: an access key, its secret, and a token that says what they are good for.
//!
//! A session is stored nowhere. Its token is `version (1 byte) · key id (4) · nonce (12) · ciphertext
//! and tag` in the URL-safe alphabet of Base64. Everything below comes from the master key by
//! HMAC-SHA256, each with a purpose of its own (RustFS GHSA-m77q):
//!
//! - the token is encrypted with AES-256-GCM under a key of its own, derived from the access key id,
//!   and the header and the access key id are authenticated with it: a token works for its own
//!   access key only, and no two tokens share a key and a nonce;
//! - the secret is derived from the access key id as well, so that the token need not carry it.
//!
//! What the token says was true when the session began. Whether the user or role still exists and
//! what it may do is looked up at every use, by its unique id.

mod content;
#[cfg(test)]
mod tests;

use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use model::limits::SESSION_TOKEN_BYTES_MAX;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use self::content::{Session, SessionHolder, SessionPolicies, SessionTag, SessionUser};
use crate::generate;
use crate::master_key::{MasterKey, SealError};
use crate::secret::SecretAccessKey;
use crate::signing_key::hmac_sha256;

const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES;
/// As long as the secrets of long-term keys.
const SECRET_CHARACTERS: usize = 40;

/// Makes temporary credentials and opens their tokens. Erased when dropped; never printed.
pub struct SessionKeys {
    token_key: Zeroizing<[u8; KEY_BYTES]>,
    secret_key: Zeroizing<[u8; KEY_BYTES]>,
    master_key_id: [u8; KEY_ID_BYTES],
}

/// Whether two tokens are the same. Takes the same time wherever the first difference stands.
pub fn is_same_token(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// Temporary credentials, as they are handed out.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionCredentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: SecretAccessKey,
    /// The token, which every request must carry.
    pub session_token: String,
}

/// A token that is not one of ours, was changed, or belongs to another access key. Which of these,
/// nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session token is malformed, was changed, or belongs to another access key")]
pub struct InvalidToken;

impl SessionKeys {
    /// The keys that belong to a master key.
    pub fn derive(master_key: &MasterKey) -> Self {
        Self {
            token_key: master_key.derive(b"grantry session token"),
            secret_key: master_key.derive(b"grantry session secret access key"),
            master_key_id: master_key.id(),
        }
    }

    /// Makes credentials for a session.
    pub fn issue(&self, session: &Session) -> Result<SessionCredentials, SealError> {
        let access_key_id = generate::temporary_access_key_id().map_err(|_| SealError)?;
        Ok(SessionCredentials {
            secret_access_key: self.secret_access_key(&access_key_id),
            session_token: self.seal(session, &access_key_id)?,
            access_key_id,
        })
    }

    /// The secret that belongs to a temporary access key.
    pub fn secret_access_key(&self, access_key_id: &str) -> SecretAccessKey {
        let bytes =
            Zeroizing::new(hmac_sha256(self.secret_key.as_slice(), access_key_id.as_bytes()));
        let mut text = Zeroizing::new(STANDARD_NO_PAD.encode(bytes.as_slice()));
        text.truncate(SECRET_CHARACTERS);
        SecretAccessKey::from_checked(text)
    }

    /// Opens the token of an access key. Whether the session has ended is for the caller to see:
    /// [`Session::has_ended`].
    pub fn open(&self, token: &str, access_key_id: &str) -> Result<Session, InvalidToken> {
        if token.len() > SESSION_TOKEN_BYTES_MAX {
            return Err(InvalidToken);
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| InvalidToken)?;
        let (header, rest) = sealed.split_at_checked(HEADER_BYTES).ok_or(InvalidToken)?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or(InvalidToken)?;
        let nonce: &[u8; NONCE_BYTES] = nonce;
        if *header != self.header() {
            return Err(InvalidToken);
        }
        let associated = [header, access_key_id.as_bytes()].concat();
        let payload = Payload { msg: ciphertext, aad: &associated };
        let cipher = self.cipher(access_key_id);
        let plain = cipher.decrypt(nonce.into(), payload).map_err(|_| InvalidToken)?;
        Session::from_bytes(&plain).ok_or(InvalidToken)
    }

    fn seal(&self, session: &Session, access_key_id: &str) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let plain = session.to_bytes().ok_or(SealError)?;
        let mut sealed = self.header().to_vec();
        let associated = [&sealed, access_key_id.as_bytes()].concat();
        let payload = Payload { msg: &plain, aad: &associated };
        let cipher = self.cipher(access_key_id);
        let ciphertext = cipher.encrypt(&nonce.into(), payload).map_err(|_| SealError)?;
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    fn cipher(&self, access_key_id: &str) -> Aes256Gcm {
        let key = Zeroizing::new(hmac_sha256(self.token_key.as_slice(), access_key_id.as_bytes()));
        Aes256Gcm::new((&*key).into())
    }

    fn header(&self) -> [u8; HEADER_BYTES] {
        let [a, b, c, d] = self.master_key_id;
        [VERSION, a, b, c, d]
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys(redacted)")
    }
}

/// Without secret and token: whoever reads a log must not be able to use them.
impl fmt::Debug for SessionCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCredentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}
