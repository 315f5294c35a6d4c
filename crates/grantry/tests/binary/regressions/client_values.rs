//! Class D: a value of the client's believed.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use super::*;

/// Names of headers became names of condition keys.
#[test]
fn rustfs_ghsa_6r96_no_header_sets_a_condition_key() {
    let site = Site::new();
    site.put("/some-bucket/k", "x");
    let policy = |condition: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*",
               "Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/*",
               "Condition":{condition}}}]}}"#
        );
        let answer = site.signed("PUT", "/some-bucket?policy", &[], &text);
        assert_eq!(answer.status, 204, "{answer:?}");
    };
    policy(r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#);
    assert_eq!(site.anonymous("GET", "/some-bucket/k", &[], "").status, 200);
    policy(r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#);
    for name in ["SourceIp", "aws-SourceIp", "aws_SourceIp", "x-amz-source-ip", "X-Real-IP"] {
        let answer = site.anonymous("GET", "/some-bucket/k", &[(name, "203.0.113.7")], "");
        assert_eq!(answer.status, 403, "{name}");
    }
    for query in ["aws:SourceIp=203.0.113.7", "SourceIp=203.0.113.7"] {
        let answer = site.anonymous("GET", &format!("/some-bucket/k?{query}"), &[], "");
        assert_eq!(answer.status, 403, "{query}");
    }
    policy(r#"{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:root"}}"#);
    for name in ["PrincipalArn", "x-amz-principal-arn", "aws-PrincipalArn"] {
        let arn = "arn:aws:iam::111122223333:root";
        assert_eq!(site.anonymous("GET", "/some-bucket/k", &[(name, arn)], "").status, 403);
    }
}

/// A header that the server set for itself after it had authenticated could be sent along.
#[test]
fn seaweedfs_cce98fcec_nobody_names_himself() {
    let site = Site::new();
    site.put("/some-bucket/k", "x");
    for name in [
        "x-amz-account-id",
        "x-amz-principal",
        "x-amz-identity-id",
        "x-amz-auth-account",
        "x-amz-is-admin",
        "X-Grantry-Account",
        "X-Seaweedfs-Identity",
        "X-Forwarded-User",
        "Remote-User",
    ] {
        for value in [site.key.id.as_str(), "default", "admin", "root", "true"] {
            let answer = site.anonymous("GET", "/some-bucket/k", &[(name, value)], "");
            assert_eq!((answer.status, answer.code()), (403, "AccessDenied"), "{name}: {value}");
        }
    }
}

/// Adding a user took a field that made it an administrator.
#[test]
fn minio_cve_2021_43858_requests_of_the_operator_have_no_further_fields() {
    let site = Site::new();
    let socket = site.place.data_directory().join("control.sock");
    let ask = |line: &str| {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(line.as_bytes()).unwrap();
        stream.write_all(b"\n").unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let key = r#"{"access_key_id":null,"secret_access_key":null}"#;
    let plain = format!(r#"{{"account":{{"create_key":{{"account":"nobody","key":{key}}}}}}}"#);
    assert!(ask(&plain).contains("nobody"), "without a further field it is understood");
    for extra in [r#""policy":"*""#, r#""is_admin":true"#, r#""owner":"root""#] {
        let line = format!(
            r#"{{"account":{{"create_account":{{"name":"second","key":{key},{extra}}}}}}}"#
        );
        assert!(ask(&line).contains("does not understand"), "{extra}");
        let line = format!(
            r#"{{"account":{{"create_key":{{"account":"default","key":{key},{extra}}}}}}}"#
        );
        assert!(ask(&line).contains("does not understand"), "{extra}");
    }
    assert_eq!(site.place.succeed(&["account", "list"]).lines().count(), 1);
}

/// Metadata that only the server may write came in through headers of replication.
#[test]
fn minio_cve_2026_34204_no_header_writes_the_servers_own_metadata() {
    let site = Site::new();
    let fields = [
        ("x-amz-meta-x-amz-server-side-encryption", "AES256"),
        ("x-amz-meta-last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("x-amz-replication-status", "REPLICA"),
        ("x-minio-source-etag", "d41d8cd98f00b204e9800998ecf8427e"),
        ("x-minio-replication-server-side-encryption-sealed-key", "key"),
        ("x-amz-version-id", "forged"),
        ("etag", "\"forged\""),
        ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ];
    assert_eq!(site.signed("PUT", "/some-bucket/k", &fields, "x").status, 200);
    let head = site.signed("HEAD", "/some-bucket/k", &[], "").head;
    for line in head.lines() {
        let name = line.split(':').next().unwrap();
        let expected = [
            "accept-ranges",
            "content-length",
            "content-type",
            "connection",
            "date",
            "etag",
            "last-modified",
            "server",
            "x-amz-id-2",
            "x-amz-meta-last-modified",
            "x-amz-meta-x-amz-server-side-encryption",
            "x-amz-request-id",
            "x-amz-server-side-encryption",
        ];
        assert!(line.starts_with("http/1.1 200") || expected.contains(&name), "{line}");
    }
    assert!(!head.contains("forged") && !head.contains("\nlast-modified: thu, 01 jan 1970"));
}

/// What comes from a request or an object stays one header.
#[test]
fn ceph_cve_2020_10753_no_value_becomes_a_second_header() {
    let site = Site::new();
    site.put("/some-bucket/k", "x");
    for parameter in
        ["response-content-type", "response-cache-control", "response-content-disposition"]
    {
        for break_ in ["%0d%0a", "%0a", "%0d", "%0d%0a%0d%0a<html>", "%00"] {
            let target = format!("/some-bucket/k?{parameter}=a{break_}X-Injected:%20yes");
            let answer = site.signed("GET", &target, &[], "");
            assert!(!answer.head.contains("\nx-injected"), "{target} {answer:?}");
            assert!(!answer.body.contains("<html>") || answer.status >= 400, "{target}");
        }
    }
    let (content_type, body) =
        form(&[("key", "k2"), ("x-amz-meta-a", "b\r\nX-Injected: yes")], "x");
    site.open_bucket("open-bucket");
    let fields = [("Content-Type", content_type)];
    let answer = site.anonymous("POST", "/open-bucket", &fields, &body);
    assert_eq!((answer.status, answer.code()), (400, "InvalidArgument"));
    let (content_type, body) =
        form(&[("key", "k3"), ("success_action_redirect", "http://a/\r\nX-Injected: yes")], "x");
    let answer = site.anonymous("POST", "/open-bucket", &[("Content-Type", content_type)], &body);
    assert!(!answer.head.contains("\nx-injected"), "{answer:?}");
}

/// EVAL-10: else any public object is a page with a type of the attacker's choice.
#[test]
fn ceph_cve_2020_1760_overrides_are_for_signed_requests() {
    let site = Site::new();
    let acl = [("x-amz-acl", "public-read")];
    assert_eq!(site.signed("PUT", "/some-bucket/k", &acl, "<script>").status, 200);
    let target = "/some-bucket/k?response-content-type=text/html";
    let answer = site.anonymous("GET", target, &[], "");
    assert_eq!((answer.status, answer.code()), (400, "InvalidRequest"));
    assert!(!answer.body.contains("<script>"));
    let answer = site.anonymous("GET", "/some-bucket/k", &[], "");
    assert!(answer.head.contains("content-type: binary/octet-stream"), "{}", answer.head);
}
