//! Derived signing keys, and a cache of them.
//!
//! Deriving a key takes four HMACs. It is the same for all requests that one access key signs on
//! one day, and without a cache it is most of the cost of checking a small request.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use hmac::{Hmac, KeyInit, Mac};
use model::limits::SIGNING_KEYS_CACHED_MAX;
use parking_lot::RwLock;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::secret::SecretAccessKey;
use crate::signature::{Scope, TERMINAL};

/// Length of HMAC-SHA256's block, to which keys are padded.
const BLOCK_BYTES: usize = 64;

/// A key that signs for one access key, day, region and service. Erased when dropped.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// Derives the key. AWS: "Calculating a signature", step "signing key".
    pub fn derive(secret: &SecretAccessKey, scope: &Scope<'_>) -> Self {
        let mut start = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        start.extend_from_slice(b"AWS4");
        start.extend_from_slice(secret.expose().as_bytes());
        let mut key = Zeroizing::new(hmac_sha256(&start, scope.date.as_bytes()));
        for part in [&*scope.region, &*scope.service, TERMINAL] {
            key = Zeroizing::new(hmac_sha256(key.as_slice(), part.as_bytes()));
        }
        Self(key)
    }

    /// The signature of a string to sign, in lower-case hexadecimal.
    pub fn sign(&self, string_to_sign: &[u8]) -> String {
        hex::encode(hmac_sha256(self.0.as_slice(), string_to_sign))
    }

    /// Whether `provided` is exactly the signature of the text. Takes the same time wherever the
    /// first difference stands (Garage 6d33e721, RustFS GHSA-3p3x).
    pub(crate) fn matches(&self, string_to_sign: &[u8], provided: &str) -> bool {
        let signature = lower_hex(hmac_sha256(self.0.as_slice(), string_to_sign));
        signature.as_slice().ct_eq(provided.as_bytes()).into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

/// A digest in lower-case hexadecimal, as signatures have it.
pub(crate) fn lower_hex(digest: [u8; 32]) -> [u8; 64] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(digest) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

/// RFC 2104 with SHA-256.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = Zeroizing::new([0; BLOCK_BYTES]);
    let digest: Zeroizing<[u8; 32]>;
    let short = if key.len() <= BLOCK_BYTES {
        key
    } else {
        digest = Zeroizing::new(Sha256::digest(key).into());
        digest.as_slice()
    };
    for (to, from) in block.iter_mut().zip(short) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Shards of the cache; a power of two, more than any likely number of cores contend for.
const SHARDS: usize = 16;

/// Remembers derived keys.
///
/// Holds at most [`SIGNING_KEYS_CACHED_MAX`] keys. A hit takes one read lock of one of 16 shards
/// and compares everything that the key depends on, the secret's fingerprint included, so that a
/// rotated secret never hits.
pub struct SigningKeyCache {
    hasher: RandomState,
    shards: [RwLock<HashMap<u64, CachedKey>>; SHARDS],
}

struct CachedKey {
    access_key_id: String,
    scope: Scope<'static>,
    fingerprint: [u8; 32],
    key: SigningKey,
}

impl SigningKeyCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self { hasher: RandomState::new(), shards: std::array::from_fn(|_| RwLock::default()) }
    }

    /// The cached key, or a newly derived one.
    pub fn get(
        &self,
        access_key_id: &str,
        secret: &SecretAccessKey,
        scope: &Scope<'_>,
    ) -> SigningKey {
        // Keys of another secret or service share the place; there is hardly ever one.
        let hash = self.hasher.hash_one((access_key_id, &scope.date, &scope.region));
        let Some(shard) = self.shard(hash) else {
            return SigningKey::derive(secret, scope);
        };
        if let Some(cached) = shard.read().get(&hash)
            && cached.access_key_id == access_key_id
            && cached.scope == *scope
            && cached.fingerprint == *secret.fingerprint()
        {
            return cached.key.clone();
        }
        let key = SigningKey::derive(secret, scope);
        let cached = CachedKey {
            access_key_id: access_key_id.to_owned(),
            scope: scope.clone().into_owned(),
            fingerprint: *secret.fingerprint(),
            key: key.clone(),
        };
        insert(&mut shard.write(), hash, cached);
        key
    }

    /// Number of keys held.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }

    /// Whether no key is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, hash: u64) -> Option<&RwLock<HashMap<u64, CachedKey>>> {
        let index = usize::try_from(hash % SHARDS as u64).ok()?;
        self.shards.get(index)
    }
}

