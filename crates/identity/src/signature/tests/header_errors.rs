//! The tables of `access-control.md` §8.2 and §8.3.

use model::Timestamp;

use super::support::*;
use crate::payload::PayloadDeclaration;
use crate::sign::{self, Signer};
use crate::signature::CanonicalRequest;

fn signed() -> Sent {
    Sent::new("GET", "/test.txt", "").signed()
}

/// A changed Authorization header and the tail of the refusal.
#[track_caller]
fn malformed(from: &str, to: &str, tail: &str) {
    let message = format!("The authorization header is malformed; {tail}");
    signed().edit("authorization", from, to).refused("AuthorizationHeaderMalformed", &message, &[]);
}

const SHAPE: &str = "the Credential is mal-formed; expecting \
    \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
const THREE: &str = "the authorization header requires three components: Credential, \
    SignedHeaders, and Signature.";

/// TV-139
#[test]
fn wrong_region() {
    signed().edit("authorization", "us-east-1", "aws-global").refused(
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'aws-global' is wrong; \
         expecting 'us-east-1'",
        &[("Region", "us-east-1")],
    );
    // Another accepted region passes here and fails at the signature.
    let other = signed().edit("authorization", "us-east-1", "eu-west-3");
    assert_eq!(other.check().unwrap_err().code().as_str(), "SignatureDoesNotMatch");
}

#[test]
fn wrong_scope() {
    malformed("/s3/", "/ec2/", "incorrect service \"ec2\". This endpoint belongs to \"s3\".");
    malformed(
        "aws4_request",
        "aws4",
        "incorrect terminal \"aws4\". This endpoint uses \"aws4_request\".",
    );
    for bad in ["2013052", "20130532", "24052013", "2013-05-24", ""] {
        malformed(
            "/20130524/",
            &format!("/{bad}/"),
            &format!(
                "incorrect date format \"{bad}\". This date in the credential must be in the \
                 format \"yyyyMMdd\"."
            ),
        );
    }
}

#[test]
fn credential_shape() {
    malformed("/us-east-1/s3", "/us-east-1", SHAPE);
    malformed("/us-east-1/s3", "/us-east-1/s3/s3", SHAPE);
    malformed(ACCESS_KEY, "", SHAPE);
    malformed(ACCESS_KEY, &"A".repeat(129), SHAPE);
    malformed(ACCESS_KEY, "a/b", SHAPE);
}

#[test]
fn components() {
    malformed(",Signature", " Signature", THREE);
    malformed(",Signature", ",Extra=1,Signature", THREE);
    malformed("Credential=", "Credentials=", "missing Credential.");
    malformed("Signature=", "signature=", "missing Signature.");
    malformed("SignedHeaders=", "Headers=", "missing SignedHeaders.");
    malformed("SignedHeaders=", "Credential=", "missing SignedHeaders.");
    malformed(
        "Credential=",
        "Credential",
        "the authorization component \
         \"CredentialAKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request\" is malformed.",
    );
    let empty = signed().replaced("authorization", "AWS4-HMAC-SHA256 ");
    let three = format!("The authorization header is malformed; {THREE}");
    assert_eq!(empty.check().unwrap_err().code().as_str(), "InvalidArgument");
    let binary = signed().without("authorization").with("authorization", b"AWS4-HMAC-SHA256 \xff");
    binary.refused("AuthorizationHeaderMalformed", &three, &[]);
}

#[test]
fn blanks_behind_commas_are_fine() {
    signed().edit("authorization", ",", ", ").check().unwrap();
}

#[test]
fn date_mismatch() {
    malformed(
        "/20130524/",
        "/20130523/",
        "Invalid credential date. Date is not the same as X-Amz-Date.",
    );
}

/// TV-133
#[test]
fn unknown_access_key() {
    signed().edit("authorization", ACCESS_KEY, "AKIAUNKNOWN").refused(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        &[("AWSAccessKeyId", "AKIAUNKNOWN")],
    );
}

/// TV-134: all six extra fields.
#[test]
fn signature_differs() {
    let wrong = "0".repeat(64);
    let right = signed().header("authorization");
    let (start, _) = right.rsplit_once('=').unwrap();
    let sent = signed().replaced("authorization", &format!("{start}={wrong}"));
    let canonical = format!(
        "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\n\
         x-amz-content-sha256:{EMPTY_SHA256}\nx-amz-date:20130524T000000Z\n\n\
         host;x-amz-content-sha256;x-amz-date\n{EMPTY_SHA256}"
    );
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(canonical.as_bytes()));
    let text =
        format!("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{hash}");
    let bytes =
        |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    sent.refused(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method.",
        &[
            ("AWSAccessKeyId", ACCESS_KEY),
            ("StringToSign", &text),
            ("SignatureProvided", &wrong),
            ("StringToSignBytes", &bytes(&text)),
            ("CanonicalRequest", &canonical),
            ("CanonicalRequestBytes", &bytes(&canonical)),
        ],
    );
    assert!(bytes(&text).starts_with("41 57 53 34 2d 48"));
}

