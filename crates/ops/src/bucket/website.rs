//! The static website of a bucket.

pub(crate) mod stored;

use model::website::WebsiteConfiguration;
use model::{BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, no_such_bucket, op};
use crate::store::Store;

fn missing(bucket: &BucketName) -> S3Error {
    S3Error::new(ErrorCode::NoSuchWebsiteConfiguration).field("BucketName", bucket.as_str())
}

/// The stored configuration; `NoSuchWebsiteConfiguration` without any.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<WebsiteConfiguration, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketWebsite>(store, call, intent).await?;
    authorized.bucket()?.settings.website.clone().ok_or_else(|| missing(bucket))
}

/// Replaces the configuration.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    website: Result<WebsiteConfiguration, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: website.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketWebsite>(store, call, intent).await?;
    store.vault.set_website(&authorized, &website?).await
}

/// Removes the configuration; done also when there is none.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketWebsite>(store, call, intent).await?;
    store.vault.remove_website(&authorized).await
}

/// How a bucket answers on a website host, which everybody may know who asks there. What it answers
/// with passes the gate like any read of an object. Errors: `NoSuchBucket`,
/// `NoSuchWebsiteConfiguration`; `AccessDenied` where somebody would have to pay.
pub async fn site(store: &Store, bucket: &BucketName) -> Result<WebsiteConfiguration, S3Error> {
    let state = store.vault.bucket(bucket).await?.ok_or_else(|| no_such_bucket(bucket))?;
    let website = state.settings.website.clone().ok_or_else(|| missing(bucket))?;
    // AWS: "Using Requester Pays buckets": website endpoints are for anonymous callers, who cannot pay.
    if state.facts.requester_pays {
        return Err(ErrorCode::AccessDenied.into());
    }
    Ok(website)
}

/// Whether a bucket of this name has a website, for hosts that are called like their bucket.
pub async fn has_site(store: &Store, bucket: &BucketName) -> Result<bool, S3Error> {
    let state = store.vault.bucket(bucket).await?;
    Ok(state.is_some_and(|state| state.settings.website.is_some()))
}
