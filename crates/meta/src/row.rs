//! How records become rows, whatever the database: checksums, JSON documents and short texts.

pub(crate) mod checksum;
pub(crate) mod document;
pub(crate) mod text;

#[cfg(test)]
mod tests;
