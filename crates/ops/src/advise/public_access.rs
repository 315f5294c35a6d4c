//! Before Block Public Access is turned on: what each of its settings would take from whom.

use authz::advice::report::{PublicAccessAdvice, PublicAccessSetting, difference_line};
use authz::advice::{Comparison, public_access_settings};
use authz::{BucketFacts, NoContext};
use meta::ListBucketsQuery;
use model::limits::LIST_BUCKETS_MAX;
use model::{
    AccountId, AccountIdentity, BucketName, ErrorCode, Principal, PublicAccessBlock, S3Error,
    Timestamp,
};

use super::disable_acls::callers;
use super::requests::replayed;
use super::{bucket, call};
use crate::bucket::{list, public_access};
use crate::notes::Notes;
use crate::s3_control;
use crate::store::Store;
use crate::vault::Vault;

/// What each setting would change that is not in force. Errors: `NoSuchBucket`.
async fn block_public_access(
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

/// Where Block Public Access is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicAccessPlace {
    /// For a bucket.
    Bucket(BucketName),
    /// For all buckets of an account.
    Account(AccountId),
}

/// What each setting would change, bucket by bucket, and what is set there now. Errors: `NoSuchBucket`;
/// `InvalidRequest` if there is no such account.
pub async fn public_access_advice(
    store: &Store,
    place: &PublicAccessPlace,
    now: Timestamp,
) -> Result<(Vec<PublicAccessAdvice>, Option<PublicAccessBlock>), S3Error> {
    let account = match place {
        PublicAccessPlace::Bucket(name) => {
            let advice = vec![block_public_access(store, name).await?];
            return Ok((advice, bucket(store, name).await?.record.public_access));
        }
        PublicAccessPlace::Account(id) => account(store, *id).await?,
    };
    let caller = Principal::Root(account.clone());
    let notes = Notes::default();
    let call = call(&caller, &NoContext, &notes, now);
    let mut advice = Vec::new();
    let mut after: Option<BucketName> = None;
    loop {
        let after_text = after.as_ref().map(BucketName::as_str);
        let query = ListBucketsQuery {
            prefix: "",
            after: after_text,
            region: None,
            limit: LIST_BUCKETS_MAX,
        };
        let (_, page) = list::buckets(store, &call, query).await?;
        for one in page.buckets {
            advice.push(block_public_access(store, &one.name).await?);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let set = match s3_control::public_access::get(store, &call, account.id).await {
        Ok(set) => Some(set),
        Err(error) if error.code() == ErrorCode::NoSuchPublicAccessBlockConfiguration => None,
        Err(error) => return Err(error),
    };
    Ok((advice, set))
}

/// Sets it or removes it, as the root user of the account.
pub async fn set_public_access(
    store: &Store,
    place: &PublicAccessPlace,
    setting: Option<PublicAccessBlock>,
    now: Timestamp,
) -> Result<(), S3Error> {
    let owner = match place {
        PublicAccessPlace::Bucket(name) => bucket(store, name).await?.facts.owner.clone(),
        PublicAccessPlace::Account(id) => account(store, *id).await?,
    };
    let id = owner.id;
    let caller = Principal::Root(owner);
    let notes = Notes::default();
    let call = call(&caller, &NoContext, &notes, now);
    match (place, setting) {
        (PublicAccessPlace::Bucket(name), Some(setting)) => {
            public_access::put(store, &call, name, Ok(setting)).await
        }
        (PublicAccessPlace::Bucket(name), None) => public_access::delete(store, &call, name).await,
        (PublicAccessPlace::Account(_), Some(setting)) => {
            s3_control::public_access::put(store, &call, id, Ok(setting)).await
        }
        (PublicAccessPlace::Account(_), None) => {
            s3_control::public_access::delete(store, &call, id).await
        }
    }
}

async fn account(store: &Store, id: AccountId) -> Result<AccountIdentity, S3Error> {
    let all = store.vault.accounts().await?;
    let found = all.into_iter().map(|one| one.identity).find(|account| account.id == id);
    found.ok_or_else(|| {
        S3Error::with_message(ErrorCode::InvalidRequest, format!("there is no account {id}"))
    })
}
