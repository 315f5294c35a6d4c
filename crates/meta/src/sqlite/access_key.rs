//! Table `access_key`.

use model::{AccountId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::row_codec::{optional_text, text, verify};
use super::{access_key_use, account};
use crate::account::{AccessKeyRecord, KeyOwner};
use crate::error::{MetaError, Noun};
use crate::row::checksum::RowChecksum;

const TABLE: &str = "access_key";

const NOT_FOUND: MetaError = MetaError::NotFound { what: Noun::AccessKey };

/// The columns of one row.
struct AccessKeyRow<'r> {
    id: &'r str,
    account: i64,
    user: Option<&'r str>,
    sealed_secret: &'r [u8],
    active: bool,
    created: i64,
}

impl<'r> AccessKeyRow<'r> {
    fn of(key: &'r AccessKeyRecord) -> Self {
        Self {
            id: &key.access_key_id,
            account: account::id_column(key.account),
            user: match &key.owner {
                KeyOwner::Root => None,
                KeyOwner::User { id } => Some(id),
            },
            sealed_secret: &key.sealed_secret,
            active: key.active,
            created: key.created.unix_millis,
        }
    }

    fn checksum(&self) -> i64 {
        RowChecksum::of(TABLE)
            .text(self.id)
            .integer(self.account)
            .optional_text(self.user)
            .blob(self.sealed_secret)
            .integer(i64::from(self.active))
            .integer(self.created)
            .finish()
    }
}

/// Reads and checks a row.
pub(crate) fn decode(row: &Row<'_>) -> Result<AccessKeyRecord, MetaError> {
    let columns = AccessKeyRow {
        id: text(row, 0)?,
        account: row.get(1)?,
        user: optional_text(row, 2)?,
        sealed_secret: row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?,
        active: row.get::<_, i64>(4)? != 0,
        created: row.get(5)?,
    };
    verify(TABLE, row.get(6)?, columns.checksum(), columns.id)?;
    Ok(AccessKeyRecord {
        access_key_id: columns.id.to_owned(),
        account: account::parse_id(TABLE, columns.account)?,
        owner: match columns.user {
            Some(id) => KeyOwner::User { id: id.to_owned() },
            None => KeyOwner::Root,
        },
        sealed_secret: columns.sealed_secret.to_vec(),
        active: columns.active,
        created: Timestamp::from_unix_millis(columns.created),
    })
}

/// The key with this id.
pub(crate) fn find(
    connection: &Connection,
    id: &str,
) -> Result<Option<AccessKeyRecord>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, account, user, sealed_secret, active, created, crc FROM access_key \
         WHERE id = ?1",
    )?;
    let found = statement.query_row([id], |row| Ok(decode(row))).optional()?;
    found.transpose()
}

/// The keys of an account, by id.
pub(crate) fn list(
    connection: &Connection,
    account: AccountId,
) -> Result<Vec<AccessKeyRecord>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, account, user, sealed_secret, active, created, crc FROM access_key \
         WHERE account = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([account::id_column(account)])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(decode(row)?);
    }
    Ok(keys)
}

/// The keys of a user by its unique id, or of the account's root user, by id.
pub(crate) fn list_of(
    connection: &Connection,
    account: AccountId,
    user: Option<&str>,
) -> Result<Vec<AccessKeyRecord>, MetaError> {
    let condition = if user.is_some() { "user = ?2" } else { "account = ?1 AND user IS ?2" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, account, user, sealed_secret, active, created, crc FROM access_key \
         WHERE {condition} ORDER BY id"
    ))?;
    let mut rows = statement.query(params![account::id_column(account), user])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let key = decode(row)?;
        // A unique id belongs to one account.
        if key.account == account {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// The keys behind an id, in the order of their ids.
pub(crate) fn page(
    connection: &Connection,
    after: &str,
    count_max: usize,
) -> Result<Vec<AccessKeyRecord>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, account, user, sealed_secret, active, created, crc FROM access_key \
         WHERE id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let limit = i64::try_from(count_max).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![after, limit])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(decode(row)?);
    }
    Ok(keys)
}

/// Replaces the sealed secret of a key that is there.
pub(crate) fn reseal(connection: &Connection, key: &AccessKeyRecord) -> Result<(), MetaError> {
    let row = AccessKeyRow::of(key);
    let sql = "UPDATE access_key SET sealed_secret = ?2, crc = ?3 WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let changed = statement.execute(params![row.id, row.sealed_secret, row.checksum()])?;
    if changed == 1 { Ok(()) } else { Err(NOT_FOUND) }
}

/// Adds a key.
pub(crate) fn create(connection: &Connection, key: &AccessKeyRecord) -> Result<(), MetaError> {
    if account::by_id(connection, key.account)?.is_none() {
        return Err(MetaError::NotFound { what: Noun::Account });
    }
    if find(connection, &key.access_key_id)?.is_some() {
        return Err(MetaError::AlreadyExists { what: Noun::AccessKey });
    }
    store(connection, key)
}

/// Accepts or refuses a key.
pub(crate) fn set_active(connection: &Connection, id: &str, active: bool) -> Result<(), MetaError> {
    let key = find(connection, id)?.ok_or(NOT_FOUND)?;
    store(connection, &AccessKeyRecord { active, ..key })
}

/// Removes a key.
pub(crate) fn delete(connection: &Connection, id: &str) -> Result<(), MetaError> {
    let mut statement = connection.prepare_cached("DELETE FROM access_key WHERE id = ?1")?;
    if statement.execute([id])? == 0 {
        return Err(NOT_FOUND);
    }
    access_key_use::forget(connection, id)
}

fn store(connection: &Connection, key: &AccessKeyRecord) -> Result<(), MetaError> {
    let row = AccessKeyRow::of(key);
    let mut statement = connection.prepare_cached(
        "INSERT INTO access_key (id, account, user, sealed_secret, active, created, crc) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (id) DO UPDATE SET active = excluded.active, crc = excluded.crc",
    )?;
    statement.execute(params![
        row.id,
        row.account,
        row.user,
        row.sealed_secret,
        row.active,
        row.created,
        row.checksum()
    ])?;
    Ok(())
}
