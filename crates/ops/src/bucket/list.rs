//! ListBuckets, ListObjects and ListObjectsV2.

use meta::{BucketPage, ListBucketsQuery, ListObjectsQuery, ObjectPage};
use model::{AccountIdentity, BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Authorized, Intent, op};
use crate::store::Store;
use crate::vault::ListsObjects;

/// A page of the caller's buckets, and the caller's account (ID-5).
pub async fn buckets(
    store: &Store,
    call: &Call<'_>,
    query: ListBucketsQuery<'_>,
) -> Result<(AccountIdentity, BucketPage), S3Error> {
    let authorized = gate::pass::<op::ListBuckets>(store, call, Intent::service()).await?;
    let account = authorized.caller().account().ok_or(ErrorCode::AccessDenied)?.clone();
    Ok((account, store.vault.list_buckets(&authorized, query).await?))
}

/// A page of the keys of a bucket; owners are those in force (ID-20).
pub async fn objects(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    query: ListObjectsQuery<'_>,
) -> Result<ObjectPage, S3Error> {
    let authorized = gate::pass::<op::ListObjects>(store, call, Intent::bucket(bucket)).await?;
    page(store, &authorized, query).await
}

/// As [`objects`], for the second version of the operation.
pub async fn objects_v2(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    query: ListObjectsQuery<'_>,
) -> Result<ObjectPage, S3Error> {
    let authorized = gate::pass::<op::ListObjectsV2>(store, call, Intent::bucket(bucket)).await?;
    page(store, &authorized, query).await
}

async fn page<O: ListsObjects>(
    store: &Store,
    authorized: &Authorized<O>,
    query: ListObjectsQuery<'_>,
) -> Result<ObjectPage, S3Error> {
    let facts = &authorized.bucket()?.facts;
    if !(query.with_owners && facts.acls_are_disabled()) {
        return store.vault.list_objects(authorized, query).await;
    }
    let query = ListObjectsQuery { with_owners: false, ..query };
    let mut page = store.vault.list_objects(authorized, query).await?;
    for entry in &mut page.entries {
        entry.owner = Some(facts.owner.canonical_id.clone());
    }
    Ok(page)
}
