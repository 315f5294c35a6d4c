//! Tokens of OpenID Connect providers: JSON Web Tokens, signed with a key that the provider
//! publishes.
//!
//! AWS: "OIDC federation"; RFC 7515 (compact serialization), RFC 7517, RFC 7519, OpenID Connect
//! Core, section 3.1.3.7.
//!
//! A token names its algorithm, and believing it was the weakness of others (Ceph CVE-2024-48916,
//! MinIO CVE-2026-33322: `none`, or HS256 with a public value as its secret). Here the algorithm
//! belongs to the key: the token's header only says which key, and must agree with it. There is no
//! symmetric algorithm and none without signature.

mod discovery;
mod keys;
#[cfg(test)]
mod tests;
mod token;

pub use self::discovery::Discovery;
pub use self::keys::KeySet;
pub use self::token::{Claims, Expected, UnverifiedToken};

use model::Timestamp;

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebIdentityError {
    /// It is not a signed JSON Web Token of the form that OpenID Connect prescribes.
    #[error("the token is not a signed JSON Web Token")]
    Malformed,
    /// Its algorithm is none of RS256, RS384, RS512, ES256, ES384.
    #[error("the token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// It lacks a claim.
    #[error("the token has no claim `{0}`")]
    MissingClaim(&'static str),
    /// No key of the provider fits the token. Its keys may have changed.
    #[error("no key of the provider fits the token")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature of the token is wrong")]
    Signature,
    /// The token is from somebody else.
    #[error("the token is from another provider")]
    Issuer,
    /// The token is for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// The token is no longer valid.
    #[error("the token has expired")]
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// The token is not valid yet, or says that it was made in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
}

/// A key set that is no key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a JSON Web Key Set of reasonable size")]
pub struct InvalidKeySet;
