//! Accounts that the management account makes.

use ::identity::generate;
use iam::identity::NewIdentity;
use iam::{Directory, IamError, RoleDetail, attachment, identity};
use meta::{AccountRecord, MetaError, MetadataStore as _};
use model::{AccountId, IamKind, S3Error};

use super::Vault;
use super::iam::{AccountRows, Failure};
use crate::error::from_meta;
use crate::gate::AuthorizedAction;
use crate::organizations::{ROLE_POLICY_ARN, trust_policy};

/// How long sessions of the role may last. AWS: IAM API reference, CreateRole.
const ROLE_SESSION_SECONDS: u32 = 3600;

impl Vault {
    /// All accounts, by id: which of them is the management account, is found out from this.
    pub(crate) async fn accounts(&self) -> Result<Vec<AccountRecord>, S3Error> {
        self.meta.list_accounts().await.map_err(from_meta)
    }

    /// Stores a new account, and in it the role that the management account may assume.
    pub(crate) async fn create_member(
        &self,
        _authorized: &AuthorizedAction,
        account: AccountRecord,
        management: AccountId,
        role_name: &str,
    ) -> Result<(), IamError> {
        let (id, now) = (account.identity.id, account.created);
        self.meta.create_account(account).await.map_err(|error| match error {
            MetaError::AlreadyExists { .. } => {
                IamError::input("Another account was created with this name just now.")
            }
            other => from_meta(other).into(),
        })?;
        let unique_id = generate::unique_id("AROA").map_err(S3Error::internal)?;
        let role = NewIdentity {
            kind: IamKind::Role,
            path: "/".to_owned(),
            name: role_name.to_owned(),
            tags: Vec::new(),
            boundary: None,
            role: Some(RoleDetail {
                trust_policy: trust_policy(management),
                description: None,
                max_session_seconds: ROLE_SESSION_SECONDS,
            }),
        };
        let written = self.meta.write_iam(move |rows| -> Result<(), Failure> {
            let tables = AccountRows::new(rows, id);
            let directory = Directory { tables: &tables, account: id, now };
            let role = identity::create(&directory, unique_id, role)?;
            attachment::attach(&directory, IamKind::Role, &role.name, ROLE_POLICY_ARN)?;
            Ok(())
        });
        written.await.map_err(|Failure(error)| error)
    }
}
