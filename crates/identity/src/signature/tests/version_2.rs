//! Signature Version 2, where it is allowed: AWS's examples, each error, each changed byte.

use model::Timestamp;

use super::mutations::changed;
use super::support::*;
use crate::payload::PayloadDeclaration;
use crate::signature::post_form::{self, FormFields};
use crate::signature::version_2::sign;
use crate::signature::{
    Mechanism, SignatureSettings, SignatureVersion, SignatureVersion2, Verified,
};
use crate::signing_key::SigningKeyCache;
use crate::uri::encode_query;

/// Tue, 27 Mar 2007 19:36:42 +0000
const EXAMPLE_TIME: Timestamp = Timestamp::from_unix_seconds(1_175_024_202);

fn settings(host_bucket: Option<&str>) -> SignatureSettings<'_> {
    SignatureSettings { version_2: Some(SignatureVersion2 { host_bucket }), ..SETTINGS }
}

fn check(sent: &Sent) -> Result<Verified<'_>, model::S3Error> {
    sent.check_with(&settings(None), NOW)
}

#[track_caller]
fn refused(sent: &Sent, code: &str, message: &str, fields: &[(&str, &str)]) {
    let error = check(sent).unwrap_err();
    let found: Vec<_> =
        error.fields().iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!((error.code().as_str(), error.message(), &*found), (code, message, fields));
}

fn authorization(string_to_sign: &str) -> String {
    format!("AWS {ACCESS_KEY}:{}", sign(&secret(), string_to_sign.as_bytes()).unwrap())
}

/// A PUT at [`NOW`] with everything that version 2 signs.
fn put() -> Sent {
    let string_to_sign = "PUT\nZDQxZDhjZDk4ZjAwYjIwNA==\ntext/plain\n\
        Fri, 24 May 2013 00:00:00 GMT\nx-amz-acl:private\nx-amz-meta-a:1,2\n\
        /bucket/some%20key?partNumber=1&uploadId=a+b";
    Sent::new("PUT", "/bucket/some%20key", "uploadId=a%2Bb&partNumber=1&other=x")
        .with("content-md5", "ZDQxZDhjZDk4ZjAwYjIwNA==")
        .with("content-type", "text/plain")
        .with("date", "Fri, 24 May 2013 00:00:00 GMT")
        .with("X-Amz-Meta-A", "1 ")
        .with("x-amz-acl", "private")
        .with("x-amz-meta-a", " 2")
        .with("authorization", authorization(string_to_sign))
}

/// A URL that is good until 60 seconds after [`NOW`].
fn url() -> Sent {
    let expires = NOW.unix_seconds() + 60;
    let string_to_sign = format!(
        "PUT\n\n\n{expires}\nx-amz-acl:public-read\n/bucket/k?response-content-type=a b&versionId"
    );
    let signature = sign(&secret(), string_to_sign.as_bytes()).unwrap();
    let query = format!(
        "AWSAccessKeyId={ACCESS_KEY}&Expires={expires}&Signature={}&versionId&\
         response-content-type=a%20b&x-amz-acl=public-read",
        encode_query(signature.as_bytes())
    );
    Sent::new("PUT", "/bucket/k", &query)
}

