//! What a policy would say: the answers of SimulatePrincipalPolicy and SimulateCustomPolicy. AWS:
//! IAM API Reference, EvaluationResult and ResourceSpecificResult.
//!
//! The verdict is that of [`decide_api`], so that a simulation cannot say anything else than a call
//! would meet. What is added is which statements made it, and what the context lacked.

use std::collections::BTreeMap;

use crate::policy::{AskedAction, AskedResource, EveryMatch, Position, Query};
use crate::{
    ApiFacts, ApiRequest, Cause, ConditionKey, ContextSource, ContextValue, Policy, decide_api,
};

/// The member `EvalDecision`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimulatedDecision {
    /// Allowed.
    Allowed,
    /// Nothing allows it.
    ImplicitDeny,
    /// A statement denies it. The most restrictive, which counts where several resources are
    /// simulated at once.
    ExplicitDeny,
}

impl SimulatedDecision {
    /// How the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
        }
    }
}

/// Which policy of the input a statement stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyOrigin {
    /// One of [`IdentityFacts::policies`](crate::IdentityFacts::policies), counted from zero.
    Identity(usize),
    /// The permissions boundary.
    Boundary,
    /// One of [`IdentityFacts::session`](crate::IdentityFacts::session), counted from zero.
    Session(usize),
    /// The policy of the resource.
    Resource,
}

/// A member of `MatchedStatements`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchedStatement {
    /// Where it stands.
    pub origin: PolicyOrigin,
    /// Which statement of the policy, counted from zero.
    pub index: u16,
    /// Its first character.
    pub start: Position,
    /// The character after its last.
    pub end: Position,
}

/// The result of one simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Whether the call would be allowed.
    pub decision: SimulatedDecision,
    /// The statements that make the decision: those that deny if one does, those that allow if it is
    /// allowed, none else.
    pub matched: Vec<MatchedStatement>,
    /// Condition keys that statements about this action and resource ask for and that have no value,
    /// sorted.
    pub missing_context: Vec<String>,
    /// `AllowedByPermissionsBoundary`; absent without a boundary.
    pub allowed_by_boundary: Option<bool>,
    /// `EvalDecisionDetails`: what each kind of policy says, where caller and resource belong to
    /// different accounts.
    pub details: BTreeMap<&'static str, SimulatedDecision>,
}

/// Simulates one action on one resource.
pub fn simulate(request: &ApiRequest<'_>, facts: &ApiFacts<'_>) -> Simulated {
    let query = Query {
        caller: request.caller,
        provider: None,
        action: AskedAction::new(request.action),
        resource: AskedResource::new(request.resource),
        context: request.context,
    };
    let decision = match decide_api(request, facts).refusal.map(|refusal| refusal.cause) {
        None => SimulatedDecision::Allowed,
        Some(Cause::ExplicitDeny(_)) => SimulatedDecision::ExplicitDeny,
        Some(_) => SimulatedDecision::ImplicitDeny,
    };
    let policies: Vec<Asked<'_>> =
        policies(facts).into_iter().map(|input| input.ask(&query)).collect();
    let same_account = request.caller.account_id() == Some(facts.owner);
    Simulated {
        decision,
        matched: policies.iter().flat_map(|asked| asked.matched(decision)).collect(),
        missing_context: missing_context(&policies, &query),
        allowed_by_boundary: facts
            .identity
            .and_then(|identity| identity.boundary.as_ref())
            .map(|_| said(&policies, |origin| origin == PolicyOrigin::Boundary))
            .map(|said| said == SimulatedDecision::Allowed),
        details: if same_account { BTreeMap::new() } else { details(&policies) },
    }
}

/// The condition keys that a policy asks for, in conditions and variables, sorted: the answer of
/// GetContextKeysForCustomPolicy.
pub fn context_keys(policies: &[&Policy]) -> Vec<String> {
    let mut names: Vec<String> = policies
        .iter()
        .flat_map(|policy| policy.condition_keys())
        .map(|key| key.name().into_owned())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A policy of the input.
#[derive(Clone, Copy)]
struct Input<'a> {
    origin: PolicyOrigin,
    policy: &'a Policy,
}

fn policies<'a>(facts: &ApiFacts<'a>) -> Vec<Input<'a>> {
    let mut inputs = Vec::new();
    let mut add = |origin, policy| inputs.push(Input { origin, policy });
    if let Some(identity) = facts.identity {
        for (at, policy) in identity.policies.iter().enumerate() {
            add(PolicyOrigin::Identity(at), policy);
        }
        if let Some(boundary) = &identity.boundary {
            add(PolicyOrigin::Boundary, boundary);
        }
        for (at, policy) in identity.session.iter().flatten().enumerate() {
            add(PolicyOrigin::Session(at), policy);
        }
    }
    if let Some(policy) = facts.resource_policy {
        add(PolicyOrigin::Resource, policy);
    }
    inputs
}

