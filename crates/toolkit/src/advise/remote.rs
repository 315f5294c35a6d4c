//! A remote bucket as a decision sees it.

use std::sync::Arc;

use authz::advice::KnownAccounts;
use authz::{BucketFacts, Policy};
use model::{
    AccessControlList, AccountId, AccountIdentity, BucketName, CanonicalUserId, ObjectOwnership,
    PublicAccessBlock,
};

use super::account::{AccountPublicAccess, caller_account, without_bucket};
use super::walk::Tries;
use super::{AdviseError, acl};
use crate::http::Exchange;
use crate::s3::document::Element;
use crate::s3::{Call, PublicAccessFlags, S3Client};

/// An account that owns nothing, to find out whether a store looks at `x-amz-expected-bucket-owner`.
const NOBODY: &str = "000000000000";

/// The settings of a bucket.
pub struct RemoteBucket {
    /// What decisions rest on.
    pub facts: BucketFacts,
    /// The policy, as it is shown.
    pub policy: Option<String>,
    /// What the bucket itself has of Block Public Access.
    pub public_access: Option<PublicAccessBlock>,
    /// Where its access logs go: bucket and prefix.
    pub logging: Option<(String, String)>,
    /// The accounts that are known.
    pub accounts: KnownAccounts,
    /// The account that owns it, if anybody said.
    pub owner_account: Option<AccountId>,
    /// What could not be found out.
    pub unknown: Vec<String>,
}

impl RemoteBucket {
    /// Reads all settings. `given` are accounts that the operator knows.
    pub async fn load(client: &S3Client, given: &[AccountIdentity]) -> Result<Self, AdviseError> {
        let name = BucketName::parse(&client.target().bucket).ok_or_else(|| {
            AdviseError::Unusable(format!("{:?} is no name of a bucket", client.target().bucket))
        })?;
        let mut unknown = Vec::new();
        let acl = bucket_acl(client).await?;
        let ownership = optional(client, "ownershipControls").await?;
        let ownership = ownership.and_then(|document| {
            let rule = document.child("Rule")?;
            ObjectOwnership::parse(rule.text_of("ObjectOwnership")?)
        });
        let public_access = optional(client, "publicAccessBlock").await?;
        let public_access = public_access.as_ref().map(public_access_of);
        let policy = policy_text(client).await?;
        let parsed = match &policy {
            Some(text) => {
                Some(Policy::parse_stored_bucket_policy(text, &name).map_err(|error| {
                    AdviseError::Unusable(format!(
                        "cannot read the bucket policy: {}",
                        error.message()
                    ))
                })?)
            }
            None => None,
        };
        let payment = optional(client, "requestPayment").await.unwrap_or_default();
        let logging = match optional(client, "logging").await {
            Ok(document) => document.as_ref().and_then(log_target),
            Err(_) => None,
        };
        let mut accounts = KnownAccounts::default();
        for account in given {
            accounts.add(account.clone());
        }
        let owner_account = owner_account(client, &acl.owner, given).await;
        match owner_account {
            Some(id) => accounts.add(AccountIdentity { id, canonical_id: acl.owner.clone() }),
            None => unknown.push(format!(
                "nobody said which account owns the bucket, so that its users look like strangers in \
                 policies and logs; --known-account NUMBER={} says it",
                acl.owner
            )),
        }
        let of_account = match owner_account {
            Some(id) => AccountPublicAccess::new(client, id).get().await,
            None => Ok(None),
        };
        let of_account = of_account.unwrap_or_else(|error| {
            unknown.push(error.to_string());
            None
        });
        let own = public_access.unwrap_or(PublicAccessBlock::NONE);
        let facts = BucketFacts {
            name,
            owner: accounts.with_canonical_id(&acl.owner),
            region: client.target().region.clone(),
            ownership,
            public_access: own.union(of_account.unwrap_or(PublicAccessBlock::NONE)),
            policy: parsed.map(Arc::new),
            acl,
            requester_pays: payment.is_some_and(|one| one.text_of("Payer") == Some("Requester")),
        };
        Ok(Self { facts, policy, public_access, logging, accounts, owner_account, unknown })
    }
}

