//! CreateMultipartUpload and AbortMultipartUpload.

use meta::UploadRecord;
use model::{BucketName, ChecksumAlgorithm, ChecksumType, ErrorCode, ObjectKey, S3Error};

use crate::acl::AclInput;
use crate::call::Call;
use crate::encryption::RequestedEncryption;
use crate::gate::{self, Intent, op};
use crate::lifecycle::note_abort;
use crate::object::{Description, object_lock};
use crate::store::Store;
use crate::vault::NewUpload;

/// What CreateMultipartUpload is asked for.
pub struct CreateUpload<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
    /// The ACL headers.
    pub acl: Result<AclInput, S3Error>,
    /// What describes the object.
    pub described: Description,
    /// `x-amz-checksum-algorithm`.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
    /// `x-amz-checksum-type`.
    pub checksum_type: Option<ChecksumType>,
    /// How the object is to be encrypted.
    pub encryption: RequestedEncryption,
}

/// Starts an upload.
pub async fn create(
    store: &Store,
    call: &Call<'_>,
    input: CreateUpload<'_>,
) -> Result<UploadRecord, S3Error> {
    let checksum_type = checksum_type(input.checksum_algorithm, input.checksum_type);
    let intent = Intent {
        acl: input.acl,
        argument: checksum_type
            .clone()
            .and(object_lock::check_argument(&input.described.lock, call.now)),
        asks: object_lock::asks(&input.described.lock),
        tags: Some(&input.described.tags),
        ..Intent::object(input.bucket, input.key)
    };
    let authorized = gate::pass::<op::CreateMultipartUpload>(store, call, intent).await?;
    object_lock::check_new(&authorized, &input.described.lock)?;
    let place = (store.region(), call.now);
    let sealing = store.vault.begin_sealing(&authorized, &input.encryption, place).await?;
    let new = NewUpload {
        initiated: call.now,
        described: input.described,
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: checksum_type?,
        encryption: sealing.encryption,
    };
    let upload = store.vault.create_upload(&authorized, new).await?;
    note_abort(store, call, &authorized, &upload)?;
    Ok(upload)
}

/// The checksum type of an upload: the one asked for if the algorithm has it, else the
/// algorithm's own.
fn checksum_type(
    algorithm: Option<ChecksumAlgorithm>,
    wanted: Option<ChecksumType>,
) -> Result<Option<ChecksumType>, S3Error> {
    match (algorithm, wanted) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )),
        (Some(algorithm), None) => Ok(Some(algorithm.default_multipart_type())),
        (Some(algorithm), Some(wanted)) if algorithm.supports(wanted) => Ok(Some(wanted)),
        (Some(algorithm), Some(wanted)) => Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            format!(
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                wanted.as_str(),
                algorithm.as_str().to_ascii_lowercase()
            ),
        )),
    }
}

/// Ends an upload and drops its parts.
pub async fn abort(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    upload_id: &str,
) -> Result<(), S3Error> {
    let intent = Intent { upload_id: Some(upload_id), ..Intent::object(bucket, key) };
    let authorized = gate::pass::<op::AbortMultipartUpload>(store, call, intent).await?;
    let outcome = store.vault.abort_upload(&authorized, call.now).await;
    outcome.map_err(|error| with_upload_id(error, upload_id))
}

/// `NoSuchUpload` names the upload.
pub(crate) fn with_upload_id(error: S3Error, upload_id: &str) -> S3Error {
    match error.code() {
        ErrorCode::NoSuchUpload => error.field("UploadId", upload_id),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_types() {
        use ChecksumAlgorithm::{Crc32, Crc64Nvme, Sha256};
        use ChecksumType::{Composite, FullObject};
        let of = |algorithm, wanted| checksum_type(algorithm, wanted).ok();
        assert_eq!(of(None, None), Some(None));
        assert_eq!(of(Some(Crc32), None), Some(Some(Composite)));
        assert_eq!(of(Some(Crc64Nvme), None), Some(Some(FullObject)));
        assert_eq!(of(Some(Crc32), Some(FullObject)), Some(Some(FullObject)));
        assert_eq!(of(Some(Sha256), Some(FullObject)), None);
        assert_eq!(of(Some(Crc64Nvme), Some(Composite)), None);
        assert_eq!(of(None, Some(Composite)), None);
    }
}
