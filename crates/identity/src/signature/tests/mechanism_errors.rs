//! The tables of `access-control.md` §8.1 and of payload declarations (§8.3).

use super::support::*;
use crate::payload::PayloadDeclaration;
use crate::signature::{Claim, Mechanism, mechanism};

fn get() -> Sent {
    Sent::new("GET", "/test.txt", "")
}

const ONLY_ONE: &str = "Only one auth mechanism allowed; only the X-Amz-Algorithm query \
    parameter, Signature query string parameter or the Authorization header should be specified";

#[test]
fn mechanisms_are_told_apart() {
    let choose = |sent: Sent| sent.view(mechanism::choose).unwrap();
    assert_eq!(choose(get()), Mechanism::Anonymous);
    assert_eq!(choose(get().signed()), Mechanism::Header);
    assert_eq!(choose(get().presigned(60)), Mechanism::Presigned);
    assert_eq!(choose(get().with("authorization", "AWS A:b")), Mechanism::SigV2Header);
    let v2 = Sent::new("GET", "/a", "AWSAccessKeyId=A&Expires=1&Signature=b");
    assert_eq!(choose(v2), Mechanism::SigV2Query);
    let harmless = Sent::new("GET", "/a", "Expires=1&X-Amz-Date=x&x-amz-algorithm=y&signature");
    assert_eq!(choose(harmless), Mechanism::Anonymous);
}

#[test]
fn no_authentication_is_anonymous() {
    assert!(matches!(
        get().parse_at(NOW).unwrap(),
        Claim::Anonymous { payload: PayloadDeclaration::Unsigned }
    ));
}

#[test]
fn two_mechanisms_at_once() {
    let both = Sent { query: get().presigned(60).query, ..get().signed() };
    let value = both.header("authorization");
    let fields = [("ArgumentName", "Authorization"), ("ArgumentValue", value.as_str())];
    both.refused("InvalidArgument", ONLY_ONE, &fields);

    let with_v2 = Sent { query: "Signature=x".into(), ..get().signed() };
    with_v2.refused("InvalidArgument", ONLY_ONE, &fields);

    let nothing = [("ArgumentName", "Authorization"), ("ArgumentValue", "")];
    let queries = get().presigned(60).edit_query("X-Amz-Algorithm", "Signature=x&X-Amz-Algorithm");
    queries.refused("InvalidArgument", ONLY_ONE, &nothing);

    let twice = get().signed().with("Authorization", "AWS4-HMAC-SHA256 x");
    let value = format!("{value},AWS4-HMAC-SHA256 x");
    let fields = [("ArgumentName", "Authorization"), ("ArgumentValue", value.as_str())];
    twice.refused("InvalidArgument", ONLY_ONE, &fields);
}

#[test]
fn unknown_scheme() {
    for value in ["Bearer abc", "Basic YTpi", "aws4-hmac-sha256 x", "AWS4-HMAC-SHA512 x", "AWS5 x"]
    {
        get().with("authorization", value).refused(
            "InvalidArgument",
            "Unsupported Authorization Type",
            &[("ArgumentName", "Authorization"), ("ArgumentValue", value)],
        );
    }
}

#[test]
fn scheme_without_blank() {
    for value in ["AWS4-HMAC-SHA256", "Bearer", "", "AWS4-HMAC-SHA256,Credential=x"] {
        get().with("authorization", value).refused(
            "InvalidArgument",
            "Authorization header is invalid -- one and only one ' ' (space) required.",
            &[("ArgumentName", "Authorization"), ("ArgumentValue", value)],
        );
    }
}

#[test]
fn signature_version_2() {
    let message = "The authorization mechanism you have provided is not supported. \
        Please use AWS4-HMAC-SHA256.";
    get().with("authorization", "AWS AKIA:c2ln").refused("InvalidRequest", message, &[]);
    let query = "AWSAccessKeyId=A&Expires=1400000000&Signature=c2ln";
    Sent::new("GET", "/a", query).refused("InvalidRequest", message, &[]);
}

