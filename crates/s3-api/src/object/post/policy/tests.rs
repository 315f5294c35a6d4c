//! The policy table of §8.4.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_295_144);
const LATER: &str = "2026-11-22T00:00:00.000Z";

fn parse(document: &Value) -> Result<PostPolicy, S3Error> {
    PostPolicy::parse(&BASE64.encode(document.to_string()))
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in pairs {
        fields.add((*name).to_owned(), (*value).to_owned()).unwrap();
    }
    fields
}

fn photos() -> BucketName {
    BucketName::parse("photos").unwrap()
}

/// Checks a form for bucket `photos` against `conditions`, to which one for the bucket is added.
fn check(conditions: &Value, form: &[(&str, &str)]) -> Result<(u64, u64), S3Error> {
    let mut conditions = conditions.as_array().unwrap().clone();
    conditions.push(json!({"bucket": "photos"}));
    let policy = parse(&json!({"expiration": LATER, "conditions": conditions}))?;
    policy.check(&fields(form), &photos(), NOW)
}

#[track_caller]
fn refused(result: Result<impl std::fmt::Debug, S3Error>, code: ErrorCode, message: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.message()), (code, message));
}

#[track_caller]
fn failed(conditions: &Value, form: &[(&str, &str)], shown: &str) {
    let message = format!("Invalid according to Policy: Policy Condition failed: {shown}");
    refused(check(conditions, form), ErrorCode::AccessDenied, &message);
}

#[test]
fn conditions_that_hold() {
    for (conditions, form) in [
        (json!([]), vec![]),
        (json!([{"key": "k"}]), vec![("key", "k")]),
        (json!([["eq", "$key", "k"]]), vec![("key", "k")]),
        (json!([["starts-with", "$key", "u/"]]), vec![("key", "u/k")]),
        (json!([["starts-with", "$key", ""]]), vec![("key", "anything")]),
        // Names and operators in any letter case, as one test-suite asserts against Amazon.
        (
            json!([["StArTs-WiTh", "$KeY", "u"], {"aCl": "private"}]),
            vec![("kEy", "u"), ("AcL", "private")],
        ),
        (
            json!([["starts-with", "$Content-Type", "image/"]]),
            vec![("content-type", "image/png, image/gif")],
        ),
        (json!([["starts-with", "$x-amz-meta-a", ""]]), vec![]),
        // What needs no condition.
        (
            json!([]),
            vec![("policy", "p"), ("X-Amz-Signature", "s"), ("x-ignore-a", ""), ("X-IGNORE-B", "")],
        ),
        // The form's own idea of the bucket does not count.
        (json!([]), vec![("bucket", "other")]),
    ] {
        assert_eq!(check(&conditions, &form).unwrap(), (0, u64::MAX), "{conditions} {form:?}");
    }
}

