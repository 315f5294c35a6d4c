//! Advice for the owner of a bucket, over the network: what the operator's command tells, as far as it is
//! the owner's to know, and with a bound on the work.

use authz::advice::Writes;
use authz::advice::report::DisableAcls;
use iam::IamError;
use model::{BucketName, ErrorCode, S3Error};
use tokio::sync::Semaphore;

use super::disable_acls::{Audience, advise_for};
use crate::gate;
use crate::iam::ApiCall;

/// Advice reads every version twice and the whole decision log, so one is worked out at a time.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

/// AdviseDisableAcls. Whoever is not root needs an identity policy that allows
/// `grantry:AdviseDisableAcls` on the bucket's ARN. Errors: `AccessDenied`; `NoSuchEntity`, also for a
/// bucket of another account.
pub async fn disable_acls(
    call: &ApiCall<'_>,
    bucket: &str,
    writes: Writes,
) -> Result<DisableAcls, IamError> {
    let arn = format!("arn:aws:s3:::{bucket}");
    gate::pass_action(call, "grantry:AdviseDisableAcls", &arn, call.context)?;
    let missing = || IamError::missing("Your account has no bucket of this name.");
    let name = BucketName::parse(bucket).ok_or_else(missing)?;
    let state = call.store.vault.bucket(&name).await?.ok_or_else(missing)?;
    if Some(state.facts.owner.id) != call.caller.account_id() {
        return Err(missing());
    }
    let _turn = AT_ONCE.acquire().await.map_err(IamError::internal)?;
    let advice = advise_for(call.store, &name, writes, Audience::Owner).await;
    advice.map(|(report, _)| report).map_err(|error: S3Error| match error.code() {
        // Deleted since.
        ErrorCode::NoSuchBucket => missing(),
        _ => error.into(),
    })
}
