//! Objects as the two binary columns `summary` and `detail`.
//!
//! A summary has no more than a listing shows. It begins with its CRC-32C, which covers bucket and
//! key as well, and holds that of the detail: a summary never passes for that of another row, nor a
//! detail for that of another summary. The formats are part of the schema.

use std::borrow::Cow;

use crc_fast::{CrcAlgorithm, Digest, checksum};
use model::{
    CanonicalUserId, ChecksumAlgorithm, ChecksumType, ETag, ObjectKey, ObjectLock, Timestamp,
    VersionId,
};

use super::binary::{Decoder, Encoder};
use super::object_detail::{
    decode_checksum_kind, decode_detail, decode_etag, encode_checksum_kind, encode_detail,
    encode_etag,
};
use crate::listing::ListEntry;
use crate::object::{DeleteMarkerRecord, ObjectHeaders, ObjectRecord, ObjectVersion};
use crate::version_listing::{ListedVersion, VersionEntry};

/// Room for a summary of common size without growing.
const SUMMARY_BYTES: usize = 192;
/// The storage class of nearly every object, which a listing need not copy.
const STANDARD: &str = "STANDARD";

const OBJECT: u8 = 0;
const DELETE_MARKER: u8 = 1;

/// The column `summary`, borrowed from a row or a record.
pub(crate) struct Summary<'r> {
    /// As in [`ObjectRecord::sequence`].
    pub(crate) sequence: i64,
    /// The version id as text.
    pub(crate) version: &'r str,
    last_modified: Timestamp,
    /// Who owns the version.
    pub(crate) owner: &'r str,
    detail_crc: u32,
    /// `None` for a delete marker.
    object: Option<ObjectSummary<'r>>,
}

/// What only objects have.
struct ObjectSummary<'r> {
    size_bytes: u64,
    etag: ETag,
    storage_class: &'r str,
    checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// Both columns of a version.
pub(crate) struct Columns {
    pub(crate) summary: Vec<u8>,
    pub(crate) detail: Vec<u8>,
}

/// The columns of an object. Errors: those of writing an ACL, which do not happen.
pub(crate) fn encode_object(
    bucket: i64,
    record: &ObjectRecord,
) -> Result<Columns, serde_json::Error> {
    let detail = encode_detail(record)?;
    let kind = record.checksum.as_ref().map(|sum| (sum.algorithm, sum.checksum_type));
    let summary = Summary {
        sequence: record.sequence,
        version: record.version.as_str(),
        last_modified: record.last_modified,
        owner: record.owner.as_str(),
        detail_crc: crc32c(&detail),
        object: Some(ObjectSummary {
            size_bytes: record.size_bytes,
            etag: record.etag,
            storage_class: &record.storage_class,
            checksum: kind,
        }),
    };
    Ok(Columns { summary: summary.encode(bucket, record.key.as_str()), detail })
}

/// The columns of a delete marker.
pub(crate) fn encode_delete_marker(bucket: i64, marker: &DeleteMarkerRecord) -> Columns {
    let summary = Summary {
        sequence: marker.sequence,
        version: marker.version.as_str(),
        last_modified: marker.last_modified,
        owner: marker.owner.as_str(),
        detail_crc: crc32c(&[]),
        object: None,
    };
    Columns { summary: summary.encode(bucket, marker.key.as_str()), detail: Vec::new() }
}

fn crc32c(bytes: &[u8]) -> u32 {
    u32::try_from(checksum(CrcAlgorithm::Crc32Iscsi, bytes)).unwrap_or_default()
}

fn summary_crc(bucket: i64, key: &str, body: &[u8]) -> u32 {
    let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
    digest.update(&bucket.to_le_bytes());
    digest.update(&(key.len() as u64).to_le_bytes());
    digest.update(key.as_bytes());
    digest.update(body);
    u32::try_from(digest.finalize()).unwrap_or_default()
}

impl<'r> Summary<'r> {
    fn encode(&self, bucket: i64, key: &str) -> Vec<u8> {
        let mut body = Encoder::with_capacity(SUMMARY_BYTES);
        body.byte(if self.object.is_some() { OBJECT } else { DELETE_MARKER });
        body.fixed(&self.detail_crc.to_le_bytes());
        body.number(self.sequence.cast_unsigned());
        body.fixed(&self.last_modified.unix_millis.to_le_bytes());
        body.text(self.version);
        body.text(self.owner);
        if let Some(object) = &self.object {
            body.number(object.size_bytes);
            encode_etag(&mut body, object.etag);
            encode_checksum_kind(&mut body, object.checksum);
            body.text(object.storage_class);
        }
        let body = body.finish();
        let mut column = Encoder::with_capacity(4 + body.len());
        column.fixed(&summary_crc(bucket, key, &body).to_le_bytes());
        column.fixed(&body);
        column.finish()
    }

