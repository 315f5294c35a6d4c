//! Configurations of which a bucket has many, each with an id: analytics, Intelligent-Tiering,
//! inventory, metrics. They are kept and returned; nothing here acts upon them.

use std::collections::BTreeMap;

use model::limits::{CONFIGURATIONS_BYTES_MAX, CONFIGURATIONS_MAX};
use model::{BucketName, ErrorCode, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, Op, op};
use crate::store::Store;

/// Configurations by id; what each says is for the wire to know.
pub type Configurations = BTreeMap<String, String>;

/// Operations on one kind of configuration.
pub trait KeepsConfigurations: Op {
    /// The name of the kind among the settings of a bucket.
    const KIND: &'static str;
}

macro_rules! kinds {
    ($($kind:literal: $($operation:ident)+;)+) => {$($(
        impl KeepsConfigurations for op::$operation {
            const KIND: &'static str = $kind;
        }
    )+)+};
}

kinds! {
    "analytics": GetBucketAnalyticsConfiguration PutBucketAnalyticsConfiguration
        DeleteBucketAnalyticsConfiguration ListBucketAnalyticsConfigurations;
    "intelligent-tiering": GetBucketIntelligentTieringConfiguration
        PutBucketIntelligentTieringConfiguration DeleteBucketIntelligentTieringConfiguration
        ListBucketIntelligentTieringConfigurations;
    "inventory": GetBucketInventoryConfiguration PutBucketInventoryConfiguration
        DeleteBucketInventoryConfiguration ListBucketInventoryConfigurations;
    "metrics": GetBucketMetricsConfiguration PutBucketMetricsConfiguration
        DeleteBucketMetricsConfiguration ListBucketMetricsConfigurations;
}

/// Reads what is kept of a kind.
fn kept(texts: &BTreeMap<String, String>, kind: &str) -> Result<Configurations, S3Error> {
    let Some(text) = texts.get(kind) else { return Ok(Configurations::new()) };
    let damaged = |error| S3Error::internal(format_args!("the setting `{kind}`: {error}"));
    serde_json::from_str(text).map_err(damaged)
}

fn missing() -> S3Error {
    ErrorCode::NoSuchConfiguration.into()
}

/// All of a kind, by id.
pub async fn all<O: KeepsConfigurations>(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<Configurations, S3Error> {
    let authorized = gate::pass::<O>(store, call, Intent::bucket(bucket)).await?;
    kept(&authorized.bucket()?.record.settings, O::KIND)
}

/// One of a kind. Errors: `NoSuchConfiguration`.
pub async fn get<O: KeepsConfigurations>(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    id: &str,
) -> Result<String, S3Error> {
    all::<O>(store, call, bucket).await?.remove(id).ok_or_else(missing)
}

/// Adds or replaces one. Errors: `TooManyConfigurations`.
pub async fn put<O: KeepsConfigurations>(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    id: &str,
    content: Result<String, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: content.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<O>(store, call, intent).await?;
    let mut all = kept(&authorized.bucket()?.record.settings, O::KIND)?;
    all.insert(id.to_owned(), content?);
    let bytes: usize = all.iter().map(|(id, content)| id.len() + content.len()).sum();
    if all.len() > CONFIGURATIONS_MAX || bytes > CONFIGURATIONS_BYTES_MAX {
        return Err(ErrorCode::TooManyConfigurations.into());
    }
    store.vault.set_configurations(&authorized, &all).await
}

/// Removes one. Errors: `NoSuchConfiguration`.
pub async fn delete<O: KeepsConfigurations>(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    id: &str,
) -> Result<(), S3Error> {
    let authorized = gate::pass::<O>(store, call, Intent::bucket(bucket)).await?;
    let mut all = kept(&authorized.bucket()?.record.settings, O::KIND)?;
    all.remove(id).ok_or_else(missing)?;
    store.vault.set_configurations(&authorized, &all).await
}
