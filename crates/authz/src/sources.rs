//! What the policies say about one action: the caller's own and the bucket's (§6.1).

use std::sync::Arc;

use model::Principal;

use crate::agreement::ResourceAllow;
use crate::policy::{Outcome, Query};
use crate::{
    Action, BucketFacts, Facts, IdentityFacts, Policy, Rule, Source, Step, StepOutcome, Subject,
    Trace,
};

/// An explicit deny.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExplicitDeny {
    /// The kind of policy that denies.
    pub(crate) source: Source,
    /// The trace step that says so.
    pub(crate) by: u8,
}

/// Whether policies of one kind allow, and the trace step that says so.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    allows: bool,
    by: u8,
}

/// What the caller's own policies allow. For root, anonymous callers and services there are none,
/// and nobody asks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UserSide {
    identity: Option<Allowance>,
    boundary: Option<Allowance>,
    session: Option<Allowance>,
}

impl UserSide {
    /// The trace step with which the identity policies allow; the filters do not count here.
    pub(crate) fn identity_step(self) -> Option<u8> {
        self.identity.map(|identity| identity.by)
    }

    /// The first kind of policy that should allow and does not, with its trace step: an identity
    /// policy must allow, boundary and session policy must if they exist.
    pub(crate) fn missing(self) -> Option<(Source, Option<u8>)> {
        match self.identity {
            Some(Allowance { allows: true, .. }) => self.missing_filter(),
            silent => Some((Source::IdentityPolicy, silent.map(|identity| identity.by))),
        }
    }

    /// The same for the filters alone, which still hold where identity policies are not needed
    /// (§6.5).
    pub(crate) fn missing_filter(self) -> Option<(Source, Option<u8>)> {
        let filters =
            [(Source::PermissionsBoundary, self.boundary), (Source::SessionPolicy, self.session)];
        filters.into_iter().find_map(|(source, filter)| match filter {
            Some(Allowance { allows: false, by }) => Some((source, Some(by))),
            _ => None,
        })
    }
}

/// What no policy denies and some may allow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// The caller's own policies.
    pub(crate) user: UserSide,
    /// How closely an Allow of the bucket policy names the caller, with its trace step.
    pub(crate) bucket: ResourceAllow,
}

/// Asks every policy about one action; the first explicit deny ends it (AUTH-3).
pub(crate) fn ask(
    query: &Query<'_>,
    facts: &Facts<'_>,
    bucket: Option<&BucketFacts>,
    trace: &mut Trace,
) -> Result<Said, ExplicitDeny> {
    let user = ask_caller(query, facts.identity, trace)?;
    let bucket = match bucket {
        Some(bucket) => {
            let policy = ResourcePolicy {
                policy: bucket.policy.as_deref(),
                rule: Rule::BucketPolicy,
                deny_escapes: root_keeps_policy(query, bucket),
            };
            ask_resource(query, policy, trace)?
        }
        None => None,
    };
    Ok(Said { user, bucket })
}

/// Asks the caller's own policies; root, anonymous callers and services have none.
pub(crate) fn ask_caller(
    query: &Query<'_>,
    identity: Option<&IdentityFacts>,
    trace: &mut Trace,
) -> Result<UserSide, ExplicitDeny> {
    match query.caller {
        Principal::Anonymous | Principal::Root(_) | Principal::Service(_) => {
            Ok(UserSide::default())
        }
        Principal::User { .. }
        | Principal::AssumedRole { .. }
        | Principal::FederatedUser { .. } => ask_user(query, identity, trace),
    }
}

