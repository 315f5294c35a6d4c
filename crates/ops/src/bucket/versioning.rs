//! The versioning state of a bucket. AWS: "Retaining multiple versions of objects with S3
//! Versioning".

use meta::Versioning;
use model::{BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The state; [`Versioning::Off`] if it was never set.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<Versioning, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketVersioning>(store, call, intent).await?;
    Ok(authorized.bucket()?.record.versioning)
}

/// Enables or suspends versioning; there is no way back to none.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    versioning: Result<Versioning, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: versioning.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketVersioning>(store, call, intent).await?;
    let versioning = versioning?;
    if versioning != Versioning::Enabled && authorized.bucket()?.record.object_lock.is_some() {
        return Err(S3Error::with_message(
            ErrorCode::InvalidBucketState,
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        ));
    }
    store.vault.set_versioning(&authorized, versioning).await
}
