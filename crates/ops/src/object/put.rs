//! PutObject and PostObject.

use model::{BucketName, ObjectKey, Operation, S3Error, Timestamp};

use super::body::{BodySource, DEFAULT_ALGORITHM, DeclaredIntegrity};
use super::conditions::Conditions;
use super::description::Description;
use super::object_lock;
use super::versioned::VersionedRecord;
use crate::acl::AclInput;
use crate::call::Call;
use crate::encryption::RequestedEncryption;
use crate::gate::{self, Intent, op};
use crate::lifecycle::note_expiration;
use crate::store::Store;
use crate::vault::{NewObjectParts, Sealing, StartsObject, Stored, WritesObject};

/// What PutObject or PostObject is asked for, besides the body.
pub struct PutObject<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
    /// The ACL headers, or the `acl` field of a form.
    pub acl: Result<AclInput, S3Error>,
    /// What describes the object.
    pub described: Description,
    /// What the client says about the bytes.
    pub declared: DeclaredIntegrity,
    /// `If-Match`, `If-None-Match`.
    pub conditions: Conditions,
    /// How the object is to be encrypted.
    pub encryption: RequestedEncryption,
}

/// Writes an object. The decision comes before the first byte of the body is read; the answer
/// comes after bytes and metadata are durable.
pub async fn put(
    store: &Store,
    call: &Call<'_>,
    input: PutObject<'_>,
    body: &mut impl BodySource,
) -> Result<VersionedRecord, S3Error> {
    write::<op::PutObject>(store, call, input, body).await
}

/// As [`put`], for the file of a browser's form, whose fields were held against its policy.
pub async fn post(
    store: &Store,
    call: &Call<'_>,
    input: PutObject<'_>,
    body: &mut impl BodySource,
) -> Result<VersionedRecord, S3Error> {
    write::<op::PostObject>(store, call, input, body).await
}

async fn write<O: WritesObject + StartsObject>(
    store: &Store,
    call: &Call<'_>,
    input: PutObject<'_>,
    body: &mut impl BodySource,
) -> Result<VersionedRecord, S3Error> {
    let intent = Intent {
        acl: input.acl,
        argument: object_lock::check_argument(&input.described.lock, call.now),
        asks: object_lock::asks(&input.described.lock),
        tags: Some(&input.described.tags),
        ..Intent::object(input.bucket, input.key)
    };
    let authorized = gate::pass::<O>(store, call, intent).await?;
    let lock = &input.described.lock;
    object_lock::check_new(&authorized, lock)?;
    // A browser cannot say the checksum of a file that the page does not read.
    if O::OPERATION == Operation::PutObject {
        let is_protected = input.declared.is_protected();
        object_lock::check_protected(&authorized, lock, is_protected, "Put Object")?;
    }
    let precondition = input.conditions.of_write()?;
    let place = (store.region(), call.now);
    let sealing = store.vault.begin_sealing(&authorized, &input.encryption, place).await?;
    let algorithm = input.declared.algorithm().unwrap_or(DEFAULT_ALGORITHM);
    let declared = (&input.declared, algorithm);
    let stored = store.vault.store_object_body(&authorized, body, declared, &sealing).await?;
    let blob = stored.blob;
    let parts = single_part(stored, input.described, sealing, call.now);
    let written = store.vault.put_object(&authorized, parts, precondition).await;
    if written.is_err() {
        store.vault.abandon(blob).await;
    }
    let written = written?;
    note_expiration(store, call, &authorized, &written)?;
    VersionedRecord::new(&authorized, written)
}

/// The record of a body that was written in one go.
pub(crate) fn single_part(
    stored: Stored,
    described: Description,
    sealing: Sealing,
    last_modified: Timestamp,
) -> NewObjectParts {
    let part = stored.blob.map(|_| stored.part(1, None));
    NewObjectParts {
        size_bytes: stored.size_bytes,
        etag: stored.etag,
        last_modified,
        described,
        checksum: Some(stored.computed.checksum),
        parts: part.into_iter().collect(),
        encryption: sealing.encryption,
    }
}
