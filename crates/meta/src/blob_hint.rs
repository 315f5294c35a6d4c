//! What a blob says about itself, so that one that nothing refers to can be recognised.

use model::ObjectKey;
use model::limits::{OBJECT_KEY_LENGTH_BYTES_MAX, UPLOAD_ID_LENGTH_BYTES_MAX};

use crate::bucket::BucketId;
use crate::upload::UploadId;

/// Where a blob was meant to be referred to. It is stored beside the bytes; the sweep of orphans
/// asks [`references`](crate::MetadataStore::references) whether that came true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobHint {
    /// The body of an object.
    Object {
        /// The bucket.
        bucket: BucketId,
        /// The key.
        key: ObjectKey,
    },
    /// A part of an upload, which belongs to the object once the upload is completed.
    Part {
        /// The bucket.
        bucket: BucketId,
        /// The key.
        key: ObjectKey,
        /// The upload.
        upload: UploadId,
        /// The part number.
        number: u16,
    },
}

const OBJECT: u8 = b'o';
const PART: u8 = b'p';

impl BlobHint {
    /// Longest encoding, in bytes.
    pub const ENCODED_BYTES_MAX: usize =
        1 + 8 + 2 + 1 + UPLOAD_ID_LENGTH_BYTES_MAX + OBJECT_KEY_LENGTH_BYTES_MAX;

    /// The bytes that are kept beside the blob: kind (1), bucket (8, big-endian), for a part its
    /// number (2, big-endian) and the upload id behind its length (1); then the key.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::ENCODED_BYTES_MAX);
        match self {
            Self::Object { bucket, key } => {
                bytes.push(OBJECT);
                bytes.extend_from_slice(&bucket.0.to_be_bytes());
                bytes.extend_from_slice(key.as_str().as_bytes());
            }
            Self::Part { bucket, key, upload, number } => {
                bytes.push(PART);
                bytes.extend_from_slice(&bucket.0.to_be_bytes());
                bytes.extend_from_slice(&number.to_be_bytes());
                // An upload id has at most UPLOAD_ID_LENGTH_BYTES_MAX bytes, which is below 256.
                bytes.push(u8::try_from(upload.as_str().len()).unwrap_or(u8::MAX));
                bytes.extend_from_slice(upload.as_str().as_bytes());
                bytes.extend_from_slice(key.as_str().as_bytes());
            }
        }
        bytes
    }

    /// Reads [`encode`](Self::encode); `None` if the bytes are no hint.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        let (bucket, rest) = rest.split_first_chunk()?;
        let bucket = BucketId(i64::from_be_bytes(*bucket));
        match kind {
            OBJECT => Some(Self::Object { bucket, key: decode_key(rest)? }),
            PART => {
                let (number, rest) = rest.split_first_chunk()?;
                let (&length, rest) = rest.split_first()?;
                let (upload, rest) = rest.split_at_checked(usize::from(length))?;
                Some(Self::Part {
                    bucket,
                    key: decode_key(rest)?,
                    upload: UploadId::parse(str::from_utf8(upload).ok()?)?,
                    number: u16::from_be_bytes(*number),
                })
            }
            _ => None,
        }
    }
}

fn decode_key(bytes: &[u8]) -> Option<ObjectKey> {
    ObjectKey::parse(str::from_utf8(bytes).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(key: &str, upload: &str) -> BlobHint {
        BlobHint::Part {
            bucket: BucketId(i64::MAX),
            key: ObjectKey::parse(key).unwrap(),
            upload: UploadId::parse(upload).unwrap(),
            number: 10_000,
        }
    }

    #[test]
    fn round_trip() {
        let key = ObjectKey::parse("a/ü\0\n").unwrap();
        let longest = part(&"k".repeat(1024), &"u".repeat(UPLOAD_ID_LENGTH_BYTES_MAX));
        assert_eq!(longest.encode().len(), BlobHint::ENCODED_BYTES_MAX);
        for hint in [BlobHint::Object { bucket: BucketId(1), key }, part("k", "u"), longest] {
            assert_eq!(BlobHint::decode(&hint.encode()), Some(hint));
        }
    }

    #[test]
    fn a_cut_hint_is_none_or_a_shorter_key() {
        let bytes = part("key", "upload").encode();
        for length in 0..bytes.len() - 2 {
            assert_eq!(BlobHint::decode(&bytes[..length]), None, "{length}");
        }
        assert_eq!(BlobHint::decode(b"x12345678key"), None);
        assert_eq!(BlobHint::decode(b"o12345678\xff"), None);
    }
}
