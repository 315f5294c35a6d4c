//! Published weaknesses of other servers, classes A and E of the list of published weaknesses:
//! signatures that were not, or not wholly, verified. Those about bodies stand with the chunked
//! decoder, those about secrets with the secrets.

use super::support::*;
use crate::payload::PayloadDeclaration;
use crate::signature::Claim;

fn put(payload: PayloadDeclaration) -> Sent {
    let sent = Sent::new("PUT", "/bucket/key", "").with("x-amz-decoded-content-length", "3");
    sent.signed_for(payload).0
}

/// The payload form must not decide whether the head's signature is checked.
#[test]
fn minio_cve_2025_31489_unsigned_trailer_payloads_need_a_valid_signature() {
    for payload in [
        PayloadDeclaration::Unsigned,
        PayloadDeclaration::Hash([7; 32]),
        PayloadDeclaration::StreamingSigned,
        PayloadDeclaration::StreamingSignedTrailer,
        PayloadDeclaration::StreamingUnsignedTrailer,
    ] {
        put(payload).check().unwrap();
        let forged = put(payload).edit("authorization", "Signature=", "Signature=0");
        let error = forged.check().unwrap_err();
        assert_eq!(error.code().as_str(), "SignatureDoesNotMatch", "{payload:?}");
    }
}

