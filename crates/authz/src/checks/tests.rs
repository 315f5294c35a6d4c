//! Compared with trying, and by examples.

use std::sync::Arc;

use model::{AccessControlList, BucketName, ObjectKey, ObjectOwnership, PublicAccessBlock};

use super::*;
use crate::reach::strangers::{identity, name, plain};
use crate::reach::tests::{
    ACTIONS, BUCKET, Dice, Values, account, bucket_policy, decided, identity_policy, values,
};
use crate::reach::{Caller, Question, Scope};
use crate::{
    Action, BucketFacts, ContextValue, IdentityFacts, ObjectFacts, ResourceType, Switches,
};

/// Worlds of one run; more with the variable `GRANTRY_CHECKS_WORLDS`.
const WORLDS: u64 = 5_000;
/// Requests that are tried in each.
const TRIES: usize = 40;

fn resource(statements: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::parse_resource_policy(&text).unwrap()
}

fn own(statements: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::parse_identity_policy(&text).unwrap()
}

fn statements(found: &Found) -> Vec<u16> {
    assert!(found.doubts.is_empty(), "{:?}", found.doubts);
    found.statements.iter().copied().collect()
}

const READ: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a*"}"#;
const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

#[test]
fn new_access_of_identity_policies() {
    let check = |new: &str, existing: &str, expected: &[u16]| {
        let found = new_access(&own(new), &own(existing), PolicyType::Identity);
        assert_eq!(statements(&found), expected, "{new} after {existing}");
    };
    let with = |action: &str, resource: &str, more: &str| {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"{more}}}"#)
    };
    let read = |resource: &str| with("s3:GetObject", resource, "");
    check(READ, READ, &[]);
    check(READ, ALL, &[]);
    check(ALL, READ, &[0]);
    check(&read("arn:aws:s3:::b/ab*"), READ, &[]);
    check(&read("arn:aws:s3:::b/*"), READ, &[0]);
    check(&format!("{READ},{}", read("arn:aws:s3:::b/b")), READ, &[1]);
    // An action of objects gives nothing on a bucket.
    check(&read("arn:aws:s3:::b"), READ, &[]);
    check(&with("s3:Get*", "arn:aws:s3:::b/a*", ""), READ, &[0]);
    check(&with("s3:GetObjec?", "arn:aws:s3:::b/a*", ""), READ, &[]);
    check(&with("iam:CreateUser", "*", ""), READ, &[0]);
    check(&with("iam:CreateUser", "*", ""), &with("iam:*", "*", ""), &[]);
    // A union of several statements covers what none of them does.
    let halves = format!("{},{}", read("arn:aws:s3:::b/*a"), read("arn:aws:s3:::b/*?"));
    check(&read("arn:aws:s3:::b/?*"), &halves, &[]);
    let denied = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/b*"}"#;
    let not_b = format!("{},{denied}", read("arn:aws:s3:::b/*"));
    check(&not_b, &read("arn:aws:s3:::b/*"), &[]);
    check(&read("arn:aws:s3:::b/*"), &not_b, &[0]);
    // Conditions.
    let from = |block: &str| {
        let more = format!(r#","Condition":{{"IpAddress":{{"aws:SourceIp":"{block}"}}}}"#);
        with("s3:GetObject", "arn:aws:s3:::b/a*", &more)
    };
    check(&from("10.0.0.0/8"), READ, &[]);
    check(READ, &from("10.0.0.0/8"), &[0]);
    check(&from("10.1.0.0/16"), &from("10.0.0.0/8"), &[]);
    check(&from("11.0.0.0/8"), &from("10.0.0.0/8"), &[0]);
    // Variables.
    let home = "arn:aws:s3:::b/${aws:username}/*";
    check(&read(home), &read(home), &[]);
    check(&read(home), &read("arn:aws:s3:::b/*"), &[]);
    check(&read("arn:aws:s3:::b/*"), &read(home), &[0]);
    check(&read(home), &read("arn:aws:s3:::b/alice/*"), &[0]);
    let team = "arn:aws:s3:::b/${aws:PrincipalTag/team}/*";
    check(&read(team), &read(team), &[]);
    check(&read(team), &read(home), &[0]);
}

#[test]
fn new_access_of_resource_policies() {
    let check = |new: &str, existing: &str, expected: &[u16]| {
        let found = new_access(&resource(new), &resource(existing), PolicyType::Resource);
        assert_eq!(statements(&found), expected, "{new} after {existing}");
    };
    let to = |principal: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject",
                "Resource":"arn:aws:s3:::b/*"}}"#
        )
    };
    let (one, two) = (to(r#"{"AWS":"111111111111"}"#), to(r#"{"AWS":"222222222222"}"#));
    check(&one, &one, &[]);
    check(&one, &two, &[0]);
    check(&one, &to(r#""*""#), &[]);
    check(&to(r#""*""#), &one, &[0]);
    check(&to(r#"{"AWS":"arn:aws:iam::111111111111:user/a"}"#), &one, &[]);
    check(&one, &to(r#"{"AWS":"arn:aws:iam::111111111111:user/a"}"#), &[0]);
    check(&to(r#"{"Service":"logging.s3.amazonaws.com"}"#), &one, &[0]);
    let trust = |principal: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}"#)
    };
    check(&trust(r#"{"AWS":"111111111111"}"#), &trust(r#"{"AWS":"111111111111"}"#), &[]);
    check(&trust(r#"{"AWS":"111111111111"}"#), &trust(r#"{"AWS":"222222222222"}"#), &[0]);
    let external = |id: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"111111111111"}},"Action":"sts:AssumeRole",
                "Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}}}"#
        )
    };
    check(&external("a"), &trust(r#"{"AWS":"111111111111"}"#), &[]);
    check(&external("a"), &external("b"), &[0]);
}

#[test]
fn access_that_is_not_granted() {
    let check = |policy: &str, access: &str, expected: &[u16]| {
        let found = granted_access(&own(policy), &own(access), PolicyType::Identity);
        assert_eq!(statements(&found), expected, "{access} by {policy}");
    };
    let access = |actions: &str, resources: &str| {
        format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
    };
    check(READ, &access(r#"["s3:PutObject","iam:*"]"#, r#""*""#), &[]);
    check(READ, &access(r#"["s3:PutObject","s3:GetObject"]"#, r#""*""#), &[0]);
    check(READ, &access(r#""*""#, r#""arn:aws:s3:::b/x""#), &[]);
    check(READ, &access(r#""*""#, r#""arn:aws:s3:::b/*x""#), &[0]);
    check(READ, &access(r#""s3:GetObject""#, r#""arn:aws:s3:::c/*""#), &[]);
    let denied = r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#;
    check(&format!("{ALL},{denied}"), &access(r#""iam:CreateUser""#, r#""*""#), &[]);
    check(ALL, &access(r#""iam:CreateUser""#, r#""*""#), &[0]);
}

#[test]
fn public_access_is_what_anybody_has() {
    let check = |policy: &str, expected: &[u16]| {
        assert_eq!(statements(&public_access(&resource(policy))), expected, "{policy}");
    };
    let open = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
    let one = r#"{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#;
    check(open, &[0]);
    check(one, &[]);
    let users = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*",
        "Condition":{"StringEquals":{"aws:PrincipalType":"User"}}}"#;
    check(users, &[0]);
    check(&format!("{one},{open}"), &[1]);
    let others = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*",
        "Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111111111111"}}}"#;
    check(&format!("{open},{others}"), &[]);
    check(
        r#"{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"}"#,
        &[0],
    );
}

#[test]
fn trust_policies_let_somebody_in() {
    let policy = resource(
        r#"{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:user/u"]},"Action":"sts:AssumeRole"},
           {"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/h"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"]}"#,
    );
    let all = trusted(&policy, &[account('1')]);
    let shown: BTreeSet<_> = all
        .iter()
        .map(|one| {
            let who = one.who.provider.clone().unwrap_or_else(|| one.who.principal.to_string());
            format!("{who} {} {:?}", one.action, one.statements)
        })
        .collect();
    let expected = [
        "arn:aws:iam::111111111111:oidc-provider/h sts:AssumeRoleWithWebIdentity {1}",
        "arn:aws:iam::111111111111:oidc-provider/h sts:TagSession {1}",
        "arn:aws:iam::222222222222:user/u sts:AssumeRole {0}",
    ];
    let shown: Vec<_> = shown.iter().map(String::as_str).collect();
    assert_eq!(shown, expected);
}

#[test]
fn what_is_beyond_is_said() {
    let policy = |operator: &str, text: &str| {
        own(&format!(
            r#"{{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{{"{operator}":{{"aws:Referer":"{text}"}}}}}}"#
        ))
    };
    let (a, b) = (policy("StringEqualsIgnoreCase", "\u{e9}"), policy("StringEquals", "x"));
    let found = new_access(&a, &b, PolicyType::Identity);
    assert_eq!(found.doubts.into_iter().collect::<Vec<_>>(), [Doubt::LetterCase]);
}

#[test]
fn access_from_outside() {
    use outside::{AccessRule, Outsider, of_bucket, of_role};
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b-b/open/*"},
        {"Effect":"Allow","Principal":{"AWS":["222222222222","333333333333"]},"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b-b/*"},
        {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/u"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b-b"}]}"#;
    let mut facts = bucket(text);
    let shown = |facts: &BucketFacts| -> Vec<_> {
        of_bucket(facts, &[account('3')], &Switches::default())
            .into_iter()
            .map(|one| {
                (
                    one.who,
                    one.rule,
                    one.actions.into_iter().collect::<Vec<_>>().join(" "),
                    one.is_public,
                )
            })
            .collect()
    };
    let user = Outsider::Arn("arn:aws:iam::111111111111:user/u".to_owned());
    let account_two = Outsider::Account("222222222222".to_owned());
    let expected = [
        (Outsider::Anybody, AccessRule::Statement(0), "s3:GetObject".to_owned(), true),
        (
            account_two.clone(),
            AccessRule::Statement(1),
            "s3:GetObject s3:PutObject".to_owned(),
            false,
        ),
        (user.clone(), AccessRule::Statement(2), "s3:ListBucket".to_owned(), false),
    ];
    assert_eq!(shown(&facts), expected);
    // The public has nothing any more, and nobody of another account.
    facts.public_access.restrict_public_buckets = true;
    assert_eq!(shown(&facts), []);
    let trust = resource(
        r#"{"Effect":"Allow","Principal":{"AWS":["222222222222","333333333333"]},"Action":"sts:AssumeRole"},
           {"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"}"#,
    );
    let found: Vec<_> = of_role(&trust, &[account('3')])
        .into_iter()
        .map(|one| (one.who, one.actions.into_iter().collect::<Vec<_>>().join(" ")))
        .collect();
    let google = Outsider::Federated("accounts.google.com".to_owned());
    assert_eq!(
        found,
        [
            (account_two, "sts:AssumeRole".to_owned()),
            (google, "sts:AssumeRoleWithWebIdentity".to_owned())
        ]
    );
}

/// A bucket of somebody else in which nothing but the policy decides.
fn bucket(policy: &str) -> BucketFacts {
    let owner = account('3');
    let name = BucketName::parse(BUCKET).unwrap();
    BucketFacts {
        policy: Some(Arc::new(Policy::parse_stored_bucket_policy(policy, &name).unwrap())),
        name,
        acl: AccessControlList { owner: owner.canonical_id.clone(), grants: Vec::new() },
        owner,
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: PublicAccessBlock::NONE,
        requester_pays: false,
    }
}

fn bearer(dice: &mut Dice, policies: Vec<Arc<Policy>>) -> Caller {
    let (number, user) = (dice.one(&['1', '2']), dice.one(&["a", "xx", "zz"]));
    let user = name("/", user, "AIDA");
    let principal = if dice.chance(50) {
        Principal::User { account: account(number), user }
    } else {
        let session_name = dice.one(&["s", "t"]).into();
        let role = name("/", dice.one(&["r", "q"]), "AROA");
        Principal::AssumedRole { account: account(number), role, session_name }
    };
    let facts = IdentityFacts { policies, ..IdentityFacts::default() };
    let kind = match principal {
        Principal::User { .. } => CallerKind::User,
        _ => CallerKind::Role,
    };
    Caller { identity: Some(facts), ..plain(principal, kind) }
}

/// Somebody of another account than the bucket's.
fn stranger(dice: &mut Dice) -> Caller {
    let root = |account| plain(Principal::Root(account), CallerKind::Stranger);
    match dice.number(6) {
        0 => plain(Principal::Anonymous, CallerKind::Everyone),
        1 => root(account(dice.one(&['1', '2']))),
        2 => root(identity(model::AccountId::parse("987654321098").unwrap())),
        _ => bearer(dice, everything()),
    }
}

fn everything() -> Vec<Arc<Policy>> {
    vec![Arc::new(own(ALL))]
}

fn request(dice: &mut Dice, caller: &Caller) -> (Action, Option<ObjectKey>, Values) {
    let action = dice.one(ACTIONS);
    let on_object = action.resource_type() == ResourceType::Object;
    let keys = ["a", "ab", "b", "a/b", "b/a", "aab", "xx/a", "xx", "c"];
    let key = on_object.then(|| ObjectKey::parse(dice.one(&keys)).unwrap());
    let mut values = values(dice, caller);
    // Actions that a request needs besides are not what a policy check is about.
    for key in ["s3:requestobjecttagkeys", "s3:x-amz-acl"] {
        if action == Action::PutObject {
            values.0.insert(key, ContextValue::Absent);
        }
    }
    (action, key, values)
}

fn allowed(
    facts: &BucketFacts,
    caller: &Caller,
    (action, key, values): &(Action, Option<ObjectKey>, Values),
) -> bool {
    let question = Question {
        bucket: facts,
        action: *action,
        scope: Scope::Prefix(""),
        objects: &[],
        tags: None,
        switches: &Switches::default(),
        is_amazon: true,
    };
    let owner = &facts.owner.canonical_id;
    let object = match action {
        Action::PutObject => ObjectFacts::Missing,
        _ => ObjectFacts::Present { owner, acl: None },
    };
    decided(&question, caller, key.as_ref(), object, values)
}

#[test]
fn checks_agree_with_decisions_in_small_worlds() {
    let worlds = std::env::var("GRANTRY_CHECKS_WORLDS");
    let worlds = worlds.ok().and_then(|text| text.parse().ok()).unwrap_or(WORLDS);
    let mut tally = [0_u64; 4];
    for world in 0..worlds {
        let dice = &mut Dice(world);
        let of_bucket = dice.chance(50);
        let (new, existing) = if of_bucket {
            let (Some(new), Some(existing)) = (bucket_policy(dice), bucket_policy(dice)) else {
                continue;
            };
            (Arc::new(new), Arc::new(existing))
        } else {
            let (Some(new), Some(existing)) = (identity_policy(dice), identity_policy(dice)) else {
                continue;
            };
            (new, existing)
        };
        // What a variable holds is unlike what policies spell out; so it is in the requests.
        let texts = [new.text(), existing.text()].concat();
        if texts.contains("${aws:PrincipalTag") {
            continue;
        }
        let spells_names = texts.contains("${aws:username}");
        let policy_type = if of_bucket { PolicyType::Resource } else { PolicyType::Identity };
        let added = new_access(&new, &existing, policy_type);
        let common = granted_access(&new, &existing, policy_type);
        let open = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b-b","arn:aws:s3:::b-b/*"]}}"#;
        let (with_new, with_existing) = if of_bucket {
            (bucket(new.text()), bucket(existing.text()))
        } else {
            (bucket(open), bucket(open))
        };
        for _ in 0..TRIES {
            let (first, second) = if of_bucket {
                let caller = stranger(dice);
                (caller.clone(), caller)
            } else {
                let first = bearer(dice, vec![Arc::clone(&new)]);
                let mut second = first.clone();
                second.identity = Some(IdentityFacts {
                    policies: vec![Arc::clone(&existing)],
                    ..Default::default()
                });
                (first, second)
            };
            let is_spelled =
                matches!(&first.principal, Principal::User { user, .. } if user.name == "a");
            if spells_names && is_spelled {
                continue;
            }
            let asked = request(dice, &first);
            let by_new = allowed(&with_new, &first, &asked);
            let by_existing = allowed(&with_existing, &second, &asked);
            let told = format!("{}\n{}\n{first:?}\n{asked:?}", new.text(), existing.text());
            if by_new && !by_existing {
                assert!(!added.statements.is_empty(), "world {world}: new\n{told}");
                tally[0] += 1;
            }
            if by_new && by_existing {
                assert!(!common.statements.is_empty(), "world {world}: common\n{told}");
                tally[1] += 1;
            }
        }
        tally[2] += u64::from(added.statements.is_empty() && added.doubts.is_empty());
        tally[3] += u64::from(common.statements.is_empty() && common.doubts.is_empty());
    }
    // Enough of everything that can happen.
    assert!(tally.iter().all(|&count| count * 50 > worlds), "{tally:?}");
}