/// §8.4, row "v2, a parameter missing".
#[test]
fn signature_version_2_with_a_parameter_missing() {
    for query in ["Signature=c2ln", "AWSAccessKeyId=A", "Signature=x&AWSAccessKeyId=A"] {
        Sent::new("GET", "/a", query).refused(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId \
             parameters",
            &[],
        );
    }
}

#[test]
fn asymmetric_signatures_are_not_implemented() {
    let message = "Signatures with AWS4-ECDSA-P256-SHA256 are not implemented.";
    get().with("authorization", "AWS4-ECDSA-P256-SHA256 Credential=x").refused(
        "NotImplemented",
        message,
        &[],
    );
    get().presigned(60).edit_query("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256").refused(
        "NotImplemented",
        message,
        &[],
    );
    let payload = "Payloads signed with AWS4-ECDSA-P256-SHA256 are not implemented.";
    for trailer in ["", "-TRAILER"] {
        let value = format!("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD{trailer}");
        get().with("x-amz-content-sha256", value).refused("NotImplemented", payload, &[]);
    }
}

#[test]
fn no_date() {
    let message = "AWS authentication requires a valid Date or x-amz-date header";
    let signed = get().signed();
    signed.clone().without("x-amz-date").refused("AccessDenied", message, &[]);
    for bad in ["", "now", "2013-05-24T00:00:00Z", "Fri, 24 May 2013 00:00:00 GMT"] {
        signed.clone().replaced("x-amz-date", bad).refused("AccessDenied", message, &[]);
    }
    let twice = signed.clone().with("x-amz-date", "20130524T000000Z");
    twice.refused("AccessDenied", message, &[]);
    let bad_date = signed.without("x-amz-date").with("date", "yesterday");
    bad_date.refused("AccessDenied", message, &[]);
}

#[test]
fn payload_declarations() {
    let message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
        STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.";
    let short = EMPTY_SHA256.replacen('e', "", 1);
    for bad in ["", "abc", "unsigned-payload", &short, "STREAMING-PAYLOAD"] {
        let fields = [("ArgumentName", "x-amz-content-sha256"), ("ArgumentValue", bad)];
        get().signed().replaced("x-amz-content-sha256", bad).refused(
            "InvalidArgument",
            message,
            &fields,
        );
        get().with("x-amz-content-sha256", bad).refused("InvalidArgument", message, &fields);
    }
    for value in [
        EMPTY_SHA256,
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    ] {
        let declaration = PayloadDeclaration::parse(value.as_bytes()).unwrap();
        assert_eq!(declaration.header_value(), value);
    }
    get().signed().without("x-amz-content-sha256").refused(
        "InvalidRequest",
        "Missing required header for this request: x-amz-content-sha256",
        &[],
    );
}

/// §8.3, last row.
#[test]
fn anonymous_with_signed_payload() {
    for value in
        ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]
    {
        get().with("x-amz-content-sha256", value).refused(
            "InvalidRequest",
            "Anonymous requests don't support this x-amz-content-sha256 value. \
             Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
            &[],
        );
    }
}

/// §8.3, row "body hash differs".
#[test]
fn body_hash_differs() {
    let declared = PayloadDeclaration::parse(EMPTY_SHA256.as_bytes()).unwrap();
    let PayloadDeclaration::Hash(hash) = declared else { panic!("{declared:?}") };
    declared.check(&hash).unwrap();
    PayloadDeclaration::Unsigned.check(&[1; 32]).unwrap();
    let error = declared.check(&[1; 32]).unwrap_err();
    assert_eq!(error.code().as_str(), "XAmzContentSHA256Mismatch");
    assert_eq!(
        error.message(),
        "The provided 'x-amz-content-sha256' header does not match what was computed."
    );
    assert_eq!(
        error.fields(),
        [
            ("ClientComputedContentSHA256", EMPTY_SHA256.to_owned()),
            ("S3ComputedContentSHA256", "01".repeat(32)),
        ]
    );
}
