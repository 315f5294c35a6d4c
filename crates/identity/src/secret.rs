//! Secret access keys in memory.

use std::fmt;

use model::limits::{SECRET_ACCESS_KEY_LENGTH_BYTES_MAX, SECRET_ACCESS_KEY_LENGTH_BYTES_MIN};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret access key. Erased when dropped; never printed; compared in constant time.
#[derive(Clone)]
pub struct SecretAccessKey {
    text: Zeroizing<String>,
    /// Tells a rotated secret from its predecessor in [`crate::SigningKeyCache`].
    fingerprint: [u8; 32],
}

impl SecretAccessKey {
    /// Checks the length (8 to 256 bytes) and that all characters are printable ASCII without
    /// blanks, so that a secret survives every configuration file.
    pub fn parse(text: &str) -> Option<Self> {
        let lengths = SECRET_ACCESS_KEY_LENGTH_BYTES_MIN..=SECRET_ACCESS_KEY_LENGTH_BYTES_MAX;
        let usable =
            lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        usable.then(|| Self::from_checked(Zeroizing::new(text.to_owned())))
    }

    /// Takes a text that [`SecretAccessKey::parse`] would take.
    pub(crate) fn from_checked(text: Zeroizing<String>) -> Self {
        let fingerprint = Sha256::digest(text.as_bytes()).into();
        Self { text, fingerprint }
    }

    /// The secret itself: to show it once to whoever created it, and to sign with it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

impl PartialEq for SecretAccessKey {
    fn eq(&self, other: &Self) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

impl Eq for SecretAccessKey {}

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_characters_are_checked() {
        for good in ["12345678", &"x".repeat(256), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"] {
            assert_eq!(SecretAccessKey::parse(good).unwrap().expose(), good);
        }
        for bad in ["", "1234567", &"x".repeat(257), "with blank", "tab\tulator", "umläutung"] {
            assert_eq!(SecretAccessKey::parse(bad), None, "{bad}");
        }
    }

    /// RustFS GHSA-r54g and its kin: secrets in logs.
    #[test]
    fn rustfs_ghsa_r54g_debug_shows_no_secret() {
        let secret = SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG").unwrap();
        assert_eq!(format!("{secret:?}"), "SecretAccessKey(redacted)");
        assert_eq!(format!("{:#?}", Some(secret)), "Some(\n    SecretAccessKey(redacted),\n)");
    }
}
