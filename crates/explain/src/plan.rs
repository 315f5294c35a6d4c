//! Plans: changes after which the request is allowed, each tried on the facts before it is suggested.

use audit::decision_log::{Record, RecordedObject};
use authz::Refusal;
use model::{AclRequest, Principal};
use serde::{Deserialize, Serialize};

use crate::call;
use crate::candidates::{bucket_policy, caller, candidates};
use crate::change::{Change, RequestChange};
use crate::command::commands;
use crate::lock;
use crate::world::{After, after, refused};

/// Plans that are shown.
const PLANS_MAX: usize = 5;
/// Refusals that one plan overcomes.
const STEPS_MAX: usize = 8;

/// Changes that together let a request go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Whom it opens access to beyond the caller, or beyond the bucket owner's account.
    pub warning: Option<String>,
    /// Whether the decision was made again with the changes, and allowed the request. Where it was
    /// not, it depends on who signs.
    pub verified: bool,
    /// To be made in this order.
    pub changes: Vec<Change>,
    /// Commands of the AWS CLI that make them; a line of text where another request is meant.
    pub commands: Vec<String>,
}

/// All plans against a refusal, the best first.
pub(crate) fn plans(record: &Record, refusal: &Refusal) -> Vec<Plan> {
    let mut found: Vec<Plan> = Vec::new();
    for candidate in candidates(record, refusal) {
        let Some((changes, world)) = pursue(record, candidate, STEPS_MAX) else { continue };
        let warning = lock::warning(&changes).or_else(|| warning(record, world.as_deref()));
        let commands = changes.iter().flat_map(|change| commands(record, change)).collect();
        found.push(Plan { warning, verified: world.is_some(), changes, commands });
    }
    let mut shown: Vec<Plan> = Vec::new();
    for plan in &found {
        if !shown.contains(plan) && !found.iter().any(|other| is_part(other, plan)) {
            shown.push(plan.clone());
        }
    }
    shown.truncate(PLANS_MAX);
    shown
}

/// Whether a plan does with less what another does.
fn is_part(less: &Plan, more: &Plan) -> bool {
    less.changes.len() < more.changes.len()
        && less.changes.iter().all(|change| more.changes.contains(change))
}

/// A candidate with whatever else is needed after it; none if it does not lead anywhere.
fn pursue(
    record: &Record,
    candidate: Vec<Change>,
    steps: usize,
) -> Option<(Vec<Change>, Option<Box<Record>>)> {
    let mut world = Box::new(record.clone());
    for change in &candidate {
        match after(&world, change)? {
            After::Changed(changed) => world = changed,
            After::Unknown => return Some((candidate, None)),
        }
    }
    let Some(refusal) = refused(&world) else { return Some((candidate, Some(world))) };
    // Who does not sign asks for something else. That is a plan only where it is the whole of it.
    if steps == 0 || candidate.iter().any(leaves_unsigned) {
        return None;
    }
    for next in candidates(&world, &refusal) {
        if next.iter().any(leaves_unsigned) || changes_nothing(&world, &next) {
            continue;
        }
        if let Some((rest, world)) = pursue(&world, next, steps - 1) {
            let mut changes = candidate;
            changes.extend(rest);
            return Some((changes, world));
        }
    }
    None
}

fn leaves_unsigned(change: &Change) -> bool {
    *change == Change::ChangeRequest(RequestChange::LeaveUnsigned)
}

/// Whether the same would be refused for the same reason, so that nothing is won.
fn changes_nothing(record: &Record, changes: &[Change]) -> bool {
    let mut world = Box::new(record.clone());
    for change in changes {
        match after(&world, change) {
            Some(After::Changed(changed)) => world = changed,
            Some(After::Unknown) => return false,
            None => return true,
        }
    }
    refused(&world) == refused(record) && explained_by(&world) == explained_by(record)
}

fn explained_by(record: &Record) -> Option<authz::Step> {
    crate::world::decided(record)?.trace.deciding().copied()
}

/// Who of another account may assume a role.
fn of_trust(before: &Record, after: &Record) -> Option<String> {
    let owner = after.call.as_ref()?.owner;
    let text = |record| call::trust_policy(record).map(authz::Policy::text);
    let foreign = caller(after).and_then(Principal::account_id) != Some(owner);
    (foreign && text(before) != text(after))
        .then(|| "this lets somebody of outside the account become the role".to_owned())
}

fn warning(before: &Record, after: Option<&Record>) -> Option<String> {
    let after = after?;
    if let Some(warning) = of_trust(before, after) {
        return Some(warning);
    }
    let is_public = |record: &Record| bucket_policy(record).is_some_and(authz::Policy::is_public);
    let object_is_public = |record: &Record| matches!(&record.object, RecordedObject::Present { acl: Some(acl), .. } if acl.is_public());
    let bucket_is_public =
        |record: &Record| record.bucket.as_ref().is_some_and(|bucket| bucket.facts.acl.is_public());
    if is_public(after) && !is_public(before) {
        return Some("this makes the bucket policy public: everybody gets what the new statement allows, without signing in".to_owned());
    }
    if (object_is_public(after) && !object_is_public(before))
        || (bucket_is_public(after) && !bucket_is_public(before))
    {
        return Some(
            "this makes the ACL public: everybody gets what it grants, without signing in"
                .to_owned(),
        );
    }
    let weaker = before.bucket.as_ref().zip(after.bucket.as_ref()).is_some_and(|(old, new)| {
        let (old, new) = (old.facts.public_access, new.facts.public_access);
        old != new && old.union(new) == old
    });
    if weaker {
        return Some("this takes away a protection of Block Public Access: public policies and ACLs of the bucket, also others than those named here, may come into force".to_owned());
    }
    if after.acl != AclRequest::Absent && before.acl != after.acl {
        return None;
    }
    let outsider = after.bucket.as_ref().zip(caller(after)).is_some_and(|(bucket, caller)| {
        !bucket.facts.is_owned_by(caller) && !matches!(caller, Principal::Service(_))
    });
    let same_settings =
        before.bucket.as_ref().zip(after.bucket.as_ref()).is_some_and(|(old, new)| {
            old.facts.policy.as_ref().map(|policy| policy.text())
                == new.facts.policy.as_ref().map(|policy| policy.text())
                && old.facts.acl == new.facts.acl
        });
    (outsider && (!same_settings || before.object != after.object))
        .then(|| "this gives another account access to the bucket".to_owned())
}
