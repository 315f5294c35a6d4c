//! Listing uploads in progress at the cost of the page, as [`listing`](super::listing) does.

use model::limits::LIST_UPLOADS_MAX;
use rusqlite::{Connection, params};

use super::upload::{NarrowColumns, narrow_columns};
use crate::bucket::BucketId;
use crate::error::MetaError;
use crate::listing::{common_prefix, just_after, successor};
use crate::upload::{ListUploadsQuery, UploadPage, UploadStart};

const SCAN: &str = concat!(
    "SELECT ",
    narrow_columns!(),
    " FROM upload WHERE bucket = ?1 AND (key, id) > (?2, ?3) ORDER BY key, id"
);

/// A scan begins behind this key and id; no upload has the empty id.
type Position = (String, String);

/// A page of uploads; several statements, so inside a transaction.
pub(crate) fn list(
    connection: &Connection,
    bucket: BucketId,
    query: &ListUploadsQuery<'_>,
) -> Result<UploadPage, MetaError> {
    let mut page = UploadPage::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let mut position = first_position(query);
    while let Some(from) = position {
        position = scan(connection, bucket, query, &from, &mut page)?;
    }
    Ok(page)
}

fn first_position(query: &ListUploadsQuery<'_>) -> Option<Position> {
    let behind = match &query.start {
        UploadStart::Beginning => (String::new(), String::new()),
        UploadStart::AfterKey(key) => (just_after(key), String::new()),
        UploadStart::AfterUpload(key, id) => (key.clone(), id.clone()),
        UploadStart::AfterPrefix(prefix) => (successor(prefix)?, String::new()),
    };
    Some(behind.max((query.prefix.to_owned(), String::new())))
}

/// Adds uploads up to and including the first common prefix; returns where to go on.
fn scan(
    connection: &Connection,
    bucket: BucketId,
    query: &ListUploadsQuery<'_>,
    from: &Position,
    page: &mut UploadPage,
) -> Result<Option<Position>, MetaError> {
    let limit = query.limit.min(LIST_UPLOADS_MAX);
    let mut statement = connection.prepare_cached(SCAN)?;
    let mut rows = statement.query(params![bucket.0, from.0, from.1])?;
    while let Some(row) = rows.next()? {
        let columns = NarrowColumns::read(row)?;
        if !columns.key.starts_with(query.prefix) {
            break;
        }
        if page.uploads.len() + page.common_prefixes.len() == limit {
            page.next = last_item(page);
            break;
        }
        let Some(prefix) = common_prefix(columns.key, query.prefix, query.delimiter) else {
            page.uploads.push(columns.summary()?);
            continue;
        };
        page.common_prefixes.push(prefix.to_owned());
        return Ok(successor(prefix).map(|next| (next, String::new())));
    }
    Ok(None)
}

/// The next page begins behind the greater of the last upload's key and the last common prefix.
fn last_item(page: &UploadPage) -> Option<UploadStart> {
    let upload = page.uploads.last();
    let prefix = page.common_prefixes.last().map(String::as_str);
    if prefix > upload.map(|upload| upload.key.as_str()) {
        return prefix.map(|prefix| UploadStart::AfterPrefix(prefix.to_owned()));
    }
    upload.map(|upload| {
        UploadStart::AfterUpload(upload.key.as_str().to_owned(), upload.id.as_str().to_owned())
    })
}
