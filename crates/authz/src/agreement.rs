//! Who must agree: the caller's own policies, the resource's side, or both (§6.4, §6.5).

use model::Principal;

use crate::policy::Naming;
use crate::sources::UserSide;
use crate::{Action, Rule, Source, Step, StepOutcome, Subject, Trace};

/// How closely the resource's side names the caller, with the trace step that says so; absent if it
/// does not allow.
pub(crate) type ResourceAllow = Option<(Naming, u8)>;

/// The side that did not allow, with the trace step that says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing {
    pub(crate) source: Source,
    pub(crate) by: u8,
}

/// A principal of the owning account: its own policies, or a resource side that names it more
/// closely than by its account. Gives the trace step that allowed it.
pub(crate) fn own_account(
    caller: &Principal,
    user: UserSide,
    resource: ResourceAllow,
    action: Option<Action>,
    trace: &mut Trace,
) -> Result<u8, Missing> {
    let Some((source, step)) = user.missing() else {
        return Ok(user.identity_step().unwrap_or_else(|| trace.last_index()));
    };
    let denied = Missing { source, by: step.unwrap_or_else(|| trace.last_index()) };
    let is_role = matches!(caller, Principal::AssumedRole { .. });
    match resource {
        None => Err(denied),
        Some((Naming::Account, _)) => {
            let (rule, outcome) = (Rule::NamesAccountOnly, StepOutcome::Ignored);
            trace.push(Step { action, rule, subject: Subject::Whole, outcome });
            Err(denied)
        }
        Some((Naming::Everyone, by)) if !is_role => Ok(by),
        Some((Naming::Exact, by)) => Ok(by),
        Some((Naming::Role | Naming::Everyone, by)) => match user.missing_filter() {
            None => Ok(by),
            Some((source, step)) => Err(Missing { source, by: step.unwrap_or(by) }),
        },
    }
}

/// An IAM principal of another account: both sides must allow.
pub(crate) fn other_account(
    user: UserSide,
    resource: ResourceAllow,
    trace: &Trace,
) -> Result<u8, Missing> {
    match user.missing() {
        None => resource_alone(resource, trace),
        Some((source, step)) => {
            Err(Missing { source, by: step.unwrap_or_else(|| trace.last_index()) })
        }
    }
}

/// A caller without policies of its own.
pub(crate) fn resource_alone(resource: ResourceAllow, trace: &Trace) -> Result<u8, Missing> {
    let missing = Missing { source: Source::ResourcePolicy, by: trace.last_index() };
    resource.map(|(_, by)| by).ok_or(missing)
}
