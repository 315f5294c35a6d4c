//! Why a statement does not apply to a question, for explanations.

use std::ops::Range;

use super::positions;
use super::request_values::RequestValues;
use super::resource::ResourceName;
use super::statement::Effect;
use super::{Policy, Query};
use crate::{Action, ConditionKey, ContextValue, Request, order};

/// An element of a statement that does not fit a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// `Action` or `NotAction`.
    Action,
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Resource` or `NotResource`.
    Resource,
    /// A variable that has no value in the request (POL-63).
    Variable(ConditionKey),
    /// A condition.
    Condition {
        /// Its key.
        key: ConditionKey,
        /// What the request has under it; nothing if the key is absent.
        found: Vec<String>,
    },
}

impl Policy {
    /// How many statements it has.
    pub fn statement_count(&self) -> u16 {
        u16::try_from(self.statements.len()).unwrap_or(u16::MAX)
    }

    /// Whether a statement denies.
    pub fn denies(&self, index: u16) -> bool {
        let statement = self.statements.get(usize::from(index));
        statement.is_some_and(|statement| statement.effect == Effect::Deny)
    }

    /// Everything that keeps a statement from applying; nothing if it applies. None if there is no
    /// such statement.
    pub fn mismatches(&self, index: u16, query: &Query<'_>) -> Option<Vec<Mismatch>> {
        let statement = self.statements.get(usize::from(index))?;
        let (resource, values) = (ResourceName::new(query), RequestValues::new(*query));
        let mut found = Vec::new();
        if !statement.actions.contains(query.action) {
            found.push(Mismatch::Action);
        }
        if statement.principals.naming(query).is_none() {
            found.push(Mismatch::Principal);
        }
        if !statement.resources.contains(&resource, &values) {
            found.push(Mismatch::Resource);
        }
        let unknown = statement.required_keys.iter().filter(|key| values.single(key).is_none());
        found.extend(unknown.cloned().map(Mismatch::Variable));
        for condition in &statement.conditions {
            if !condition.holds(&values, statement.effect) {
                let key = condition.key.clone();
                found.push(Mismatch::Condition { found: texts(&values.get(&key)), key });
            }
        }
        Some(found)
    }

    /// Where each statement stands in the text, in bytes.
    pub fn statement_ranges(&self) -> Vec<Range<usize>> {
        positions::ranges_of_statements(&self.text)
    }
}

fn texts(value: &ContextValue<'_>) -> Vec<String> {
    match value {
        ContextValue::Absent => Vec::new(),
        ContextValue::One(text) => vec![text.to_string()],
        ContextValue::Many(list) => list.iter().map(ToString::to_string).collect(),
    }
}

impl<'a> Query<'a> {
    /// What a request asks the policies about one of its actions.
    pub fn about(request: &Request<'a>, action: Action) -> Self {
        Self {
            caller: request.caller,
            provider: None,
            action: super::AskedAction::S3(action),
            resource: order::asked_resource(action, request),
            context: request.context,
        }
    }
}
