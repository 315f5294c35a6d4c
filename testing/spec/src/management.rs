//! Calls that are about no bucket: the management APIs, and who may assume a role (§6.4, §6.5; AWS:
//! IAM User Guide, "Policy evaluation logic", "Roles terms and concepts").

use crate::decide::{identity_side, own_deny, suffices};
use crate::policy::{self, Question, Statement};
use crate::world::{Account, Caller, OwnPolicies};

/// Whether a caller may do something in account B whose resources have no policies.
pub fn may_call(own: &OwnPolicies, question: Question<'_>) -> bool {
    if own_deny(own, question) {
        return false;
    }
    match question.caller {
        Caller::Anonymous | Caller::LogDelivery => false,
        Caller::Root(account) => account == Account::B,
        caller => caller.is_of(Account::B) && identity_side(own, question),
    }
}

/// Whether a caller may do each of these actions with a role of account B that has this trust
/// policy. For a role the trust policy must allow in any case.
pub fn may_assume(
    own: &OwnPolicies,
    trust: &[Statement],
    actions: &[&str],
    question: Question<'_>,
) -> bool {
    actions.iter().all(|action| may_assume_by(own, trust, Question { action, ..question }))
}

fn may_assume_by(own: &OwnPolicies, trust: &[Statement], question: Question<'_>) -> bool {
    if own_deny(own, question) || policy::denies(trust, question) {
        return false;
    }
    let trusted = policy::allows(trust, question);
    match question.caller {
        Caller::Root(_) => false, // STS API Reference, AssumeRole
        Caller::Anonymous | Caller::LogDelivery => !trusted.is_empty(),
        caller if caller.is_of(Account::B) => {
            (identity_side(own, question) && !trusted.is_empty())
                || trusted.iter().any(|named| suffices(own, *named, question))
        }
        _ => identity_side(own, question) && !trusted.is_empty(),
    }
}