#[test]
fn conditions_that_fail() {
    let redirect = json!([["eq", "$success_action_redirect", "http://localhost/"]]);
    let shown = r#"["eq", "$success_action_redirect", "http://localhost/"]"#;
    failed(&redirect, &[("success_action_redirect", "http://elsewhere/")], shown);
    failed(&redirect, &[], shown);
    let simple = json!([{"success_action_redirect": "http://localhost/"}]);
    failed(&simple, &[("success_action_redirect", "http://localhost")], shown);
    failed(&json!([{"key": "k"}]), &[("key", "K")], r#"["eq", "$key", "k"]"#);
    failed(
        &json!([["starts-with", "$key", "u/"]]),
        &[("key", "v/u/")],
        r#"["starts-with", "$key", "u/"]"#,
    );
    failed(
        &json!([["starts-with", "$x-amz-meta-a", "a"]]),
        &[],
        r#"["starts-with", "$x-amz-meta-a", "a"]"#,
    );
    failed(
        &json!([["starts-with", "$Content-Type", "image/"]]),
        &[("Content-Type", "image/png,text/html")],
        r#"["starts-with", "$Content-Type", "image/"]"#,
    );
    failed(&json!([{"x": "a\"b"}]), &[("x", "")], r#"["eq", "$x", "a\"b"]"#);
}

/// Ceph CVE-2023-43040: the bucket of the URI is the one that the policy is about.
#[test]
fn the_policy_names_the_bucket_of_the_uri() {
    let policy = parse(&json!({"expiration": LATER, "conditions": [{"bucket": "other"}]})).unwrap();
    let shown =
        r#"Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "other"]"#;
    let form = fields(&[("bucket", "other")]);
    refused(policy.check(&form, &photos(), NOW), ErrorCode::AccessDenied, shown);
    let policy = parse(&json!({"expiration": LATER, "conditions": []})).unwrap();
    let extra = "Invalid according to Policy: Extra input fields: bucket";
    refused(policy.check(&fields(&[]), &photos(), NOW), ErrorCode::AccessDenied, extra);
}

#[test]
fn every_field_is_covered() {
    for name in ["x-amz-meta-a", "Acl", "x-amz-credential", "success_action_redirect", "submit"] {
        let message = format!("Invalid according to Policy: Extra input fields: {name}");
        refused(check(&json!([]), &[(name, "")]), ErrorCode::AccessDenied, &message);
    }
    // A range covers no field, and a failed condition is told before an extra field.
    let range = json!([["content-length-range", 0, 1]]);
    let message = "Invalid according to Policy: Extra input fields: content-length-range";
    refused(check(&range, &[("content-length-range", "")]), ErrorCode::AccessDenied, message);
    failed(&json!([{"key": "k"}]), &[("extra", "")], r#"["eq", "$key", "k"]"#);
}

#[test]
fn ranges_are_intersected() {
    let range = |conditions| check(&conditions, &[]).unwrap();
    assert_eq!(range(json!([["content-length-range", 1, 10]])), (1, 10));
    assert_eq!(range(json!([["Content-Length-Range", "1", "10"]])), (1, 10));
    let two = json!([["content-length-range", 1, 10], ["content-length-range", 5, 20]]);
    assert_eq!(range(two), (5, 10));
}

/// TV-141.
#[test]
fn an_expired_policy_is_good_for_nothing() {
    let at = |expiration: &str| {
        let policy =
            parse(&json!({"expiration": expiration, "conditions": [{"bucket": "photos"}]}));
        policy.unwrap().check(&fields(&[("extra", "")]), &photos(), NOW).unwrap_err()
    };
    let expired = "Invalid according to Policy: Policy expired.";
    // NOW is 2026-11-21T21:05:44Z.
    for past in ["2026-11-21T21:05:44Z", "2026-11-21T21:05:43.999Z", "1999-01-01T00:00:00.000Z"] {
        assert_eq!((at(past).code(), at(past).message()), (ErrorCode::AccessDenied, expired));
    }
    for future in ["2026-11-21T21:05:44.001Z", LATER] {
        assert_eq!(at(future).message(), "Invalid according to Policy: Extra input fields: extra");
    }
}

#[test]
fn shapes_that_are_no_policy() {
    let invalid = |result: Result<PostPolicy, S3Error>, detail: &str| {
        refused(result, ErrorCode::InvalidPolicyDocument, &format!("Invalid Policy: {detail}"));
    };
    invalid(PostPolicy::parse("%"), "invalid Base64 encoding.");
    for text in ["", "{", "[]", "1", "{\"expiration\":}", "\u{feff}{}"] {
        invalid(PostPolicy::parse(&BASE64.encode(text)), "Invalid JSON.");
    }
    invalid(PostPolicy::parse(&BASE64.encode([0xff])), "Invalid JSON.");
    let deep = "[".repeat(5_000);
    invalid(PostPolicy::parse(&BASE64.encode(deep)), "Invalid JSON.");
    invalid(parse(&json!({"conditions": []})), "Policy missing expiration.");
    invalid(parse(&json!({"expiration": LATER})), "Policy missing conditions.");
    invalid(parse(&json!({"expiration": LATER, "CONDITIONS": []})), "Unexpected: \"CONDITIONS\"");
    invalid(
        parse(&json!({"expiration": LATER, "conditions": {}})),
        "Invalid 'conditions' value: must be a List.",
    );
    for bad in ["x", "2026-11-22", "2026-11-22T00:00:00", "2026-11-22T00:00:00+01:00", ""] {
        let document = json!({"expiration": bad, "conditions": []});
        invalid(parse(&document), &format!("Invalid 'expiration' value: '{bad}'"));
    }
    invalid(parse(&json!({"expiration": 1, "conditions": []})), "Invalid 'expiration' value: '1'");
    let many = vec![json!({"a": "b"}); POST_POLICY_CONDITIONS_MAX + 1];
    invalid(parse(&json!({"expiration": LATER, "conditions": many})), "too many conditions.");
}

/// MinIO CVE-2021-21362, RustFS GHSA-w5fh, SeaweedFS bfea14320: a condition that nobody understands
/// must not be one that holds.
#[test]
fn conditions_that_are_none() {
    const ONE: &str =
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";
    for (condition, detail) in [
        (json!({}), ONE),
        (json!({"a": "b", "c": "d"}), ONE),
        (json!({"a": 1}), "Invalid Simple-Condition: value must be a string."),
        (json!("eq"), "Invalid condition test: must be a List or Object."),
        (json!(null), "Invalid condition test: must be a List or Object."),
        (json!([]), "Invalid Condition: missing operation identifier."),
        (json!([1, "$key", "k"]), "Invalid Condition: missing operation identifier."),
        (json!(["ends-with", "$key", "k"]), "Invalid Condition: unknown operation 'ends-with'."),
        (json!(["neq"]), "Invalid Condition: unknown operation 'neq'."),
        (json!(["eq", "$key"]), "Invalid eq: wrong number of arguments."),
        (json!(["eq", "$key", "k", "l"]), "Invalid eq: wrong number of arguments."),
        (json!(["eq", "key", "k"]), "Invalid eq: the name of a field must begin with '$'."),
        (json!(["eq", "$", "k"]), "Invalid eq: the name of a field must begin with '$'."),
        (json!(["eq", "$key", 1]), "Invalid eq: arguments must be strings."),
        (
            json!(["content-length-range", 0]),
            "Invalid content-length-range: wrong number of arguments.",
        ),
        (
            json!(["content-length-range", -1, 0]),
            "Invalid content-length-range: bounds must be whole numbers.",
        ),
        (
            json!(["content-length-range", 0, 1.5]),
            "Invalid content-length-range: bounds must be whole numbers.",
        ),
        (
            json!(["content-length-range", 0, "x"]),
            "Invalid content-length-range: bounds must be whole numbers.",
        ),
    ] {
        let message = format!("Invalid Policy: {detail}");
        refused(check(&json!([condition]), &[]), ErrorCode::InvalidPolicyDocument, &message);
    }
}

#[test]
fn escapes_of_post_policies() {
    let document = format!(
        r#"{{"expiration": "{LATER}", "conditions": [{{"bucket": "photos"}},
            ["eq", "$key", "\$a\v\\$\"\u0062"]]}}"#
    );
    let policy = PostPolicy::parse(&BASE64.encode(document)).unwrap();
    let form = fields(&[("key", "$a\u{b}\\$\"b")]);
    assert_eq!(policy.check(&form, &photos(), NOW).unwrap(), (0, u64::MAX));
}

proptest! {
    #[test]
    fn no_document_panics(text in "[\\[\\]{}\",:$a-c0-9\\\\ ]{0,80}", bytes: Vec<u8>) {
        let wrapped = format!("{{\"expiration\":\"{LATER}\",\"conditions\":[{text}]}}");
        for document in [text.as_bytes(), wrapped.as_bytes(), &bytes] {
            if let Ok(policy) = PostPolicy::parse(&BASE64.encode(document)) {
                let _ = policy.check(&fields(&[("key", "k")]), &photos(), NOW);
            }
        }
    }

    /// Whatever the conditions say, a form passes only if each field has one that holds.
    #[test]
    fn a_changed_value_never_passes(value in "[a-z]{1,8}", other in "[a-z]{1,8}") {
        let conditions = json!([{"key": value}, ["eq", "$acl", "private"]]);
        let form = [("key", other.as_str()), ("acl", "private")];
        prop_assert_eq!(check(&conditions, &form).is_ok(), value == other);
    }
}
