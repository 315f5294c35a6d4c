//! From schema 1 to 2: the rows of `object` and `object_version` become binary columns.
//!
//! The only code that still reads the old columns. A damaged row stays a damaged row: it is carried
//! over without content, so that reading it is an error as before, and not "no such key".

use model::{CanonicalUserId, ETag, ObjectKey, ObjectLock, Timestamp, VersionId};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, ToSql, params};

use crate::error::MetaError;
use crate::object::{DeleteMarkerRecord, ObjectHeaders, ObjectRecord, ObjectVersion};
use crate::row::checksum::{RowChecksum, crc32c};
use crate::row::document::{ObjectDocument, PartDocument};
use crate::row::text::parse_checksum;
use crate::sqlite::error::corrupt;
use crate::sqlite::object_row::columns_of;
use crate::sqlite::row_codec::{
    from_json, optional_text, parse, parse_optional, text, unsigned, verify,
};

const TABLE: &str = "object";

macro_rules! select_from {
    ($table:literal) => {
        concat!(
            "SELECT bucket, key, sequence, version, delete_marker, size, etag, last_modified, \
             owner, storage_class, checksum_algorithm, checksum_type, detail_crc, crc, detail FROM ",
            $table
        )
    };
}

/// Index of the column `detail`.
const DETAIL: usize = 14;

/// Carries all rows over and drops the old tables.
pub(super) fn convert(connection: &Connection) -> Result<(), MetaError> {
    carry_over(
        connection,
        select_from!("object_of_schema_1"),
        "INSERT INTO object (bucket, key, summary, detail) VALUES (?1, ?2, ?5, ?6)",
    )?;
    carry_over(
        connection,
        select_from!("object_version_of_schema_1"),
        "INSERT INTO object_version (bucket, key, sequence, version, summary, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    Ok(connection
        .execute_batch("DROP TABLE object_of_schema_1; DROP TABLE object_version_of_schema_1;")?)
}

fn carry_over(connection: &Connection, select: &str, insert: &str) -> Result<(), MetaError> {
    let mut select = connection.prepare(select)?;
    let mut insert = connection.prepare(insert)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let content = row.get(0).map_err(MetaError::from).and_then(|bucket: i64| {
            let version = decode(row)?;
            columns_of(crate::BucketId(bucket), &version)
        });
        let (summary, detail) = match content {
            Ok(columns) => (columns.summary, columns.detail),
            Err(error @ MetaError::Corrupt { .. }) => {
                tracing::warn!(%error, "a damaged row of schema 1 stays damaged");
                (Vec::new(), Vec::new())
            }
            Err(error) => return Err(error),
        };
        let [bucket, key, sequence, version] = [0, 1, 2, 3].map(|index| row.get_ref(index));
        insert.execute(params![
            AsStored(bucket?),
            AsStored(key?),
            AsStored(sequence?),
            AsStored(version?),
            summary,
            detail
        ])?;
    }
    Ok(())
}

/// A value as it stands in the old row, even if it is no valid text.
struct AsStored<'r>(ValueRef<'r>);

impl ToSql for AsStored<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(self.0))
    }
}

/// All columns but `detail`.
struct NarrowColumns<'r> {
    bucket: i64,
    key: &'r str,
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
    fn read(row: &'r Row<'_>) -> Result<Self, MetaError> {
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
            // Schema 1 knew no locks.
            lock: ObjectLock::default(),
            encryption: None,
            parts: parts.ok_or_else(unreadable)?,
        })
    }
}

/// Reads and checks a whole row: the narrow columns, then `detail`.
fn decode(row: &Row<'_>) -> Result<ObjectVersion, MetaError> {
    let columns = NarrowColumns::read(row)?;
    let detail = text(row, DETAIL)?;
    verify(TABLE, columns.detail_crc, crc32c(detail.as_bytes()), columns.key)?;
    if columns.delete_marker {
        return columns.delete_marker().map(ObjectVersion::DeleteMarker);
    }
    columns.object(detail).map(|record| ObjectVersion::Object(record.into()))
}
