//! What is done to buckets.

use std::collections::BTreeMap;

use authz::admission::NewBucketSettings;
use meta::{
    BucketChange, BucketCreation, BucketPage, BucketRecord, ListBucketsQuery, ListObjectsQuery,
    ListUploadsQuery, ListVersionsQuery, MetaError, MetadataStore as _, NewBucket, ObjectPage,
    UploadPage, VersionPage, Versioning,
};
use model::cors::CorsConfiguration;
use model::lifecycle::LifecycleConfiguration;
use model::website::WebsiteConfiguration;
use model::{
    AccessControlList, BucketEncryption, BucketLogging, ErrorCode, ObjectLockConfiguration,
    ObjectOwnership, Payer, PublicAccessBlock, S3Error, TagSet, Timestamp,
};

use super::Vault;
use super::settings::{
    CORS, ENCRYPTION, LIFECYCLE, TAGGING, written, written_cors, written_encryption,
    written_lifecycle,
};
use crate::bucket::logging::stored;
use crate::bucket::{request_payment, website};
use crate::error::from_meta;
use crate::gate::{Authorized, Op, op};

/// Operations that list the keys of a bucket.
pub(crate) trait ListsObjects: Op {}
impl ListsObjects for op::ListObjects {}
impl ListsObjects for op::ListObjectsV2 {}

impl Vault {
    /// A page of the buckets of the caller's account.
    pub(crate) async fn list_buckets(
        &self,
        authorized: &Authorized<op::ListBuckets>,
        query: ListBucketsQuery<'_>,
    ) -> Result<BucketPage, S3Error> {
        let account = authorized.caller().account_id().ok_or(ErrorCode::AccessDenied)?;
        self.meta.list_buckets(account, query).await.map_err(from_meta)
    }

    /// Creates the bucket, unless its name is taken.
    pub(crate) async fn create_bucket(
        &self,
        authorized: &Authorized<op::CreateBucket>,
        settings: NewBucketSettings,
        region: String,
        tags: &TagSet,
        object_lock: Option<ObjectLockConfiguration>,
        created: Timestamp,
    ) -> Result<BucketCreation, S3Error> {
        let owner = authorized.caller().account_id().ok_or(ErrorCode::AccessDenied)?;
        let name = authorized.name()?.clone();
        let mut texts = BTreeMap::new();
        if !tags.is_empty() {
            texts.insert(TAGGING.to_owned(), written(tags.pairs())?);
        }
        let creation = self
            .meta
            .create_bucket(NewBucket {
                name: name.clone(),
                owner,
                region,
                created,
                object_ownership: settings.ownership,
                public_access: settings.public_access,
                object_lock,
                acl: settings.acl,
                settings: texts,
            })
            .await
            .map_err(|error| match error {
                MetaError::LimitExceeded { .. } => ErrorCode::TooManyBuckets.into(),
                other => from_meta(other),
            });
        self.buckets.forget(name.as_str());
        creation
    }

    /// Resets the ACL of a bucket that its owner creates again (§2.12).
    pub(crate) async fn reset_bucket_acl(
        &self,
        authorized: &Authorized<op::CreateBucket>,
        existing: &BucketRecord,
        acl: AccessControlList,
    ) -> Result<(), S3Error> {
        if Some(existing.owner) != authorized.caller().account_id() {
            return Err(ErrorCode::AccessDenied.into());
        }
        self.change(existing, BucketChange::Acl(acl)).await
    }

    /// Deletes an empty bucket; uploads in progress end with it.
    pub(crate) async fn delete_bucket(
        &self,
        authorized: &Authorized<op::DeleteBucket>,
        now: Timestamp,
    ) -> Result<(), S3Error> {
        let bucket = &authorized.bucket()?.record;
        let outcome = self.meta.delete_bucket(bucket.id, now).await;
        self.buckets.forget(bucket.name.as_str());
        outcome.map_err(|error| match error {
            MetaError::NotEmpty => {
                S3Error::new(ErrorCode::BucketNotEmpty).field("BucketName", bucket.name.as_str())
            }
            other => from_meta(other),
        })
    }

    /// A page of the keys of a bucket.
    pub(crate) async fn list_objects<O: ListsObjects>(
        &self,
        authorized: &Authorized<O>,
        query: ListObjectsQuery<'_>,
    ) -> Result<ObjectPage, S3Error> {
        self.meta.list_objects(authorized.bucket()?.record.id, query).await.map_err(from_meta)
    }