/// TV-135
#[test]
fn clock_skew() {
    let at = |seconds: i64, server_time: &str| {
        signed().refused_at(
            seconds_later(seconds),
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            &[
                ("RequestTime", "20130524T000000Z"),
                ("ServerTime", server_time),
                ("MaxAllowedSkewMilliseconds", "900000"),
            ],
        );
    };
    at(1200, "2013-05-24T00:20:00Z");
    at(901, "2013-05-24T00:15:01Z");
    at(-901, "2013-05-23T23:44:59Z");
    signed().check_at(seconds_later(900)).unwrap();
    signed().check_at(seconds_later(-900)).unwrap();
    for extreme in [i64::MIN, i64::MAX] {
        let error = signed().check_at(Timestamp::from_unix_millis(extreme)).unwrap_err();
        assert_eq!(error.code().as_str(), "RequestTimeTooSkewed");
    }
}

const NOT_SIGNED: &str = "There were headers present in the request which were not signed";

#[test]
fn headers_not_signed() {
    let sent = signed()
        .with("x-amz-acl", "public-read")
        .with("content-type", "text/plain")
        .with("X-Amz-Copy-Source", "/a/b")
        .with("x-amz-acl", "private");
    let fields = [("HeadersNotSigned", "x-amz-acl, x-amz-copy-source")];
    sent.refused("AccessDenied", NOT_SIGNED, &fields);
    signed().edit("authorization", "host;", "").refused(
        "AccessDenied",
        NOT_SIGNED,
        &[("HeadersNotSigned", "host")],
    );
    // A query parameter of the same name does not help: it is not presigned.
    let sent = Sent { query: "x-amz-acl=private".into(), ..signed() };
    sent.with("x-amz-acl", "private").refused(
        "AccessDenied",
        NOT_SIGNED,
        &[("HeadersNotSigned", "x-amz-acl")],
    );
}

#[test]
fn a_session_token_is_claimed() {
    let secret = secret();
    let signer = Signer {
        access_key_id: ACCESS_KEY,
        secret: &secret,
        security_token: Some("token"),
        region: "us-east-1",
        signed_at: NOW,
    };
    let mut sent = Sent::new("GET", "/", "");
    let signature =
        sent.view(|request| sign::header(&signer, request, PayloadDeclaration::Unsigned));
    for (name, value) in signature.headers {
        sent = sent.with(name, value);
    }
    assert_eq!(sent.check().unwrap().claim().security_token(), Some("token"));
    let mut sent = Sent::new("GET", "/", "");
    sent.query = sent.view(|request| sign::presign(&signer, request, 60));
    assert_eq!(sent.check().unwrap().claim().security_token(), Some("token"));
    assert_eq!(signed().claim().security_token(), None);
}

/// `Date` counts where `x-amz-date` is absent.
#[test]
fn a_date_header_is_enough() {
    for date in ["Fri, 24 May 2013 00:00:00 GMT", "20130524T000000Z"] {
        let sent = Sent::new("GET", "/", "").with("date", date);
        let sent = sent.with("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        let signed_headers = "date;host;x-amz-content-sha256";
        let canonical = sent.view(|request| {
            let payload = "UNSIGNED-PAYLOAD";
            CanonicalRequest { request: *request, signed_headers, payload }.build()
        });
        let scope = signed().claim().scope().unwrap().clone().into_owned();
        let text = crate::signature::string_to_sign("20130524T000000Z", &scope, &canonical);
        let signature = crate::SigningKey::derive(&secret(), &scope).sign(text.as_bytes());
        let sent = sent.with(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, \
                 SignedHeaders={signed_headers}, Signature={signature}"
            ),
        );
        assert_eq!(sent.check().unwrap().claim().signed_at(), Some(NOW));
        let late = sent.check_at(seconds_later(1000)).unwrap_err();
        assert_eq!(late.fields()[0], ("RequestTime", date.to_owned()));
    }
}

/// Escapes that no two readers need to agree about are refused before anything else is decided.
#[test]
fn malformed_escapes() {
    for sent in [signed(), Sent::new("GET", "/test.txt", "").presigned(60)] {
        for bad in ["/%", "/%2", "/%zz", "/%%20"] {
            let sent = Sent { path: bad.into(), ..sent.clone() };
            sent.refused("InvalidURI", "Couldn't parse the specified URI.", &[]);
        }
        let query = format!("{}&a=%4", sent.query);
        let sent = Sent { query, ..sent };
        sent.refused("InvalidURI", "Couldn't parse the specified URI.", &[]);
    }
}
