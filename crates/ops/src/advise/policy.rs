//! What is wrong in the policy of a bucket, and how much of it the logged requests needed.

use audit::decision_log::{Filter, Outcome, records};
use authz::advice::lint::{Finding, PolicyKind, lint};
use authz::advice::usage::Usage;
use authz::policy::with_arns;
use model::{BucketName, ErrorCode, S3Error};

use super::bucket;
use crate::store::Store;

/// Findings about the policy of a bucket. Errors: `NoSuchBucket`, `NoSuchBucketPolicy`.
pub async fn policy(store: &Store, name: &BucketName) -> Result<Vec<Finding>, S3Error> {
    let state = bucket(store, name).await?;
    let policy = state.facts.policy.as_ref().ok_or(ErrorCode::NoSuchBucketPolicy)?;
    let text = store.vault.with_principals(|names| Ok(with_arns(policy.text(), names)))?;
    let mut findings = lint(&text, &PolicyKind::Bucket(name.clone()));
    findings.extend(unused(store, name, policy)?);
    Ok(findings)
}

fn unused(
    store: &Store,
    name: &BucketName,
    policy: &authz::Policy,
) -> Result<Vec<Finding>, S3Error> {
    store.decisions.flush();
    let filter = Filter { bucket: Some(name.to_string()), ..Filter::default() };
    let all = records(store.decisions.directory(), filter).map_err(S3Error::internal)?;
    let mut usage = Usage::default();
    for record in all.flatten() {
        let then = record.bucket.as_ref().and_then(|bucket| bucket.facts.policy.as_ref());
        // Of another policy the statements are others.
        let is_same = then.is_some_and(|then| then.text() == policy.text());
        if record.outcome == Outcome::Allowed && is_same {
            usage.add(&record.steps, record.key.as_ref(), 1);
        }
    }
    Ok(usage.findings(policy))
}
