//! All statements of a policy that apply to a question, for explanations. A decision needs less
//! ([`Policy::evaluate`]).

use super::positions::{self, Position};
use super::request_values::RequestValues;
use super::resource::ResourceName;
use super::statement::{Effect, Statement};
use super::{Policy, Query};
use crate::{ConditionKey, ContextValue};

/// All statements that apply to a question.
#[derive(Clone, Debug, Default)]
pub struct EveryMatch {
    /// Those that deny.
    pub denying: Vec<u16>,
    /// Those that allow.
    pub allowing: Vec<u16>,
    /// The condition keys that statements about this caller, action and resource ask for, whether
    /// they apply in the end or not.
    pub keys: Vec<ConditionKey>,
}

impl Policy {
    /// Every statement that applies to a question, and what statements about it ask for.
    pub fn every_match(&self, query: &Query<'_>) -> EveryMatch {
        let resource = ResourceName::new(query);
        let values = RequestValues::new(*query);
        let mut every = EveryMatch::default();
        for (index, statement) in (0..).zip(&self.statements) {
            let asked = statement.naming(query).is_some();
            if !asked || !statement.may_concern(&resource, &values) {
                continue;
            }
            every.keys.extend(condition_keys(statement).cloned());
            if !statement.covers(&resource, &values) {
                continue;
            }
            match statement.effect {
                Effect::Deny => every.denying.push(index),
                Effect::Allow => every.allowing.push(index),
            }
        }
        every
    }

    /// The condition keys that its conditions and variables ask for, as often as they stand there.
    pub fn condition_keys(&self) -> impl Iterator<Item = &ConditionKey> {
        self.statements.iter().flat_map(condition_keys)
    }

    /// Where each statement begins, and the place after its end.
    pub fn statement_positions(&self) -> Vec<(Position, Position)> {
        positions::of_statements(&self.text)
    }
}

fn condition_keys(statement: &Statement) -> impl Iterator<Item = &ConditionKey> {
    let of_conditions = statement.conditions.iter().map(|condition| &condition.key);
    statement.required_keys.iter().chain(of_conditions)
}

impl Query<'_> {
    /// Whether a condition key has a value in this question.
    pub fn has(&self, key: &ConditionKey) -> bool {
        RequestValues::new(*self).get(key) != ContextValue::Absent
    }
}
