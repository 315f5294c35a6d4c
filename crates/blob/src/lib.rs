//! Bytes on disk.
//!
//! A body is written once, never changed, and named by a [`BlobRef`](model::BlobRef) that this
//! crate chooses. Small bodies share append-only segment files and one flush with whatever else
//! arrives at the same moment; large ones have a file each. Every byte that leaves was compared
//! with its block's CRC-32C first. `FORMAT.md` beside this crate's manifest gives the bytes.
//!
//! What [`BlobStore`] promises:
//! - A [`BlobRef`](model::BlobRef) that was returned survives a power cut, until it is released.
//! - A read yields the bytes that were written, or an error. Never others.
//! - Start-up looks at directories and at no blob, so it takes as long for many as for none.
//! - A segment is never written again by a later run, and its number is never used again.
//!
//! What is deliberately not here: which blob belongs to which object, and hence when one may be
//! released. A crash between a write and its metadata leaves an orphan; [`BlobStore::scan_segment`]
//! and [`BlobStore::files`] find it, the caller judges it. Nor HTTP, keys, buckets, or a clock.

mod append;
mod buffers;
mod checksum;
pub mod disk;
mod error;
mod files;
mod format;
mod options;
mod pins;
mod reader;
mod record;
mod release;
mod scan;
mod segments;
mod sources;
mod store;
#[cfg(test)]
mod tests;
mod usage;

pub use buffers::Chunk;
pub use error::BlobError;
pub use files::BlobWriter;
pub use options::Options;
pub use pins::PinGuard;
pub use reader::BlobReader;
pub use scan::{FileState, SegmentScan, SegmentSummary, StoredFile};
pub use sources::{SegmentEnd, SourceFiles};
pub use store::BlobStore;
pub use usage::{Released, SegmentUsage};
