//! The table of `access-control.md` §8.4, presigned URLs.

use super::support::*;
use crate::payload::PayloadDeclaration;

fn presigned() -> Sent {
    Sent::new("GET", "/test.txt", "").presigned(3600)
}

#[track_caller]
fn malformed(from: &str, to: &str, message: &str) {
    presigned().edit_query(from, to).refused("AuthorizationQueryParametersError", message, &[]);
}

const CREDENTIAL: &str = "Error parsing the X-Amz-Credential parameter; ";
const NOT_SIGNED: &str = "There were headers present in the request which were not signed";

/// TV-136
#[test]
fn expired() {
    presigned().refused_at(
        seconds_later(3601),
        "AccessDenied",
        "Request has expired",
        &[
            ("X-Amz-Expires", "3600"),
            ("Expires", "2013-05-24T01:00:00Z"),
            ("ServerTime", "2013-05-24T01:00:01Z"),
        ],
    );
    presigned().check_at(seconds_later(3600)).unwrap();
}

#[test]
fn not_valid_yet() {
    let early = seconds_later(-901);
    presigned().refused_at(early, "AccessDenied", "Request is not valid yet", &[]);
    presigned().check_at(seconds_later(-900)).unwrap();
}

/// TV-137, for each of the six parameters.
#[test]
fn a_parameter_missing() {
    let whole = presigned().query;
    for name in
        ["X-Amz-Algorithm", "Credential", "Signature", "X-Amz-Date", "SignedHeaders", "Expires"]
    {
        let kept: Vec<_> = whole
            .split('&')
            .filter(|pair| !pair.split('=').next().unwrap().ends_with(name))
            .collect();
        assert_eq!(kept.len(), 5);
        Sent::new("GET", "/test.txt", &kept.join("&")).refused(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, \
             X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
             X-Amz-Expires parameters.",
            &[],
        );
    }
}

#[test]
fn a_parameter_twice() {
    for pair in presigned().query.split('&') {
        let twice = Sent { query: format!("{}&{pair}", presigned().query), ..presigned() };
        let error = twice.check().unwrap_err();
        assert_eq!(error.code().as_str(), "AuthorizationQueryParametersError");
        let name = pair.split('=').next().unwrap();
        assert_eq!(error.cause().unwrap(), format!("query parameter `{name}` is repeated"));
    }
}

#[test]
fn credential() {
    let shape = "the Credential is mal-formed; expecting \
        \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    malformed("%2Fs3", "", &format!("{CREDENTIAL}{shape}"));
    malformed(ACCESS_KEY, "", &format!("{CREDENTIAL}{shape}"));
    let service = "incorrect service \"ec2\". This endpoint belongs to \"s3\".";
    malformed("%2Fs3", "%2Fec2", &format!("{CREDENTIAL}{service}"));
    let terminal = "incorrect terminal \"aws4\". This endpoint uses \"aws4_request\".";
    malformed("aws4_request", "aws4", &format!("{CREDENTIAL}{terminal}"));
    let date = "incorrect date format \"2013\". This date in the credential must be in the \
        format \"yyyyMMdd\".";
    malformed("%2F20130524%2F", "%2F2013%2F", &format!("{CREDENTIAL}{date}"));
    presigned().edit_query("us-east-1", "mars").refused(
        "AuthorizationQueryParametersError",
        &format!("{CREDENTIAL}the region 'mars' is wrong; expecting 'us-east-1'"),
        &[("Region", "us-east-1")],
    );
}

#[test]
fn expires() {
    let week = "X-Amz-Expires must be less than a week (in seconds); that is, the given \
        X-Amz-Expires must be less than 604800 seconds";
    for bad in ["604801", "99999999999999999999999999"] {
        malformed("Expires=3600", &format!("Expires={bad}"), week);
    }
    for bad in ["-1", "-99999999999999999999999999"] {
        let message = "X-Amz-Expires must be non-negative";
        malformed("Expires=3600", &format!("Expires={bad}"), message);
    }
    for bad in ["", "1.5", "x", "%2B5", "+5", "-", "1e3", "0x1"] {
        let message = "X-Amz-Expires should be a number";
        malformed("Expires=3600", &format!("Expires={bad}"), message);
    }
    let week = Sent::new("GET", "/a", "").presigned(604_800);
    week.check_at(seconds_later(604_800)).unwrap();
}

