//! The rows of IAM: read and changed for those whom the gate let pass.

use authz::policy::PrincipalNames;
use iam::{
    AccessKey, Directory, IamError, IamErrorCode, Identity, Tables, Tag, analyzer, managed_policy,
    oidc_provider,
};
use meta::{AccessKeyRecord, IamRow, IamRows, KeyOwner, MetaError};
use model::{AccountId, IamKind, IamRelation, Principal, Timestamp};

use super::Vault;
use super::principals::Principals;
use crate::error::from_meta;
use crate::gate::AuthorizedCall;
use crate::iam::Target;

impl Vault {
    /// The ARN and the tags of what a call is about, for the gate.
    pub(crate) fn api_facts(
        &self,
        account: AccountId,
        target: &Target,
    ) -> Result<(String, Vec<Tag>), IamError> {
        self.in_account(account, Timestamp::default(), |directory| facts(directory, target))
    }

    /// Reads the account that was decided about.
    pub(crate) fn read_iam<T>(
        &self,
        authorized: &AuthorizedCall,
        now: Timestamp,
        work: impl FnOnce(&Directory<'_>) -> Result<T, IamError>,
    ) -> Result<T, IamError> {
        self.in_account(authorized.account(), now, work)
    }

    /// Changes the account that was decided about. Whatever callers may do is found out anew
    /// afterwards.
    pub(crate) async fn write_iam<T: Send + 'static>(
        &self,
        authorized: AuthorizedCall,
        now: Timestamp,
        work: impl FnOnce(&Directory<'_>, &AuthorizedCall) -> Result<T, IamError> + Send + 'static,
    ) -> Result<T, IamError> {
        let outcome = self.meta.write_iam(move |rows| -> Result<T, Failure> {
            let tables = AccountRows::new(rows, authorized.account());
            let directory = Directory { tables: &tables, account: tables.account, now };
            // A path that changed since would make it another resource than the decided one.
            if facts(&directory, authorized.target())?.0 != authorized.arn() {
                return Err(concurrent_modification().into());
            }
            Ok(work(&directory, &authorized)?)
        });
        let outcome = outcome.await;
        // Even after an error, which may hide a commit.
        self.forget_identities();
        outcome.map_err(|Failure(error)| error)
    }

    /// The boundary of a user or role of the caller's account, for the context of the decision.
    pub(crate) fn boundary_of(
        &self,
        caller: &Principal,
        kind: IamKind,
        name: &str,
    ) -> Result<Option<String>, IamError> {
        let Some(account) = caller.account_id() else { return Ok(None) };
        self.in_account(account, Timestamp::default(), |directory| {
            Ok(directory.find_identity(kind, name)?.and_then(|identity| identity.boundary))
        })
    }

    /// Whose an access key of the caller's account is; `None` if there is no such key there.
    pub(crate) fn key_owner(
        &self,
        caller: &Principal,
        id: &str,
    ) -> Result<Option<Target>, IamError> {
        let read = self.meta.read_iam(|rows| -> Result<_, Failure> {
            let key = rows.access_key(id)?.filter(|key| Some(key.account) == caller.account_id());
            let Some(key) = key else { return Ok(None) };
            let KeyOwner::User { id } = key.owner else { return Ok(Some(Target::Root)) };
            let user = rows.by_id(&id)?;
            let user = user.map(|row| Identity::parse(&row.document)).transpose()?;
            Ok(user.map(|user| Target::user(&user.name)))
        });
        read.map_err(|Failure(error)| error)
    }

    /// Runs a read of one account. The only way to it for the gate's facts and for what was
    /// decided.
    pub(super) fn in_account<T>(
        &self,
        account: AccountId,
        now: Timestamp,
        work: impl FnOnce(&Directory<'_>) -> Result<T, IamError>,
    ) -> Result<T, IamError> {
        let read = self.meta.read_iam(|rows| -> Result<T, Failure> {
            let tables = AccountRows::new(rows, account);
            Ok(work(&Directory { tables: &tables, account, now })?)
        });
        read.map_err(|Failure(error)| error)
    }
}

fn concurrent_modification() -> IamError {
    let message = "The request was rejected because multiple requests to change this object were \
                   submitted simultaneously. Wait a few minutes and submit your request again.";
    IamError::new(IamErrorCode::ConcurrentModification, message)
}

/// The ARN of a target as things are now, and its tags. What does not exist has the ARN that it
/// would have without a path.
fn facts(directory: &Directory<'_>, target: &Target) -> Result<(String, Vec<Tag>), IamError> {
    let account = directory.account;
    let untagged = |arn: String| Ok((arn, Vec::new()));
    match target {
        Target::Everything => untagged("*".to_owned()),
        Target::Root => untagged(format!("arn:aws:iam::{account}:root")),
        Target::Listing(kind, path) => untagged(kind.arn(account, path, "")),
        Target::New(kind, path, name) => untagged(kind.arn(account, path, name)),
        Target::Identity(kind, name) => match directory.find_identity(*kind, name)? {
            Some(identity) => Ok((identity.arn(account), identity.tags)),
            None => untagged(kind.arn(account, "/", name)),
        },
        Target::Arn(arn) => {
            let tags = if let Some(name) = analyzer::name_of(arn) {
                analyzer::find(directory, name)
                    .map(|found| found.map_or_else(Vec::new, |one| one.tags))
            } else if arn.contains(":oidc-provider/") {
                oidc_provider::get(directory, arn).map(|provider| provider.tags)
            } else {
                managed_policy::get(directory, arn).map(|policy| match policy {
                    managed_policy::AnyPolicy::Customer(policy) => policy.tags,
                    managed_policy::AnyPolicy::Aws(_) => Vec::new(),
                })
            };
            match tags {
                Ok(tags) => Ok((arn.clone(), tags)),
                Err(error) if error.code() == IamErrorCode::ServiceFailure => Err(error),
                // It does not exist or is no ARN; only who may know is told.
                Err(_) => untagged(arn.clone()),
            }
        }
    }
}

/// An error of the store, in the words of IAM.
pub(super) struct Failure(pub(super) IamError);

impl From<IamError> for Failure {
    fn from(error: IamError) -> Self {
        Self(error)
    }
}

impl From<MetaError> for Failure {
    fn from(error: MetaError) -> Self {
        Self(from_meta(error).into())
    }
}

fn failed(error: MetaError) -> IamError {
    Failure::from(error).0
}

/// The rows of one account.
pub(super) struct AccountRows<'r, 'c> {
    rows: &'r IamRows<'c>,
    account: AccountId,
    principals: Principals<'r, 'c>,
}

impl<'r, 'c> AccountRows<'r, 'c> {
    pub(super) fn new(rows: &'r IamRows<'c>, account: AccountId) -> Self {
        Self { rows, account, principals: Principals(rows) }
    }
}

impl Tables for AccountRows<'_, '_> {
    fn get(&self, kind: IamKind, key: &str) -> Result<Option<String>, IamError> {
        let row = self.rows.get(self.account, kind, key).map_err(failed)?;
        Ok(row.map(|row| row.document))
    }

    fn page(
        &self,
        kind: IamKind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, String)>, IamError> {
        let rows = self.rows.page(self.account, kind, after, limit).map_err(failed)?;
        Ok(rows.into_iter().map(|row| (row.key, row.document)).collect())
    }

    fn count(&self, kind: IamKind) -> Result<usize, IamError> {
        self.rows.count(self.account, kind).map_err(failed)
    }

    fn holders(
        &self,
        relation: IamRelation,
        target: &str,
    ) -> Result<Vec<(IamKind, String)>, IamError> {
        self.rows.holders(self.account, relation, target).map_err(failed)
    }

    fn put(
        &self,
        kind: IamKind,
        key: &str,
        id: Option<&str>,
        document: String,
        links: &[(IamRelation, String)],
    ) -> Result<(), IamError> {
        let row = IamRow {
            account: self.account,
            kind,
            key: key.to_owned(),
            id: id.map(str::to_owned),
            document,
        };
        self.rows.put(&row, links).map_err(failed)
    }

    fn delete(&self, kind: IamKind, key: &str) -> Result<(), IamError> {
        self.rows.delete(self.account, kind, key).map_err(failed)
    }

    fn access_key(&self, id: &str) -> Result<Option<AccessKey>, IamError> {
        let key = self.rows.access_key(id).map_err(failed)?;
        Ok(key.filter(|key| key.account == self.account).map(without_secret))
    }

    fn access_keys(&self, user: Option<&str>) -> Result<Vec<AccessKey>, IamError> {
        let keys = self.rows.access_keys(self.account, user).map_err(failed)?;
        Ok(keys.into_iter().map(without_secret).collect())
    }

    fn create_access_key(&self, key: &AccessKey, sealed_secret: &[u8]) -> Result<(), IamError> {
        let owner = match &key.user {
            Some(id) => KeyOwner::User { id: id.clone() },
            None => KeyOwner::Root,
        };
        let record = AccessKeyRecord {
            access_key_id: key.id.clone(),
            account: self.account,
            owner,
            sealed_secret: sealed_secret.to_vec(),
            active: key.active,
            created: key.created,
        };
        self.rows.create_access_key(&record).map_err(failed)
    }

    fn set_access_key_active(&self, id: &str, active: bool) -> Result<(), IamError> {
        self.rows.set_access_key_active(id, active).map_err(failed)
    }

    fn delete_access_key(&self, id: &str) -> Result<(), IamError> {
        self.rows.delete_access_key(id).map_err(failed)
    }

    fn principals(&self) -> &dyn PrincipalNames {
        &self.principals
    }
}

fn without_secret(key: AccessKeyRecord) -> AccessKey {
    AccessKey {
        id: key.access_key_id,
        user: match key.owner {
            KeyOwner::User { id } => Some(id),
            KeyOwner::Root => None,
        },
        active: key.active,
        created: key.created,
    }
}
