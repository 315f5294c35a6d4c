//! Forwarded addresses, and what policies make of them.

use super::client::Key;
use super::harness::{Place, Server};

/// Nobody reads objects but from this address.
fn lock_to(key: &Key, server: &Server, address: &str) {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*",
           "Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/*",
           "Condition":{{"NotIpAddress":{{"aws:SourceIp":"{address}"}}}}}}]}}"#
    );
    let answer = key.request(server, "PUT", "/some-bucket?policy=", &policy);
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
}

fn status(key: &Key, server: &Server, fields: &[(&str, &str)]) -> String {
    let answer = key.get_with(server, "/some-bucket/key", fields);
    answer.split(' ').nth(1).unwrap().to_owned()
}

fn serve(place: &Place, arguments: &[&str]) -> (Server, Key) {
    let server = place.serve_with(arguments, &[]);
    let key = Key::of_first_start(&server);
    key.request(&server, "PUT", "/some-bucket", "");
    key.request(&server, "PUT", "/some-bucket/key", "12345");
    (server, key)
}

/// RustFS CVE-2026-21862: whoever sent the header passed conditions on `aws:SourceIp`.
#[test]
fn rustfs_cve_2026_21862_a_forwarded_address_is_not_believed() {
    let place = Place::new();
    let (server, key) = serve(&place, &["--trusted-proxies", "192.0.2.1,10.0.0.0/8"]);
    assert_eq!(status(&key, &server, &[]), "200");
    lock_to(&key, &server, "203.0.113.7");
    for fields in [
        &[][..],
        &[("X-Forwarded-For", "203.0.113.7")],
        &[("X-Forwarded-For", "203.0.113.7, 10.0.0.1")],
        &[("X-Real-IP", "203.0.113.7")],
        &[("Forwarded", "for=203.0.113.7")],
    ] {
        assert_eq!(status(&key, &server, fields), "403", "{fields:?}");
    }
    lock_to(&key, &server, "127.0.0.1");
    assert_eq!(status(&key, &server, &[("X-Forwarded-For", "203.0.113.7")]), "200");
}

#[test]
fn a_trusted_proxy_is_believed() {
    let place = Place::new();
    let (server, key) = serve(&place, &["--trusted-proxies", "127.0.0.1,10.0.0.0/8"]);
    lock_to(&key, &server, "203.0.113.7");
    for (forwarded, expected) in [
        ("203.0.113.7", "200"),
        ("203.0.113.7, 10.0.0.1", "200"),
        ("198.51.100.1, 203.0.113.7", "200"),
        ("203.0.113.7, 198.51.100.1", "403"),
        ("unknown", "403"),
    ] {
        let fields = [("X-Forwarded-For", forwarded)];
        assert_eq!(status(&key, &server, &fields), expected, "{forwarded}");
    }
    assert_eq!(status(&key, &server, &[]), "403");
}

#[test]
fn the_scheme_is_the_proxys_to_say() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::some-bucket/*",
        "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
    let https = [("X-Forwarded-Proto", "https")];
    for (trusted, expected) in [("127.0.0.1", "200"), ("10.0.0.1", "403")] {
        let place = Place::new();
        let (server, key) = serve(&place, &["--trusted-proxies", trusted]);
        assert_eq!(status(&key, &server, &[]), "200");
        key.request(&server, "PUT", "/some-bucket?policy=", policy);
        assert_eq!(status(&key, &server, &[]), "403");
        assert_eq!(status(&key, &server, &https), expected, "{trusted}");
        assert_eq!(status(&key, &server, &[("X-Forwarded-Proto", "http")]), "403");
    }
}