/// AWS: "Signing and authenticating REST requests", examples.
#[test]
fn examples_of_aws() {
    for (method, path, query, headers, host_bucket, date, signature) in [
        (
            "GET",
            "/photos/puppy.jpg",
            "",
            &[][..],
            Some("johnsmith"),
            "Tue, 27 Mar 2007 19:36:42 +0000",
            "bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
        ),
        (
            "PUT",
            "/photos/puppy.jpg",
            "",
            &[("content-type", "image/jpeg"), ("content-length", "94328")][..],
            Some("johnsmith"),
            "Tue, 27 Mar 2007 21:15:45 +0000",
            "MyyxeRY7whkBe+bq8fHCL/2kKUg=",
        ),
        (
            "GET",
            "/",
            "prefix=photos&max-keys=50&marker=puppy",
            &[("user-agent", "Mozilla/5.0")][..],
            Some("johnsmith"),
            "Tue, 27 Mar 2007 19:42:41 +0000",
            "htDYFYduRNen8P9ZfE/s9SuKy0U=",
        ),
        (
            "GET",
            "/",
            "acl",
            &[][..],
            Some("johnsmith"),
            "Tue, 27 Mar 2007 19:44:46 +0000",
            "c2WLPFtWHVgbEmeEG93a4cG37dM=",
        ),
        (
            "GET",
            "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
            "",
            &[][..],
            None,
            "Wed, 28 Mar 2007 01:49:49 +0000",
            "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
        ),
    ] {
        let mut sent = Sent::new(method, path, query)
            .with("date", date)
            .with("authorization", format!("AWS {ACCESS_KEY}:{signature}"));
        for (name, value) in headers {
            sent = sent.with(name, value);
        }
        let now = crate::dates::parse_http(date).unwrap();
        let verified = sent.check_with(&settings(host_bucket), now).unwrap();
        assert_eq!(verified.claim().mechanism(), Mechanism::SigV2Header, "{path}");
        assert_eq!(verified.claim().signed_at(), Some(now));
        assert!(sent.check_with(&settings(Some("another")), now).is_err(), "{path}");
        assert!(sent.check_with(&SETTINGS, now).is_err(), "{path}");
    }
}

/// The same document: an upload with `x-amz-*` headers, one of them repeated.
#[test]
fn the_example_with_amz_headers() {
    let sent = Sent::new("PUT", "/db-backup.dat.gz", "")
        .with("user-agent", "curl/7.15.5")
        .with("date", "Tue, 27 Mar 2007 21:06:08 +0000")
        .with("x-amz-acl", "public-read")
        .with("content-type", "application/x-download")
        .with("content-md5", "4gJE4saaMU4BqNR0kLY+lw==")
        .with("X-Amz-Meta-ReviewedBy", "joe@johnsmith.net")
        .with("X-Amz-Meta-ReviewedBy", "jane@johnsmith.net")
        .with("X-Amz-Meta-FileChecksum", "0x02661779")
        .with("X-Amz-Meta-ChecksumAlgorithm", "crc32")
        .with("content-disposition", "attachment; filename=database.dat")
        .with("authorization", format!("AWS {ACCESS_KEY}:ilyl83RwaSoYIEdixDQcA4OnAnc="));
    let now = Timestamp::from_unix_seconds(EXAMPLE_TIME.unix_seconds() + 5366);
    sent.check_with(&settings(Some("static.johnsmith.net")), now).unwrap();
}

#[test]
fn a_url() {
    let sent = url();
    let verified = check(&sent).unwrap();
    assert_eq!(verified.claim().mechanism(), Mechanism::SigV2Query);
    assert_eq!(verified.claim().signed_at(), None);
    assert_eq!(verified.claim().expires_at(), Some(seconds_later(60)));
    assert!(sent.check_with(&settings(None), seconds_later(61)).is_err());
    // A header instead of its parameter is the same request; another one is not.
    let as_header = sent.clone().edit_query("&x-amz-acl=public-read", "");
    check(&as_header.clone().with("x-amz-acl", "public-read")).unwrap();
    assert!(check(&as_header).is_err());
    assert!(check(&sent.with("x-amz-acl", "private")).is_err());
}

#[test]
fn amz_date_stands_for_date() {
    let date = "Fri, 24 May 2013 00:00:00 GMT";
    let sent = Sent::new("GET", "/b/k", "")
        .with("x-amz-date", date)
        .with("date", "Fri, 24 May 2013 12:00:00 GMT")
        .with("authorization", authorization(&format!("GET\n\n\n\nx-amz-date:{date}\n/b/k")));
    check(&sent).unwrap();
}

#[test]
fn a_bucket_in_the_path_may_be_signed_with_a_slash_behind_it() {
    let date = "Fri, 24 May 2013 00:00:00 GMT";
    let sign = |method: &str, path: &str, resource: &str| {
        let text = format!("{method}\n\n\n{date}\n{resource}");
        Sent::new(method, path, "acl")
            .with("date", date)
            .with("authorization", authorization(&text))
    };
    check(&sign("GET", "/bucket", "/bucket?acl")).unwrap();
    check(&sign("GET", "/bucket", "/bucket/?acl")).unwrap();
    check(&sign("GET", "/bucket/", "/bucket/?acl")).unwrap();
    assert!(check(&sign("GET", "/bucket/", "/bucket?acl")).is_err());
    assert!(check(&sign("GET", "/bucket/key", "/bucket/key/?acl")).is_err());
    assert!(check(&sign("GET", "/bucket", "/bucke/t?acl")).is_err());
}

