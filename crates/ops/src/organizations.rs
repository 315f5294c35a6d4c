//! Organizations: the accounts of the store, as their operator administers them on Amazon's own API.
//!
//! All accounts are one organization. Its management account is the one that was made first, which
//! is the one whose key the first start shows. AWS: Organizations API reference.

mod error;
mod status;

use iam::validate;
use identity::generate;
use meta::AccountRecord;
use model::limits::{ACCOUNT_NAME_LENGTH_BYTES_MAX, ORGANIZATION_ACCOUNTS_PAGE_MAX};
use model::{AccountId, AccountIdentity, CanonicalUserId, S3Error};

use self::error::OrganizationsErrorCode as Code;
pub use self::error::{OrganizationsError, OrganizationsErrorCode};
pub use self::status::{CreateAccountStatus, FailureReason};
use crate::gate;
use crate::iam::ApiCall;
use crate::store::Store;

/// The role that the management account may assume in a new account, if it names no other.
pub const DEFAULT_ROLE_NAME: &str = "OrganizationAccountAccessRole";

/// The organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The management account.
    pub management: AccountRecord,
}

impl Organization {
    /// `o-` and twelve letters or digits, always the same for one store.
    pub fn id(&self) -> String {
        let digits = self.management.identity.canonical_id.as_str().to_ascii_lowercase();
        format!("o-{}", digits.chars().take(12).collect::<String>())
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:organizations::{}:organization/{}", self.management.identity.id, self.id())
    }

    /// The ARN of one of its accounts.
    pub fn account_arn(&self, account: AccountId) -> String {
        let management = self.management.identity.id;
        format!("arn:aws:organizations::{management}:account/{}/{account}", self.id())
    }
}

/// What CreateAccount is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAccount {
    /// `AccountName`.
    pub name: String,
    /// `Email`.
    pub email: String,
    /// `RoleName`.
    pub role_name: Option<String>,
}

/// A page of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// By id.
    pub accounts: Vec<AccountRecord>,
    /// Where the next page begins.
    pub next: Option<AccountId>,
}

/// DescribeOrganization; any account may ask for its own organization.
pub async fn describe(call: &ApiCall<'_>) -> Result<Organization, OrganizationsError> {
    gate::pass_action(call, "organizations:DescribeOrganization", "*", call.context)?;
    organization(call).await
}

/// ListAccounts.
pub async fn list_accounts(
    call: &ApiCall<'_>,
    after: Option<AccountId>,
    limit: Option<usize>,
) -> Result<(Organization, AccountPage), OrganizationsError> {
    let organization = managed(call).await?;
    gate::pass_action(call, "organizations:ListAccounts", "*", call.context)?;
    let limit = limit.unwrap_or(ORGANIZATION_ACCOUNTS_PAGE_MAX);
    if !(1..=ORGANIZATION_ACCOUNTS_PAGE_MAX).contains(&limit) {
        return Err(invalid("You specified an invalid value for MaxResults."));
    }
    let all = call.store.vault.accounts().await?;
    let mut rest = all.into_iter().filter(|account| Some(account.identity.id) > after);
    let accounts: Vec<AccountRecord> = rest.by_ref().take(limit).collect();
    let last = accounts.last().map(|account| account.identity.id);
    let next = rest.next().and(last);
    Ok((organization, AccountPage { accounts, next }))
}

/// DescribeAccount.
pub async fn describe_account(
    call: &ApiCall<'_>,
    id: &str,
) -> Result<(Organization, AccountRecord), OrganizationsError> {
    let organization = managed(call).await?;
    let id = AccountId::parse(id)
        .ok_or_else(|| invalid("You specified an invalid value for AccountId."))?;
    let arn = organization.account_arn(id);
    gate::pass_action(call, "organizations:DescribeAccount", &arn, call.context)?;
    let account = call.store.vault.account(id).await?;
    account.map(|account| (organization, account)).ok_or_else(|| {
        let message = "You specified an account that doesn't exist.";
        OrganizationsError::new(Code::AccountNotFoundException, message)
    })
}

