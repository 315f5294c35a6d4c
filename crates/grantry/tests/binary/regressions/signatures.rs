//! Class A: a signature not, or not wholly, verified.

use super::*;

/// What was refused must not have happened: the error was written there, and the work done.
#[test]
fn minio_cve_2020_11012_what_is_refused_does_not_happen() {
    let site = Site::new();
    site.put("/some-bucket/kept", "old");
    let forged = |method: &str, target: &str, body: &str| {
        let head = site.signed_head(method, target, &[], PayloadDeclaration::Unsigned);
        let head = head.replace("Signature=", "Signature=0");
        let answer = site.send(&format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()));
        assert_eq!((answer.status, answer.code()), (403, "SignatureDoesNotMatch"), "{method}");
    };
    forged("PUT", "/some-bucket/kept", "new");
    forged("PUT", "/some-bucket/made", "new");
    forged("DELETE", "/some-bucket/kept", "");
    forged("PUT", "/another-bucket", "");
    forged("POST", "/some-bucket?delete", "<Delete><Object><Key>kept</Key></Object></Delete>");
    forged("POST", "/some-bucket/made?uploads", "");
    assert_eq!(site.keys("some-bucket"), ["kept"]);
    assert_eq!(site.signed("GET", "/some-bucket/kept", &[], "").body, "old");
    assert_eq!(site.signed("HEAD", "/another-bucket", &[], "").status, 404);
}

/// With every way to declare a body, on the way in.
#[test]
fn minio_cve_2025_31489_no_payload_form_turns_the_check_off() {
    let site = Site::new();
    let framed = "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
    for payload in [
        PayloadDeclaration::Unsigned,
        PayloadDeclaration::StreamingSigned,
        PayloadDeclaration::StreamingSignedTrailer,
        PayloadDeclaration::StreamingUnsignedTrailer,
    ] {
        let mut fields = vec![("x-amz-decoded-content-length", "3")];
        if payload.has_trailer() {
            fields.push(("x-amz-trailer", "x-amz-checksum-crc32"));
        }
        let head = site.signed_head("PUT", "/some-bucket/k", &fields, payload);
        let length = framed.len();
        if payload == PayloadDeclaration::StreamingUnsignedTrailer {
            let good = site.send(&format!("{head}Content-Length: {length}\r\n\r\n{framed}"));
            assert_eq!(good.status, 200, "{good:?}");
            assert_eq!(site.signed("DELETE", "/some-bucket/k", &[], "").status, 204);
        }
        let forged = head.replace("Signature=", "Signature=0");
        let answer = site.send(&format!("{forged}Content-Length: {length}\r\n\r\n{framed}"));
        assert_eq!(answer.code(), "SignatureDoesNotMatch", "{payload:?}");
        let nobody: String = head
            .lines()
            .filter(|line| !line.starts_with("authorization"))
            .fold(String::new(), |all, line| all + line + "\r\n");
        let answer = site.send(&format!("{nobody}Content-Length: {length}\r\n\r\n{framed}"));
        assert!(matches!(answer.status, 400 | 403), "{payload:?} {answer:?}");
    }
    assert!(site.keys("some-bucket").is_empty());
}

