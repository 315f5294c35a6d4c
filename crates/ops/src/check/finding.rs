//! One inconsistency.

use model::BlobRef;

/// What is wrong. The names are a promise to scripts: kinds may be added, none renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingKind {
    /// SQLite finds its own file damaged.
    Database,
    /// A row does not match its checksum or means nothing.
    DamagedRow,
    /// A row belongs to something that does not exist.
    DanglingRow,
    /// The body of an object or part is not there.
    MissingBody,
    /// The body of an object or part is not what was written.
    DamagedBody,
    /// The disk refuses to read a body.
    UnreadableBody,
    /// Lengths that must agree do not.
    WrongSize,
    /// The bytes are whole, but not those of the entity tag or the checksum.
    WrongDigest,
    /// A record refers to a blob that was written for another one.
    ForeignBody,
    /// Several records refer to one blob.
    SharedBody,
    /// Nothing refers to a blob.
    Orphan,
    /// A large body whose writing did not come to its end.
    Unfinished,
    /// A blob does not say whose it is.
    Unexplained,
    /// A header in a segment is damaged.
    DamagedSegment,
    /// The header of a large body is damaged.
    DamagedFile,
    /// A blob waits to be removed and is gone already.
    StaleGarbage,
    /// A blob waits to be removed although a record refers to it.
    LiveGarbage,
    /// The counts of a bucket are wrong.
    WrongUsage,
}

impl FindingKind {
    /// All kinds.
    pub const ALL: [Self; 18] = [
        Self::Database,
        Self::DamagedRow,
        Self::DanglingRow,
        Self::MissingBody,
        Self::DamagedBody,
        Self::UnreadableBody,
        Self::WrongSize,
        Self::WrongDigest,
        Self::ForeignBody,
        Self::SharedBody,
        Self::Orphan,
        Self::Unfinished,
        Self::Unexplained,
        Self::DamagedSegment,
        Self::DamagedFile,
        Self::StaleGarbage,
        Self::LiveGarbage,
        Self::WrongUsage,
    ];

    /// The name in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::DamagedRow => "damaged-row",
            Self::DanglingRow => "dangling-row",
            Self::MissingBody => "missing-body",
            Self::DamagedBody => "damaged-body",
            Self::UnreadableBody => "unreadable-body",
            Self::WrongSize => "wrong-size",
            Self::WrongDigest => "wrong-digest",
            Self::ForeignBody => "foreign-body",
            Self::SharedBody => "shared-body",
            Self::Orphan => "orphan",
            Self::Unfinished => "unfinished",
            Self::Unexplained => "unexplained",
            Self::DamagedSegment => "damaged-segment",
            Self::DamagedFile => "damaged-file",
            Self::StaleGarbage => "stale-garbage",
            Self::LiveGarbage => "live-garbage",
            Self::WrongUsage => "wrong-usage",
        }
    }
}

/// What was done about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Nothing: it was not asked for, or there is nothing that could be done safely.
    None,
    /// It was mended, like this.
    Done(&'static str),
    /// Nothing: something else is damaged that could have shown that this is right as it is.
    NotProved,
    /// It could not be mended.
    Failed(String),
}

/// An inconsistency: what, where, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The bucket, by name.
    pub bucket: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The version id; absent for the null version.
    pub version: Option<String>,
    /// The upload in progress.
    pub upload: Option<String>,
    /// The part number.
    pub part: Option<u16>,
    /// The blob.
    pub blob: Option<BlobRef>,
    /// Table and primary key of a row.
    pub row: Option<String>,
    /// What it means, for people.
    pub meaning: String,
    /// What was done about it.
    pub repair: Repair,
}

impl Finding {
    /// A finding that still has to say where.
    pub(super) fn new(kind: FindingKind, meaning: impl Into<String>) -> Self {
        Self {
            kind,
            bucket: None,
            key: None,
            version: None,
            upload: None,
            part: None,
            blob: None,
            row: None,
            meaning: meaning.into(),
            repair: Repair::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = FindingKind::ALL.iter().map(|kind| kind.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FindingKind::ALL.len());
    }
}
