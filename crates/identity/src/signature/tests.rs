//! Tests of signatures.

mod advisories;
mod examples;
mod form_errors;
mod header_errors;
mod mechanism_errors;
mod mutations;
mod presigned_errors;
mod properties;
pub(super) mod support;
mod version_2;
