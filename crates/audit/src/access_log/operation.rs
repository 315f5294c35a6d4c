//! The names of operations in access logs, `REST.VERB.RESOURCE` (§9.5, field 7).
//!
//! Source: AWS, "Amazon S3 server access log format", and the names that published logs show.

use authz::Side;
use model::{Operation, Target};

use super::line::side_of;

/// The record that the destination of a CopyObject writes about its source (LOG-9).
pub const COPY_SOURCE: &str = "REST.COPY.OBJECT_GET";
/// As [`COPY_SOURCE`], for UploadPartCopy.
pub const PART_COPY_SOURCE: &str = "REST.COPY.PART_GET";
/// The record of one key of a DeleteObjects (LOG-12).
pub const BATCH_DELETE: &str = "BATCH.DELETE.OBJECT";

/// An object or version that lifecycle rules removed for good. AWS: "S3 Lifecycle and logging".
pub const EXPIRED_OBJECT: &str = "S3.EXPIRE.OBJECT";
/// A delete marker that lifecycle rules put over an object.
pub const EXPIRED_MARKER: &str = "S3.CREATE.DELETEMARKER";
/// An upload that lifecycle rules ended.
pub const ABORTED_UPLOAD: &str = "S3.DELETE.UPLOAD";

/// The name of an operation.
pub fn name(operation: Operation) -> String {
    let verb = match operation {
        Operation::CopyObject | Operation::UploadPartCopy => "COPY",
        other => other.spec().method,
    };
    format!("REST.{verb}.{}", resource(operation))
}

/// The operation with this name, and the half of a copy that is meant; none if it is not one that
/// somebody asks for. Several have the name of a bucket's and of an object's sub-resource.
pub fn named(name: &str, has_key: bool) -> Option<(Operation, Side)> {
    let side = side_of(name);
    let wanted = match name {
        COPY_SOURCE => "REST.COPY.OBJECT".to_owned(),
        PART_COPY_SOURCE => "REST.COPY.PART".to_owned(),
        BATCH_DELETE => "REST.DELETE.OBJECT".to_owned(),
        other => other.replacen("WEBSITE.", "REST.", 1),
    };
    let target = if has_key { Target::Object } else { Target::Bucket };
    let rows = Operation::table().iter().filter(|row| row.method != "OPTIONS");
    let mut named = rows.filter(|row| self::name(row.operation) == wanted);
    named.find(|row| row.target == target).map(|row| (row.operation, side))
}

fn resource(operation: Operation) -> String {
    let fixed = match operation {
        Operation::UploadPart | Operation::UploadPartCopy => "PART",
        Operation::CompleteMultipartUpload
        | Operation::AbortMultipartUpload
        | Operation::ListParts => "UPLOAD",
        Operation::CreateMultipartUpload | Operation::ListMultipartUploads => "UPLOADS",
        Operation::DeleteObjects => "MULTI_OBJECT_DELETE",
        Operation::PostObject => "OBJECT",
        Operation::ListObjectsV2 => "BUCKET",
        other => return resource_of_path(other),
    };
    fixed.to_owned()
}

/// From the sub-resource in the query, else from what the operation is called on.
fn resource_of_path(operation: Operation) -> String {
    let spec = operation.spec();
    if spec.method == "OPTIONS" {
        return "PREFLIGHT".into();
    }
    let whole = match spec.target {
        Target::Service => "SERVICE",
        // Access logs are of buckets; no record has this.
        Target::Account => "ACCOUNT",
        Target::Bucket => "BUCKET",
        Target::Object => "OBJECT",
    };
    let Some(sub_resource) = spec.query.first() else { return whole.into() };
    let known = match (*sub_resource, spec.target) {
        ("logging", _) => "LOGGING_STATUS",
        ("policy", _) => "BUCKETPOLICY",
        ("policyStatus", _) => "POLICY_STATUS",
        ("publicAccessBlock", _) => "PUBLIC_ACCESS_BLOCK",
        ("ownershipControls", _) => "OWNERSHIP_CONTROLS",
        ("requestPayment", _) => "REQUEST_PAYMENT",
        ("versions", _) => "BUCKETVERSIONS",
        ("object-lock", _) => "OBJECT_LOCK_CONFIGURATION",
        ("retention", _) => "OBJECT_LOCK_RETENTION",
        ("legal-hold", _) => "OBJECT_LOCK_LEGALHOLD",
        ("attributes", _) => "OBJECT_ATTRIBUTES",
        ("tagging", Target::Object) => "OBJECT_TAGGING",
        (other, _) => return other.to_ascii_uppercase().replace('-', "_"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (operation, expected) in [
            (Operation::GetObject, "REST.GET.OBJECT"),
            (Operation::HeadObject, "REST.HEAD.OBJECT"),
            (Operation::PutObject, "REST.PUT.OBJECT"),
            (Operation::PostObject, "REST.POST.OBJECT"),
            (Operation::CopyObject, "REST.COPY.OBJECT"),
            (Operation::DeleteObjects, "REST.POST.MULTI_OBJECT_DELETE"),
            (Operation::ListBuckets, "REST.GET.SERVICE"),
            (Operation::ListObjects, "REST.GET.BUCKET"),
            (Operation::ListObjectsV2, "REST.GET.BUCKET"),
            (Operation::ListObjectVersions, "REST.GET.BUCKETVERSIONS"),
            (Operation::GetBucketAcl, "REST.GET.ACL"),
            (Operation::PutObjectAcl, "REST.PUT.ACL"),
            (Operation::GetBucketLogging, "REST.GET.LOGGING_STATUS"),
            (Operation::GetBucketPolicy, "REST.GET.BUCKETPOLICY"),
            (Operation::GetBucketTagging, "REST.GET.TAGGING"),
            (Operation::GetObjectTagging, "REST.GET.OBJECT_TAGGING"),
            (Operation::CreateMultipartUpload, "REST.POST.UPLOADS"),
            (Operation::UploadPart, "REST.PUT.PART"),
            (Operation::UploadPartCopy, "REST.COPY.PART"),
            (Operation::CompleteMultipartUpload, "REST.POST.UPLOAD"),
            (Operation::ListParts, "REST.GET.UPLOAD"),
        ] {
            assert_eq!(name(operation), expected);
        }
    }

    #[test]
    fn every_name_is_one_word() {
        for row in Operation::table() {
            let name = name(row.operation);
            assert!(name.chars().all(|c| c.is_ascii_uppercase() || c == '.' || c == '_'), "{name}");
        }
    }
}
