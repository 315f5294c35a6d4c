//! The steps of a trace as numbers, and what the numbers of a file mean.

use authz::{Action, Rule, Step, StepOutcome, Subject, Switches};
use minicbor::{Decode, Encode};

use super::stored::{read_switches, switch_bits};

/// A step in one number: from the lowest bits the rule, the action and one, the outcome, the kind of
/// subject, and its one or two positions.
pub(super) fn pack(step: &Step) -> u64 {
    let action = step.action.map_or(0, |action| action as u64 + 1);
    let outcome = match step.outcome {
        StepOutcome::Allows => 0,
        StepOutcome::Refuses => 1,
        StepOutcome::Silent => 2,
        StepOutcome::Ignored => 3,
    };
    let (kind, first, second) = match step.subject {
        Subject::Whole => (0, 0, 0),
        Subject::Statement { policy, statement } => (1, policy, statement),
        Subject::Grant(grant) => (2, grant, 0),
    };
    step.rule as u64
        | action << 8
        | outcome << 16
        | kind << 18
        | u64::from(first) << 20
        | u64::from(second) << 36
}

pub(super) fn unpack(packed: u64, names: &Dictionary) -> Option<Step> {
    let part = |from: u32, bits: u32| (packed >> from) & ((1 << bits) - 1);
    let position = |from| u16::try_from(part(from, 16)).unwrap_or(0);
    let rule = *names.rules.get(usize::try_from(part(0, 8)).ok()?)?;
    let action = match part(8, 8) {
        0 => None,
        at => Some((*names.actions.get(usize::try_from(at - 1).ok()?)?)?),
    };
    let outcome = match part(16, 2) {
        0 => StepOutcome::Allows,
        1 => StepOutcome::Refuses,
        2 => StepOutcome::Silent,
        _ => StepOutcome::Ignored,
    };
    let subject = match part(18, 2) {
        0 => Subject::Whole,
        1 => Subject::Statement { policy: position(20), statement: position(36) },
        _ => Subject::Grant(position(20)),
    };
    Some(Step { action, rule: rule?, subject, outcome })
}

/// The names that the numbers in a file mean, and the switches of the process that wrote it.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    rules: Vec<Option<Rule>>,
    actions: Vec<Option<Action>>,
    pub(super) switches: Switches,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredDictionary {
    #[n(0)]
    rules: Vec<String>,
    #[n(1)]
    actions: Vec<String>,
    #[n(2)]
    switches: u16,
}

impl Dictionary {
    /// The dictionary of this program.
    pub(super) fn write(switches: &Switches) -> Vec<u8> {
        let stored = StoredDictionary {
            rules: Rule::ALL.iter().map(|rule| format!("{rule:?}")).collect(),
            actions: Action::ALL.iter().map(|action| action.name().to_owned()).collect(),
            switches: switch_bits(switches),
        };
        minicbor::to_vec(&stored).unwrap_or_default()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let stored: StoredDictionary = minicbor::decode(bytes).ok()?;
        let rule =
            |name: &String| Rule::ALL.iter().copied().find(|rule| format!("{rule:?}") == *name);
        let action =
            |name: &String| Action::ALL.iter().copied().find(|action| action.name() == name);
        Some(Self {
            rules: stored.rules.iter().map(rule).collect(),
            actions: stored.actions.iter().map(action).collect(),
            switches: read_switches(stored.switches),
        })
    }
}
