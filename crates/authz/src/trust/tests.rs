use std::sync::Arc;

use super::*;
use crate::policy::tests::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/r";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/id.example";

fn trust(principal: &str, rest: &str) -> Policy {
    let actions = r#"["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]"#;
    let statement =
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":{actions}{rest}}}"#);
    Policy::parse_trust_policy(&policy_of(&statement), &Directory).unwrap()
}

fn identity(effect: &str, action: &str) -> IdentityFacts {
    let text = format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{ROLE}"}}"#);
    let policy = Policy::parse_identity_policy(&policy_of(&text)).unwrap();
    IdentityFacts { policies: vec![Arc::new(policy)], ..Default::default() }
}

/// The answer to a caller with these policies, as the message of the refusal.
fn answer(
    policy: &Policy,
    caller: &Principal,
    identity: &IdentityFacts,
    context: &Recorded,
) -> Result<(), String> {
    answer_to(policy, caller, identity, context, &["sts:AssumeRole"])
}

fn answer_to(
    policy: &Policy,
    caller: &Principal,
    identity: &IdentityFacts,
    context: &Recorded,
    actions: &[&str],
) -> Result<(), String> {
    let switches = Switches::default();
    let facts = RoleFacts {
        owner: account(ACCOUNT).id,
        trust: Some(policy),
        identity: Some(identity),
        switches: &switches,
    };
    let request = RoleRequest { caller, provider: None, actions, role: ROLE, context };
    let decision = may_assume_role(&request, &facts);
    assert!(decision.trace.deciding().is_some(), "{}", decision.trace);
    match decision.refusal {
        None => Ok(()),
        Some(refusal) => Err(refusal.message(caller, ROLE, &facts.to_api_facts())),
    }
}

