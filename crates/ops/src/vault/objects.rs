//! What is done to objects.

use authz::{admission, ownership};
use meta::{
    BucketId, DeleteObject, DeleteOutcome, MetaError, MetadataStore as _, NewEvent, NewObject,
    Noun, ObjectChange, ObjectPart, ObjectRecord, Precondition,
};
use model::{
    AccessControlList, CanonicalUserId, Checksum, ETag, ErrorCode, ObjectEncryption, ObjectKey,
    Retention, S3Error, TagSet, Timestamp,
};

use super::Vault;
use crate::error::from_meta;
use crate::events::{self, ObjectFacts};
use crate::gate::{Authorized, Op, op};
use crate::object::Description;
use crate::object::conditions::failed;

/// Operations that write an object under the decided key.
pub(crate) trait WritesObject: Op {}
impl WritesObject for op::PutObject {}
impl WritesObject for op::PostObject {}
impl WritesObject for op::CopyDestination {}
impl WritesObject for op::CompleteMultipartUpload {}

/// Operations that replace the tags of the decided version.
pub(crate) trait ChangesTags: Op {}
impl ChangesTags for op::PutObjectTagging {}
impl ChangesTags for op::DeleteObjectTagging {}

/// What a write says about the object; bucket, key, owner and ACL come from the decision.
pub(crate) struct NewObjectParts {
    /// Length of the body in bytes.
    pub(crate) size_bytes: u64,
    /// The entity tag.
    pub(crate) etag: ETag,
    /// Now.
    pub(crate) last_modified: Timestamp,
    /// What describes the object.
    pub(crate) described: Description,
    /// The additional checksum.
    pub(crate) checksum: Option<Checksum>,
    /// Where the body lies.
    pub(crate) parts: Vec<ObjectPart>,
    /// How it is encrypted.
    pub(crate) encryption: Option<ObjectEncryption>,
}

/// A deletion that was allowed.
pub(crate) struct Deletion {
    /// Which key, perhaps which version.
    pub(crate) authorized: Authorized<op::DeleteObject>,
    /// What must hold of the object.
    pub(crate) precondition: Precondition,
}

impl Deletion {
    /// What the metadata is asked for; bucket, key and version come from the decision.
    fn wanted(&self, now: Timestamp) -> Result<(BucketId, DeleteObject), S3Error> {
        let deletion = DeleteObject {
            key: self.authorized.key()?.clone(),
            version: self.authorized.version().cloned(),
            fresh_version: identity::generate::version_id()?,
            owner: self.authorized.caller().canonical_id(),
            now,
            precondition: self.precondition,
            bypass: self.authorized.bypass(),
            events: events::of_change(&self.authorized, &ObjectFacts::default())?,
        };
        Ok((self.authorized.bucket()?.record.id, deletion))
    }
}

impl Vault {
    /// Makes a body the object of the decided key. This commit is when the write happens.
    pub(crate) async fn put_object<O: WritesObject>(
        &self,
        authorized: &Authorized<O>,
        parts: NewObjectParts,
        precondition: Precondition,
    ) -> Result<ObjectRecord, S3Error> {
        let bucket = authorized.bucket()?;
        let (owner, acl) = owner_and_acl(authorized)?;
        let events = events_of_write(authorized, &parts)?;
        let object = new_object(authorized.key()?.clone(), owner, acl, parts, events)?;
        let written = self.meta.put_object(bucket.record.id, object, precondition).await;
        self.wake(authorized);
        written.map_err(|error| from_write(error, precondition))
    }

    /// Deletes the decided key, or the decided version of it.
    pub(crate) async fn delete_object(
        &self,
        deletion: &Deletion,
        now: Timestamp,
    ) -> Result<DeleteOutcome, S3Error> {
        let (bucket, wanted) = deletion.wanted(now)?;
        let outcome = self.meta.delete_object(bucket, wanted).await;
        self.wake(&deletion.authorized);
        outcome.map_err(|error| from_write(error, deletion.precondition))
    }

    /// Deletes each of the decided keys on its own, with few commits for all. Outcomes are in the
    /// order of the deletions.
    pub(crate) async fn delete_objects(
        &self,
        deletions: &[Deletion],
        now: Timestamp,
    ) -> Result<Vec<Result<DeleteOutcome, S3Error>>, S3Error> {
        let wanted =
            deletions.iter().map(|deletion| deletion.wanted(now)).collect::<Result<_, _>>()?;
        let outcomes = self.meta.delete_objects(wanted).await.into_iter().zip(deletions);
        if let Some(deletion) = deletions.first() {
            self.wake(&deletion.authorized);
        }
        Ok(outcomes
            .map(|(outcome, deletion)| {
                outcome.map_err(|error| from_write(error, deletion.precondition))
            })
            .collect())
    }

