//! The actions that policies speak of (§5.9).

/// What kind of resource an action acts on (POL-31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// `*`: no resource, as ListAllMyBuckets.
    None,
    /// `arn:aws:s3:::bucket`
    Bucket,
    /// `arn:aws:s3:::bucket/key`
    Object,
}

macro_rules! actions {
    ($($variant:ident $resource:ident;)*) => {
        /// An action of the `s3` service. AWS: Service Authorization Reference, "Amazon S3".
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = concat!("`s3:", stringify!($variant), "`")] $variant,)*
        }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The action's bit in a set of actions.
            pub(crate) const fn bit(self) -> u128 {
                1 << (self as u32)
            }

            /// The name with its service: `s3:GetObject`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => concat!("s3:", stringify!($variant)),)* }
            }

            /// What it acts on.
            pub fn resource_type(self) -> ResourceType {
                match self { $(Self::$variant => ResourceType::$resource,)* }
            }
        }
    };
}

// INVARIANT: a set of actions is a `u128`.
const _: () = assert!(Action::ALL.len() <= 128);

actions! {
    ListAllMyBuckets None;
    CreateBucket Bucket;
    DeleteBucket Bucket;
    ListBucket Bucket;
    ListBucketVersions Bucket;
    ListBucketMultipartUploads Bucket;
    GetBucketLocation Bucket;
    GetBucketAcl Bucket;
    PutBucketAcl Bucket;
    GetBucketPolicy Bucket;
    PutBucketPolicy Bucket;
    DeleteBucketPolicy Bucket;
    GetBucketPolicyStatus Bucket;
    GetBucketOwnershipControls Bucket;
    PutBucketOwnershipControls Bucket;
    GetBucketPublicAccessBlock Bucket;
    PutBucketPublicAccessBlock Bucket;
    GetBucketLogging Bucket;
    PutBucketLogging Bucket;
    GetBucketVersioning Bucket;
    PutBucketVersioning Bucket;
    GetBucketTagging Bucket;
    PutBucketTagging Bucket;
    GetBucketCORS Bucket;
    PutBucketCORS Bucket;
    GetEncryptionConfiguration Bucket;
    PutEncryptionConfiguration Bucket;
    GetLifecycleConfiguration Bucket;
    PutLifecycleConfiguration Bucket;
    GetBucketWebsite Bucket;
    PutBucketWebsite Bucket;
    DeleteBucketWebsite Bucket;
    GetReplicationConfiguration Bucket;
    PutReplicationConfiguration Bucket;
    GetBucketNotification Bucket;
    PutBucketNotification Bucket;
    GetBucketRequestPayment Bucket;
    PutBucketRequestPayment Bucket;
    GetAccelerateConfiguration Bucket;
    PutAccelerateConfiguration Bucket;
    GetAnalyticsConfiguration Bucket;
    PutAnalyticsConfiguration Bucket;
    GetInventoryConfiguration Bucket;
    PutInventoryConfiguration Bucket;
    GetMetricsConfiguration Bucket;
    PutMetricsConfiguration Bucket;
    GetIntelligentTieringConfiguration Bucket;
    PutIntelligentTieringConfiguration Bucket;
    GetBucketObjectLockConfiguration Bucket;
    PutBucketObjectLockConfiguration Bucket;
    GetObject Object;
    GetObjectVersion Object;
    GetObjectAttributes Object;
    GetObjectVersionAttributes Object;
    GetObjectAcl Object;
    GetObjectVersionAcl Object;
    PutObjectAcl Object;
    PutObjectVersionAcl Object;
    GetObjectTagging Object;
    GetObjectVersionTagging Object;
    PutObjectTagging Object;
    PutObjectVersionTagging Object;
    DeleteObjectTagging Object;
    DeleteObjectVersionTagging Object;
    PutObject Object;
    DeleteObject Object;
    DeleteObjectVersion Object;
    AbortMultipartUpload Object;
    ListMultipartUploadParts Object;
    RestoreObject Object;
    GetObjectRetention Object;
    PutObjectRetention Object;
    GetObjectLegalHold Object;
    PutObjectLegalHold Object;
    BypassGovernanceRetention Object;
    GetAccountPublicAccessBlock None;
    PutAccountPublicAccessBlock None;
    // What follows belongs to features that are not served; policies brought from AWS name them.
    TagResource Bucket;
    UntagResource Bucket;
    ListTagsForResource Bucket;
    GetBucketAbac Bucket;
    PutBucketAbac Bucket;
    CreateBucketMetadataTableConfiguration Bucket;
    DeleteBucketMetadataTableConfiguration Bucket;
    GetBucketMetadataTableConfiguration Bucket;
    UpdateBucketMetadataInventoryTableConfiguration Bucket;
    UpdateBucketMetadataJournalTableConfiguration Bucket;
    GetObjectTorrent Object;
    GetObjectVersionTorrent Object;
    GetObjectVersionForReplication Object;
    InitiateReplication Object;
    ObjectOwnerOverrideToBucketOwner Object;
    ReplicateDelete Object;
    ReplicateObject Object;
    ReplicateTags Object;
}
