//! Operations of S3 Control: settings of an account instead of a bucket.

pub mod public_access;
