//! Settings of a whole account.

use meta::MetadataStore as _;
use model::{AccountId, ErrorCode, PublicAccessBlock, S3Error};

use super::Vault;
use crate::error::from_meta;
use crate::gate::{Authorized, Op, op};

/// Operations that change Block Public Access of the caller's account.
pub(crate) trait SetsAccountPublicAccess: Op {}
impl SetsAccountPublicAccess for op::PutAccountPublicAccessBlock {}
impl SetsAccountPublicAccess for op::DeleteAccountPublicAccessBlock {}

impl Vault {
    /// Block Public Access of the caller's account; none if nothing is stored (BPA-4).
    pub(crate) async fn account_public_access(
        &self,
        authorized: &Authorized<op::GetAccountPublicAccessBlock>,
    ) -> Result<Option<PublicAccessBlock>, S3Error> {
        let account = self.account(account_of(authorized)?).await?;
        let missing = || S3Error::internal("the caller's account does not exist");
        Ok(account.ok_or_else(missing)?.public_access)
    }

    /// Stores or removes it. It is in force for every bucket of the account once this returns.
    pub(crate) async fn set_account_public_access<O: SetsAccountPublicAccess>(
        &self,
        authorized: &Authorized<O>,
        public_access: Option<PublicAccessBlock>,
    ) -> Result<(), S3Error> {
        let account = account_of(authorized)?;
        let outcome = self.meta.set_account_public_access(account, public_access).await;
        // Even after an error, which may hide a commit. An account can have 10,000 buckets, and this
        // happens some few times in its life.
        self.buckets.forget_all();
        outcome.map_err(from_meta)
    }
}

/// The account that the decision was about is the caller's own.
fn account_of<O: Op>(authorized: &Authorized<O>) -> Result<AccountId, S3Error> {
    authorized.caller().account_id().ok_or_else(|| ErrorCode::AccessDenied.into())
}
