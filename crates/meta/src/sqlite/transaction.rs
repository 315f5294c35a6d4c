//! The transaction of the writer, and what it remembers while it lasts.
//!
//! Some thirty writes share a transaction. Each asks whether its bucket is versioned, and each
//! changes the counts of its bucket: both rows are read once, and the counts are written once, before
//! the commit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use rusqlite::Connection;

use super::connection::execute;
use super::object_cache::ObjectName;
use super::usage::{self, UsageRow};
use crate::bucket::{BucketId, VersionRules};
use crate::error::MetaError;

/// The writer's connection with a transaction of several writes.
pub(crate) struct Transaction {
    connection: Connection,
    memory: RefCell<Memory>,
}

/// What is known of the buckets, beside the rows.
#[derive(Default)]
struct Memory {
    version_rules: BTreeMap<BucketId, VersionRules>,
    /// The counts as the writes that succeeded left them.
    usage: BTreeMap<BucketId, UsageRow>,
    /// The counts that the write at work changed; `None` where it removed them.
    usage_of_write: BTreeMap<BucketId, Option<UsageRow>>,
    /// Keys whose current version may have changed.
    changed: Vec<ObjectName>,
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Transaction {
    /// No transaction yet.
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, memory: RefCell::default() }
    }

    /// The connection, when no transaction is needed any more.
    #[cfg(test)]
    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Begins a transaction, which knows nothing yet.
    pub(crate) fn begin(&self) -> Result<(), MetaError> {
        self.memory.replace(Memory::default());
        execute(self, "BEGIN IMMEDIATE")
    }

    /// Runs one write, which leaves nothing behind if it fails. The outer error means that the whole
    /// transaction is lost.
    pub(crate) fn run(
        &self,
        write: impl FnOnce(&Self) -> Result<(), MetaError>,
    ) -> Result<(), MetaError> {
        execute(self, "SAVEPOINT one_write")?;
        let Err(error) = write(self) else {
            self.keep();
            return execute(self, "RELEASE one_write");
        };
        // SQLite itself ends the transaction after some errors, such as a full disk.
        if self.is_autocommit() {
            return Err(error);
        }
        let mut memory = self.memory.borrow_mut();
        memory.usage_of_write.clear();
        memory.version_rules.clear();
        drop(memory);
        execute(self, "ROLLBACK TO one_write")?;
        execute(self, "RELEASE one_write")
    }

    fn keep(&self) {
        let mut memory = self.memory.borrow_mut();
        for (bucket, row) in std::mem::take(&mut memory.usage_of_write) {
            match row {
                Some(row) => memory.usage.insert(bucket, row),
                None => memory.usage.remove(&bucket),
            };
        }
    }

    /// Writes what is still only in memory. To be called before the commit.
    pub(crate) fn flush(&self) -> Result<(), MetaError> {
        let rows = std::mem::take(&mut self.memory.borrow_mut().usage);
        rows.into_values().try_for_each(|row| row.store(self))
    }

    /// Commits what was flushed.
    pub(crate) fn commit(&self) -> Result<(), MetaError> {
        execute(self, "COMMIT")
    }

    /// The keys whose current version the transaction may change.
    pub(crate) fn take_changed(&self) -> Vec<ObjectName> {
        std::mem::take(&mut self.memory.borrow_mut().changed)
    }

    /// Notes that the current version of this key may change.
    pub(crate) fn note_changed(&self, name: ObjectName) {
        self.memory.borrow_mut().changed.push(name);
    }

    /// Whether versions of the bucket are kept and locked: from memory, or what `read` finds.
    pub(crate) fn version_rules(
        &self,
        bucket: BucketId,
        read: impl FnOnce(&Connection) -> Result<VersionRules, MetaError>,
    ) -> Result<VersionRules, MetaError> {
        if let Some(rules) = self.memory.borrow().version_rules.get(&bucket) {
            return Ok(*rules);
        }
        let rules = read(self)?;
        self.memory.borrow_mut().version_rules.insert(bucket, rules);
        Ok(rules)
    }

    /// To be called when the row of a bucket was changed.
    pub(crate) fn forget_version_rules(&self, bucket: BucketId) {
        self.memory.borrow_mut().version_rules.remove(&bucket);
    }

    /// The counts of a bucket as the transaction has left them.
    pub(crate) fn usage(&self, bucket: BucketId) -> Result<Option<UsageRow>, MetaError> {
        let memory = self.memory.borrow();
        if let Some(row) = memory.usage_of_write.get(&bucket) {
            return Ok(*row);
        }
        match memory.usage.get(&bucket) {
            Some(row) => Ok(Some(*row)),
            None => usage::find(self, bucket),
        }
    }

    /// Changes the counts of a bucket; `None` if their row was removed.
    pub(crate) fn set_usage(&self, bucket: BucketId, row: Option<UsageRow>) {
        self.memory.borrow_mut().usage_of_write.insert(bucket, row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::Versioning;
    use crate::sqlite::schema::upgrade;
    use crate::sqlite::usage::UsageChange;

    const BUCKET: BucketId = BucketId(7);

    fn transaction() -> Transaction {
        let connection = Connection::open_in_memory().unwrap();
        upgrade(&connection).unwrap();
        usage::create(&connection, BUCKET).unwrap();
        Transaction::new(connection)
    }

    fn add(tx: &Transaction, size_bytes: u64) -> Result<(), MetaError> {
        let mut change = UsageChange::default();
        change.add(size_bytes)?;
        usage::change(tx, BUCKET, change).map(drop)
    }

    fn stored(tx: &Transaction) -> (u64, u64) {
        let usage = usage::of_bucket(tx, BUCKET).unwrap();
        (usage.objects, usage.bytes)
    }

    #[test]
    fn counts_are_written_once_and_without_the_writes_that_failed() {
        let tx = transaction();
        tx.begin().unwrap();
        tx.run(|tx| add(tx, 5)).unwrap();
        tx.run(|tx| add(tx, 100).and(Err(MetaError::NotEmpty))).unwrap();
        tx.run(|tx| add(tx, 6)).unwrap();
        assert_eq!(stored(&tx), (0, 0), "not yet");
        tx.flush().unwrap();
        tx.commit().unwrap();
        assert_eq!(stored(&tx), (2, 11));
        tx.begin().unwrap();
        assert_eq!(usage::change(&tx, BUCKET, UsageChange::default()), Ok(3), "sequences go on");
    }

    #[test]
    fn counts_that_were_removed_stay_removed() {
        let tx = transaction();
        tx.begin().unwrap();
        tx.run(|tx| add(tx, 5)).unwrap();
        tx.run(|tx| usage::delete(tx, BUCKET).and(Err(MetaError::NotEmpty))).unwrap();
        assert!(tx.usage(BUCKET).unwrap().is_some(), "the removal failed");
        tx.run(|tx| usage::delete(tx, BUCKET)).unwrap();
        assert!(tx.usage(BUCKET).unwrap().is_none());
        tx.flush().unwrap();
        tx.commit().unwrap();
        assert_eq!(tx.usage(BUCKET).map(|row| row.is_none()), Ok(true));
    }

    #[test]
    fn what_is_known_of_a_bucket_ends_with_a_failed_write_and_with_the_transaction() {
        let tx = transaction();
        let rules = VersionRules { versioning: Versioning::Enabled, object_lock: None };
        let known = || {
            let read = tx.version_rules(BUCKET, |_| Err(MetaError::Closed));
            assert_eq!(read, Ok(rules));
        };
        let unknown = || {
            let mut is_read = false;
            let read = tx.version_rules(BUCKET, |_| {
                is_read = true;
                Ok(rules)
            });
            assert_eq!((read, is_read), (Ok(rules), true));
        };
        tx.begin().unwrap();
        unknown();
        known();
        tx.forget_version_rules(BUCKET);
        unknown();
        tx.run(|_| Err(MetaError::NotEmpty)).unwrap();
        unknown();
        tx.commit().unwrap();
        tx.begin().unwrap();
        unknown();
    }
}
