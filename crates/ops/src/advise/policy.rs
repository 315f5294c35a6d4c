//! What is wrong in the policy of a bucket, and how much of it the logged requests needed.

use std::collections::{BTreeMap, BTreeSet};

use audit::decision_log::{Filter, Outcome, records};
use authz::advice::lint::{Finding, PolicyKind, lint};
use authz::policy::with_arns;
use authz::{Action, Rule, StepOutcome, Subject};
use model::{BucketName, ErrorCode, S3Error};

use super::bucket;
use crate::store::Store;

/// Requests below which nothing is said about what is not used.
const REQUESTS_MIN: u64 = 10;

/// Findings about the policy of a bucket. Errors: `NoSuchBucket`, `NoSuchBucketPolicy`.
pub async fn policy(store: &Store, name: &BucketName) -> Result<Vec<Finding>, S3Error> {
    let state = bucket(store, name).await?;
    let policy = state.facts.policy.as_ref().ok_or(ErrorCode::NoSuchBucketPolicy)?;
    let text = store.vault.with_principals(|names| Ok(with_arns(policy.text(), names)))?;
    let mut findings = lint(&text, &PolicyKind::Bucket(name.clone()));
    findings.extend(unused(store, name, policy)?);
    Ok(findings)
}

/// What the statements of the policy were used for.
#[derive(Default)]
struct Used {
    actions: BTreeSet<Action>,
    /// The longest text that all keys begin with.
    prefix: Option<String>,
    requests: u64,
}

fn unused(
    store: &Store,
    name: &BucketName,
    policy: &authz::Policy,
) -> Result<Vec<Finding>, S3Error> {
    store.decisions.flush();
    let filter = Filter { bucket: Some(name.to_string()), ..Filter::default() };
    let all = records(store.decisions.directory(), filter).map_err(S3Error::internal)?;
    let mut seen = 0;
    let mut used: BTreeMap<u16, Used> = BTreeMap::new();
    for record in all.flatten() {
        let then = record.bucket.as_ref().and_then(|bucket| bucket.facts.policy.as_ref());
        // Of another policy the statements are others.
        if record.outcome != Outcome::Allowed
            || then.is_none_or(|then| then.text() != policy.text())
        {
            continue;
        }
        seen += 1;
        for step in &record.steps {
            let (Rule::BucketPolicy, Subject::Statement { statement, .. }, StepOutcome::Allows) =
                (step.rule, step.subject, step.outcome)
            else {
                continue;
            };
            let used = used.entry(statement).or_default();
            used.requests += 1;
            used.actions.extend(step.action);
            if let Some(key) = &record.key {
                used.prefix = Some(match used.prefix.take() {
                    None => key.to_string(),
                    Some(known) => common(&known, key.as_str()),
                });
            }
        }
    }
    if seen < REQUESTS_MIN {
        return Ok(Vec::new());
    }
    let lines = authz::policy::statement_lines(policy.text());
    let granted = policy.allowed_actions();
    let finding = |(at, granted): (u16, Vec<Action>)| {
        let used = used.remove(&at).unwrap_or_default();
        let line = lines.get(usize::from(at)).copied();
        finding(at, line, &granted, &used, seen)
    };
    Ok(granted.into_iter().filter_map(finding).collect())
}

fn finding(
    at: u16,
    line: Option<u32>,
    granted: &[Action],
    used: &Used,
    seen: u64,
) -> Option<Finding> {
    let message = if used.requests == 0 {
        format!("none of {seen} logged requests needed this statement")
    } else {
        let unused: Vec<_> = granted
            .iter()
            .filter(|action| !used.actions.contains(action))
            .map(|action| action.name())
            .collect();
        if unused.is_empty() {
            return None;
        }
        let prefix = match &used.prefix {
            Some(prefix) if !prefix.is_empty() => format!("; their keys begin with {prefix:?}"),
            _ => String::new(),
        };
        format!(
            "{} requests needed this statement, none of them for {}{prefix}",
            used.requests,
            unused.join(", ")
        )
    };
    Some(Finding {
        kind: "SUGGESTION".to_owned(),
        code: "WIDER_THAN_USED".to_owned(),
        message,
        statement: Some(at.saturating_add(1)),
        line,
    })
}

fn common(a: &str, b: &str) -> String {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    same.map(|(character, _)| character).collect()
}