/// CreateAccount. The account has no key of its root user; whoever the management account lets may
/// assume the role in it. It is done when this returns, which callers find out by asking for its
/// status, as at AWS.
pub async fn create_account(
    call: &ApiCall<'_>,
    request: CreateAccount,
) -> Result<CreateAccountStatus, OrganizationsError> {
    let organization = managed(call).await?;
    let authorized = gate::pass_action(call, "organizations:CreateAccount", "*", call.context)?;
    let role_name = request.role_name.as_deref().unwrap_or(DEFAULT_ROLE_NAME);
    check(&request, role_name)?;
    let vault = &call.store.vault;
    let known = vault.accounts().await?;
    let requested = call.now;
    if known.iter().any(|account| account.email.as_deref() == Some(&request.email)) {
        let reason = FailureReason::EmailAlreadyExists;
        return Ok(CreateAccountStatus::failed(Some(request.name), requested, reason));
    }
    if known.iter().any(|account| account.name == request.name) {
        return Err(invalid("Another account has this AccountName; here names are unique."));
    }
    let account = AccountRecord {
        identity: AccountIdentity {
            id: generate::account_id()?,
            canonical_id: generate::canonical_user_id()?,
        },
        name: request.name,
        email: Some(request.email),
        created: requested,
        public_access: None,
    };
    let management = organization.management.identity.id;
    vault.create_member(&authorized, account.clone(), management, role_name).await?;
    Ok(CreateAccountStatus::succeeded(&account))
}

/// DescribeCreateAccountStatus.
pub async fn describe_create_account_status(
    call: &ApiCall<'_>,
    id: &str,
) -> Result<CreateAccountStatus, OrganizationsError> {
    managed(call).await?;
    let action = "organizations:DescribeCreateAccountStatus";
    gate::pass_action(call, action, "*", call.context)?;
    let missing = || {
        OrganizationsError::new(
            Code::CreateAccountStatusNotFoundException,
            "We can't find an create account request with the CreateAccountRequestId that you \
             specified.",
        )
    };
    match status::parse(id).ok_or_else(missing)? {
        status::Known::Failed { requested, reason } => {
            Ok(CreateAccountStatus::failed(None, requested, reason))
        }
        status::Known::Succeeded { account, requested } => {
            let account = call.store.vault.account(account).await?;
            let account = account.filter(|account| account.created == requested);
            Ok(CreateAccountStatus::succeeded(&account.ok_or_else(missing)?))
        }
    }
}

/// The organization, for its management account. AWS answers members so.
async fn managed(call: &ApiCall<'_>) -> Result<Organization, OrganizationsError> {
    let organization = organization(call).await?;
    if call.caller.account_id() == Some(organization.management.identity.id) {
        return Ok(organization);
    }
    let message = "You don't have permissions to access this resource.";
    Err(OrganizationsError::new(Code::AccessDeniedException, message))
}

async fn organization(call: &ApiCall<'_>) -> Result<Organization, OrganizationsError> {
    Ok(Organization { management: management(call.store).await? })
}

/// The management account of a store: the one that was made first.
pub(crate) async fn management(store: &Store) -> Result<AccountRecord, S3Error> {
    let accounts = store.vault.accounts().await?.into_iter();
    let first =
        accounts.min_by_key(|account: &AccountRecord| (account.created, account.identity.id));
    first.ok_or_else(|| S3Error::internal("there is no account"))
}

/// AWS: Organizations API reference, CreateAccount; a name is besides what the rest of this server
/// takes for one.
fn check(request: &CreateAccount, role_name: &str) -> Result<(), OrganizationsError> {
    let name = &request.name;
    let usable = (1..=50).contains(&name.chars().count())
        && name.len() <= ACCOUNT_NAME_LENGTH_BYTES_MAX
        && name.trim() == name
        && !name.chars().any(char::is_control)
        && AccountId::parse(name).is_none()
        && CanonicalUserId::parse(name).is_none();
    if !usable {
        return Err(invalid("You specified an invalid value for AccountName."));
    }
    let email = &request.email;
    let usable = (6..=64).contains(&email.len())
        && !email.chars().any(|c| c.is_control() || c.is_whitespace())
        && email.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && host.contains('.') && !host.contains('@')
        });
    if !usable {
        return Err(invalid("You specified an invalid value for Email."));
    }
    validate::user_name("roleName", role_name)
        .map_err(|_| invalid("You specified an invalid value for RoleName."))
}

fn invalid(message: &'static str) -> OrganizationsError {
    OrganizationsError::new(Code::InvalidInputException, message)
}

/// The trust policy of the role in a new account.
pub(crate) fn trust_policy(management: AccountId) -> String {
    let root = format!("arn:aws:iam::{management}:root");
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\
         {{\"AWS\":\"{root}\"}},\"Action\":\"sts:AssumeRole\"}}]}}"
    )
}

/// What the role may do.
pub(crate) const ROLE_POLICY_ARN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
