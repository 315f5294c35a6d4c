//! Before Block Public Access is turned on: what each of its settings would take from whom.

use authz::advice::report::{PublicAccessAdvice, PublicAccessSetting, difference_line};
use authz::advice::{Comparison, public_access_settings};
use authz::{BucketFacts, NoContext};
use model::{BucketName, Principal, PublicAccessBlock, S3Error, Timestamp};

use super::disable_acls::callers;
use super::requests::replayed;
use super::{bucket, call};
use crate::bucket::public_access;
use crate::notes::Notes;
use crate::store::Store;
use crate::vault::Vault;

/// What each setting would change that is not in force. Errors: `NoSuchBucket`.
pub async fn block_public_access(
    store: &Store,
    name: &BucketName,
) -> Result<PublicAccessAdvice, S3Error> {
    let state = bucket(store, name).await?;
    let accounts = store.vault.accounts().await?;
    let accounts: Vec<_> = accounts.into_iter().map(|one| one.identity).collect();
    let facts = &state.facts;
    let mut settings = Vec::new();
    for (setting, flags) in public_access_settings() {
        let in_force = facts.public_access.union(flags) == facts.public_access;
        let public_access = facts.public_access.union(flags);
        let after = BucketFacts { public_access, ..facts.clone() };
        let mut comparison =
            Comparison::new(facts, &after, &store.settings.switches, callers(facts, &accounts));
        let mut requests = Vec::new();
        if !in_force {
            comparison.add_bucket();
            let mut next = Some(Vault::first_version());
            while let Some(start) = next {
                let (versions, rest) = store.vault.versions_seen(&state, start).await?;
                for version in &versions {
                    comparison.add(version);
                }
                next = rest;
            }
            requests = replayed(store, name, &after)?.0;
            requests.retain(|line| line.would_be_refused > 0);
        }
        settings.push(PublicAccessSetting {
            setting: setting.to_owned(),
            in_force,
            differences: comparison.finish().iter().map(difference_line).collect(),
            requests,
        });
    }
    Ok(PublicAccessAdvice {
        bucket: name.to_string(),
        policy_is_public: facts.policy.as_ref().is_some_and(|policy| policy.is_public()),
        bucket_acl_is_public: facts.acl.is_public(),
        settings,
    })
}

/// Turns all four settings of a bucket on, as the root user of its account.
pub async fn apply_block_public_access(
    store: &Store,
    name: &BucketName,
    now: Timestamp,
) -> Result<(), S3Error> {
    let state = bucket(store, name).await?;
    let caller = Principal::Root(state.facts.owner.clone());
    let notes = Notes::default();
    let call = call(&caller, &NoContext, &notes, now);
    public_access::put(store, &call, name, Ok(PublicAccessBlock::ALL)).await
}
