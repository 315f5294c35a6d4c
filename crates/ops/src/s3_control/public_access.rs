//! Block Public Access of an account (§4.5, BPA-1).
//!
//! AWS: API reference, "AWS S3 Control", GetPublicAccessBlock and its kin.

use model::{AccountId, ErrorCode, PublicAccessBlock, S3Error};

use crate::call::Call;
use crate::gate::{self, Intent, op};
use crate::store::Store;

/// The stored configuration; `NoSuchPublicAccessBlockConfiguration` without one.
pub async fn get(
    store: &Store,
    call: &Call<'_>,
    account: AccountId,
) -> Result<PublicAccessBlock, S3Error> {
    require_own(call, account)?;
    let intent = Intent::service();
    let authorized = gate::pass::<op::GetAccountPublicAccessBlock>(store, call, intent).await?;
    store.vault.account_public_access(&authorized).await?.ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchPublicAccessBlockConfiguration)
            .field("AccountId", account.to_string())
    })
}

/// Sets it.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    account: AccountId,
    configuration: Result<PublicAccessBlock, S3Error>,
) -> Result<(), S3Error> {
    require_own(call, account)?;
    let intent = Intent { argument: configuration.clone().map(drop), ..Intent::service() };
    let authorized = gate::pass::<op::PutAccountPublicAccessBlock>(store, call, intent).await?;
    store.vault.set_account_public_access(&authorized, Some(configuration?)).await
}

/// Removes it; done also when there is none (BPA-6).
pub async fn delete(store: &Store, call: &Call<'_>, account: AccountId) -> Result<(), S3Error> {
    require_own(call, account)?;
    let intent = Intent::service();
    let authorized = gate::pass::<op::DeleteAccountPublicAccessBlock>(store, call, intent).await?;
    store.vault.set_account_public_access(&authorized, None).await
}

/// Nobody but an account's own principals reaches its settings: there is no policy of the account
/// that could let others in.
fn require_own(call: &Call<'_>, account: AccountId) -> Result<(), S3Error> {
    if call.caller.account_id() == Some(account) {
        return Ok(());
    }
    Err(ErrorCode::AccessDenied.into())
}