#[test]
fn minio_cve_2026_41145_a_credential_in_the_query_without_header_is_not_anonymous() {
    let credential =
        format!("X-Amz-Credential={ACCESS_KEY}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request");
    let sent = Sent::new("PUT", "/bucket/key", &credential)
        .with("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .with("x-amz-date", "20130524T000000Z");
    let error = sent.check().unwrap_err();
    assert_eq!(error.code().as_str(), "AuthorizationQueryParametersError");
    // Nor does an encoded name hide one.
    let encoded = credential.replace("X-Amz", "X%2DAmz");
    let error = Sent::new("PUT", "/bucket/key", &encoded).check().unwrap_err();
    assert_eq!(error.code().as_str(), "AuthorizationQueryParametersError");
}

/// Each mechanism is either verified or refused; none falls through.
#[test]
fn minio_cve_2026_40344_no_mechanism_falls_through_unsigned() {
    for authorization in ["AWS A:b", "AWS4-ECDSA-P256-SHA256 x", "Bearer x", "AWS4-HMAC-SHA256 x"] {
        let sent = Sent::new("PUT", "/b/k", "").with("authorization", authorization);
        assert!(sent.parse_at(NOW).is_err(), "{authorization}");
    }
    for query in ["Signature=x", "X-Amz-Signature=x", "X-Amz-Algorithm=AWS4-HMAC-SHA256"] {
        assert!(Sent::new("PUT", "/b/k", query).parse_at(NOW).is_err(), "{query}");
    }
}

/// The type of the body is none of this crate's business, so it cannot turn a check off.
#[test]
fn seaweedfs_7912_a_multipart_post_is_authenticated_like_any_other() {
    let sent = Sent::new("POST", "/bucket", "delete")
        .with("content-type", "multipart/form-data; boundary=x")
        .signed();
    sent.check().unwrap();
    let forged = sent.edit("authorization", "Signature=", "Signature=0");
    assert_eq!(forged.check().unwrap_err().code().as_str(), "SignatureDoesNotMatch");
}

#[test]
fn lakefs_cve_2025_68671_a_recorded_request_cannot_be_replayed_later() {
    let sent = Sent::new("DELETE", "/bucket/key", "").signed();
    sent.check().unwrap();
    let error = sent.check_at(seconds_later(901)).unwrap_err();
    assert_eq!(error.code().as_str(), "RequestTimeTooSkewed");
}

#[test]
fn floci_1841_a_presigned_url_in_time_still_needs_its_signature() {
    let sent = Sent::new("GET", "/bucket/key", "").with("range", "bytes=0-9").presigned(60);
    sent.check().unwrap();
    let tampered = sent.clone().edit_query("Signature=", "Signature=0");
    assert_eq!(tampered.check().unwrap_err().code().as_str(), "SignatureDoesNotMatch");
    for other in [sent.clone().replaced("range", "bytes=0-"), sent.without("range")] {
        assert_eq!(other.check().unwrap_err().code().as_str(), "SignatureDoesNotMatch");
    }
}

#[test]
fn seaweedfs_88ac2d043_unsigned_amz_headers_are_refused() {
    for name in ["x-amz-copy-source", "X-AMZ-ACL", "x-amz-meta-a", "x-amz-security-token"] {
        for sent in
            [Sent::new("PUT", "/b/k", "").signed(), Sent::new("PUT", "/b/k", "").presigned(9)]
        {
            let error = sent.with(name, "/secret/key").check().unwrap_err();
            assert_eq!(error.code().as_str(), "AccessDenied");
            assert_eq!(error.fields(), [("HeadersNotSigned", name.to_ascii_lowercase())]);
        }
    }
}

#[test]
fn seaweedfs_689b5b61b_empty_and_repeated_signed_headers_names_are_refused() {
    for list in ["", ";host", "host;", "host;;range", "host;host", "Host", "host;x y", "host,range"]
    {
        let encoded = crate::uri::encode_query(list.as_bytes());
        let sent = Sent::new("GET", "/b/k", "").presigned(9);
        let sent = sent.edit_query("SignedHeaders=host", &format!("SignedHeaders={encoded}"));
        let error = sent.check().unwrap_err();
        assert_eq!(error.code().as_str(), "AuthorizationQueryParametersError", "{list}");
        let sent = Sent::new("GET", "/b/k", "").signed();
        let error = sent
            .edit("authorization", "host;x-amz-content-sha256;x-amz-date", list)
            .check()
            .unwrap_err();
        assert_eq!(error.code().as_str(), "AuthorizationHeaderMalformed", "{list}");
    }
    let many: Vec<_> = (0..101).map(|number| format!("h{number}")).collect();
    assert!(!crate::signature::credential::is_signed_headers_list(&many.join(";")));
    assert!(crate::signature::credential::is_signed_headers_list(&many[..100].join(";")));
}

#[test]
fn versitygw_df74e7fd_the_payload_declaration_of_anonymous_requests_counts() {
    let declared = |value: &str| {
        let sent = Sent::new("PUT", "/b/k", "").with("x-amz-content-sha256", value);
        match sent.parse_at(NOW).unwrap() {
            Claim::Anonymous { payload } => payload,
            Claim::Signed(_) => panic!("signed"),
        }
    };
    assert!(declared(EMPTY_SHA256).check(&[0; 32]).is_err());
    let streaming = declared("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    assert_eq!(streaming, PayloadDeclaration::StreamingUnsignedTrailer);
}

/// What the signature was checked for is what was received: no decoding joins two keys.
#[test]
fn s3_proxy_cve_2026_42882_paths_are_never_normalised() {
    let sent = Sent::new("GET", "/bucket/a/../b//c/./d", "").signed();
    sent.check().unwrap();
    for other in ["/bucket/b//c/./d", "/bucket/a/../b/c/./d", "/bucket/b/c/d"] {
        let moved = Sent { path: other.into(), ..sent.clone() };
        assert_eq!(moved.check().unwrap_err().code().as_str(), "SignatureDoesNotMatch");
    }
    let error = Sent { path: "/bucket/a/..".into(), ..sent }.check().unwrap_err();
    let (_, canonical) = &error.fields()[4];
    assert!(canonical.starts_with("GET\n/bucket/a/..\n"), "{canonical}");
}

/// The comparison takes a whole signature or nothing; beginnings and other letter case fail.
#[test]
fn garage_6d33e721_a_signature_matches_wholly_or_not_at_all() {
    let sent = Sent::new("GET", "/b/k", "").signed();
    let value = sent.header("authorization");
    let (start, signature) = value.rsplit_once('=').unwrap();
    for other in [
        signature.to_ascii_uppercase(),
        signature.chars().take(63).collect(),
        format!("{signature}0"),
        format!(" {signature}"),
    ] {
        let changed = sent.clone().replaced("authorization", &format!("{start}={other}"));
        let result = changed.check();
        if other == signature {
            continue;
        }
        assert_eq!(result.unwrap_err().code().as_str(), "SignatureDoesNotMatch", "{other}");
    }
}

/// Ceph CVE-2018-16889: what could be used again does not reach a log.
#[test]
fn ceph_cve_2018_16889_debug_shows_no_signature_and_no_token() {
    let sent = Sent::new("GET", "/b/k", "X-Amz-Security-Token=the-token").presigned(60);
    let claim = sent.claim();
    assert_eq!(claim.security_token(), Some("the-token"));
    let signature = sent.query.rsplit_once('=').unwrap().1;
    let (streaming, seed) =
        Sent::new("PUT", "/b/k", "").signed_for(PayloadDeclaration::StreamingSigned);
    let seed_signature = streaming.header("authorization").rsplit_once('=').unwrap().1.to_owned();
    let shown = format!("{:?} {seed:?} {:?}", sent.check().unwrap(), streaming.check().unwrap());
    for secret in ["the-token", signature, &seed_signature] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains(ACCESS_KEY));
}
