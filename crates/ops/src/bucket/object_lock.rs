//! Object Lock of a bucket.

use meta::Versioning;
use model::{BucketName, ErrorCode, ObjectLockConfiguration, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The configuration. Error: `ObjectLockConfigurationNotFoundError` if it was never enabled.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<ObjectLockConfiguration, S3Error> {
    let intent = Intent::bucket(bucket);
    let decided = gate::pass::<op::GetObjectLockConfiguration>(store, call, intent).await?;
    decided.bucket()?.record.object_lock.ok_or_else(|| {
        S3Error::new(ErrorCode::ObjectLockConfigurationNotFoundError)
            .field("BucketName", bucket.as_str())
    })
}

/// Enables Object Lock, or replaces the rule for new versions. There is no way back to none.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    configuration: Result<ObjectLockConfiguration, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: configuration.clone().map(drop), ..Intent::bucket(bucket) };
    let decided = gate::pass::<op::PutObjectLockConfiguration>(store, call, intent).await?;
    if decided.bucket()?.record.versioning != Versioning::Enabled {
        return Err(S3Error::with_message(
            ErrorCode::InvalidBucketState,
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        ));
    }
    store.vault.set_object_lock(&decided, configuration?).await
}