impl<'a> Input<'a> {
    fn ask(self, query: &Query<'_>) -> Asked<'a> {
        Asked { input: self, matches: self.policy.every_match(query) }
    }
}

/// A policy with all its statements that apply.
struct Asked<'a> {
    input: Input<'a>,
    matches: EveryMatch,
}

impl Asked<'_> {
    /// The statements that made the decision, if they stand here.
    fn matched(&self, decision: SimulatedDecision) -> Vec<MatchedStatement> {
        let filters =
            matches!(self.input.origin, PolicyOrigin::Boundary | PolicyOrigin::Session(_));
        let indexes: Vec<u16> = match decision {
            SimulatedDecision::ExplicitDeny => self.matches.denying.clone(),
            // A filter lets pass what others allow.
            SimulatedDecision::Allowed if !filters => self.matches.allowing.clone(),
            SimulatedDecision::Allowed | SimulatedDecision::ImplicitDeny => Vec::new(),
        };
        if indexes.is_empty() {
            return Vec::new();
        }
        let positions = self.input.policy.statement_positions();
        let matched = |index: u16| {
            let (start, end) = *positions.get(usize::from(index))?;
            Some(MatchedStatement { origin: self.input.origin, index, start, end })
        };
        indexes.into_iter().filter_map(matched).collect()
    }

    fn said(&self) -> SimulatedDecision {
        if !self.matches.denying.is_empty() {
            SimulatedDecision::ExplicitDeny
        } else if self.matches.allowing.is_empty() {
            SimulatedDecision::ImplicitDeny
        } else {
            SimulatedDecision::Allowed
        }
    }
}

/// What policies of one kind say together: any may deny, any may allow.
fn said(policies: &[Asked<'_>], of_kind: impl Fn(PolicyOrigin) -> bool) -> SimulatedDecision {
    let said = policies.iter().filter(|asked| of_kind(asked.input.origin)).map(Asked::said);
    said.fold(SimulatedDecision::ImplicitDeny, |all, one| match (all, one) {
        (SimulatedDecision::ExplicitDeny, _) | (_, SimulatedDecision::ExplicitDeny) => {
            SimulatedDecision::ExplicitDeny
        }
        (SimulatedDecision::Allowed, _) | (_, SimulatedDecision::Allowed) => {
            SimulatedDecision::Allowed
        }
        (SimulatedDecision::ImplicitDeny, SimulatedDecision::ImplicitDeny) => all,
    })
}

fn details(policies: &[Asked<'_>]) -> BTreeMap<&'static str, SimulatedDecision> {
    let mut details = BTreeMap::new();
    let identity = said(policies, |origin| matches!(origin, PolicyOrigin::Identity(_)));
    details.insert("IAM Policy", identity);
    details.insert("Resource Policy", said(policies, |origin| origin == PolicyOrigin::Resource));
    let has_boundary = policies.iter().any(|asked| asked.input.origin == PolicyOrigin::Boundary);
    if has_boundary {
        let boundary = said(policies, |origin| origin == PolicyOrigin::Boundary);
        details.insert("Permissions Boundary Policy", boundary);
    }
    details
}

fn missing_context(policies: &[Asked<'_>], query: &Query<'_>) -> Vec<String> {
    let keys = policies.iter().flat_map(|asked| &asked.matches.keys);
    let missing = keys.filter(|key| !query.has(key));
    let mut names: Vec<String> = missing.map(|key| key.name().into_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The context that a simulation is given: names in any letter case, each with its values.
#[derive(Clone, Debug, Default)]
pub struct SimulatedContext {
    entries: Vec<(String, Vec<String>)>,
}

impl SimulatedContext {
    /// Adds a key with its values; of two entries with one name the later counts.
    pub fn insert(&mut self, name: impl Into<String>, values: Vec<String>) {
        self.entries.push((name.into(), values));
    }
}

impl ContextSource for SimulatedContext {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let entry = self.entries.iter().rev().find(|(name, _)| key.is_named(name));
        match entry.map(|(_, values)| values.as_slice()) {
            None | Some([]) => ContextValue::Absent,
            Some([only]) if !key.is_multivalued() => ContextValue::One(only.into()),
            Some(values) => ContextValue::Many(values.iter().map(Into::into).collect()),
        }
    }
}

#[cfg(test)]
mod tests;
