//! Reading columns: every text that means nothing is a corrupt row.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::corrupt;
use crate::error::MetaError;

/// A text column, borrowed from the row.
pub(crate) fn text<'r>(row: &'r Row<'_>, index: usize) -> Result<&'r str, MetaError> {
    Ok(row.get_ref(index)?.as_str().map_err(rusqlite::Error::from)?)
}

/// A binary column, borrowed from the row.
pub(crate) fn blob<'r>(row: &'r Row<'_>, index: usize) -> Result<&'r [u8], MetaError> {
    Ok(row.get_ref(index)?.as_blob().map_err(rusqlite::Error::from)?)
}

/// A text column that may be NULL, borrowed from the row.
pub(crate) fn optional_text<'r>(
    row: &'r Row<'_>,
    index: usize,
) -> Result<Option<&'r str>, MetaError> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        value => Ok(Some(value.as_str().map_err(rusqlite::Error::from)?)),
    }
}

/// What a text of `table` means.
pub(crate) fn parse<T>(
    table: &'static str,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, MetaError> {
    parse(text).ok_or_else(|| corrupt(table, format_args!("cannot read `{text}`")))
}

/// What a text of `table` means, if it is there.
pub(crate) fn parse_optional<T>(
    table: &'static str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, MetaError> {
    text.map(|text| self::parse(table, text, parse)).transpose()
}

/// A count or size, which is never negative.
pub(crate) fn unsigned(table: &'static str, value: i64) -> Result<u64, MetaError> {
    u64::try_from(value).map_err(|_| corrupt(table, format_args!("negative size {value}")))
}

/// A size as a column.
pub(crate) fn signed(value: u64) -> Result<i64, MetaError> {
    i64::try_from(value).map_err(|_| MetaError::LimitExceeded { limit: "OBJECT_SIZE_BYTES_MAX" })
}

/// Compares a stored checksum with the computed one; `row` names the row for the log.
pub(crate) fn verify(
    table: &'static str,
    stored: i64,
    computed: i64,
    row: impl std::fmt::Display,
) -> Result<(), MetaError> {
    if stored == computed {
        return Ok(());
    }
    Err(corrupt(table, format_args!("checksum of `{row}` is {computed}, stored {stored}")))
}

/// Writes a JSON document.
pub(crate) fn to_json(document: &impl Serialize) -> Result<String, MetaError> {
    serde_json::to_string(document).map_err(|error| MetaError::Database(error.to_string()))
}

/// Reads a JSON document of `table`.
pub(crate) fn from_json<T: DeserializeOwned>(
    table: &'static str,
    text: &str,
) -> Result<T, MetaError> {
    serde_json::from_str(text).map_err(|error| corrupt(table, error))
}
