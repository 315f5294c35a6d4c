//! GetFederationToken: a session for somebody who is no user here.

use iam::IamError;
use identity::session::{Session, SessionHolder};
use model::Principal;
use model::limits::USER_SESSION_SECONDS_MAX;

use super::request::{check_name, check_packed_size, lifetime};
use super::session_token::{long_term_holder, seconds};
use super::{IssuedSession, SessionRequest};
use crate::gate;
use crate::iam::ApiCall;

/// Makes the session. It may do what both the calling user and the session policies allow: without
/// session policies nothing, except what a bucket policy allows to the federated user by name
/// (§6.5). AWS: IAM user guide, "Permissions for GetFederationToken".
pub fn get(
    call: &ApiCall<'_>,
    name: &str,
    request: &SessionRequest,
) -> Result<IssuedSession, IamError> {
    check_name("name", name, 2, 32)?;
    request.check(USER_SESSION_SECONDS_MAX)?;
    let issuer = long_term_holder(call, "GetFederationToken")?;
    let account = call.caller.account().ok_or_else(|| IamError::internal("no account"))?.clone();
    let federated = Principal::FederatedUser { account: account.clone(), name: name.into() };
    let arn = federated.arn().unwrap_or_default();
    let values = request.values();
    let context = values.with(call.context);
    let authorized = gate::pass_action(call, "sts:GetFederationToken", &arn, &context)?;
    if !request.tags.is_empty() {
        gate::pass_action(call, "sts:TagSession", &arn, &context)?;
    }
    call.store.vault.check_session_policies(account.id, &request.policy_arns)?;
    let (issued, expires) = lifetime(call.now, seconds(call, request));
    let session = Session {
        account: account.id,
        holder: SessionHolder::FederatedUser { name: name.to_owned(), issuer },
        issued,
        expires,
        policies: Some(request.policies().unwrap_or_default()),
        tags: request.session_tags(None)?,
        source_identity: None,
        federated_provider: None,
    };
    check_packed_size(&session)?;
    let credentials = call.store.vault.issue_federated_session(&authorized, &session)?;
    let id = format!("{}:{name}", account.id);
    Ok(IssuedSession::new(credentials, session, arn, id))
}
