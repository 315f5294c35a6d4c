//! Users and roles as explanations ask for them: with their policies, and without their secrets.

use audit::decision_log::CallerSnapshot;
use iam::{Directory, Identity, entity};
use meta::IamRows;
use model::{AccountIdentity, IamKind, Principal, S3Error, Timestamp};

use super::Vault;
use super::callers::{KnownIdentity, known_identity};
use super::iam::{AccountRows, Failure};

/// How a user or role is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Called<'a> {
    /// By its name.
    Name(&'a str),
    /// By its unique id.
    UniqueId(&'a str),
}

impl Vault {
    /// A user, or a session of a role, with what it may do now; none if it does not exist. A session
    /// of a role has no session policies.
    pub(crate) fn known_caller(
        &self,
        account: &AccountIdentity,
        kind: IamKind,
        called: Called<'_>,
        session_name: &str,
    ) -> Result<Option<CallerSnapshot>, S3Error> {
        let read = self.meta.read_iam(|rows| find(rows, account, kind, called));
        let known = read.map_err(|Failure(error)| {
            S3Error::internal(error.cause().unwrap_or(error.message()))
        })?;
        Ok(known.map(|KnownIdentity { name, facts, origins, .. }| CallerSnapshot {
            principal: match kind {
                IamKind::Role => Principal::AssumedRole {
                    account: account.clone(),
                    role: name,
                    session_name: session_name.into(),
                },
                _ => Principal::User { account: account.clone(), user: name },
            },
            identity: Some(facts),
            origins: origins.policies,
            boundary_origin: origins.boundary,
        }))
    }
}

fn find(
    rows: &IamRows<'_>,
    account: &AccountIdentity,
    kind: IamKind,
    called: Called<'_>,
) -> Result<Option<KnownIdentity>, Failure> {
    let row = match called {
        Called::Name(name) => rows.get(account.id, kind, &entity::key_of(name))?,
        Called::UniqueId(id) => rows.by_id(id)?,
    };
    let row = row.filter(|row| row.account == account.id && row.kind == kind);
    let Some(row) = row else { return Ok(None) };
    let tables = AccountRows::new(rows, account.id);
    let directory = Directory { tables: &tables, account: account.id, now: Timestamp::default() };
    let identity = Identity::parse(&row.document)?;
    Ok(Some(known_identity(&directory, &identity)?))
}
