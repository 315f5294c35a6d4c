//! What is kept of a key of the ring.

use model::{AccountId, S3Error};
use serde::{Deserialize, Serialize};

/// The alias of an account's own key for S3.
pub(super) const DEFAULT_ALIAS: &str = "alias/aws/s3";

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyDocument {
    /// What it wraps.
    pub(crate) kind: KeyKind,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created: i64,
    /// The key, wrapped, in hexadecimal digits.
    pub(crate) wrapped: String,
}

/// What a key wraps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKind {
    /// Data keys of SSE-S3.
    S3Managed,
    /// Data keys of SSE-KMS.
    Kms(KmsKey),
}

/// A managed key. Its rotations share everything here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KmsKey {
    /// The account that it belongs to.
    pub(crate) account: String,
    /// Its id.
    pub(crate) id: String,
    /// Its ARN.
    pub(crate) arn: String,
    /// `alias/…`
    pub(crate) aliases: Vec<String>,
    /// Whether it may be used.
    pub(crate) enabled: bool,
    /// For people.
    pub(crate) description: String,
}

impl KeyDocument {
    /// As it is kept.
    pub(crate) fn written(&self) -> String {
        // Texts, numbers and flags: there is nothing that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl KeyKind {
    /// The managed key, if it is one.
    pub(crate) fn kms(&self) -> Option<&KmsKey> {
        match self {
            Self::Kms(key) => Some(key),
            Self::S3Managed => None,
        }
    }

    /// Whether both are rotations of one key.
    pub(super) fn is_same_key(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::S3Managed, Self::S3Managed) => true,
            (Self::Kms(one), Self::Kms(other)) => one.arn == other.arn,
            _ => false,
        }
    }
}

impl KmsKey {
    /// A new key with a random id, shaped like Amazon's.
    pub(crate) fn new(
        account: AccountId,
        region: &str,
        alias: &str,
        description: &str,
    ) -> Result<Self, S3Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(S3Error::internal)?;
        let digits = hex::encode(random);
        let mut id = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if matches!(at, 8 | 12 | 16 | 20) {
                id.push('-');
            }
            id.push(digit);
        }
        Ok(Self {
            account: account.to_string(),
            arn: format!("arn:aws:kms:{region}:{account}:key/{id}"),
            id,
            aliases: Some(alias)
                .filter(|alias| !alias.is_empty())
                .map(str::to_owned)
                .into_iter()
                .collect(),
            enabled: true,
            description: description.to_owned(),
        })
    }

    /// Whether it has this alias, `alias/` included.
    pub(crate) fn has_alias(&self, alias: &str) -> bool {
        self.aliases.iter().any(|known| known == alias)
    }

    /// Whether a request that names a key means this one: by ARN, or by id or alias in the account
    /// of the caller. AWS: KMS API reference, "KeyId".
    pub(crate) fn is_named(&self, name: &str, account: &str) -> bool {
        if name == self.arn {
            return true;
        }
        if let Some(rest) = name.strip_prefix("arn:") {
            let own = self.arn.strip_prefix("arn:").and_then(|arn| arn.split_once(":key/"));
            let named = rest.split_once(":alias/");
            return match (own, named) {
                (Some((own, _)), Some((place, alias))) => {
                    own == place && self.has_alias(&format!("alias/{alias}"))
                }
                _ => false,
            };
        }
        self.account == account && (name == self.id || self.has_alias(name))
    }
}
