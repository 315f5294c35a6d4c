//! Walking through whole tables, and counting what is otherwise kept as a count.
//!
//! Nothing here is called while requests are served: these methods wait for the disk on the calling
//! thread and may take as long as the table is.

use model::BlobRef;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use super::{
    SqliteStore, access_key, access_key_use, account, bucket, completed_upload, encryption_key,
    event, garbage, iam_entity, iam_link, object_read, object_row, upload, upload_part, usage,
};
use crate::blob_hint::BlobHint;
use crate::bucket::{BucketId, BucketRecord};
use crate::error::MetaError;
use crate::object::ObjectVersion;
use crate::scan::{
    CountedUsage, KeyColumn, RowCursor, RowPage, ScannedRow, ScannedTable, StoredRow,
};
use crate::upload::{UploadId, UploadRecord};

/// Parts of objects that a page may hold, however few rows that are: a row has up to 10,000.
const PAGE_PARTS_MAX: usize = 10_000;
/// Messages of SQLite's own check; more tell nothing new.
const INTEGRITY_MESSAGES_MAX: usize = 100;

/// How one table is walked: in the order of its primary key, from behind a row on.
struct Walk {
    /// Columns in the order in which the table's own `decode` reads them.
    columns: &'static str,
    /// Condition for the rows behind the key in ?1, ?2, ?3.
    behind: &'static str,
    /// The primary key, ascending.
    order: &'static str,
    /// Where the primary key stands among the columns.
    key: &'static [usize],
    decode: fn(&Connection, &Row<'_>) -> Result<StoredRow, MetaError>,
}

fn walk(table: ScannedTable) -> Walk {
    match table {
        ScannedTable::Account => Walk {
            columns: "id, canonical_id, name, email, created, public_access, crc",
            behind: "id > ?1",
            order: "id",
            key: &[0],
            decode: |_, row| account::decode(row).map(|row| StoredRow::Account(Box::new(row))),
        },
        ScannedTable::AccessKey => Walk {
            columns: "id, account, user, sealed_secret, active, created, crc",
            behind: "id > ?1",
            order: "id",
            key: &[0],
            decode: |_, row| access_key::decode(row).map(|row| StoredRow::AccessKey(Box::new(row))),
        },
        ScannedTable::Bucket => Walk {
            columns: "id, name, owner, region, created, versioning, object_ownership, \
                      public_access, revision, detail_crc, crc, acl, policy",
            behind: "id > ?1",
            order: "id",
            key: &[0],
            decode: |db, row| bucket::decode(db, row).map(|row| StoredRow::Bucket(Box::new(row))),
        },
        ScannedTable::BucketUsage => Walk {
            columns: "bucket, objects, bytes, last_sequence, crc",
            behind: "bucket > ?1",
            order: "bucket",
            key: &[0],
            decode: |_, row| usage::decode_bucket(row).map(StoredRow::BucketUsage),
        },
        ScannedTable::Object => Walk {
            columns: "bucket, key, summary, detail",
            behind: "(bucket, key) > (?1, ?2)",
            order: "bucket, key",
            key: &[0, 1],
            decode: |_, row| stored_object(row, object_row::decode(row)?),
        },
        // The condition on the sequence is looked at row by row, which is fast enough for the
        // versions of one key.
        ScannedTable::ObjectVersion => Walk {
            // The sequence descends in the primary key, so its negative ascends.
            columns: "bucket, key, summary, detail, sequence, version, -sequence",
            behind: "(bucket, key) >= (?1, ?2) \
                     AND NOT (bucket = ?1 AND key = ?2 AND -sequence <= ?3)",
            order: "bucket, key, sequence DESC",
            key: &[0, 1, 6],
            decode: |_, row| stored_object(row, object_row::decode_noncurrent(row)?),
        },
        ScannedTable::Upload
        | ScannedTable::UploadPart
        | ScannedTable::CompletedUpload
        | ScannedTable::Garbage => walk_of_upload_or_garbage(table),
        ScannedTable::IamEntity | ScannedTable::IamLink | ScannedTable::AccessKeyUse => {
            walk_of_iam(table)
        }
        ScannedTable::Event => Walk {
            columns: event::columns!(),
            behind: "id > ?1",
            order: "id",
            key: &[0],
            decode: |_, row| event::decode(row).map(|_| StoredRow::Event),
        },
        ScannedTable::EncryptionKey => Walk {
            columns: "number, document, crc",
            behind: "number > ?1",
            order: "number",
            key: &[0],
            decode: |_, row| encryption_key::decode(row).map(StoredRow::EncryptionKey),
        },
    }
}

fn walk_of_upload_or_garbage(table: ScannedTable) -> Walk {
    match table {
        ScannedTable::Upload => Walk {
            columns: concat!(upload::narrow_columns!(), ", detail"),
            behind: "id > ?1",
            order: "id",
            key: &[0],
            decode: |_, row| upload::decode(row).map(|row| StoredRow::Upload(Box::new(row))),
        },
        ScannedTable::UploadPart => Walk {
            columns: "upload, number, size, etag, checksum, blob, last_modified, salt, crc",
            behind: "(upload, number) > (?1, ?2)",
            order: "upload, number",
            key: &[0, 1],
            decode: |_, row| {
                let (upload, part) = upload_part::decode_with_upload(row)?;
                Ok(StoredRow::Part { upload, part })
            },
        },
        ScannedTable::CompletedUpload => Walk {
            columns: "id, bucket, key, completed, version, etag, checksum, crc",
            behind: "id > ?1",
            order: "id",
            key: &[0],
            decode: |_, row| completed_upload::decode(row).map(|_| StoredRow::CompletedUpload),
        },
        _ => Walk {
            columns: "blob, since, crc",
            behind: "blob > ?1",
            order: "blob",
            key: &[0],
            decode: |_, row| garbage::decode(row).map(StoredRow::Garbage),
        },
    }
}

fn walk_of_iam(table: ScannedTable) -> Walk {
    match table {
        ScannedTable::IamEntity => Walk {
            columns: "account, kind, key, id, document, crc",
            behind: "(account, kind, key) > (?1, ?2, ?3)",
            order: "account, kind, key",
            key: &[0, 1, 2],
            decode: |_, row| iam_entity::decode(row).map(StoredRow::IamEntity),
        },
        ScannedTable::IamLink => Walk {
            columns: "account, relation, target, kind, key, crc",
            behind: "(account, relation, target, kind, key) > (?1, ?2, ?3, ?4, ?5)",
            order: "account, relation, target, kind, key",
            key: &[0, 1, 2, 3, 4],
            decode: |_, row| iam_link::decode(row).map(|_| StoredRow::IamDetail),
        },
        _ => Walk {
            columns: "id, used, service, region, crc",
            behind: "id > ?1",
            order: "id",
            key: &[0],
            decode: |_, row| access_key_use::decode(row).map(|_| StoredRow::IamDetail),
        },
    }
}

fn stored_object(row: &Row<'_>, version: ObjectVersion) -> Result<StoredRow, MetaError> {
    Ok(StoredRow::Object { bucket: BucketId(row.get(0)?), version })
}

impl SqliteStore {
    /// A page of a table: at most `limit` rows behind `after`, the damaged ones among them. An
    /// error means that the walk cannot go on, because the pages of the database are damaged.
    pub fn scan(
        &self,
        table: ScannedTable,
        after: Option<&RowCursor>,
        limit: usize,
    ) -> Result<RowPage, MetaError> {
        self.readers.snapshot(|db| page(db, table, after, limit))
    }

