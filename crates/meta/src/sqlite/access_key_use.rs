//! Table `access_key_use`.

use model::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::access_key;
use super::row_codec::{text, verify};
use crate::error::MetaError;
use crate::iam::AccessKeyUse;
use crate::row::checksum::RowChecksum;

const TABLE: &str = "access_key_use";

fn checksum(id: &str, used: i64, service: &str, region: &str) -> i64 {
    RowChecksum::of(TABLE).text(id).integer(used).text(service).text(region).finish()
}

/// Reads and checks a row.
pub(crate) fn decode(row: &Row<'_>) -> Result<AccessKeyUse, MetaError> {
    let (id, used) = (text(row, 0)?, row.get(1)?);
    let (service, region) = (text(row, 2)?, text(row, 3)?);
    verify(TABLE, row.get(4)?, checksum(id, used, service, region), id)?;
    Ok(AccessKeyUse {
        access_key_id: id.to_owned(),
        used: Timestamp::from_unix_millis(used),
        service: service.to_owned(),
        region: region.to_owned(),
    })
}

/// When a key was last used.
pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<AccessKeyUse>, MetaError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, used, service, region, crc FROM access_key_use WHERE id = ?1",
    )?;
    statement.query_row([id], |row| Ok(decode(row))).optional()?.transpose()
}

/// Notes uses, unless the key is gone by now or a later use is known.
pub(crate) fn note(connection: &Connection, uses: &[AccessKeyUse]) -> Result<(), MetaError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO access_key_use (id, used, service, region, crc) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (id) DO UPDATE SET used = excluded.used, service = excluded.service, \
         region = excluded.region, crc = excluded.crc WHERE excluded.used > used",
    )?;
    for one in uses {
        if access_key::find(connection, &one.access_key_id)?.is_none() {
            continue;
        }
        let used = one.used.unix_millis;
        let crc = checksum(&one.access_key_id, used, &one.service, &one.region);
        statement.execute(params![one.access_key_id, used, one.service, one.region, crc])?;
    }
    Ok(())
}

/// Forgets a key that is removed.
pub(crate) fn forget(connection: &Connection, id: &str) -> Result<(), MetaError> {
    let mut statement = connection.prepare_cached("DELETE FROM access_key_use WHERE id = ?1")?;
    statement.execute([id])?;
    Ok(())
}
