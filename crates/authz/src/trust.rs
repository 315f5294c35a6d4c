//! Who may assume a role. AWS: IAM User Guide, "Roles terms and concepts", "Policy evaluation for
//! requests within a single account", "Cross-account policy evaluation logic".
//!
//! A role differs from other resources in one thing: its trust policy must allow in any case, also
//! where the caller's own policies do and also for callers of the role's account.

use model::{AccountId, Principal};

use crate::api::{self, ApiDecision, ApiRefusal, Denied};
use crate::policy::{AskedAction, AskedResource, Query};
use crate::sources::ResourcePolicy;
use crate::{
    ApiFacts, Cause, ContextSource, IdentityFacts, Policy, Rule, Source, StepOutcome, Switches,
    Trace,
};

/// A wish to assume a role.
#[derive(Clone, Copy)]
pub struct RoleRequest<'a> {
    /// Who wants to; anonymous if the caller bears the token of an identity provider.
    pub caller: &'a Principal,
    /// The identity provider that signed the caller's token, as trust policies name it: the ARN
    /// `arn:aws:iam::ACCOUNT:oidc-provider/HOST`. The token must have been checked.
    pub provider: Option<&'a str>,
    /// Every action that the call needs, all of which must be allowed: `sts:AssumeRole` or
    /// `sts:AssumeRoleWithWebIdentity`; with session tags also `sts:TagSession`, with a source
    /// identity `sts:SetSourceIdentity`. Without any the answer is no.
    pub actions: &'a [&'a str],
    /// The ARN of the role.
    pub role: &'a str,
    /// Condition values, such as `sts:ExternalId`, `sts:RoleSessionName`, `aws:RequestTag/…` and
    /// `<issuer>:sub`.
    pub context: &'a dyn ContextSource,
}

/// What the answer rests on.
#[derive(Clone, Copy)]
pub struct RoleFacts<'a> {
    /// The account of the role.
    pub owner: AccountId,
    /// The trust policy; without one nobody may.
    pub trust: Option<&'a Policy>,
    /// The caller's own policies; absent for anonymous callers and services. Absent for any other
    /// caller means that it has none.
    pub identity: Option<&'a IdentityFacts>,
    /// The operator's choices.
    pub switches: &'a Switches,
}

impl<'a> RoleFacts<'a> {
    /// The same, for the message of a refusal.
    pub fn to_api_facts(&self) -> ApiFacts<'a> {
        let Self { owner, trust, identity, switches } = *self;
        ApiFacts { owner, resource_policy: trust, identity, switches }
    }
}

/// Decides whether a role may be assumed. Pure: equal arguments give equal decisions.
pub fn may_assume_role<'a>(request: &RoleRequest<'a>, facts: &RoleFacts<'_>) -> ApiDecision<'a> {
    let mut trace = Trace::default();
    let mut refusal = None;
    let first = request.actions.first().copied().unwrap_or("sts:AssumeRole");
    if let Err(Denied { cause, by }) = may_try(request, &mut trace) {
        trace.decided_by(by);
        refusal = Some(ApiRefusal { cause, action: first, of_role: true });
        return ApiDecision { refusal, trace };
    }
    for &action in request.actions {
        match decide_one(request, action, facts, &mut trace) {
            Ok(by) if trace.deciding().is_none() => trace.decided_by(by),
            Ok(_) => {}
            Err(Denied { cause, by }) => {
                trace.decided_by(by);
                refusal = Some(ApiRefusal { cause, action, of_role: true });
                break;
            }
        }
    }
    ApiDecision { refusal, trace }
}

/// A root user assumes no roles. AWS: STS API Reference, AssumeRole.
fn may_try(request: &RoleRequest<'_>, trace: &mut Trace) -> Result<(), Denied> {
    if request.caller.is_root() {
        let by = trace.note(Rule::RootAssumesRole, StepOutcome::Refuses);
        return Err(Denied { cause: Cause::RootAssumesRole, by });
    }
    if request.actions.is_empty() {
        let by = trace.note(Rule::NoActionKnown, StepOutcome::Refuses);
        return Err(Denied { cause: Cause::NoActionKnown, by });
    }
    Ok(())
}

fn decide_one(
    request: &RoleRequest<'_>,
    action: &str,
    facts: &RoleFacts<'_>,
    trace: &mut Trace,
) -> Result<u8, Denied> {
    let query = Query {
        caller: request.caller,
        provider: request.provider,
        action: AskedAction::new(action),
        resource: AskedResource::new(request.role),
        context: request.context,
    };
    let policy =
        ResourcePolicy { policy: facts.trust, rule: Rule::TrustPolicy, deny_escapes: false };
    let (user, trusted) = api::ask(&query, facts.identity, Some(policy), trace)?;
    if trusted.is_none() {
        let by = trace.last_index();
        return Err(Denied { cause: Cause::ImplicitDeny(Source::ResourcePolicy), by });
    }
    Ok(api::agree(&query, facts.owner, user, trusted, trace)?)
}

#[cfg(test)]
mod tests;
