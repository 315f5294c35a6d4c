//! Rows of `object` and `object_version`, which have the same columns.

use model::{
    CanonicalUserId, ChecksumAlgorithm, ChecksumType, ETag, ObjectKey, Timestamp, VersionId,
};
use rusqlite::{Connection, Row, params};

use super::error::corrupt;
use super::row_codec::{
    from_json, optional_text, parse, parse_optional, signed, text, to_json, unsigned, verify,
};
use crate::bucket::BucketId;
use crate::error::MetaError;
use crate::listing::ListEntry;
use crate::object::{DeleteMarkerRecord, ObjectHeaders, ObjectRecord, ObjectVersion};
use crate::row::checksum::{RowChecksum, crc32c};
use crate::row::document::{AclDocument, HeadersDocument, ObjectDocument, PartDocument};
use crate::row::text::{checksum_text, parse_checksum};
use crate::version_listing::{ListedVersion, VersionEntry};

pub(crate) const TABLE: &str = "object";

/// The narrow columns in the order in which [`NarrowColumns::read`] expects them.
macro_rules! narrow_columns {
    () => {
        "bucket, key, sequence, version, delete_marker, size, etag, last_modified, owner, \
         storage_class, checksum_algorithm, checksum_type, detail_crc, crc"
    };
}
pub(crate) use narrow_columns;

/// Index of the column `detail`, selected behind the narrow ones.
const DETAIL: usize = 14;

/// The columns that a listing reads, all but `detail`.
pub(crate) struct NarrowColumns<'r> {
    bucket: i64,
    pub(crate) key: &'r str,
    sequence: i64,
    version: &'r str,
    delete_marker: bool,
    size: i64,
    etag: &'r str,
    last_modified: i64,
    owner: &'r str,
    storage_class: &'r str,
    checksum_algorithm: Option<&'r str>,
    checksum_type: Option<&'r str>,
    detail_crc: i64,
}

impl<'r> NarrowColumns<'r> {
    /// Reads and checks a row.
    pub(crate) fn read(row: &'r Row<'_>) -> Result<Self, MetaError> {
        let columns = Self {
            bucket: row.get(0)?,
            key: text(row, 1)?,
            sequence: row.get(2)?,
            version: text(row, 3)?,
            delete_marker: row.get::<_, i64>(4)? != 0,
            size: row.get(5)?,
            etag: text(row, 6)?,
            last_modified: row.get(7)?,
            owner: text(row, 8)?,
            storage_class: text(row, 9)?,
            checksum_algorithm: optional_text(row, 10)?,
            checksum_type: optional_text(row, 11)?,
            detail_crc: row.get(12)?,
        };
        verify(TABLE, row.get(13)?, columns.checksum(), columns.key)?;
        Ok(columns)
    }

    fn checksum(&self) -> i64 {
        RowChecksum::of(TABLE)
            .integer(self.bucket)
            .text(self.key)
            .integer(self.sequence)
            .text(self.version)
            .integer(i64::from(self.delete_marker))
            .integer(self.size)
            .text(self.etag)
            .integer(self.last_modified)
            .text(self.owner)
            .text(self.storage_class)
            .optional_text(self.checksum_algorithm)
            .optional_text(self.checksum_type)
            .integer(self.detail_crc)
            .finish()
    }

    fn key(&self) -> Result<ObjectKey, MetaError> {
        parse(TABLE, self.key, |key| ObjectKey::parse(key).ok())
    }

    /// The entry of a listing.
    pub(crate) fn list_entry(&self) -> Result<ListEntry, MetaError> {
        Ok(ListEntry {
            key: self.key()?,
            size_bytes: unsigned(TABLE, self.size)?,
            etag: parse(TABLE, self.etag, ETag::parse)?,
            last_modified: Timestamp::from_unix_millis(self.last_modified),
            owner: parse(TABLE, self.owner, CanonicalUserId::parse)?,
            storage_class: self.storage_class.to_owned(),
            checksum_algorithm: parse_optional(
                TABLE,
                self.checksum_algorithm,
                ChecksumAlgorithm::parse,
            )?,
            checksum_type: parse_optional(TABLE, self.checksum_type, ChecksumType::parse)?,
        })
    }

    /// The entry of a listing of versions.
    pub(crate) fn version_entry(&self, is_latest: bool) -> Result<VersionEntry, MetaError> {
        Ok(VersionEntry {
            version: parse(TABLE, self.version, VersionId::parse)?,
            is_latest,
            content: if self.delete_marker {
                ListedVersion::DeleteMarker(self.delete_marker()?)
            } else {
                ListedVersion::Object(self.list_entry()?)
            },
        })
    }

    fn delete_marker(&self) -> Result<DeleteMarkerRecord, MetaError> {
        Ok(DeleteMarkerRecord {
            key: self.key()?,
            version: parse(TABLE, self.version, VersionId::parse)?,
            sequence: self.sequence,
            last_modified: Timestamp::from_unix_millis(self.last_modified),
            owner: parse(TABLE, self.owner, CanonicalUserId::parse)?,
        })
    }

