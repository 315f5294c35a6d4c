//! The door of the lifecycle worker.
//!
//! No request stands behind it, so there is no [`Authorized`](crate::gate::Authorized): what is removed
//! is an [`ExpiredVersion`] or a [`StaleUpload`], which the stored rules of its bucket made. The
//! metadata removes it by the same function as for a request, so what keeps a version from one keeps
//! it from the other.

use meta::{
    DeleteObject, DeleteOutcome, ListUploadsQuery, ListVersionsQuery, MetaError,
    MetadataStore as _, UploadPage, VersionEntry, VersionPage,
};
use model::{BucketName, GovernanceBypass, S3Error, Timestamp};

use super::settings::LIFECYCLE;
use super::{BucketState, Vault};
use crate::error::from_meta;
use crate::events;
use crate::lifecycle::{ExpiredVersion, StaleUpload};

impl Vault {
    /// Names of buckets with lifecycle rules, behind `after`.
    pub(crate) async fn buckets_with_lifecycle(
        &self,
        after: &str,
        limit: usize,
    ) -> Result<Vec<BucketName>, S3Error> {
        self.meta.buckets_with_setting(LIFECYCLE, after, limit).await.map_err(from_meta)
    }

    /// A page of the versions that rules are asked about.
    pub(crate) async fn lifecycle_versions(
        &self,
        bucket: &BucketState,
        query: ListVersionsQuery<'_>,
    ) -> Result<VersionPage, S3Error> {
        self.meta.list_object_versions(bucket.record.id, query).await.map_err(from_meta)
    }

    /// A page of the uploads that rules are asked about.
    pub(crate) async fn lifecycle_uploads(
        &self,
        bucket: &BucketState,
        query: ListUploadsQuery<'_>,
    ) -> Result<UploadPage, S3Error> {
        self.meta.list_uploads(bucket.record.id, query).await.map_err(from_meta)
    }

    /// The tags of a version that was listed; none if it is not there any more.
    pub(crate) async fn lifecycle_tags(
        &self,
        bucket: &BucketState,
        entry: &VersionEntry,
    ) -> Result<Option<Vec<(String, String)>>, S3Error> {
        let found = self.object_facts(bucket, entry.key(), Some(&entry.version)).await?;
        let same = found.filter(|version| version.sequence() == entry.sequence);
        Ok(same.and_then(meta::ObjectVersion::into_object).map(|record| record.tags))
    }

    /// Removes versions that rules remove. No outcome where a version stays, because it is not what
    /// was judged any more.
    pub(crate) async fn expire(
        &self,
        versions: &[ExpiredVersion],
        now: Timestamp,
    ) -> Result<Vec<Result<Option<DeleteOutcome>, S3Error>>, S3Error> {
        let mut deletions = Vec::with_capacity(versions.len());
        for version in versions {
            let bucket = version.bucket();
            let deletion = DeleteObject {
                key: version.key().clone(),
                version: version.version().cloned(),
                fresh_version: identity::generate::version_id()?,
                owner: bucket.facts.owner.canonical_id.clone(),
                now,
                precondition: version.precondition(),
                // Lifecycle waits for retentions of both modes, as on Amazon.
                bypass: GovernanceBypass::No,
                events: events::of_expiration(bucket, version.key(), now)?,
            };
            deletions.push((bucket.record.id, deletion));
        }
        let tells = deletions.iter().any(|(_, deletion)| !deletion.events.is_empty());
        let outcomes = self.meta.delete_objects(deletions).await;
        if tells {
            self.wake_delivery();
        }
        Ok(outcomes.into_iter().map(unless_kept).collect())
    }

    /// Ends an upload that rules end; false if it is over already.
    pub(crate) async fn end_upload(
        &self,
        upload: &StaleUpload,
        now: Timestamp,
    ) -> Result<bool, S3Error> {
        match self.meta.abort_upload(upload.id(), now).await {
            Ok(()) => Ok(true),
            Err(MetaError::NotFound { .. }) => Ok(false),
            Err(error) => Err(from_meta(error)),
        }
    }
}

fn unless_kept(
    outcome: Result<DeleteOutcome, MetaError>,
) -> Result<Option<DeleteOutcome>, S3Error> {
    match outcome {
        Ok(outcome) => Ok(Some(outcome)),
        // Locked; replaced since; or gone together with its bucket.
        Err(MetaError::Locked(_) | MetaError::PreconditionFailed | MetaError::NotFound { .. }) => {
            Ok(None)
        }
        Err(error) => Err(from_meta(error)),
    }
}
