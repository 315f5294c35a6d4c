//! Whether the store works, and how much it holds.

use meta::MetadataStore as _;
use model::{AccountId, S3Error};

use crate::error::from_meta;
use crate::store::Store;

/// How much all buckets hold together, counting every version and delete marker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredUsage {
    /// Buckets.
    pub buckets: u64,
    /// Object versions and delete markers.
    pub objects: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
}

/// Reads one row, to see that the metadata can be read. Errors: those of the metadata store.
pub async fn check(store: &Store) -> Result<(), S3Error> {
    let Some(id) = AccountId::from_number(0) else { return Ok(()) };
    store.vault.meta().account(id).await.map(drop).map_err(from_meta)
}

/// How much the store holds; costs the number of buckets.
pub async fn usage(store: &Store) -> Result<StoredUsage, S3Error> {
    let (buckets, usage) = store.vault.meta().total_usage().await.map_err(from_meta)?;
    Ok(StoredUsage { buckets, objects: usage.objects, bytes: usage.bytes })
}
