//! ListMultipartUploads and ListParts.

use meta::{ListUploadsQuery, PartPage, UploadPage, UploadRecord};
use model::{BucketName, ObjectKey, S3Error};

use super::create::with_upload_id;
use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::lifecycle::note_abort;
use crate::store::Store;

/// A page of the uploads in progress; owners are those in force (ID-20).
pub async fn uploads(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    query: ListUploadsQuery<'_>,
) -> Result<UploadPage, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::ListMultipartUploads>(store, call, intent).await?;
    let mut page = store.vault.list_uploads(&authorized, query).await?;
    let facts = &authorized.bucket()?.facts;
    if facts.acls_are_disabled() {
        for upload in &mut page.uploads {
            upload.owner.clone_from(&facts.owner.canonical_id);
        }
    }
    Ok(page)
}

/// An upload with a page of its parts.
pub async fn parts(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    upload_id: &str,
    page: (Option<u16>, usize),
) -> Result<(UploadRecord, PartPage), S3Error> {
    let intent = Intent { upload_id: Some(upload_id), ..Intent::object(bucket, key) };
    let authorized = gate::pass::<op::ListParts>(store, call, intent).await?;
    let upload = authorized.upload().map_err(|error| with_upload_id(error, upload_id))?;
    note_abort(store, call, &authorized, upload)?;
    let mut upload = upload.clone();
    let (after, limit) = page;
    let parts = store.vault.list_parts(&authorized, after, limit).await;
    let facts = &authorized.bucket()?.facts;
    if facts.acls_are_disabled() {
        upload.owner.clone_from(&facts.owner.canonical_id);
    }
    Ok((upload, parts.map_err(|error| with_upload_id(error, upload_id))?))
}
