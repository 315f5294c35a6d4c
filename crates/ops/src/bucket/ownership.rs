//! Object Ownership of a bucket (§3.3).

use authz::admission;
use model::{BucketName, ErrorCode, ObjectOwnership, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The stored setting; `OwnershipControlsNotFoundError` without one (OWN-E1).
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<ObjectOwnership, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketOwnershipControls>(store, call, intent).await?;
    authorized.bucket()?.facts.ownership.ok_or_else(|| {
        S3Error::new(ErrorCode::OwnershipControlsNotFoundError).field("BucketName", bucket.as_str())
    })
}

/// Sets it; BucketOwnerEnforced only while the bucket ACL grants nobody else anything (OWN-E5).
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    ownership: Result<ObjectOwnership, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: ownership.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketOwnershipControls>(store, call, intent).await?;
    let ownership = ownership?;
    let facts = &authorized.bucket()?.facts;
    admission::admit_ownership_change(ownership, &facts.acl, &facts.owner.canonical_id)?;
    store.vault.set_ownership(&authorized, ownership).await
}

/// Removes it; done also when there is none (OWN-4).
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketOwnershipControls>(store, call, intent).await?;
    store.vault.remove_ownership(&authorized).await
}
