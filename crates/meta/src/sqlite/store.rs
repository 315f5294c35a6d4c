//! The trait, method by method: which connection, which function.

use model::{
    AccountId, BlobRef, BucketName, CanonicalUserId, ObjectKey, PublicAccessBlock, Timestamp,
    VersionId,
};
use rusqlite::Connection;

use super::object_cache::Cached;
use super::{
    SqliteStore, access_key, account, blob_move, bucket, completed_upload, garbage, listing,
    object_read, object_write, upload, upload_listing, upload_part, usage, version_listing,
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
use crate::store::MetadataStore;
use crate::upload::{
    CompleteUpload, CompletedUpload, ListUploadsQuery, PartPage, PartRecord, UploadId, UploadPage,
    UploadRecord,
};
use crate::version_listing::{ListVersionsQuery, VersionPage};

impl MetadataStore for SqliteStore {
    async fn create_account(&self, account: AccountRecord) -> Result<(), MetaError> {
        self.writer.write(move |tx| account::create(tx, &account)).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, MetaError> {
        self.readers.read(|db| account::by_id(db, id))
    }

    async fn account_by_canonical_id(
        &self,
        canonical_id: &CanonicalUserId,
    ) -> Result<Option<AccountRecord>, MetaError> {
        self.readers.read(|db| account::by_canonical_id(db, canonical_id))
    }

    async fn account_by_name(&self, name: &str) -> Result<Option<AccountRecord>, MetaError> {
        self.readers.read(|db| account::by_name(db, name))
    }

    async fn list_accounts(&self) -> Result<Vec<AccountRecord>, MetaError> {
        self.readers.read(account::list)
    }

    async fn set_account_public_access(
        &self,
        id: AccountId,
        public_access: Option<PublicAccessBlock>,
    ) -> Result<(), MetaError> {
        self.writer.write(move |tx| account::set_public_access(tx, id, public_access)).await
    }

    async fn create_access_key(&self, key: AccessKeyRecord) -> Result<(), MetaError> {
        self.writer.write(move |tx| access_key::create(tx, &key)).await
    }

    async fn access_key(&self, access_key_id: &str) -> Result<Option<AccessKeyRecord>, MetaError> {
        self.readers.read(|db| access_key::find(db, access_key_id))
    }

    async fn list_access_keys(
        &self,
        account: AccountId,
    ) -> Result<Vec<AccessKeyRecord>, MetaError> {
        self.readers.read(|db| access_key::list(db, account))
    }

    async fn set_access_key_active(
        &self,
        access_key_id: &str,
        active: bool,
    ) -> Result<(), MetaError> {
        let id = access_key_id.to_owned();
        self.writer.write(move |tx| access_key::set_active(tx, &id, active)).await
    }

    async fn delete_access_key(&self, access_key_id: &str) -> Result<(), MetaError> {
        let id = access_key_id.to_owned();
        self.writer.write(move |tx| access_key::delete(tx, &id)).await
    }

    async fn create_bucket(&self, bucket: NewBucket) -> Result<BucketCreation, MetaError> {
        self.writer.write(move |tx| bucket::create(tx, bucket)).await
    }

    async fn bucket(&self, name: &BucketName) -> Result<Option<BucketRecord>, MetaError> {
        self.readers.snapshot(|db| bucket::by_name(db, name))
    }

    async fn list_buckets(
        &self,
        owner: AccountId,
        query: ListBucketsQuery<'_>,
    ) -> Result<BucketPage, MetaError> {
        self.readers.read(|db| bucket::list(db, owner, query))
    }

    async fn buckets_with_setting(
        &self,
        name: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<BucketName>, MetaError> {
        self.readers.read(|db| bucket::with_setting(db, name, after, limit))
    }

    async fn update_bucket(
        &self,
        id: BucketId,
        change: BucketChange,
        expected_revision: Option<u64>,
    ) -> Result<BucketRecord, MetaError> {
        self.writer.write(move |tx| bucket::update(tx, id, change, expected_revision)).await
    }

    async fn delete_bucket(&self, id: BucketId, now: Timestamp) -> Result<(), MetaError> {
        self.writer.write(move |tx| bucket::delete(tx, id, now)).await
    }

    async fn bucket_usage(&self, id: BucketId) -> Result<BucketUsage, MetaError> {
        self.readers.read(|db| usage::of_bucket(db, id))
    }

    async fn total_usage(&self) -> Result<(u64, BucketUsage), MetaError> {
        self.readers.read(usage::total)
    }

    async fn object(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Option<ObjectVersion>, MetaError> {
        let name = (bucket, key.clone());
        let ticket = match (self.objects.get(&name), version) {
            (Cached::Record(record), None) => return Ok(Some(ObjectVersion::Object(record))),
            (Cached::Record(record), Some(version)) if record.version == *version => {
                return Ok(Some(ObjectVersion::Object(record)));
            }
            (_, Some(version)) => {
                return self.readers.snapshot(|db| object_read::version(db, bucket, key, version));
            }
            (Cached::Unknown(ticket), None) => ticket,
        };
        // Nearly always the object is there, and one statement needs no transaction.
        let Some(record) = self.readers.read(|db| object_read::current(db, bucket, key))? else {
            return self.readers.snapshot(|db| object_read::newest(db, bucket, key));
        };
        self.objects.remember(name, &record, ticket);
        Ok(Some(ObjectVersion::Object(record)))
    }

    async fn put_object(
        &self,
        bucket: BucketId,
        object: NewObject,
        precondition: Precondition,
    ) -> Result<ObjectRecord, MetaError> {
        self.writer.write(move |tx| object_write::put(tx, bucket, object, precondition)).await
    }

    async fn update_object(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        sequence: i64,
        change: ObjectChange,
        events: Vec<NewEvent>,
    ) -> Result<ObjectRecord, MetaError> {
        let key = key.clone();
        let update = move |tx: &_| object_write::update(tx, bucket, &key, sequence, change, events);
        self.writer.write(update).await
    }

    async fn delete_object(
        &self,
        bucket: BucketId,
        deletion: DeleteObject,
    ) -> Result<DeleteOutcome, MetaError> {
        self.writer.write(move |tx| object_write::delete(tx, bucket, deletion)).await
    }

    async fn delete_objects(
        &self,
        deletions: Vec<(BucketId, DeleteObject)>,
    ) -> Vec<Result<DeleteOutcome, MetaError>> {
        let mut queued = Vec::with_capacity(deletions.len());
        for (bucket, deletion) in deletions {
            let delete = move |tx: &_| object_write::delete(tx, bucket, deletion);
            queued.push(self.writer.submit(delete).await);
        }
        let mut outcomes = Vec::with_capacity(queued.len());
        for answer in queued {
            outcomes.push(match answer {
                Ok(answer) => answer.await.unwrap_or(Err(MetaError::Closed)),
                Err(error) => Err(error),
            });
        }
        outcomes
    }

    async fn list_objects(
        &self,
        bucket: BucketId,
        query: ListObjectsQuery<'_>,
    ) -> Result<ObjectPage, MetaError> {
        self.readers.snapshot(|db| listing::list(db, bucket, &query))
    }

    async fn list_object_versions(
        &self,
        bucket: BucketId,
        query: ListVersionsQuery<'_>,
    ) -> Result<VersionPage, MetaError> {
        self.readers.snapshot(|db| version_listing::list(db, bucket, &query))
    }

    async fn create_upload(&self, upload: UploadRecord) -> Result<(), MetaError> {
        self.writer.write(move |tx| upload::create(tx, &upload)).await
    }

    async fn upload(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        id: &UploadId,
    ) -> Result<Option<UploadRecord>, MetaError> {
        self.readers.read(|db| upload::find(db, bucket, key, id))
    }

    async fn completed_upload(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        id: &UploadId,
    ) -> Result<Option<CompletedUpload>, MetaError> {
        self.readers.read(|db| completed_upload::find(db, bucket, key, id))
    }

    async fn put_part(&self, upload: &UploadId, part: PartRecord) -> Result<(), MetaError> {
        let upload = upload.clone();
        self.writer.write(move |tx| upload_part::put(tx, &upload, &part)).await
    }

    async fn list_parts(
        &self,
        upload: &UploadId,
        after: Option<u16>,
        limit: usize,
    ) -> Result<PartPage, MetaError> {
        self.readers.snapshot(|db| upload_part::list(db, upload, after, limit))
    }

    async fn list_uploads(
        &self,
        bucket: BucketId,
        query: ListUploadsQuery<'_>,
    ) -> Result<UploadPage, MetaError> {
        self.readers.snapshot(|db| upload_listing::list(db, bucket, &query))
    }

    async fn complete_upload(&self, completion: CompleteUpload) -> Result<ObjectRecord, MetaError> {
        self.writer.write(move |tx| upload::complete(tx, completion)).await
    }

    async fn abort_upload(&self, upload: &UploadId, now: Timestamp) -> Result<(), MetaError> {
        let upload = upload.clone();
        self.writer.write(move |tx| upload::abort(tx, &upload, now)).await
    }

    async fn forget_completed_uploads(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> Result<usize, MetaError> {
        self.writer.write(move |tx| completed_upload::forget(tx, older_than, limit)).await
    }

    async fn garbage(
        &self,
        older_than: Timestamp,
        limit: usize,
    ) -> Result<Vec<BlobRef>, MetaError> {
        self.readers.read(|db| garbage::list(db, older_than, limit))
    }

    async fn forget_garbage(&self, blobs: &[BlobRef]) -> Result<(), MetaError> {
        let blobs = blobs.to_vec();
        self.writer.write(move |tx| garbage::forget(tx, &blobs)).await
    }

    async fn follow_moves(
        &self,
        moves: Vec<BlobMove>,
        now: Timestamp,
    ) -> Result<Vec<bool>, MetaError> {
        self.writer.write(move |tx| blob_move::follow(tx, &moves, now)).await
    }

    async fn references(&self, hint: &BlobHint, blob: &BlobRef) -> Result<bool, MetaError> {
        self.readers.snapshot(|db| references(db, hint, blob))
    }
}

/// One state for both questions: a completion moves a blob from the part to the object.
fn references(db: &Connection, hint: &BlobHint, blob: &BlobRef) -> Result<bool, MetaError> {
    match hint {
        BlobHint::Object { bucket, key } => object_read::any_version_has(db, *bucket, key, blob),
        BlobHint::Part { bucket, key, upload, number } => {
            let part = upload_part::find(db, upload, *number)?;
            Ok(part.is_some_and(|stored| stored.part.blob.as_ref() == Some(blob))
                || object_read::any_version_has(db, *bucket, key, blob)?)
        }
    }
}
