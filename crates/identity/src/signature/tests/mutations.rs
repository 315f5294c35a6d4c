//! Every single changed byte of what a signature covers is noticed.

use super::support::*;
use crate::uri::{decode_path, decode_query, query_pairs};

fn signed() -> Sent {
    Sent::new("PUT", "/bucket/some%20key~a", "partNumber=1&uploadId=a%2Bb")
        .with("content-type", "text/plain")
        .with("x-amz-meta-colour", "dark blue")
        .signed()
}

fn presigned() -> Sent {
    Sent::new("GET", "/bucket/some%20key~a", "response-expires=a%2Bb&versionId=x")
        .with("range", "bytes=0-9")
        .presigned(60)
}

/// All texts that differ from `text` in one ASCII byte.
pub(super) fn changed(text: &str) -> impl Iterator<Item = String> {
    let replacements = (b' '..=b'~').chain([0, b'\t']);
    (0..text.len()).flat_map(move |at| {
        let text = text.as_bytes().to_vec();
        replacements.clone().filter_map(move |byte| {
            let mut other = text.clone();
            other[at] = byte;
            (other != text).then(|| String::from_utf8(other).unwrap())
        })
    })
}

#[track_caller]
fn assert_refused(sent: &Sent) {
    assert!(sent.check().is_err(), "{sent:?}");
}

#[test]
fn unchanged_requests_pass() {
    signed().check().unwrap();
    presigned().check().unwrap();
}

#[test]
fn method() {
    for sent in [signed(), presigned()] {
        for method in changed(&sent.method) {
            assert_refused(&Sent { method, ..sent.clone() });
        }
    }
}

/// Paths that mean the same key, such as `%7E` for `~`, have the same signature by design; no
/// single byte turns one into the other, except the letter case of an escape.
#[test]
fn path() {
    for sent in [signed(), presigned()] {
        for path in changed(&sent.path) {
            if decode_path(&path) != decode_path(&sent.path) {
                assert_refused(&Sent { path, ..sent.clone() });
            }
        }
    }
}

/// As with paths: what decodes to the same parameters is the same query.
#[test]
fn query() {
    let meaning = |query: &str| {
        let pairs = query_pairs(query);
        let decoded =
            pairs.map(|(n, v)| (decode_query(n).into_owned(), decode_query(v).into_owned()));
        let mut decoded: Vec<_> = decoded.collect();
        decoded.sort();
        decoded
    };
    let mut equivalent = 0;
    for sent in [signed(), presigned()] {
        for query in changed(&sent.query) {
            if meaning(&query) == meaning(&sent.query) {
                equivalent += 1;
            } else {
                assert_refused(&Sent { query, ..sent.clone() });
            }
        }
    }
    // `%2b` for `%2B` in both, `%2f` for `%2F` in the four of the credential, `%3b` has none.
    assert!(equivalent <= 8, "{equivalent}");
}

#[test]
fn signed_header_values() {
    for sent in [signed(), presigned()] {
        for (at, (name, value)) in sent.headers.iter().enumerate() {
            for other in changed(std::str::from_utf8(value).unwrap()) {
                let mut sent = sent.clone();
                sent.headers[at].1 = other.clone().into_bytes();
                // A blank behind a comma of the Authorization header is not part of anything.
                assert!(sent.check().is_err(), "{name}: {other}");
            }
        }
    }
}

#[test]
fn signed_headers_cannot_be_removed_renamed_or_added() {
    for sent in [signed(), presigned()] {
        for at in 0..sent.headers.len() {
            let mut without = sent.clone();
            let (name, value) = without.headers.remove(at);
            if name == "authorization" {
                continue;
            }
            assert_refused(&without);
            assert_refused(&without.with(&format!("{name}x"), &value));
            assert_refused(&sent.clone().with(&name, &value));
            assert_refused(&sent.clone().with(&name, ""));
        }
    }
}

/// Removing a header with an empty value changes a request, too.
#[test]
fn an_empty_signed_header_cannot_be_removed() {
    let sent = Sent::new("PUT", "/b/k", "").with("x-amz-meta-empty", "").signed();
    sent.check().unwrap();
    assert_refused(&sent.without("x-amz-meta-empty"));
}

#[test]
fn an_authorization_header_cannot_be_removed() {
    let anonymous = signed().without("authorization");
    assert!(matches!(anonymous.parse_at(NOW).unwrap(), crate::signature::Claim::Anonymous { .. }));
}