/// Every mechanism on every kind of request, in a bucket where the owner may do everything.
#[test]
fn minio_cve_2026_40344_no_mechanism_is_forgotten_on_any_kind_of_request() {
    let site = Site::new();
    site.put("/some-bucket/kept", "x");
    let id = site.key.id.as_str();
    let queries = [
        format!("X-Amz-Credential={id}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"),
        format!("AWSAccessKeyId={id}&Signature=x&Expires=4000000000"),
        "X-Amz-Signature=x".to_owned(),
    ];
    let schemes = [
        format!("AWS {id}:c2ln"),
        format!("AWS4-HMAC-SHA256 Credential={id}/20260101/us-east-1/s3/aws4_request"),
        format!("Bearer {id}"),
        format!("Basic {id}"),
        "AWS4-ECDSA-P256-SHA256 x".to_owned(),
    ];
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/some-bucket/kept"),
        ("GET", "/some-bucket?list-type=2"),
        ("PUT", "/some-bucket/made"),
        ("DELETE", "/some-bucket/kept"),
        ("POST", "/some-bucket?delete"),
        ("POST", "/some-bucket"),
        ("PUT", "/some-bucket?acl"),
        ("POST", "/some-bucket/made?uploads"),
        ("PUT", "/some-bucket/kept?partNumber=1&uploadId=x"),
    ] {
        for scheme in &schemes {
            let answer = site.anonymous(method, target, &[("Authorization", scheme)], "");
            assert!(matches!(answer.status, 400 | 403 | 501), "{method} {target} {scheme}");
        }
        for query in &queries {
            let separator = if target.contains('?') { '&' } else { '?' };
            let answer = site.anonymous(method, &format!("{target}{separator}{query}"), &[], "");
            assert!(matches!(answer.status, 400 | 403), "{method} {target} {query}: {answer:?}");
        }
    }
    assert_eq!(site.keys("some-bucket"), ["kept"]);
}

/// Who sends credentials in the query and a streaming body was not asked for the signature.
#[test]
fn minio_cve_2026_41145_a_credential_in_the_query_proves_nothing() {
    let site = Site::new();
    let target = format!(
        "/some-bucket/k?X-Amz-Credential={}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request",
        site.key.id
    );
    let fields = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "0"),
    ];
    let answer = site.anonymous("PUT", &target, &fields, "0\r\n\r\n");
    assert_eq!((answer.status, answer.code()), (400, "AuthorizationQueryParametersError"));
    assert!(site.keys("some-bucket").is_empty());
}

/// The type of the body chose the way of authentication.
#[test]
fn seaweedfs_7912_a_multipart_type_makes_no_request_a_form() {
    let site = Site::new();
    site.put("/some-bucket/kept", "x");
    let (content_type, body) = form(&[("key", "made")], "x");
    let fields = [("Content-Type", content_type)];
    for target in
        ["/some-bucket?delete", "/some-bucket/kept?uploads", "/some-bucket/kept?uploadId=x"]
    {
        let answer = site.anonymous("POST", target, &fields, &body);
        assert!(matches!(answer.status, 400 | 403 | 404), "{target} {answer:?}");
    }
    let answer = site.anonymous("POST", "/some-bucket", &fields, &body);
    assert_eq!((answer.status, answer.code()), (403, "AccessDenied"));
    assert_eq!(site.keys("some-bucket"), ["kept"]);
}

#[test]
fn seaweedfs_88ac2d043_a_header_that_was_not_signed_does_not_copy() {
    let site = Site::new();
    site.put("/some-bucket/secret", "x");
    let head = site.signed_head("PUT", "/some-bucket/k", &[], PayloadDeclaration::Unsigned);
    for (name, value) in
        [("x-amz-copy-source", "/some-bucket/secret"), ("X-Amz-Acl", "public-read")]
    {
        let answer = site.send(&format!("{head}{name}: {value}\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!((answer.status, answer.code()), (403, "AccessDenied"), "{name}");
        let name = name.to_ascii_lowercase();
        assert!(answer.body.contains(&format!("<HeadersNotSigned>{name}</HeadersNotSigned>")));
    }
    assert_eq!(site.keys("some-bucket"), ["secret"]);
}

#[test]
fn versitygw_df74e7fd_the_hash_of_an_anonymous_body_is_compared() {
    let site = Site::new();
    site.open_bucket("open-bucket");
    let hash_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let fields = [("x-amz-content-sha256", hash_of_abc)];
    let answer = site.anonymous("PUT", "/open-bucket/k", &fields, "other");
    assert_eq!((answer.status, answer.code()), (400, "XAmzContentSHA256Mismatch"));
    assert_eq!(site.anonymous("PUT", "/open-bucket/k", &fields, "abc").status, 200);
}
