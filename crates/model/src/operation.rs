//! Operations: what a request asks for.
//!
//! The table drives the router, the metrics, `docs/operations.md` and the tests that fail when an
//! operation has no row elsewhere.

pub use crate::operation_table::Operation;
use crate::operation_table::TABLE;

/// What an operation is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The endpoint itself.
    Service,
    /// An account, by S3 Control.
    Account,
    /// A bucket.
    Bucket,
    /// A key in a bucket.
    Object,
}

/// Whether the server has an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Support {
    /// It does what Amazon's does.
    Supported,
    /// It answers `501 NotImplemented`.
    NotImplemented,
}

/// One row of the operation table.
#[derive(Clone, Copy, Debug)]
pub struct OperationSpec {
    /// The operation.
    pub operation: Operation,
    /// Its name in the API reference.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// What it is called on.
    pub target: Target,
    /// Query parameters that must be present, with or without a value.
    pub query: &'static [&'static str],
    /// The value that the first query parameter must have.
    pub query_value: Option<&'static str>,
    /// Header that must be present.
    pub header: Option<&'static str>,
    /// Whether we have it.
    pub support: Support,
}

impl Operation {
    /// All rows of the table in routing order.
    pub fn table() -> &'static [OperationSpec] {
        TABLE
    }

    /// The row of this operation.
    pub fn spec(self) -> &'static OperationSpec {
        // The enum and the table are written by one macro in one order.
        static EMPTY: OperationSpec = OperationSpec {
            operation: Operation::ListBuckets,
            name: "",
            method: "",
            target: Target::Service,
            query: &[],
            query_value: None,
            header: None,
            support: Support::NotImplemented,
        };
        TABLE.get(self as usize).unwrap_or(&EMPTY)
    }

    /// The name in the API reference.
    pub fn name(self) -> &'static str {
        self.spec().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_finds_its_own_row() {
        for row in TABLE {
            assert_eq!(row.operation.spec().operation, row.operation);
            assert_eq!(format!("{:?}", row.operation), row.name);
        }
    }

    /// A row that stands behind a less selective one would never be reached.
    #[test]
    fn no_row_hides_a_later_one() {
        for (index, late) in TABLE.iter().enumerate() {
            for early in &TABLE[..index] {
                let same_place = early.method == late.method && early.target == late.target;
                let query = early.query.iter().all(|key| late.query.contains(key));
                let value = early.query_value.is_none() || early.query_value == late.query_value;
                let header = early.header.is_none() || early.header == late.header;
                assert!(
                    !(same_place && query && value && header),
                    "{} hides {}",
                    early.name,
                    late.name
                );
            }
        }
    }
}
