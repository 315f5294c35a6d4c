//! CompleteMultipartUpload.

use md5::{Digest as _, Md5};
use meta::{ObjectPart, PartRecord, UploadRecord};
use model::limits::{OBJECT_SIZE_BYTES_MAX, PART_NUMBER_MAX, PART_SIZE_BYTES_MIN};
use model::{
    BucketName, Checksum, ChecksumAlgorithm, ChecksumType, ETag, ErrorCode, ObjectEncryption,
    ObjectKey, S3Error, TagSet, VersionId,
};

use super::create::with_upload_id;
use crate::call::Call;
use crate::gate::{self, Authorized, Intent, op};
use crate::lifecycle::note_expiration;
use crate::object::Description;
use crate::object::conditions::Conditions;
use crate::object::digest::checksum_of;
use crate::store::Store;
use crate::vault::NewObjectParts;

/// What CompleteMultipartUpload is asked for.
pub struct CompleteUpload<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
    /// The upload.
    pub upload_id: &'a str,
    /// The chosen parts in the order sent, or the error in the document.
    pub parts: Result<Vec<ChosenPart>, S3Error>,
    /// The checksum of the whole object that the client expects.
    pub checksum: Option<(ChecksumAlgorithm, Vec<u8>)>,
    /// `x-amz-checksum-type`.
    pub checksum_type: Option<ChecksumType>,
    /// `x-amz-mp-object-size`: the size that the client expects.
    pub object_size_bytes: Option<u64>,
    /// `If-Match`, `If-None-Match`.
    pub conditions: Conditions,
}

/// One `Part` of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenPart {
    /// Its number.
    pub number: u16,
    /// Its entity tag; `None` if the text is no entity tag at all.
    pub etag: Option<ETag>,
    /// Its checksum, when sent.
    pub checksum: Option<(ChecksumAlgorithm, Vec<u8>)>,
}

/// The object that an upload became.
#[derive(Clone, Debug)]
pub struct Completed {
    /// Its entity tag.
    pub etag: ETag,
    /// Its checksum.
    pub checksum: Option<Checksum>,
    /// Its version, when the bucket is versioned.
    pub version: Option<VersionId>,
    /// How it is encrypted; not told again by a completion that is repeated.
    pub encryption: Option<ObjectEncryption>,
}

/// Turns an upload into its object. A completion that is repeated gets the same answer.
pub async fn complete(
    store: &Store,
    call: &Call<'_>,
    input: CompleteUpload<'_>,
) -> Result<Completed, S3Error> {
    let intent = Intent {
        upload_id: Some(input.upload_id),
        argument: input.parts.clone().map(drop),
        ..Intent::object(input.bucket, input.key)
    };
    let authorized = gate::pass::<op::CompleteMultipartUpload>(store, call, intent).await?;
    let chosen = input.parts?;
    let Ok(upload) = authorized.upload() else {
        return repeated(store, &authorized, input.upload_id).await;
    };
    let stored = all_parts(store, &authorized).await?;
    let parts = select(upload, chosen, stored, input.upload_id)?;
    let size_bytes = checked_size(&parts, input.object_size_bytes)?;
    let checksum = object_checksum(upload, &parts)?;
    verify_checksum(input.checksum.as_ref(), input.checksum_type, checksum.as_ref())?;
    let record = store
        .vault
        .complete_upload(
            &authorized,
            NewObjectParts {
                size_bytes,
                etag: multipart_etag(&parts)?,
                last_modified: call.now,
                described: Description {
                    headers: upload.headers.clone(),
                    user_metadata: upload.user_metadata.clone(),
                    storage_class: upload.storage_class.clone(),
                    tags: TagSet::stored(upload.tags.clone()),
                    lock: upload.lock,
                },
                checksum,
                parts,
                encryption: upload.encryption.clone(),
            },
            input.conditions.of_write()?,
        )
        .await
        .map_err(|error| with_upload_id(error, input.upload_id))?;
    note_expiration(store, call, &authorized, &record)?;
    let version = authorized.mentioned(&record.version)?;
    let encryption = record.encryption;
    Ok(Completed { etag: record.etag, checksum: record.checksum, version, encryption })
}

async fn repeated(
    store: &Store,
    authorized: &Authorized<op::CompleteMultipartUpload>,
    upload_id: &str,
) -> Result<Completed, S3Error> {
    let unknown = || with_upload_id(ErrorCode::NoSuchUpload.into(), upload_id);
    let before = store.vault.completed_upload(authorized, upload_id).await?.ok_or_else(unknown)?;
    let version = authorized.mentioned(&before.version)?;
    Ok(Completed { etag: before.etag, checksum: before.checksum, version, encryption: None })
}

async fn all_parts(
    store: &Store,
    authorized: &Authorized<op::CompleteMultipartUpload>,
) -> Result<Vec<PartRecord>, S3Error> {
    let limit = usize::from(PART_NUMBER_MAX);
    Ok(store.vault.list_parts(authorized, None, limit).await?.parts)
}

