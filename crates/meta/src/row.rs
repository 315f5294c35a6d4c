//! How records become rows, whatever the database: checksums, binary columns, JSON
//! documents and short texts.

pub(crate) mod binary;
pub(crate) mod checksum;
pub(crate) mod document;
pub(crate) mod object;
pub(crate) mod object_detail;
pub(crate) mod text;

#[cfg(test)]
mod tests;
