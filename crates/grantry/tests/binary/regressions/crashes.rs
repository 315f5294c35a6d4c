//! Class F: crash, exhaustion, false durability.

use super::*;

/// One malformed form, header, address or copy source ended the process there. Every one of these
/// is answered with an error, and the server goes on.
#[test]
fn ceph_cve_2020_12059_nothing_malformed_ends_the_server() {
    let site = Site::new();
    site.open_bucket("open-bucket");
    site.put("/open-bucket/k", "x");
    let long = "a".repeat(2000);
    let form_types = [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=b; boundary=c",
        "multipart/form-data; boundary=b",
    ];
    for content_type in form_types {
        for body in
            ["", "--b", "--b--", "--b\r\n\r\n", "--b\r\nContent-Disposition: x\r\n\r\n", "\r\n"]
        {
            let fields = [("Content-Type", content_type)];
            let answer = site.anonymous("POST", "/open-bucket", &fields, body);
            assert!((400..500).contains(&answer.status), "{content_type} {body:?} {answer:?}");
        }
    }
    for source in
        ["", "/", "//", "?", "?versionId=", "%", "%zz", "/open-bucket", "/open-bucket/", &long]
    {
        let answer =
            site.anonymous("PUT", "/open-bucket/copy", &[("x-amz-copy-source", source)], "");
        assert!((400..500).contains(&answer.status), "{source:?} {answer:?}");
    }
    for (name, value) in [
        ("Range", "bytes=18446744073709551615-18446744073709551616"),
        ("Range", "bytes=-"),
        ("Range", "bytes=--1"),
        ("If-Modified-Since", "99999999999999999999"),
        ("x-amz-expected-bucket-owner", ""),
        ("Content-MD5", "!"),
        ("x-amz-date", "99999999T999999Z"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;,Signature="),
    ] {
        site.anonymous("GET", "/open-bucket/k", &[(name, value)], "");
    }
    for target in [
        "/%",
        "/%zz",
        "/open-bucket/%ff",
        "/open-bucket/%00",
        "//",
        "///",
        "/?%",
        "/open-bucket?%=%",
        "/open-bucket?versionId",
        "/open-bucket/k?partNumber=-1",
        "/open-bucket/k?partNumber=99999999999",
        "/open-bucket?max-keys=99999999999999999999",
        "/open-bucket?list-type=2&continuation-token=%00",
        "/open-bucket/k?uploadId",
        "/open-bucket?uploads&upload-id-marker=%ff",
        "/open-bucket?prefix=%ff",
    ] {
        for method in ["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS", "PATCH", "X"] {
            let answer = site.anonymous(method, target, &[], "");
            assert!(answer.status < 500 || answer.status == 501, "{method} {target} {answer:?}");
        }
    }
    site.is_well();
}

/// Without a length there is no body to speak of, and it was taken for one.
#[test]
fn versitygw_ghsa_v2ch_an_upload_without_length_is_refused() {
    let site = Site::new();
    let target = "/some-bucket/k";
    let head = site.signed_head("PUT", target, &[], PayloadDeclaration::Unsigned);
    let answer = site.send(&format!("{head}\r\n"));
    assert_eq!((answer.status, answer.code()), (411, "MissingContentLength"));
    let (content_type, _) = form(&[], "");
    site.open_bucket("open-bucket");
    let head = site.head("POST", "/open-bucket", &[("Content-Type", content_type)]);
    let answer = site.send(&format!("{head}\r\n"));
    assert_eq!((answer.status, answer.code()), (411, "MissingContentLength"));
    assert!(site.keys("some-bucket").is_empty());
}

#[test]
fn versitygw_422b5a70_an_empty_copy_source_is_refused() {
    let site = Site::new();
    let answer = site.signed("PUT", "/some-bucket/k", &[("x-amz-copy-source", "")], "");
    assert_eq!((answer.status, answer.code()), (400, "InvalidArgument"), "{answer:?}");
    let target = "/some-bucket/k?partNumber=1&uploadId=x";
    let answer = site.signed("PUT", target, &[("x-amz-copy-source", "")], "");
    assert_eq!((answer.status, answer.code()), (400, "InvalidArgument"), "{answer:?}");
    site.is_well();
}

#[test]
fn versitygw_4ef090db_documents_that_say_nothing_are_refused() {
    let site = Site::new();
    for (target, root) in [
        ("/some-bucket?ownershipControls", "OwnershipControls"),
        ("/some-bucket?acl", "AccessControlPolicy"),
        ("/some-bucket?publicAccessBlock", "PublicAccessBlockConfiguration"),
    ] {
        for document in
            [format!("<{root}/>"), format!("<{root}></{root}>"), "<".into(), "<a/>".into()]
        {
            let answer = site.signed("PUT", target, &[], &document);
            assert_eq!(answer.status, 400, "{target} {document} {answer:?}");
        }
    }
    site.is_well();
}

/// What is announced to be too large is not read, let alone kept in memory.
#[test]
fn minio_cve_2026_39414_documents_are_bounded_before_they_are_read() {
    let site = Site::new();
    for target in [
        "/some-bucket?policy",
        "/some-bucket?acl",
        "/some-bucket?ownershipControls",
        "/some-bucket?publicAccessBlock",
    ] {
        let head = site.signed_head("PUT", target, &[], PayloadDeclaration::Unsigned);
        let head =
            head.replace("Connection: close\r\n", "Connection: close\r\nExpect: 100-continue\r\n");
        // Nothing is sent, and nothing waited for.
        let answer = site.send(&format!("{head}Content-Length: 5000000000\r\n\r\n"));
        assert_eq!(answer.status, 400, "{target} {answer:?}");
    }
    let fields = [("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), ("expect", "100-continue")];
    let head =
        site.signed_head("POST", "/some-bucket?delete", &fields, PayloadDeclaration::Unsigned);
    let answer = site.send(&format!("{head}Content-Length: 5000000000\r\n\r\n"));
    assert_eq!(answer.status, 400, "{answer:?}");
}

#[test]
fn ceph_cve_2018_16846_pages_are_bounded() {
    let site = Site::new();
    site.put("/some-bucket/k", "x");
    for target in
        ["/some-bucket?max-keys=2147483647", "/some-bucket?list-type=2&max-keys=2147483647"]
    {
        let answer = site.signed("GET", target, &[], "");
        assert!(answer.body.contains("<MaxKeys>1000</MaxKeys>"), "{answer:?}");
    }
    let answer = site.signed("GET", "/some-bucket?uploads&max-uploads=2147483647", &[], "");
    assert!(answer.body.contains("<MaxUploads>1000</MaxUploads>"), "{answer:?}");
    let answer = site.signed("GET", "/some-bucket?max-keys=2147483648", &[], "");
    assert_eq!((answer.status, answer.code()), (400, "InvalidArgument"));
}

/// Elements with very many attributes or namespaces, and very deep ones, took quadratic time and
/// unbounded stacks.
#[test]
fn rustsec_2026_0194_attributes_and_depth_are_harmless() {
    let site = Site::new();
    let attributes = (0..4000).map(|number| format!(" a{number}=''")).collect::<Vec<_>>().concat();
    let namespaces =
        (0..2000).map(|number| format!(" xmlns:n{number}='u'")).collect::<Vec<_>>().concat();
    let deep = "<a>".repeat(15_000);
    for document in [
        format!("<OwnershipControls{attributes}/>"),
        format!("<OwnershipControls{namespaces}/>"),
        format!("<OwnershipControls>{deep}"),
        "<!DOCTYPE a [<!ENTITY b 'c'>]><OwnershipControls>&b;</OwnershipControls>".to_owned(),
        format!("<OwnershipControls>{}", "&#x41;".repeat(5000)),
    ] {
        let answer = site.signed("PUT", "/some-bucket?ownershipControls", &[], &document);
        assert_eq!((answer.status, answer.code()), (400, "MalformedXML"), "{answer:?}");
    }
    site.is_well();
}

/// Metadata said that an object was encrypted, and it lay there in plain text. Nothing of a body that
/// is said to be encrypted lies anywhere, and what is only half asked for is refused.
#[test]
fn rustfs_ghsa_xrrf_encryption_that_is_promised_is_done() {
    let site = Site::new();
    let marker = "this text must not lie anywhere";
    for method in ["AES256", "aws:kms"] {
        let fields = [("x-amz-server-side-encryption", method)];
        let answer = site.signed("PUT", &format!("/some-bucket/{}", method.len()), &fields, marker);
        assert_eq!(answer.status, 200, "{answer:?}");
        let promise = format!("x-amz-server-side-encryption: {}", method.to_lowercase());
        assert!(answer.head.contains(&promise), "{answer:?}");
    }
    assert!(!lies_in(site.place.data_directory(), marker.as_bytes()));
    for (name, value) in [
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "key"),
        ("x-amz-server-side-encryption", "aes256"),
    ] {
        for (method, target) in [("PUT", "/some-bucket/k"), ("POST", "/some-bucket/k?uploads")] {
            let answer = site.signed(method, target, &[(name, value)], "");
            assert_eq!((answer.status, answer.code()), (400, "InvalidArgument"), "{method} {name}");
        }
    }
    assert_eq!(site.keys("some-bucket"), ["6", "7"]);
}

fn lies_in(directory: &std::path::Path, text: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return lies_in(&path, text);
        }
        let content = std::fs::read(&path).unwrap_or_default();
        content.windows(text.len()).any(|window| window == text)
    })
}
