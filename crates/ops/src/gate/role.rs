//! The gate for roles that are assumed, and for single actions of STS and Organizations.

use audit::decision_log::{DecidedCall, DecidedRole};
use authz::{ApiFacts, ApiRequest, ContextSource, Policy, RoleFacts, RoleRequest};
use iam::{IamError, IamErrorCode, Identity, RoleDetail};
use model::{AccountId, Principal};

use crate::decisions;
use crate::iam::{ApiCall, CallContext, resource_tags};

/// A wish to assume a role.
pub(crate) struct RoleWish<'a> {
    /// The account that the ARN names.
    pub(crate) account: AccountId,
    /// The name that the ARN ends with.
    pub(crate) name: &'a str,
    /// The ARN as the caller wrote it.
    pub(crate) arn: &'a str,
    /// Every action that must be allowed.
    pub(crate) actions: &'a [&'a str],
    /// The identity provider whose token was checked. Then nobody else counts as the caller.
    pub(crate) provider: Option<&'a str>,
    /// Condition values.
    pub(crate) context: &'a dyn ContextSource,
}

/// A decision that somebody may assume this role.
pub(crate) struct AssumedRole {
    account: AccountId,
    identity: Identity,
    detail: RoleDetail,
}

impl AssumedRole {
    /// The account of the role.
    pub(crate) fn account(&self) -> AccountId {
        self.account
    }

    /// The role.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What only roles have.
    pub(crate) fn detail(&self) -> &RoleDetail {
        &self.detail
    }
}

/// Passes the wish to assume a role. Whether the role exists is told to nobody who may not assume
/// it. Errors: `AccessDenied`, `MissingAuthenticationToken`.
pub(crate) fn pass_role(call: &ApiCall<'_>, wish: &RoleWish<'_>) -> Result<AssumedRole, IamError> {
    let (caller, identity) = match wish.provider {
        // The token speaks for the caller, whoever signed the call.
        Some(_) => (&Principal::Anonymous, None),
        None if call.caller.is_anonymous() => return Err(unsigned()),
        None => (call.caller, call.identity),
    };
    let role = call.store.vault.role(wish.account, wish.name)?;
    let role = role.filter(|role| role.arn(wish.account) == wish.arn);
    let detail = role.as_ref().and_then(|role| role.role.clone());
    let trust = trust_policy(detail.as_ref(), wish.arn)?;
    let tags = resource_tags(role.as_ref().map(|role| role.tags.as_slice()).unwrap_or_default());
    let context = CallContext { own: &tags, circumstances: wish.context };
    let request = RoleRequest {
        caller,
        provider: wish.provider,
        actions: wish.actions,
        role: wish.arn,
        context: &context,
    };
    let facts = RoleFacts {
        owner: wish.account,
        trust: trust.as_ref(),
        identity,
        switches: &call.store.settings.switches,
    };
    let decision = authz::may_assume_role(&request, &facts);
    let described = DecidedCall {
        actions: wish.actions,
        resource: wish.arn,
        owner: wish.account,
        role: Some(DecidedRole { trust: trust.as_ref(), provider: wish.provider }),
        context: &context,
        decision: &decision,
    };
    decisions::keep_call(call, &described);
    if let Some(refusal) = &decision.refusal {
        tracing::debug!(caller = %caller, role = wish.arn, trace = %decision.trace, "refused");
        let message = refusal.message(caller, wish.arn, &facts.to_api_facts());
        return Err(IamError::new(IamErrorCode::AccessDenied, message));
    }
    match (role, detail) {
        (Some(identity), Some(detail)) => {
            Ok(AssumedRole { account: wish.account, identity, detail })
        }
        _ => Err(IamError::internal("a role was allowed that does not exist")),
    }
}

fn trust_policy(role: Option<&RoleDetail>, arn: &str) -> Result<Option<Policy>, IamError> {
    let Some(role) = role else { return Ok(None) };
    let policy = Policy::parse_stored_trust_policy(&role.trust_policy);
    let damaged = |error| IamError::internal(format!("the trust policy of {arn}: {error}"));
    policy.map(Some).map_err(damaged)
}

/// A decision that allowed an action on a resource of the caller's own account.
pub(crate) struct AuthorizedAction {
    resource: String,
}

impl AuthorizedAction {
    /// What was decided about.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }
}

/// Passes an action of STS or Organizations on something of the caller's own account. Errors:
/// `AccessDenied`, `MissingAuthenticationToken`.
pub(crate) fn pass_action(
    call: &ApiCall<'_>,
    action: &str,
    resource: &str,
    context: &dyn ContextSource,
) -> Result<AuthorizedAction, IamError> {
    let owner = call.caller.account_id().ok_or_else(unsigned)?;
    let request = ApiRequest { caller: call.caller, action, resource, context };
    let facts = ApiFacts {
        owner,
        resource_policy: None,
        identity: call.identity,
        switches: &call.store.settings.switches,
    };
    let decision = authz::decide_api(&request, &facts);
    let described = DecidedCall {
        actions: &[action],
        resource,
        owner,
        role: None,
        context,
        decision: &decision,
    };
    decisions::keep_call(call, &described);
    if let Some(refusal) = &decision.refusal {
        tracing::debug!(caller = %call.caller, action, trace = %decision.trace, "refused");
        let message = refusal.message(call.caller, resource, &facts);
        return Err(IamError::new(IamErrorCode::AccessDenied, message));
    }
    Ok(AuthorizedAction { resource: resource.to_owned() })
}

fn unsigned() -> IamError {
    let message = "Request is missing Authentication Token";
    IamError::new(IamErrorCode::MissingAuthenticationToken, message)
}
