//! Which operation a request asks for: the first row of the operation table that fits.

use http::HeaderMap;
use model::{ErrorCode, Operation, OperationSpec, S3Error, Support, Target};

use crate::query::Query;

/// Query parameters that select an operation on one method and are an argument on another.
const ARGUMENTS: [&str; 3] = ["list-type", "id", "partNumber"];

/// Finds the operation.
///
/// A sub-resource that S3 has and we lack answers `501 NotImplemented`; a method that S3 does not
/// have on this kind of resource answers `405 MethodNotAllowed`.
pub(crate) fn route(
    method: &str,
    target: Target,
    query: &Query<'_>,
    headers: &HeaderMap,
) -> Result<Operation, S3Error> {
    // A preflight asks about the URI of a request to come, whose parameters select nothing yet.
    let nothing = Query::default();
    let query = if method == "OPTIONS" { &nothing } else { query };
    let rows = || Operation::table().iter().filter(|row| row.target == target);
    let row = rows().find(|row| {
        row.method == method
            && row.query.iter().all(|name| query.has(name))
            && row.query_value.is_none_or(|value| {
                row.query.first().and_then(|name| query.get(name)) == Some(value)
            })
            && row.header.is_none_or(|name| headers.contains_key(name))
    });
    // A sub-resource with a method that it lacks must not fall through to another operation:
    // `DELETE /bucket?acl` deletes no bucket.
    let overlooked = |row: &OperationSpec| {
        let selects = |name: &str| !ARGUMENTS.contains(&name) && !row.query.contains(&name);
        rows().any(|other| other.query.iter().any(|name| selects(name) && query.has(name)))
    };
    match row.filter(|row| query.is_empty() || !overlooked(row)) {
        Some(row) if row.support == Support::Supported => Ok(row.operation),
        Some(row) => Err(not_implemented(row.name)),
        None => Err(S3Error::new(ErrorCode::MethodNotAllowed)
            .field("Method", method)
            .field("ResourceType", resource_type(target))),
    }
}

fn not_implemented(name: &str) -> S3Error {
    S3Error::with_message(
        ErrorCode::NotImplemented,
        format!("{name} is an operation of Amazon S3 that this server does not implement."),
    )
}

fn resource_type(target: Target) -> &'static str {
    match target {
        Target::Service => "SERVICE",
        Target::Account => "ACCOUNT",
        Target::Bucket => "BUCKET",
        Target::Object => "OBJECT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        method: &str,
        target: Target,
        query: &str,
        header: Option<&'static str>,
        expected: &str,
    ) {
        let mut headers = HeaderMap::new();
        if let Some(name) = header {
            headers.insert(name, http::HeaderValue::from_static("x"));
        }
        let shown = match route(method, target, &Query::parse(query).unwrap(), &headers) {
            Ok(operation) => operation.name().to_owned(),
            Err(error) => error.code().as_str().to_owned(),
        };
        assert_eq!(shown, expected, "{method} {target:?} {query}");
    }

    #[test]
    fn finds_the_most_selective_row() {
        check("GET", Target::Service, "", None, "ListBuckets");
        check("PUT", Target::Account, "", None, "PutAccountPublicAccessBlock");
        check("POST", Target::Account, "", None, "MethodNotAllowed");
        check("GET", Target::Bucket, "", None, "ListObjects");
        check("GET", Target::Bucket, "list-type=2&prefix=a", None, "ListObjectsV2");
        check("GET", Target::Bucket, "list-type=3", None, "ListObjects");
        check("GET", Target::Bucket, "acl", None, "GetBucketAcl");
        check("PUT", Target::Object, "", None, "PutObject");
        check("PUT", Target::Object, "", Some("x-amz-copy-source"), "CopyObject");
        check("PUT", Target::Object, "partNumber=1&uploadId=u", None, "UploadPart");
        check(
            "PUT",
            Target::Object,
            "partNumber=1&uploadId=u",
            Some("x-amz-copy-source"),
            "UploadPartCopy",
        );
        check("POST", Target::Object, "uploads", None, "CreateMultipartUpload");
        check("POST", Target::Object, "uploadId=u", None, "CompleteMultipartUpload");
        check("GET", Target::Object, "x-id=GetObject", None, "GetObject");
        check("GET", Target::Object, "torrent", None, "NotImplemented");
        check("PUT", Target::Bucket, "abac", None, "NotImplemented");
        check("PUT", Target::Bucket, "replication", None, "PutBucketReplication");
        check("OPTIONS", Target::Object, "partNumber=1&uploadId=u", None, "PreflightObject");
        check("OPTIONS", Target::Bucket, "acl", None, "PreflightBucket");
        check("OPTIONS", Target::Service, "", None, "MethodNotAllowed");
        check("PATCH", Target::Bucket, "", None, "MethodNotAllowed");
        check("POST", Target::Object, "", None, "MethodNotAllowed");
    }

    /// Every sub-resource of the table with every method: its own operation or an error.
    #[test]
    fn a_sub_resource_never_runs_another_operation() {
        for row in Operation::table() {
            for name in row.query.iter().filter(|name| !ARGUMENTS.contains(name)) {
                for method in ["GET", "HEAD", "PUT", "POST", "DELETE"] {
                    let query = Query::parse(name).unwrap();
                    if let Ok(operation) = route(method, row.target, &query, &HeaderMap::new()) {
                        assert!(
                            operation.spec().query.contains(name),
                            "{method} ?{name} runs {}",
                            operation.name()
                        );
                    }
                }
            }
        }
    }

    /// What Amazon has and we lack must never run another operation.
    #[test]
    fn every_row_routes_to_itself() {
        for row in Operation::table() {
            let mut query = row.query.join("&");
            if let Some(value) = row.query_value {
                query = format!("{query}={value}");
            }
            let expected = match row.support {
                Support::Supported => row.name,
                Support::NotImplemented => "NotImplemented",
            };
            check(row.method, row.target, &query, row.header, expected);
        }
    }
}
