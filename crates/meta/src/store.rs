//! The contract that every metadata store keeps.

use std::future::Future;

use model::{
    AccountId, BlobRef, BucketName, CanonicalUserId, ObjectKey, PublicAccessBlock, Timestamp,
    VersionId,
};

use crate::account::{AccessKeyRecord, AccountRecord};
use crate::blob_hint::BlobHint;
use crate::blob_move::BlobMove;
use crate::bucket::{
    BucketChange, BucketCreation, BucketId, BucketPage, BucketRecord, BucketUsage,
    ListBucketsQuery, NewBucket,
};
use crate::error::MetaError;
use crate::event::NewEvent;
use crate::listing::{ListObjectsQuery, ObjectPage};
use crate::object::{
    DeleteObject, DeleteOutcome, NewObject, ObjectChange, ObjectRecord, ObjectVersion, Precondition,
};
use crate::upload::{
    CompleteUpload, CompletedUpload, ListUploadsQuery, PartPage, PartRecord, UploadId, UploadPage,
    UploadRecord,
};
use crate::version_listing::{ListVersionsQuery, VersionPage};

/// Metadata of accounts, buckets, objects and uploads.
///
/// Every write is one transaction: all of it or nothing, durable before it is answered, and seen by
/// every read that begins after the answer. Blobs that a write makes unreferenced are noted as
/// garbage in the same transaction, so that a crash loses none. Dropping the future of a write does
/// not stop it. Besides the errors named at each method, every method may fail with
/// [`MetaError::Database`], [`MetaError::Corrupt`] and [`MetaError::Closed`], and every write with
/// [`MetaError::DiskFull`].
pub trait MetadataStore: Send + Sync + 'static {
    /// Adds an account. Errors: [`MetaError::AlreadyExists`] names the field that is taken.
    fn create_account(
        &self,
        account: AccountRecord,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// The account with this id.
    fn account(
        &self,
        id: AccountId,
    ) -> impl Future<Output = Result<Option<AccountRecord>, MetaError>> + Send;

    /// The account with this canonical user id, byte for byte.
    fn account_by_canonical_id(
        &self,
        canonical_id: &CanonicalUserId,
    ) -> impl Future<Output = Result<Option<AccountRecord>, MetaError>> + Send;

    /// The account with this name, byte for byte.
    fn account_by_name(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<AccountRecord>, MetaError>> + Send;

    /// All accounts by id; they are made by the operator, so there is no page.
    fn list_accounts(&self) -> impl Future<Output = Result<Vec<AccountRecord>, MetaError>> + Send;

    /// Sets or removes the account's Block Public Access. Errors: `NotFound` (account).
    fn set_account_public_access(
        &self,
        id: AccountId,
        public_access: Option<PublicAccessBlock>,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// Adds an access key. Errors: `AlreadyExists` (access key), `NotFound` (account).
    fn create_access_key(
        &self,
        key: AccessKeyRecord,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// The access key with this id, byte for byte.
    fn access_key(
        &self,
        access_key_id: &str,
    ) -> impl Future<Output = Result<Option<AccessKeyRecord>, MetaError>> + Send;

    /// The access keys of an account, by id.
    fn list_access_keys(
        &self,
        account: AccountId,
    ) -> impl Future<Output = Result<Vec<AccessKeyRecord>, MetaError>> + Send;

    /// Accepts or refuses a key from now on. Errors: `NotFound` (access key).
    fn set_access_key_active(
        &self,
        access_key_id: &str,
        active: bool,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// Removes a key. Errors: `NotFound` (access key).
    fn delete_access_key(
        &self,
        access_key_id: &str,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// Adds a bucket, unless the name is taken. Errors: `NotFound` (account), `LimitExceeded` if
    /// the owner has `BUCKETS_PER_ACCOUNT_MAX` buckets.
    fn create_bucket(
        &self,
        bucket: NewBucket,
    ) -> impl Future<Output = Result<BucketCreation, MetaError>> + Send;

    /// The bucket with this name.
    fn bucket(
        &self,
        name: &BucketName,
    ) -> impl Future<Output = Result<Option<BucketRecord>, MetaError>> + Send;

    /// A page of an account's buckets.
    fn list_buckets(
        &self,
        owner: AccountId,
        query: ListBucketsQuery<'_>,
    ) -> impl Future<Output = Result<BucketPage, MetaError>> + Send;

    /// Names of buckets of all accounts that have a setting of this name, behind `after` in byte
    /// order; at most `limit`.
    fn buckets_with_setting(
        &self,
        name: &str,
        after: &str,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<BucketName>, MetaError>> + Send;

    /// Changes a bucket and returns the changed record. With an expected revision, the change is
    /// made only if the bucket still has it, so that what was decided about is what is changed.
    /// Errors: `NotFound` (bucket), `Conflict` (bucket), `LimitExceeded`.
    fn update_bucket(
        &self,
        id: BucketId,
        change: BucketChange,
        expected_revision: Option<u64>,
    ) -> impl Future<Output = Result<BucketRecord, MetaError>> + Send;

    /// Removes an empty bucket. Uploads in progress do not keep it, as on S3: they end with it, and
    /// their parts become garbage. Errors: `NotFound` (bucket), `NotEmpty` if it holds a version or
    /// a delete marker.
    fn delete_bucket(
        &self,
        id: BucketId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// How much one bucket holds; costs the same however much that is. Zero if there is no such
    /// bucket.
    fn bucket_usage(
        &self,
        id: BucketId,
    ) -> impl Future<Output = Result<BucketUsage, MetaError>> + Send;

    /// How much all buckets hold together, and how many they are; costs the number of buckets.
    fn total_usage(&self) -> impl Future<Output = Result<(u64, BucketUsage), MetaError>> + Send;

    /// One version of an object; without a version id the newest one, which may be a delete
    /// marker.
    fn object(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> impl Future<Output = Result<Option<ObjectVersion>, MetaError>> + Send;

    /// Writes an object: a new version if versioning is enabled, else it replaces the null
    /// version. Errors: `NotFound` (bucket; object, for `If-Match`), `PreconditionFailed`.
    fn put_object(
        &self,
        bucket: BucketId,
        object: NewObject,
        precondition: Precondition,
    ) -> impl Future<Output = Result<ObjectRecord, MetaError>> + Send;

    /// Changes ACL, tags or lock of exactly the version that the caller has read, named by its
    /// sequence, and queues what is told about it. Errors: `NotFound` (bucket), `Conflict` (object
    /// version) if it is gone, `Locked`.
    fn update_object(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        sequence: i64,
        change: ObjectChange,
        events: Vec<NewEvent>,
    ) -> impl Future<Output = Result<ObjectRecord, MetaError>> + Send;

    /// Deletes an object or one version of it. Errors: `NotFound` (bucket; object, for
    /// `If-Match`), `PreconditionFailed`, `Locked`.
    fn delete_object(
        &self,
        bucket: BucketId,
        deletion: DeleteObject,
    ) -> impl Future<Output = Result<DeleteOutcome, MetaError>> + Send;

    /// Deletes one after the other as [`delete_object`](Self::delete_object) does, each on its own,
    /// but a few hundred share a commit. Outcomes are in the order of the deletions.
    fn delete_objects(
        &self,
        deletions: Vec<(BucketId, DeleteObject)>,
    ) -> impl Future<Output = Vec<Result<DeleteOutcome, MetaError>>> + Send;

    /// A page of the current objects of a bucket; costs the page, however many keys lie under its
    /// common prefixes. Empty if there is no such bucket.
    fn list_objects(
        &self,
        bucket: BucketId,
        query: ListObjectsQuery<'_>,
    ) -> impl Future<Output = Result<ObjectPage, MetaError>> + Send;

    /// A page of the versions of a bucket, delete markers among them; costs the page. Empty if
    /// there is no such bucket.
    fn list_object_versions(
        &self,
        bucket: BucketId,
        query: ListVersionsQuery<'_>,
    ) -> impl Future<Output = Result<VersionPage, MetaError>> + Send;

    /// Starts an upload. Errors: `NotFound` (bucket), `AlreadyExists` (upload).
    fn create_upload(
        &self,
        upload: UploadRecord,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// The upload in progress with this id, if it is one of this key.
    fn upload(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        id: &UploadId,
    ) -> impl Future<Output = Result<Option<UploadRecord>, MetaError>> + Send;

    /// The completed upload with this id, if it was one of this key and is still remembered.
    fn completed_upload(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        id: &UploadId,
    ) -> impl Future<Output = Result<Option<CompletedUpload>, MetaError>> + Send;

    /// Adds or replaces a part. Errors: `NotFound` (upload).
    fn put_part(
        &self,
        upload: &UploadId,
        part: PartRecord,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// A page of the parts of an upload with numbers above `after`. The limit counts parts; at
    /// most `PART_NUMBER_MAX` are returned. Errors: `NotFound` (upload).
    fn list_parts(
        &self,
        upload: &UploadId,
        after: Option<u16>,
        limit: usize,
    ) -> impl Future<Output = Result<PartPage, MetaError>> + Send;

    /// A page of the uploads in progress of a bucket; costs the page.
    fn list_uploads(
        &self,
        bucket: BucketId,
        query: ListUploadsQuery<'_>,
    ) -> impl Future<Output = Result<UploadPage, MetaError>> + Send;

    /// Turns an upload into its object; parts that were not chosen become garbage. Errors:
    /// `NotFound` (upload; object, for `If-Match`), `Conflict` (part) if a chosen part is not the
    /// stored one, `PreconditionFailed`.
    fn complete_upload(
        &self,
        completion: CompleteUpload,
    ) -> impl Future<Output = Result<ObjectRecord, MetaError>> + Send;

    /// Ends an upload without an object; its parts become garbage. Errors: `NotFound` (upload).
    fn abort_upload(
        &self,
        upload: &UploadId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// Forgets uploads that were completed before this time, at most `limit` of them, and says
    /// how many.
    fn forget_completed_uploads(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<usize, MetaError>> + Send;

    /// Blobs that nothing has referred to since before this time, oldest first.
    fn garbage(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<BlobRef>, MetaError>> + Send;

    /// Notes that these blobs have been removed.
    fn forget_garbage(
        &self,
        blobs: &[BlobRef],
    ) -> impl Future<Output = Result<(), MetaError>> + Send;

    /// Lets versions of objects refer to copies of their blobs, and says which of the moves were
    /// followed. One is not unless exactly one version refers to the old place. What was followed
    /// makes the old place garbage since `now`. Parts of uploads in progress are not looked at.
    fn follow_moves(
        &self,
        moves: Vec<BlobMove>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<bool>, MetaError>> + Send;

    /// Whether the blob is part of what its hint names: of a version of the key, or of an upload
    /// in progress. A blob whose write may still be under way can become referenced later, so the
    /// sweep asks about old blobs only.
    fn references(
        &self,
        hint: &BlobHint,
        blob: &BlobRef,
    ) -> impl Future<Output = Result<bool, MetaError>> + Send;
}
