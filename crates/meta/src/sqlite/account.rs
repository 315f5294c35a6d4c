//! Table `account`.

use model::{AccountId, AccountIdentity, CanonicalUserId, PublicAccessBlock, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::error::corrupt;
use super::row_codec::{from_json, optional_text, parse, text, to_json, unsigned, verify};
use crate::account::AccountRecord;
use crate::error::{MetaError, Noun};
use crate::row::checksum::RowChecksum;
use crate::row::document::PublicAccessDocument;

const TABLE: &str = "account";

const SELECT: &str =
    "SELECT id, canonical_id, name, email, created, public_access, crc FROM account";

/// The columns of one row.
struct AccountRow<'r> {
    id: i64,
    canonical_id: &'r str,
    name: &'r str,
    email: Option<&'r str>,
    created: i64,
    public_access: Option<&'r str>,
}

impl AccountRow<'_> {
    fn checksum(&self) -> i64 {
        RowChecksum::of(TABLE)
            .integer(self.id)
            .text(self.canonical_id)
            .text(self.name)
            .optional_text(self.email)
            .integer(self.created)
            .optional_text(self.public_access)
            .finish()
    }
}

/// An account id as a column.
pub(crate) fn id_column(id: AccountId) -> i64 {
    // At most AccountId::MAX, twelve digits.
    id.number().cast_signed()
}

/// Reads [`id_column`].
pub(crate) fn parse_id(table: &'static str, column: i64) -> Result<AccountId, MetaError> {
    AccountId::from_number(unsigned(table, column)?)
        .ok_or_else(|| corrupt(table, format_args!("account id {column}")))
}

/// A `public_access` column.
pub(crate) fn public_access_column(
    block: Option<PublicAccessBlock>,
) -> Result<Option<String>, MetaError> {
    block.map(|block| to_json(&PublicAccessDocument::from(block))).transpose()
}

/// Reads [`public_access_column`].
pub(crate) fn parse_public_access(
    table: &'static str,
    column: Option<&str>,
) -> Result<Option<PublicAccessBlock>, MetaError> {
    column
        .map(|text| from_json::<PublicAccessDocument>(table, text).map(PublicAccessBlock::from))
        .transpose()
}

/// Reads and checks a row, selected as in [`SELECT`].
pub(crate) fn decode(row: &Row<'_>) -> Result<AccountRecord, MetaError> {
    let columns = AccountRow {
        id: row.get(0)?,
        canonical_id: text(row, 1)?,
        name: text(row, 2)?,
        email: optional_text(row, 3)?,
        created: row.get(4)?,
        public_access: optional_text(row, 5)?,
    };
    verify(TABLE, row.get(6)?, columns.checksum(), columns.id)?;
    Ok(AccountRecord {
        identity: AccountIdentity {
            id: parse_id(TABLE, columns.id)?,
            canonical_id: parse(TABLE, columns.canonical_id, CanonicalUserId::parse)?,
        },
        name: columns.name.to_owned(),
        email: columns.email.map(str::to_owned),
        created: Timestamp::from_unix_millis(columns.created),
        public_access: parse_public_access(TABLE, columns.public_access)?,
    })
}

fn find(
    connection: &Connection,
    condition: &str,
    value: impl ToSql,
) -> Result<Option<AccountRecord>, MetaError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE {condition} = ?1"))?;
    let found = statement.query_row(params![value], |row| Ok(decode(row))).optional()?;
    found.transpose()
}

/// The account with this id.
pub(crate) fn by_id(
    connection: &Connection,
    id: AccountId,
) -> Result<Option<AccountRecord>, MetaError> {
    find(connection, "id", id_column(id))
}

/// The account with this canonical user id.
pub(crate) fn by_canonical_id(
    connection: &Connection,
    canonical_id: &CanonicalUserId,
) -> Result<Option<AccountRecord>, MetaError> {
    let found = find(connection, "canonical_id", canonical_id.as_str())?;
    // The index could be damaged where the row is not.
    match found {
        Some(record) if record.identity.canonical_id != *canonical_id => {
            Err(corrupt(TABLE, format_args!("index names `{canonical_id}` wrongly")))
        }
        found => Ok(found),
    }
}

/// The account with this name.
pub(crate) fn by_name(
    connection: &Connection,
    name: &str,
) -> Result<Option<AccountRecord>, MetaError> {
    match find(connection, "name", name)? {
        Some(record) if record.name != name => {
            Err(corrupt(TABLE, format_args!("index names `{name}` wrongly")))
        }
        found => Ok(found),
    }
}

/// All accounts by id.
pub(crate) fn list(connection: &Connection) -> Result<Vec<AccountRecord>, MetaError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        accounts.push(decode(row)?);
    }
    Ok(accounts)
}

/// Adds an account.
pub(crate) fn create(connection: &Connection, account: &AccountRecord) -> Result<(), MetaError> {
    let taken = if by_id(connection, account.identity.id)?.is_some() {
        Some(Noun::AccountId)
    } else if by_canonical_id(connection, &account.identity.canonical_id)?.is_some() {
        Some(Noun::CanonicalUserId)
    } else if by_name(connection, &account.name)?.is_some() {
        Some(Noun::AccountName)
    } else {
        None
    };
    match taken {
        Some(what) => Err(MetaError::AlreadyExists { what }),
        None => store(connection, account),
    }
}

/// Sets or removes the account's Block Public Access.
pub(crate) fn set_public_access(
    connection: &Connection,
    id: AccountId,
    public_access: Option<PublicAccessBlock>,
) -> Result<(), MetaError> {
    let account = by_id(connection, id)?.ok_or(MetaError::NotFound { what: Noun::Account })?;
    store(connection, &AccountRecord { public_access, ..account })
}

fn store(connection: &Connection, account: &AccountRecord) -> Result<(), MetaError> {
    let public_access = public_access_column(account.public_access)?;
    let row = AccountRow {
        id: id_column(account.identity.id),
        canonical_id: account.identity.canonical_id.as_str(),
        name: &account.name,
        email: account.email.as_deref(),
        created: account.created.unix_millis,
        public_access: public_access.as_deref(),
    };
    let mut statement = connection.prepare_cached(
        "INSERT INTO account (id, canonical_id, name, email, created, public_access, crc) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (id) DO UPDATE SET public_access = excluded.public_access, crc = excluded.crc",
    )?;
    statement.execute(params![
        row.id,
        row.canonical_id,
        row.name,
        row.email,
        row.created,
        row.public_access,
        row.checksum()
    ])?;
    Ok(())
}