#[test]
fn algorithm_and_dates() {
    malformed(
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-MD5",
        "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
    );
    malformed(
        "20130524T000000Z",
        "2013-05-24T00:00:00Z",
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    );
    malformed(
        "Date=20130524",
        "Date=20130525",
        "Invalid credential date \"20130524\". This date is not the same as X-Amz-Date: \
         \"20130525\".",
    );
}

#[test]
fn signature_differs() {
    let error = presigned().edit_query("Signature=", "Signature=f").check().unwrap_err();
    assert_eq!(error.code().as_str(), "SignatureDoesNotMatch");
    let names: Vec<_> = error.fields().iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "AWSAccessKeyId",
            "StringToSign",
            "SignatureProvided",
            "StringToSignBytes",
            "CanonicalRequest",
            "CanonicalRequestBytes"
        ]
    );
    let canonical = &error.fields()[4].1;
    assert!(canonical.ends_with("\nhost\nUNSIGNED-PAYLOAD"));
    assert!(!canonical.contains("X-Amz-Signature"), "{canonical}");
}

/// TV-138
#[test]
fn headers_not_signed() {
    let sent = presigned().with("x-amz-acl", "public-read");
    sent.refused("AccessDenied", NOT_SIGNED, &[("HeadersNotSigned", "x-amz-acl")]);
    let no_host = presigned().edit_query("SignedHeaders=host", "SignedHeaders=range");
    no_host.refused("AccessDenied", NOT_SIGNED, &[("HeadersNotSigned", "host")]);
}

/// §8.3: an unsigned Content-Type on a v4 presigned PUT is accepted.
#[test]
fn unsigned_content_type_is_accepted() {
    presigned().with("content-type", "text/plain").check().unwrap();
}

/// §8.4: the same name signed in the query and sent as header with another value.
#[test]
fn header_and_query_must_agree() {
    let put = || Sent::new("PUT", "/a", "X-Amz-Acl=private&x-amz-meta-a=b%20c").presigned(60);
    put().check().unwrap();
    put().with("x-amz-acl", "private").with("x-amz-meta-a", " b c").check().unwrap();
    put().with("x-amz-acl", "public-read").with("x-amz-meta-a", "b").refused(
        "AccessDenied",
        NOT_SIGNED,
        &[("HeadersNotSigned", "x-amz-acl, x-amz-meta-a")],
    );
    // Even if the header is signed too, one of the two would be ignored.
    let both = Sent::new("PUT", "/a", "x-amz-acl=private").with("x-amz-acl", "public-read");
    both.presigned(60).refused("AccessDenied", NOT_SIGNED, &[("HeadersNotSigned", "x-amz-acl")]);
    let twice = Sent::new("PUT", "/a", "x-amz-acl=private&x-amz-acl=public-read").presigned(60);
    for value in ["private", "public-read"] {
        twice.clone().with("x-amz-acl", value).refused(
            "AccessDenied",
            NOT_SIGNED,
            &[("HeadersNotSigned", "x-amz-acl")],
        );
    }
}

#[test]
fn payload_declared_in_the_query_or_a_header() {
    let header = Sent::new("PUT", "/a", "").with("x-amz-content-sha256", EMPTY_SHA256);
    // Our signer writes UNSIGNED-PAYLOAD into the canonical request; the declaration counts.
    let presigned = header.presigned(60);
    let claim = presigned.claim();
    assert!(matches!(claim.payload(), PayloadDeclaration::Hash(_)));
    let query = format!("X-Amz-Content-Sha256={EMPTY_SHA256}");
    let sent = Sent::new("PUT", "/a", &query).presigned(60);
    assert!(matches!(sent.claim().payload(), PayloadDeclaration::Hash(_)));
    assert_eq!(sent.check().unwrap_err().code().as_str(), "SignatureDoesNotMatch");
    Sent::new("PUT", "/a", "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD").presigned(60).check().unwrap();
}
