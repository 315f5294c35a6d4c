//! Organizations on the wire: JSON 1.1, the action in the header `x-amz-target`.
//!
//! AWS: Organizations API reference.

use iam::IamError;
use model::{AccountId, Timestamp};
use ops::iam::ApiCall;
use ops::organizations::{
    self, CreateAccount, CreateAccountStatus, Organization, OrganizationsError,
    OrganizationsErrorCode as Code,
};
use ops::records::AccountRecord;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Answer;

/// What signatures for it are scoped to.
pub const SERVICE: &str = "organizations";
/// What `x-amz-target` begins with.
const TARGET: &str = "AWSOrganizationsV20161128.";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

type Outcome = Result<Value, OrganizationsError>;

/// Whether a target is one of these actions.
pub fn is_target(target: &str) -> bool {
    target.starts_with(TARGET)
}

/// Answers a call. Never fails: errors are answers.
pub async fn answer(call: &ApiCall<'_>, target: &str, body: &[u8], request_id: &str) -> Answer {
    let action = target.strip_prefix(TARGET).unwrap_or_default();
    let (name, outcome) = match action {
        "DescribeOrganization" => ("DescribeOrganization", describe(call).await),
        "ListAccounts" => ("ListAccounts", list_accounts(call, body).await),
        "DescribeAccount" => ("DescribeAccount", describe_account(call, body).await),
        "CreateAccount" => ("CreateAccount", create_account(call, body).await),
        "DescribeCreateAccountStatus" => {
            ("DescribeCreateAccountStatus", describe_status(call, body).await)
        }
        _ => {
            let message = "This server does not have this action of Organizations.";
            let error = OrganizationsError::new(Code::UnknownOperationException, message);
            return refuse(&error, request_id);
        }
    };
    match outcome {
        Err(error) => Answer { action: Some(name), ..refuse(&error, request_id) },
        Ok(document) => Answer::document(CONTENT_TYPE, name, &document),
    }
}

/// The answer to a call whose signature is refused.
pub fn refuse_signature(error: IamError, request_id: &str) -> Answer {
    refuse(&error.into(), request_id)
}

fn refuse(error: &OrganizationsError, request_id: &str) -> Answer {
    let code = error.code.as_str();
    let document = json!({"__type": code, "Message": error.message});
    let refused = (error.code.status(), code);
    Answer::refusal(CONTENT_TYPE, refused, &document, error.cause.as_deref(), request_id)
}

async fn describe(call: &ApiCall<'_>) -> Outcome {
    let found = organizations::describe(call).await?;
    let management = &found.management;
    Ok(json!({"Organization": {
        "Id": found.id(),
        "Arn": found.arn(),
        "FeatureSet": "CONSOLIDATED_BILLING",
        "MasterAccountId": management.identity.id.to_string(),
        "MasterAccountArn": found.account_arn(management.identity.id),
        "MasterAccountEmail": management.email,
        "AvailablePolicyTypes": [],
    }}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListAccountsRequest {
    next_token: Option<String>,
    max_results: Option<usize>,
}

async fn list_accounts(call: &ApiCall<'_>, body: &[u8]) -> Outcome {
    let request: ListAccountsRequest = read(body)?;
    let after = match request.next_token {
        None => None,
        Some(token) => Some(AccountId::parse(&token).ok_or_else(|| {
            let message = "You specified an invalid value for NextToken.";
            OrganizationsError::new(Code::InvalidInputException, message)
        })?),
    };
    let (organization, page) =
        organizations::list_accounts(call, after, request.max_results).await?;
    let accounts: Vec<Value> =
        page.accounts.iter().map(|account| account_json(&organization, account)).collect();
    let mut document = json!({"Accounts": accounts});
    if let (Some(next), Some(members)) = (page.next, document.as_object_mut()) {
        members.insert("NextToken".to_owned(), next.to_string().into());
    }
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeAccountRequest {
    account_id: String,
}

async fn describe_account(call: &ApiCall<'_>, body: &[u8]) -> Outcome {
    let request: DescribeAccountRequest = read(body)?;
    let (organization, account) =
        organizations::describe_account(call, &request.account_id).await?;
    Ok(json!({"Account": account_json(&organization, &account)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateAccountRequest {
    account_name: String,
    email: String,
    role_name: Option<String>,
}

async fn create_account(call: &ApiCall<'_>, body: &[u8]) -> Outcome {
    let CreateAccountRequest { account_name: name, email, role_name } = read(body)?;
    let request = CreateAccount { name, email, role_name };
    Ok(status_json(&organizations::create_account(call, request).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeStatusRequest {
    create_account_request_id: String,
}

async fn describe_status(call: &ApiCall<'_>, body: &[u8]) -> Outcome {
    let request: DescribeStatusRequest = read(body)?;
    let id = &request.create_account_request_id;
    Ok(status_json(&organizations::describe_create_account_status(call, id).await?))
}

/// Members that are not known, such as billing, are ignored, as AWS ignores them.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, OrganizationsError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("The request is not what this action expects: {error}");
        OrganizationsError::new(Code::SerializationException, message)
    })
}

fn account_json(organization: &Organization, account: &AccountRecord) -> Value {
    let is_management = account.identity == organization.management.identity;
    json!({
        "Id": account.identity.id.to_string(),
        "Arn": organization.account_arn(account.identity.id),
        "Name": account.name,
        "Email": account.email,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": if is_management { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": seconds(account.created),
    })
}

fn status_json(status: &CreateAccountStatus) -> Value {
    let (state, account, reason) = match status.outcome {
        Ok(account) => ("SUCCEEDED", Some(account.to_string()), None),
        Err(reason) => ("FAILED", None, Some(reason.as_str())),
    };
    json!({"CreateAccountStatus": {
        "Id": status.id,
        "AccountName": status.account_name,
        "State": state,
        "RequestedTimestamp": seconds(status.requested),
        "CompletedTimestamp": seconds(status.requested),
        "AccountId": account,
        "FailureReason": reason,
    }})
}

/// Seconds with their fraction, as JSON 1.1 writes times.
fn seconds(time: Timestamp) -> Value {
    let (seconds, millis) = (time.unix_seconds(), time.unix_millis.rem_euclid(1000));
    let text = format!("{seconds}.{millis:03}");
    text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}