/// Makes room by forgetting other days first, then everything: keys are cheap to derive again,
/// and an order of use would have to be written down on every hit.
fn insert(shard: &mut HashMap<u64, CachedKey>, hash: u64, cached: CachedKey) {
    if shard.len() >= SIGNING_KEYS_CACHED_MAX / SHARDS {
        shard.retain(|_, other| other.scope.date == cached.scope.date);
    }
    if shard.len() >= SIGNING_KEYS_CACHED_MAX / SHARDS {
        shard.clear();
    }
    shard.insert(hash, cached);
}

impl Default for SigningKeyCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SigningKeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeyCache").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(date: &str) -> Scope<'_> {
        Scope { date: date.into(), region: "us-east-1".into(), service: "s3".into() }
    }

    fn secret(text: &str) -> SecretAccessKey {
        SecretAccessKey::parse(text).unwrap()
    }

    /// RFC 4231, test cases 2 and 6 (a key longer than the block).
    #[test]
    fn hmac_of_rfc_4231() {
        let short = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(short),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long =
            hmac_sha256(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(
            hex::encode(long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_hit_is_the_derived_key() {
        let cache = SigningKeyCache::new();
        let derived = SigningKey::derive(&secret("secret-one"), &scope("20130524"));
        for _ in 0..2 {
            let key = cache.get("AKIA", &secret("secret-one"), &scope("20130524"));
            assert_eq!(*key.0, *derived.0);
        }
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn a_rotated_secret_never_hits() {
        let cache = SigningKeyCache::new();
        let old = cache.get("AKIA", &secret("secret-one"), &scope("20130524"));
        let new = cache.get("AKIA", &secret("secret-two"), &scope("20130524"));
        assert_ne!(*old.0, *new.0);
        assert_eq!(*new.0, *SigningKey::derive(&secret("secret-two"), &scope("20130524")).0);
    }

    #[test]
    fn digits_are_lower_case() {
        let digest: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8).unwrap());
        assert_eq!(lower_hex(digest).as_slice(), hex::encode(digest).as_bytes());
    }

    #[test]
    fn the_cache_is_bounded() {
        let cache = SigningKeyCache::new();
        for number in 0..2 * SIGNING_KEYS_CACHED_MAX {
            cache.get(&number.to_string(), &secret("secret-one"), &scope("20130524"));
            assert!(cache.len() <= SIGNING_KEYS_CACHED_MAX);
        }
    }

    #[test]
    fn other_days_are_forgotten_first() {
        let key = SigningKey::derive(&secret("secret-one"), &scope("20130524"));
        let cached = |date: &str| CachedKey {
            access_key_id: "AKIA".into(),
            scope: scope(date).into_owned(),
            fingerprint: [0; 32],
            key: key.clone(),
        };
        let mut shard = HashMap::new();
        for hash in 0..(SIGNING_KEYS_CACHED_MAX / SHARDS) as u64 {
            let date = if hash < 10 { "20130525" } else { "20130524" };
            insert(&mut shard, hash, cached(date));
        }
        assert_eq!(shard.len(), SIGNING_KEYS_CACHED_MAX / SHARDS);
        insert(&mut shard, u64::MAX, cached("20130525"));
        assert_eq!(shard.len(), 11);
        assert!(shard.values().all(|cached| cached.scope.date == "20130525"));
    }

    #[test]
    fn debug_shows_no_key() {
        let key = SigningKey::derive(&secret("secret-one"), &scope("20130524"));
        assert_eq!(format!("{key:?}"), "SigningKey(redacted)");
    }
}
