//! The JSON documents in wide columns.
//!
//! Readable in the `sqlite3` shell, and open to new fields: a field that is absent has its default.
//! Fields at their default are not written.

use model::{
    AccessControlList, BlobRef, CanonicalUserId, ETag, Grant, Grantee, Group, ObjectLock,
    Permission, PublicAccessBlock, Retention, RetentionMode, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::text::{checksum_text, parse_checksum};
use crate::object::{ObjectHeaders, ObjectPart};

/// The column `detail` of an object or an upload.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ObjectDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) acl: Option<AclDocument>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) headers: HeadersDocument,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) user_metadata: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<(String, String)>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) lock: LockDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checksum: Option<String>,
    /// As in the detail of an object, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encryption: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<PartDocument>,
}

/// An ACL; also the column `bucket.acl`.
#[derive(Serialize, Deserialize)]
pub(crate) struct AclDocument {
    owner: String,
    grants: Vec<GrantDocument>,
}

#[derive(Serialize, Deserialize)]
struct GrantDocument {
    #[serde(flatten)]
    grantee: GranteeDocument,
    permission: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GranteeDocument {
    Id(String),
    Uri(String),
}

/// [`ObjectHeaders`].
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct HeadersDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website_redirect_location: Option<String>,
}

/// [`ObjectLock`]. Stricter than the rest: what it does not know could be what protects.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LockDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<RetentionDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_hold: Option<bool>,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionDocument {
    mode: String,
    until: i64,
}

/// [`ObjectPart`].
#[derive(Serialize, Deserialize)]
pub(crate) struct PartDocument {
    number: u16,
    size: u64,
    etag: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blob: Option<String>,
}

/// The columns `public_access`.
#[derive(Serialize, Deserialize)]
pub(crate) struct PublicAccessDocument {
    block_public_acls: bool,
    ignore_public_acls: bool,
    block_public_policy: bool,
    restrict_public_buckets: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl From<&AccessControlList> for AclDocument {
    fn from(acl: &AccessControlList) -> Self {
        let grant = |grant: &Grant| GrantDocument {
            grantee: match &grant.grantee {
                Grantee::CanonicalUser(id) => GranteeDocument::Id(id.as_str().to_owned()),
                Grantee::Group(group) => GranteeDocument::Uri(group.uri().to_owned()),
            },
            permission: grant.permission.as_str().to_owned(),
        };
        Self {
            owner: acl.owner.as_str().to_owned(),
            grants: acl.grants.iter().map(grant).collect(),
        }
    }
}

impl AclDocument {
    /// The ACL; `None` if a name in it is unknown, which must never read as "no grant".
    pub(crate) fn decode(&self) -> Option<AccessControlList> {
        let grants = self.grants.iter().map(GrantDocument::decode).collect::<Option<_>>()?;
        Some(AccessControlList { owner: CanonicalUserId::parse(&self.owner)?, grants })
    }
}

impl GrantDocument {
    fn decode(&self) -> Option<Grant> {
        let grantee = match &self.grantee {
            GranteeDocument::Id(id) => Grantee::CanonicalUser(CanonicalUserId::parse(id)?),
            GranteeDocument::Uri(uri) => Grantee::Group(Group::from_uri(uri)?),
        };
        Some(Grant { grantee, permission: Permission::parse(&self.permission)? })
    }
}

impl From<ObjectLock> for LockDocument {
    fn from(lock: ObjectLock) -> Self {
        let retention = |retention: Retention| RetentionDocument {
            mode: retention.mode.as_str().to_owned(),
            until: retention.retain_until.unix_millis,
        };
        Self { retention: lock.retention.map(retention), legal_hold: lock.legal_hold }
    }
}

impl LockDocument {
    /// The lock; `None` if its mode is unknown, which must never read as no retention.
    pub(crate) fn decode(&self) -> Option<ObjectLock> {
        let retention = match &self.retention {
            Some(document) => Some(Retention {
                mode: RetentionMode::parse(&document.mode)?,
                retain_until: Timestamp::from_unix_millis(document.until),
            }),
            None => None,
        };
        Some(ObjectLock { retention, legal_hold: self.legal_hold })
    }
}

impl From<&ObjectPart> for PartDocument {
    fn from(part: &ObjectPart) -> Self {
        Self {
            number: part.number,
            size: part.size_bytes,
            etag: part.etag.to_string(),
            checksum: part.checksum.as_ref().map(checksum_text),
            blob: part.blob.map(|blob| blob.to_string()),
        }
    }
}

impl PartDocument {
    /// The part; `None` if a text in it means nothing.
    pub(crate) fn decode(&self) -> Option<ObjectPart> {
        let checksum = match &self.checksum {
            Some(text) => Some(parse_checksum(text)?),
            None => None,
        };
        let blob = match &self.blob {
            Some(text) => Some(BlobRef::parse(text)?),
            None => None,
        };
        let etag = ETag::parse(&self.etag)?;
        Some(ObjectPart {
            number: self.number,
            size_bytes: self.size,
            etag,
            checksum,
            blob,
            salt: None,
        })
    }
}

impl From<&ObjectHeaders> for HeadersDocument {
    fn from(headers: &ObjectHeaders) -> Self {
        let ObjectHeaders {
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            expires,
            website_redirect_location,
        } = headers.clone();
        Self {
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            expires,
            website_redirect_location,
        }
    }
}

impl From<HeadersDocument> for ObjectHeaders {
    fn from(headers: HeadersDocument) -> Self {
        Self {
            content_type: headers.content_type,
            cache_control: headers.cache_control,
            content_disposition: headers.content_disposition,
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            expires: headers.expires,
            website_redirect_location: headers.website_redirect_location,
        }
    }
}

impl From<PublicAccessBlock> for PublicAccessDocument {
    fn from(block: PublicAccessBlock) -> Self {
        Self {
            block_public_acls: block.block_public_acls,
            ignore_public_acls: block.ignore_public_acls,
            block_public_policy: block.block_public_policy,
            restrict_public_buckets: block.restrict_public_buckets,
        }
    }
}

impl From<PublicAccessDocument> for PublicAccessBlock {
    fn from(document: PublicAccessDocument) -> Self {
        Self {
            block_public_acls: document.block_public_acls,
            ignore_public_acls: document.ignore_public_acls,
            block_public_policy: document.block_public_policy,
            restrict_public_buckets: document.restrict_public_buckets,
        }
    }
}
