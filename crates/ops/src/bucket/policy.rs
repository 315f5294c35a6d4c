//! The bucket policy (§5.1).

use authz::Policy;
use authz::policy::PolicyOptions;
use authz::switches::{PolicyGet, PolicyStatusWithoutPolicy};
use model::{BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The policy as it was stored, or in its normal form (POL-2, U-9); `NoSuchBucketPolicy` without one
/// (POL-4).
pub async fn get(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<String, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketPolicy>(store, call, intent).await?;
    let policy = authorized.bucket()?.facts.policy.as_ref().ok_or_else(|| no_policy(bucket))?;
    Ok(match store.settings.switches.policy_get {
        PolicyGet::Verbatim => policy.text().to_owned(),
        PolicyGet::Normalised => policy.normal_form(),
    })
}

/// Whether the policy is public (§4.4); it speaks of the policy alone (§4.5).
pub async fn is_public(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<bool, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketPolicyStatus>(store, call, intent).await?;
    match (&authorized.bucket()?.facts.policy, store.settings.switches.policy_status_without_policy)
    {
        (Some(policy), _) => Ok(policy.is_public()),
        (None, PolicyStatusWithoutPolicy::False) => Ok(false),
        (None, PolicyStatusWithoutPolicy::NotFound) => Err(no_policy(bucket)),
    }
}

/// Replaces the policy (POL-9). A policy that is not understood as a whole is refused.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    text: Result<String, S3Error>,
) -> Result<(), S3Error> {
    let policy = match &text {
        Ok(text) => store.vault.with_principals(|principals| {
            let resource_star = store.settings.switches.policy_resource_star;
            Policy::parse_bucket_policy(text, bucket, principals, PolicyOptions { resource_star })
        }),
        Err(error) => Err(error.clone()),
    };
    let intent = Intent {
        new_policy_is_public: policy.as_ref().is_ok_and(Policy::is_public),
        argument: policy.map(drop),
        ..Intent::bucket(bucket)
    };
    let authorized = gate::pass::<op::PutBucketPolicy>(store, call, intent).await?;
    store.vault.set_policy(&authorized, text?).await
}

/// Removes the policy; done also when there is none.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::DeleteBucketPolicy>(store, call, intent).await?;
    store.vault.remove_policy(&authorized).await
}

fn no_policy(bucket: &BucketName) -> S3Error {
    S3Error::new(ErrorCode::NoSuchBucketPolicy).field("BucketName", bucket.as_str())
}
