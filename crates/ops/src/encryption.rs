//! Encryption as requests ask for it, and as answers tell it.

use std::fmt;

use encryption::WrappingKey;
use md5::{Digest as _, Md5};
use model::encryption::KeyNumber;
use model::{EncryptionMethod, ObjectEncryption, SseAlgorithm};

use crate::store::Store;

pub mod keys;

/// Bytes of a customer's key.
pub const CUSTOMER_KEY_BYTES: usize = 32;

/// A key that came with a request (SSE-C). It is stored nowhere, and never printed.
pub struct CustomerKey {
    pub(crate) wrapping: WrappingKey,
    md5: [u8; 16],
}

impl CustomerKey {
    /// The key with these bytes.
    pub fn new(bytes: &[u8; CUSTOMER_KEY_BYTES]) -> Self {
        Self { wrapping: WrappingKey::new(bytes), md5: Self::md5_of(bytes) }
    }

    /// The MD5 of what should be a key.
    pub fn md5_of(bytes: &[u8]) -> [u8; 16] {
        Md5::digest(bytes).into()
    }

    /// The MD5 of its bytes, which requests and answers carry.
    pub fn md5(&self) -> [u8; 16] {
        self.md5
    }
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(redacted)")
    }
}

/// How a writer wants an object to be encrypted.
#[derive(Debug, Default)]
pub enum RequestedEncryption {
    /// As the bucket says.
    #[default]
    Default,
    /// `x-amz-server-side-encryption: AES256`
    S3Managed,
    /// `x-amz-server-side-encryption: aws:kms` or `aws:kms:dsse`
    Kms(RequestedKms),
    /// With a key that came along.
    Customer(CustomerKey),
}

/// What a writer says about a managed key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedKms {
    /// Id, alias or ARN; without one, the account's own key for S3.
    pub key: Option<String>,
    /// The encryption context as JSON.
    pub context: Option<String>,
    /// Whether a bucket key is wanted.
    pub bucket_key_enabled: Option<bool>,
    /// Whether two layers are wanted (DSSE-KMS).
    pub is_dual_layer: bool,
}

impl RequestedEncryption {
    /// The customer's key, if one came along.
    pub fn customer_key(&self) -> Option<&CustomerKey> {
        match self {
            Self::Customer(key) => Some(key),
            _ => None,
        }
    }
}

/// What answers say of how an object is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEncryption {
    /// The method; `None` where the key is the customer's.
    pub algorithm: Option<SseAlgorithm>,
    /// ARN of the managed key.
    pub kms_key: Option<String>,
    /// The encryption context as JSON.
    pub context: Option<String>,
    /// Whether a bucket key was wanted.
    pub bucket_key_enabled: bool,
}

impl Store {
    /// What answers say of how something is encrypted.
    pub fn shown_encryption(
        &self,
        encryption: Option<&ObjectEncryption>,
    ) -> Option<ShownEncryption> {
        let method = &encryption?.method;
        let (algorithm, kms_key, bucket_key_enabled) = match method {
            EncryptionMethod::S3Managed { .. } => (Some(SseAlgorithm::Aes256), None, false),
            EncryptionMethod::Kms { key, bucket_key_enabled, is_dual_layer, .. } => {
                let algorithm =
                    if *is_dual_layer { SseAlgorithm::AwsKmsDsse } else { SseAlgorithm::AwsKms };
                (Some(algorithm), self.kms_key_arn(*key), *bucket_key_enabled)
            }
            EncryptionMethod::Customer => (None, None, false),
        };
        let context = Some(method.context()).filter(|context| !context.is_empty());
        let context = context.map(str::to_owned);
        Some(ShownEncryption { algorithm, kms_key, context, bucket_key_enabled })
    }

    fn kms_key_arn(&self, key: KeyNumber) -> Option<String> {
        self.vault.keys().arn(key)
    }
}
