//! ListObjectVersions.

use meta::{ListVersionsQuery, ListedVersion, VersionPage};
use model::{BucketName, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// A page of the versions of a bucket; owners are those in force (ID-20).
pub async fn versions(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    query: ListVersionsQuery<'_>,
) -> Result<VersionPage, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::ListObjectVersions>(store, call, intent).await?;
    let mut page = store.vault.list_object_versions(&authorized, query).await?;
    let facts = &authorized.bucket()?.facts;
    if facts.acls_are_disabled() {
        for entry in &mut page.entries {
            let owner = facts.owner.canonical_id.clone();
            match &mut entry.content {
                ListedVersion::Object(entry) => entry.owner = Some(owner),
                ListedVersion::DeleteMarker(marker) => marker.owner = owner,
            }
        }
    }
    Ok(page)
}
