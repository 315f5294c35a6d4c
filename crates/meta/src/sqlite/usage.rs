//! Table `bucket_usage`: counts that are kept as objects come and go, since counting would scan.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::object_row::ListedRow;
use super::row_codec::{signed, unsigned, verify};
use super::transaction::Transaction;
use crate::bucket::{BucketId, BucketUsage};
use crate::error::{MetaError, Noun};
use crate::row::checksum::RowChecksum;
use crate::scan::CountedUsage;

const TABLE: &str = "bucket_usage";

/// One row: the counts, and the last sequence given to a version.
#[derive(Clone, Copy)]
pub(crate) struct UsageRow {
    bucket: i64,
    objects: i64,
    bytes: i64,
    last_sequence: i64,
}

/// How a write changes the counts of its bucket.
#[derive(Clone, Copy, Default)]
pub(crate) struct UsageChange {
    objects: i64,
    bytes: i64,
}

impl UsageChange {
    /// Counts a new version.
    pub(crate) fn add(&mut self, size_bytes: u64) -> Result<(), MetaError> {
        self.objects = self.objects.saturating_add(1);
        self.bytes = self.bytes.saturating_add(signed(size_bytes)?);
        Ok(())
    }

    /// Counts a version that is gone.
    pub(crate) fn remove(&mut self, size_bytes: u64) -> Result<(), MetaError> {
        self.objects = self.objects.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(signed(size_bytes)?);
        Ok(())
    }
}

impl UsageRow {
    fn checksum(&self) -> i64 {
        RowChecksum::of(TABLE)
            .integer(self.bucket)
            .integer(self.objects)
            .integer(self.bytes)
            .integer(self.last_sequence)
            .finish()
    }

    fn decode(row: &Row<'_>) -> Result<Self, MetaError> {
        let columns = Self {
            bucket: row.get(0)?,
            objects: row.get(1)?,
            bytes: row.get(2)?,
            last_sequence: row.get(3)?,
        };
        verify(TABLE, row.get(4)?, columns.checksum(), columns.bucket)?;
        Ok(columns)
    }

    fn usage(&self) -> Result<BucketUsage, MetaError> {
        Ok(BucketUsage {
            objects: unsigned(TABLE, self.objects)?,
            bytes: unsigned(TABLE, self.bytes)?,
        })
    }

    /// Writes the row over the one before.
    pub(crate) fn store(&self, connection: &Connection) -> Result<(), MetaError> {
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO bucket_usage (bucket, objects, bytes, last_sequence, crc) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        statement.execute(params![
            self.bucket,
            self.objects,
            self.bytes,
            self.last_sequence,
            self.checksum()
        ])?;
        Ok(())
    }
}

/// The row of a bucket. The writer asks its transaction instead, which may know better.
pub(crate) fn find(
    connection: &Connection,
    bucket: BucketId,
) -> Result<Option<UsageRow>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT bucket, objects, bytes, last_sequence, crc FROM bucket_usage WHERE bucket = ?1",
    )?;
    statement.query_row([bucket.0], |row| Ok(UsageRow::decode(row))).optional()?.transpose()
}

/// Whose counts a row holds, after checking it.
pub(crate) fn decode_bucket(row: &Row<'_>) -> Result<BucketId, MetaError> {
    let columns = UsageRow::decode(row)?;
    columns.usage()?;
    Ok(BucketId(columns.bucket))
}

/// What the rows of a bucket come to, and the highest sequence among them; inside a transaction.
fn count_rows(connection: &Connection, bucket: BucketId) -> Result<UsageRow, MetaError> {
    let mut counted = UsageRow { bucket: bucket.0, objects: 0, bytes: 0, last_sequence: 0 };
    for sql in [
        "SELECT bucket, key, summary FROM object WHERE bucket = ?1",
        "SELECT bucket, key, summary FROM object_version WHERE bucket = ?1",
    ] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([bucket.0])?;
        while let Some(row) = rows.next()? {
            let summary = ListedRow::read(row)?.summary;
            counted.objects += 1;
            counted.bytes = counted.bytes.saturating_add(signed(summary.size_bytes())?);
            counted.last_sequence = counted.last_sequence.max(summary.sequence);
        }
    }
    Ok(counted)
}

