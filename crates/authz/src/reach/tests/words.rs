//! Answers as people read them, and who is asked about.

use super::*;

fn open_bucket(policy: &str) -> BucketFacts {
    let statements = format!(r#"{{"Version":"2012-10-17","Statement":[{policy}]}}"#);
    let name = BucketName::parse(BUCKET).unwrap();
    let policy = Policy::parse_stored_bucket_policy(&statements, &name).unwrap();
    BucketFacts {
        name,
        owner: account('1'),
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: PublicAccessBlock::NONE,
        policy: Some(Arc::new(policy)),
        acl: AccessControlList::private(account('1').canonical_id),
        requester_pays: false,
    }
}

fn read(bucket: &BucketFacts) -> report::Report {
    let question = Question {
        bucket,
        action: Action::GetObject,
        scope: Scope::Prefix(""),
        objects: &[],
        tags: None,
        switches: &Switches::default(),
        is_amazon: false,
    };
    who_can(&question, &[Action::GetObject], &[], &[account('1')])
}

/// Who may read, and how.
fn check(policy: &str, expected: &[(&str, &str)]) {
    let report = read(&open_bucket(policy));
    let told: Vec<_> = report
        .rows
        .iter()
        .map(|row| {
            let ways =
                row.ways.iter().map(|way| [&*way.keys, &*way.conditions].concat().join(" & "));
            (row.who.clone(), format!("{} {}", row.allowed, ways.collect::<Vec<_>>().join(" | ")))
        })
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|(who, how)| ((*who).to_owned(), (*how).to_owned())).collect();
    assert_eq!(told, expected, "{policy}");
}

const EVERYONE: &str = "everyone, without signing";
const ANY: &str = "every AWS account";

fn statement(effect: &str, principal: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}","Principal":{principal},"Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::b-b/{resource}","Condition":{{{condition}}}}}"#
    )
}

#[test]
fn conditions_in_words() {
    let allow = |condition: &str| statement("Allow", r#""*""#, "*", condition);
    let only = |how: &'static str| [(EVERYONE, how), (ANY, how)];
    for (condition, how) in [
        ("", "always "),
        (
            r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#,
            "sometimes aws:SourceIp in 203.0.113.0/24",
        ),
        (
            r#""NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","::1"]}"#,
            "sometimes aws:SourceIp not in 10.0.0.0/8 or ::1",
        ),
        (r#""Bool":{"aws:SecureTransport":"true"}"#, "sometimes aws:SecureTransport is true"),
        (
            r#""DateLessThan":{"aws:CurrentTime":"2030-01-01"}"#,
            "sometimes aws:CurrentTime before 2030-01-01T00:00:00Z",
        ),
        (
            r#""StringLike":{"aws:Referer":"https://a/*"}"#,
            "sometimes aws:Referer is like https://a/*",
        ),
        (
            r#""StringEqualsIfExists":{"aws:Referer":"a"}"#,
            "sometimes aws:Referer is a, or is absent",
        ),
        (r#""Null":{"aws:Referer":"false"}"#, "sometimes aws:Referer is present"),
    ] {
        check(&allow(condition), &only(how));
    }
    // What no request can satisfy is no access.
    for condition in [
        r#""StringEquals":{"aws:Referer":"a"},"StringLike":{"aws:Referer":"b*"}"#,
        r#""StringEquals":{"aws:SourceVpc":"vpc-1"}"#,
        r#""DateLessThan":{"aws:CurrentTime":"2030-01-01"},"DateGreaterThan":{"aws:CurrentTime":"2031-01-01"}"#,
    ] {
        check(&allow(condition), &[]);
    }
}

#[test]
fn a_deny_subtracts_patterns_exactly() {
    let allow = statement("Allow", r#""*""#, "a*", "");
    let deny = |resource: &str| statement("Deny", r#""*""#, resource, "");
    let both = |resource: &str| format!("{allow},{}", deny(resource));
    check(&both("*"), &[]);
    check(&both("a*"), &[]);
    let how = "sometimes key is like a* & key is not like ab*";
    check(&both("ab*"), &[(EVERYONE, how), (ANY, how)]);
    let how = "sometimes key is like a*";
    check(&both("b*"), &[(EVERYONE, how), (ANY, how)]);
}

#[test]
fn strangers_are_told_apart_as_the_policy_does() {
    let allow = |principal: &str, condition: &str| statement("Allow", principal, "*", condition);
    check(
        &allow(r#"{"AWS":"222222222222"}"#, ""),
        &[("arn:aws:iam::222222222222:root", "always ")],
    );
    check(
        &allow(r#"{"AWS":"arn:aws:iam::222222222222:user/team/x"}"#, ""),
        &[("arn:aws:iam::222222222222:user/team/x", "always ")],
    );
    check(
        &allow(r#"{"AWS":"arn:aws:sts::222222222222:assumed-role/r/s"}"#, ""),
        &[("arn:aws:iam::222222222222:role/r", "always ")],
    );
    check(
        &allow(r#""*""#, r#""StringEquals":{"aws:PrincipalAccount":"333333333333"}"#),
        &[("arn:aws:iam::333333333333:root", "always ")],
    );
    check(
        &allow(r#""*""#, r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::333333333333:role/x"}"#),
        &[("arn:aws:iam::333333333333:role/x", "always ")],
    );
    let canonical = "c".repeat(64);
    check(
        &allow(&format!(r#"{{"CanonicalUser":"{canonical}"}}"#), ""),
        &[(&format!("the account with canonical user id {canonical}"), "always ")],
    );
}

#[test]
fn what_cannot_be_decided_says_so() {
    let own_tag = statement("Allow", r#""*""#, "${aws:Referer}/*", "");
    let report = read(&open_bucket(&own_tag));
    assert!(!report.rows.is_empty());
    for row in &report.rows {
        assert_eq!(row.allowed, "undecided", "{row:?}");
        assert_eq!(row.undecided_because.len(), 1, "{row:?}");
    }
    let many = statement("Allow", r#""*""#, &format!("*a{}", "?".repeat(40)), "");
    let report = read(&open_bucket(&many));
    assert!(report.rows.iter().all(|row| !row.undecided_because.is_empty()), "{report:?}");
}

#[test]
fn access_of_everybody_without_conditions_is_what_amazon_calls_public() {
    let mut found = 0;
    for world in 0..3000 {
        let mut dice = Dice(world);
        let Some(policy) = bucket_policy(&mut dice) else { continue };
        let is_public = policy.is_public();
        let mut bucket = open_bucket(&statement("Allow", r#""*""#, "*", ""));
        bucket.policy = Some(Arc::new(policy));
        let report = read(&bucket);
        for row in report.rows {
            let by_policy = row.kind == "everyone" || row.kind == "any_account";
            if by_policy && row.allowed == "always" {
                found += 1;
                assert!(is_public && row.public, "{row:?}\n{}", bucket.policy.unwrap().text());
                break;
            }
        }
    }
    assert!(found > 20, "{found}");
}
