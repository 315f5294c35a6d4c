//! The tags of a bucket.

use model::{BucketName, ErrorCode, S3Error, TagSet};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The tags; `NoSuchTagSet` without any.
pub async fn get(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<TagSet, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketTagging>(store, call, intent).await?;
    let tags = authorized.bucket()?.settings.tags.clone();
    tags.ok_or_else(|| S3Error::new(ErrorCode::NoSuchTagSet).field("BucketName", bucket.as_str()))
}

/// Replaces all tags.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    tags: Result<TagSet, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: tags.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketTagging>(store, call, intent).await?;
    store.vault.set_bucket_tags(&authorized, &tags?).await
}

/// Removes all tags; done also when there is none.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketTagging>(store, call, intent).await?;
    store.vault.remove_bucket_tags(&authorized).await
}