    /// A page of the versions of a bucket.
    pub(crate) async fn list_object_versions(
        &self,
        authorized: &Authorized<op::ListObjectVersions>,
        query: ListVersionsQuery<'_>,
    ) -> Result<VersionPage, S3Error> {
        let id = authorized.bucket()?.record.id;
        self.meta.list_object_versions(id, query).await.map_err(from_meta)
    }

    /// A page of the uploads in progress.
    pub(crate) async fn list_uploads(
        &self,
        authorized: &Authorized<op::ListMultipartUploads>,
        query: ListUploadsQuery<'_>,
    ) -> Result<UploadPage, S3Error> {
        self.meta.list_uploads(authorized.bucket()?.record.id, query).await.map_err(from_meta)
    }

    /// Replaces the bucket ACL.
    pub(crate) async fn set_bucket_acl(
        &self,
        authorized: &Authorized<op::PutBucketAcl>,
        acl: AccessControlList,
    ) -> Result<(), S3Error> {
        self.change(&authorized.bucket()?.record, BucketChange::Acl(acl)).await
    }

    /// Sets Object Ownership.
    pub(crate) async fn set_ownership(
        &self,
        authorized: &Authorized<op::PutBucketOwnershipControls>,
        ownership: ObjectOwnership,
    ) -> Result<(), S3Error> {
        let change = BucketChange::ObjectOwnership(Some(ownership));
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Removes Object Ownership.
    pub(crate) async fn remove_ownership(
        &self,
        authorized: &Authorized<op::DeleteBucketOwnershipControls>,
    ) -> Result<(), S3Error> {
        self.change(&authorized.bucket()?.record, BucketChange::ObjectOwnership(None)).await
    }

    /// Sets Block Public Access.
    pub(crate) async fn set_public_access(
        &self,
        authorized: &Authorized<op::PutPublicAccessBlock>,
        configuration: PublicAccessBlock,
    ) -> Result<(), S3Error> {
        let change = BucketChange::PublicAccess(Some(configuration));
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Removes Block Public Access.
    pub(crate) async fn remove_public_access(
        &self,
        authorized: &Authorized<op::DeletePublicAccessBlock>,
    ) -> Result<(), S3Error> {
        self.change(&authorized.bucket()?.record, BucketChange::PublicAccess(None)).await
    }

    /// Enables or suspends versioning.
    pub(crate) async fn set_versioning(
        &self,
        authorized: &Authorized<op::PutBucketVersioning>,
        versioning: Versioning,
    ) -> Result<(), S3Error> {
        self.change(&authorized.bucket()?.record, BucketChange::Versioning(versioning)).await
    }

    /// Enables Object Lock, or replaces its rule.
    pub(crate) async fn set_object_lock(
        &self,
        authorized: &Authorized<op::PutObjectLockConfiguration>,
        configuration: ObjectLockConfiguration,
    ) -> Result<(), S3Error> {
        let change = BucketChange::ObjectLock(configuration);
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Sets the tags; none at all is the same as removing them.
    pub(crate) async fn set_bucket_tags(
        &self,
        authorized: &Authorized<op::PutBucketTagging>,
        tags: &TagSet,
    ) -> Result<(), S3Error> {
        let text = if tags.is_empty() { None } else { Some(written(tags.pairs())?) };
        let change = BucketChange::Setting { name: TAGGING.to_owned(), text };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Removes the tags.
    pub(crate) async fn remove_bucket_tags(
        &self,
        authorized: &Authorized<op::DeleteBucketTagging>,
    ) -> Result<(), S3Error> {
        let change = BucketChange::Setting { name: TAGGING.to_owned(), text: None };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Sets the rules of cross-origin resource sharing.
    pub(crate) async fn set_cors(
        &self,
        authorized: &Authorized<op::PutBucketCors>,
        rules: &CorsConfiguration,
    ) -> Result<(), S3Error> {
        let change =
            BucketChange::Setting { name: CORS.to_owned(), text: Some(written_cors(rules)?) };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Removes the rules of cross-origin resource sharing.
    pub(crate) async fn remove_cors(
        &self,
        authorized: &Authorized<op::DeleteBucketCors>,
    ) -> Result<(), S3Error> {
        let change = BucketChange::Setting { name: CORS.to_owned(), text: None };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Sets the lifecycle rules.
    pub(crate) async fn set_lifecycle(
        &self,
        authorized: &Authorized<op::PutBucketLifecycleConfiguration>,
        rules: &LifecycleConfiguration,
    ) -> Result<(), S3Error> {
        let (name, text) = (LIFECYCLE.to_owned(), Some(written_lifecycle(rules)?));
        self.change(&authorized.bucket()?.record, BucketChange::Setting { name, text }).await
    }

    /// Removes the lifecycle rules.
    pub(crate) async fn remove_lifecycle(
        &self,
        authorized: &Authorized<op::DeleteBucketLifecycle>,
    ) -> Result<(), S3Error> {
        let (name, text) = (LIFECYCLE.to_owned(), None);
        self.change(&authorized.bucket()?.record, BucketChange::Setting { name, text }).await
    }

    /// Sets the default encryption.
    pub(crate) async fn set_encryption(
        &self,
        authorized: &Authorized<op::PutBucketEncryption>,
        encryption: &BucketEncryption,
    ) -> Result<(), S3Error> {
        let text = Some(written_encryption(encryption)?);
        let change = BucketChange::Setting { name: ENCRYPTION.to_owned(), text };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Goes back to what a bucket without a default encryption has.
    pub(crate) async fn remove_encryption(
        &self,
        authorized: &Authorized<op::DeleteBucketEncryption>,
    ) -> Result<(), S3Error> {
        let change = BucketChange::Setting { name: ENCRYPTION.to_owned(), text: None };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Sets the bucket policy.
    pub(crate) async fn set_policy(
        &self,
        authorized: &Authorized<op::PutBucketPolicy>,
        text: String,
    ) -> Result<(), S3Error> {
        self.change(&authorized.bucket()?.record, BucketChange::Policy(Some(text))).await
    }

    /// Says where the access log goes, or turns logging off.
    pub(crate) async fn set_logging(
        &self,
        authorized: &Authorized<op::PutBucketLogging>,
        logging: Option<&BucketLogging>,
    ) -> Result<(), S3Error> {
        let text = logging.map(stored::text).transpose()?;
        let change = BucketChange::Setting { name: stored::NAME.into(), text };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Says who pays for requests.
    pub(crate) async fn set_payer(
        &self,
        authorized: &Authorized<op::PutBucketRequestPayment>,
        payer: Payer,
    ) -> Result<(), S3Error> {
        let (name, text) = (request_payment::NAME.into(), Some(payer.as_str().into()));
        self.change(&authorized.bucket()?.record, BucketChange::Setting { name, text }).await
    }

    /// Sets the website.
    pub(crate) async fn set_website(
        &self,
        authorized: &Authorized<op::PutBucketWebsite>,
        website: &WebsiteConfiguration,
    ) -> Result<(), S3Error> {
        let text = website::stored::text(website)?;
        self.set_setting(authorized, website::stored::NAME, Some(text)).await
    }

    /// Removes the website.
    pub(crate) async fn remove_website(
        &self,
        authorized: &Authorized<op::DeleteBucketWebsite>,
    ) -> Result<(), S3Error> {
        self.set_setting(authorized, website::stored::NAME, None).await
    }

    /// Sets or removes a sub-resource of the decided bucket.
    pub(super) async fn set_setting<O: Op>(
        &self,
        authorized: &Authorized<O>,
        name: &str,
        text: Option<String>,
    ) -> Result<(), S3Error> {
        let change = BucketChange::Setting { name: name.to_owned(), text };
        self.change(&authorized.bucket()?.record, change).await
    }

    /// Removes the bucket policy.
    pub(crate) async fn remove_policy(
        &self,
        authorized: &Authorized<op::DeleteBucketPolicy>,
    ) -> Result<(), S3Error> {
        self.change(&authorized.bucket()?.record, BucketChange::Policy(None)).await
    }

    /// Makes a change only if the bucket still is what was decided about: a policy or an ACL that
    /// was stored in between might have led to another decision.
    pub(super) async fn change(
        &self,
        decided: &BucketRecord,
        change: BucketChange,
    ) -> Result<(), S3Error> {
        let outcome = self.meta.update_bucket(decided.id, change, Some(decided.revision)).await;
        self.buckets.forget(decided.name.as_str());
        outcome.map(drop).map_err(from_meta)
    }
}
