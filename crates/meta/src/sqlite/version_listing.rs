//! Listing all versions at the cost of the page.
//!
//! Both tables are read together, ordered by key and age. As in listings of objects, the scan jumps
//! over what lies under a common prefix.

use model::limits::LIST_KEYS_MAX;
use rusqlite::{Connection, Params, params};

use super::object_read;
use super::object_row::ListedRow;
use crate::bucket::BucketId;
use crate::error::MetaError;
use crate::listing::{ListStart, common_prefix, just_after, successor};
use crate::version_listing::{ListVersionsQuery, VersionListStart, VersionPage};

/// All versions from a key on. Each half comes ordered from its primary key, and SQLite merges the
/// two without sorting. The row of `object` is newer than all others of its key.
const SCAN: &str = "SELECT bucket, key, summary, 9223372036854775807 AS sequence FROM object \
     WHERE bucket = ?1 AND key >= ?2 \
     UNION ALL SELECT bucket, key, summary, sequence FROM object_version \
     WHERE bucket = ?1 AND key >= ?2 ORDER BY key, sequence DESC";

/// The versions of one key that are older than one of them. The row of `object` is never older.
const OLDER: &str = "SELECT bucket, key, summary FROM object_version \
     WHERE bucket = ?1 AND key = ?2 AND sequence < ?3 ORDER BY sequence DESC";

/// What a scan ended with.
enum Scanned {
    /// The page is full, or nothing can follow.
    Done,
    /// All rows with the prefix were taken.
    Exhausted,
    /// The next key of interest is at or behind this.
    SeekTo(String),
}

/// A page that is being filled.
struct Filling<'q> {
    query: &'q ListVersionsQuery<'q>,
    page: VersionPage,
    /// The key of the row before, whose later rows are not the latest.
    previous: String,
}

/// A page of the versions; several statements, so inside a transaction.
pub(crate) fn list(
    connection: &Connection,
    bucket: BucketId,
    query: &ListVersionsQuery<'_>,
) -> Result<VersionPage, MetaError> {
    if query.limit == 0 {
        return Ok(VersionPage::default());
    }
    let mut filling = Filling { query, page: VersionPage::default(), previous: String::new() };
    let mut lower = filling.begin(connection, bucket)?;
    while let Some(from) = lower {
        lower = match filling.scan(connection, SCAN, params![bucket.0, from])? {
            Scanned::Done | Scanned::Exhausted => None,
            Scanned::SeekTo(key) => Some(key),
        };
    }
    Ok(filling.page)
}

impl Filling<'_> {
    /// Takes the rest of a key that the page before began, and says where to go on.
    fn begin(
        &mut self,
        connection: &Connection,
        bucket: BucketId,
    ) -> Result<Option<String>, MetaError> {
        let query = self.query;
        let (key, version) = match &query.start {
            VersionListStart::Key(start) => return Ok(start.lower_bound(query.prefix)),
            VersionListStart::Version(key, version) => (key, version),
        };
        let at_key = key.as_str().max(query.prefix).to_owned();
        let Some(found) = object_read::version(connection, bucket, key, version)? else {
            return Ok(Some(at_key));
        };
        key.as_str().clone_into(&mut self.previous);
        let older = params![bucket.0, key.as_str(), found.sequence()];
        Ok(match self.scan(connection, OLDER, older)? {
            Scanned::Done => None,
            Scanned::Exhausted => Some(just_after(key.as_str()).max(at_key)),
            Scanned::SeekTo(next) => Some(next),
        })
    }

    /// Adds rows, up to and including the first common prefix.
    fn scan(
        &mut self,
        connection: &Connection,
        sql: &str,
        parameters: impl Params,
    ) -> Result<Scanned, MetaError> {
        let limit = self.query.limit.min(LIST_KEYS_MAX);
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            let listed = ListedRow::read(row)?;
            if !listed.key.starts_with(self.query.prefix) {
                return Ok(Scanned::Exhausted);
            }
            let page = &mut self.page;
            if page.entries.len() + page.common_prefixes.len() == limit {
                page.next = last_item(page);
                return Ok(Scanned::Done);
            }
            let prefix = common_prefix(listed.key, self.query.prefix, self.query.delimiter);
            if let Some(prefix) = prefix {
                page.common_prefixes.push(prefix.to_owned());
                return Ok(successor(prefix).map_or(Scanned::Done, Scanned::SeekTo));
            }
            let is_latest = listed.key != self.previous;
            page.entries.push(listed.version_entry(is_latest)?);
            if is_latest {
                listed.key.clone_into(&mut self.previous);
            }
        }
        Ok(Scanned::Exhausted)
    }
}

/// The next page begins behind the greater of the last version and the last common prefix.
fn last_item(page: &VersionPage) -> Option<VersionListStart> {
    let entry = page.entries.last();
    let prefix = page.common_prefixes.last().map(String::as_str);
    if prefix > entry.map(|entry| entry.key().as_str()) {
        prefix.map(|prefix| VersionListStart::Key(ListStart::AfterPrefix(prefix.to_owned())))
    } else {
        entry.map(|entry| VersionListStart::Version(entry.key().clone(), entry.version.clone()))
    }
}
