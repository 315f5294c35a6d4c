//! Table `iam_entity`.

use model::{AccountId, IamKind, IamRelation};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::row_codec::{optional_text, parse, text, verify};
use super::{account, iam_link};
use crate::error::{MetaError, Noun};
use crate::iam::IamRow;
use crate::row::checksum::RowChecksum;

const TABLE: &str = "iam_entity";

const SELECT: &str = "SELECT account, kind, key, id, document, crc FROM iam_entity";

fn checksum(account: i64, kind: &str, key: &str, id: Option<&str>, document: &str) -> i64 {
    RowChecksum::of(TABLE)
        .integer(account)
        .text(kind)
        .text(key)
        .optional_text(id)
        .text(document)
        .finish()
}

/// Reads and checks a row, selected as in [`SELECT`].
pub(crate) fn decode(row: &Row<'_>) -> Result<IamRow, MetaError> {
    let account: i64 = row.get(0)?;
    let (kind, key) = (text(row, 1)?, text(row, 2)?);
    let (id, document) = (optional_text(row, 3)?, text(row, 4)?);
    verify(TABLE, row.get(5)?, checksum(account, kind, key, id, document), key)?;
    Ok(IamRow {
        account: account::parse_id(TABLE, account)?,
        kind: parse(TABLE, kind, IamKind::parse)?,
        key: key.to_owned(),
        id: id.map(str::to_owned),
        document: document.to_owned(),
    })
}

/// The entity of this name.
pub(crate) fn find(
    connection: &Connection,
    account: AccountId,
    kind: IamKind,
    key: &str,
) -> Result<Option<IamRow>, MetaError> {
    let mut statement = connection
        .prepare_cached(&format!("{SELECT} WHERE account = ?1 AND kind = ?2 AND key = ?3"))?;
    let values = params![account::id_column(account), kind.as_str(), key];
    statement.query_row(values, |row| Ok(decode(row))).optional()?.transpose()
}

/// The entity with this unique id.
pub(crate) fn by_id(connection: &Connection, id: &str) -> Result<Option<IamRow>, MetaError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    statement.query_row([id], |row| Ok(decode(row))).optional()?.transpose()
}

/// At most `limit` entities of a kind behind a key, in the order of their keys.
pub(crate) fn page(
    connection: &Connection,
    account: AccountId,
    kind: IamKind,
    after: &str,
    limit: usize,
) -> Result<Vec<IamRow>, MetaError> {
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} WHERE account = ?1 AND kind = ?2 AND key > ?3 ORDER BY key LIMIT ?4"
    ))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows =
        statement.query(params![account::id_column(account), kind.as_str(), after, limit])?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(decode(row)?);
    }
    Ok(page)
}

/// How many entities of a kind an account has.
pub(crate) fn count(
    connection: &Connection,
    account: AccountId,
    kind: IamKind,
) -> Result<usize, MetaError> {
    let mut statement = connection
        .prepare_cached("SELECT count(*) FROM iam_entity WHERE account = ?1 AND kind = ?2")?;
    let count: i64 = statement
        .query_row(params![account::id_column(account), kind.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Adds or replaces an entity with everything that it refers to.
pub(crate) fn put(
    connection: &Connection,
    row: &IamRow,
    links: &[(IamRelation, String)],
) -> Result<(), MetaError> {
    if account::by_id(connection, row.account)?.is_none() {
        return Err(MetaError::NotFound { what: Noun::Account });
    }
    let account = account::id_column(row.account);
    let (kind, id) = (row.kind.as_str(), row.id.as_deref());
    let mut statement = connection.prepare_cached(
        "INSERT INTO iam_entity (account, kind, key, id, document, crc) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (account, kind, key) \
         DO UPDATE SET id = excluded.id, document = excluded.document, crc = excluded.crc",
    )?;
    let crc = checksum(account, kind, &row.key, id, &row.document);
    statement.execute(params![account, kind, row.key, id, row.document, crc])?;
    iam_link::replace(connection, row, links)
}

/// Removes an entity with everything that it refers to; done also when there is none.
pub(crate) fn delete(
    connection: &Connection,
    account: AccountId,
    kind: IamKind,
    key: &str,
) -> Result<(), MetaError> {
    let mut statement = connection
        .prepare_cached("DELETE FROM iam_entity WHERE account = ?1 AND kind = ?2 AND key = ?3")?;
    statement.execute(params![account::id_column(account), kind.as_str(), key])?;
    iam_link::remove(connection, account, kind, key)
}
