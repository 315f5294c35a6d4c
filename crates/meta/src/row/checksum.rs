//! The checksum that every row carries.
//!
//! Databases do not notice a byte that has changed on the disk; this does. The format is part of
//! the schema: changing it needs a migration.

use crc_fast::{CrcAlgorithm, checksum};

/// Collects the columns of a row. Each is framed with its type and length, so that no two rows
/// share their bytes.
pub(crate) struct RowChecksum {
    bytes: Vec<u8>,
}

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// Room for a row of common size without growing.
const ROW_BYTES: usize = 512;

impl RowChecksum {
    /// Starts a row of this kind.
    pub(crate) fn of(kind: &str) -> Self {
        Self { bytes: Vec::with_capacity(ROW_BYTES) }.text(kind)
    }

    /// Adds an integer column.
    #[must_use]
    pub(crate) fn integer(mut self, value: i64) -> Self {
        self.bytes.push(INTEGER);
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Adds a text column.
    #[must_use]
    pub(crate) fn text(self, value: &str) -> Self {
        self.framed(TEXT, value.as_bytes())
    }

    /// Adds a blob column.
    #[must_use]
    pub(crate) fn blob(self, value: &[u8]) -> Self {
        self.framed(BLOB, value)
    }

    /// Adds a text column that may be NULL.
    #[must_use]
    pub(crate) fn optional_text(mut self, value: Option<&str>) -> Self {
        let Some(value) = value else {
            self.bytes.push(NULL);
            return self;
        };
        self.text(value)
    }

    /// The CRC-32C, as it is stored.
    pub(crate) fn finish(self) -> i64 {
        crc32c(&self.bytes)
    }

    fn framed(mut self, kind: u8, value: &[u8]) -> Self {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(value);
        self
    }
}

/// CRC-32C of some bytes, as it is stored.
pub(crate) fn crc32c(bytes: &[u8]) -> i64 {
    // 32 significant bits: never negative.
    checksum(CrcAlgorithm::Crc32Iscsi, bytes).cast_signed()
}
