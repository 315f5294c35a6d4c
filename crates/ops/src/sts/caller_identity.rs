//! GetCallerIdentity and GetAccessKeyInfo.

use iam::{IamError, IamErrorCode, validate};
use model::AccountId;

use super::user_id;
use crate::gate;
use crate::iam::ApiCall;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// `aws:userid`.
    pub user_id: String,
    /// The account.
    pub account: AccountId,
    /// The ARN.
    pub arn: String,
}

/// GetCallerIdentity. No permission is needed and none can be taken away: who signed the call knows
/// already who it is. AWS: STS API reference, GetCallerIdentity.
pub fn get(call: &ApiCall<'_>) -> Result<CallerIdentity, IamError> {
    let caller = call.caller;
    match (user_id(caller), caller.account_id(), caller.arn()) {
        (Some(user_id), Some(account), Some(arn)) => Ok(CallerIdentity { user_id, account, arn }),
        _ => Err(IamError::new(
            IamErrorCode::MissingAuthenticationToken,
            "Request is missing Authentication Token",
        )),
    }
}

/// GetAccessKeyInfo: the account of an access key, whether or not it is active. The keys of sessions
/// are stored nowhere and unknown to it.
pub async fn access_key_info(call: &ApiCall<'_>, id: &str) -> Result<AccountId, IamError> {
    validate::length("accessKeyId", id, 16, 128)?;
    gate::pass_action(call, "sts:GetAccessKeyInfo", "*", call.context)?;
    let account = call.store.vault.account_of_access_key(id).await?;
    account.ok_or_else(|| IamError::validation("Invalid Access key ID"))
}