    /// Replaces the ACL of exactly the version that was decided about.
    pub(crate) async fn set_object_acl(
        &self,
        authorized: &Authorized<op::PutObjectAcl>,
        acl: AccessControlList,
    ) -> Result<ObjectRecord, S3Error> {
        self.change_object(authorized, ObjectChange::Acl(Some(acl))).await
    }

    /// Replaces the tags of exactly the version that was decided about.
    pub(crate) async fn set_object_tags<O: ChangesTags>(
        &self,
        authorized: &Authorized<O>,
        tags: TagSet,
    ) -> Result<ObjectRecord, S3Error> {
        self.change_object(authorized, ObjectChange::Tags(tags.into_pairs())).await
    }

    /// Places, changes or takes away the retention of exactly the version that was decided about.
    pub(crate) async fn set_retention(
        &self,
        authorized: &Authorized<op::PutObjectRetention>,
        retention: Option<Retention>,
        now: Timestamp,
    ) -> Result<(), S3Error> {
        let bypass = authorized.bypass();
        let change = ObjectChange::Retention { retention, now, bypass };
        self.change_object(authorized, change).await.map(drop)
    }

    /// Places or lifts a legal hold on exactly the version that was decided about.
    pub(crate) async fn set_legal_hold(
        &self,
        authorized: &Authorized<op::PutObjectLegalHold>,
        is_held: bool,
    ) -> Result<(), S3Error> {
        self.change_object(authorized, ObjectChange::LegalHold(is_held)).await.map(drop)
    }

    async fn change_object<O: Op>(
        &self,
        authorized: &Authorized<O>,
        change: ObjectChange,
    ) -> Result<ObjectRecord, S3Error> {
        let object = authorized.object()?;
        let told = ObjectFacts { size_bytes: None, etag: Some(object.etag.to_string()) };
        let events = events::of_change(authorized, &told)?;
        let bucket = authorized.bucket()?.record.id;
        let key = authorized.key()?;
        let changed = self.meta.update_object(bucket, key, object.sequence, change, events).await;
        self.wake(authorized);
        changed.map_err(from_meta)
    }
}

/// Who will own what the decided request writes, and the ACL that it stores. While ACLs are
/// disabled none is stored: whatever was accepted means bucket-owner FULL_CONTROL (§3.5).
pub(super) fn owner_and_acl<O: Op>(
    authorized: &Authorized<O>,
) -> Result<(CanonicalUserId, Option<AccessControlList>), S3Error> {
    let facts = &authorized.bucket()?.facts;
    let requested = authorized.acl();
    let owner = ownership::owner_of_new_object(authorized.caller(), requested, facts);
    let acl = (requested.is_present() && !facts.acls_are_disabled())
        .then(|| admission::expand_acl(requested, &owner, &facts.owner.canonical_id));
    Ok((owner, acl))
}

/// What the decided write tells.
pub(super) fn events_of_write<O: Op>(
    authorized: &Authorized<O>,
    parts: &NewObjectParts,
) -> Result<Vec<NewEvent>, S3Error> {
    let (size_bytes, etag) = (Some(parts.size_bytes), Some(parts.etag.to_string()));
    events::of_change(authorized, &ObjectFacts { size_bytes, etag })
}

/// The record of a write.
pub(super) fn new_object(
    key: ObjectKey,
    owner: CanonicalUserId,
    acl: Option<AccessControlList>,
    parts: NewObjectParts,
    events: Vec<NewEvent>,
) -> Result<NewObject, S3Error> {
    Ok(NewObject {
        key,
        fresh_version: identity::generate::version_id()?,
        size_bytes: parts.size_bytes,
        etag: parts.etag,
        last_modified: parts.last_modified,
        owner,
        storage_class: parts.described.storage_class,
        headers: parts.described.headers,
        user_metadata: parts.described.user_metadata,
        tags: parts.described.tags.into_pairs(),
        lock: parts.described.lock,
        checksum: parts.checksum,
        acl,
        encryption: parts.encryption,
        parts: parts.parts,
        events,
    })
}

/// Errors of conditional writes: 412 with the condition, or 404 where `If-Match` finds no object.
pub(super) fn from_write(error: MetaError, precondition: Precondition) -> S3Error {
    match error {
        MetaError::PreconditionFailed => failed(match precondition {
            Precondition::IfNoneMatchAny => "If-None-Match",
            _ => "If-Match",
        }),
        MetaError::NotFound { what: Noun::Object } => ErrorCode::NoSuchKey.into(),
        other => from_meta(other),
    }
}
