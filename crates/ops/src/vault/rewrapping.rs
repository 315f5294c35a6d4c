//! Wrapping data keys anew after a rotation. Bodies are not touched.

use meta::{ObjectVersion, Rewrap, RowCursor, ScannedTable, StoredRow};
use model::S3Error;

use super::Vault;
use crate::encryption::keys::RewrapStep;
use crate::error::from_meta;

/// Rows that are looked at in one step, and at most so many changed in one transaction.
const PAGE_ROWS_MAX: usize = 256;
/// The tables in which data keys are, in the order in which they are walked. Uploads in progress keep
/// their key; they become objects or go.
const TABLES: [ScannedTable; 2] = [ScannedTable::Object, ScannedTable::ObjectVersion];

impl Vault {
    /// Wraps the data keys of a page of versions with the newest keys. `after` is the `next` of the
    /// step before; `None` if it means nothing.
    pub(crate) async fn rewrap(&self, after: Option<&str>) -> Result<Option<RewrapStep>, S3Error> {
        let Some((index, cursor)) = place(after) else { return Ok(None) };
        let Some(table) = TABLES.get(index) else { return Ok(None) };
        let page = self.meta.scan(*table, cursor.as_ref(), PAGE_ROWS_MAX).map_err(from_meta)?;
        let mut done = RewrapStep::default();
        let mut rewraps = Vec::new();
        for row in page.rows {
            done.versions += 1;
            match row.content {
                Ok(StoredRow::Object { bucket, version: ObjectVersion::Object(record) }) => {
                    let Some(encryption) = &record.encryption else { continue };
                    match self.rewrapped(bucket, &record.key, encryption) {
                        Ok(None) => {}
                        Ok(Some(encryption)) => rewraps.push(Rewrap {
                            bucket,
                            key: record.key.clone(),
                            sequence: record.sequence,
                            encryption,
                        }),
                        Err(error) => {
                            tracing::error!(row = row.name, cause = error.cause(), "not rewrapped");
                            done.failed += 1;
                        }
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(row = row.name, %error, "not rewrapped");
                    done.failed += 1;
                }
            }
        }
        done.rewrapped = self.meta.rewrap(rewraps).await.map_err(from_meta)? as u64;
        done.next = match page.next {
            Some(next) => Some(format!("{index}:{}", next.to_text())),
            None => TABLES.get(index + 1).map(|_| format!("{}:", index + 1)),
        };
        Ok(Some(done))
    }
}

/// Which table, and behind which row.
fn place(after: Option<&str>) -> Option<(usize, Option<RowCursor>)> {
    let Some(text) = after else { return Some((0, None)) };
    let (index, cursor) = text.split_once(':')?;
    let cursor = match cursor {
        "" => None,
        text => Some(RowCursor::parse(text)?),
    };
    Some((index.parse().ok()?, cursor))
}
