//! Multipart uploads.

use std::fmt;
use std::sync::Arc;

use model::limits::UPLOAD_ID_LENGTH_BYTES_MAX;
use model::{
    AccessControlList, CanonicalUserId, Checksum, ChecksumAlgorithm, ChecksumType, ETag,
    ObjectEncryption, ObjectKey, ObjectLock, Timestamp, VersionId,
};

use crate::bucket::BucketId;
use crate::object::{NewObject, ObjectHeaders, ObjectPart, Precondition};

/// The id of a multipart upload: 1 to `UPLOAD_ID_LENGTH_BYTES_MAX` characters of
/// `[A-Za-z0-9._-]`.
///
/// The caller makes it, random and beginning with the time, so that byte order is order of
/// initiation: S3 pages through uploads by id and promises order of initiation.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UploadId(Arc<str>);

impl UploadId {
    /// Checks length and characters; anything else is an upload that does not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let valid =
            (1..=UPLOAD_ID_LENGTH_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed);
        valid.then(|| Self(text.into()))
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who started an upload. AWS: API reference, "Initiator".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiator {
    /// The `ID` of listings: the ARN of an IAM principal, or a canonical user id.
    pub id: String,
    /// The account of the initiator.
    pub canonical_id: CanonicalUserId,
}

/// An upload in progress, with everything that its object will have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRecord {
    /// The id, unique in the store.
    pub id: UploadId,
    /// The bucket.
    pub bucket: BucketId,
    /// The key.
    pub key: ObjectKey,
    /// When it was started.
    pub initiated: Timestamp,
    /// Who started it.
    pub initiator: Initiator,
    /// Who will own the object.
    pub owner: CanonicalUserId,
    /// ACL of the object; `None` is private to the owner.
    pub acl: Option<AccessControlList>,
    /// Storage class of the object.
    pub storage_class: String,
    /// Headers of the object.
    pub headers: ObjectHeaders,
    /// `x-amz-meta-*` of the object.
    pub user_metadata: Vec<(String, String)>,
    /// Tags of the object.
    pub tags: Vec<(String, String)>,
    /// What was said of the object's lock.
    pub lock: ObjectLock,
    /// Algorithm of the checksums of the parts.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// What the object's checksum covers.
    pub checksum_type: Option<ChecksumType>,
    /// How the parts are encrypted; `None` if they are not.
    pub encryption: Option<ObjectEncryption>,
}

/// A part that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRecord {
    /// Number, size, tag, checksum and place.
    pub part: ObjectPart,
    /// When it was written.
    pub last_modified: Timestamp,
}

/// One page of the parts of an upload, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartPage {
    /// The parts.
    pub parts: Vec<PartRecord>,
    /// The `after` of the next page; `None` if this is the last.
    pub next: Option<u16>,
}

/// Where a page of uploads begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UploadStart {
    /// At the first upload.
    #[default]
    Beginning,
    /// Behind every upload of this key; it need not be a key.
    AfterKey(String),
    /// Behind this upload of this key; neither need exist.
    AfterUpload(String, String),
    /// Behind every key that begins with this common prefix.
    AfterPrefix(String),
}

/// Which uploads to list. AWS: API reference, ListMultipartUploads.
#[derive(Clone, Debug)]
pub struct ListUploadsQuery<'a> {
    /// Only keys that begin with this.
    pub prefix: &'a str,
    /// Groups keys into common prefixes; not empty.
    pub delimiter: Option<&'a str>,
    /// Where the page begins.
    pub start: UploadStart,
    /// Uploads and common prefixes together in the page; at most `LIST_UPLOADS_MAX` are returned.
    pub limit: usize,
}

/// An upload in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSummary {
    /// The key.
    pub key: ObjectKey,
    /// The upload id.
    pub id: UploadId,
    /// When it was started.
    pub initiated: Timestamp,
    /// Who started it.
    pub initiator: Initiator,
    /// Who will own the object.
    pub owner: CanonicalUserId,
    /// Storage class of the object.
    pub storage_class: String,
    /// Algorithm of the checksums of the parts.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// What the object's checksum covers.
    pub checksum_type: Option<ChecksumType>,
}

/// One page of uploads, by key and id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadPage {
    /// The uploads.
    pub uploads: Vec<UploadSummary>,
    /// Common prefixes in byte order.
    pub common_prefixes: Vec<String>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<UploadStart>,
}

/// The completion of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteUpload {
    /// The upload.
    pub id: UploadId,
    /// The object to be. Its parts are the chosen parts exactly as
    /// [`list_parts`](crate::MetadataStore::list_parts) returned them; if one was replaced since,
    /// the completion is a conflict.
    pub object: NewObject,
    /// Must hold of the current version of the key.
    pub precondition: Precondition,
}

/// A completed upload, remembered so that a repeated completion gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedUpload {
    /// When it was completed.
    pub completed: Timestamp,
    /// The version that it made.
    pub version: VersionId,
    /// The tag of the object.
    pub etag: ETag,
    /// The checksum of the object.
    pub checksum: Option<Checksum>,
}
