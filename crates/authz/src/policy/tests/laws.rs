//! Laws that hold for all policies.

use proptest::prelude::*;

use super::*;

fn statements() -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["Allow", "Deny"]);
    let principal = prop::sample::select(vec![
        r#""*""#,
        r#"{"AWS":"111122223333"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/x"}"#,
        r#"{"AWS":["arn:aws:iam::111122223333:role/r","444455556666"]}"#,
    ]);
    let action = prop::sample::select(vec!["s3:GetObject", "s3:*", "s3:Get*", "s3:PutObject"]);
    let resource = prop::sample::select(vec!["/*", "/a*", "/a/${aws:username}", "/?", "*"]);
    let condition = prop::sample::select(vec![
        "",
        r#""StringEquals":{"aws:Referer":"r"}"#,
        r#""StringNotEquals":{"aws:Referer":"r"}"#,
        r#""StringLike":{"aws:UserAgent":"*u*"},"Bool":{"aws:SecureTransport":"true"}"#,
        r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#,
        r#""Null":{"aws:username":"false"}"#,
    ]);
    (effect, principal, action, resource, condition).prop_map(
        |(effect, principal, action, resource, condition)| {
            format!(
                r#"{{"Effect":"{effect}","Principal":{principal},"Action":"{action}",
                    "Resource":"arn:aws:s3:::bucket{resource}","Condition":{{{condition}}}}}"#
            )
        },
    )
}

fn callers() -> impl Strategy<Value = Principal> {
    prop::sample::select(vec![
        Principal::Anonymous,
        root(ACCOUNT),
        user(ACCOUNT, "x"),
        user(OTHER_ACCOUNT, "z"),
        session(ACCOUNT, "/", "r", "s"),
    ])
}

fn contexts() -> impl Strategy<Value = Recorded> {
    let value = |key: &'static str, value: &'static str| {
        any::<bool>().prop_map(move |given| given.then_some((key, value)))
    };
    [
        value("aws:Referer", "r").boxed(),
        value("aws:UserAgent", "gnu").boxed(),
        value("aws:SecureTransport", "true").boxed(),
        value("aws:SourceIp", "10.1.2.3").boxed(),
    ]
    .prop_map(|values| {
        values
            .into_iter()
            .flatten()
            .fold(Recorded::default(), |context, (key, value)| context.with(key, value))
    })
}

fn questions() -> impl Strategy<Value = (Principal, Action, &'static str, Recorded)> {
    let action = prop::sample::select(vec![Action::GetObject, Action::PutObject]);
    let key = prop::sample::select(vec!["a", "a/x", "b", "long/key"]);
    (callers(), action, key, contexts())
}

fn allowed(outcome: Outcome) -> Option<Naming> {
    outcome.allow.filter(|_| outcome.deny.is_none()).map(|(_, naming)| naming)
}

proptest! {
    #[test]
    fn order_of_statements_does_not_matter(
        statements in prop::collection::vec(statements(), 1..6),
        (caller, action, key, context) in questions(),
    ) {
        let mut reversed = statements.clone();
        reversed.reverse();
        let policy = bucket_policy(&policy_of(&statements.join(",")));
        let reversed = bucket_policy(&policy_of(&reversed.join(",")));
        let one = ask(&policy, &caller, action, key, &context);
        let other = ask(&reversed, &caller, action, key, &context);
        prop_assert_eq!(one.deny.is_some(), other.deny.is_some());
        prop_assert_eq!(one.allow.map(|(_, naming)| naming), other.allow.map(|(_, naming)| naming));
        prop_assert_eq!(policy.is_public(), reversed.is_public());
    }

    #[test]
    fn a_policy_says_what_its_statements_say(
        statements in prop::collection::vec(statements(), 1..6),
        (caller, action, key, context) in questions(),
    ) {
        let policy = bucket_policy(&policy_of(&statements.join(",")));
        let whole = ask(&policy, &caller, action, key, &context);
        let single: Vec<Outcome> = statements
            .iter()
            .map(|text| ask(&bucket_policy(&policy_of(text)), &caller, action, key, &context))
            .collect();
        let first_deny = single.iter().position(|outcome| outcome.deny.is_some());
        prop_assert_eq!(whole.deny.map(usize::from), first_deny);
        let best = single.iter().filter_map(|outcome| outcome.allow).map(|(_, naming)| naming).max();
        prop_assert_eq!(whole.allow.map(|(_, naming)| naming), best);
    }

    #[test]
    fn a_further_deny_never_widens(
        statements in prop::collection::vec(statements(), 1..5),
        further in statements(),
        (caller, action, key, context) in questions(),
    ) {
        let further = further.replace(r#""Effect":"Allow""#, r#""Effect":"Deny""#);
        let before = bucket_policy(&policy_of(&statements.join(",")));
        let after = bucket_policy(&policy_of(&format!("{},{further}", statements.join(","))));
        let before = allowed(ask(&before, &caller, action, key, &context));
        let after = allowed(ask(&after, &caller, action, key, &context));
        prop_assert!(after.is_none() || after == before);
    }

    #[test]
    fn deny_wins_over_the_same_allow(
        statement in statements(),
        (caller, action, key, context) in questions(),
    ) {
        let allow = statement.replace(r#""Effect":"Deny""#, r#""Effect":"Allow""#);
        let deny = allow.replace(r#""Effect":"Allow""#, r#""Effect":"Deny""#);
        let policy = bucket_policy(&policy_of(&format!("{allow},{deny}")));
        prop_assert_eq!(allowed(ask(&policy, &caller, action, key, &context)), None);
    }

    #[test]
    fn no_text_panics(text in r"\{?[ -~\n]{0,200}") {
        prop_assert!(try_bucket_policy(&text).is_err());
        let _ = Policy::parse_identity_policy(&text);
    }

    #[test]
    fn no_condition_panics(
        operator in prop::sample::select(vec!["StringLike", "NumericEquals", "DateLessThan",
            "IpAddress", "ArnLike", "BinaryEquals", "Bool"]),
        policy_value in "[0-9TZ:./*?${}a-c+é-]{0,24}",
        request_value in "[0-9TZ:./*?${}a-c+é-]{0,24}",
    ) {
        let statement = format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*",
                "Condition":{{"{operator}":{{"aws:Referer":"{policy_value}"}}}}}}"#
        );
        if let Ok(policy) = Policy::parse_identity_policy(&policy_of(&statement)) {
            let context = Recorded::default().with("aws:Referer", &request_value);
            let outcome = ask(&policy, &user(ACCOUNT, "x"), Action::GetObject, "a", &context);
            prop_assert_eq!(outcome.deny, None);
        }
    }

    #[test]
    fn no_damage_panics(
        statements in prop::collection::vec(statements(), 1..3),
        at in any::<prop::sample::Index>(),
        replacement in "[\"{}\\[\\]:,*?$a-c0-9\\\\/ é-]{0,4}",
    ) {
        let text = policy_of(&statements.join(","));
        let at = at.index(text.len());
        let mut damaged = text.into_bytes();
        damaged.splice(at..=at, replacement.bytes());
        let damaged = String::from_utf8(damaged).unwrap();
        if let Ok(policy) = try_bucket_policy(&damaged) {
            let _ = ask(&policy, &user(ACCOUNT, "x"), Action::GetObject, "a", &crate::NoContext);
            // What was accepted is accepted again when it is loaded, and means the same.
            let stored = Policy::parse_stored_bucket_policy(policy.text(), &bucket());
            prop_assert_eq!(stored.map(|stored| stored.public_statement()), Ok(policy.public_statement()));
        }
    }
}
