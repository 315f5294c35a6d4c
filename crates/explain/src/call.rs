//! Calls of the management APIs: the trust policies of roles, which only they have.

use audit::decision_log::{AskedCall, Record, RecordedRole};
use authz::policy::{AskedAction, AskedResource, Query};
use authz::{
    ApiDecision, ConditionKey, ContextSource as _, ContextValue, Policy, decide_api,
    may_assume_role,
};
use model::Principal;
use serde_json::{Map, Value, json};

use crate::candidates::caller;
use crate::change::{Change, PolicyEdit, PolicyPlace};
use crate::document::{
    Allowing, narrowed, principal_of, statement_text, with_statement, without_statement,
};

/// What the trust policy of a role is called.
pub(crate) const TRUST_POLICY: &str = "role trust policy";

/// Decides a recorded call again, and hands the decision on.
pub(crate) fn decided<R>(record: &Record, decided: impl FnOnce(ApiDecision<'_>) -> R) -> Option<R> {
    record.ask_call(|asked| match asked {
        AskedCall::Action(request, facts) => decided(decide_api(&request, &facts)),
        AskedCall::Role(request, facts) => decided(may_assume_role(&request, &facts)),
    })
}

/// The action of a call that failed; where none did, the first.
pub(crate) fn action(record: &Record) -> Option<String> {
    let refused = decided(record, |decision| Some(decision.refusal?.action.to_owned()));
    refused.flatten().or_else(|| record.call.as_ref()?.actions.first().cloned())
}

/// What a call asks policies about one of its actions.
pub(crate) fn ask<R>(
    record: &Record,
    action: &str,
    asked: impl FnOnce(&Query<'_>) -> R,
) -> Option<R> {
    let call = record.call.as_ref()?;
    let provider = call.role.as_ref().and_then(|role| role.provider.as_deref());
    Some(asked(&Query {
        caller: if provider.is_some() { &Principal::Anonymous } else { caller(record)? },
        provider,
        action: AskedAction::new(action),
        resource: AskedResource::new(&call.resource),
        context: &record.context,
    }))
}

/// The trust policy of the role that is to be assumed.
pub(crate) fn trust_policy(record: &Record) -> Option<&Policy> {
    role(record)?.trust.as_deref()
}

fn role(record: &Record) -> Option<&RecordedRole> {
    record.call.as_ref()?.role.as_ref()
}

/// A statement of the trust policy that lets the caller assume the role.
pub(crate) fn trust(record: &Record) -> Option<Vec<Change>> {
    let policy = trust_policy(record)?;
    let action = action(record)?;
    let provider = role(record)?.provider.as_deref();
    let (principal, condition) = match provider {
        Some(provider) => (json!({ "Federated": provider }), token(record, provider)),
        None => (principal_of(caller(record)?), None),
    };
    let statement = Allowing::trusting(principal, &action, condition).to_text();
    let document = with_statement(Some(policy), &statement)?;
    Some(vec![Change::AddPolicyStatement(edit(record, statement, document)?)])
}

/// Who the token speaks of, and for whom it was made: without that everybody whom the provider knows
/// could assume the role.
fn token(record: &Record, provider: &str) -> Option<Value> {
    let (_, url) = provider.split_once("oidc-provider/")?;
    let mut values = Map::new();
    for claim in ["aud", "sub"] {
        let key = format!("{url}:{claim}");
        if let ContextValue::One(value) = record.context.value(&ConditionKey::parse(&key)) {
            values.insert(key, json!(value));
        }
    }
    (!values.is_empty()).then(|| json!({ "StringEquals": values }))
}

/// An exception for the caller from a statement that denies, and the end of that statement.
pub(crate) fn deny_of_trust(record: &Record, index: u16) -> Vec<Option<Vec<Change>>> {
    let Some(policy) = trust_policy(record) else { return Vec::new() };
    let narrower = caller(record).and_then(|caller| narrowed(policy, index, caller));
    let narrow = narrower.and_then(|(statement, document)| {
        Some(vec![Change::NarrowPolicyStatement(edit(record, statement, document)?)])
    });
    let remove = without_statement(policy, index).and_then(|document| {
        let statement = statement_text(policy, index)?;
        Some(vec![Change::RemovePolicyStatement(edit(record, statement, document)?)])
    });
    vec![narrow, remove]
}

fn edit(record: &Record, statement: String, document: String) -> Option<PolicyEdit> {
    let call = record.call.as_ref()?;
    let (_, role) = call.resource.rsplit_once('/')?;
    Some(PolicyEdit {
        account: call.owner.to_string(),
        place: PolicyPlace::Trust { role: role.to_owned() },
        statement,
        document: Some(document),
    })
}

/// Whether the call names a role that does not exist.
pub(crate) fn lacks_role(record: &Record) -> bool {
    role(record).is_some_and(|role| role.trust.is_none())
}
