//! How much of a policy requests needed.

use std::collections::{BTreeMap, BTreeSet};

use model::ObjectKey;

use super::lint::Finding;
use crate::{Action, Policy, Rule, Step, StepOutcome, Subject};

/// Requests below which nothing is said about what is not used.
const REQUESTS_MIN: u64 = 10;

/// What the statements of a bucket policy were used for.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    statements: BTreeMap<u16, Used>,
    seen: u64,
}

/// What one statement was used for.
#[derive(Clone, Debug, Default)]
struct Used {
    actions: BTreeSet<Action>,
    /// The longest text that all keys begin with.
    prefix: Option<String>,
    requests: u64,
}

impl Usage {
    /// Requests that were let through, all decided by these steps.
    pub fn add(&mut self, steps: &[Step], key: Option<&ObjectKey>, count: u64) {
        self.seen += count;
        for step in steps {
            let (Rule::BucketPolicy, Subject::Statement { statement, .. }, StepOutcome::Allows) =
                (step.rule, step.subject, step.outcome)
            else {
                continue;
            };
            let used = self.statements.entry(statement).or_default();
            used.requests += count;
            used.actions.extend(step.action);
            if let Some(key) = key {
                used.prefix = Some(match used.prefix.take() {
                    None => key.to_string(),
                    Some(known) => common(&known, key.as_str()),
                });
            }
        }
    }

    /// Statements that give more than was used; nothing is said after a few requests.
    pub fn findings(mut self, policy: &Policy) -> Vec<Finding> {
        if self.seen < REQUESTS_MIN {
            return Vec::new();
        }
        let lines = crate::policy::statement_lines(policy.text());
        let finding = |(at, granted): (u16, Vec<Action>)| {
            let used = self.statements.remove(&at).unwrap_or_default();
            used.finding(at, lines.get(usize::from(at)).copied(), &granted, self.seen)
        };
        policy.allowed_actions().into_iter().filter_map(finding).collect()
    }
}

impl Used {
    fn finding(
        &self,
        at: u16,
        line: Option<u32>,
        granted: &[Action],
        seen: u64,
    ) -> Option<Finding> {
        let message = if self.requests == 0 {
            format!("none of {seen} logged requests needed this statement")
        } else {
            let unused: Vec<_> = granted
                .iter()
                .filter(|action| !self.actions.contains(action))
                .map(|action| action.name())
                .collect();
            if unused.is_empty() {
                return None;
            }
            let prefix = match &self.prefix {
                Some(prefix) if !prefix.is_empty() => format!("; their keys begin with {prefix:?}"),
                _ => String::new(),
            };
            format!(
                "{} requests needed this statement, none of them for {}{prefix}",
                self.requests,
                unused.join(", ")
            )
        };
        Some(Finding {
            kind: "SUGGESTION".to_owned(),
            code: "WIDER_THAN_USED".to_owned(),
            message,
            statement: Some(at.saturating_add(1)),
            line,
            path: Vec::new(),
        })
    }
}

fn common(a: &str, b: &str) -> String {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    same.map(|(character, _)| character).collect()
}
