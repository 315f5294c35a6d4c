//! Tables `bucket` and `bucket_setting`.

use std::collections::BTreeMap;

use model::limits::{BUCKET_SETTINGS_MAX, BUCKETS_PER_ACCOUNT_MAX, LIST_BUCKETS_MAX};
use model::{AccessControlList, AccountId, BucketName, ObjectOwnership, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::corrupt;
use super::row_codec::{
    from_json, optional_text, parse, parse_optional, text, to_json, unsigned, verify,
};
use super::transaction::Transaction;
use super::{account, upload, usage};
use crate::bucket::{
    BucketChange, BucketCreation, BucketId, BucketPage, BucketRecord, BucketSummary,
    ListBucketsQuery, NewBucket, VersionRules, Versioning,
};
use crate::error::{MetaError, Noun};
use crate::listing::just_after;
use crate::row::checksum::RowChecksum;
use crate::row::document::AclDocument;
use crate::row::text::{parse_version_rules, version_rules_text};

const TABLE: &str = "bucket";

const NOT_FOUND: MetaError = MetaError::NotFound { what: Noun::Bucket };

/// The narrow columns of one row, which every write of an object reads.
struct BucketRow<'r> {
    id: i64,
    name: &'r str,
    owner: i64,
    region: &'r str,
    created: i64,
    versioning: &'r str,
    object_ownership: Option<&'r str>,
    public_access: Option<&'r str>,
    revision: i64,
    detail_crc: i64,
}

impl<'r> BucketRow<'r> {
    /// Reads and checks the columns `id` to `crc`, which are selected first.
    fn read(row: &'r Row<'_>) -> Result<Self, MetaError> {
        let columns = Self {
            id: row.get(0)?,
            name: text(row, 1)?,
            owner: row.get(2)?,
            region: text(row, 3)?,
            created: row.get(4)?,
            versioning: text(row, 5)?,
            object_ownership: optional_text(row, 6)?,
            public_access: optional_text(row, 7)?,
            revision: row.get(8)?,
            detail_crc: row.get(9)?,
        };
        verify(TABLE, row.get(10)?, columns.checksum(), columns.name)?;
        Ok(columns)
    }

    fn checksum(&self) -> i64 {
        RowChecksum::of(TABLE)
            .integer(self.id)
            .text(self.name)
            .integer(self.owner)
            .text(self.region)
            .integer(self.created)
            .text(self.versioning)
            .optional_text(self.object_ownership)
            .optional_text(self.public_access)
            .integer(self.revision)
            .integer(self.detail_crc)
            .finish()
    }
}

/// Checksum of ACL, policy and settings: a setting that has vanished is noticed too.
fn detail_checksum(acl: &str, policy: Option<&str>, settings: &BTreeMap<String, String>) -> i64 {
    settings
        .iter()
        .fold(
            RowChecksum::of("bucket_detail").text(acl).optional_text(policy),
            |sum, (name, value)| sum.text(name).text(value),
        )
        .finish()
}

fn settings(connection: &Connection, id: i64) -> Result<BTreeMap<String, String>, MetaError> {
    let mut statement =
        connection.prepare_cached("SELECT name, value FROM bucket_setting WHERE bucket = ?1")?;
    let mut rows = statement.query([id])?;
    let mut settings = BTreeMap::new();
    while let Some(row) = rows.next()? {
        settings.insert(row.get(0)?, row.get(1)?);
    }
    Ok(settings)
}

