//! Rows as they are stored, one by one, for the check of a whole store.

use crate::account::{AccessKeyRecord, AccountRecord};
use crate::bucket::{BucketId, BucketRecord, BucketUsage};
use crate::encryption_key::EncryptionKeyRow;
use crate::error::MetaError;
use crate::iam::IamRow;
use crate::object::ObjectVersion;
use crate::upload::{PartRecord, UploadId, UploadRecord};
use model::BlobRef;

/// A table that can be walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScannedTable {
    /// `account`
    Account,
    /// `access_key`
    AccessKey,
    /// `bucket`, with the rows of `bucket_setting`
    Bucket,
    /// `bucket_usage`
    BucketUsage,
    /// `object`: the newest version of each key
    Object,
    /// `object_version`: older versions and delete markers
    ObjectVersion,
    /// `upload`
    Upload,
    /// `upload_part`
    UploadPart,
    /// `completed_upload`
    CompletedUpload,
    /// `garbage`
    Garbage,
    /// `iam_entity`
    IamEntity,
    /// `iam_link`
    IamLink,
    /// `access_key_use`
    AccessKeyUse,
    /// `event`
    Event,
    /// `encryption_key`
    EncryptionKey,
}

impl ScannedTable {
    /// All tables that have rows with checksums.
    pub const ALL: [Self; 15] = [
        Self::Account,
        Self::AccessKey,
        Self::Bucket,
        Self::BucketUsage,
        Self::Object,
        Self::ObjectVersion,
        Self::Upload,
        Self::UploadPart,
        Self::CompletedUpload,
        Self::Garbage,
        Self::IamEntity,
        Self::IamLink,
        Self::AccessKeyUse,
        Self::Event,
        Self::EncryptionKey,
    ];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::AccessKey => "access_key",
            Self::Bucket => "bucket",
            Self::BucketUsage => "bucket_usage",
            Self::Object => "object",
            Self::ObjectVersion => "object_version",
            Self::Upload => "upload",
            Self::UploadPart => "upload_part",
            Self::CompletedUpload => "completed_upload",
            Self::Garbage => "garbage",
            Self::IamEntity => "iam_entity",
            Self::IamLink => "iam_link",
            Self::AccessKeyUse => "access_key_use",
            Self::Event => "event",
            Self::EncryptionKey => "encryption_key",
        }
    }
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredRow {
    /// An account.
    Account(Box<AccountRecord>),
    /// An access key.
    AccessKey(Box<AccessKeyRecord>),
    /// A bucket.
    Bucket(Box<BucketRecord>),
    /// The counts of this bucket.
    BucketUsage(BucketId),
    /// A version of an object, or a delete marker.
    Object {
        /// Its bucket.
        bucket: BucketId,
        /// The version.
        version: ObjectVersion,
    },
    /// An upload in progress.
    Upload(Box<UploadRecord>),
    /// A part of an upload in progress.
    Part {
        /// The upload.
        upload: UploadId,
        /// The part.
        part: PartRecord,
    },
    /// A completed upload; it refers to nothing.
    CompletedUpload,
    /// A blob that waits to be removed.
    Garbage(BlobRef),
    /// A user, group, role, policy or identity provider.
    IamEntity(IamRow),
    /// Another row of IAM, which only repeats or adds to what entities and keys say.
    IamDetail,
    /// An event notification; it refers to nothing.
    Event,
    /// A key of the ring.
    EncryptionKey(EncryptionKeyRow),
}

/// A row, or what is wrong with it.
#[derive(Clone, Debug)]
pub struct ScannedRow {
    /// Its primary key in words, as far as it is readable.
    pub name: String,
    /// In the two object tables the bucket and the key, even if the row is damaged.
    pub object: Option<(BucketId, String)>,
    /// What it says; [`MetaError::Corrupt`] if it does not match its checksum.
    pub content: Result<StoredRow, MetaError>,
}

/// A page of rows in the order of the primary key.
#[derive(Clone, Debug, Default)]
pub struct RowPage {
    /// The rows.
    pub rows: Vec<ScannedRow>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<RowCursor>,
}

/// Behind a row of one table. Bytes instead of text, because a damaged key may be any bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowCursor(pub(crate) Vec<KeyColumn>);

impl RowCursor {
    /// As a text, for whoever goes on later.
    pub fn to_text(&self) -> String {
        let columns: Vec<String> = self
            .0
            .iter()
            .map(|column| match column {
                KeyColumn::Integer(number) => format!("i{number}"),
                KeyColumn::Text(bytes) => format!("t{}", hex::encode(bytes)),
            })
            .collect();
        columns.join(",")
    }

    /// Reads [`Self::to_text`].
    pub fn parse(text: &str) -> Option<Self> {
        let column = |text: &str| match text.split_at_checked(1)? {
            ("i", number) => number.parse().ok().map(KeyColumn::Integer),
            ("t", bytes) => hex::decode(bytes).ok().map(KeyColumn::Text),
            _ => None,
        };
        text.split(',').map(column).collect::<Option<_>>().map(Self)
    }
}

/// A column of a primary key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyColumn {
    /// An integer.
    Integer(i64),
    /// A text, which need not be UTF-8.
    Text(Vec<u8>),
}

/// The counts of a bucket: as they are kept, and as the rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedUsage {
    /// What is kept; `None` if there is no row, an error if it is damaged.
    pub kept: Result<Option<BucketUsage>, MetaError>,
    /// What the rows of the bucket come to.
    pub counted: BucketUsage,
    /// Whether a version has a sequence that was not given out yet.
    pub sequence_ahead: bool,
}

impl CountedUsage {
    /// Whether both agree.
    pub fn agrees(&self) -> bool {
        self.kept == Ok(Some(self.counted)) && !self.sequence_ahead
    }
}
