//! CopyObject.

use authz::Asks;
use bytes::Bytes;
use meta::{ObjectHeaders, ObjectRecord};
use model::limits::PUT_SIZE_BYTES_MAX;
use model::{
    BucketName, ChecksumAlgorithm, ErrorCode, ObjectKey, ObjectLock, S3Error, TagSet, VersionId,
};

use super::body::{BodyLength, BodySource, DEFAULT_ALGORITHM, DeclaredIntegrity};
use super::conditions::Conditions;
use super::description::Description;
use super::object_lock;
use super::put::single_part;
use super::versioned::VersionedRecord;
use crate::acl::AclInput;
use crate::call::Call;
use crate::encryption::{CustomerKey, RequestedEncryption};
use crate::gate::{self, Authorized, Intent, op};
use crate::lifecycle::note_expiration;
use crate::store::Store;
use crate::vault::BodyReader;

/// What CopyObject is asked for.
pub struct CopyObject<'a> {
    /// The source.
    pub source: Source<'a>,
    /// The destination bucket.
    pub bucket: &'a BucketName,
    /// The destination key.
    pub key: &'a ObjectKey,
    /// The ACL headers.
    pub acl: Result<AclInput, S3Error>,
    /// New metadata with `x-amz-metadata-directive: REPLACE`; `None` copies the source's.
    pub replace: Option<Replacement>,
    /// New tags with `x-amz-tagging-directive: REPLACE`; `None` copies the source's.
    pub tags: Option<TagSet>,
    /// The lock of the new object; that of the source is never copied.
    pub lock: ObjectLock,
    /// `x-amz-storage-class`, when sent.
    pub storage_class: Option<String>,
    /// `x-amz-website-redirect-location`, which is never copied.
    pub website_redirect_location: Option<String>,
    /// `x-amz-checksum-algorithm`, when sent.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// Conditions on the destination.
    pub conditions: Conditions,
    /// How the copy is to be encrypted.
    pub encryption: RequestedEncryption,
}

/// What a copy reads.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
    /// The version, when one is named.
    pub version: Option<&'a VersionId>,
    /// `x-amz-copy-source-if-*`.
    pub conditions: &'a Conditions,
    /// The customer's key of the source.
    pub customer_key: Option<&'a CustomerKey>,
}

impl<'a> Source<'a> {
    /// What the gate is asked about the source.
    pub(crate) fn intent(&self) -> Intent<'a> {
        Intent { version: self.version, ..Intent::object(self.bucket, self.key) }
    }
}

/// Metadata that replaces the source's.
pub struct Replacement {
    /// Content headers.
    pub headers: ObjectHeaders,
    /// `x-amz-meta-*` without the prefix.
    pub user_metadata: Vec<(String, String)>,
}

/// What a copy made.
pub struct Copied {
    /// The new object.
    pub written: VersionedRecord,
    /// `x-amz-copy-source-version-id`; none if its bucket never had versioning.
    pub source_version: Option<VersionId>,
}

/// Copies an object. The destination is decided first, then the source (§6.8).
pub async fn copy(
    store: &Store,
    call: &Call<'_>,
    input: CopyObject<'_>,
) -> Result<Copied, S3Error> {
    let (source, destination) = both_sides(store, call, &input).await?;
    object_lock::check_new(&destination, &input.lock)?;
    let record = source.object()?;
    let source_key = store.vault.data_key(&source, input.source.customer_key)?;
    input.source.conditions.check_copy_source(&record.etag, record.last_modified)?;
    refuse_illegal_copy(&input, record)?;
    let precondition = input.conditions.of_write()?;

    let algorithm = input
        .checksum_algorithm
        .or(record.checksum.as_ref().map(|checksum| checksum.algorithm))
        .unwrap_or(DEFAULT_ALGORITHM);
    let place = (store.region(), call.now);
    let sealing = store.vault.begin_sealing(&destination, &input.encryption, place).await?;
    let reader = store.vault.read_body(&source, source_key.as_ref(), 0..record.size_bytes)?;
    let mut body = StoredBody { reader, length_bytes: record.size_bytes };
    let declared = DeclaredIntegrity::default();
    let declared = (&declared, algorithm);
    let stored = store.vault.store_object_body(&destination, &mut body, declared, &sealing).await?;
    let blob = stored.blob;
    let parts = single_part(stored, describe(input, record), sealing, call.now);
    let written = store.vault.put_object(&destination, parts, precondition).await;
    if written.is_err() {
        store.vault.abandon(blob).await;
    }
    let written = written?;
    note_expiration(store, call, &destination, &written)?;
    Ok(Copied {
        written: VersionedRecord::new(&destination, written)?,
        source_version: source.mentioned(&record.version)?,
    })
}