/// Reads and checks a row with its settings.
pub(crate) fn decode(connection: &Connection, row: &Row<'_>) -> Result<BucketRecord, MetaError> {
    let columns = BucketRow::read(row)?;
    let rules = parse(TABLE, columns.versioning, parse_version_rules)?;
    let (acl, policy) = (text(row, 11)?, optional_text(row, 12)?);
    let settings = settings(connection, columns.id)?;
    let detail = detail_checksum(acl, policy, &settings);
    verify(TABLE, columns.detail_crc, detail, columns.name)?;
    Ok(BucketRecord {
        id: BucketId(columns.id),
        name: parse(TABLE, columns.name, BucketName::parse)?,
        owner: account::parse_id(TABLE, columns.owner)?,
        region: columns.region.to_owned(),
        created: Timestamp::from_unix_millis(columns.created),
        versioning: rules.versioning,
        object_lock: rules.object_lock,
        object_ownership: parse_optional(TABLE, columns.object_ownership, ObjectOwnership::parse)?,
        public_access: account::parse_public_access(TABLE, columns.public_access)?,
        acl: decode_acl(acl)?,
        policy: policy.map(str::to_owned),
        settings,
        revision: unsigned(TABLE, columns.revision)?,
    })
}

fn decode_acl(text: &str) -> Result<AccessControlList, MetaError> {
    let document: AclDocument = from_json(TABLE, text)?;
    document.decode().ok_or_else(|| corrupt(TABLE, format_args!("cannot read ACL `{text}`")))
}

/// The bucket with this name; several statements, so inside a transaction.
pub(crate) fn by_name(
    connection: &Connection,
    name: &BucketName,
) -> Result<Option<BucketRecord>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, owner, region, created, versioning, object_ownership, public_access, \
         revision, detail_crc, crc, acl, policy FROM bucket WHERE name = ?1",
    )?;
    let found = statement
        .query_row([name.as_str()], |row| Ok(decode(connection, row)))
        .optional()?
        .transpose()?;
    match found {
        // The index could be damaged where the row is not.
        Some(record) if record.name != *name => {
            Err(corrupt(TABLE, format_args!("index names `{name}` wrongly")))
        }
        found => Ok(found),
    }
}

/// The bucket with this id; several statements, so inside a transaction.
pub(crate) fn by_id(connection: &Connection, id: BucketId) -> Result<BucketRecord, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, owner, region, created, versioning, object_ownership, public_access, \
         revision, detail_crc, crc, acl, policy FROM bucket WHERE id = ?1",
    )?;
    let found = statement.query_row([id.0], |row| Ok(decode(connection, row))).optional()?;
    found.transpose()?.ok_or(NOT_FOUND)
}

/// Whether versions of a bucket are kept and locked, and thereby that it exists.
pub(crate) fn version_rules(tx: &Transaction, id: BucketId) -> Result<VersionRules, MetaError> {
    tx.version_rules(id, |connection| read_version_rules(connection, id))
}

fn read_version_rules(connection: &Connection, id: BucketId) -> Result<VersionRules, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, owner, region, created, versioning, object_ownership, public_access, \
         revision, detail_crc, crc FROM bucket WHERE id = ?1",
    )?;
    let found = statement
        .query_row([id.0], |row| {
            Ok(BucketRow::read(row)
                .and_then(|columns| parse(TABLE, columns.versioning, parse_version_rules)))
        })
        .optional()?;
    found.transpose()?.ok_or(NOT_FOUND)
}

/// A page of an account's buckets.
pub(crate) fn list(
    connection: &Connection,
    owner: AccountId,
    query: ListBucketsQuery<'_>,
) -> Result<BucketPage, MetaError> {
    let limit = query.limit.min(LIST_BUCKETS_MAX);
    let mut page = BucketPage::default();
    if limit == 0 {
        return Ok(page);
    }
    let lower = query.after.map(just_after).unwrap_or_default().max(query.prefix.to_owned());
    let mut statement = connection.prepare_cached(
        "SELECT id, name, owner, region, created, versioning, object_ownership, public_access, \
         revision, detail_crc, crc FROM bucket WHERE owner = ?1 AND name >= ?2 ORDER BY name",
    )?;
    let mut rows = statement.query(params![account::id_column(owner), lower])?;
    while let Some(row) = rows.next()? {
        let columns = BucketRow::read(row)?;
        if !columns.name.starts_with(query.prefix) {
            break;
        }
        if query.region.is_some_and(|region| region != columns.region) {
            continue;
        }
        if page.buckets.len() == limit {
            page.next = page.buckets.last().map(|bucket| bucket.name.clone());
            break;
        }
        page.buckets.push(BucketSummary {
            id: BucketId(columns.id),
            name: parse(TABLE, columns.name, BucketName::parse)?,
            region: columns.region.to_owned(),
            created: Timestamp::from_unix_millis(columns.created),
        });
    }
    Ok(page)
}

