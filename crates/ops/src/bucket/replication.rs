//! Replication and Transfer Acceleration of a bucket: kept and returned. Nothing is replicated or
//! accelerated here.

use meta::Versioning;
use model::{BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// Name of the replication configuration among the settings.
pub(crate) const REPLICATION: &str = "replication";
/// Name of the acceleration among the settings.
pub(crate) const ACCELERATE: &str = "accelerate";

/// The configuration. Errors: `ReplicationConfigurationNotFoundError`.
pub async fn get(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<String, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketReplication>(store, call, intent).await?;
    let text = authorized.bucket()?.record.settings.get(REPLICATION).cloned();
    text.ok_or_else(|| {
        S3Error::new(ErrorCode::ReplicationConfigurationNotFoundError)
            .field("BucketName", bucket.as_str())
    })
}

/// Keeps a configuration, given with the names of its destinations. Those that are here must have
/// versions, as the bucket itself; others may be anywhere.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    input: Result<(Vec<String>, String), S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: input.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketReplication>(store, call, intent).await?;
    let (destinations, content) = input?;
    let invalid = |message: &'static str| S3Error::with_message(ErrorCode::InvalidRequest, message);
    let source = authorized.bucket()?;
    if source.record.versioning != Versioning::Enabled {
        let message =
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration";
        return Err(invalid(message).field("BucketName", bucket.as_str()));
    }
    for name in destinations {
        let name = BucketName::parse(&name).ok_or(ErrorCode::MalformedXML)?;
        if name == *bucket {
            return Err(invalid("Destination bucket cannot be the same as the source bucket."));
        }
        // Of other accounts' buckets nothing is told.
        let found = store.vault.bucket(&name).await?;
        let own = found.filter(|found| found.facts.owner.id == source.facts.owner.id);
        if own.is_some_and(|own| own.record.versioning != Versioning::Enabled) {
            return Err(invalid("Destination bucket must have versioning enabled."));
        }
    }
    store.vault.set_replication(&authorized, Some(content)).await
}

/// Removes the configuration; done also when there is none.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketReplication>(store, call, intent).await?;
    store.vault.set_replication(&authorized, None).await
}

/// The acceleration, if it was ever set.
pub async fn get_accelerate(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<Option<String>, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized =
        gate::pass::<op::GetBucketAccelerateConfiguration>(store, call, intent).await?;
    Ok(authorized.bucket()?.record.settings.get(ACCELERATE).cloned())
}

/// Sets the acceleration.
pub async fn put_accelerate(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    content: Result<String, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: content.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized =
        gate::pass::<op::PutBucketAccelerateConfiguration>(store, call, intent).await?;
    store.vault.set_accelerate(&authorized, content?).await
}
