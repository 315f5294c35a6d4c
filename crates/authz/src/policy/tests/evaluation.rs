//! What policies answer.

use super::*;
use crate::NoContext;

const OBJECTS: &str = "arn:aws:s3:::bucket/*";

fn statement(effect: &str, rest: &str) -> String {
    format!(r#"{{"Effect":"{effect}",{rest}}}"#)
}

fn allow_everyone(action: &str, resource: &str) -> String {
    statement("Allow", &format!(r#""Principal":"*","Action":"{action}","Resource":"{resource}""#))
}

fn allows(policy: &Policy, caller: &Principal, action: Action, key: &str) -> bool {
    ask(policy, caller, action, key, &NoContext).allow.is_some()
}

#[test]
fn buckets_and_objects_are_different_resources_pol_32() {
    for (resource, bucket_itself, key_a, key_a_b) in [
        ("arn:aws:s3:::bucket/*", false, true, true),
        ("arn:aws:s3:::bucket", true, false, false),
        ("arn:aws:s3:::bucket*", true, true, true),
        ("arn:aws:s3:::bucket/a", false, true, false),
        ("arn:aws:s3:::bucket/a*", false, true, true),
        ("arn:aws:s3:::bucket/a/*", false, false, true),
        ("arn:aws:s3:::bucket/A*", false, false, false),
        ("arn:aws:s3:::bucket/?", false, true, false),
        ("arn:aws:s3:::*/a", false, true, false),
    ] {
        let policy = bucket_policy(&policy_of(&allow_everyone("s3:*", resource)));
        let anonymous = Principal::Anonymous;
        assert_eq!(
            allows(&policy, &anonymous, Action::ListBucket, ""),
            bucket_itself,
            "{resource}"
        );
        assert_eq!(allows(&policy, &anonymous, Action::GetObject, "a"), key_a, "{resource}");
        assert_eq!(allows(&policy, &anonymous, Action::GetObject, "a/b"), key_a_b, "{resource}");
    }
}

#[test]
fn not_action_and_not_resource_pol_34() {
    let policy = bucket_policy(&policy_of(
        r#"{"Effect":"Allow","Principal":"*","NotAction":"s3:Delete*","NotResource":"arn:aws:s3:::bucket/secret/*"}"#,
    ));
    let anonymous = Principal::Anonymous;
    for (action, key, expected) in [
        (Action::GetObject, "a", true),
        (Action::GetObject, "secret/a", false),
        (Action::DeleteObject, "a", false),
        (Action::ListBucket, "", true),
    ] {
        assert_eq!(allows(&policy, &anonymous, action, key), expected, "{action:?} {key}");
    }
}

#[test]
fn the_closest_naming_counts() {
    let one = |principal: &str| {
        statement(
            "Allow",
            &format!(r#""Principal":{principal},"Action":"s3:GetObject","Resource":"{OBJECTS}""#),
        )
    };
    let text = [
        one(r#"{"AWS":"111122223333"}"#),
        one(r#""*""#),
        one(r#"{"AWS":"arn:aws:iam::111122223333:user/x"}"#),
        one(r#"{"AWS":["444455556666","arn:aws:iam::111122223333:user/x"]}"#),
        one(r#"{"AWS":"arn:aws:iam::111122223333:role/r"}"#),
    ];
    let policy = bucket_policy(&policy_of(&text.join(",")));
    for (caller, expected) in [
        (user(ACCOUNT, "x"), (2, Naming::Exact)),
        (user(ACCOUNT, "z"), (1, Naming::Everyone)),
        (root(ACCOUNT), (0, Naming::Exact)),
        (root(OTHER_ACCOUNT), (3, Naming::Exact)),
        (session(ACCOUNT, "/", "r", "s"), (4, Naming::Role)),
        (Principal::Anonymous, (1, Naming::Everyone)),
    ] {
        let outcome = ask(&policy, &caller, Action::GetObject, "k", &NoContext);
        assert_eq!(outcome, Outcome { deny: None, allow: Some(expected) }, "{caller}");
    }
}

#[test]
fn deny_and_allow_are_both_reported() {
    let policy = bucket_policy(&policy_of(&format!(
        r#"{},{{"Sid":"no","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bucket/secret*"}},
           {{"Sid":"","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"{OBJECTS}","Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#,
        allow_everyone("s3:GetObject", OBJECTS)
    )));
    let allow = Some((0, Naming::Everyone));
    for (key, transport, deny) in [
        ("a", "true", None),
        ("secret", "true", Some(1)),
        ("secret", "false", Some(1)),
        ("a", "false", Some(2)),
    ] {
        let context = Recorded::default().with("aws:SecureTransport", transport);
        let outcome = ask(&policy, &Principal::Anonymous, Action::GetObject, key, &context);
        assert_eq!(outcome, Outcome { deny, allow }, "{key} {transport}");
    }
    assert_eq!(policy.statement_label(1), StatementLabel { sid: Some("no"), index: 1 });
    assert_eq!(policy.statement_label(2), StatementLabel { sid: None, index: 2 });
    assert_eq!(policy.statement_label(9), StatementLabel { sid: None, index: 9 });
}

#[test]
fn variables_pol_60_to_64() {
    let policy = |version: &str, resource: &str| {
        bucket_policy(&format!(
            r#"{{"Version":"{version}","Statement":{}}}"#,
            allow_everyone("s3:GetObject", resource)
        ))
    };
    let check = |resource: &str, caller: &Principal, key: &str, expected: bool| {
        let policy = policy("2012-10-17", resource);
        assert_eq!(allows(&policy, caller, Action::GetObject, key), expected, "{resource} {key}");
    };
    let (x, wild) = (user(ACCOUNT, "x"), user(ACCOUNT, "*"));
    let home = "arn:aws:s3:::bucket/${aws:username}/*";
    check(home, &x, "x/a", true);
    check(home, &x, "y/a", false);
    check(home, &x, "${aws:username}/a", false);
    check("arn:aws:s3:::bucket/${AWS:UserName}/*", &x, "x/a", true);
    // POL-64
    check(home, &wild, "x/a", false);
    check(home, &wild, "*/a", true);
    // POL-63: sessions have no user name.
    let of_role = session(ACCOUNT, "/", "r", "s");
    check(home, &of_role, "x/a", false);
    check("arn:aws:s3:::bucket/${aws:username, 'shared'}/*", &of_role, "shared/a", true);
    check("arn:aws:s3:::bucket/${aws:username, 'shared'}/*", &x, "shared/a", false);
    check("arn:aws:s3:::bucket/${aws:username,'*'}/a", &of_role, "x/a", false);
    check("arn:aws:s3:::bucket/${aws:userid}/*", &of_role, "AROAX:s/a", true);
    // POL-62
    check("arn:aws:s3:::bucket/${*}${?}${$}", &x, "*?$", true);
    check("arn:aws:s3:::bucket/${*}${?}${$}", &x, "ab$", false);
    check("arn:aws:s3:::bucket/$x", &x, "$x", true);
    // POL-11
    let old = policy("2008-10-17", home);
    assert!(allows(&old, &x, Action::GetObject, "${aws:username}/a"));
    assert!(!allows(&old, &x, Action::GetObject, "x/a"));
}

#[test]
fn a_statement_with_an_unresolvable_variable_never_matches_pol_63() {
    let statement = |resource: &str, condition: &str| {
        policy_of(&format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"s3:GetObject",{resource},"Condition":{{{condition}}}}}"#
        ))
    };
    let everything = r#""Resource":"arn:aws:s3:::bucket/*""#;
    for (text, expected) in [
        (statement(everything, ""), Some(0)),
        (statement(everything, r#""StringNotEquals":{"aws:Referer":"${aws:username}"}"#), None),
        (
            statement(
                everything,
                r#""StringEqualsIfExists":{"aws:Referer":["x","${aws:username}"]}"#,
            ),
            None,
        ),
        (
            statement(
                everything,
                r#""ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::${aws:username}"}"#,
            ),
            None,
        ),
        (statement(r#""NotResource":"arn:aws:s3:::bucket/${aws:username}""#, ""), None),
        (
            statement(
                r#""Resource":["arn:aws:s3:::bucket/*","arn:aws:s3:::bucket/${aws:username}"]"#,
                "",
            ),
            None,
        ),
    ] {
        let outcome =
            ask(&bucket_policy(&text), &root(ACCOUNT), Action::GetObject, "k", &NoContext);
        assert_eq!(outcome.deny, expected, "{text}");
    }
}

/// Asks an identity policy that allows under one condition.
fn holds(caller: &Principal, action: Action, condition: &str, context: &Recorded) -> bool {
    let policy = Policy::parse_identity_policy(&policy_of(&format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{{condition}}}}}"#
    )));
    let policy = policy.unwrap_or_else(|error| panic!("{error}: {condition}"));
    ask(&policy, caller, action, "k", context).allow.is_some()
}

#[test]
fn keys_about_the_caller_come_from_the_caller() {
    // What the context says about them does not count.
    let liar = [
        "PrincipalArn",
        "PrincipalAccount",
        "PrincipalType",
        "userid",
        "username",
        "PrincipalIsAWSService",
        "PrincipalServiceName",
    ]
    .iter()
    .fold(Recorded::default(), |context, key| context.with(&format!("aws:{key}"), "lie"));
    let service = Principal::Service("logging.s3.amazonaws.com");
    let x = user_in(ACCOUNT, "/team/", "y");
    let of_role = session(ACCOUNT, "/team/", "r", "s");
    for (caller, key, expected) in [
        (&x, "PrincipalArn", Some("arn:aws:iam::111122223333:user/team/y")),
        (&x, "PrincipalAccount", Some(ACCOUNT)),
        (&x, "PrincipalType", Some("User")),
        (&x, "userid", Some("AIDAX")),
        (&x, "username", Some("y")),
        (&x, "PrincipalIsAWSService", Some("false")),
        (&of_role, "PrincipalArn", Some("arn:aws:iam::111122223333:role/team/r")),
        (&of_role, "PrincipalType", Some("AssumedRole")),
        (&of_role, "userid", Some("AROAX:s")),
        (&of_role, "username", None),
        (&root(ACCOUNT), "PrincipalArn", Some("arn:aws:iam::111122223333:root")),
        (&root(ACCOUNT), "PrincipalType", Some("Account")),
        (&root(ACCOUNT), "userid", Some(ACCOUNT)),
        (
            &federated(ACCOUNT, "n"),
            "PrincipalArn",
            Some("arn:aws:sts::111122223333:federated-user/n"),
        ),
        (&federated(ACCOUNT, "n"), "PrincipalType", Some("FederatedUser")),
        (&federated(ACCOUNT, "n"), "userid", Some("111122223333:n")),
        (&Principal::Anonymous, "PrincipalArn", None),
        (&Principal::Anonymous, "PrincipalAccount", None),
        (&Principal::Anonymous, "PrincipalType", Some("Anonymous")),
        (&Principal::Anonymous, "userid", Some("anonymous")),
        (&Principal::Anonymous, "PrincipalIsAWSService", None),
        (&service, "PrincipalType", None),
        (&service, "userid", None),
        (&service, "PrincipalIsAWSService", Some("true")),
        (&service, "PrincipalServiceName", Some("logging.s3.amazonaws.com")),
    ] {
        let condition = match expected {
            Some(value) => format!(r#""StringEquals":{{"aws:{key}":"{value}"}}"#),
            None => format!(r#""Null":{{"aws:{key}":"true"}}"#),
        };
        assert!(holds(caller, Action::GetObject, &condition, &liar), "{caller} {condition}");
    }
}

#[test]
fn keys_that_an_action_does_not_have_are_absent() {
    let context =
        Recorded::default().with("s3:ExistingObjectTag/security", "public").with("s3:prefix", "a");
    let tag = r#""StringEquals":{"s3:ExistingObjectTag/security":"public"}"#;
    let prefix = r#""StringEquals":{"s3:prefix":"a"}"#;
    // TV-123, POL-50, POL-51
    for (action, condition, expected) in [
        (Action::GetObject, tag, true),
        (Action::GetObjectAcl, tag, true),
        (Action::GetObjectAttributes, tag, false),
        (Action::GetObjectVersionAttributes, tag, false),
        (Action::PutObject, tag, false),
        (Action::ListBucket, prefix, true),
        (Action::GetObject, prefix, false),
        (Action::ListBucketMultipartUploads, prefix, false),
    ] {
        let answer = holds(&user(ACCOUNT, "x"), action, condition, &context);
        assert_eq!(answer, expected, "{action:?} {condition}");
    }
}

#[test]
fn identity_policies_name_their_bearer() {
    let evaluate = |statement: &str, action: Action, resource: AskedResource<'_>| {
        let policy = Policy::parse_identity_policy(&policy_of(statement)).unwrap();
        let caller = user(ACCOUNT, "x");
        let action = AskedAction::S3(action);
        let query =
            Query { caller: &caller, provider: None, action, resource, context: &NoContext };
        policy.evaluate(&query).allow
    };
    let exact = Some((0, Naming::Exact));
    for (resource, expected) in [("*", exact), ("arn:aws:s3:::*", exact), ("arn:aws:s3:::b", None)]
    {
        let text = format!(
            r#"{{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"{resource}"}}"#
        );
        assert_eq!(
            evaluate(&text, Action::ListAllMyBuckets, AskedResource::None),
            expected,
            "{resource}"
        );
    }
    for (resource, expected) in [
        ("arn:aws:s3:::prod-*/*", exact),
        ("arn:*:s3:::prod-logs/a", exact),
        ("arn:aws:s3:*:*:prod-logs/a", exact),
        ("arn:aws-cn:s3:::prod-logs/a", None),
        ("arn:aws:s3:us-east-1:111122223333:accesspoint/*", None),
        ("arn:aws:dynamodb:::prod-logs/a", None),
        ("arn:aws:s3:::${aws:username}-logs/a", None),
        ("arn:aws:s3:::prod-${aws:nothing, 'logs'}/${*}", None),
        ("arn:aws:s3:::prod-${aws:nothing, 'logs'}/?", exact),
    ] {
        let text =
            format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}"}}"#);
        let outcome = evaluate(&text, Action::GetObject, AskedResource::Object("prod-logs", "a"));
        assert_eq!(outcome, expected, "{resource}");
    }
    let other_service = r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#;
    assert_eq!(evaluate(other_service, Action::GetObject, AskedResource::Object("b", "a")), None);
    let all_but_iam = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
    assert_eq!(evaluate(all_but_iam, Action::GetObject, AskedResource::Object("b", "a")), exact);
}

#[test]
fn keys_longer_than_keys_can_be_still_match() {
    let policy = bucket_policy(&policy_of(&allow_everyone("s3:GetObject", OBJECTS)));
    assert!(allows(&policy, &Principal::Anonymous, Action::GetObject, &"k".repeat(5000)));
}