/// Compares the kept counts with the rows; inside a transaction.
pub(crate) fn count(connection: &Connection, bucket: BucketId) -> Result<CountedUsage, MetaError> {
    let counted = count_rows(connection, bucket)?;
    let kept = match find(connection, bucket) {
        Err(error @ MetaError::Corrupt { .. }) => Err(error),
        Err(error) => return Err(error),
        Ok(row) => Ok(row),
    };
    let sequence_ahead =
        matches!(&kept, Ok(Some(row)) if row.last_sequence < counted.last_sequence);
    Ok(CountedUsage {
        kept: kept.and_then(|row| row.map(|row| row.usage()).transpose()),
        counted: counted.usage()?,
        sequence_ahead,
    })
}

/// Writes what the rows come to.
pub(crate) fn recount(tx: &Transaction, bucket: BucketId) -> Result<(), MetaError> {
    let mut row = count_rows(tx, bucket)?;
    match tx.usage(bucket) {
        Ok(Some(kept)) => row.last_sequence = row.last_sequence.max(kept.last_sequence),
        // The sequences of versions that are gone are lost with it; nobody remembers them.
        Ok(None) | Err(MetaError::Corrupt { .. }) => {}
        Err(error) => return Err(error),
    }
    tx.set_usage(bucket, Some(row));
    Ok(())
}

/// Starts the counts of a new bucket.
pub(crate) fn create(connection: &Connection, bucket: BucketId) -> Result<(), MetaError> {
    UsageRow { bucket: bucket.0, objects: 0, bytes: 0, last_sequence: 0 }.store(connection)
}

/// Ends the counts of a bucket.
pub(crate) fn delete(tx: &Transaction, bucket: BucketId) -> Result<(), MetaError> {
    let mut statement = tx.prepare_cached("DELETE FROM bucket_usage WHERE bucket = ?1")?;
    statement.execute([bucket.0])?;
    tx.set_usage(bucket, None);
    Ok(())
}

/// Applies a change and returns a sequence that no version of the bucket has had.
pub(crate) fn change(
    tx: &Transaction,
    bucket: BucketId,
    change: UsageChange,
) -> Result<i64, MetaError> {
    let mut row = tx.usage(bucket)?.ok_or(MetaError::NotFound { what: Noun::Bucket })?;
    row.objects = row.objects.saturating_add(change.objects);
    row.bytes = row.bytes.saturating_add(change.bytes);
    row.last_sequence = row.last_sequence.saturating_add(1);
    // Never below zero: more was removed than there is.
    row.usage()?;
    tx.set_usage(bucket, Some(row));
    Ok(row.last_sequence)
}

/// The counts of one bucket; zero if there is none.
pub(crate) fn of_bucket(
    connection: &Connection,
    bucket: BucketId,
) -> Result<BucketUsage, MetaError> {
    find(connection, bucket)?.map_or(Ok(BucketUsage::default()), |row| row.usage())
}

/// The number of buckets, and their counts together.
pub(crate) fn total(connection: &Connection) -> Result<(u64, BucketUsage), MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT bucket, objects, bytes, last_sequence, crc FROM bucket_usage ORDER BY bucket",
    )?;
    let mut rows = statement.query([])?;
    let (mut buckets, mut sum) = (0, BucketUsage::default());
    while let Some(row) = rows.next()? {
        let usage = UsageRow::decode(row)?.usage()?;
        buckets += 1;
        sum.objects = sum.objects.saturating_add(usage.objects);
        sum.bytes = sum.bytes.saturating_add(usage.bytes);
    }
    Ok((buckets, sum))
}
