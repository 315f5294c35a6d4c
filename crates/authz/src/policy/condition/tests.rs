//! Operators against values: present, absent, of another type, and several at once.

use model::limits::CONDITION_VALUE_BYTES_MAX;

use super::super::tests::*;
use crate::policy::{Naming, Policy};
use crate::{Action, ContextSource};

fn holds(condition: &str, context: &dyn ContextSource) -> bool {
    let policy = Policy::parse_identity_policy(&policy_of(&format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{{condition}}}}}"#
    )));
    let policy = policy.unwrap_or_else(|error| panic!("{error}: {condition}"));
    let outcome = ask(&policy, &user(ACCOUNT, "x"), Action::CreateBucket, "", context);
    outcome.allow == Some((0, Naming::Exact))
}

/// A condition on one key with one or more values in the policy, and what it says to each value of
/// the request; `None` is the absent key.
fn check(operator: &str, key: &str, values: &str, expected: &[(Option<&str>, bool)]) {
    for (value, expected) in expected {
        let context =
            value.map_or_else(Recorded::default, |value| Recorded::default().with(key, value));
        let condition = format!(r#""{operator}":{{"{key}":{values}}}"#);
        assert_eq!(holds(&condition, &context), *expected, "{condition} {value:?}");
    }
}

#[test]
fn texts() {
    let check = |operator: &str, values: &str, expected: &[(Option<&str>, bool)]| {
        check(operator, "aws:Referer", values, expected);
    };
    let (yes, no) = (true, false);
    check(
        "StringEquals",
        r#""a*""#,
        &[(Some("a*"), yes), (Some("ab"), no), (Some("A*"), no), (None, no)],
    );
    check("StringEquals", r#"["a","b"]"#, &[(Some("a"), yes), (Some("b"), yes), (Some("c"), no)]);
    check("StringNotEquals", r#""a""#, &[(Some("a"), no), (Some("A"), yes), (None, yes)]);
    // POL-40: NOR
    check("StringNotEquals", r#"["a","b"]"#, &[(Some("a"), no), (Some("b"), no), (Some("c"), yes)]);
    check("StringEqualsIgnoreCase", r#""aÉ""#, &[(Some("Aé"), yes), (Some("AE"), no), (None, no)]);
    check("StringNotEqualsIgnoreCase", r#""a""#, &[(Some("A"), no), (Some("b"), yes), (None, yes)]);
    check(
        "StringLike",
        r#"["a*c","?"]"#,
        &[(Some("abbc"), yes), (Some("x"), yes), (Some("ab"), no), (None, no)],
    );
    check(
        "StringNotLike",
        r#"["a*c","?"]"#,
        &[(Some("abbc"), no), (Some("x"), no), (Some("ab"), yes), (None, yes)],
    );
    check("StringEquals", r#""""#, &[(Some(""), yes), (Some("a"), no), (None, no)]);
    check("StringLike", r#""*""#, &[(Some(""), yes), (None, no)]);
    check("BinaryEquals", r#""YWI=""#, &[(Some("ab"), yes), (Some("YWI="), no), (None, no)]);
}

#[test]
fn if_exists_pol_41() {
    for operator in ["StringEqualsIfExists", "StringNotEqualsIfExists", "StringLikeIfExists"] {
        check(operator, "aws:Referer", r#""a""#, &[(None, true)]);
    }
    check(
        "StringEqualsIfExists",
        "aws:Referer",
        r#""a""#,
        &[(Some("a"), true), (Some("b"), false)],
    );
    check(
        "StringNotEqualsIfExists",
        "aws:Referer",
        r#""a""#,
        &[(Some("a"), false), (Some("b"), true)],
    );
    check("BoolIfExists", "aws:SecureTransport", "true", &[(Some("false"), false), (None, true)]);
    check(
        "NumericLessThanIfExists",
        "aws:MultiFactorAuthAge",
        "9",
        &[(Some("9"), false), (None, true)],
    );
}

#[test]
fn numbers() {
    let key = "aws:MultiFactorAuthAge";
    for (operator, expected) in [
        ("NumericEquals", [false, true, false]),
        ("NumericNotEquals", [true, false, true]),
        ("NumericLessThan", [true, false, false]),
        ("NumericLessThanEquals", [true, true, false]),
        ("NumericGreaterThan", [false, false, true]),
        ("NumericGreaterThanEquals", [false, true, true]),
    ] {
        let [less, equal, greater] = expected;
        let absent = operator == "NumericNotEquals";
        // POL-42: text is no number, for negated operators either.
        let table = [
            (Some("9.99"), less),
            (Some("10.0"), equal),
            (Some("11"), greater),
            (None, absent),
            (Some("ten"), false),
            (Some(""), false),
        ];
        check(operator, key, r#""10""#, &table);
        check(operator, key, "10", &table);
    }
    check("NumericEquals", key, "[1,2.5]", &[(Some("2.50"), true), (Some("2"), false)]);
    check("NumericEquals", key, r#""9007199254740993""#, &[(Some("9007199254740992"), false)]);
}

#[test]
fn dates() {
    let key = "aws:CurrentTime";
    for (operator, expected) in [
        ("DateEquals", [false, true, false]),
        ("DateNotEquals", [true, false, true]),
        ("DateLessThan", [true, false, false]),
        ("DateLessThanEquals", [true, true, false]),
        ("DateGreaterThan", [false, false, true]),
        ("DateGreaterThanEquals", [false, true, true]),
    ] {
        let [before, at, after] = expected;
        let table = [
            (Some("2026-01-01T00:59:59Z"), before),
            (Some("2026-01-01T01:00:00Z"), at),
            (Some("2026-01-01T01:00:00.001Z"), after),
            (None, operator == "DateNotEquals"),
            (Some("now"), false),
        ];
        check(operator, key, r#""2026-01-01T02:00:00+01:00""#, &table);
    }
    check(
        "DateLessThan",
        "aws:EpochTime",
        r#""2026-01-01""#,
        &[(Some("1767225599"), true), (Some("1767225600"), false)],
    );
    check("DateEquals", "aws:CurrentTime", "1767225600", &[(Some("2026-01-01T00:00:00Z"), true)]);
}

#[test]
fn booleans_and_null() {
    for values in ["true", r#""true""#, r#""TRUE""#] {
        check(
            "Bool",
            "aws:SecureTransport",
            values,
            &[(Some("true"), true), (Some("false"), false), (Some("1"), false), (None, false)],
        );
    }
    check("Null", "aws:Referer", "true", &[(None, true), (Some(""), false)]);
    check("Null", "aws:Referer", r#""false""#, &[(None, false), (Some(""), true)]);
    check("Null", "aws:Referer", r#"["true","false"]"#, &[(None, true), (Some(""), true)]);
}

#[test]
fn addresses_pol_44() {
    let key = "aws:SourceIp";
    let blocks = r#"["203.0.113.0/24","2001:db8::/32"]"#;
    let (inside, inside_6, outside) =
        (Some("203.0.113.9"), Some("2001:db8::9"), Some("198.51.100.1"));
    check(
        "IpAddress",
        key,
        blocks,
        &[(inside, true), (inside_6, true), (outside, false), (None, false), (Some("x"), false)],
    );
    check(
        "NotIpAddress",
        key,
        blocks,
        &[(inside, false), (inside_6, false), (outside, true), (None, true), (Some("x"), false)],
    );
}

#[test]
fn arns() {
    let key = "aws:SourceArn";
    for operator in ["ArnEquals", "ArnLike"] {
        check(
            operator,
            key,
            r#""arn:aws:s3:::b*""#,
            &[
                (Some("arn:aws:s3:::bucket"), true),
                (Some("arn:aws:s3:::c"), false),
                (Some("b"), false),
                (None, false),
            ],
        );
        // A wildcard does not cross into the next part, but does into colons of the last one.
        check(
            operator,
            key,
            r#""arn:aws:*:11112222*:x:*""#,
            &[(Some("arn:aws:a:b:11112222:x:y"), false)],
        );
        check(
            operator,
            key,
            r#""arn:aws:*:*:111122223333:*""#,
            &[
                (Some("arn:aws:sns:us-east-1:111122223333:topic:x"), true),
                (Some("arn:aws:sns:us-east-1:444455556666:x:111122223333:x"), false),
            ],
        );
        check(
            operator,
            key,
            r#""*""#,
            &[(Some("arn:aws:s3:::b"), true), (Some("b"), false), (None, false)],
        );
        check(
            operator,
            key,
            r#""arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}""#,
            &[
                (Some("arn:aws:iam::111122223333:user/x"), true),
                (Some("arn:aws:iam::111122223333:user/y"), false),
            ],
        );
    }
    for operator in ["ArnNotEquals", "ArnNotLike"] {
        check(
            operator,
            key,
            r#""arn:aws:s3:::b*""#,
            &[(Some("arn:aws:s3:::bucket"), false), (Some("arn:aws:s3:::c"), true), (None, true)],
        );
    }
}

#[test]
fn variables_in_values_pol_60() {
    check(
        "StringEquals",
        "aws:Referer",
        r#""${aws:username}/${*}""#,
        &[(Some("x/*"), true), (Some("x/y"), false)],
    );
    check(
        "StringLike",
        "aws:Referer",
        r#""${aws:username}/*""#,
        &[(Some("x/y"), true), (Some("y/y"), false)],
    );
    check("StringEqualsIgnoreCase", "aws:Referer", r#""${aws:username}""#, &[(Some("X"), true)]);
    check(
        "StringEquals",
        "aws:Referer",
        r#""${aws:FederatedProvider, 'none'}""#,
        &[(Some("none"), true)],
    );
}

#[test]
fn several_operators_and_keys_are_anded_pol_40() {
    let condition = r#""StringEquals":{"aws:Referer":"a","aws:UserAgent":"b"},"Bool":{"aws:SecureTransport":"true"}"#;
    for (referer, agent, secure, expected) in [
        ("a", "b", "true", true),
        ("x", "b", "true", false),
        ("a", "x", "true", false),
        ("a", "b", "false", false),
    ] {
        let context = Recorded::default()
            .with("aws:Referer", referer)
            .with("aws:UserAgent", agent)
            .with("aws:SecureTransport", secure);
        assert_eq!(holds(condition, &context), expected, "{referer} {agent} {secure}");
    }
}

/// POL-43. Rows: the request's tag keys. Columns: the operators.
#[test]
fn set_operators_pol_43() {
    let operators = [
        "ForAllValues:StringEquals",
        "ForAllValues:StringNotEquals",
        "ForAnyValue:StringEquals",
        "ForAnyValue:StringNotEquals",
    ];
    let (yes, no) = (true, false);
    for (request, expected) in [
        (None, [yes, yes, no, no]),
        (Some(&[][..]), [yes, yes, no, no]),
        (Some(&["a"]), [yes, no, yes, no]),
        (Some(&["a", "b"]), [yes, no, yes, no]),
        (Some(&["a", "c"]), [no, no, yes, yes]),
        (Some(&["c"]), [no, yes, no, yes]),
        (Some(&["c", "d"]), [no, yes, no, yes]),
    ] {
        let context = request.map_or_else(Recorded::default, |values: &[&str]| {
            Recorded::default().with_list("aws:TagKeys", values)
        });
        for (operator, expected) in operators.iter().zip(expected) {
            let condition = format!(r#""{operator}":{{"aws:TagKeys":["a","b"]}}"#);
            assert_eq!(holds(&condition, &context), expected, "{condition} {request:?}");
            let if_exists = condition.replacen("Equals", "EqualsIfExists", 1);
            let expected = expected || request.is_none_or(<[_]>::is_empty);
            assert_eq!(holds(&if_exists, &context), expected, "{if_exists} {request:?}");
        }
    }
}

#[test]
fn set_operators_on_single_values() {
    for (operator, a, c, absent) in [
        ("ForAllValues:StringLike", true, false, true),
        ("ForAllValues:StringNotLike", false, true, true),
        ("ForAnyValue:StringLike", true, false, false),
        ("ForAnyValue:StringNotLike", false, true, false),
    ] {
        check(
            operator,
            "aws:Referer",
            r#"["a*","b"]"#,
            &[(Some("a1"), a), (Some("c"), c), (None, absent)],
        );
    }
}

#[test]
fn lists_without_a_set_operator() {
    for (values, equals, not_equals) in
        [(&["a", "c"][..], true, false), (&["c"], false, true), (&[], false, true)]
    {
        let context = Recorded::default().with_list("aws:TagKeys", values);
        assert_eq!(holds(r#""StringEquals":{"aws:TagKeys":"a"}"#, &context), equals, "{values:?}");
        assert_eq!(
            holds(r#""StringNotEquals":{"aws:TagKeys":"a"}"#, &context),
            not_equals,
            "{values:?}"
        );
        let absent = values.is_empty();
        assert_eq!(holds(r#""Null":{"aws:TagKeys":"true"}"#, &context), absent, "{values:?}");
    }
}

#[test]
fn keys_of_other_services_are_absent() {
    check("StringEquals", "ec2:Region", r#""x""#, &[(Some("x"), false)]);
    check("StringNotEquals", "ec2:Region", r#""x""#, &[(Some("x"), true)]);
}

/// Neither a Deny nor an Allow is got around with a value that is too long to be compared.
#[test]
fn what_is_too_long_satisfies_denies_only() {
    for (effect, operator, expected) in [
        ("Allow", "StringLike", false),
        ("Allow", "StringNotLike", false),
        ("Deny", "StringLike", true),
        ("Deny", "StringNotLike", true),
    ] {
        let policy = Policy::parse_identity_policy(&policy_of(&format!(
            r#"{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{{"{operator}":{{"aws:Referer":"*a"}}}}}}"#
        )));
        let policy = policy.unwrap();
        let applies = |length: usize| {
            let context = Recorded::default().with("aws:Referer", &"a".repeat(length));
            let outcome = ask(&policy, &user(ACCOUNT, "x"), Action::GetObject, "k", &context);
            outcome.allow.is_some() || outcome.deny.is_some()
        };
        assert_eq!(applies(CONDITION_VALUE_BYTES_MAX), operator == "StringLike", "{operator}");
        assert_eq!(applies(CONDITION_VALUE_BYTES_MAX + 1), expected, "{effect} {operator}");
    }
}