    fn object(&self, detail: &str) -> Result<ObjectRecord, MetaError> {
        let document: ObjectDocument = from_json(TABLE, detail)?;
        let unreadable = || corrupt(TABLE, format_args!("cannot read detail of `{}`", self.key));
        let acl = match &document.acl {
            Some(acl) => Some(acl.decode().ok_or_else(unreadable)?),
            None => None,
        };
        let parts = document.parts.iter().map(PartDocument::decode).collect::<Option<_>>();
        Ok(ObjectRecord {
            key: self.key()?,
            version: parse(TABLE, self.version, VersionId::parse)?,
            sequence: self.sequence,
            size_bytes: unsigned(TABLE, self.size)?,
            etag: parse(TABLE, self.etag, ETag::parse)?,
            last_modified: Timestamp::from_unix_millis(self.last_modified),
            owner: parse(TABLE, self.owner, CanonicalUserId::parse)?,
            storage_class: self.storage_class.to_owned(),
            headers: ObjectHeaders::from(document.headers),
            user_metadata: document.user_metadata,
            tags: document.tags,
            checksum: parse_optional(TABLE, document.checksum.as_deref(), parse_checksum)?,
            acl,
            parts: parts.ok_or_else(unreadable)?,
        })
    }
}

/// Reads and checks a whole row: the narrow columns, then `detail`.
pub(crate) fn decode(row: &Row<'_>) -> Result<ObjectVersion, MetaError> {
    let columns = NarrowColumns::read(row)?;
    let detail = text(row, DETAIL)?;
    verify(TABLE, columns.detail_crc, crc32c(detail.as_bytes()), columns.key)?;
    if columns.delete_marker {
        return columns.delete_marker().map(ObjectVersion::DeleteMarker);
    }
    columns.object(detail).map(|record| ObjectVersion::Object(Box::new(record)))
}

const INSERT_OBJECT: &str = concat!(
    "INSERT OR REPLACE INTO object (",
    narrow_columns!(),
    ", detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
);

const INSERT_VERSION: &str = concat!(
    "INSERT OR REPLACE INTO object_version (",
    narrow_columns!(),
    ", detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
);

/// Which of the two tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `object`: the newest version.
    Current,
    /// `object_version`: an older version, or a delete marker.
    Noncurrent,
}

/// Writes an object; in `object` it replaces the row of its key.
pub(crate) fn insert_object(
    connection: &Connection,
    place: Place,
    bucket: BucketId,
    record: &ObjectRecord,
) -> Result<(), MetaError> {
    let document = ObjectDocument {
        acl: record.acl.as_ref().map(AclDocument::from),
        headers: HeadersDocument::from(&record.headers),
        user_metadata: record.user_metadata.clone(),
        tags: record.tags.clone(),
        checksum: record.checksum.as_ref().map(checksum_text),
        parts: record.parts.iter().map(PartDocument::from).collect(),
    };
    let detail = to_json(&document)?;
    let columns = NarrowColumns {
        bucket: bucket.0,
        key: record.key.as_str(),
        sequence: record.sequence,
        version: record.version.as_str(),
        delete_marker: false,
        size: signed(record.size_bytes)?,
        etag: &record.etag.to_string(),
        last_modified: record.last_modified.unix_millis,
        owner: record.owner.as_str(),
        storage_class: &record.storage_class,
        checksum_algorithm: record.checksum.as_ref().map(|sum| sum.algorithm.as_str()),
        checksum_type: record.checksum.as_ref().map(|sum| sum.checksum_type.as_str()),
        detail_crc: crc32c(detail.as_bytes()),
    };
    insert(connection, place, &columns, &detail)
}

/// Writes a delete marker into `object_version`.
pub(crate) fn insert_delete_marker(
    connection: &Connection,
    bucket: BucketId,
    marker: &DeleteMarkerRecord,
) -> Result<(), MetaError> {
    let columns = NarrowColumns {
        bucket: bucket.0,
        key: marker.key.as_str(),
        sequence: marker.sequence,
        version: marker.version.as_str(),
        delete_marker: true,
        size: 0,
        etag: "",
        last_modified: marker.last_modified.unix_millis,
        owner: marker.owner.as_str(),
        storage_class: "",
        checksum_algorithm: None,
        checksum_type: None,
        detail_crc: crc32c(b""),
    };
    insert(connection, Place::Noncurrent, &columns, "")
}

fn insert(
    connection: &Connection,
    place: Place,
    columns: &NarrowColumns<'_>,
    detail: &str,
) -> Result<(), MetaError> {
    let sql = match place {
        Place::Current => INSERT_OBJECT,
        Place::Noncurrent => INSERT_VERSION,
    };
    connection.prepare_cached(sql)?.execute(params![
        columns.bucket,
        columns.key,
        columns.sequence,
        columns.version,
        i64::from(columns.delete_marker),
        columns.size,
        columns.etag,
        columns.last_modified,
        columns.owner,
        columns.storage_class,
        columns.checksum_algorithm,
        columns.checksum_type,
        columns.detail_crc,
        columns.checksum(),
        detail
    ])?;
    Ok(())
}
