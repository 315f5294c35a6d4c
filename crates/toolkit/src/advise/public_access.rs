//! Block Public Access of a remote bucket or account.

use authz::advice::report::{PublicAccessAdvice, PublicAccessSetting, difference_line};
use authz::advice::{Comparison, LogReplay, LoggedRequests, named_callers, public_access_settings};
use authz::{BucketFacts, Switches};
use model::{AccountId, PublicAccessBlock};

use super::account::AccountPublicAccess;
use super::remote::flags_of;
use super::{AdviseError, Census, RemoteBucket};
use crate::s3::S3Client;

/// What each setting would change that is not in force.
pub fn block_public_access(
    bucket: &RemoteBucket,
    census: &Census,
    requests: &LoggedRequests,
) -> Result<PublicAccessAdvice, AdviseError> {
    let facts = &bucket.facts;
    let switches = Switches::default();
    let mut settings = Vec::new();
    for (setting, flags) in public_access_settings() {
        let public_access = facts.public_access.union(flags);
        let in_force = public_access == facts.public_access;
        let after = BucketFacts { public_access, ..facts.clone() };
        let mut accounts = bucket.accounts.clone();
        let requests = if in_force { LoggedRequests::default() } else { requests.clone() };
        let mut replay = LogReplay::new(requests, (facts, &after), &switches, &mut accounts);
        let callers = named_callers(facts, accounts.named());
        let mut comparison = Comparison::new(facts, &after, &switches, callers);
        if !in_force {
            comparison.add_bucket();
            for entry in census.entries()? {
                let entry = entry?;
                let version = entry.seen(&facts.owner.canonical_id)?;
                comparison.add(&version);
                replay.add(&version, &entry.version);
            }
        }
        let mut requests = replay.finish().0;
        requests.retain(|line| line.would_be_refused > 0);
        settings.push(PublicAccessSetting {
            setting: setting.to_owned(),
            in_force,
            differences: comparison.finish().iter().map(difference_line).collect(),
            requests,
        });
    }
    Ok(PublicAccessAdvice {
        bucket: facts.name.to_string(),
        policy_is_public: facts.policy.as_ref().is_some_and(|policy| policy.is_public()),
        bucket_acl_is_public: facts.acl.is_public(),
        settings,
    })
}

/// Where Block Public Access is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicAccessPlace {
    /// For the client's bucket.
    Bucket,
    /// For all buckets of an account.
    Account(AccountId),
}

/// Sets it, or removes it.
pub async fn set_public_access(
    client: &S3Client,
    place: PublicAccessPlace,
    setting: Option<PublicAccessBlock>,
) -> Result<(), AdviseError> {
    if let PublicAccessPlace::Account(account) = place {
        return AccountPublicAccess::new(client, account).set(setting).await;
    }
    let exchange = match setting {
        Some(setting) => {
            client.put_bucket_setting("publicAccessBlock", flags_of(setting).to_xml()).await
        }
        None => client.delete_bucket_setting("publicAccessBlock").await,
    };
    if exchange.is_success() {
        return Ok(());
    }
    Err(AdviseError::refused("cannot set Block Public Access of the bucket", exchange))
}
