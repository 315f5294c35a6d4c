//! Block Public Access of a bucket (§4.5).

use model::{BucketName, ErrorCode, PublicAccessBlock, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The stored configuration; `NoSuchPublicAccessBlockConfiguration` without one.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<PublicAccessBlock, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetPublicAccessBlock>(store, call, intent).await?;
    authorized.bucket()?.record.public_access.ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchPublicAccessBlockConfiguration)
            .field("BucketName", bucket.as_str())
    })
}

/// Sets it.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    configuration: Result<PublicAccessBlock, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: configuration.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutPublicAccessBlock>(store, call, intent).await?;
    store.vault.set_public_access(&authorized, configuration?).await
}

/// Removes it; done also when there is none (BPA-6).
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeletePublicAccessBlock>(store, call, intent).await?;
    store.vault.remove_public_access(&authorized).await
}
