//! Lifecycle configuration of a bucket. What its rules do is in [`crate::lifecycle`].

use model::lifecycle::LifecycleConfiguration;
use model::{BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The stored rules; `NoSuchLifecycleConfiguration` without any.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<LifecycleConfiguration, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketLifecycleConfiguration>(store, call, intent).await?;
    let rules = authorized.bucket()?.settings.lifecycle.clone();
    rules.ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchLifecycleConfiguration).field("BucketName", bucket.as_str())
    })
}

/// Replaces the rules. They count from the next run of the worker on, for objects that are there
/// already, too.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    rules: Result<LifecycleConfiguration, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: rules.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketLifecycleConfiguration>(store, call, intent).await?;
    store.vault.set_lifecycle(&authorized, &rules?).await
}

/// Removes the rules; done also when there are none.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketLifecycle>(store, call, intent).await?;
    store.vault.remove_lifecycle(&authorized).await
}
