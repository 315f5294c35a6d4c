use std::sync::Arc;

use super::*;
use crate::NoContext;
use crate::policy::tests::*;

fn identity_policy(statements: &str) -> Arc<Policy> {
    Arc::new(Policy::parse_identity_policy(&policy_of(statements)).unwrap())
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}"#)
}

fn allowed_to(action: &str, resource: &str) -> IdentityFacts {
    let policies = vec![identity_policy(&statement("Allow", action, resource))];
    IdentityFacts { policies, ..Default::default() }
}

/// The answer about `action` on `resource`, a resource of `owner` without a policy of its own.
fn answer(
    caller: &Principal,
    identity: Option<&IdentityFacts>,
    (action, resource, owner): (&str, &str, &str),
) -> Result<(), String> {
    let switches = Switches::default();
    let owner = account(owner).id;
    let facts = ApiFacts { owner, resource_policy: None, identity, switches: &switches };
    let request = ApiRequest { caller, action, resource, context: &NoContext };
    let decision = decide_api(&request, &facts);
    assert!(decision.trace.deciding().is_some(), "{}", decision.trace);
    match decision.refusal {
        None => Ok(()),
        Some(refusal) => Err(refusal.message(caller, resource, &facts)),
    }
}

const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const CREATE_BOB: (&str, &str, &str) = ("iam:CreateUser", BOB, ACCOUNT);

#[test]
fn own_account() {
    let x = user(ACCOUNT, "x");
    for (action, resource, expected) in [
        ("iam:CreateUser", "*", true),
        ("iam:createuser", BOB, true),
        ("iam:*", "arn:aws:iam::*:user/*", true),
        ("*", "*", true),
        ("iam:CreateUser", "arn:aws:iam::444455556666:user/bob", false),
        ("iam:CreateUser", "arn:aws:iam::111122223333:role/*", false),
        ("iam:DeleteUser", "*", false),
        ("s3:*", "*", false),
    ] {
        let identity = allowed_to(action, resource);
        let result = answer(&x, Some(&identity), CREATE_BOB);
        assert_eq!(result.is_ok(), expected, "{action} {resource}");
    }
    assert_eq!(answer(&root(ACCOUNT), None, CREATE_BOB), Ok(()));
    let refused = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: \
                   iam:CreateUser on resource: arn:aws:iam::111122223333:user/bob because no \
                   identity-based policy allows the iam:CreateUser action";
    assert_eq!(answer(&x, None, CREATE_BOB), Err(refused.to_owned()));
    let none = IdentityFacts::default();
    assert_eq!(answer(&x, Some(&none), CREATE_BOB), Err(refused.to_owned()));
    assert!(answer(&Principal::Anonymous, None, CREATE_BOB).is_err());
    assert!(answer(&Principal::Service("x.amazonaws.com"), None, CREATE_BOB).is_err());
}

#[test]
fn no_resource_means_star_only() {
    let x = user(ACCOUNT, "x");
    for (resource, expected) in
        [("*", true), ("arn:aws:iam::*:*", false), ("arn:aws:s3:::*", false)]
    {
        let identity = allowed_to("iam:ListUsers", resource);
        let result = answer(&x, Some(&identity), ("iam:ListUsers", "*", ACCOUNT));
        assert_eq!(result.is_ok(), expected, "{resource}");
    }
}

#[test]
fn a_user_may_speak_of_itself() {
    let own = "arn:aws:iam::*:user/${aws:username}";
    let identity = allowed_to("iam:CreateAccessKey", own);
    for (name, expected) in [("bob", true), ("x", false)] {
        let call = ("iam:CreateAccessKey", BOB, ACCOUNT);
        let result = answer(&user(ACCOUNT, name), Some(&identity), call);
        assert_eq!(result.is_ok(), expected, "{name}");
    }
}

#[test]
fn filters_and_denies() {
    let x = user(ACCOUNT, "x");
    let all = identity_policy(&statement("Allow", "*", "*"));
    let only_s3 = identity_policy(&statement("Allow", "s3:*", "*"));
    let deny = identity_policy(&statement("Deny", "iam:Create*", "*"));
    let source = |facts: &IdentityFacts| {
        let message = answer(&x, Some(facts), CREATE_BOB).unwrap_err();
        message.rsplit_once("user/bob ").unwrap().1.to_owned()
    };
    let facts = IdentityFacts { policies: vec![all.clone()], ..Default::default() };
    let boundary = IdentityFacts { boundary: Some(only_s3.clone()), ..facts.clone() };
    let expected = "because no permissions boundary allows the iam:CreateUser action";
    assert_eq!(source(&boundary), expected);
    let session = IdentityFacts { session: Some(vec![only_s3]), ..facts.clone() };
    let expected = "because no session policy allows the iam:CreateUser action";
    assert_eq!(source(&session), expected);
    let no_session = IdentityFacts { session: Some(vec![]), ..facts.clone() };
    assert_eq!(source(&no_session), expected);
    let denied = IdentityFacts { policies: vec![all, deny.clone()], ..Default::default() };
    assert_eq!(source(&denied), "with an explicit deny in an identity-based policy");
    let denied = IdentityFacts { boundary: Some(deny.clone()), ..facts.clone() };
    assert_eq!(source(&denied), "with an explicit deny in a permissions boundary");
    let denied = IdentityFacts { session: Some(vec![deny]), ..facts };
    assert_eq!(source(&denied), "with an explicit deny in a session policy");
}

#[test]
fn another_account_needs_a_resource_policy() {
    let x = user(OTHER_ACCOUNT, "x");
    let all = allowed_to("*", "*");
    // Nothing about policies is told to strangers.
    let refused = "User: arn:aws:iam::444455556666:user/x is not authorized to perform: \
                   iam:CreateUser on resource: arn:aws:iam::111122223333:user/bob";
    assert_eq!(answer(&x, Some(&all), CREATE_BOB), Err(refused.to_owned()));
    assert!(answer(&root(OTHER_ACCOUNT), None, CREATE_BOB).is_err());
}

#[test]
fn actions_of_s3_on_accounts() {
    let x = user(ACCOUNT, "x");
    let call = ("s3:PutAccountPublicAccessBlock", "*", ACCOUNT);
    for (action, expected) in
        [("s3:PutAccountPublicAccessBlock", true), ("s3:*", true), ("s3:PutBucketPolicy", false)]
    {
        let identity = allowed_to(action, "*");
        assert_eq!(answer(&x, Some(&identity), call).is_ok(), expected, "{action}");
    }
}