/// Names of buckets that have a setting. Whoever opens one of them learns whether its rows are as they
/// should be.
pub(crate) fn with_setting(
    connection: &Connection,
    name: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<BucketName>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM bucket WHERE name > ?1 AND EXISTS (SELECT 1 FROM bucket_setting \
         WHERE bucket_setting.bucket = bucket.id AND bucket_setting.name = ?2) \
         ORDER BY name LIMIT ?3",
    )?;
    let limit = i64::try_from(limit.min(LIST_BUCKETS_MAX)).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![after, name, limit])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        names.push(parse(TABLE, text(row, 0)?, BucketName::parse)?);
    }
    Ok(names)
}

/// Adds a bucket unless its name is taken.
pub(crate) fn create(
    connection: &Connection,
    bucket: NewBucket,
) -> Result<BucketCreation, MetaError> {
    if let Some(existing) = by_name(connection, &bucket.name)? {
        return Ok(BucketCreation::Exists(existing));
    }
    if account::by_id(connection, bucket.owner)?.is_none() {
        return Err(MetaError::NotFound { what: Noun::Account });
    }
    let mut statement =
        connection.prepare_cached("SELECT count(*) FROM bucket WHERE owner = ?1")?;
    let owned: i64 = statement.query_row([account::id_column(bucket.owner)], |row| row.get(0))?;
    if unsigned(TABLE, owned)? >= BUCKETS_PER_ACCOUNT_MAX as u64 {
        return Err(MetaError::LimitExceeded { limit: "BUCKETS_PER_ACCOUNT_MAX" });
    }
    let record = BucketRecord {
        id: next_id(connection)?,
        name: bucket.name,
        owner: bucket.owner,
        region: bucket.region,
        created: bucket.created,
        versioning: match bucket.object_lock {
            Some(_) => Versioning::Enabled,
            None => Versioning::Off,
        },
        object_lock: bucket.object_lock,
        object_ownership: bucket.object_ownership,
        public_access: bucket.public_access,
        acl: bucket.acl,
        policy: None,
        settings: bucket.settings,
        revision: 1,
    };
    for (name, text) in &record.settings {
        store_setting(connection, record.id, name, Some(text))?;
    }
    store(connection, &record)?;
    usage::create(connection, record.id)?;
    Ok(BucketCreation::Created(record))
}

/// The id that AUTOINCREMENT would choose; the row's checksum needs it in advance.
fn next_id(connection: &Connection) -> Result<BucketId, MetaError> {
    let mut statement =
        connection.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'bucket'")?;
    let last: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(BucketId(last.unwrap_or(0).saturating_add(1)))
}

/// Applies a change if the bucket still has the expected revision.
pub(crate) fn update(
    tx: &Transaction,
    id: BucketId,
    change: BucketChange,
    expected_revision: Option<u64>,
) -> Result<BucketRecord, MetaError> {
    let mut record = by_id(tx, id)?;
    if expected_revision.is_some_and(|expected| expected != record.revision) {
        return Err(MetaError::Conflict { what: Noun::Bucket });
    }
    match change {
        BucketChange::ObjectOwnership(setting) => record.object_ownership = setting,
        BucketChange::PublicAccess(block) => record.public_access = block,
        BucketChange::Acl(acl) => record.acl = acl,
        BucketChange::Policy(policy) => record.policy = policy,
        BucketChange::Versioning(versioning) => {
            let is_impossible = match versioning {
                Versioning::Enabled => false,
                Versioning::Suspended => record.object_lock.is_some(),
                Versioning::Off => record.versioning != Versioning::Off,
            };
            if is_impossible {
                return Err(MetaError::Conflict { what: Noun::Bucket });
            }
            record.versioning = versioning;
        }
        BucketChange::ObjectLock(lock) => {
            if record.versioning != Versioning::Enabled {
                return Err(MetaError::Conflict { what: Noun::Bucket });
            }
            record.object_lock = Some(lock);
        }
        BucketChange::Setting { name, text } => {
            store_setting(tx, id, &name, text.as_deref())?;
            match text {
                Some(text) => record.settings.insert(name, text),
                None => record.settings.remove(&name),
            };
        }
    }
    if record.settings.len() > BUCKET_SETTINGS_MAX {
        return Err(MetaError::LimitExceeded { limit: "BUCKET_SETTINGS_MAX" });
    }
    record.revision = record.revision.saturating_add(1);
    store(tx, &record)?;
    tx.forget_version_rules(id);
    Ok(record)
}

