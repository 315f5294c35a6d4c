//! Keys that wrap the data keys of objects.

use model::encryption::KeyNumber;
use model::{ObjectEncryption, ObjectKey};

use crate::bucket::BucketId;

/// A key of the ring. What the document says is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKeyRow {
    /// Its number, never given out again.
    pub number: KeyNumber,
    /// JSON. The key in it is wrapped.
    pub document: String,
}

/// A version of an object whose data key another key wraps from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrap {
    /// The bucket.
    pub bucket: BucketId,
    /// The key.
    pub key: ObjectKey,
    /// Which version.
    pub sequence: i64,
    /// The same data key, wrapped anew.
    pub encryption: ObjectEncryption,
}