    /// What SQLite itself finds wrong; `quick` leaves out comparing indexes with their tables.
    /// Empty if nothing.
    pub fn integrity(&self, quick: bool) -> Result<Vec<String>, MetaError> {
        let pragma = if quick { "quick_check" } else { "integrity_check" };
        self.readers.read(|db| {
            let mut statement =
                db.prepare(&format!("PRAGMA {pragma}({INTEGRITY_MESSAGES_MAX})"))?;
            let mut rows = statement.query([])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                let message: String = row.get(0)?;
                if message != "ok" {
                    messages.push(message);
                }
            }
            Ok(messages)
        })
    }

    /// The bucket with this id.
    pub fn bucket_by_id(&self, id: BucketId) -> Result<Option<BucketRecord>, MetaError> {
        self.readers.snapshot(|db| match bucket::by_id(db, id) {
            Ok(record) => Ok(Some(record)),
            Err(MetaError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        })
    }

    /// The upload in progress with this id, of whatever key.
    pub fn upload_by_id(&self, id: &UploadId) -> Result<Option<UploadRecord>, MetaError> {
        self.readers.read(|db| upload::by_id(db, id))
    }

    /// How many records refer to a blob, among those that its hint names: versions of the key, and
    /// the part of the upload.
    pub fn count_references(&self, hint: &BlobHint, blob: &BlobRef) -> Result<usize, MetaError> {
        self.readers.snapshot(|db| {
            let (BlobHint::Object { bucket, key } | BlobHint::Part { bucket, key, .. }) = hint;
            let mut count = object_read::versions_with(db, *bucket, key, blob)?;
            if let BlobHint::Part { upload, number, .. } = hint {
                let part = upload_part::find(db, upload, *number)?;
                count += usize::from(part.is_some_and(|row| row.part.blob.as_ref() == Some(blob)));
            }
            Ok(count)
        })
    }

    /// Whether the blob is noted as garbage.
    pub fn is_garbage(&self, blob: &BlobRef) -> Result<bool, MetaError> {
        self.readers.read(|db| garbage::contains(db, blob))
    }

    /// Counts what a bucket holds and compares that with the kept counts; costs the bucket's rows.
    pub fn count_usage(&self, id: BucketId) -> Result<CountedUsage, MetaError> {
        self.readers.snapshot(|db| usage::count(db, id))
    }

    /// Replaces the counts of a bucket by what its rows come to. Sequences that were given out are
    /// not given out again.
    pub async fn recount_usage(&self, id: BucketId) -> Result<(), MetaError> {
        self.writer.write(move |tx| usage::recount(tx, id)).await
    }
}

fn page(
    connection: &Connection,
    table: ScannedTable,
    after: Option<&RowCursor>,
    limit: usize,
) -> Result<RowPage, MetaError> {
    let walk = walk(table);
    let condition = if after.is_some() { walk.behind } else { "true" };
    let sql = format!(
        "SELECT {} FROM {} WHERE {condition} ORDER BY {} LIMIT {limit}",
        walk.columns,
        table.name(),
        walk.order
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let parameters = after.map(|cursor| cursor.0.as_slice()).unwrap_or_default();
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut page = RowPage::default();
    let mut parts = 0;
    let mut last = after.cloned();
    while let Some(row) = rows.next()? {
        let cursor = cursor(table, &walk, row)?;
        if last.as_ref().is_some_and(|last| *last >= cursor) {
            let detail = format!("rows are out of order at {}", name(&cursor));
            return Err(MetaError::Corrupt { table: table.name(), detail });
        }
        let content = (walk.decode)(connection, row);
        parts += part_count(&content);
        page.rows.push(ScannedRow { name: name(&cursor), object: object(table, &cursor), content });
        last = Some(cursor);
        if page.rows.len() == limit || parts >= PAGE_PARTS_MAX {
            page.next = last;
            break;
        }
    }
    Ok(page)
}

fn part_count(content: &Result<StoredRow, MetaError>) -> usize {
    match content {
        Ok(StoredRow::Object { version: ObjectVersion::Object(record), .. }) => record.parts.len(),
        _ => 0,
    }
}

fn cursor(table: ScannedTable, walk: &Walk, row: &Row<'_>) -> Result<RowCursor, MetaError> {
    let column = |index: &usize| match row.get_ref(*index)? {
        ValueRef::Integer(number) => Ok(KeyColumn::Integer(number)),
        ValueRef::Text(bytes) => Ok(KeyColumn::Text(bytes.to_vec())),
        _ => {
            let detail = "a primary key is neither a number nor a text".to_owned();
            Err(MetaError::Corrupt { table: table.name(), detail })
        }
    };
    Ok(RowCursor(walk.key.iter().map(column).collect::<Result<_, MetaError>>()?))
}

fn name(cursor: &RowCursor) -> String {
    let words: Vec<String> = cursor.0.iter().map(KeyColumn::words).collect();
    words.join("/")
}

fn object(table: ScannedTable, cursor: &RowCursor) -> Option<(BucketId, String)> {
    match (table, cursor.0.as_slice()) {
        (
            ScannedTable::Object | ScannedTable::ObjectVersion,
            [KeyColumn::Integer(bucket), key, ..],
        ) => Some((BucketId(*bucket), key.words())),
        _ => None,
    }
}

impl KeyColumn {
    fn words(&self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

impl ToSql for KeyColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(bytes) => ValueRef::Text(bytes),
        }))
    }
}