/// The stored parts that were chosen, in order. AWS: API reference, CompleteMultipartUpload.
fn select(
    upload: &UploadRecord,
    chosen: Vec<ChosenPart>,
    stored: Vec<PartRecord>,
    upload_id: &str,
) -> Result<Vec<ObjectPart>, S3Error> {
    let mut stored = stored.into_iter().peekable();
    let mut parts: Vec<ObjectPart> = Vec::with_capacity(chosen.len());
    for wanted in chosen {
        if parts.last().is_some_and(|last| last.number >= wanted.number) {
            return Err(S3Error::new(ErrorCode::InvalidPartOrder).field("UploadId", upload_id));
        }
        while stored.next_if(|record| record.part.number < wanted.number).is_some() {}
        let found = stored.next_if(|record| record.part.number == wanted.number);
        let part = found
            .map(|record| record.part)
            .filter(|part| wanted.etag == Some(part.etag))
            .ok_or_else(|| invalid_part(&wanted, upload_id))?;
        check_part_checksum(upload, &wanted, &part, upload_id)?;
        if let Some(previous) = parts.last()
            && previous.size_bytes < PART_SIZE_BYTES_MIN
        {
            return Err(S3Error::new(ErrorCode::EntityTooSmall)
                .field("ProposedSize", previous.size_bytes.to_string())
                .field("MinSizeAllowed", PART_SIZE_BYTES_MIN.to_string())
                .field("PartNumber", previous.number.to_string())
                .field("ETag", previous.etag.to_string()));
        }
        parts.push(part);
    }
    Ok(parts)
}

fn invalid_part(wanted: &ChosenPart, upload_id: &str) -> S3Error {
    let etag = wanted.etag.map(|etag| etag.to_string()).unwrap_or_default();
    S3Error::new(ErrorCode::InvalidPart)
        .field("UploadId", upload_id)
        .field("PartNumber", wanted.number.to_string())
        .field("ETag", etag)
}

/// A checksum in the document must be the part's; a composite checksum needs one of every part.
fn check_part_checksum(
    upload: &UploadRecord,
    wanted: &ChosenPart,
    part: &ObjectPart,
    upload_id: &str,
) -> Result<(), S3Error> {
    let Some((algorithm, value)) = &wanted.checksum else {
        return match (upload.checksum_algorithm, upload.checksum_type) {
            (Some(algorithm), Some(ChecksumType::Composite)) => Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                format!(
                    "The upload was created using a {0} checksum. The complete request must include the checksum for each part. It was missing for part {1} in the request.",
                    algorithm.as_str().to_ascii_lowercase(),
                    wanted.number
                ),
            )),
            _ => Ok(()),
        };
    };
    let matches = part
        .checksum
        .as_ref()
        .is_none_or(|stored| stored.algorithm == *algorithm && stored.value == *value);
    if matches { Ok(()) } else { Err(invalid_part(wanted, upload_id)) }
}

fn checked_size(parts: &[ObjectPart], expected: Option<u64>) -> Result<u64, S3Error> {
    let size = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.size_bytes));
    if size > OBJECT_SIZE_BYTES_MAX {
        return Err(S3Error::new(ErrorCode::EntityTooLarge)
            .field("ProposedSize", size.to_string())
            .field("MaxSizeAllowed", OBJECT_SIZE_BYTES_MAX.to_string()));
    }
    match expected {
        Some(expected) if expected != size => Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!(
                "The provided 'x-amz-mp-object-size' header value {expected} does not match what was computed: {size}"
            ),
        )),
        _ => Ok(size),
    }
}

/// The MD5 of the parts' MD5s, with their number.
pub(crate) fn multipart_etag(parts: &[ObjectPart]) -> Result<ETag, S3Error> {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part.etag.md5);
    }
    let count = u16::try_from(parts.len()).map_err(S3Error::internal)?;
    Ok(ETag { md5: md5.finalize().into(), parts: Some(count) })
}

/// The checksum of the object, from those of its parts: their checksum (composite), or their
/// combination (full object; only CRCs can be combined).
fn object_checksum(
    upload: &UploadRecord,
    parts: &[ObjectPart],
) -> Result<Option<Checksum>, S3Error> {
    let (Some(algorithm), Some(kind)) = (upload.checksum_algorithm, upload.checksum_type) else {
        return Ok(None);
    };
    let missing = || S3Error::internal("a part of an upload with checksums has none");
    let mut values = parts.iter().map(|part| {
        part.checksum
            .as_ref()
            .map(|checksum| (&checksum.value, part.size_bytes))
            .ok_or_else(missing)
    });
    let (value, count) = match kind {
        ChecksumType::Composite => {
            let all = values.try_fold(Vec::new(), |mut all, value| {
                all.extend_from_slice(value?.0);
                Ok::<_, S3Error>(all)
            })?;
            let count = u16::try_from(parts.len()).map_err(S3Error::internal)?;
            (checksum_of(algorithm, &all), Some(count))
        }
        ChecksumType::FullObject => {
            let first = values.next().ok_or_else(missing)??.0.clone();
            let combined = values.try_fold(first, |all, next| {
                let (value, size) = next?;
                Ok::<_, S3Error>(crate::object::digest::combine(algorithm, &all, value, size))
            })?;
            (combined, None)
        }
    };
    Ok(Some(Checksum { algorithm, checksum_type: kind, value, parts: count }))
}

fn verify_checksum(
    declared: Option<&(ChecksumAlgorithm, Vec<u8>)>,
    declared_type: Option<ChecksumType>,
    computed: Option<&Checksum>,
) -> Result<(), S3Error> {
    if let (Some(declared), Some(computed)) = (declared_type, computed)
        && declared != computed.checksum_type
    {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!(
                "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
                computed.checksum_type.as_str()
            ),
        ));
    }
    match (declared, computed) {
        (Some((algorithm, value)), Some(computed))
            if computed.algorithm != *algorithm || computed.value != *value =>
        {
            Err(S3Error::with_message(
                ErrorCode::BadDigest,
                format!(
                    "The {} you specified did not match the calculated checksum.",
                    algorithm.as_str()
                ),
            ))
        }
        _ => Ok(()),
    }
}