/// §8.1, §8.3, §8.4.
#[test]
fn errors() {
    let message = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature";
    for value in ["AWS AKIA", "AWS AKIA:", "AWS :sig", "AWS A:b:c", "AWS x y"] {
        let fields = [("ArgumentName", "Authorization"), ("ArgumentValue", value)];
        refused(&put().replaced("authorization", value), "InvalidArgument", message, &fields);
    }
    refused(
        &put().replaced("authorization", "AWS  A:b"),
        "InvalidArgument",
        "Authorization header is invalid -- one and only one ' ' (space) required.",
        &[("ArgumentName", "Authorization"), ("ArgumentValue", "AWS  A:b")],
    );
    let no_date = "AWS authentication requires a valid Date or x-amz-date header";
    refused(&put().without("date"), "AccessDenied", no_date, &[]);
    refused(&put().replaced("date", "yesterday"), "AccessDenied", no_date, &[]);
    let unknown = put().replaced("authorization", "AWS AKIAOTHER:c2ln");
    let fields = [("AWSAccessKeyId", "AKIAOTHER")];
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    refused(&unknown, "InvalidAccessKeyId", message, &fields);
    for (expires, shown) in [("soon", "soon"), ("-1", "-1"), ("", ""), ("99999999999999999", "")] {
        let query = format!("AWSAccessKeyId={ACCESS_KEY}&Expires={expires}&Signature=x");
        let error = check(&Sent::new("GET", "/b/k", &query)).unwrap_err().message().to_owned();
        let start = "Invalid date (should be seconds since epoch): ";
        assert!(error.starts_with(&format!("{start}{shown}")), "{error}");
    }
    let expired = format!("AWSAccessKeyId={ACCESS_KEY}&Expires=1369353599&Signature=x");
    let times = [("Expires", "2013-05-23T23:59:59Z"), ("ServerTime", "2013-05-24T00:00:00Z")];
    refused(&Sent::new("GET", "/b/k", &expired), "AccessDenied", "Request has expired", &times);
    let twice = url();
    let twice = twice.clone().edit_query("Expires=", "Expires=1&Expires=");
    assert_eq!(check(&twice).unwrap_err().code().as_str(), "AccessDenied");
}

#[test]
fn a_recorded_request_cannot_be_replayed_later() {
    let sent = put();
    check(&sent).unwrap();
    for seconds in [901, -901] {
        let late = sent.check_with(&settings(None), seconds_later(seconds)).unwrap_err();
        assert_eq!(late.code().as_str(), "RequestTimeTooSkewed");
    }
}

#[test]
fn a_wrong_signature_names_what_should_have_been_signed() {
    let sent = put().replaced("authorization", &format!("AWS {ACCESS_KEY}:c2ln"));
    let error = check(&sent).unwrap_err();
    assert_eq!(error.code().as_str(), "SignatureDoesNotMatch");
    let names: Vec<_> = error.fields().iter().map(|(name, _)| *name).collect();
    let expected = ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"];
    assert_eq!(names, expected);
    let (_, text) = &error.fields()[1];
    assert!(text.ends_with("x-amz-meta-a:1,2\n/bucket/some%20key?partNumber=1&uploadId=a+b"));
}

/// Chunk signatures start from a signature of version 4.
#[test]
fn payload_declarations() {
    let declared = |value: &str| {
        let text =
            format!("PUT\n\n\nFri, 24 May 2013 00:00:00 GMT\nx-amz-content-sha256:{value}\n/b/k");
        Sent::new("PUT", "/b/k", "")
            .with("date", "Fri, 24 May 2013 00:00:00 GMT")
            .with("x-amz-content-sha256", value)
            .with("authorization", authorization(&text))
    };
    let sent = declared(EMPTY_SHA256);
    let verified = check(&sent).unwrap();
    assert!(matches!(verified.claim().payload(), PayloadDeclaration::Hash(_)));
    let sent = declared("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    assert!(check(&sent).unwrap().chunk_seed().is_none());
    for signed in
        ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]
    {
        let error = check(&declared(signed)).unwrap_err();
        assert_eq!(error.code().as_str(), "InvalidRequest", "{signed}");
    }
}

