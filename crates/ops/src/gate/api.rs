//! The gate for calls of IAM.

use audit::decision_log::DecidedCall;
use authz::{ApiFacts, ApiRequest};
use iam::{IamError, IamErrorCode};
use model::AccountId;

use crate::decisions;
use crate::iam::{ApiCall, Asked, CallContext, Target};

/// A decision that allowed an action of IAM on one target.
pub struct AuthorizedCall {
    account: AccountId,
    target: Target,
    arn: String,
}

impl AuthorizedCall {
    /// The account that the target lies in.
    pub(crate) fn account(&self) -> AccountId {
        self.account
    }

    /// What was decided about.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Its ARN, path included, as it was decided about.
    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    /// The name or ARN of the target, as the rules of IAM take it.
    pub(crate) fn name(&self) -> &str {
        self.target.name()
    }
}

/// Passes a call of IAM: whoever is not root needs an identity policy that allows the action on the
/// ARN of what it acts on.
pub(crate) fn pass_api(call: &ApiCall<'_>, mut asked: Asked) -> Result<AuthorizedCall, IamError> {
    let Some(callers) = call.caller.account_id() else {
        let message = "Request is missing Authentication Token";
        return Err(IamError::new(IamErrorCode::MissingAuthenticationToken, message));
    };
    let account = asked.target.account(callers);
    let (arn, tags) = call.store.vault.api_facts(account, &asked.target)?;
    asked.resource_tags(&tags);
    let context = CallContext { own: &asked.values, circumstances: call.context };
    let request = ApiRequest {
        caller: call.caller,
        action: &asked.action,
        resource: &arn,
        context: &context,
    };
    let facts = ApiFacts {
        owner: account,
        resource_policy: None,
        identity: call.identity,
        switches: &call.store.settings.switches,
    };
    let decision = authz::decide_api(&request, &facts);
    let described = DecidedCall {
        actions: &[&asked.action],
        resource: &arn,
        owner: account,
        role: None,
        context: &context,
        decision: &decision,
    };
    decisions::keep_call(call, &described);
    if let Some(refusal) = &decision.refusal {
        tracing::debug!(caller = %call.caller, action = asked.action, trace = %decision.trace, "refused");
        let message = refusal.message(call.caller, &arn, &facts);
        return Err(IamError::new(IamErrorCode::AccessDenied, message));
    }
    Ok(AuthorizedCall { account, target: asked.target, arn })
}
