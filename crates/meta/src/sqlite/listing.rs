//! Listing objects at the cost of the page.
//!
//! Keys are read in byte order. Behind the first key of a common prefix the scan jumps to the
//! successor of the prefix, so that a prefix costs one seek however many keys lie under it.

use model::limits::LIST_KEYS_MAX;
use rusqlite::{Connection, params};

use super::object_row::ListedRow;
use crate::bucket::BucketId;
use crate::error::MetaError;
use crate::listing::{ListObjectsQuery, ListStart, ObjectPage, common_prefix, successor};

const SCAN: &str =
    "SELECT bucket, key, summary FROM object WHERE bucket = ?1 AND key >= ?2 ORDER BY key";

/// What a scan ended with.
enum Scanned {
    /// No key is left, or the page is full.
    Done,
    /// The next key of interest is at or behind this.
    SeekTo(String),
}

/// A page of the current objects; several statements, so inside a transaction.
pub(crate) fn list(
    connection: &Connection,
    bucket: BucketId,
    query: &ListObjectsQuery<'_>,
) -> Result<ObjectPage, MetaError> {
    let mut page = ObjectPage::default();
    let mut lower = query.start.lower_bound(query.prefix);
    if query.limit == 0 {
        return Ok(page);
    }
    while let Some(from) = lower {
        lower = match scan(connection, bucket, query, &from, &mut page)? {
            Scanned::Done => None,
            Scanned::SeekTo(key) => Some(key),
        };
    }
    Ok(page)
}

/// Adds the keys from `from` on, up to and including the first common prefix.
fn scan(
    connection: &Connection,
    bucket: BucketId,
    query: &ListObjectsQuery<'_>,
    from: &str,
    page: &mut ObjectPage,
) -> Result<Scanned, MetaError> {
    let limit = query.limit.min(LIST_KEYS_MAX);
    let mut statement = connection.prepare_cached(SCAN)?;
    let mut rows = statement.query(params![bucket.0, from])?;
    while let Some(row) = rows.next()? {
        let listed = ListedRow::read(row)?;
        if !listed.key.starts_with(query.prefix) {
            break;
        }
        if page.entries.len() + page.common_prefixes.len() == limit {
            page.next = last_item(page);
            break;
        }
        let Some(prefix) = common_prefix(listed.key, query.prefix, query.delimiter) else {
            let mut entry = listed.list_entry()?;
            if query.with_owners {
                entry.owner = Some(listed.owner()?);
            }
            page.entries.push(entry);
            continue;
        };
        page.common_prefixes.push(prefix.to_owned());
        return Ok(successor(prefix).map_or(Scanned::Done, Scanned::SeekTo));
    }
    Ok(Scanned::Done)
}

/// The next page begins behind the greater of the last key and the last common prefix.
fn last_item(page: &ObjectPage) -> Option<ListStart> {
    let key = page.entries.last().map(|entry| entry.key.as_str());
    let prefix = page.common_prefixes.last().map(String::as_str);
    if prefix > key {
        prefix.map(|prefix| ListStart::AfterPrefix(prefix.to_owned()))
    } else {
        key.map(|key| ListStart::AfterKey(key.to_owned()))
    }
}
