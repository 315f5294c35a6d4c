//! The document in which a provider says where its keys are.

use serde::Deserialize;

/// What is needed of an OpenID Provider's metadata. OpenID Connect Discovery 1.0, section 3.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Discovery {
    /// Who wrote it.
    pub issuer: String,
    /// Where the keys are.
    pub jwks_uri: String,
}

impl Discovery {
    /// Reads it; `None` if it is none.
    pub fn parse(document: &[u8]) -> Option<Self> {
        serde_json::from_slice(document).ok()
    }
}
