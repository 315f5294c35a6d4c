//! Keys, and keys that are wrapped with keys.

use std::fmt;

use model::WrappedKey;
use model::encryption::{SALT_BYTES, Salt, WRAPPED_KEY_BYTES};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

use crate::body::BodyKey;
use crate::layout::{Layers, TAG_BYTES};
use crate::{NoRandomness, WrongKey};

pub(crate) const KEY_BYTES: usize = 32;

/// What keys are derived for; one of a kind never passes for one of another.
const WRAP: &[u8] = b"grantry wrap 1";
const BODY: &[u8] = b"grantry body 1";
const OUTER_BODY: &[u8] = b"grantry outer body 1";

/// A key that wraps others: one of the ring, or a customer's. Erased when dropped; never printed.
pub struct WrappingKey {
    derive: hmac::Key,
}

/// The key of one object. Erased when dropped; never printed.
pub struct DataKey(Zeroizing<[u8; KEY_BYTES]>);

/// A random salt.
pub fn fresh_salt() -> Result<Salt, NoRandomness> {
    random()
}

fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A key for AES-256-GCM. A key of the right length is never refused.
pub(crate) fn cipher(key: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

impl WrappingKey {
    /// The key with these bytes.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self { derive: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// The key that wraps under this salt: each salt has its own, so that however many keys are
    /// wrapped, no nonce comes twice.
    fn under(&self, salt: &[u8]) -> Option<LessSafeKey> {
        let mut context = hmac::Context::with_key(&self.derive);
        context.update(WRAP);
        context.update(salt);
        cipher(context.sign().as_ref())
    }

    /// Wraps a key for an owner: whatever tells this object from every other.
    pub fn wrap(&self, key: &DataKey, owner: &[u8]) -> Result<WrappedKey, NoRandomness> {
        let salt: Salt = random()?;
        let mut wrapped = [0; WRAPPED_KEY_BYTES];
        let (head, rest) = wrapped.split_at_mut(SALT_BYTES);
        let (body, tail) = rest.split_at_mut(KEY_BYTES);
        head.copy_from_slice(&salt);
        body.copy_from_slice(key.0.as_slice());
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let tag = self
            .under(&salt)
            .and_then(|key| key.seal_in_place_separate_tag(nonce, Aad::from(owner), body).ok())
            .ok_or(NoRandomness)?;
        tail.copy_from_slice(tag.as_ref());
        Ok(WrappedKey(wrapped))
    }

    /// Opens what [`Self::wrap`] returned for the same owner.
    pub fn unwrap(&self, wrapped: &WrappedKey, owner: &[u8]) -> Result<DataKey, WrongKey> {
        let (salt, sealed) = wrapped.0.split_at(SALT_BYTES);
        let mut opened = Zeroizing::new([0; KEY_BYTES + TAG_BYTES]);
        opened.copy_from_slice(sealed);
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let plain = self
            .under(salt)
            .and_then(|key| key.open_in_place(nonce, Aad::from(owner), opened.as_mut_slice()).ok())
            .ok_or(WrongKey)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.copy_from_slice(plain);
        Ok(DataKey(key))
    }
}

impl DataKey {
    /// A random key.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| NoRandomness)?;
        Ok(Self(key))
    }

    /// The same bytes as a key that wraps others: the keys of a ring lie wrapped themselves.
    pub fn to_wrapping_key(&self) -> WrappingKey {
        WrappingKey::new(&self.0)
    }

    /// The key of one body of the object. A body that may be written several times under one data
    /// key, as a part of an upload may, needs a salt: it makes the key another one each time.
    pub fn body_key(&self, part: u16, salt: Option<&Salt>, layers: Layers) -> BodyKey {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let derive = |purpose: &[u8]| {
            let mut context = hmac::Context::with_key(&key);
            context.update(purpose);
            context.update(&part.to_be_bytes());
            context.update(salt.map_or(&[], Salt::as_slice));
            context.sign()
        };
        let outer = (layers == Layers::Two).then(|| derive(OUTER_BODY));
        BodyKey::new(derive(BODY).as_ref(), outer.as_ref().map(hmac::Tag::as_ref))
    }
}

impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappingKey(redacted)")
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}
