//! GetBucketAcl and PutBucketAcl (§2).

use authz::{admission, ownership};
use model::{AccessControlList, BucketName, S3Error};

use crate::acl::AclInput;
use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The ACL in force (ACL-18).
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<AccessControlList, S3Error> {
    let authorized = gate::pass::<op::GetBucketAcl>(store, call, Intent::bucket(bucket)).await?;
    Ok(ownership::effective_bucket_acl(&authorized.bucket()?.facts).into_owned())
}

/// Replaces the ACL (ACL-7).
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    acl: Result<AclInput, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { acl, ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketAcl>(store, call, intent).await?;
    let owner = authorized.bucket()?.facts.owner.canonical_id.clone();
    let acl = admission::expand_acl(authorized.acl(), &owner, &owner);
    store.vault.set_bucket_acl(&authorized, acl).await
}
