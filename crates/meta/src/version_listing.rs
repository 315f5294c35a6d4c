//! Listings of all versions: queries and pages.

use model::{ObjectKey, VersionId};

use crate::listing::{ListEntry, ListStart};
use crate::object::DeleteMarkerRecord;

/// Which versions to list. AWS: API reference, ListObjectVersions.
#[derive(Clone, Debug)]
pub struct ListVersionsQuery<'a> {
    /// Only keys that begin with this.
    pub prefix: &'a str,
    /// Groups keys into common prefixes; not empty.
    pub delimiter: Option<&'a str>,
    /// Where the page begins.
    pub start: VersionListStart,
    /// Versions and common prefixes together in the page; at most `LIST_KEYS_MAX` are returned.
    pub limit: usize,
}

/// Where a page of versions begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionListStart {
    /// With the newest version of a key.
    Key(ListStart),
    /// Behind this version of this key. If that version is gone, the key is begun again: what was
    /// deleted between two pages makes neither of them skip anything.
    Version(ObjectKey, VersionId),
}

/// A version in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionEntry {
    /// The version id.
    pub version: VersionId,
    /// As in [`ObjectRecord::sequence`](crate::ObjectRecord::sequence).
    pub sequence: i64,
    /// Whether it is the newest version of its key.
    pub is_latest: bool,
    /// What it is.
    pub content: ListedVersion,
}

/// What a listing shows of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedVersion {
    /// An object.
    Object(ListEntry),
    /// A delete marker.
    DeleteMarker(DeleteMarkerRecord),
}

impl VersionEntry {
    /// The key.
    pub fn key(&self) -> &ObjectKey {
        match &self.content {
            ListedVersion::Object(entry) => &entry.key,
            ListedVersion::DeleteMarker(marker) => &marker.key,
        }
    }
}

/// One page of a listing of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// Versions in byte order of their keys, those of one key from the newest to the oldest.
    pub entries: Vec<VersionEntry>,
    /// Common prefixes in byte order.
    pub common_prefixes: Vec<String>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<VersionListStart>,
}
