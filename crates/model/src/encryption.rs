//! Encryption of objects. AWS: "Protecting data with server-side encryption".

use std::fmt;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
/// Bytes of a wrapped key.
pub const WRAPPED_KEY_BYTES: usize = 64;

/// What makes the key of a body that may be written again another one each time.
pub type Salt = [u8; SALT_BYTES];

/// A key that another key encrypted; useless without that one.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(pub [u8; WRAPPED_KEY_BYTES]);

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedKey")
    }
}

/// The number of a key of the ring; given out once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyNumber(pub u32);

/// How a stored object or upload is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEncryption {
    /// Whose key wraps the data key.
    pub method: EncryptionMethod,
    /// The data key.
    pub data_key: WrappedKey,
}

/// Whose key wraps the data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncryptionMethod {
    /// SSE-S3: the store's own.
    S3Managed {
        /// Which one.
        key: KeyNumber,
    },
    /// SSE-KMS: a managed key.
    Kms {
        /// Which one.
        key: KeyNumber,
        /// The encryption context as JSON, if one was given; authenticated with the data key.
        context: Option<String>,
        /// `x-amz-server-side-encryption-bucket-key-enabled`
        bucket_key_enabled: bool,
        /// Whether bodies are sealed twice (DSSE-KMS).
        is_dual_layer: bool,
    },
    /// SSE-C: the customer's, which is stored nowhere.
    Customer,
}

impl EncryptionMethod {
    /// The key of the ring that wraps the data key.
    pub fn ring_key(&self) -> Option<KeyNumber> {
        match self {
            Self::S3Managed { key } | Self::Kms { key, .. } => Some(*key),
            Self::Customer => None,
        }
    }

    /// What is authenticated with the data key besides the object.
    pub fn context(&self) -> &str {
        match self {
            Self::Kms { context, .. } => context.as_deref().unwrap_or_default(),
            Self::S3Managed { .. } | Self::Customer => "",
        }
    }

    /// Whether entity tags are the MD5 of the bytes. AWS: API reference, "Common response headers":
    /// not with SSE-C and SSE-KMS.
    pub fn has_md5_tags(&self) -> bool {
        matches!(self, Self::S3Managed { .. })
    }
}

/// `x-amz-server-side-encryption`: methods whose key the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SseAlgorithm {
    /// `AES256`: SSE-S3
    Aes256,
    /// `aws:kms`: SSE-KMS
    AwsKms,
    /// `aws:kms:dsse`: DSSE-KMS
    AwsKmsDsse,
}

impl SseAlgorithm {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::AwsKms => "aws:kms",
            Self::AwsKmsDsse => "aws:kms:dsse",
        }
    }

    /// The algorithm with this name.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Aes256, Self::AwsKms, Self::AwsKmsDsse];
        all.into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

/// The default encryption of a bucket. AWS: API reference, PutBucketEncryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketEncryption {
    /// For objects whose writer names none.
    pub algorithm: SseAlgorithm,
    /// `KMSMasterKeyID`, as it was given.
    pub kms_key: Option<String>,
    /// `BucketKeyEnabled`
    pub bucket_key_enabled: bool,
    /// `BlockedEncryptionTypes`: whether new objects with SSE-C are refused.
    pub blocks_customer_keys: bool,
}

impl Default for BucketEncryption {
    /// What a bucket without a configuration has: SSE-S3 since January 2023, no SSE-C since April
    /// 2026 (AWS: "Blocking or unblocking SSE-C for a general purpose bucket").
    fn default() -> Self {
        Self {
            algorithm: SseAlgorithm::Aes256,
            kms_key: None,
            bucket_key_enabled: false,
            blocks_customer_keys: true,
        }
    }
}