#[test]
fn forms() {
    const POLICY: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiIH0=";
    let signature = sign(&secret(), POLICY.as_bytes()).unwrap();
    let all = FormFields {
        policy: Some(POLICY),
        version_2_access_key_id: Some(ACCESS_KEY),
        version_2_signature: Some(&signature),
        ..FormFields::default()
    };
    let check = |fields: FormFields<'_>| {
        let claim = post_form::parse(&fields, &settings(None))?.unwrap();
        claim.verify(&secret(), &SigningKeyCache::new())
    };
    let form = check(all).unwrap();
    assert_eq!((form.policy(), form.version()), (POLICY, SignatureVersion::Version2));
    assert_eq!(form.signed_at(), None);
    assert!(post_form::parse(&all, &SETTINGS).is_err());
    for (code, fields) in [
        ("InvalidArgument", FormFields { policy: None, ..all }),
        ("InvalidArgument", FormFields { version_2_access_key_id: None, ..all }),
        ("InvalidArgument", FormFields { version_2_signature: None, ..all }),
        ("InvalidArgument", FormFields { algorithm: Some("AWS4-HMAC-SHA256"), ..all }),
        ("SignatureDoesNotMatch", FormFields { version_2_signature: Some("x"), ..all }),
        ("SignatureDoesNotMatch", FormFields { policy: Some("eyB9"), ..all }),
    ] {
        let Err(error) = check(fields) else { panic!("accepted") };
        assert_eq!(error.code().as_str(), code);
    }
}

/// Every byte of what version 2 signs. The rest of the query is open by its design.
#[test]
fn every_changed_byte_is_noticed() {
    let sent = put();
    check(&sent).unwrap();
    for path in changed(&sent.path) {
        assert!(check(&Sent { path: path.clone(), ..sent.clone() }).is_err(), "{path}");
    }
    for method in changed(&sent.method) {
        assert!(check(&Sent { method: method.clone(), ..sent.clone() }).is_err(), "{method}");
    }
    for (at, (name, value)) in sent.headers.iter().enumerate().skip(1) {
        for other in changed(std::str::from_utf8(value).unwrap()) {
            if other.trim() == std::str::from_utf8(value).unwrap().trim() {
                continue;
            }
            let mut sent = sent.clone();
            sent.headers[at].1 = other.clone().into_bytes();
            assert!(check(&sent).is_err(), "{name}: {other}");
        }
        let mut without = sent.clone();
        without.headers.remove(at);
        assert!(name == "authorization" || check(&without).is_err(), "{name}");
    }
    for extra in ["acl", "delete", "policy=", "versionId=x", "response-expires=x", "attributes"] {
        let query = format!("{}&{extra}", sent.query);
        assert!(check(&Sent { query, ..sent.clone() }).is_err(), "{extra}");
    }
    assert!(check(&sent.clone().with("x-amz-copy-source", "/secret/key")).is_err());
    let open = sent.clone().edit_query("other=x", "prefix=y");
    check(&open).unwrap();
}

#[test]
fn every_changed_byte_of_a_url_is_noticed() {
    let sent = url();
    // Names of headers have no letter case, not even in a query.
    let name = |name: &str| {
        let name = crate::uri::decode_query(name).into_owned();
        let is_header = name.to_ascii_lowercase().starts_with(b"x-amz-");
        if is_header { name.to_ascii_lowercase() } else { name }
    };
    let meaning = |query: &str| {
        let pairs = crate::uri::query_pairs(query);
        let mut pairs: Vec<_> =
            pairs.map(|(n, v)| (name(n), crate::uri::decode_query(v).into_owned())).collect();
        pairs.sort();
        pairs
    };
    let mut refused = 0;
    for query in changed(&sent.query) {
        if meaning(&query) != meaning(&sent.query) {
            refused += 1;
            assert!(check(&Sent { query: query.clone(), ..sent.clone() }).is_err(), "{query}");
        }
    }
    assert!(refused > 10_000, "{refused}");
}
