//! §5.3: every error with its message, and what must be accepted.

use model::ErrorCode;

use super::*;

const GOOD: &str = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}"#;

fn check(policy: &str, expected: &str) {
    let error = try_bucket_policy(policy).expect_err(policy);
    assert_eq!((error.code(), error.message()), (ErrorCode::MalformedPolicy, expected), "{policy}");
}

/// `None`: the policy must be accepted.
fn check_outcome(policy: &str, expected: Option<&str>) {
    match expected {
        Some(message) => check(policy, message),
        None => assert_eq!(bucket_policy(policy).text(), policy),
    }
}

/// A statement that is good but for one member, which is replaced or (empty) left out.
fn with_member(name: &str, value: &str) -> String {
    let mut members = BTreeMap::from([
        ("Effect", r#""Allow""#),
        ("Principal", r#""*""#),
        ("Action", r#""s3:GetObject""#),
        ("Resource", r#""arn:aws:s3:::bucket/*""#),
    ]);
    members.insert(name, value);
    let members = members.iter().filter(|(_, value)| !value.is_empty());
    let members: Vec<_> = members.map(|(name, value)| format!("{name:?}:{value}")).collect();
    policy_of(&format!("{{{}}}", members.join(",")))
}

fn check_member(name: &str, value: &str, expected: &str) {
    check(&with_member(name, value), expected);
}

fn accept_member(name: &str, value: &str) {
    bucket_policy(&with_member(name, value));
}

const FIRST_BYTE: &str = "Policies must be valid JSON and the first byte must be '{'";
const JSON: &str = "This policy contains invalid Json";
const SYNTAX: &str = "Invalid policy syntax.";
const PRINCIPAL: &str = "Invalid principal in policy";
const ACTION: &str = "Policy has invalid action";
const RESOURCE: &str = "Policy has invalid resource";
const ACTION_RESOURCE: &str = "Action does not apply to any resource(s) in statement";
const CONDITION_KEY: &str = "Policy has an invalid condition key";
const COMBINATION: &str =
    "Conditions do not apply to combination of actions and resources in statement";
const IP_ADDRESS: &str = "Invalid IP address in Conditions";
const TOO_LARGE: &str =
    "Normalized policy document exceeds the maximum allowed size of 20480 bytes";

#[test]
fn pol_e1_e2_json() {
    // TV-104, POL-10
    for text in ["", "abc", "\"\"", "[]", " {}", "\u{feff}{}", "null"] {
        check(text, FIRST_BYTE);
    }
    for text in [
        "{",
        "{\"Statement\":}",
        "{} x",
        "{'Statement':[]}",
        &format!("{{\"Statement\":[{GOOD},]}}"),
        &format!("{{\"Statement\":[{GOOD}],\"Statement\":[{GOOD}]}}"),
        &policy_of(
            r#"{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bucket"}"#,
        ),
        &format!("{{\"Statement\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        check(text, JSON);
    }
}

#[test]
fn pol_e3_e4_statement() {
    // TV-105
    for text in ["{}", r#"{"Version":"2012-10-17"}"#, r#"{"statement":[]}"#] {
        check(text, "Missing required field Statement");
    }
    check(r#"{"Statement":[]}"#, "Could not parse the policy: Statement is empty!");
    for text in [r#"{"Statement":null}"#, r#"{"Statement":"x"}"#, r#"{"Statement":[1]}"#] {
        check(text, SYNTAX);
    }
    check(&format!(r#"{{"Statement":[{GOOD}],"Foo":1}}"#), SYNTAX);
    check(&format!(r#"{{"Statement":[{GOOD}],"Id":1}}"#), SYNTAX);
}

#[test]
fn pol_e5_e6_effect() {
    check_member("Effect", "", "Missing required field Effect");
    check_member("Effect", "\"allow\"", "Invalid effect: allow");
    check_member("Effect", "\"\"", "Invalid effect: ");
    check_member("Effect", "true", SYNTAX);
}

#[test]
fn pol_e7_e8_principal() {
    check_member("Principal", "", "Missing required field Principal");
    for value in [
        r#""x""#,
        "{}",
        r#"{"AWS":[]}"#,
        r#"{"AWS":""}"#,
        r#"{"Foo":"*"}"#,
        r#"{"aws":"*"}"#,
        // Mixed or partial wildcards.
        r#"{"AWS":["*","111122223333"]}"#,
        r#"{"AWS":"*","Service":"logging.s3.amazonaws.com"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/*"}"#,
        r#"{"AWS":"arn:aws:iam::*:root"}"#,
        r#"{"AWS":"1111222233*"}"#,
        r#"{"CanonicalUser":"*"}"#,
        r#"{"Service":"*"}"#,
        r#"{"Federated":"*"}"#,
        // Unknown: account, user (TV-107), role, canonical id.
        r#"{"AWS":"999999999999"}"#,
        r#"{"AWS":"arn:aws:iam::999999999999:root"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/nobody"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:role/nobody"}"#,
        r#"{"CanonicalUser":"9999999999999999999999999999999999999999999999999999999999999999"}"#,
        // Malformed.
        r#"{"AWS":"arn:aws:iam:us-east-1:111122223333:user/x"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:group/x"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/"}"#,
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/r"}"#,
        r#"{"AWS":"arn:aws:s3:::bucket"}"#,
        r#"{"AWS":"AIDAGONE"}"#,
        r#"{"CanonicalUser":"abc"}"#,
        r#"{"Service":"s3.example.com"}"#,
    ] {
        check_member("Principal", value, PRINCIPAL);
    }
    for value in [
        "null",
        "1",
        r#"["*"]"#,
        r#"{"AWS":null}"#,
        r#"{"AWS":111122223333}"#,
        r#"{"AWS":[["*"]]}"#,
    ] {
        check_member("Principal", value, SYNTAX);
    }
    // Some principals, one of them wrong.
    check_member("Principal", r#"{"AWS":["111122223333","999999999999"]}"#, PRINCIPAL);
    // POL-14
    check_member("NotPrincipal", r#""*""#, SYNTAX);
}

#[test]
fn pol_e9_e10_action() {
    check_member("Action", "", "Missing required field Action");
    for value in [
        r#""s3:Foo""#,
        r#""ec2:RunInstances""#,
        r#""""#,
        "[]",
        r#""s3:""#,
        r#""GetObject""#,
        r#"["s3:GetObject","s3:Nothing*"]"#,
    ] {
        check_member("Action", value, ACTION);
    }
    for value in ["null", "1", r#"["s3:GetObject",null]"#, "{}"] {
        check_member("Action", value, SYNTAX);
    }
    check_member("NotAction", r#""s3:GetObject""#, SYNTAX);
    for value in [r#""*""#, r#""s3:*""#, r#""S3:GETOBJECT""#, r#"["s3:Get*","s3:ReplicateObject"]"#]
    {
        accept_member("Action", value);
    }
}

#[test]
fn pol_e11_e12_resource() {
    check_member("Resource", "", "Missing required field Resource");
    for value in [
        // TV-106
        r#""arn:aws:s3:::other/*""#,
        r#""arn:aws:s3:::other""#,
        r#""arn:aws:s3:::bucketx/*""#,
        r#""arn:aws:s3:::Bucket/*""#,
        r#""*""#,
        r#""bucket/*""#,
        r#""arn:aws:s3:::""#,
        r#""arn:aws:s3:us-east-1::bucket/*""#,
        r#""arn:aws:ec2:::bucket/*""#,
        r#""arn:aws:s3:us-east-1:111122223333:accesspoint/n""#,
        r#""arn:aws:s3:::${aws:username}/*""#,
        r#""arn:aws:s3:::bucket/${aws:username""#,
        r#""arn:aws:s3:::bucket/${aws:usrname}""#,
        r#""""#,
        "[]",
        r#"["arn:aws:s3:::bucket/*","arn:aws:s3:::other/*"]"#,
    ] {
        check_member("Resource", value, RESOURCE);
    }
    for value in ["null", "true", "{}"] {
        check_member("Resource", value, SYNTAX);
    }
    check_member("NotResource", r#""arn:aws:s3:::bucket/*""#, SYNTAX);
    for value in [
        r#""arn:aws:s3:::bucket*""#,
        r#""arn:aws:s3:::b?cket/a""#,
        r#""arn:aws:s3:::*/x""#,
        r#""arn:aws:s3:::bucket/${aws:username}/${*}""#,
        r#""arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'none'}/*""#,
    ] {
        accept_member("Resource", value);
    }
}

#[test]
fn u_13_resource_star() {
    let text = with_member("Resource", r#""*""#);
    check(&text, RESOURCE);
    let options = PolicyOptions { resource_star: ResourceStar::Accept };
    let policy = Policy::parse_bucket_policy(&text, &bucket(), &Directory, options).unwrap();
    let outcome = ask(&policy, &Principal::Anonymous, Action::GetObject, "k", &crate::NoContext);
    assert_eq!(outcome.allow, Some((0, Naming::Everyone)));
    // What was accepted stays readable when the switch is turned.
    Policy::parse_stored_bucket_policy(&text, &bucket()).unwrap();
}

#[test]
fn pol_e13_action_and_resource() {
    const BUCKET: &str = r#""arn:aws:s3:::bucket""#;
    const OBJECTS: &str = r#""arn:aws:s3:::bucket/*""#;
    let check = |action: &str, resource: &str, good: bool| {
        let policy = policy_of(&format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":{action},"Resource":{resource}}}"#
        ));
        check_outcome(&policy, (!good).then_some(ACTION_RESOURCE));
    };
    // TV-108
    check(r#""s3:GetObject""#, BUCKET, false);
    check(r#""s3:ListBucket""#, OBJECTS, false);
    check(r#"["s3:GetObject","s3:ListBucket"]"#, OBJECTS, false);
    check(r#"["s3:GetObject","s3:ListBucket"]"#, &format!("[{BUCKET},{OBJECTS}]"), true);
    check(r#""s3:ListAllMyBuckets""#, BUCKET, false);
    check(r#""s3:GetObject*""#, BUCKET, false);
    // POL-20
    check(r#""s3:*""#, BUCKET, true);
    check(r#""s3:*""#, OBJECTS, true);
    check(r#""s3:Get*""#, OBJECTS, true);
    // POL-32
    check(r#"["s3:GetObject","s3:ListBucket"]"#, r#""arn:aws:s3:::bucket*""#, true);
    check(r#""s3:GetObject""#, r#""arn:aws:s3:::bucke?""#, false);
}

#[test]
fn pol_e14_e15_condition_keys() {
    let check = |action: &str, key: &str, expected: Option<&str>| {
        let policy = policy_of(&format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":{action},
                "Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"],
                "Condition":{{"StringEquals":{{"{key}":"x"}}}}}}"#
        ));
        check_outcome(&policy, expected);
    };
    for key in [
        "s3:foo",
        "foo",
        "",
        "aws:Foo",
        "ec2:Region",
        "s3:ExistingObjectTag/",
        "iam:PassedToService",
    ] {
        check(r#""s3:*""#, key, Some(CONDITION_KEY));
    }
    // TV-109
    check(r#""s3:PutObject""#, "s3:ExistingObjectTag/x", Some(COMBINATION));
    check(r#""s3:GetObject""#, "s3:x-amz-acl", Some(COMBINATION));
    check(r#""s3:ListBucketMultipartUploads""#, "s3:prefix", Some(COMBINATION));
    check(r#""s3:PutObjectAcl""#, "s3:RequestObjectTag/x", Some(COMBINATION));
    // POL-19: one unsuitable action spoils the statement, a wildcard does not.
    check(r#"["s3:GetObject","s3:PutObject"]"#, "s3:ExistingObjectTag/x", Some(COMBINATION));
    check(r#"["s3:GetObject","s3:GetObjectAcl"]"#, "s3:ExistingObjectTag/x", None);
    check(r#""s3:*""#, "s3:ExistingObjectTag/x", None);
    check(r#""s3:Put*""#, "S3:X-AMZ-ACL", None);
    check(r#""s3:GetBucket*""#, "s3:prefix", Some(COMBINATION));
    // POL-51
    check(r#""s3:GetObjectAttributes""#, "s3:ExistingObjectTag/x", None);
    check(r#""s3:ListBucket""#, "aws:PrincipalOrgID", None);
}

#[test]
fn pol_e16_e17_conditions() {
    let check = |condition: &str, expected: &str| check_member("Condition", condition, expected);
    for (operator, message) in [
        ("Foo", "Invalid Condition type : Foo"),
        ("stringequals", "Invalid Condition type : stringequals"),
        ("StringEqualsIfexists", "Invalid Condition type : StringEqualsIfexists"),
        ("NullIfExists", "Invalid Condition type : NullIfExists"),
        ("ForAllValues:Null", "Invalid Condition type : ForAllValues:Null"),
        ("ForAllValues:", "Invalid Condition type : ForAllValues:"),
        ("BoolNot", "Invalid Condition type : BoolNot"),
        ("NumericLike", "Invalid Condition type : NumericLike"),
        ("DateNotLessThan", "Invalid Condition type : DateNotLessThan"),
    ] {
        check(&format!(r#"{{"{operator}":{{"aws:Referer":"x"}}}}"#), message);
    }
    for block in ["x", "1.2.3.4/33", "1.2.3.0/24 ", "::/129", "", "*"] {
        check(
            &format!(r#"{{"NotIpAddress":{{"aws:SourceIp":["10.0.0.0/8","{block}"]}}}}"#),
            IP_ADDRESS,
        );
    }
    for condition in [
        "null",
        "[]",
        r#"{"StringEquals":"x"}"#,
        r#"{"StringEquals":{"aws:Referer":null}}"#,
        r#"{"StringEquals":{"aws:Referer":[]}}"#,
        r#"{"StringEquals":{"aws:Referer":{"a":"b"}}}"#,
        r#"{"StringEquals":{"aws:Referer":"${aws:username"}}"#,
        r#"{"StringEquals":{"aws:Referer":"${aws:usrname}"}}"#,
        r#"{"NumericEquals":{"s3:signatureAge":"ten"}}"#,
        r#"{"NumericEquals":{"s3:signatureAge":"${aws:username}"}}"#,
        r#"{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"maybe"}}"#,
        r#"{"Null":{"aws:SourceIp":"1"}}"#,
        r#"{"BinaryEquals":{"aws:Referer":"?"}}"#,
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3"}}"#,
    ] {
        check(condition, SYNTAX);
    }
    for condition in [
        "{}",
        r#"{"NumericLessThanIfExists":{"s3:signatureAge":600000}}"#,
        r#"{"Bool":{"aws:SecureTransport":true}}"#,
        r#"{"ForAnyValue:StringNotLikeIfExists":{"aws:PrincipalOrgPaths":["o-1/*"]}}"#,
        r#"{"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::${aws:username}"}}"#,
        r#"{"BinaryEquals":{"aws:Referer":"eA=="}}"#,
    ] {
        accept_member("Condition", condition);
    }
}

#[test]
fn pol_e18_version() {
    let with_version = |version: &str| format!(r#"{{"Version":{version},"Statement":{GOOD}}}"#);
    for version in [r#""2012-10-18""#, r#""""#] {
        check(&with_version(version), "The policy must contain a valid version string");
    }
    check(&with_version("20121017"), SYNTAX);
    bucket_policy(&with_version(r#""2008-10-17""#));
    bucket_policy(&format!(r#"{{"Statement":{GOOD},"Id":"x"}}"#));
}

#[test]
fn pol_e20_size() {
    let with_size = |size: usize| {
        let start = format!(r#"{{"Statement":[{GOOD}],"Id":""#);
        format!(r#"{start}{}"}}"#, "x".repeat(size - start.len() - 2))
    };
    // TV-110, POL-1
    assert_eq!(with_size(20480).len(), 20480);
    bucket_policy(&with_size(20480));
    check(&with_size(20481), TOO_LARGE);
    let spaced =
        with_size(20480).replacen("\"Id\":", &format!("\"Id\"{}:", " \n\t".repeat(1000)), 1);
    bucket_policy(&spaced);
    check(&format!("{{{}", " ".repeat(300_000)), TOO_LARGE);
}

#[test]
fn pol_e21_allow_with_not_principal() {
    let statement = |effect: &str| {
        policy_of(&format!(
            r#"{{"Effect":"{effect}","NotPrincipal":{{"AWS":"111122223333"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}}"#
        ))
    };
    check(&statement("Allow"), "Allow with NotPrincipal is not allowed.");
    bucket_policy(&statement("Deny"));
}

#[test]
fn pol_13_and_pol_15_statement_members() {
    check_member("Foo", "1", SYNTAX);
    check_member("condition", "{}", SYNTAX);
    check_member("Sid", "1", SYNTAX);
    let with_sids = |first: &str, second: &str| {
        let one = |sid: &str| GOOD.replacen('{', &format!("{{\"Sid\":\"{sid}\","), 1);
        policy_of(&format!("{},{}", one(first), one(second)))
    };
    check(&with_sids("a b", "a b"), "Statement IDs (SID) in a single policy must be unique.");
    bucket_policy(&with_sids("a", "A"));
    bucket_policy(&with_sids("", ""));
}

#[test]
fn pol_18_order_of_checks() {
    // Each statement is wrong from some member on; the first wrong one decides.
    let broken = [
        ("Effect", r#""X""#, "Invalid effect: X"),
        ("Principal", r#""x""#, PRINCIPAL),
        ("Action", r#""s3:Foo""#, ACTION),
        ("Resource", r#""arn:aws:s3:::other""#, RESOURCE),
        ("Condition", r#"{"StringEquals":{"s3:foo":"x"}}"#, CONDITION_KEY),
    ];
    for (first, (_, _, expected)) in broken.iter().enumerate() {
        let mut members = BTreeMap::from([
            ("Effect", r#""Allow""#),
            ("Principal", r#""*""#),
            ("Action", r#""s3:GetObject""#),
            ("Resource", r#""arn:aws:s3:::bucket/*""#),
        ]);
        members.extend(broken[first..].iter().map(|(name, value, _)| (*name, *value)));
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        check(&policy_of(&format!("{{{}}}", members.join(","))), expected);
    }
    // The match of action and resource comes before the condition.
    check(
        &policy_of(
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket","Condition":{"Foo":{}}}"#,
        ),
        ACTION_RESOURCE,
    );
    // POL-16: the first bad statement decides.
    check(&policy_of(&format!(r#"{GOOD},{{"Effect":"X"}},{{}}"#)), "Invalid effect: X");
    check(r#"{"Version":"x","Statement":[]}"#, "The policy must contain a valid version string");
}

#[test]
fn vanished_principals_match_nobody() {
    let text = with_member("Principal", r#"{"AWS":"arn:aws:iam::999999999999:user/gone"}"#);
    check(&text, PRINCIPAL);
    let policy = Policy::parse_stored_bucket_policy(&text, &bucket()).unwrap();
    for caller in [Principal::Anonymous, root(ACCOUNT), user(ACCOUNT, "gone")] {
        let outcome = ask(&policy, &caller, Action::GetObject, "k", &crate::NoContext);
        assert_eq!(outcome, Outcome::default());
    }
    assert_eq!(policy.text(), text);
}

#[test]
fn identity_policies() {
    let parse = |text: &str| Policy::parse_identity_policy(text);
    for text in [
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":["iam:*","s3:Foo","sts:AssumeRole"],"Resource":"*"}"#,
        r#"{"Effect":"Deny","NotAction":"iam:*","NotResource":"arn:aws:iam::111122223333:user/${aws:username}"}"#,
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a"}"#,
        r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:*:s3:::${saml:sub}/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/x":"y","ec2:Region":"z"}}}"#,
    ] {
        parse(&policy_of(text)).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
    let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    for version in ["", r#""Version":"2008-10-17","#] {
        let text = format!(r#"{{{version}"Statement":{statement}}}"#);
        let message = "Policy document must be version 2012-10-17 or greater.";
        assert_eq!(parse(&text).expect_err(&text).message(), message, "{text}");
    }
    for text in ["", "[]", "{", r#"{"Version":"2012-10-17","Statement":[]}"#] {
        assert_eq!(parse(text).expect_err(text).message(), "Syntax errors in policy.", "{text}");
    }
    for (text, expected) in [
        (
            r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            "Policy document should not specify a principal.",
        ),
        (
            r#"{"Effect":"Deny","NotPrincipal":"*","Action":"*","Resource":"*"}"#,
            "Policy document should not specify a principal.",
        ),
        (
            r#"{"Effect":"Allow","Action":"Get","Resource":"*"}"#,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:Get:Object","Resource":"*"}"#,
            "Actions/Condition can contain only one colon.",
        ),
        (r#"{"Effect":"Allow","Action":"s*:GetObject","Resource":"*"}"#, "Vendor s* is not valid"),
        (
            r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#,
            "Policy statement must contain actions.",
        ),
        (r#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions."),
        (r#"{"Effect":"Allow","Action":"*"}"#, "Policy statement must contain resources."),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"bucket"}"#,
            r#"Resource bucket must be in ARN format or "*"."#,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:moon:s3:::x"}"#,
            r#"Partition "moon" is not valid for resource "arn:moon:s3:::x"."#,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:*:::x"}"#,
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam:us-east-1:111122223333:user/x"}"#,
            "IAM resource arn:aws:iam:us-east-1:111122223333:user/x cannot contain region information.",
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:${aws:username}:::x"}"#,
            "The policy failed legacy parsing",
        ),
        (r#"{"Effect":"allow","Action":"*","Resource":"*"}"#, "The policy failed legacy parsing"),
        (r#"{"Effect":"Maybe","Action":"*","Resource":"*"}"#, "Syntax errors in policy."),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Foo":{}}}"#,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"aws:CurrentTime":"soon"}}}"#,
            "The policy failed legacy parsing",
        ),
    ] {
        assert_eq!(parse(&policy_of(text)).expect_err(text).message(), expected, "{text}");
    }
}

/// A trust policy of one statement with the members given.
fn try_trust(principal: &str, action: &str, rest: &str) -> Result<(), String> {
    let statement =
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":{action}{rest}}}"#);
    let policy = Policy::parse_trust_policy(&policy_of(&statement), &Directory);
    policy.map(drop).map_err(|error| error.message().to_owned())
}

#[test]
fn trust_policies() {
    let root = r#"{"AWS":"111122223333"}"#;
    let provider = r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example"}"#;
    for (principal, action, rest) in [
        (root, r#""sts:AssumeRole""#, ""),
        (root, r#"["sts:AssumeRole","STS:TagSession","sts:SetSourceIdentity"]"#, ""),
        (root, r#""sts:AssumeRole*""#, ""),
        (
            r#"{"AWS":["arn:aws:iam::111122223333:user/x","444455556666"]}"#,
            r#""sts:AssumeRole""#,
            "",
        ),
        (r#"{"AWS":"AIDAX"}"#, r#""sts:AssumeRole""#, ""),
        (r#"{"Service":"ec2.amazonaws.com"}"#, r#""sts:AssumeRole""#, ""),
        (
            provider,
            r#""sts:AssumeRoleWithWebIdentity""#,
            r#","Condition":{"StringEquals":{"id.example:aud":"grantry"}}"#,
        ),
    ] {
        assert_eq!(try_trust(principal, action, rest), Ok(()), "{principal} {action} {rest}");
    }
}

#[test]
fn trust_policies_that_are_none() {
    let root = r#"{"AWS":"111122223333"}"#;
    let only_sts = "AssumeRole policy may only specify STS AssumeRole actions.";
    let assume = r#""sts:AssumeRole""#;
    let gone = r#"{"AWS":"arn:aws:iam::111122223333:user/gone"}"#;
    for (principal, action, rest, expected) in [
        (root, r#""s3:GetObject""#, "", only_sts),
        (root, r#"["sts:AssumeRole","s3:*"]"#, "", only_sts),
        (root, r#""*""#, "", only_sts),
        (root, r#""sts:GetFederationToken""#, "", only_sts),
        (root, r#""AssumeRole""#, "", only_sts),
        (root, assume, r#","Resource":"*""#, "Has prohibited field Resource"),
        (root, assume, r#","NotResource":"*""#, "AssumeRole policy must not contain resources."),
        (root, "[]", "", "Missing required field Action"),
        (
            gone,
            assume,
            "",
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/gone""#,
        ),
        (r#"{"AWS":"AIDAGONE"}"#, assume, "", r#"Invalid principal in policy: "AWS":"AIDAGONE""#),
        (r#""111122223333""#, assume, "", PRINCIPAL),
        (
            root,
            assume,
            r#","Condition":{"Foo":{"sts:ExternalId":"x"}}"#,
            "Invalid Condition type : Foo",
        ),
    ] {
        let result = try_trust(principal, action, rest);
        assert_eq!(result, Err(expected.to_owned()), "{principal} {action} {rest}");
    }
    for (statement, expected) in [
        (r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#, "Missing required field Principal"),
        (
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#,
            "AssumeRole policy must not contain NotPrincipal field.",
        ),
        (r#"{"Principal":"*","Action":"sts:AssumeRole"}"#, "Missing required field Effect"),
    ] {
        let error = Policy::parse_trust_policy(&policy_of(statement), &Directory).unwrap_err();
        assert_eq!(error.message(), expected, "{statement}");
    }
    let gone =
        policy_of(r#"{"Effect":"Allow","Principal":{"AWS":"AIDAGONE"},"Action":"sts:AssumeRole"}"#);
    assert!(Policy::parse_stored_trust_policy(&gone).is_ok());
}
