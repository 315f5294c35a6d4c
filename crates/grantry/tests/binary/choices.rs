//! What an operator chooses: switches (§15.1) and what new buckets get, as clients see it.

use super::client::Key;
use super::harness::{Place, Server};

/// A server with these flags, its key, and the bucket `media`.
fn serve(place: &Place, flags: &[&str]) -> (Server, Key) {
    let server = place.serve_with(flags, &[]);
    let key = Key::of_first_start(&server);
    expect(&key.request(&server, "PUT", "/media", ""), "HTTP/1.1 200");
    (server, key)
}

#[track_caller]
fn expect(answer: &str, part: &str) {
    assert!(answer.contains(part), "no {part} in {answer}");
}

const STAR: &str = r#"{ "Version": "2012-10-17", "Statement": [{ "Sid": "x", "Resource": ["*"], "Action": "s3:GetObject", "Principal": {"AWS": ["111122223333"]}, "Effect": "Deny" }] }"#;

#[test]
fn choices_about_policies() {
    let place = Place::new();
    let (server, key) = serve(&place, &[]);
    expect(&key.request(&server, "GET", "/media?policyStatus", ""), "<Code>NoSuchBucketPolicy<");
    let everyone = STAR.replace(r#"{"AWS": ["111122223333"]}"#, r#""*""#);
    let refused = key.request(&server, "PUT", "/media?policy", &everyone);
    expect(&refused, "<Message>Policy has invalid resource<");
    let named = everyone.replace('*', "arn:aws:s3:::media/*");
    let named = named.replace(r#""Principal": "arn:aws:s3:::media/*""#, r#""Principal": "*""#);
    expect(&key.request(&server, "PUT", "/media?policy", &named), "HTTP/1.1 204");
    expect(&key.request(&server, "GET", "/media?policy", ""), &named);

    let place = Place::new();
    let (server, key) = serve(
        &place,
        &[
            "--switches-policy-status-without-policy",
            "false",
            "--switches-policy-get",
            "normalised",
            "--switches-policy-resource-star",
            "accept",
        ],
    );
    let status = key.request(&server, "GET", "/media?policyStatus", "");
    expect(&status.to_ascii_lowercase(), "<ispublic>false<");
    expect(&key.request(&server, "PUT", "/media?policy", &everyone), "HTTP/1.1 204");
    let normal = r#"{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}"#;
    expect(&key.request(&server, "GET", "/media?policy", ""), normal);
    // The star means the bucket and everything in it.
    expect(&key.request(&server, "PUT", "/media/key", "body"), "HTTP/1.1 200");
    expect(&key.request(&server, "GET", "/media/key", ""), "HTTP/1.1 403");
}

#[test]
fn new_buckets_as_before_april_2023() {
    let place = Place::new();
    let flags =
        ["--new-buckets-object-ownership", "none", "--new-buckets-block-public-access", "none"];
    let (server, key) = serve(&place, &flags);
    let get = |query: &str| key.request(&server, "GET", &format!("/media?{query}"), "");
    expect(&get("ownershipControls"), "<Code>OwnershipControlsNotFoundError<");
    expect(&get("publicAccessBlock"), "<Code>NoSuchPublicAccessBlockConfiguration<");
    let place = Place::new();
    let (server, key) = serve(&place, &["--new-buckets-object-ownership", "ObjectWriter"]);
    let get = |query: &str| key.request(&server, "GET", &format!("/media?{query}"), "");
    expect(&get("ownershipControls"), "<ObjectOwnership>ObjectWriter<");
    expect(&get("publicAccessBlock"), "<BlockPublicPolicy>true<");
}
