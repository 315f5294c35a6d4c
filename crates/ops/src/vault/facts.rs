//! The facts that decisions rest on. Read-only, and without a decision: reading them is how one is
//! reached.

use std::sync::{Arc, OnceLock};

use audit::decision_log::{BucketSnapshot, Snapshot};
use authz::{BucketFacts, Policy};
use meta::{BucketRecord, MetadataStore as _, ObjectVersion, UploadId, UploadRecord};
use model::{
    AccountId, BucketLogging, BucketName, CanonicalUserId, ObjectKey, PublicAccessBlock, S3Error,
    VersionId,
};

use super::Vault;
use super::settings::BucketSettings;
use crate::bucket::{logging, request_payment};
use crate::error::from_meta;

/// A bucket with its compiled policy and its other sub-resources.
pub(crate) struct BucketState {
    /// What is stored.
    pub(crate) record: BucketRecord,
    /// What decisions look at.
    pub(crate) facts: BucketFacts,
    /// Where its access log goes.
    pub(crate) logging: Option<Arc<BucketLogging>>,
    /// What else it has.
    pub(crate) settings: BucketSettings,
    /// Block Public Access of the owner's account.
    pub(crate) account_public_access: PublicAccessBlock,
    /// The facts as the decision log has them, once somebody asked.
    snapshot: OnceLock<Arc<Snapshot>>,
}

impl BucketState {
    /// Block Public Access of the bucket itself.
    pub(crate) fn public_access(&self) -> PublicAccessBlock {
        self.record.public_access.unwrap_or(PublicAccessBlock::NONE)
    }

    /// The facts as the decision log has them.
    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        self.snapshot.get_or_init(|| {
            let (bucket, account) = (self.public_access(), self.account_public_access);
            Arc::new(BucketSnapshot::take(&self.facts, bucket, account))
        })
    }
}

impl Vault {
    /// The bucket with this name, from memory if possible.
    pub(crate) async fn bucket(
        &self,
        name: &BucketName,
    ) -> Result<Option<Arc<BucketState>>, S3Error> {
        if let Some(state) = self.buckets.get(name.as_str()) {
            return Ok(Some(state));
        }
        let ticket = self.buckets.ticket();
        let Some(record) = self.meta.bucket(name).await.map_err(from_meta)? else {
            return Ok(None);
        };
        let state = Arc::new(self.bucket_state(record).await?);
        self.buckets.remember(name.as_str(), Arc::clone(&state), ticket);
        Ok(Some(state))
    }

    async fn bucket_state(&self, record: BucketRecord) -> Result<BucketState, S3Error> {
        let owner = self
            .account(record.owner)
            .await?
            .ok_or_else(|| S3Error::internal("the owner of a bucket does not exist"))?;
        let policy = match &record.policy {
            Some(text) => Some(Arc::new(Policy::parse_stored_bucket_policy(text, &record.name)?)),
            None => None,
        };
        let of_bucket = record.public_access.unwrap_or(PublicAccessBlock::NONE);
        let of_account = owner.public_access.unwrap_or(PublicAccessBlock::NONE);
        let facts = BucketFacts {
            name: record.name.clone(),
            owner: owner.identity,
            region: record.region.clone(),
            ownership: record.object_ownership,
            public_access: of_bucket.union(of_account),
            policy,
            acl: record.acl.clone(),
            requester_pays: request_payment::is_requester(
                record.settings.get(request_payment::NAME),
            )?,
        };
        let logging = match record.settings.get(logging::stored::NAME) {
            Some(text) => Some(Arc::new(logging::stored::parse(text)?)),
            None => None,
        };
        let settings = BucketSettings::read(&record.settings)?;
        Ok(BucketState {
            record,
            facts,
            logging,
            settings,
            account_public_access: of_account,
            snapshot: OnceLock::new(),
        })
    }

    /// The version that is meant: the named one, else the current one.
    pub(crate) async fn object_facts(
        &self,
        bucket: &BucketState,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<Option<ObjectVersion>, S3Error> {
        self.meta.object(bucket.record.id, key, version).await.map_err(from_meta)
    }

    /// The upload in progress with this id, and its initiator's account.
    pub(crate) async fn upload_facts(
        &self,
        bucket: &BucketState,
        key: &ObjectKey,
        id: &str,
    ) -> Result<Option<(UploadRecord, AccountId)>, S3Error> {
        let Some(id) = UploadId::parse(id) else { return Ok(None) };
        let upload = self.meta.upload(bucket.record.id, key, &id).await.map_err(from_meta)?;
        let Some(upload) = upload else { return Ok(None) };
        let initiator = &upload.initiator.canonical_id;
        let account = if *initiator == bucket.facts.owner.canonical_id {
            bucket.facts.owner.id
        } else {
            let found = self.meta.account_by_canonical_id(initiator).await.map_err(from_meta)?;
            let unknown = || S3Error::internal("the initiator of an upload does not exist");
            found.ok_or_else(unknown)?.identity.id
        };
        Ok(Some((upload, account)))
    }

    /// An account by its id.
    pub(crate) async fn account(
        &self,
        id: AccountId,
    ) -> Result<Option<meta::AccountRecord>, S3Error> {
        self.meta.account(id).await.map_err(from_meta)
    }

    /// Whether an account has this canonical user id.
    pub(crate) async fn canonical_id_exists(&self, id: &CanonicalUserId) -> Result<bool, S3Error> {
        let account = self.meta.account_by_canonical_id(id).await.map_err(from_meta)?;
        Ok(account.is_some())
    }
}
