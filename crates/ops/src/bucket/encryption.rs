//! The default encryption of a bucket.

use model::{BucketEncryption, BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The configuration; without one, what Amazon's buckets have since January 2023.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<BucketEncryption, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketEncryption>(store, call, intent).await?;
    let stored = authorized.bucket()?.settings.encryption.clone();
    match stored {
        Some(stored) => Ok(stored),
        None if store.settings.encrypts_by_default => Ok(BucketEncryption::default()),
        None => Err(S3Error::new(ErrorCode::ServerSideEncryptionConfigurationNotFoundError)
            .field("BucketName", bucket.as_str())),
    }
}

/// Replaces the configuration; objects that are there stay as they are.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    encryption: Result<BucketEncryption, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: encryption.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketEncryption>(store, call, intent).await?;
    store.vault.set_encryption(&authorized, &encryption?).await
}

/// Goes back to what a bucket without a configuration has.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketEncryption>(store, call, intent).await?;
    store.vault.remove_encryption(&authorized).await
}
