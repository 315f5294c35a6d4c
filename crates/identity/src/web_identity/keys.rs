//! The public keys of an OpenID Connect provider.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::limits::{KEY_SET_BYTES_MAX, KEY_SET_KEYS_MAX};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;

use super::{InvalidKeySet, WebIdentityError};

/// The keys of a JSON Web Key Set that can verify signatures; others are left out.
#[derive(Clone, Debug)]
pub struct KeySet(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    /// The only algorithm that the set allows for this key, if it names one.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
}

/// The algorithms that AWS takes and we can check. AWS: "Create an OpenID Connect (OIDC) identity
/// provider in IAM" names ES512 as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
}

impl Algorithm {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            _ => return None,
        })
    }
}

/// RFC 7517, section 4. Members that are not read here are allowed.
#[derive(Deserialize)]
struct JsonWebKey {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct JsonWebKeySet {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a key set. Keys of other kinds and for other purposes are left out, as RFC 7517,
    /// section 5, asks; private parts are never looked at.
    pub fn parse(document: &[u8]) -> Result<Self, InvalidKeySet> {
        if document.len() > KEY_SET_BYTES_MAX {
            return Err(InvalidKeySet);
        }
        let set: JsonWebKeySet = serde_json::from_slice(document).map_err(|_| InvalidKeySet)?;
        if set.keys.len() > KEY_SET_KEYS_MAX {
            return Err(InvalidKeySet);
        }
        Ok(Self(set.keys.into_iter().filter_map(Key::read).collect()))
    }

    /// Checks a signature with the key that the token names, or with the only key there is.
    pub(super) fn verify(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), WebIdentityError> {
        let mut fitting =
            self.0.iter().filter(|key| key.fits(algorithm)).filter(|key| match key_id {
                Some(id) => key.id.as_deref() == Some(id),
                None => true,
            });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) if key.material.verifies(algorithm, message, signature) => Ok(()),
            (Some(_), None) => Err(WebIdentityError::Signature),
            // None, or several among which the token does not choose.
            _ => Err(WebIdentityError::UnknownKey),
        }
    }
}

impl Key {
    fn read(value: serde_json::Value) -> Option<Self> {
        let key: JsonWebKey = serde_json::from_value(value).ok()?;
        if key.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let algorithm = match &key.alg {
            Some(name) => Some(Algorithm::parse(name)?),
            None => None,
        };
        let material = match (key.kty.as_str(), key.crv.as_deref()) {
            ("RSA", _) => Material::Rsa { modulus: decode(&key.n?)?, exponent: decode(&key.e?)? },
            ("EC", Some("P-256")) => Material::P256(point(&key.x?, &key.y?, 32)?),
            ("EC", Some("P-384")) => Material::P384(point(&key.x?, &key.y?, 48)?),
            _ => return None,
        };
        Some(Self { id: key.kid, algorithm, material })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let of_kind = match (&self.material, algorithm) {
            (Material::Rsa { .. }, Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512)
            | (Material::P256(_), Algorithm::Es256)
            | (Material::P384(_), Algorithm::Es384) => true,
            (Material::Rsa { .. } | Material::P256(_) | Material::P384(_), _) => false,
        };
        of_kind && self.algorithm.is_none_or(|only| only == algorithm)
    }
}

impl Material {
    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let outcome =
            match self {
                Self::Rsa { modulus, exponent } => {
                    let parameters = match algorithm {
                        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                        Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                        Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
                        Algorithm::Es256 | Algorithm::Es384 => return false,
                    };
                    RsaPublicKeyComponents { n: modulus, e: exponent }
                        .verify(parameters, message, signature)
                }
                Self::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature),
                Self::P384(point) => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)
                    .verify(message, signature),
            };
        outcome.is_ok()
    }
}

/// A big-endian number without leading zeros, as ring wants it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).filter(|rest| !rest.is_empty()).map(<[u8]>::to_vec)
}

/// An uncompressed point: SEC 1, section 2.3.3.
fn point(x: &str, y: &str, length: usize) -> Option<Vec<u8>> {
    let mut point = vec![4];
    for coordinate in [x, y] {
        let bytes = URL_SAFE_NO_PAD.decode(coordinate).ok()?;
        if bytes.len() != length {
            return None;
        }
        point.extend_from_slice(&bytes);
    }
    Some(point)
}
