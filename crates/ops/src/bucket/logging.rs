//! Where the access log of a bucket goes (§9.1, §9.2).

pub(crate) mod stored;

use std::sync::Arc;

use model::limits::LOG_TARGET_PREFIX_BYTES_MAX;
use model::{
    BucketLogging, BucketName, ErrorCode, LogKeyFormat, ObjectOwnership, S3Error, SseAlgorithm,
};

use crate::acl::{self, GrantInput};
use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;
use crate::vault::BucketState;

/// The source region that S3 does not name in errors.
const CLASSIC_REGION: &str = "us-east-1";

/// What PutBucketLogging asks for, before its target and ids were looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggingInput {
    /// `TargetBucket`
    pub target_bucket: String,
    /// `TargetPrefix`
    pub target_prefix: String,
    /// `TargetGrants`
    pub target_grants: Vec<GrantInput>,
    /// `TargetObjectKeyFormat`
    pub key_format: Option<LogKeyFormat>,
}

/// The configuration; `None` when logging is off.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<Option<Arc<BucketLogging>>, S3Error> {
    let intent = Intent::bucket(bucket);
    let authorized = gate::pass::<op::GetBucketLogging>(store, call, intent).await?;
    Ok(authorized.bucket()?.logging.clone())
}

/// Turns logging on, or off with `None`. Whether records can be delivered is not asked (LOG-3).
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    input: Result<Option<LoggingInput>, S3Error>,
) -> Result<(), S3Error> {
    let intent = Intent { argument: input.clone().map(drop), ..Intent::bucket(bucket) };
    let authorized = gate::pass::<op::PutBucketLogging>(store, call, intent).await?;
    let logging = match input? {
        Some(input) => Some(admit(store, authorized.bucket()?, input).await?),
        None => None,
    };
    store.vault.set_logging(&authorized, logging.as_ref()).await
}

/// Why a bucket gets no log objects: its own settings would keep them, charge the log delivery or
/// encrypt them with managed keys. PutBucketLogging does not ask (LOG-4).
pub(crate) fn refuses_delivery(target: &BucketState) -> Option<&'static str> {
    let lock = target.record.object_lock.as_ref();
    if lock.is_some_and(|lock| lock.default_retention.is_some()) {
        return Some("The target bucket for logging must not have a default retention period");
    }
    if target.facts.requester_pays {
        return Some("The target bucket for logging must not have Requester Pays enabled");
    }
    let encryption = target.settings.encryption.as_ref();
    if encryption.is_some_and(|encryption| encryption.algorithm != SseAlgorithm::Aes256) {
        return Some(
            "The target bucket for logging must not have SSE-KMS as its default encryption",
        );
    }
    None
}

/// LOG-4: the target exists, is of the same account and region, and takes the grants.
async fn admit(
    store: &Store,
    source: &BucketState,
    input: LoggingInput,
) -> Result<BucketLogging, S3Error> {
    let invalid = |error: S3Error| error.field("TargetBucket", input.target_bucket.clone());
    let missing = || invalid(ErrorCode::InvalidTargetBucketForLogging.into());
    let name = BucketName::parse(&input.target_bucket).ok_or_else(missing)?;
    let target = store.vault.bucket(&name).await?.ok_or_else(missing)?;
    if target.facts.owner.id != source.facts.owner.id {
        return Err(invalid(S3Error::with_message(
            ErrorCode::InvalidTargetBucketForLogging,
            "The owner for the bucket to be logged and the target bucket must be the same.",
        )));
    }
    if target.record.region != source.record.region {
        return Err(cross_location(source, &target));
    }
    if target.facts.ownership == Some(ObjectOwnership::BucketOwnerEnforced)
        && !input.target_grants.is_empty()
    {
        return Err(S3Error::with_message(
            ErrorCode::AccessControlListNotSupported,
            "Target grants not allowed for bucket owner enforced buckets",
        ));
    }
    if input.target_prefix.len() > LOG_TARGET_PREFIX_BYTES_MAX {
        let message = "The target prefix leaves no room for the keys of log objects";
        return Err(S3Error::invalid_argument(message, "TargetPrefix", input.target_prefix));
    }
    Ok(BucketLogging {
        target_grants: acl::resolve_grants(&store.vault, &input.target_grants).await?,
        target_bucket: name,
        target_prefix: input.target_prefix,
        key_format: input.key_format,
    })
}

fn cross_location(source: &BucketState, target: &BucketState) -> S3Error {
    let error = S3Error::new(ErrorCode::CrossLocationLoggingProhibitted)
        .field("TargetBucketLocation", target.record.region.clone());
    match source.record.region.as_str() {
        CLASSIC_REGION => error,
        region => error.field("SourceBucketLocation", region),
    }
}
