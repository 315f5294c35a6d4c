//! The resources that Access Analyzer looks at, for those whom the gate let pass.

use std::sync::Arc;

use authz::policy::with_arns;
use authz::{BucketFacts, Policy};
use iam::IamError;
use meta::{ListBucketsQuery, MetadataStore as _};
use model::limits::LIST_BUCKETS_MAX;
use model::{AccountId, AccountIdentity, IamKind, S3Error, Timestamp};

use super::Vault;
use crate::error::from_meta;
use crate::gate::AuthorizedCall;

/// A bucket, or a role, with what lets others in.
pub(crate) enum Analyzed {
    /// A bucket, with its policy as people write it: by ARNs.
    Bucket {
        /// What decisions look at.
        facts: Box<BucketFacts>,
        /// When it was created.
        created: Timestamp,
    },
    /// A role.
    Role {
        /// Its ARN.
        arn: String,
        /// Its account.
        owner: AccountId,
        /// Its trust policy as people write it.
        trust: Policy,
        /// When it was created.
        created: Timestamp,
    },
}

impl Vault {
    /// The accounts that an authorized analyzer may trust: its own, or all of them.
    pub(crate) async fn zone(
        &self,
        authorized: &AuthorizedCall,
        is_organization: bool,
    ) -> Result<Vec<AccountIdentity>, S3Error> {
        let all = self.accounts().await?.into_iter().map(|account| account.identity);
        Ok(all.filter(|one| is_organization || one.id == authorized.account()).collect())
    }

    /// The buckets and roles of these accounts.
    pub(crate) async fn analyzed(
        &self,
        _authorized: &AuthorizedCall,
        zone: &[AccountIdentity],
    ) -> Result<Vec<Analyzed>, S3Error> {
        let mut all = Vec::new();
        for account in zone {
            all.extend(self.analyzed_buckets(account.id).await?);
            all.extend(self.analyzed_roles(account.id)?);
        }
        Ok(all)
    }

    async fn analyzed_buckets(&self, account: AccountId) -> Result<Vec<Analyzed>, S3Error> {
        let mut buckets = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let query = ListBucketsQuery {
                prefix: "",
                after: after.as_deref(),
                region: None,
                limit: LIST_BUCKETS_MAX,
            };
            let page = self.meta.list_buckets(account, query).await.map_err(from_meta)?;
            for listed in page.buckets {
                // Deleted since.
                let Some(state) = self.bucket(&listed.name).await? else { continue };
                let mut facts = state.facts.clone();
                if let Some(policy) = &facts.policy {
                    let text = self.with_principals(|names| Ok(with_arns(policy.text(), names)))?;
                    let named = Policy::parse_stored_bucket_policy(&text, &facts.name)?;
                    facts.policy = Some(Arc::new(named));
                }
                let created = state.record.created;
                buckets.push(Analyzed::Bucket { facts: Box::new(facts), created });
            }
            let Some(next) = page.next else { return Ok(buckets) };
            after = Some(next.to_string());
        }
    }

    fn analyzed_roles(&self, account: AccountId) -> Result<Vec<Analyzed>, S3Error> {
        let roles = self.in_account(account, Timestamp::default(), |directory| {
            iam::identity::all(directory, IamKind::Role)?
                .into_iter()
                .filter_map(|role| {
                    let detail = role.role.as_ref()?;
                    let text = with_arns(&detail.trust_policy, directory.tables.principals());
                    let trust =
                        Policy::parse_stored_trust_policy(&text).map_err(IamError::internal);
                    Some(trust.map(|trust| Analyzed::Role {
                        arn: role.arn(account),
                        owner: account,
                        trust,
                        created: role.created,
                    }))
                })
                .collect::<Result<Vec<_>, _>>()
        });
        roles.map_err(|error| S3Error::internal(error.cause().unwrap_or(error.message())))
    }
}
