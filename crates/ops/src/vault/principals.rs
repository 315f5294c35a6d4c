//! Whom policies may name (POL-E8).

use authz::policy::{PrincipalDirectory, PrincipalNames};
use iam::Identity;
use meta::IamRows;
use model::{AccountId, CanonicalUserId, IamKind, S3Error};

use super::Vault;
use super::iam::Failure;

/// Accounts, users and roles of the whole store. What cannot be read counts as missing: a policy
/// that names it is refused.
#[derive(Clone, Copy)]
pub(super) struct Principals<'r, 'c>(pub(super) &'r IamRows<'c>);

impl Vault {
    /// Runs something that asks whom policies may name.
    pub(crate) fn with_principals<T>(
        &self,
        work: impl FnOnce(&dyn PrincipalNames) -> Result<T, S3Error>,
    ) -> Result<T, S3Error> {
        let mut outcome = None;
        let read = self.meta.read_iam(|rows| -> Result<(), Failure> {
            outcome = Some(work(&Principals(rows)));
            Ok(())
        });
        read.map_err(|Failure(error)| S3Error::internal(error.cause().unwrap_or(error.message())))?;
        outcome.unwrap_or_else(|| Err(S3Error::internal("nobody was asked")))
    }
}

impl PrincipalDirectory for Principals<'_, '_> {
    fn account_exists(&self, account_id: &str) -> bool {
        AccountId::parse(account_id).is_some_and(|id| matches!(self.0.account(id), Ok(Some(_))))
    }

    fn canonical_id_exists(&self, canonical_id: &str) -> bool {
        let id = CanonicalUserId::parse(canonical_id);
        id.is_some_and(|id| matches!(self.0.account_by_canonical_id(&id), Ok(Some(_))))
    }

    fn iam_arn_exists(&self, arn: &str) -> bool {
        self.unique_id_of(arn).is_some()
    }

    fn unique_id_exists(&self, unique_id: &str) -> bool {
        self.arn_of(unique_id).is_some()
    }
}

impl PrincipalNames for Principals<'_, '_> {
    fn unique_id_of(&self, arn: &str) -> Option<String> {
        let (account, kind, name) = parse_arn(arn)?;
        let row = self.0.get(account, kind, &iam::entity::key_of(name)).ok()??;
        let identity = Identity::parse(&row.document).ok()?;
        (identity.arn(account) == arn).then_some(identity.id)
    }

    fn arn_of(&self, unique_id: &str) -> Option<String> {
        let row = self.0.by_id(unique_id).ok()??;
        if !matches!(row.kind, IamKind::User | IamKind::Role) {
            return None;
        }
        let identity = Identity::parse(&row.document).ok()?;
        (identity.id == unique_id).then(|| identity.arn(row.account))
    }
}

/// Account, kind and name of a user or role; the path stands between the two.
fn parse_arn(arn: &str) -> Option<(AccountId, IamKind, &str)> {
    let (account, entity) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let (kind, path_and_name) = entity.split_once('/')?;
    let kind = IamKind::parse(kind).filter(|kind| matches!(kind, IamKind::User | IamKind::Role))?;
    Some((AccountId::parse(account)?, kind, path_and_name.rsplit('/').next()?))
}
