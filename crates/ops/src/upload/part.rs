//! UploadPart and UploadPartCopy.

use std::ops::Range;

use meta::PartRecord;
use model::{
    BucketName, Checksum, ChecksumAlgorithm, ETag, ErrorCode, ObjectEncryption, ObjectKey, S3Error,
    Timestamp, VersionId,
};

use super::create::with_upload_id;
use crate::call::Call;
use crate::encryption::CustomerKey;
use crate::gate::{self, Authorized, Intent, op};
use crate::object::body::{BodySource, DEFAULT_ALGORITHM, DeclaredIntegrity};
use crate::object::copy::{Source, StoredBody};
use crate::object::object_lock;
use crate::store::Store;
use crate::vault::{Stored, WritesPart};

/// Which part of which upload is written.
#[derive(Clone, Copy)]
pub struct PartTarget<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
    /// The upload.
    pub upload_id: &'a str,
    /// 1 to 10,000, checked by the wire.
    pub number: u16,
    /// The customer's key.
    pub customer_key: Option<&'a CustomerKey>,
}

impl<'a> PartTarget<'a> {
    fn intent(&self) -> Intent<'a> {
        Intent { upload_id: Some(self.upload_id), ..Intent::object(self.bucket, self.key) }
    }
}

/// A part that was written.
#[derive(Debug)]
pub struct UploadedPart {
    /// Its entity tag.
    pub etag: ETag,
    /// Its checksum, when the upload or the request named an algorithm.
    pub checksum: Option<Checksum>,
    /// When it was written.
    pub last_modified: Timestamp,
    /// `x-amz-copy-source-version-id` of a copied part; none if its bucket never had versioning.
    pub source_version: Option<VersionId>,
    /// How the upload is encrypted.
    pub encryption: Option<ObjectEncryption>,
}

/// Receives a part.
pub async fn upload(
    store: &Store,
    call: &Call<'_>,
    target: PartTarget<'_>,
    declared: &DeclaredIntegrity,
    body: &mut impl BodySource,
) -> Result<UploadedPart, S3Error> {
    let authorized = gate::pass::<op::UploadPart>(store, call, target.intent()).await?;
    let upload = authorized.upload().map_err(|error| with_upload_id(error, target.upload_id))?;
    let is_protected = declared.is_protected();
    object_lock::check_protected(&authorized, &upload.lock, is_protected, "Put Part")?;
    let sealing = store.vault.part_sealing(&authorized, target.customer_key)?;
    let algorithm = part_algorithm(upload.checksum_algorithm, declared.algorithm())?;
    let stored = store
        .vault
        .store_part_body(
            &authorized,
            target.number,
            body,
            (declared, algorithm.unwrap_or(DEFAULT_ALGORITHM)),
            &sealing,
        )
        .await?;
    let part = part_record(target.number, &stored, algorithm.is_some(), call.now);
    record(store, &authorized, part, target.upload_id, None).await
}

/// Makes a part of bytes that are stored already. The destination is decided first (§6.8).
pub async fn copy(
    store: &Store,
    call: &Call<'_>,
    target: PartTarget<'_>,
    source: Source<'_>,
    range: impl FnOnce(u64) -> Result<Range<u64>, S3Error>,
) -> Result<UploadedPart, S3Error> {
    let authorized = gate::pass::<op::PartCopyDestination>(store, call, target.intent()).await?;
    let upload = authorized.upload().map_err(|error| with_upload_id(error, target.upload_id))?;
    let from = gate::pass::<op::PartCopySource>(store, call, source.intent()).await?;
    let source_key = store.vault.data_key(&from, source.customer_key)?;
    let sealing = store.vault.part_sealing(&authorized, target.customer_key)?;
    let record_of_source = from.object()?;
    source.conditions.check_copy_source(&record_of_source.etag, record_of_source.last_modified)?;
    let range = range(record_of_source.size_bytes)?;
    let mut body = StoredBody {
        length_bytes: range.end.saturating_sub(range.start),
        reader: store.vault.read_body(&from, source_key.as_ref(), range)?,
    };
    let algorithm = upload.checksum_algorithm;
    let stored = store
        .vault
        .store_part_body(
            &authorized,
            target.number,
            &mut body,
            (&DeclaredIntegrity::default(), algorithm.unwrap_or(DEFAULT_ALGORITHM)),
            &sealing,
        )
        .await?;
    let part = part_record(target.number, &stored, algorithm.is_some(), call.now);
    let source_version = from.mentioned(&record_of_source.version)?;
    record(store, &authorized, part, target.upload_id, source_version).await
}

/// The algorithm of a part: the upload's; a request that declares another one is refused. An
/// upload without one takes whatever the request declares.
fn part_algorithm(
    of_upload: Option<ChecksumAlgorithm>,
    declared: Option<ChecksumAlgorithm>,
) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    match (of_upload, declared) {
        (Some(wanted), Some(sent)) if wanted != sent => Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                wanted.as_str().to_ascii_lowercase(),
                sent.as_str().to_ascii_lowercase()
            ),
        )),
        (of_upload, declared) => Ok(of_upload.or(declared)),
    }
}

fn part_record(number: u16, stored: &Stored, with_checksum: bool, now: Timestamp) -> PartRecord {
    let checksum = with_checksum.then(|| stored.computed.checksum.clone());
    PartRecord { part: stored.part(number, checksum), last_modified: now }
}

/// Makes a stored body a part of the upload.
async fn record<O: WritesPart>(
    store: &Store,
    authorized: &Authorized<O>,
    record: PartRecord,
    upload_id: &str,
    source_version: Option<VersionId>,
) -> Result<UploadedPart, S3Error> {
    if let Err(error) = store.vault.put_part(authorized, record.clone()).await {
        store.vault.abandon(record.part.blob).await;
        return Err(with_upload_id(error, upload_id));
    }
    Ok(UploadedPart {
        etag: record.part.etag,
        checksum: record.part.checksum,
        last_modified: record.last_modified,
        source_version,
        encryption: authorized.upload()?.encryption.clone(),
    })
}
