//! The operations of S3, in the order in which the router tries them.
//!
//! One row an operation: name, method, what it is called on, the query parameters and the header
//! that must be there, and whether we have it. More selective rows stand first. Source: AWS API
//! reference, "Amazon S3 operations" (general purpose buckets, 2026). Those on an account are
//! `GetPublicAccessBlock` and its kin of "AWS S3 Control operations", which share their names with
//! operations on buckets and are called after their actions here.

use crate::operation::{OperationSpec, Support, Target};

macro_rules! operations {
    ($($name:ident $method:literal $target:ident [$($query:literal)*] $value:expr, $header:expr, $support:ident;)*) => {
        /// An operation of S3.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $(
                #[doc = concat!("`", $method, "` on a ", stringify!($target), ".")]
                $name,
            )*
        }

        /// All rows, most selective first.
        pub(crate) static TABLE: &[OperationSpec] = &[
            $(OperationSpec {
                operation: Operation::$name,
                name: stringify!($name),
                method: $method,
                target: Target::$target,
                query: &[$($query),*],
                query_value: $value,
                header: $header,
                support: Support::$support,
            },)*
        ];
    };
}

operations! {
    ListBuckets "GET" Service [] None, None, Supported;
    GetAccountPublicAccessBlock "GET" Account [] None, None, Supported;
    PutAccountPublicAccessBlock "PUT" Account [] None, None, Supported;
    DeleteAccountPublicAccessBlock "DELETE" Account [] None, None, Supported;
    DeleteBucketAnalyticsConfiguration "DELETE" Bucket ["analytics"] None, None, Supported;
    DeleteBucketCors "DELETE" Bucket ["cors"] None, None, Supported;
    DeleteBucketEncryption "DELETE" Bucket ["encryption"] None, None, Supported;
    DeleteBucketIntelligentTieringConfiguration "DELETE" Bucket ["intelligent-tiering"] None, None, Supported;
    DeleteBucketInventoryConfiguration "DELETE" Bucket ["inventory"] None, None, Supported;
    DeleteBucketLifecycle "DELETE" Bucket ["lifecycle"] None, None, Supported;
    DeleteBucketMetadataConfiguration "DELETE" Bucket ["metadataConfiguration"] None, None, NotImplemented;
    DeleteBucketMetadataTableConfiguration "DELETE" Bucket ["metadataTable"] None, None, NotImplemented;
    DeleteBucketMetricsConfiguration "DELETE" Bucket ["metrics"] None, None, Supported;
    DeleteBucketOwnershipControls "DELETE" Bucket ["ownershipControls"] None, None, Supported;
    DeleteBucketPolicy "DELETE" Bucket ["policy"] None, None, Supported;
    DeleteBucketReplication "DELETE" Bucket ["replication"] None, None, Supported;
    DeleteBucketTagging "DELETE" Bucket ["tagging"] None, None, Supported;
    DeleteBucketWebsite "DELETE" Bucket ["website"] None, None, Supported;
    DeletePublicAccessBlock "DELETE" Bucket ["publicAccessBlock"] None, None, Supported;
    DeleteBucket "DELETE" Bucket [] None, None, Supported;
    GetBucketAnalyticsConfiguration "GET" Bucket ["analytics" "id"] None, None, Supported;
    GetBucketIntelligentTieringConfiguration "GET" Bucket ["intelligent-tiering" "id"] None, None, Supported;
    GetBucketInventoryConfiguration "GET" Bucket ["inventory" "id"] None, None, Supported;
    GetBucketMetricsConfiguration "GET" Bucket ["metrics" "id"] None, None, Supported;
    ListObjectsV2 "GET" Bucket ["list-type"] Some("2"), None, Supported;
    CreateSession "GET" Bucket ["session"] None, None, NotImplemented;
    GetBucketAbac "GET" Bucket ["abac"] None, None, NotImplemented;
    GetBucketAccelerateConfiguration "GET" Bucket ["accelerate"] None, None, Supported;
    GetBucketAcl "GET" Bucket ["acl"] None, None, Supported;
    GetBucketCors "GET" Bucket ["cors"] None, None, Supported;
    GetBucketEncryption "GET" Bucket ["encryption"] None, None, Supported;
    GetBucketLifecycleConfiguration "GET" Bucket ["lifecycle"] None, None, Supported;
    GetBucketLocation "GET" Bucket ["location"] None, None, Supported;
    GetBucketLogging "GET" Bucket ["logging"] None, None, Supported;
    GetBucketMetadataConfiguration "GET" Bucket ["metadataConfiguration"] None, None, NotImplemented;
    GetBucketMetadataTableConfiguration "GET" Bucket ["metadataTable"] None, None, NotImplemented;
    GetBucketNotificationConfiguration "GET" Bucket ["notification"] None, None, Supported;
    GetBucketOwnershipControls "GET" Bucket ["ownershipControls"] None, None, Supported;
    GetBucketPolicy "GET" Bucket ["policy"] None, None, Supported;
    GetBucketPolicyStatus "GET" Bucket ["policyStatus"] None, None, Supported;
    GetBucketReplication "GET" Bucket ["replication"] None, None, Supported;
    GetBucketRequestPayment "GET" Bucket ["requestPayment"] None, None, Supported;
    GetBucketTagging "GET" Bucket ["tagging"] None, None, Supported;
    GetBucketVersioning "GET" Bucket ["versioning"] None, None, Supported;
    GetBucketWebsite "GET" Bucket ["website"] None, None, Supported;
    GetObjectLockConfiguration "GET" Bucket ["object-lock"] None, None, Supported;
    GetPublicAccessBlock "GET" Bucket ["publicAccessBlock"] None, None, Supported;
    ListBucketAnalyticsConfigurations "GET" Bucket ["analytics"] None, None, Supported;
    ListBucketIntelligentTieringConfigurations "GET" Bucket ["intelligent-tiering"] None, None, Supported;
    ListBucketInventoryConfigurations "GET" Bucket ["inventory"] None, None, Supported;
    ListBucketMetricsConfigurations "GET" Bucket ["metrics"] None, None, Supported;
    ListMultipartUploads "GET" Bucket ["uploads"] None, None, Supported;
    ListObjectVersions "GET" Bucket ["versions"] None, None, Supported;
    ListObjects "GET" Bucket [] None, None, Supported;
    HeadBucket "HEAD" Bucket [] None, None, Supported;
    PreflightBucket "OPTIONS" Bucket [] None, None, Supported;
    CreateBucketMetadataConfiguration "POST" Bucket ["metadataConfiguration"] None, None, NotImplemented;
    CreateBucketMetadataTableConfiguration "POST" Bucket ["metadataTable"] None, None, NotImplemented;
    DeleteObjects "POST" Bucket ["delete"] None, None, Supported;
    PostObject "POST" Bucket [] None, None, Supported;
    PutBucketAbac "PUT" Bucket ["abac"] None, None, NotImplemented;
    PutBucketAccelerateConfiguration "PUT" Bucket ["accelerate"] None, None, Supported;
    PutBucketAcl "PUT" Bucket ["acl"] None, None, Supported;
    PutBucketAnalyticsConfiguration "PUT" Bucket ["analytics"] None, None, Supported;
    PutBucketCors "PUT" Bucket ["cors"] None, None, Supported;
    PutBucketEncryption "PUT" Bucket ["encryption"] None, None, Supported;
    PutBucketIntelligentTieringConfiguration "PUT" Bucket ["intelligent-tiering"] None, None, Supported;
    PutBucketInventoryConfiguration "PUT" Bucket ["inventory"] None, None, Supported;
    PutBucketLifecycleConfiguration "PUT" Bucket ["lifecycle"] None, None, Supported;
    PutBucketLogging "PUT" Bucket ["logging"] None, None, Supported;
    PutBucketMetricsConfiguration "PUT" Bucket ["metrics"] None, None, Supported;
    PutBucketNotificationConfiguration "PUT" Bucket ["notification"] None, None, Supported;
    PutBucketOwnershipControls "PUT" Bucket ["ownershipControls"] None, None, Supported;
    PutBucketPolicy "PUT" Bucket ["policy"] None, None, Supported;
    PutBucketReplication "PUT" Bucket ["replication"] None, None, Supported;
    PutBucketRequestPayment "PUT" Bucket ["requestPayment"] None, None, Supported;
    PutBucketTagging "PUT" Bucket ["tagging"] None, None, Supported;
    PutBucketVersioning "PUT" Bucket ["versioning"] None, None, Supported;
    PutBucketWebsite "PUT" Bucket ["website"] None, None, Supported;
    PutObjectLockConfiguration "PUT" Bucket ["object-lock"] None, None, Supported;
    PutPublicAccessBlock "PUT" Bucket ["publicAccessBlock"] None, None, Supported;
    UpdateBucketMetadataInventoryTableConfiguration "PUT" Bucket ["metadataInventoryTable"] None, None, NotImplemented;
    UpdateBucketMetadataJournalTableConfiguration "PUT" Bucket ["metadataJournalTable"] None, None, NotImplemented;
    CreateBucket "PUT" Bucket [] None, None, Supported;
    AbortMultipartUpload "DELETE" Object ["uploadId"] None, None, Supported;
    DeleteObjectTagging "DELETE" Object ["tagging"] None, None, Supported;
    DeleteObject "DELETE" Object [] None, None, Supported;
    GetObjectAcl "GET" Object ["acl"] None, None, Supported;
    GetObjectAttributes "GET" Object ["attributes"] None, None, Supported;
    GetObjectLegalHold "GET" Object ["legal-hold"] None, None, Supported;
    GetObjectRetention "GET" Object ["retention"] None, None, Supported;
    GetObjectTagging "GET" Object ["tagging"] None, None, Supported;
    GetObjectTorrent "GET" Object ["torrent"] None, None, NotImplemented;
    ListParts "GET" Object ["uploadId"] None, None, Supported;
    GetObject "GET" Object [] None, None, Supported;
    HeadObject "HEAD" Object [] None, None, Supported;
    PreflightObject "OPTIONS" Object [] None, None, Supported;
    CompleteMultipartUpload "POST" Object ["uploadId"] None, None, Supported;
    CreateMultipartUpload "POST" Object ["uploads"] None, None, Supported;
    RestoreObject "POST" Object ["restore"] None, None, NotImplemented;
    SelectObjectContent "POST" Object ["select"] None, None, NotImplemented;
    UploadPartCopy "PUT" Object ["partNumber" "uploadId"] None, Some("x-amz-copy-source"), Supported;
    UploadPart "PUT" Object ["partNumber" "uploadId"] None, None, Supported;
    CopyObject "PUT" Object [] None, Some("x-amz-copy-source"), Supported;
    PutObjectAcl "PUT" Object ["acl"] None, None, Supported;
    PutObjectLegalHold "PUT" Object ["legal-hold"] None, None, Supported;
    PutObjectRetention "PUT" Object ["retention"] None, None, Supported;
    PutObjectTagging "PUT" Object ["tagging"] None, None, Supported;
    RenameObject "PUT" Object ["renameObject"] None, None, NotImplemented;
    UpdateObjectEncryption "PUT" Object ["encryption"] None, None, NotImplemented;
    PutObject "PUT" Object [] None, None, Supported;
}
