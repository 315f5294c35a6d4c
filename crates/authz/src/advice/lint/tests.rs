use super::*;

fn check_text(text: &str, kind: &PolicyKind, expected: &[(&str, Option<u16>)]) {
    let found: Vec<_> =
        lint(text, kind).into_iter().map(|finding| (finding.code, finding.statement)).collect();
    let expected: Vec<_> =
        expected.iter().map(|(code, statement)| ((*code).to_owned(), *statement)).collect();
    assert_eq!(found, expected, "{text}");
}

fn check(statements: &[&str], expected: &[(&str, Option<u16>)]) {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    check_text(&text, &PolicyKind::Bucket(BucketName::parse("b-b").unwrap()), expected);
}

/// A statement with usual members where `rest` has none of its own.
fn statement(effect: &str, rest: &str) -> String {
    let usual = [
        ("Principal", r#""Principal":{"AWS":"111111111111"}"#),
        ("Action", r#""Action":"s3:GetObject""#),
        ("Resource", r#""Resource":"arn:aws:s3:::b-b/*""#),
    ];
    let has = |name: &str| {
        rest.contains(&format!("\"{name}\"")) || rest.contains(&format!("\"Not{name}\""))
    };
    let mut members = vec![format!(r#""Effect":"{effect}""#)];
    members.extend(usual.iter().filter(|(name, _)| !has(name)).map(|(_, text)| (*text).to_owned()));
    members.extend((!rest.is_empty()).then(|| rest.to_owned()));
    format!("{{{}}}", members.join(","))
}

#[test]
fn what_is_read_off_the_text() {
    let allow = |rest: &str| statement("Allow", rest);
    check(&[&allow("")], &[]);
    check(
        &[&allow(r#""Action":["s3:GetObject","s3:GetObjekt"]"#)],
        &[("POLICY_REFUSED", None), ("UNKNOWN_ACTION", Some(1))],
    );
    check(
        &[&allow(""), &allow(r#""Resource":"arn:aws:s3:::other/*""#)],
        &[("POLICY_REFUSED", None), ("OTHER_BUCKET", Some(2))],
    );
    check(
        &[&allow(r#""Condition":{"StringEquals":{"aws:SourceVcp":"vpc-1"}}"#)],
        &[("POLICY_REFUSED", None), ("UNKNOWN_CONDITION_KEY", Some(1))],
    );
    check(
        &[&allow(r#""NotPrincipal":{"AWS":"111111111111"}"#)],
        &[("POLICY_REFUSED", None), ("ALLOW_WITH_NOT_PRINCIPAL", Some(1))],
    );
    check(&[&allow(r#""NotResource":"arn:aws:s3:::b-b/x""#)], &[("ALLOW_WITH_NOT", Some(1))]);
    check_text("{", &PolicyKind::Identity, &[("JSON_SYNTAX", None)]);
    check_text(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}"#,
        &PolicyKind::Identity,
        &[],
    );
}

#[test]
fn what_statements_mean() {
    let (allow, deny) =
        (|rest: &str| statement("Allow", rest), |rest: &str| statement("Deny", rest));
    let everybody = r#""Principal":"*""#;
    check(&[&allow(everybody)], &[("PUBLIC_ACCESS", Some(1))]);
    let contradiction =
        r#""Condition":{"StringEquals":{"aws:Referer":"a"},"StringLike":{"aws:Referer":"b*"}}"#;
    check(&[&allow(""), &allow(contradiction)], &[("NEVER_MATCHES", Some(2))]);
    check(&[&allow(""), &deny(contradiction)], &[("NEVER_MATCHES", Some(2))]);
    // A condition that only Amazon can meet is none.
    check(&[&allow(r#""Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#)], &[]);
    check(
        &[&allow(r#""Resource":"arn:aws:s3:::b-b/a/*""#), &deny(everybody)],
        &[("SHADOWED_BY_DENY", Some(1))],
    );
    check(&[&allow(""), &deny(r#""Principal":"*","Resource":"arn:aws:s3:::b-b/a/*""#)], &[]);
}

#[test]
fn lines_are_those_of_the_statements() {
    let text = "{\n\"Version\":\"2012-10-17\",\n\"Statement\":[\n{},\n{\"Effect\":\"Allow\",\"Action\":\"s3:Nothing\"}]}";
    let found = lint(text, &PolicyKind::Identity);
    let unknown = found.iter().find(|finding| finding.code == "UNKNOWN_ACTION").unwrap();
    assert_eq!((unknown.statement, unknown.line), (Some(2), Some(5)));
}
