//! What is done to multipart uploads.

use meta::{
    CompleteUpload, CompletedUpload, Initiator, MetadataStore as _, ObjectRecord, PartPage,
    PartRecord, Precondition, UploadId, UploadRecord,
};
use model::{
    ChecksumAlgorithm, ChecksumType, ErrorCode, ObjectEncryption, Principal, S3Error, Timestamp,
};

use super::Vault;
use super::objects::{NewObjectParts, events_of_write, from_write, new_object, owner_and_acl};
use crate::error::from_meta;
use crate::gate::{Authorized, Op, op};
use crate::object::Description;

/// Operations that write a part of the decided upload.
pub(crate) trait WritesPart: Op {}
impl WritesPart for op::UploadPart {}
impl WritesPart for op::PartCopyDestination {}

/// Operations that look at the parts of the decided upload.
pub(crate) trait ReadsParts: Op {}
impl ReadsParts for op::ListParts {}
impl ReadsParts for op::CompleteMultipartUpload {}

/// What a new upload says about its object.
pub(crate) struct NewUpload {
    /// Now.
    pub(crate) initiated: Timestamp,
    /// What describes the object.
    pub(crate) described: Description,
    /// Algorithm of the parts' checksums.
    pub(crate) checksum_algorithm: Option<ChecksumAlgorithm>,
    /// What the object's checksum will cover.
    pub(crate) checksum_type: Option<ChecksumType>,
    /// How the parts are encrypted.
    pub(crate) encryption: Option<ObjectEncryption>,
}

/// How long a completed upload is remembered, so that a repeated completion gets the same answer.
const REMEMBERED_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Completed uploads that are forgotten at once.
const FORGOTTEN_MAX: usize = 1000;

impl Vault {
    /// Forgets uploads that were completed long before `now`.
    pub(crate) async fn forget_completed_uploads(&self, now: Timestamp) -> Result<(), S3Error> {
        let older_than =
            Timestamp::from_unix_millis(now.unix_millis.saturating_sub(REMEMBERED_MILLIS));
        while self
            .meta
            .forget_completed_uploads(older_than, FORGOTTEN_MAX)
            .await
            .map_err(from_meta)?
            == FORGOTTEN_MAX
        {}
        Ok(())
    }

    /// Starts an upload under the decided key. Owner and ACL are settled now (OWN-31).
    pub(crate) async fn create_upload(
        &self,
        authorized: &Authorized<op::CreateMultipartUpload>,
        new: NewUpload,
    ) -> Result<UploadRecord, S3Error> {
        let (owner, acl) = owner_and_acl(authorized)?;
        // Ids begin with the time, so that their order is the order of initiation.
        let millis = new.initiated.unix_millis.max(0);
        let id = format!("{millis:012x}{}", identity::generate::upload_id()?);
        let upload = UploadRecord {
            id: UploadId::parse(&id).ok_or_else(|| S3Error::internal("bad upload id"))?,
            bucket: authorized.bucket()?.record.id,
            key: authorized.key()?.clone(),
            initiated: new.initiated,
            initiator: initiator(authorized.caller()),
            owner,
            acl,
            storage_class: new.described.storage_class,
            headers: new.described.headers,
            user_metadata: new.described.user_metadata,
            tags: new.described.tags.into_pairs(),
            lock: new.described.lock,
            checksum_algorithm: new.checksum_algorithm,
            checksum_type: new.checksum_type,
            encryption: new.encryption,
        };
        self.meta.create_upload(upload.clone()).await.map_err(from_meta)?;
        Ok(upload)
    }

    /// Adds or replaces a part of the decided upload.
    pub(crate) async fn put_part<O: WritesPart>(
        &self,
        authorized: &Authorized<O>,
        part: PartRecord,
    ) -> Result<(), S3Error> {
        self.meta.put_part(&authorized.upload()?.id, part).await.map_err(from_meta)
    }

    /// Parts of the decided upload with numbers above `after`.
    pub(crate) async fn list_parts<O: ReadsParts>(
        &self,
        authorized: &Authorized<O>,
        after: Option<u16>,
        limit: usize,
    ) -> Result<PartPage, S3Error> {
        let id = &authorized.upload()?.id;
        self.meta.list_parts(id, after, limit).await.map_err(from_meta)
    }

    /// Turns the decided upload into its object.
    pub(crate) async fn complete_upload(
        &self,
        authorized: &Authorized<op::CompleteMultipartUpload>,
        parts: NewObjectParts,
        precondition: Precondition,
    ) -> Result<ObjectRecord, S3Error> {
        let upload = authorized.upload()?;
        let owner = upload.owner.clone();
        let events = events_of_write(authorized, &parts)?;
        let key = authorized.key()?.clone();
        let object = new_object(key, owner, upload.acl.clone(), parts, events)?;
        let completion = CompleteUpload { id: upload.id.clone(), object, precondition };
        let completed = self.meta.complete_upload(completion).await;
        self.wake(authorized);
        completed.map_err(|error| match error {
            meta::MetaError::Conflict { what: meta::Noun::Part } => ErrorCode::InvalidPart.into(),
            other => from_write(other, precondition),
        })
    }

    /// The result of an upload that was completed before, for a completion that is repeated.
    pub(crate) async fn completed_upload(
        &self,
        authorized: &Authorized<op::CompleteMultipartUpload>,
        id: &str,
    ) -> Result<Option<CompletedUpload>, S3Error> {
        let Some(id) = UploadId::parse(id) else { return Ok(None) };
        let bucket = authorized.bucket()?.record.id;
        self.meta.completed_upload(bucket, authorized.key()?, &id).await.map_err(from_meta)
    }

    /// Ends the decided upload without an object.
    pub(crate) async fn abort_upload(
        &self,
        authorized: &Authorized<op::AbortMultipartUpload>,
        now: Timestamp,
    ) -> Result<(), S3Error> {
        self.meta.abort_upload(&authorized.upload()?.id, now).await.map_err(from_meta)
    }
}

/// Who started an upload: the canonical id for root, the ARN for anybody else (ID-19).
fn initiator(caller: &Principal) -> Initiator {
    let canonical_id = caller.canonical_id();
    let id = match caller {
        Principal::Root(_) => canonical_id.to_string(),
        other => other.to_string(),
    };
    Initiator { id, canonical_id }
}