    /// Reads and checks the column of the row with this bucket and key; `None` if it does not match
    /// its checksum or means nothing.
    pub(crate) fn decode(bucket: i64, key: &str, column: &'r [u8]) -> Option<Self> {
        let (crc, body) = column.split_first_chunk()?;
        if u32::from_le_bytes(*crc) != summary_crc(bucket, key, body) {
            return None;
        }
        let mut body = Decoder(body);
        let kind = body.byte()?;
        let detail_crc = u32::from_le_bytes(body.fixed()?);
        let sequence = body.number()?.cast_signed();
        let last_modified = Timestamp::from_unix_millis(i64::from_le_bytes(body.fixed()?));
        let version = body.text()?;
        let owner = body.text()?;
        let object = match kind {
            OBJECT => Some(ObjectSummary {
                size_bytes: body.number()?,
                etag: decode_etag(&mut body)?,
                checksum: decode_checksum_kind(&mut body).ok()?,
                storage_class: body.text()?,
            }),
            DELETE_MARKER => None,
            _ => return None,
        };
        let summary = Self { sequence, version, last_modified, owner, detail_crc, object };
        body.is_empty().then_some(summary)
    }

    /// Length of the body in bytes; 0 for a delete marker.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.object.as_ref().map_or(0, |object| object.size_bytes)
    }

    /// The entry of a listing of current objects, without the owner; `None` for a delete marker.
    pub(crate) fn list_entry(&self, key: &str) -> Option<ListEntry> {
        let object = self.object.as_ref()?;
        Some(ListEntry {
            key: ObjectKey::parse(key).ok()?,
            size_bytes: object.size_bytes,
            etag: object.etag,
            last_modified: self.last_modified,
            owner: None,
            storage_class: match object.storage_class {
                STANDARD => Cow::Borrowed(STANDARD),
                other => Cow::Owned(other.to_owned()),
            },
            checksum_algorithm: object.checksum.map(|(algorithm, _)| algorithm),
            checksum_type: object.checksum.map(|(_, kind)| kind),
        })
    }

    /// The entry of a listing of versions, owner included.
    pub(crate) fn version_entry(&self, key: &str, is_latest: bool) -> Option<VersionEntry> {
        let content = if self.object.is_some() {
            let owner = Some(CanonicalUserId::parse(self.owner)?);
            ListedVersion::Object(ListEntry { owner, ..self.list_entry(key)? })
        } else {
            ListedVersion::DeleteMarker(self.delete_marker(key)?)
        };
        Some(VersionEntry {
            version: VersionId::parse(self.version)?,
            sequence: self.sequence,
            is_latest,
            content,
        })
    }

    fn delete_marker(&self, key: &str) -> Option<DeleteMarkerRecord> {
        Some(DeleteMarkerRecord {
            key: ObjectKey::parse(key).ok()?,
            version: VersionId::parse(self.version)?,
            sequence: self.sequence,
            last_modified: self.last_modified,
            owner: CanonicalUserId::parse(self.owner)?,
        })
    }

    /// The whole version; `None` if the detail does not match its checksum or means nothing.
    pub(crate) fn version(&self, key: &str, detail: &[u8]) -> Option<ObjectVersion> {
        if self.detail_crc != crc32c(detail) {
            return None;
        }
        let Some(object) = &self.object else {
            let marker = self.delete_marker(key)?;
            return detail.is_empty().then_some(ObjectVersion::DeleteMarker(marker));
        };
        let mut record = ObjectRecord {
            key: ObjectKey::parse(key).ok()?,
            version: VersionId::parse(self.version)?,
            sequence: self.sequence,
            size_bytes: object.size_bytes,
            etag: object.etag,
            last_modified: self.last_modified,
            owner: CanonicalUserId::parse(self.owner)?,
            storage_class: object.storage_class.to_owned(),
            headers: ObjectHeaders::default(),
            user_metadata: Vec::new(),
            tags: Vec::new(),
            checksum: None,
            acl: None,
            lock: ObjectLock::default(),
            encryption: None,
            parts: Vec::new(),
        };
        decode_detail(detail, &mut record)?;
        Some(ObjectVersion::Object(record.into()))
    }
}
