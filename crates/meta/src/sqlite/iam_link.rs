//! Table `iam_link`: what `iam_entity` refers to, the other way round.

use model::{AccountId, IamKind, IamRelation};
use rusqlite::{Connection, Row, params};

use super::account;
use super::row_codec::{parse, text, verify};
use crate::error::MetaError;
use crate::iam::IamRow;
use crate::row::checksum::RowChecksum;

const TABLE: &str = "iam_link";

fn checksum(account: i64, relation: &str, target: &str, kind: &str, key: &str) -> i64 {
    RowChecksum::of(TABLE)
        .integer(account)
        .text(relation)
        .text(target)
        .text(kind)
        .text(key)
        .finish()
}

/// Reads and checks a row: who refers to the target.
pub(crate) fn decode(row: &Row<'_>) -> Result<(IamKind, String), MetaError> {
    let (relation, target) = (text(row, 1)?, text(row, 2)?);
    let (kind, key) = (text(row, 3)?, text(row, 4)?);
    verify(TABLE, row.get(5)?, checksum(row.get(0)?, relation, target, kind, key), key)?;
    Ok((parse(TABLE, kind, IamKind::parse)?, key.to_owned()))
}

/// Kind and key of everything that refers to a target, in this order.
pub(crate) fn holders(
    connection: &Connection,
    account: AccountId,
    relation: IamRelation,
    target: &str,
) -> Result<Vec<(IamKind, String)>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT account, relation, target, kind, key, crc FROM iam_link \
         WHERE account = ?1 AND relation = ?2 AND target = ?3 ORDER BY kind, key",
    )?;
    let values = params![account::id_column(account), relation.as_str(), target];
    let mut rows = statement.query(values)?;
    let mut holders = Vec::new();
    while let Some(row) = rows.next()? {
        holders.push(decode(row)?);
    }
    Ok(holders)
}

/// Replaces what an entity refers to.
pub(crate) fn replace(
    connection: &Connection,
    holder: &IamRow,
    links: &[(IamRelation, String)],
) -> Result<(), MetaError> {
    remove(connection, holder.account, holder.kind, &holder.key)?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO iam_link (account, relation, target, kind, key, crc) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let account = account::id_column(holder.account);
    let kind = holder.kind.as_str();
    for (relation, target) in links {
        let relation = relation.as_str();
        let crc = checksum(account, relation, target, kind, &holder.key);
        statement.execute(params![account, relation, target, kind, holder.key, crc])?;
    }
    Ok(())
}

/// Removes what an entity refers to.
pub(crate) fn remove(
    connection: &Connection,
    account: AccountId,
    kind: IamKind,
    key: &str,
) -> Result<(), MetaError> {
    let mut statement = connection
        .prepare_cached("DELETE FROM iam_link WHERE account = ?1 AND kind = ?2 AND key = ?3")?;
    statement.execute(params![account::id_column(account), kind.as_str(), key])?;
    Ok(())
}
