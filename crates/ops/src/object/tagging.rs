//! GetObjectTagging, PutObjectTagging and DeleteObjectTagging. Tags belong to the bucket owner's
//! side, whoever owns the object (§3.8).

use model::{BucketName, ObjectKey, S3Error, TagSet, VersionId};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The tags of the current or the named version, and the version that the answer mentions.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
) -> Result<(TagSet, Option<VersionId>), S3Error> {
    let intent = Intent { version, ..Intent::object(bucket, key) };
    let authorized = gate::pass::<op::GetObjectTagging>(store, call, intent).await?;
    let record = authorized.object()?;
    Ok((TagSet::stored(record.tags.clone()), authorized.mentioned(&record.version)?))
}

/// Replaces all tags; makes no new version.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
    tags: Result<TagSet, S3Error>,
) -> Result<Option<VersionId>, S3Error> {
    let intent = Intent {
        version,
        tags: tags.as_ref().ok(),
        argument: tags.clone().map(drop),
        ..Intent::object(bucket, key)
    };
    let authorized = gate::pass::<op::PutObjectTagging>(store, call, intent).await?;
    let changed = store.vault.set_object_tags(&authorized, tags?).await?;
    authorized.mentioned(&changed.version)
}

/// Removes all tags; done also when there is none.
pub async fn delete(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
) -> Result<Option<VersionId>, S3Error> {
    let intent = Intent { version, ..Intent::object(bucket, key) };
    let authorized = gate::pass::<op::DeleteObjectTagging>(store, call, intent).await?;
    let changed = store.vault.set_object_tags(&authorized, TagSet::default()).await?;
    authorized.mentioned(&changed.version)
}