fn store_setting(
    connection: &Connection,
    id: BucketId,
    name: &str,
    value: Option<&str>,
) -> Result<(), MetaError> {
    match value {
        Some(value) => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO bucket_setting (bucket, name, value) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![id.0, name, value])?,
        None => connection
            .prepare_cached("DELETE FROM bucket_setting WHERE bucket = ?1 AND name = ?2")?
            .execute(params![id.0, name])?,
    };
    Ok(())
}

/// Writes the row of `bucket`; settings are written by [`store_setting`].
fn store(connection: &Connection, record: &BucketRecord) -> Result<(), MetaError> {
    let acl = to_json(&AclDocument::from(&record.acl))?;
    let policy = record.policy.as_deref();
    let public_access = account::public_access_column(record.public_access)?;
    let versioning = version_rules_text(VersionRules {
        versioning: record.versioning,
        object_lock: record.object_lock,
    });
    let row = BucketRow {
        id: record.id.0,
        name: record.name.as_str(),
        owner: account::id_column(record.owner),
        region: &record.region,
        created: record.created.unix_millis,
        versioning: &versioning,
        object_ownership: record.object_ownership.map(ObjectOwnership::as_str),
        public_access: public_access.as_deref(),
        revision: record.revision.cast_signed(),
        detail_crc: detail_checksum(&acl, policy, &record.settings),
    };
    let mut statement = connection.prepare_cached(
        "INSERT INTO bucket (id, name, owner, region, created, versioning, object_ownership, \
         public_access, revision, detail_crc, crc, acl, policy) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
         ON CONFLICT (id) DO UPDATE SET versioning = excluded.versioning, \
         object_ownership = excluded.object_ownership, public_access = excluded.public_access, \
         revision = excluded.revision, detail_crc = excluded.detail_crc, crc = excluded.crc, \
         acl = excluded.acl, policy = excluded.policy",
    )?;
    statement.execute(params![
        row.id,
        row.name,
        row.owner,
        row.region,
        row.created,
        row.versioning,
        row.object_ownership,
        row.public_access,
        row.revision,
        row.detail_crc,
        row.checksum(),
        acl,
        policy
    ])?;
    Ok(())
}

/// Removes an empty bucket and everything about it.
pub(crate) fn delete(tx: &Transaction, id: BucketId, now: Timestamp) -> Result<(), MetaError> {
    version_rules(tx, id)?;
    for sql in [
        "SELECT EXISTS (SELECT 1 FROM object WHERE bucket = ?1)",
        "SELECT EXISTS (SELECT 1 FROM object_version WHERE bucket = ?1)",
    ] {
        if tx.prepare_cached(sql)?.query_row([id.0], |row| row.get(0))? {
            return Err(MetaError::NotEmpty);
        }
    }
    upload::abort_all(tx, id, now)?;
    for sql in [
        "DELETE FROM bucket_setting WHERE bucket = ?1",
        "DELETE FROM completed_upload WHERE bucket = ?1",
        "DELETE FROM bucket WHERE id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([id.0])?;
    }
    tx.forget_version_rules(id);
    usage::delete(tx, id)
}
