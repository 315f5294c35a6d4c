//! What is wrong in the policy of a remote bucket, and how much of it its logged requests needed.

use authz::Switches;
use authz::advice::lint::{Finding, PolicyKind, lint};
use authz::advice::{LogReplay, LoggedRequests};

use super::{AdviseError, Census, RemoteBucket};

/// The findings. The census says what the objects are that requests were about; without one, requests
/// are decided as though objects were the bucket owner's.
pub fn policy_findings(
    bucket: &RemoteBucket,
    census: Option<&Census>,
    requests: LoggedRequests,
) -> Result<Vec<Finding>, AdviseError> {
    let facts = &bucket.facts;
    let (Some(text), Some(policy)) = (&bucket.policy, &facts.policy) else {
        return Err(AdviseError::Unusable("the bucket has no policy".to_owned()));
    };
    let mut findings = lint(text, &PolicyKind::Bucket(facts.name.clone()));
    let switches = Switches::default();
    let mut accounts = bucket.accounts.clone();
    let mut replay = LogReplay::new(requests, (facts, facts), &switches, &mut accounts);
    if census.is_none() {
        replay = replay.without_versions();
    }
    if let Some(census) = census {
        for entry in census.entries()? {
            let entry = entry?;
            replay.add(&entry.seen(&facts.owner.canonical_id)?, &entry.version);
        }
    }
    findings.extend(replay.finish().1.findings(policy));
    Ok(findings)
}
