//! CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation.

use std::sync::Arc;

use authz::Asks;
use authz::admission::{self, NewBucket};
use meta::{BucketCreation, BucketRecord};
use model::limits::BUCKET_NAME_LENGTH_BYTES_MAX;
use model::{BucketName, ErrorCode, ObjectLockConfiguration, ObjectOwnership, S3Error, TagSet};

use crate::access_log::LoggedBucket;
use crate::acl::AclInput;
use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;
use crate::vault::BucketState;

/// The region whose buckets may be created again by their owner (§2.12).
const CLASSIC_REGION: &str = "us-east-1";

/// What CreateBucket is asked for.
pub struct CreateBucket<'a> {
    /// The name.
    pub bucket: &'a BucketName,
    /// The ACL headers.
    pub acl: Result<AclInput, S3Error>,
    /// `x-amz-object-ownership` as sent, also when it is not a setting (OWN-E3).
    pub object_ownership: Option<&'a str>,
    /// `LocationConstraint`.
    pub location_constraint: Option<&'a str>,
    /// `Tags` of the document.
    pub tags: TagSet,
    /// `x-amz-bucket-object-lock-enabled: true`.
    pub object_lock: bool,
}

/// Creates a bucket.
///
/// Order of errors: §12.3. AWS: API reference, CreateBucket.
pub async fn create(
    store: &Store,
    call: &Call<'_>,
    input: CreateBucket<'_>,
) -> Result<(), S3Error> {
    let ownership = object_ownership(input.object_ownership);
    let argument = ownership.clone().map(drop);
    let asks = Asks {
        object_ownership: input.object_ownership.is_some(),
        object_lock: input.object_lock,
        ..Asks::default()
    };
    let authorized = gate::pass::<op::CreateBucket>(
        store,
        call,
        Intent {
            acl: input.acl,
            argument,
            asks,
            tags: Some(&input.tags),
            ..Intent::bucket(input.bucket)
        },
    )
    .await?;
    let region = region(store.region(), input.location_constraint)?;
    let owner = authorized.caller().account().ok_or(ErrorCode::AccessDenied)?;
    let account = store.vault.account(owner.id).await?;
    let settings = admission::admit_create_bucket(
        &NewBucket {
            owner: &owner.canonical_id,
            acl: authorized.acl(),
            ownership: ownership?,
            account_public_access: account
                .and_then(|account| account.public_access)
                .unwrap_or_default(),
        },
        store.settings.new_buckets,
        store.settings.switches,
    )?;
    let acl = settings.acl.clone();
    let object_lock = input.object_lock.then(ObjectLockConfiguration::default);
    let creation = store
        .vault
        .create_bucket(&authorized, settings, region.clone(), &input.tags, object_lock, call.now)
        .await?;
    match creation {
        BucketCreation::Created(_) => Ok(()),
        BucketCreation::Exists(existing) if existing.owner != owner.id => {
            Err(taken(ErrorCode::BucketAlreadyExists, &existing))
        }
        BucketCreation::Exists(existing)
            if existing.region == CLASSIC_REGION
                && region == CLASSIC_REGION
                && input.object_ownership.is_none()
                && input.tags.is_empty()
                && !input.object_lock =>
        {
            store.vault.reset_bucket_acl(&authorized, &existing, acl).await
        }
        BucketCreation::Exists(existing) => {
            Err(taken(ErrorCode::BucketAlreadyOwnedByYou, &existing))
        }
    }
}

/// Reads `x-amz-object-ownership` (OWN-E3; the recorded error names no value in a field).
fn object_ownership(header: Option<&str>) -> Result<Option<ObjectOwnership>, S3Error> {
    let Some(value) = header else { return Ok(None) };
    ObjectOwnership::parse(value).map(Some).ok_or_else(|| {
        S3Error::with_message(
            ErrorCode::InvalidArgument,
            format!("Invalid x-amz-object-ownership header: {value}"),
        )
        .field("ArgumentName", "x-amz-object-ownership")
    })
}

/// The region of a bucket, by which its requests may be signed. Existence of a bucket is public
/// (§7.1), so this needs no decision.
pub async fn region_of(
    store: &Store,
    bucket: &BucketName,
) -> Result<Option<BucketRegion>, S3Error> {
    Ok(store.vault.bucket(bucket).await?.map(BucketRegion))
}

/// The region of a bucket, shared with what is remembered of it: every request asks for it.
pub struct BucketRegion(Arc<BucketState>);

impl BucketRegion {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0.record.region
    }

    /// The bucket, if it keeps an access log.
    pub fn logged(&self) -> Option<LoggedBucket> {
        LoggedBucket::of(&self.0)
    }
}

fn taken(code: ErrorCode, existing: &BucketRecord) -> S3Error {
    S3Error::new(code).field("BucketName", existing.name.as_str())
}

/// The region that a bucket says to be in. An endpoint outside us-east-1 wants its own region
/// named, and `EU` is the old name of eu-west-1. AWS: API reference, CreateBucket.
fn region(endpoint: &str, constraint: Option<&str>) -> Result<String, S3Error> {
    let invalid = |constraint: &str| {
        S3Error::new(ErrorCode::InvalidLocationConstraint).field("LocationConstraint", constraint)
    };
    match constraint {
        None => Ok(endpoint.to_owned()),
        // us-east-1 has no location constraint; naming it is an error on Amazon too.
        Some(CLASSIC_REGION) => Err(invalid(CLASSIC_REGION)),
        Some("EU") => Ok("eu-west-1".to_owned()),
        Some(name) => {
            let allowed =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            let valid = !name.is_empty()
                && name.len() <= BUCKET_NAME_LENGTH_BYTES_MAX
                && name.bytes().all(allowed);
            if valid { Ok(name.to_owned()) } else { Err(invalid(name)) }
        }
    }
}

/// What HeadBucket tells.
pub struct HeadBucket {
    /// The bucket's region.
    pub region: String,
}

/// Says whether the bucket exists and may be listed (EVAL-6, EVAL-8).
pub async fn head(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<HeadBucket, S3Error> {
    let authorized = gate::pass::<op::HeadBucket>(store, call, Intent::bucket(bucket)).await?;
    Ok(HeadBucket { region: authorized.bucket()?.record.region.clone() })
}

/// The region of a bucket; `None` for us-east-1, which has no location constraint.
pub async fn location(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
) -> Result<Option<String>, S3Error> {
    let authorized =
        gate::pass::<op::GetBucketLocation>(store, call, Intent::bucket(bucket)).await?;
    let region = authorized.bucket()?.record.region.clone();
    Ok((region != CLASSIC_REGION).then_some(region))
}

/// Deletes an empty bucket.
pub async fn delete(store: &Store, call: &Call<'_>, bucket: &BucketName) -> Result<(), S3Error> {
    let authorized = gate::pass::<op::DeleteBucket>(store, call, Intent::bucket(bucket)).await?;
    store.vault.delete_bucket(&authorized, call.now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions() {
        let of = |constraint| region("us-east-1", constraint).map_err(|error| error.code());
        assert_eq!(of(None), Ok("us-east-1".into()));
        assert_eq!(of(Some("eu-central-1")), Ok("eu-central-1".into()));
        assert_eq!(of(Some("EU")), Ok("eu-west-1".into()));
        for bad in ["us-east-1", "", "Mars!"] {
            assert_eq!(of(Some(bad)), Err(ErrorCode::InvalidLocationConstraint), "{bad}");
        }
    }
}
