//! Object Lock, where a request is decided again. The store asks it in the transaction that makes the
//! change, after everything here was decided.

use model::{GovernanceBypass, LockRefusal, Timestamp};

use crate::{Cause, Decision, Refusal, Rule, StepOutcome, Verdict};

/// A decision together with what the lock of the version says at `now`: it refuses what was allowed,
/// and allows nothing. `bypass` is the right of a request that was allowed.
pub fn under_lock(
    mut decision: Decision,
    lock: LockRefusal,
    now: Timestamp,
    bypass: GovernanceBypass,
) -> Decision {
    if decision.verdict != Verdict::Allow || !lock.stands(now, bypass) {
        return decision;
    }
    let by = decision.trace.note(Rule::ObjectLock, StepOutcome::Refuses);
    decision.trace.decided_by(by);
    let refusal = Refusal { cause: Cause::ObjectLock(lock), action: None };
    Decision { verdict: Verdict::Refuse(refusal), requester_charged: false, ..decision }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trace;
    use model::{LockedChange, ObjectLock, Retention, RetentionMode};

    #[test]
    fn a_lock_refuses_what_was_allowed_and_allows_nothing() {
        let (now, until) = (Timestamp::from_unix_seconds(1), Timestamp::from_unix_seconds(2));
        let retention = Retention { mode: RetentionMode::Governance, retain_until: until };
        let lock = ObjectLock { retention: Some(retention), legal_hold: None };
        let lock = LockRefusal { lock, change: LockedChange::Removal };
        let decision = |verdict| Decision {
            verdict,
            trace: Trace::default(),
            acl_required: false,
            requester_charged: false,
        };
        let other = Verdict::Refuse(Refusal { cause: Cause::FactsMissing, action: None });
        let locked = Verdict::Refuse(Refusal { cause: Cause::ObjectLock(lock), action: None });
        let [no, bypass] = [GovernanceBypass::No, GovernanceBypass::Authorized];
        for (verdict, now, bypass, expected) in [
            (Verdict::Allow, now, no, locked),
            (Verdict::Allow, now, bypass, Verdict::Allow),
            (Verdict::Allow, until, no, Verdict::Allow),
            (other, now, no, other),
            (other, now, bypass, other),
        ] {
            let decided = under_lock(decision(verdict), lock, now, bypass);
            assert_eq!(decided.verdict, expected);
            let by_lock =
                decided.trace.deciding().is_some_and(|step| step.rule == Rule::ObjectLock);
            assert_eq!(by_lock, expected == locked);
        }
    }
}
