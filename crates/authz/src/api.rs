//! Calls of the management APIs (IAM, STS, Organizations, S3 Control): one action on one resource,
//! decided from policies alone (§6.1, §6.4, §6.5). There are no ACLs, no Object Ownership and no
//! Block Public Access here.

use model::{AccountId, Principal};

use crate::agreement::{self, Missing, ResourceAllow};
use crate::policy::{AskedAction, AskedResource, Query};
use crate::sources::{self, ExplicitDeny, ResourcePolicy, UserSide};
use crate::switches::RichAccessDenied;
use crate::{
    Cause, ContextSource, IdentityFacts, Policy, Rule, Source, Step, StepOutcome, Subject,
    Switches, Trace,
};

/// A call of a management API.
#[derive(Clone, Copy)]
pub struct ApiRequest<'a> {
    /// Who calls.
    pub caller: &'a Principal,
    /// The action with its service, as `iam:CreateUser`. AWS: Service Authorization Reference.
    pub action: &'a str,
    /// The ARN of what it acts on; `*` for actions without a resource.
    pub resource: &'a str,
    /// Condition values. Asked also for keys of other services than S3
    /// ([`ConditionKey::Foreign`](crate::ConditionKey::Foreign)).
    pub context: &'a dyn ContextSource,
}

/// What the decision about a call rests on.
#[derive(Clone, Copy)]
pub struct ApiFacts<'a> {
    /// The account that the resource belongs to.
    pub owner: AccountId,
    /// The policy of the resource, if resources of its kind have one.
    pub resource_policy: Option<&'a Policy>,
    /// The caller's own policies; absent for root, anonymous callers and services. Absent for any
    /// other caller means no permission.
    pub identity: Option<&'a IdentityFacts>,
    /// The operator's choices.
    pub switches: &'a Switches,
}

/// A decision about a call and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiDecision<'a> {
    /// Why the call is refused; absent if it is allowed.
    pub refusal: Option<ApiRefusal<'a>>,
    /// The rules that were asked.
    pub trace: Trace,
}

impl ApiDecision<'_> {
    /// Whether the call may go on.
    pub fn is_allowed(&self) -> bool {
        self.refusal.is_none()
    }
}

/// Why a call is refused, and on which action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiRefusal<'a> {
    /// Why.
    pub cause: Cause,
    /// The action that failed.
    pub action: &'a str,
    /// Whether the resource is a role that says in its trust policy who may assume it.
    pub(crate) of_role: bool,
}

impl ApiRefusal<'_> {
    /// The message of the error `AccessDenied` (403). AWS: IAM User Guide, "Troubleshoot access
    /// denied error messages". Principals of other accounts are told nothing about policies.
    pub fn message(&self, caller: &Principal, resource: &str, facts: &ApiFacts<'_>) -> String {
        if self.cause == Cause::RootAssumesRole {
            return "Roles may not be assumed by root accounts.".to_owned();
        }
        let Some(arn) = caller.arn() else {
            return format!("Not authorized to perform {}", self.action);
        };
        let action = self.action;
        let what = format!("User: {arn} is not authorized to perform: {action}");
        let same_account = caller.account_id() == Some(facts.owner);
        let told =
            facts.switches.rich_access_denied == RichAccessDenied::SameAccount && same_account;
        let reason = match self.cause {
            _ if !told => return format!("{what} on resource: {resource}"),
            Cause::ExplicitDeny(Source::ResourcePolicy) if self.of_role => {
                return format!("{what} with an explicit deny in the role trust policy");
            }
            Cause::ImplicitDeny(Source::ResourcePolicy) if self.of_role => {
                return format!("{what} because no role trust policy allows the {action} action");
            }
            Cause::ExplicitDeny(source) => {
                format!("with an explicit deny in {}", source.with_article())
            }
            Cause::ImplicitDeny(source) => {
                format!("because no {} allows the {action} action", source.noun())
            }
            _ => return format!("{what} on resource: {resource}"),
        };
        format!("{what} on resource: {resource} {reason}")
    }
}

/// Decides a call of a management API. Pure: equal arguments give equal decisions.
///
/// In this order: an explicit deny anywhere refuses; the root of the owning account may; then the
/// caller's own policies, for callers of other accounts the resource's policy too.
pub fn decide_api<'a>(request: &ApiRequest<'a>, facts: &ApiFacts<'_>) -> ApiDecision<'a> {
    let mut trace = Trace::default();
    let query = Query {
        caller: request.caller,
        provider: None,
        action: AskedAction::new(request.action),
        resource: AskedResource::new(request.resource),
        context: request.context,
    };
    let policy = facts.resource_policy.map(|policy| ResourcePolicy {
        policy: Some(policy),
        rule: Rule::ResourcePolicy,
        deny_escapes: false,
    });
    let result = ask(&query, facts.identity, policy, &mut trace).map_err(Denied::from).and_then(
        |(user, resource)| {
            agree(&query, facts.owner, user, resource, &mut trace).map_err(Denied::from)
        },
    );
    let (by, refusal) = match result {
        Ok(by) => (by, None),
        Err(Denied { cause, by }) => {
            (by, Some(ApiRefusal { cause, action: request.action, of_role: false }))
        }
    };
    trace.decided_by(by);
    ApiDecision { refusal, trace }
}

/// Why and where a call is refused.
pub(crate) struct Denied {
    pub(crate) cause: Cause,
    pub(crate) by: u8,
}

impl From<ExplicitDeny> for Denied {
    fn from(ExplicitDeny { source, by }: ExplicitDeny) -> Self {
        Self { cause: Cause::ExplicitDeny(source), by }
    }
}

impl From<Missing> for Denied {
    fn from(Missing { source, by }: Missing) -> Self {
        Self { cause: Cause::ImplicitDeny(source), by }
    }
}

/// What both sides say, if neither denies.
pub(crate) fn ask(
    query: &Query<'_>,
    identity: Option<&IdentityFacts>,
    policy: Option<ResourcePolicy<'_>>,
    trace: &mut Trace,
) -> Result<(UserSide, ResourceAllow), ExplicitDeny> {
    let user = sources::ask_caller(query, identity, trace)?;
    let resource = match policy {
        Some(policy) => sources::ask_resource(query, policy, trace)?,
        None => None,
    };
    Ok((user, resource))
}

/// Whether both sides agree as §6.4 and §6.5 want it.
pub(crate) fn agree(
    query: &Query<'_>,
    owner: AccountId,
    user: UserSide,
    resource: ResourceAllow,
    trace: &mut Trace,
) -> Result<u8, Missing> {
    let caller = query.caller;
    let own = caller.account_id() == Some(owner);
    let action = query.action.s3();
    match caller {
        Principal::Root(_) if own => {
            let (rule, outcome) = (Rule::AccountRoot, StepOutcome::Allows);
            Ok(trace.push(Step { action, rule, subject: Subject::Whole, outcome }))
        }
        Principal::Anonymous | Principal::Service(_) | Principal::Root(_) => {
            if trace.steps().is_empty() {
                trace.note(Rule::ResourcePolicy, StepOutcome::Silent);
            }
            agreement::resource_alone(resource, trace)
        }
        Principal::User { .. }
        | Principal::AssumedRole { .. }
        | Principal::FederatedUser { .. } => {
            if own {
                agreement::own_account(caller, user, resource, action, trace)
            } else {
                agreement::other_account(user, resource, trace)
            }
        }
    }
}

#[cfg(test)]
mod tests;
