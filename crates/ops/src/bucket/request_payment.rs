//! Who pays for requests to a bucket (§11.2).

use model::{BucketName, Payer, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The name of the sub-resource in the bucket's record.
pub(crate) const NAME: &str = "requestPayment";

/// The payer; the bucket owner if it was never set.
pub async fn get(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<Payer, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketRequestPayment>(store, call, intent).await?;
    let requester = authorized.bucket()?.facts.requester_pays;
    Ok(if requester { Payer::Requester } else { Payer::BucketOwner })
}

/// Sets the payer (RP-1).
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    payer: Result<Payer, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: payer.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketRequestPayment>(store, call, intent).await?;
    store.vault.set_payer(&authorized, payer?).await
}

/// Whether a stored text says that requesters pay; one that cannot be read is an error.
pub(crate) fn is_requester(text: Option<&String>) -> Result<bool, S3Error> {
    let Some(text) = text else { return Ok(false) };
    let damaged = || S3Error::internal("a stored payer is damaged");
    Payer::parse(text).map(|payer| payer == Payer::Requester).ok_or_else(damaged)
}
