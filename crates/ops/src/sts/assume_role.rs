//! AssumeRole.

use iam::{IamError, IamErrorCode, RoleDetail};
use identity::session::{Session, SessionHolder};
use model::limits::{CHAINED_SESSION_SECONDS_MAX, ROLE_SESSION_SECONDS_MAX};

use super::request::{Values, check_characters, check_name, check_packed_size, lifetime};
use super::role_arn::RoleArn;
use super::{IssuedSession, SessionRequest};
use crate::gate::{self, AssumedRole, RoleWish};
use crate::iam::ApiCall;

/// Length of the session of a role that is not asked to be another. AWS: STS API reference.
pub(super) const DEFAULT_SECONDS: u64 = 3600;

/// What AssumeRole is asked for.
#[derive(Clone, Debug)]
pub struct AssumeRole {
    /// `RoleArn`.
    pub role_arn: String,
    /// `RoleSessionName`.
    pub session_name: String,
    /// `ExternalId`.
    pub external_id: Option<String>,
    /// The rest.
    pub session: SessionRequest,
}

/// Makes a session of a role. Errors: `ValidationError`, `MalformedPolicyDocument`,
/// `PackedPolicyTooLarge`, and `AccessDenied` also where there is no such role.
pub fn assume(call: &ApiCall<'_>, request: &AssumeRole) -> Result<IssuedSession, IamError> {
    let arn = RoleArn::parse(&request.role_arn)?;
    check_name("roleSessionName", &request.session_name, 2, 64)?;
    request.session.check(ROLE_SESSION_SECONDS_MAX)?;
    if let Some(id) = &request.external_id {
        check_characters("externalId", id, (2, 1224), "+=,.@:/-", "[\\w+=,.@:\\/-]*")?;
    }
    // A source identity, once there, stays for the whole chain.
    let inherited = call.session.and_then(|session| session.source_identity.clone());
    let source_identity = inherited.clone().or_else(|| request.session.source_identity.clone());
    let mut actions = vec!["sts:AssumeRole"];
    if !request.session.tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    let mut values = request.session.values();
    values.add("sts:ExternalId", request.external_id.clone());
    values.add("sts:SourceIdentity", source_identity.clone());
    add_session_name(&mut values, &request.session_name);
    let context = values.with(call.context);
    let wish = RoleWish {
        account: arn.account,
        name: arn.name,
        arn: arn.text,
        actions: &actions,
        provider: None,
        context: &context,
    };
    let role = gate::pass_role(call, &wish)?;
    if inherited.is_some()
        && request.session.source_identity.is_some()
        && request.session.source_identity != inherited
    {
        let message = "The source identity of a session cannot be changed";
        return Err(IamError::new(IamErrorCode::AccessDenied, message));
    }
    let seconds = seconds(&request.session, role.detail(), call.session.is_some())?;
    let parts = Parts { seconds, source_identity, federated_provider: None };
    issue(call, &role, &request.session_name, &request.session, parts)
}

/// `sts:RoleSessionName`.
pub(super) fn add_session_name(values: &mut Values, session_name: &str) {
    values.add("sts:RoleSessionName", [session_name.to_owned()]);
}

/// What a session of a role has besides what was asked for.
pub(super) struct Parts {
    pub(super) seconds: u64,
    pub(super) source_identity: Option<String>,
    pub(super) federated_provider: Option<String>,
}

/// The length of the session: at most what the role allows, and at most an hour where one session
/// begets another.
pub(super) fn seconds(
    request: &SessionRequest,
    role: &RoleDetail,
    is_chained: bool,
) -> Result<u64, IamError> {
    let seconds = request.duration_seconds.unwrap_or(DEFAULT_SECONDS);
    if is_chained && seconds > CHAINED_SESSION_SECONDS_MAX {
        return Err(IamError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining.",
        ));
    }
    if seconds > u64::from(role.max_session_seconds) {
        return Err(IamError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

/// Makes the session that the gate allowed.
pub(super) fn issue(
    call: &ApiCall<'_>,
    role: &AssumedRole,
    session_name: &str,
    request: &SessionRequest,
    parts: Parts,
) -> Result<IssuedSession, IamError> {
    let vault = &call.store.vault;
    vault.check_session_policies(role.account(), &request.policy_arns)?;
    let (issued, expires) = lifetime(call.now, parts.seconds);
    let identity = role.identity();
    let session = Session {
        account: role.account(),
        holder: SessionHolder::Role {
            unique_id: identity.id.clone(),
            name: identity.name.clone(),
            session_name: session_name.to_owned(),
        },
        issued,
        expires,
        policies: request.policies(),
        tags: request.session_tags(call.session)?,
        source_identity: parts.source_identity,
        federated_provider: parts.federated_provider,
    };
    check_packed_size(&session)?;
    let credentials = vault.issue_role_session(role, &session)?;
    let (account, name) = (role.account(), &identity.name);
    let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session_name}");
    let id = format!("{}:{session_name}", identity.id);
    Ok(IssuedSession::new(credentials, session, arn, id))
}
