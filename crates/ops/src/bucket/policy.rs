//! The bucket policy (§5.1).

use authz::Policy;
use authz::policy::{PolicyOptions, normal_form, with_arns, with_unique_ids};
use authz::switches::{PolicyGet, PolicyStatusWithoutPolicy};
use model::{BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The policy as it was received, or in its normal form (POL-2, U-9), with the present names of
/// users and roles (POL-3); `NoSuchBucketPolicy` without one (POL-4).
pub async fn get(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<String, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketPolicy>(store, call, intent).await?;
    let policy = authorized.bucket()?.facts.policy.as_ref().ok_or_else(|| no_policy(bucket))?;
    let text = store.vault.with_principals(|names| Ok(with_arns(policy.text(), names)))?;
    Ok(match store.settings.switches.policy_get {
        PolicyGet::Verbatim => text,
        PolicyGet::Normalised => normal_form(&text),
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

/// Replaces the policy (POL-9). A policy that is not understood as a whole is refused. Users and
/// roles are kept by their unique ids (POL-3): who is created anew under an old name is not meant.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    text: Result<String, S3Error>,
) -> Result<(), S3Error> {
    let policy = match &text {
        Ok(text) => store.vault.with_principals(|names| {
            let resource_star = store.settings.switches.policy_resource_star;
            let options = PolicyOptions { resource_star };
            let policy = Policy::parse_bucket_policy(text, bucket, names, options)?;
            Ok((policy.is_public(), with_unique_ids(text, names)))
        }),
        Err(error) => Err(error.clone()),
    };
    let intent = Intent {
        new_policy_is_public: policy.as_ref().is_ok_and(|(is_public, _)| *is_public),
        argument: policy.as_ref().map(drop).map_err(Clone::clone),
        ..Intent::bucket(bucket)
    };
    let authorized = gate::pass::<op::PutBucketPolicy>(store, call, intent).await?;
    store.vault.set_policy(&authorized, policy?.1).await
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
