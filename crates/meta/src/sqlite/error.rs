//! What SQLite's errors mean to us.

use rusqlite::ErrorCode;

use crate::error::MetaError;

impl From<rusqlite::Error> for MetaError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => MetaError::DiskFull,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                    MetaError::Corrupt { table: "(database)", detail: error.to_string() }
                }
                _ => MetaError::Database(error.to_string()),
            },
            // A column has another type than the schema says: only damage does that.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => {
                MetaError::Corrupt { table: "(column)", detail: error.to_string() }
            }
            _ => MetaError::Database(error.to_string()),
        }
    }
}

/// A row of `table` that does not match its checksum, or means nothing.
pub(crate) fn corrupt(table: &'static str, detail: impl std::fmt::Display) -> MetaError {
    MetaError::Corrupt { table, detail: detail.to_string() }
}