#[test]
fn who_must_agree() {
    let none = IdentityFacts::default();
    let may = identity("Allow", "sts:AssumeRole");
    let other = identity("Allow", "sts:TagSession");
    let x = user(ACCOUNT, "x");
    let stranger = user(OTHER_ACCOUNT, "x");
    let chained = session(ACCOUNT, "/", "r", "s");
    let arn = |entity: &str| format!(r#"{{"AWS":"arn:aws:iam::{entity}"}}"#);
    let own_root = arn("111122223333:root");
    let own_x = arn("111122223333:user/x");
    for (principal, caller, identity, expected) in [
        // Named itself, a principal of the role's account needs nothing else.
        (&own_x, &x, &none, true),
        (&own_x, &x, &may, true),
        (&arn("111122223333:role/r"), &chained, &none, true),
        // Named by its account, it needs its own policies.
        (&own_root, &x, &none, false),
        (&own_root, &x, &other, false),
        (&own_root, &x, &may, true),
        (&own_root, &chained, &may, true),
        // Its own policies are never enough; a role is no exception for its own sessions.
        (&own_x, &user(ACCOUNT, "y"), &may, false),
        (&own_x, &chained, &may, false),
        // Callers of other accounts need both.
        (&arn("444455556666:user/x"), &stranger, &none, false),
        (&arn("444455556666:user/x"), &stranger, &may, true),
        (&arn("444455556666:root"), &stranger, &may, true),
        (&own_root, &stranger, &may, false),
        (&own_x, &stranger, &may, false),
        (&r#""*""#.to_owned(), &stranger, &none, false),
        (&r#""*""#.to_owned(), &stranger, &may, true),
        (&r#""*""#.to_owned(), &Principal::Anonymous, &none, true),
    ] {
        let result = answer(&trust(principal, ""), caller, identity, &Recorded::default());
        assert_eq!(result.is_ok(), expected, "{principal} {caller} {result:?}");
    }
}

#[test]
fn messages() {
    let none = IdentityFacts::default();
    let context = Recorded::default();
    let own_y = trust(r#"{"AWS":"arn:aws:iam::111122223333:role/r"}"#, "");
    let own_root = trust(r#"{"AWS":"111122223333"}"#, "");
    let x = user(ACCOUNT, "x");
    let user =
        "User: arn:aws:iam::111122223333:user/x is not authorized to perform: sts:AssumeRole";
    let check = |result: Result<(), String>, expected: String| assert_eq!(result, Err(expected));
    check(
        answer(&own_y, &x, &none, &context),
        format!("{user} because no role trust policy allows the sts:AssumeRole action"),
    );
    check(
        answer(&own_root, &x, &none, &context),
        format!(
            "{user} on resource: {ROLE} because no identity-based policy allows the \
             sts:AssumeRole action"
        ),
    );
    check(
        answer(&own_root, &x, &identity("Deny", "sts:*"), &context),
        format!("{user} on resource: {ROLE} with an explicit deny in an identity-based policy"),
    );
    let denied = policy_of(
        r#"{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#,
    );
    let denied = Policy::parse_trust_policy(&denied, &Directory).unwrap();
    check(
        answer(&denied, &x, &none, &context),
        format!("{user} with an explicit deny in the role trust policy"),
    );
    check(
        answer(&own_root, &root(ACCOUNT), &none, &context),
        "Roles may not be assumed by root accounts.".to_owned(),
    );
    let stranger = session(OTHER_ACCOUNT, "/", "q", "s");
    check(
        answer(&own_root, &stranger, &none, &context),
        format!(
            "User: arn:aws:sts::444455556666:assumed-role/q/s is not authorized to perform: \
             sts:AssumeRole on resource: {ROLE}"
        ),
    );
}

#[test]
fn conditions() {
    let none = IdentityFacts::default();
    let x = user(ACCOUNT, "x");
    let mfa = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    let mfa_if_exists = r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#;
    let external = r#"{"StringEquals":{"sts:ExternalId":"42"}}"#;
    let arn = r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/x"}}"#;
    let other_arn = r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/y"}}"#;
    let tags = r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#;
    let tag = r#"{"StringEquals":{"aws:RequestTag/team":"red"}}"#;
    let name = r#"{"StringLike":{"sts:RoleSessionName":"${aws:username}"}}"#;
    let ip = r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#;
    let empty = Recorded::default;
    for (condition, context, expected) in [
        (external, empty().with("sts:ExternalId", "42"), true),
        (external, empty().with("sts:ExternalId", "43"), false),
        (external, empty(), false),
        (mfa, empty(), false),
        (mfa_if_exists, empty(), true),
        (arn, empty(), true),
        (other_arn, empty(), false),
        (tags, empty().with_list("aws:TagKeys", &["team"]), true),
        (tags, empty().with_list("aws:TagKeys", &["team", "cost"]), false),
        (tag, empty().with("aws:RequestTag/team", "red"), true),
        (tag, empty(), false),
        (name, empty().with("sts:RoleSessionName", "x"), true),
        (name, empty().with("sts:RoleSessionName", "y"), false),
        (ip, empty().with("aws:SourceIp", "203.0.113.9"), true),
        (ip, empty().with("aws:SourceIp", "203.0.114.9"), false),
    ] {
        let policy = trust(
            r#"{"AWS":"arn:aws:iam::111122223333:user/x"}"#,
            &format!(r#","Condition":{condition}"#),
        );
        let result = answer(&policy, &x, &none, &context);
        assert_eq!(result.is_ok(), expected, "{condition} {context:?}");
    }
}

#[test]
fn every_action_of_the_call_must_be_allowed() {
    let x = user(ACCOUNT, "x");
    let named = trust(r#"{"AWS":"arn:aws:iam::111122223333:user/x"}"#, "");
    let none = IdentityFacts::default();
    let context = Recorded::default();
    let tagged = ["sts:AssumeRole", "sts:TagSession"];
    let refused = answer_to(&named, &x, &none, &context, &tagged).unwrap_err();
    assert!(refused.ends_with("because no role trust policy allows the sts:TagSession action"));
    assert!(answer_to(&named, &x, &none, &context, &[]).is_err());
}

#[test]
fn web_identities() {
    let ask = |policy: &Policy, provider: Option<&str>, context: &Recorded| {
        let switches = Switches::default();
        let owner = account(ACCOUNT).id;
        let facts = RoleFacts { owner, trust: Some(policy), identity: None, switches: &switches };
        let request = RoleRequest {
            caller: &Principal::Anonymous,
            provider,
            actions: &["sts:AssumeRoleWithWebIdentity"],
            role: ROLE,
            context,
        };
        let decision = may_assume_role(&request, &facts);
        let message =
            |refusal: ApiRefusal<'_>| refusal.message(request.caller, ROLE, &facts.to_api_facts());
        decision.refusal.map(message)
    };
    let condition =
        r#","Condition":{"StringEquals":{"id.example:aud":"grantry","id.example:sub":"repo:x"}}"#;
    let federated = format!(r#"{{"Federated":"{PROVIDER}"}}"#);
    let policy = trust(&federated, condition);
    let context =
        Recorded::default().with("id.example:aud", "grantry").with("id.example:sub", "repo:x");
    assert_eq!(ask(&policy, Some(PROVIDER), &context), None);
    let refused = Some("Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned());
    let other = context.clone().with("id.example:sub", "repo:y");
    assert_eq!(ask(&policy, Some(PROVIDER), &other), refused);
    assert_eq!(ask(&policy, Some(PROVIDER), &Recorded::default()), refused);
    let elsewhere = "arn:aws:iam::444455556666:oidc-provider/id.example";
    assert_eq!(ask(&policy, Some(elsewhere), &context), refused);
    assert_eq!(ask(&policy, None, &context), refused);
    // A token says nothing about accounts, and `*` says nothing about tokens.
    for principal in [r#""*""#, r#"{"AWS":"111122223333"}"#] {
        assert_eq!(ask(&trust(principal, ""), Some(PROVIDER), &context), refused, "{principal}");
    }
    // Whoever bears a token is not the anonymous principal of §1.2.
    let denied = trust(&federated, r#","Condition":{"Null":{"aws:PrincipalType":"false"}}"#);
    assert_eq!(ask(&denied, Some(PROVIDER), &context), refused);
}

#[test]
fn a_role_without_a_trust_policy_trusts_nobody() {
    let switches = Switches::default();
    let identity = identity("Allow", "sts:AssumeRole");
    let facts = RoleFacts {
        owner: account(ACCOUNT).id,
        trust: None,
        identity: Some(&identity),
        switches: &switches,
    };
    let request = RoleRequest {
        caller: &user(ACCOUNT, "x"),
        provider: None,
        actions: &["sts:AssumeRole"],
        role: ROLE,
        context: &Recorded::default(),
    };
    assert!(!may_assume_role(&request, &facts).is_allowed());
}
