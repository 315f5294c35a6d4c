//! GetSessionToken: a session of the calling user itself.

use iam::{IamError, IamErrorCode};
use identity::session::{Session, SessionHolder, SessionUser};
use model::Principal;
use model::limits::{ROOT_SESSION_SECONDS_MAX, USER_SESSION_SECONDS_MAX};

use super::request::lifetime;
use super::{IssuedSession, SessionRequest, user_id};
use crate::iam::ApiCall;

/// Length of the session of a user that does not ask for another. AWS: STS API reference.
pub(super) const DEFAULT_SECONDS: u64 = 43_200;

/// Makes the session. It needs no permission (AWS: IAM user guide, "Permissions for
/// GetSessionToken"), and may do what the user may, except most of IAM and STS.
pub fn get(call: &ApiCall<'_>, request: &SessionRequest) -> Result<IssuedSession, IamError> {
    request.check(USER_SESSION_SECONDS_MAX)?;
    let holder = match long_term_holder(call, "GetSessionToken")? {
        Some(user) => SessionHolder::User(user),
        None => SessionHolder::Root,
    };
    let caller = call.caller;
    let account = caller.account_id().ok_or_else(|| IamError::internal("no account"))?;
    let (issued, expires) = lifetime(call.now, seconds(call, request));
    let session = Session {
        account,
        holder,
        issued,
        expires,
        policies: None,
        tags: Vec::new(),
        source_identity: None,
        federated_provider: None,
    };
    let credentials = call.store.vault.issue_own_session(caller, &session)?;
    let (arn, id) = (caller.arn().unwrap_or_default(), user_id(caller).unwrap_or_default());
    Ok(IssuedSession::new(credentials, session, arn, id))
}

/// How long a session of the caller lasts. Those of the root user end after an hour, whatever was
/// asked for. AWS: STS API reference, GetSessionToken and GetFederationToken.
pub(super) fn seconds(call: &ApiCall<'_>, request: &SessionRequest) -> u64 {
    let seconds = request.duration_seconds.unwrap_or(DEFAULT_SECONDS);
    if call.caller.is_root() { seconds.min(ROOT_SESSION_SECONDS_MAX) } else { seconds }
}

/// The calling user, none for root; `AccessDenied` for callers that hold temporary credentials.
pub(super) fn long_term_holder(
    call: &ApiCall<'_>,
    action: &str,
) -> Result<Option<SessionUser>, IamError> {
    let session_user = |name: &str, unique_id: &str| SessionUser {
        unique_id: unique_id.to_owned(),
        name: name.to_owned(),
    };
    match (call.session, call.caller) {
        (None, Principal::Root(_)) => Ok(None),
        (None, Principal::User { user, .. }) => Ok(Some(session_user(&user.name, &user.unique_id))),
        _ => Err(IamError::new(
            IamErrorCode::AccessDenied,
            format!("Cannot call {action} with session credentials"),
        )),
    }
}
