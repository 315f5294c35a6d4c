//! [`MetadataStore`] in one SQLite database.
//!
//! Reads run where they are asked for, on a pool of connections: a read costs a few microseconds,
//! less than handing it to another thread. Writes go through one thread that commits them in
//! groups ([`writer`]).

mod access_key;
mod access_key_use;
mod account;
mod blob_move;
mod bucket;
mod completed_upload;
mod connection;
mod encryption_key;
mod error;
mod event;
mod garbage;
mod iam;
mod iam_entity;
mod iam_link;
mod listing;
mod object_cache;
mod object_read;
mod object_row;
mod object_write;
mod open;
mod reseal;
mod row_codec;
mod scan;
mod schema;
mod store;
mod transaction;
mod upload;
mod upload_listing;
mod upload_part;
mod usage;
mod version_listing;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use connection::Readers;
pub use iam::IamRows;
use object_cache::ObjectCache;
pub use reseal::Resealer;
use writer::Writer;

#[cfg(test)]
mod tests;

/// A metadata store in the file `metadata.sqlite3` of a directory.
///
/// The file may be read with the `sqlite3` shell while the server runs. Only one process may
/// write: the server holds no lock of its own, SQLite's locks keep the data consistent but not
/// the blobs beside it.
pub struct SqliteStore {
    path: PathBuf,
    // Dropped before the writer, whose connection is then the last and clears the log away.
    readers: Readers,
    writer: Writer,
    objects: Arc<ObjectCache>,
}
