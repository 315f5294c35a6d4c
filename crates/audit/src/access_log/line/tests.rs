use std::net::IpAddr;

use model::Operation;

use super::*;
use crate::AccessLogRecord;

fn written() -> AccessLogRecord<'static> {
    AccessLogRecord {
        bucket_owner: "79a5",
        bucket: "photos",
        time: Timestamp::from_unix_seconds(1_549_411_238),
        remote_ip: Some(IpAddr::from([192, 0, 2, 3])),
        requester: Some("arn:aws:iam::111122223333:user/alice"),
        request_id: "3E57427F3EXAMPLE",
        operation: "REST.GET.OBJECT",
        key: Some("a b/\u{fc}+%20.jpg"),
        request_uri: "GET /photos/a%20b/%C3%BC%2B%2520.jpg?prefix=a+b HTTP/1.1",
        status: Some(200),
        user_agent: Some("program/1 \"x\" y"),
        host_id: "h",
        signature_version: Some("SigV4"),
        authentication_type: Some("AuthHeader"),
        tls_version: Some("TLSv1.3"),
        acl_required: true,
        ..AccessLogRecord::default()
    }
}

#[test]
fn what_is_written_is_read() {
    let line = parse(&written().to_string()).unwrap();
    assert_eq!(line.bucket_owner.as_deref(), Some("79a5"));
    assert_eq!(line.time, written().time);
    assert_eq!(line.remote_ip.as_deref(), Some("192.0.2.3"));
    assert_eq!(line.requester.as_deref(), written().requester);
    assert_eq!(line.key.as_ref().map(ObjectKey::as_str), written().key);
    assert_eq!(line.request_uri.as_deref(), Some(written().request_uri));
    assert_eq!((line.status, line.error_code.as_deref()), (Some(200), None));
    assert_eq!(line.tls_version.as_deref(), Some("TLSv1.3"));
    assert!(line.acl_required);
    let request = line.request().unwrap();
    assert_eq!((request.operation, request.side), (Operation::GetObject, Side::Whole));
    assert!(request.was_allowed && request.acl_required);
    for told in [
        (ConditionKey::SecureTransport, "true"),
        (ConditionKey::TlsVersion, "1.3"),
        (ConditionKey::Prefix, "a b"),
        (ConditionKey::CurrentTime, "2019-02-06T00:00:38Z"),
        (ConditionKey::AuthType, "REST-HEADER"),
    ] {
        assert!(request.context.contains(&(told.0, told.1.to_owned())), "{:?}", request.context);
    }
}

/// The lines of AWS, "Amazon S3 server access log format", with fields of all ages.
#[test]
fn amazons_lines_are_read() {
    let front = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be bucket \
                 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE";
    let old = format!(
        "{front} REST.GET.VERSIONING - \"GET /bucket?versioning HTTP/1.1\" 200 - 113 - 7 - \"-\" \
         \"S3Console/0.4\" -"
    );
    let line = parse(&old).unwrap();
    assert_eq!(line.request().unwrap().operation, Operation::GetBucketVersioning);
    assert_eq!((line.requester, line.acl_required), (None, false));
    let quotes = format!(
        "{front} REST.GET.OBJECT a%2520b \"GET /a%20b HTTP/1.1\" 403 AccessDenied 1 - 7 - \
         \"say \"hi\"\" \"x\" v h SigV2 c QueryString host TLSv1.2 arn:aws:s3:eu:1:accesspoint/x Yes \
         us-east-1 and more"
    );
    let line = parse(&quotes).unwrap();
    assert_eq!(line.referer.as_deref(), Some("say \"hi\""));
    // Encoded twice, as the URI tells.
    assert_eq!(line.key.as_ref().map(ObjectKey::as_str), Some("a b"));
    assert_eq!(line.version_id.as_deref(), Some("v"));
    assert!(line.acl_required && !line.request().unwrap().was_allowed);
}

#[test]
fn operations_and_outcomes() {
    let check = |operation: &'static str, key, status, code, expected: Option<(&str, bool)>| {
        let record =
            AccessLogRecord { operation, key, status: Some(status), error_code: code, ..written() };
        let request = parse(&record.to_string()).unwrap().request();
        let found = request.map(|request| (request.operation.name(), request.was_allowed));
        assert_eq!(found, expected, "{operation} {status} {code:?}");
    };
    let key = Some("k");
    check("REST.PUT.ACL", key, 200, None, Some(("PutObjectAcl", true)));
    check("REST.PUT.ACL", None, 200, None, Some(("PutBucketAcl", true)));
    check("REST.COPY.OBJECT_GET", key, 200, None, Some(("CopyObject", true)));
    check("BATCH.DELETE.OBJECT", key, 204, None, Some(("DeleteObject", true)));
    check("WEBSITE.GET.OBJECT", key, 304, None, Some(("GetObject", true)));
    check("REST.GET.OBJECT", key, 404, Some("NoSuchKey"), Some(("GetObject", true)));
    check("REST.GET.OBJECT", key, 403, Some("AccessDenied"), Some(("GetObject", false)));
    check("REST.GET.OBJECT", key, 403, Some("SignatureDoesNotMatch"), None);
    check("REST.GET.OBJECT", key, 500, Some("InternalError"), None);
    check("S3.EXPIRE.OBJECT", key, 204, None, None);
    check("-", None, 400, Some("InvalidURI"), None);
}

#[test]
fn acls_in_the_uri() {
    let check = |query: &str, expected| {
        let request_uri = format!("PUT /photos/k?{query} HTTP/1.1");
        let record = AccessLogRecord {
            operation: "REST.PUT.OBJECT",
            request_uri: &request_uri,
            ..written()
        };
        let found = parse(&record.to_string()).unwrap().request().unwrap().acl;
        assert_eq!(found, expected, "{query}");
    };
    check("x-amz-acl=public-read&X-Amz-Date=1", Some(SentAcl::Other));
    check("X-Amz-Acl=bucket-owner-full-control", Some(SentAcl::BucketOwnerFullControl));
    check("x-amz-grant-read=id%3D1", Some(SentAcl::Other));
    check("acl&x=y", None);
}

#[test]
fn other_lines_are_refused() {
    for bad in [
        "",
        "-",
        "a b c",
        "#Version: 1.0",
        "o b [06/Feb/2019:00:00:38 +0000] 1 - - x - \"",
        "o b [x] 1",
    ] {
        assert_eq!(parse(bad), Err(LineError::NoRecord), "{bad}");
    }
    let long = "x".repeat(ACCESS_LOG_LINE_BYTES_MAX + 1);
    assert_eq!(parse(&long), Err(LineError::TooLong));
}
