//! One statement, compiled.

use super::action_pattern::Actions;
use super::condition::Condition;
use super::principal::Principals;
use super::request_values::RequestValues;
use super::resource::{ResourceName, Resources};
use super::{Naming, Query};
use crate::ConditionKey;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// One statement of a policy.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sid: Option<Box<str>>,
    pub(super) effect: Effect,
    pub(super) principals: Principals,
    pub(super) actions: Actions,
    pub(super) resources: Resources,
    pub(super) conditions: Box<[Condition]>,
    /// Keys of variables without a default: if one of them has no value, the statement cannot
    /// match (POL-63).
    pub(super) required_keys: Box<[ConditionKey]>,
}

impl Statement {
    /// How closely the statement names the caller, if its principals and actions apply. Cheap.
    pub(super) fn naming(&self, query: &Query<'_>) -> Option<Naming> {
        if !self.actions.contains(query.action) {
            return None;
        }
        self.principals.naming(query)
    }

    /// Whether its resources apply, or might if variables had values.
    pub(super) fn may_concern(
        &self,
        resource: &ResourceName<'_>,
        values: &RequestValues<'_>,
    ) -> bool {
        self.required_keys.iter().any(|key| values.single(key).is_none())
            || self.resources.contains(resource, values)
    }

    /// Whether its resources and conditions apply too.
    pub(super) fn covers(&self, resource: &ResourceName<'_>, values: &RequestValues<'_>) -> bool {
        self.required_keys.iter().all(|key| values.single(key).is_some())
            && self.resources.contains(resource, values)
            && self.conditions.iter().all(|condition| condition.holds(values, self.effect))
    }
}

/// The keys of all variables of a statement that must have a value, each once.
pub(super) fn required_keys(
    resources: &Resources,
    conditions: &[Condition],
) -> Box<[ConditionKey]> {
    let of_conditions = conditions.iter().flat_map(Condition::required_keys);
    let mut keys: Vec<ConditionKey> = Vec::new();
    for key in resources.required_keys().chain(of_conditions) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys.into()
}
