//! The object of a decision, or how its absence is told.

use authz::Side;
use meta::{ObjectRecord, ObjectVersion};
use model::{ErrorCode, ObjectKey, Operation, S3Error};

use super::{Authorized, Object, Op};

impl<O: Op> Authorized<O> {
    /// The object whose facts were decided about. Where there is none, the errors of §7.4, which
    /// only callers hear who may know.
    pub(crate) fn object(&self) -> Result<&ObjectRecord, S3Error> {
        let missing = |code: ErrorCode, key: &ObjectKey| {
            // As recorded (§7.2), GetObjectTagging alone names the bucket too.
            let named = match (O::OPERATION, &self.name) {
                (Operation::GetObjectTagging, Some(bucket)) => format!("{bucket}/{key}"),
                _ => key.to_string(),
            };
            S3Error::new(code).field("Key", named)
        };
        match (&self.object, &self.version) {
            (Object::Present(ObjectVersion::Object(record)), _) => Ok(record),
            (Object::Present(ObjectVersion::DeleteMarker(marker)), None)
                if !answers_405_for_markers(O::OPERATION) =>
            {
                Err(missing(ErrorCode::NoSuchKey, self.key()?)
                    .header("x-amz-delete-marker", "true")
                    .header("x-amz-version-id", marker.version.as_str()))
            }
            (Object::Present(ObjectVersion::DeleteMarker(_)), Some(_))
                if O::SIDE == Side::CopySource =>
            {
                Err(S3Error::with_message(
                    ErrorCode::InvalidRequest,
                    "The source of a copy request may not specifically refer to a delete marker by version id.",
                ))
            }
            // A named delete marker, or a current one whose ACL or tags are meant (ACL-E20, §7.4).
            (Object::Present(ObjectVersion::DeleteMarker(marker)), _) => {
                Err(S3Error::new(ErrorCode::MethodNotAllowed)
                    .field("Method", O::OPERATION.spec().method)
                    .field("ResourceType", "DeleteMarker")
                    .header("x-amz-delete-marker", "true")
                    .header("x-amz-version-id", marker.version.as_str())
                    .header("allow", "DELETE")
                    .last_modified_at(marker.last_modified))
            }
            (Object::Missing, None) => Err(missing(ErrorCode::NoSuchKey, self.key()?)),
            (Object::Missing, Some(version)) => {
                Err(missing(ErrorCode::NoSuchVersion, self.key()?)
                    .field("VersionId", version.as_str()))
            }
            (Object::NotLoaded, _) => {
                Err(S3Error::internal("the decision did not load the object"))
            }
        }
    }
}

/// Whether a delete marker is no object for the operation even where nobody named it.
fn answers_405_for_markers(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::PutObjectAcl
            | Operation::GetObjectTagging
            | Operation::PutObjectTagging
            | Operation::DeleteObjectTagging
            | Operation::GetObjectRetention
            | Operation::PutObjectRetention
            | Operation::GetObjectLegalHold
            | Operation::PutObjectLegalHold
    )
}