/// The ACL of the bucket.
pub(super) async fn bucket_acl(client: &S3Client) -> Result<AccessControlList, AdviseError> {
    let exchange = asked(client, Call::bucket("GET").flag("acl")).await;
    match exchange.document().filter(|_| exchange.is_success()) {
        Some(document) => acl::parse(&document),
        None => Err(AdviseError::refused("cannot read the ACL of the bucket", exchange)),
    }
}

/// The policy, as it is shown.
pub(super) async fn policy_text(client: &S3Client) -> Result<Option<String>, AdviseError> {
    let exchange = asked(client, Call::bucket("GET").flag("policy")).await;
    match exchange.status() {
        Some(200) => Ok(Some(String::from_utf8_lossy(exchange.body()).into_owned())),
        Some(404) if exchange.code() != Some("NoSuchBucket") => Ok(None),
        _ => Err(AdviseError::refused("cannot read the bucket policy", exchange)),
    }
}

/// A setting that a bucket need not have, nor every store.
pub(super) async fn optional(
    client: &S3Client,
    setting: &str,
) -> Result<Option<Element>, AdviseError> {
    let exchange = asked(client, Call::bucket("GET").flag(setting)).await;
    match (exchange.status(), exchange.document()) {
        (Some(200), Some(document)) => Ok(Some(document)),
        (Some(404), _) if exchange.code() != Some("NoSuchBucket") => Ok(None),
        (Some(501), _) => Ok(None),
        _ => Err(AdviseError::refused(format!("cannot read the setting {setting}"), exchange)),
    }
}

async fn asked(client: &S3Client, call: Call) -> Exchange {
    let mut tries = Tries::default();
    loop {
        let exchange = client.send(call.clone()).await;
        if exchange.is_success() || !tries.again(&exchange).await {
            return exchange;
        }
    }
}

fn log_target(document: &Element) -> Option<(String, String)> {
    let enabled = document.child("LoggingEnabled")?;
    let prefix = enabled.text_of("TargetPrefix").unwrap_or_default();
    Some((enabled.text_of("TargetBucket")?.to_owned(), prefix.to_owned()))
}

/// The four settings of a document.
pub(super) fn public_access_of(document: &Element) -> PublicAccessBlock {
    let flags = PublicAccessFlags::parse(document);
    PublicAccessBlock {
        block_public_acls: flags.block_public_acls,
        ignore_public_acls: flags.ignore_public_acls,
        block_public_policy: flags.block_public_policy,
        restrict_public_buckets: flags.restrict_public_buckets,
    }
}

/// The same for a document.
pub(super) fn flags_of(setting: PublicAccessBlock) -> PublicAccessFlags {
    PublicAccessFlags {
        block_public_acls: setting.block_public_acls,
        ignore_public_acls: setting.ignore_public_acls,
        block_public_policy: setting.block_public_policy,
        restrict_public_buckets: setting.restrict_public_buckets,
    }
}

/// The number of the account that owns the bucket: given, or that of the caller if the store says that
/// the bucket is the caller's.
async fn owner_account(
    client: &S3Client,
    owner: &CanonicalUserId,
    given: &[AccountIdentity],
) -> Option<AccountId> {
    if let Some(known) = given.iter().find(|account| account.canonical_id == *owner) {
        return Some(known.id);
    }
    let caller = caller_account(client).await?;
    let of_caller = client.with_target(without_bucket(client.target()));
    let listing = of_caller.send(Call::bucket("GET").parameter("max-buckets", "1")).await;
    let document = listing.document().filter(|_| listing.is_success());
    let id = document.as_ref().and_then(|document| document.child("Owner")?.text_of("ID"));
    if id == Some(owner.as_str()) {
        return Some(caller);
    }
    let expects = |account: String| {
        let call = Call::bucket("HEAD").header("x-amz-expected-bucket-owner", account);
        client.send(call)
    };
    let is_owner = expects(caller.to_string()).await.is_success();
    (is_owner && !expects(NOBODY.to_owned()).await.is_success()).then_some(caller)
}
