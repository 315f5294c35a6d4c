//! The change itself: what is in its way, whom it may touch, and the way back.

use std::sync::Arc;

use model::{
    AccountIdentity, BucketName, Grant, ObjectOwnership, Principal, PublicAccessBlock, S3Error,
};

use super::without_acls;
use crate::{BucketFacts, IdentityFacts, Policy};

/// What a bucket had before its ACLs were disabled, for the way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The bucket.
    pub bucket: BucketName,
    /// Its ownership setting.
    pub ownership: Option<ObjectOwnership>,
    /// Its policy, as it is shown.
    pub policy: Option<String>,
    /// The grants of its ACL.
    pub grants: Vec<Grant>,
    /// The policy that takes its place, so that one that somebody has changed since is not lost.
    pub applied: Option<String>,
}

/// Somebody for whom things may change: what differences call it, who it is, its own policies.
pub type NamedCaller = (String, Principal, Option<IdentityFacts>);

/// Those whom ACLs tell apart. Users and roles have of their accounts' rights what their own policies
/// say, before and after.
pub fn named_callers(
    facts: &BucketFacts,
    accounts: impl IntoIterator<Item = (String, AccountIdentity)>,
) -> Vec<NamedCaller> {
    let mut callers = vec![
        ("everyone, without signing".to_owned(), Principal::Anonymous, None),
        (
            "the log delivery service".to_owned(),
            Principal::Service("logging.s3.amazonaws.com"),
            None,
        ),
    ];
    for (name, account) in accounts {
        let name = if account == facts.owner { owner_name(facts) } else { name };
        callers.push((name, Principal::Root(account), None));
    }
    callers
}

/// What the bucket owner's callers are called.
pub fn owner_name(facts: &BucketFacts) -> String {
    format!("the bucket owner, account {}", facts.owner.id)
}

/// The bucket with ACLs disabled and this policy, and what is in the way of that. The policy is read as
/// the store would read it.
pub fn with_acls_disabled(
    facts: &BucketFacts,
    policy: Option<Result<Policy, S3Error>>,
    blockers: &mut Vec<String>,
) -> BucketFacts {
    let Some(parsed) = policy else { return without_acls(facts, facts.policy.clone()) };
    let policy = match parsed {
        Ok(policy) => Arc::new(policy),
        Err(error) => {
            blockers.push(format!("the policy would not be accepted: {}", error.message()));
            return without_acls(facts, facts.policy.clone());
        }
    };
    if policy.is_public() && facts.public_access.block_public_policy {
        blockers.push(
            "the policy is public, as the ACLs are, and BlockPublicPolicy of the bucket or its \
             account refuses it"
                .to_owned(),
        );
    }
    if policy.is_public() && facts.public_access.restrict_public_buckets {
        blockers.push(
            "RestrictPublicBuckets would keep out everybody but the bucket owner's account"
                .to_owned(),
        );
    }
    without_acls(facts, Some(policy))
}

/// Each of the four settings of Block Public Access alone, with its name.
pub fn public_access_settings() -> [(&'static str, PublicAccessBlock); 4] {
    let none = PublicAccessBlock::NONE;
    [
        ("BlockPublicAcls", PublicAccessBlock { block_public_acls: true, ..none }),
        ("IgnorePublicAcls", PublicAccessBlock { ignore_public_acls: true, ..none }),
        ("BlockPublicPolicy", PublicAccessBlock { block_public_policy: true, ..none }),
        ("RestrictPublicBuckets", PublicAccessBlock { restrict_public_buckets: true, ..none }),
    ]
}
