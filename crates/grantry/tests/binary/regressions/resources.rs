//! Class C: decided about one thing, acted on another.

use super::*;

#[test]
fn ceph_cve_2023_43040_a_form_is_for_the_bucket_of_its_address() {
    let site = Site::new();
    site.open_bucket("open-bucket");
    for name in ["bucket", "Bucket", "x-amz-bucket"] {
        let key = format!("by-{name}");
        let (content_type, body) = form(&[("key", &key), (name, "some-bucket")], "x");
        let answer =
            site.anonymous("POST", "/open-bucket", &[("Content-Type", content_type)], &body);
        assert_eq!(answer.status, 204, "{answer:?}");
    }
    assert!(site.keys("some-bucket").is_empty());
    assert_eq!(site.keys("open-bucket").len(), 3);
}

/// Neither a backslash nor a name that the server uses itself leads anywhere else.
#[test]
fn minio_cve_2023_28433_a_backslash_and_reserved_names_are_parts_of_keys() {
    let site = Site::new();
    site.open_bucket("open-bucket");
    for key in ["..%5Csome-bucket%5Ck", "..\\some-bucket\\k", "_grantry/health/live", ".sys/x"] {
        let answer = site.anonymous("PUT", &format!("/open-bucket/{key}"), &[], "x");
        assert!(matches!(answer.status, 200 | 400), "{key} {answer:?}");
    }
    let (content_type, body) = form(&[("key", "..\\some-bucket\\k2")], "x");
    site.anonymous("POST", "/open-bucket", &[("Content-Type", content_type)], &body);
    assert!(site.keys("some-bucket").is_empty());
    let keys = site.keys("open-bucket");
    assert!(keys.contains(&"..\\some-bucket\\k2".to_owned()), "{keys:?}");
    assert!(keys.contains(&"_grantry/health/live".to_owned()), "{keys:?}");
    for reserved in ["/_grantry", "/_grantry/", "/.sys", "/.sys/x"] {
        assert!(site.signed("PUT", reserved, &[], "").status >= 400, "{reserved}");
    }
}

/// First in paths, then in what a copy reads: the fix of one left the other.
#[test]
fn seaweedfs_cve_2026_54917_dots_lead_to_no_other_bucket() {
    let site = Site::new();
    site.open_bucket("open-bucket");
    site.put("/some-bucket/secret", "secret");
    for path in ["/open-bucket/../some-bucket/secret", "/open-bucket/%2e%2e/some-bucket/secret"] {
        let answer = site.anonymous("GET", path, &[], "");
        assert_eq!((answer.status, answer.code()), (404, "NoSuchKey"), "{path}");
        assert_eq!(site.anonymous("PUT", path, &[], "mine").status, 200);
        assert_eq!(site.anonymous("GET", path, &[], "").body, "mine");
        assert_eq!(site.signed("DELETE", path, &[], "").status, 204);
    }
    for source in [
        "/open-bucket/../some-bucket/secret",
        "open-bucket/%2e%2e/some-bucket/secret",
        "open-bucket/..%2Fsome-bucket%2Fsecret",
        "/../some-bucket/secret",
    ] {
        let fields = [("x-amz-copy-source", source)];
        // Even of the owner, who may read the other object.
        let answer = site.signed("PUT", "/open-bucket/copy", &fields, "");
        assert!(matches!(answer.status, 400 | 404), "{source} {answer:?}");
    }
    assert_eq!(site.signed("GET", "/some-bucket/secret", &[], "").body, "secret");
    assert!(site.keys("open-bucket").is_empty());
}

/// What was decided about is decoded exactly as often as what is read.
#[test]
fn versitygw_67aaa80d_a_copy_source_is_decoded_once() {
    let site = Site::new();
    for (key, content) in [("a%2520b", "twice"), ("a%20b", "once")] {
        site.put(&format!("/some-bucket/{key}"), content);
    }
    for (source, content) in [
        ("some-bucket/a%2520b", "twice"),
        ("some-bucket/a%20b", "once"),
        ("some-bucket%2Fa%20b", "once"),
    ] {
        let fields = [("x-amz-copy-source", source)];
        assert_eq!(site.signed("PUT", "/some-bucket/copy", &fields, "").status, 200, "{source}");
        assert_eq!(site.signed("GET", "/some-bucket/copy", &[], "").body, content, "{source}");
    }
}

/// The ACL of `a/b.txt` was written to `b.txt`.
#[test]
fn seaweedfs_311bc3a6d_an_acl_is_set_on_the_whole_key() {
    let site = Site::new();
    for key in ["b.txt", "a/b.txt", "a//b.txt"] {
        site.put(&format!("/some-bucket/{key}"), key);
    }
    let acl = [("x-amz-acl", "public-read")];
    assert_eq!(site.signed("PUT", "/some-bucket/a/b.txt?acl", &acl, "").status, 200);
    let read = |key: &str| site.anonymous("GET", &format!("/some-bucket/{key}"), &[], "").status;
    assert_eq!([read("a/b.txt"), read("b.txt"), read("a//b.txt")], [200, 403, 403]);
}

/// Keys are no paths: nothing in the data directory, or beside it, is named after one.
#[test]
fn rustfs_ghsa_8r6f_no_file_is_named_after_a_key() {
    let site = Site::new();
    let large = "x".repeat(2_000_000);
    for key in [
        "../../traversal",
        "/etc/traversal",
        "..%2F..%2Ftraversal",
        "a/../../traversal",
        "a%2ftraversal",
    ] {
        site.put(&format!("/some-bucket/{key}"), "small");
        site.put(&format!("/some-bucket/{key}-large"), &large);
    }
    assert_eq!(site.keys("some-bucket").len(), 8, "two of the five are the same key");
    let outer = site.place.data_directory().parent().unwrap();
    let mut open = vec![outer.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            assert!(!path.to_string_lossy().contains("traversal"), "{}", path.display());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
}

/// A policy about `secret/` is asked about whatever means `secret/`.
#[test]
fn s3_proxy_cve_2026_42882_an_encoded_slash_is_a_slash_everywhere() {
    let site = Site::new();
    site.open_bucket("open-bucket");
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::open-bucket/*"},
        {"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::open-bucket/secret/*"}]}"#;
    site.put("/open-bucket/secret/k", "secret");
    site.put("/open-bucket/other", "other");
    assert_eq!(site.signed("PUT", "/open-bucket?policy", &[], policy).status, 204);
    assert_eq!(site.anonymous("GET", "/open-bucket/other", &[], "").status, 200);
    for path in ["secret/k", "secret%2Fk", "secret%2fk", "%73ecret/k", "%73%65cret%2Fk"] {
        for method in ["GET", "HEAD"] {
            let answer = site.anonymous(method, &format!("/open-bucket/{path}"), &[], "");
            assert_eq!(answer.status, 403, "{method} {path}");
        }
    }
}