fn ask_user(
    query: &Query<'_>,
    identity: Option<&IdentityFacts>,
    trace: &mut Trace,
) -> Result<UserSide, ExplicitDeny> {
    let Some(facts) = identity else {
        // Policies that nobody loaded allow nothing.
        let by = push(query, Rule::IdentityPolicy, Subject::Whole, StepOutcome::Silent, trace);
        return Ok(UserSide {
            identity: Some(Allowance { allows: false, by }),
            ..Default::default()
        });
    };
    let identity =
        ask_all(query, &facts.policies, (Rule::IdentityPolicy, Source::IdentityPolicy), trace)?;
    let boundary = match &facts.boundary {
        Some(boundary) => {
            let kind = (Rule::PermissionsBoundary, Source::PermissionsBoundary);
            Some(ask_all(query, std::slice::from_ref(boundary), kind, trace)?)
        }
        None => None,
    };
    let session = match &facts.session {
        Some(session) => {
            Some(ask_all(query, session, (Rule::SessionPolicy, Source::SessionPolicy), trace)?)
        }
        None => None,
    };
    Ok(UserSide { identity: Some(identity), boundary, session })
}

/// Policies of one kind: any may deny, any may allow.
fn ask_all(
    query: &Query<'_>,
    policies: &[Arc<Policy>],
    (rule, source): (Rule, Source),
    trace: &mut Trace,
) -> Result<Allowance, ExplicitDeny> {
    let mut allowed = None;
    for (policy_index, policy) in (0_u16..).zip(policies) {
        let Outcome { deny, allow } = policy.evaluate(query);
        if let Some(statement) = deny {
            let subject = Subject::Statement { policy: policy_index, statement };
            let by = push(query, rule, subject, StepOutcome::Refuses, trace);
            return Err(ExplicitDeny { source, by });
        }
        if let (None, Some((statement, _))) = (allowed, allow) {
            allowed = Some(Subject::Statement { policy: policy_index, statement });
        }
    }
    let outcome = if allowed.is_some() { StepOutcome::Allows } else { StepOutcome::Silent };
    let by = push(query, rule, allowed.unwrap_or(Subject::Whole), outcome, trace);
    Ok(Allowance { allows: allowed.is_some(), by })
}

/// A policy of a resource, if it has one.
#[derive(Clone, Copy)]
pub(crate) struct ResourcePolicy<'a> {
    pub(crate) policy: Option<&'a Policy>,
    /// What the trace calls it.
    pub(crate) rule: Rule,
    /// Whether its denies have no force on this caller (ID-13).
    pub(crate) deny_escapes: bool,
}

/// Asks the policy of a resource.
pub(crate) fn ask_resource(
    query: &Query<'_>,
    ResourcePolicy { policy, rule, deny_escapes }: ResourcePolicy<'_>,
    trace: &mut Trace,
) -> Result<ResourceAllow, ExplicitDeny> {
    let Outcome { deny, allow } = policy.map(|policy| policy.evaluate(query)).unwrap_or_default();
    if let Some(statement) = deny {
        let subject = Subject::Statement { policy: 0, statement };
        if !deny_escapes {
            let by = push(query, rule, subject, StepOutcome::Refuses, trace);
            return Err(ExplicitDeny { source: Source::ResourcePolicy, by });
        }
        push(query, rule, subject, StepOutcome::Ignored, trace);
        push(query, Rule::RootPolicyEscape, Subject::Whole, StepOutcome::Allows, trace);
    }
    Ok(if let Some((statement, naming)) = allow {
        let subject = Subject::Statement { policy: 0, statement };
        Some((naming, push(query, rule, subject, StepOutcome::Allows, trace)))
    } else {
        push(query, rule, Subject::Whole, StepOutcome::Silent, trace);
        None
    })
}

/// ID-13: the bucket policy cannot take its own operations from the bucket owner's root user.
fn root_keeps_policy(query: &Query<'_>, bucket: &BucketFacts) -> bool {
    let operation_on_policy = matches!(
        query.action.s3(),
        Some(Action::GetBucketPolicy | Action::PutBucketPolicy | Action::DeleteBucketPolicy)
    );
    operation_on_policy && query.caller.is_root() && bucket.is_owned_by(query.caller)
}

fn push(
    query: &Query<'_>,
    rule: Rule,
    subject: Subject,
    outcome: StepOutcome,
    trace: &mut Trace,
) -> u8 {
    trace.push(Step { action: query.action.s3(), rule, subject, outcome })
}
