//! Objects, their versions, and what is written about them.

use std::sync::Arc;

use model::encryption::Salt;
use model::{
    AccessControlList, BlobRef, CanonicalUserId, Checksum, ETag, GovernanceBypass,
    ObjectEncryption, ObjectKey, ObjectLock, Retention, Timestamp, VersionId,
};

use crate::event::NewEvent;

/// The headers that S3 stores with an object and returns with it. AWS: "Working with object
/// metadata", system-defined metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectHeaders {
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Cache-Control`
    pub cache_control: Option<String>,
    /// `Content-Disposition`
    pub content_disposition: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// `Content-Language`
    pub content_language: Option<String>,
    /// `Expires`, as it was received.
    pub expires: Option<String>,
    /// `x-amz-website-redirect-location`
    pub website_redirect_location: Option<String>,
}

impl ObjectHeaders {
    /// All values. Rows name them by their place here, so the order stays.
    pub(crate) fn values(&self) -> [&Option<String>; 7] {
        let Self {
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            expires,
            website_redirect_location,
        } = self;
        [
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            expires,
            website_redirect_location,
        ]
    }
}

/// One stretch of an object's body. A single PUT has one; an empty body has none, or one without
/// a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPart {
    /// Part number, 1 to `PART_NUMBER_MAX`.
    pub number: u16,
    /// Length in bytes.
    pub size_bytes: u64,
    /// MD5 of the part.
    pub etag: ETag,
    /// Checksum of the part.
    pub checksum: Option<Checksum>,
    /// Where its bytes lie; `None` if it has none.
    pub blob: Option<BlobRef>,
    /// Part of the key of its bytes, where they are encrypted and were written as a part.
    pub salt: Option<Salt>,
}

/// One stored version of an object that is not a delete marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRecord {
    /// The key.
    pub key: ObjectKey,
    /// The version id.
    pub version: VersionId,
    /// Identity and age of the version inside its bucket: given out once, and the newest version
    /// of a key has the greatest.
    pub sequence: i64,
    /// Length of the body in bytes.
    pub size_bytes: u64,
    /// The entity tag.
    pub etag: ETag,
    /// When it was written.
    pub last_modified: Timestamp,
    /// Who owns it (§1.3).
    pub owner: CanonicalUserId,
    /// `STANDARD` and the like.
    pub storage_class: String,
    /// Headers returned with it.
    pub headers: ObjectHeaders,
    /// `x-amz-meta-*`, names without the prefix, in the order received.
    pub user_metadata: Vec<(String, String)>,
    /// Object tags in the order received.
    pub tags: Vec<(String, String)>,
    /// The additional checksum.
    pub checksum: Option<Checksum>,
    /// The ACL; `None` is private to the owner (ACL-3).
    pub acl: Option<AccessControlList>,
    /// What keeps it from being removed.
    pub lock: ObjectLock,
    /// How the body is encrypted; `None` if it is not.
    pub encryption: Option<ObjectEncryption>,
    /// Where the body lies, in order.
    pub parts: Vec<ObjectPart>,
}

/// A delete marker: the version that says that the object is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteMarkerRecord {
    /// The key.
    pub key: ObjectKey,
    /// The version id.
    pub version: VersionId,
    /// As in [`ObjectRecord::sequence`].
    pub sequence: i64,
    /// When the object was deleted.
    pub last_modified: Timestamp,
    /// Who deleted it.
    pub owner: CanonicalUserId,
}

/// One version of a key. An enum, so that nobody serves a delete marker as an empty object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectVersion {
    /// An object, perhaps shared with the memory of the store.
    Object(Arc<ObjectRecord>),
    /// A delete marker.
    DeleteMarker(DeleteMarkerRecord),
}

impl ObjectVersion {
    /// The object, unless this is a delete marker.
    pub fn into_object(self) -> Option<ObjectRecord> {
        match self {
            Self::Object(record) => Some(Arc::unwrap_or_clone(record)),
            Self::DeleteMarker(_) => None,
        }
    }

    /// The key.
    pub fn key(&self) -> &ObjectKey {
        match self {
            Self::Object(record) => &record.key,
            Self::DeleteMarker(marker) => &marker.key,
        }
    }

    /// The version id.
    pub fn version(&self) -> &VersionId {
        match self {
            Self::Object(record) => &record.version,
            Self::DeleteMarker(marker) => &marker.version,
        }
    }

    /// As in [`ObjectRecord::sequence`].
    pub fn sequence(&self) -> i64 {
        match self {
            Self::Object(record) => record.sequence,
            Self::DeleteMarker(marker) => marker.sequence,
        }
    }
}

/// An object to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// The key.
    pub key: ObjectKey,
    /// The id that the version gets if versioning is enabled; elsewhere it is the null version.
    /// Random, made by the caller for every write.
    pub fresh_version: VersionId,
    /// Length of the body in bytes: the sum of its parts.
    pub size_bytes: u64,
    /// The entity tag.
    pub etag: ETag,
    /// Now.
    pub last_modified: Timestamp,
    /// Who owns it (§1.3).
    pub owner: CanonicalUserId,
    /// `STANDARD` and the like.
    pub storage_class: String,
    /// Headers returned with it.
    pub headers: ObjectHeaders,
    /// `x-amz-meta-*`, names without the prefix.
    pub user_metadata: Vec<(String, String)>,
    /// Object tags.
    pub tags: Vec<(String, String)>,
    /// The additional checksum.
    pub checksum: Option<Checksum>,
    /// The ACL; `None` is private to the owner.
    pub acl: Option<AccessControlList>,
    /// What the writer says of its lock; a retention that is not said is that of the bucket at the
    /// moment of the commit.
    pub lock: ObjectLock,
    /// How the body is encrypted; `None` if it is not.
    pub encryption: Option<ObjectEncryption>,
    /// Where the body lies, in order. The blobs must be durable already.
    pub parts: Vec<ObjectPart>,
    /// Whom the write is told to.
    pub events: Vec<NewEvent>,
}

impl NewObject {
    /// The record that a write makes of it.
    pub(crate) fn into_record(self, version: VersionId, sequence: i64) -> ObjectRecord {
        ObjectRecord {
            key: self.key,
            version,
            sequence,
            size_bytes: self.size_bytes,
            etag: self.etag,
            last_modified: self.last_modified,
            owner: self.owner,
            storage_class: self.storage_class,
            headers: self.headers,
            user_metadata: self.user_metadata,
            tags: self.tags,
            checksum: self.checksum,
            acl: self.acl,
            lock: self.lock,
            encryption: self.encryption,
            parts: self.parts,
        }
    }
}

/// What must hold of the current version at the moment of the commit. AWS: "Add preconditions to
/// S3 operations with conditional requests".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// `If-None-Match: *`: no object is there. A delete marker is no object.
    IfNoneMatchAny,
    /// `If-Match: *`: an object is there; else [`NotFound`](crate::MetaError::NotFound).
    IfMatchAny,
    /// `If-Match`: an object with this tag is there;
    /// [`NotFound`](crate::MetaError::NotFound) if there is none.
    IfMatch(ETag),
    /// The version with this sequence is there, object or delete marker, and is the newest of its key
    /// or is not, as when it was looked at.
    IfUnmoved {
        /// As in [`ObjectRecord::sequence`].
        sequence: i64,
        /// Whether it was the newest.
        is_latest: bool,
    },
}

/// A deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteObject {
    /// The key.
    pub key: ObjectKey,
    /// The version to remove for good; `None` deletes the object, which in a versioned bucket
    /// adds a delete marker.
    pub version: Option<VersionId>,
    /// The id of the delete marker if versioning is enabled and one is added.
    pub fresh_version: VersionId,
    /// Who owns the delete marker.
    pub owner: CanonicalUserId,
    /// Now.
    pub now: Timestamp,
    /// Must hold of the version that is deleted.
    pub precondition: Precondition,
    /// Whom the deletion is told to, one for each outcome that it may have.
    pub events: Vec<NewEvent>,
    /// Whether a governance retention may be lifted.
    pub bypass: GovernanceBypass,
}

/// What a deletion did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// There was nothing to delete.
    Nothing,
    /// A version is gone.
    Removed {
        /// Which version.
        version: VersionId,
        /// Whether it was a delete marker.
        delete_marker: bool,
    },
    /// A delete marker was added.
    Marked {
        /// The version id of the delete marker.
        version: VersionId,
    },
}

/// A change that makes no new version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectChange {
    /// Replaces the ACL; the owner stays (ACL-14).
    Acl(Option<AccessControlList>),
    /// Replaces the tags.
    Tags(Vec<(String, String)>),
    /// Replaces or takes away the retention; [`Locked`](crate::MetaError::Locked) if the one that is
    /// there must not become that.
    Retention {
        /// The new retention.
        retention: Option<Retention>,
        /// Now.
        now: Timestamp,
        /// Whether a governance retention may be lifted.
        bypass: GovernanceBypass,
    },
    /// Places or lifts a legal hold.
    LegalHold(bool),
    /// Wraps the data key with another key.
    Encryption(ObjectEncryption),
}