/// Decides both sides. Copying the tags needs a permission on each: to read them, and to write them
/// on the new object (§5.9). Whether there are any is only known once the source may be read.
async fn both_sides(
    store: &Store,
    call: &Call<'_>,
    input: &CopyObject<'_>,
) -> Result<(Authorized<op::CopySource>, Authorized<op::CopyDestination>), S3Error> {
    let writes = |tags| Intent {
        acl: input.acl.clone(),
        argument: object_lock::check_argument(&input.lock, call.now),
        asks: object_lock::asks(&input.lock),
        tags,
        ..Intent::object(input.bucket, input.key)
    };
    let destination =
        gate::pass::<op::CopyDestination>(store, call, writes(input.tags.as_ref())).await?;
    let source = gate::pass::<op::CopySource>(store, call, input.source.intent()).await?;
    if input.tags.is_some() || source.object()?.tags.is_empty() {
        return Ok((source, destination));
    }
    let asks = Asks { copies_source_tags: true, ..Asks::default() };
    let reads = Intent { asks, ..input.source.intent() };
    let source = gate::pass::<op::CopySource>(store, call, reads).await?;
    let tags = TagSet::stored(source.object()?.tags.clone());
    let destination = gate::pass::<op::CopyDestination>(store, call, writes(Some(&tags))).await?;
    Ok((source, destination))
}

fn describe(input: CopyObject<'_>, source: &ObjectRecord) -> Description {
    let (headers, user_metadata) = match input.replace {
        Some(replacement) => (replacement.headers, replacement.user_metadata),
        None => (source.headers.clone(), source.user_metadata.clone()),
    };
    Description {
        storage_class: input.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
        headers: ObjectHeaders {
            website_redirect_location: input.website_redirect_location,
            ..headers
        },
        user_metadata,
        tags: input.tags.unwrap_or_else(|| TagSet::stored(source.tags.clone())),
        lock: input.lock,
    }
}

/// A copy onto itself must change something (§2.12), and a single copy has a largest size.
fn refuse_illegal_copy(input: &CopyObject<'_>, source: &ObjectRecord) -> Result<(), S3Error> {
    let onto_itself = input.source.bucket == input.bucket
        && input.source.key == input.key
        && input.source.version.is_none();
    let changes = input.replace.is_some()
        || input.website_redirect_location.is_some()
        || !matches!(input.encryption, RequestedEncryption::Default)
        || input.storage_class.as_ref().is_some_and(|class| *class != source.storage_class);
    if onto_itself && !changes {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    if source.size_bytes > PUT_SIZE_BYTES_MAX {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!(
                "The specified copy source is larger than the maximum allowable size for a copy source: {PUT_SIZE_BYTES_MAX}"
            ),
        ));
    }
    Ok(())
}

/// The body of a stored object, as the source of a new one.
pub(crate) struct StoredBody {
    /// Where it comes from.
    pub(crate) reader: BodyReader,
    /// How long it is.
    pub(crate) length_bytes: u64,
}

impl BodySource for StoredBody {
    fn length(&self) -> BodyLength {
        BodyLength::Exact(self.length_bytes)
    }

    async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        self.reader.next().await
    }

    fn trailing_checksum(&self, _: ChecksumAlgorithm) -> Result<Vec<u8>, S3Error> {
        Err(S3Error::internal("a stored body has no trailer"))
    }
}
