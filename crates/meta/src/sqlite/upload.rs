//! Tables `upload` and `completed_upload`.

use std::collections::BTreeMap;

use model::{CanonicalUserId, ChecksumAlgorithm, ChecksumType, ObjectKey, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::corrupt;
use super::row_codec::{from_json, optional_text, parse, parse_optional, text, to_json, verify};
use super::transaction::Transaction;
use super::{bucket, completed_upload, garbage, object_write, upload_part};
use crate::bucket::BucketId;
use crate::error::{MetaError, Noun};
use crate::object::{ObjectHeaders, ObjectRecord};
use crate::row::checksum::{RowChecksum, crc32c};
use crate::row::document::{AclDocument, HeadersDocument, LockDocument, ObjectDocument};
use crate::row::object_detail::{encryption_text, parse_encryption};
use crate::upload::{CompleteUpload, Initiator, UploadId, UploadRecord, UploadSummary};

const TABLE: &str = "upload";

/// No upload in progress has this id.
pub(crate) const NOT_FOUND: MetaError = MetaError::NotFound { what: Noun::Upload };

/// The narrow columns in the order in which [`NarrowColumns::read`] expects them.
macro_rules! narrow_columns {
    () => {
        "id, bucket, key, initiated, initiator, initiator_canonical_id, owner, storage_class, \
         checksum_algorithm, checksum_type, detail_crc, crc"
    };
}
pub(crate) use narrow_columns;

/// Index of the column `detail`, selected behind the narrow ones.
const DETAIL: usize = 12;

const SELECT: &str = concat!("SELECT ", narrow_columns!(), ", detail FROM upload WHERE id = ?1");

const INSERT: &str = concat!(
    "INSERT INTO upload (",
    narrow_columns!(),
    ", detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
);

/// The columns that a listing reads, all but `detail`.
pub(crate) struct NarrowColumns<'r> {
    pub(crate) id: &'r str,
    bucket: i64,
    pub(crate) key: &'r str,
    initiated: i64,
    initiator: &'r str,
    initiator_canonical_id: &'r str,
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
            id: text(row, 0)?,
            bucket: row.get(1)?,
            key: text(row, 2)?,
            initiated: row.get(3)?,
            initiator: text(row, 4)?,
            initiator_canonical_id: text(row, 5)?,
            owner: text(row, 6)?,
            storage_class: text(row, 7)?,
            checksum_algorithm: optional_text(row, 8)?,
            checksum_type: optional_text(row, 9)?,
            detail_crc: row.get(10)?,
        };
        verify(TABLE, row.get(11)?, columns.checksum(), columns.id)?;
        Ok(columns)
    }

    fn checksum(&self) -> i64 {
        RowChecksum::of(TABLE)
            .text(self.id)
            .integer(self.bucket)
            .text(self.key)
            .integer(self.initiated)
            .text(self.initiator)
            .text(self.initiator_canonical_id)
            .text(self.owner)
            .text(self.storage_class)
            .optional_text(self.checksum_algorithm)
            .optional_text(self.checksum_type)
            .integer(self.detail_crc)
            .finish()
    }

    /// The entry of a listing.
    pub(crate) fn summary(&self) -> Result<UploadSummary, MetaError> {
        Ok(UploadSummary {
            key: parse(TABLE, self.key, |key| ObjectKey::parse(key).ok())?,
            id: parse(TABLE, self.id, UploadId::parse)?,
            initiated: Timestamp::from_unix_millis(self.initiated),
            initiator: Initiator {
                id: self.initiator.to_owned(),
                canonical_id: parse(TABLE, self.initiator_canonical_id, CanonicalUserId::parse)?,
            },
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
}

/// Reads and checks a whole row: the narrow columns, then `detail`.
pub(crate) fn decode(row: &Row<'_>) -> Result<UploadRecord, MetaError> {
    let columns = NarrowColumns::read(row)?;
    let detail = text(row, DETAIL)?;
    verify(TABLE, columns.detail_crc, crc32c(detail.as_bytes()), columns.id)?;
    let document: ObjectDocument = from_json(TABLE, detail)?;
    let summary = columns.summary()?;
    let acl = match &document.acl {
        Some(acl) => Some(acl.decode().ok_or_else(|| corrupt(TABLE, "cannot read ACL"))?),
        None => None,
    };
    let lock = document.lock.decode().ok_or_else(|| corrupt(TABLE, "cannot read lock"))?;
    Ok(UploadRecord {
        id: summary.id,
        bucket: BucketId(columns.bucket),
        key: summary.key,
        initiated: summary.initiated,
        initiator: summary.initiator,
        owner: summary.owner,
        acl,
        storage_class: summary.storage_class,
        headers: ObjectHeaders::from(document.headers),
        user_metadata: document.user_metadata,
        tags: document.tags,
        lock,
        checksum_algorithm: summary.checksum_algorithm,
        checksum_type: summary.checksum_type,
        encryption: parse_optional(TABLE, document.encryption.as_deref(), parse_encryption)?,
    })
}

/// The upload in progress with this id.
pub(crate) fn by_id(
    connection: &Connection,
    id: &UploadId,
) -> Result<Option<UploadRecord>, MetaError> {
    let mut statement = connection.prepare_cached(SELECT)?;
    statement.query_row([id.as_str()], |row| Ok(decode(row))).optional()?.transpose()
}

/// The upload in progress with this id, if it is one of this key.
pub(crate) fn find(
    connection: &Connection,
    bucket: BucketId,
    key: &ObjectKey,
    id: &UploadId,
) -> Result<Option<UploadRecord>, MetaError> {
    let found = by_id(connection, id)?;
    Ok(found.filter(|upload| upload.bucket == bucket && upload.key == *key))
}

/// Starts an upload.
pub(crate) fn create(tx: &Transaction, upload: &UploadRecord) -> Result<(), MetaError> {
    bucket::version_rules(tx, upload.bucket)?;
    if by_id(tx, &upload.id)?.is_some() {
        return Err(MetaError::AlreadyExists { what: Noun::Upload });
    }
    let document = ObjectDocument {
        acl: upload.acl.as_ref().map(AclDocument::from),
        headers: HeadersDocument::from(&upload.headers),
        user_metadata: upload.user_metadata.clone(),
        tags: upload.tags.clone(),
        lock: LockDocument::from(upload.lock),
        encryption: upload.encryption.as_ref().map(encryption_text),
        ..ObjectDocument::default()
    };
    let detail = to_json(&document)?;
    let columns = NarrowColumns {
        id: upload.id.as_str(),
        bucket: upload.bucket.0,
        key: upload.key.as_str(),
        initiated: upload.initiated.unix_millis,
        initiator: &upload.initiator.id,
        initiator_canonical_id: upload.initiator.canonical_id.as_str(),
        owner: upload.owner.as_str(),
        storage_class: &upload.storage_class,
        checksum_algorithm: upload.checksum_algorithm.map(ChecksumAlgorithm::as_str),
        checksum_type: upload.checksum_type.map(ChecksumType::as_str),
        detail_crc: crc32c(detail.as_bytes()),
    };
    tx.prepare_cached(INSERT)?.execute(params![
        columns.id,
        columns.bucket,
        columns.key,
        columns.initiated,
        columns.initiator,
        columns.initiator_canonical_id,
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

/// Takes the upload and its parts away.
fn remove(connection: &Connection, id: &UploadId) -> Result<(), MetaError> {
    for sql in ["DELETE FROM upload_part WHERE upload = ?1", "DELETE FROM upload WHERE id = ?1"] {
        connection.prepare_cached(sql)?.execute([id.as_str()])?;
    }
    Ok(())
}

/// Ends an upload without an object.
pub(crate) fn abort(
    connection: &Connection,
    id: &UploadId,
    now: Timestamp,
) -> Result<(), MetaError> {
    by_id(connection, id)?.ok_or(NOT_FOUND)?;
    let parts = upload_part::all(connection, id)?;
    garbage::add(connection, parts.into_iter().filter_map(|stored| stored.part.blob), now)?;
    remove(connection, id)
}

/// Ends every upload of a bucket, which is about to be removed.
pub(crate) fn abort_all(
    connection: &Connection,
    bucket: BucketId,
    now: Timestamp,
) -> Result<(), MetaError> {
    loop {
        let sql = "SELECT id FROM upload WHERE bucket = ?1 LIMIT 1";
        let mut statement = connection.prepare_cached(sql)?;
        let next: Option<String> = statement.query_row([bucket.0], |row| row.get(0)).optional()?;
        let Some(id) = next else { return Ok(()) };
        let unreadable = || MetaError::Corrupt { table: "upload", detail: "unreadable id".into() };
        abort(connection, &UploadId::parse(&id).ok_or_else(unreadable)?, now)?;
    }
}

/// Turns an upload into its object.
pub(crate) fn complete(
    tx: &Transaction,
    completion: CompleteUpload,
) -> Result<ObjectRecord, MetaError> {
    let CompleteUpload { id, object, precondition } = completion;
    let upload = by_id(tx, &id)?.filter(|upload| upload.key == object.key);
    let upload = upload.ok_or(NOT_FOUND)?;
    let mut stored: BTreeMap<u16, _> = upload_part::all(tx, &id)?
        .into_iter()
        .map(|stored| (stored.part.number, stored.part))
        .collect();
    for chosen in &object.parts {
        // The whole part is compared: one that was replaced by equal bytes has another blob, and
        // the blob that was read about is garbage.
        if stored.remove(&chosen.number).as_ref() != Some(chosen) {
            return Err(MetaError::Conflict { what: Noun::Part });
        }
    }
    let now = object.last_modified;
    garbage::add(tx, stored.into_values().filter_map(|part| part.blob), now)?;
    remove(tx, &id)?;
    let record = object_write::put(tx, upload.bucket, object, precondition)?;
    completed_upload::remember(tx, &id, upload.bucket, &record)?;
    Ok(record)
}
