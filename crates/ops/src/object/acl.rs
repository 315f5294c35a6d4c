//! GetObjectAcl and PutObjectAcl (§2).

use authz::{admission, ownership};
use model::{AccessControlList, BucketName, ObjectKey, S3Error, VersionId};

use crate::acl::AclInput;
use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The ACL in force of the current or the named version (ACL-18), and the version that the answer
/// mentions.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
) -> Result<(AccessControlList, Option<VersionId>), S3Error> {
    let intent = Intent { version, ..Intent::object(bucket, key) };
    let authorized = gate::pass::<op::GetObjectAcl>(store, call, intent).await?;
    let record = authorized.object()?;
    let facts = &authorized.bucket()?.facts;
    let acl = ownership::effective_object_acl(&record.owner, record.acl.as_ref(), facts);
    Ok((acl.into_owned(), authorized.mentioned(&record.version)?))
}

/// Replaces the ACL (ACL-7). The owner stays what it was (ACL-11). The answer mentions the version
/// (§2.11).
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
    acl: Result<AclInput, S3Error>,
) -> Result<Option<VersionId>, S3Error> {
    let intent = Intent { version, acl, ..Intent::object(bucket, key) };
    let authorized = gate::pass::<op::PutObjectAcl>(store, call, intent).await?;
    let record = authorized.object()?;
    let facts = &authorized.bucket()?.facts;
    if facts.acls_are_disabled() {
        // What was accepted means bucket-owner FULL_CONTROL and changes nothing (§3.6, U-3); the
        // suspended ACL must survive (OWN-23).
        return authorized.mentioned(&record.version);
    }
    let acl = admission::expand_acl(authorized.acl(), &record.owner, &facts.owner.canonical_id);
    let changed = store.vault.set_object_acl(&authorized, acl).await?;
    authorized.mentioned(&changed.version)
}
