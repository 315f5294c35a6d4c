use std::sync::Arc;

use model::Principal;

use super::*;
use crate::policy::tests::*;
use crate::{IdentityFacts, Switches};

const OBJECT: &str = "arn:aws:s3:::bucket/key";

fn policy(statements: &[&str]) -> Arc<Policy> {
    Arc::new(Policy::parse_identity_policy(&policy_of(&statements.join(","))).unwrap())
}

const ALLOW_ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const DENY_GET: &str = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#;
const ALLOW_IF_SECURE: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#;
const ALLOW_OTHER_IF: &str = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":"true"}}}"#;

fn facts(policies: &[&[&str]]) -> IdentityFacts {
    let policies = policies.iter().map(|statements| policy(statements)).collect();
    IdentityFacts { policies, ..Default::default() }
}

fn run(
    caller: &Principal,
    identity: &IdentityFacts,
    resource_policy: Option<&Policy>,
    context: &dyn ContextSource,
) -> Simulated {
    let switches = Switches::default();
    let owner = account(ACCOUNT).id;
    let facts = ApiFacts { owner, resource_policy, identity: Some(identity), switches: &switches };
    let request = ApiRequest { caller, action: "s3:GetObject", resource: OBJECT, context };
    simulate(&request, &facts)
}

fn places(simulated: &Simulated) -> Vec<(PolicyOrigin, u16)> {
    simulated.matched.iter().map(|matched| (matched.origin, matched.index)).collect()
}

#[test]
fn decisions_and_statements() {
    use PolicyOrigin::Identity;
    use SimulatedDecision::{Allowed, ExplicitDeny, ImplicitDeny};
    let x = user(ACCOUNT, "x");
    let context = SimulatedContext::default();
    for (policies, decision, matched) in [
        (&[][..], ImplicitDeny, &[][..]),
        (&[&[ALLOW_OTHER_IF][..]], ImplicitDeny, &[]),
        (&[&[ALLOW_ALL]], Allowed, &[(Identity(0), 0)]),
        (&[&[ALLOW_OTHER_IF], &[ALLOW_OTHER_IF, ALLOW_ALL]], Allowed, &[(Identity(1), 1)]),
        (&[&[ALLOW_ALL], &[ALLOW_ALL]], Allowed, &[(Identity(0), 0), (Identity(1), 0)]),
        (&[&[ALLOW_ALL, DENY_GET], &[ALLOW_ALL]], ExplicitDeny, &[(Identity(0), 1)]),
    ] {
        let simulated = run(&x, &facts(policies), None, &context);
        assert_eq!(simulated.decision, decision, "{policies:?}");
        assert_eq!(places(&simulated), matched, "{policies:?}");
        assert_eq!(simulated.allowed_by_boundary, None);
        assert!(simulated.details.is_empty());
    }
}

#[test]
fn positions() {
    let simulated = run(
        &user(ACCOUNT, "x"),
        &facts(&[&[ALLOW_OTHER_IF, ALLOW_ALL]]),
        None,
        &SimulatedContext::default(),
    );
    let [matched] = simulated.matched.as_slice() else { panic!("{simulated:?}") };
    let start = r#"{"Version":"2012-10-17","Statement":["#.len() + ALLOW_OTHER_IF.len() + 2;
    let start = u32::try_from(start).unwrap();
    let length = u32::try_from(ALLOW_ALL.len()).unwrap();
    assert_eq!(matched.start, Position { line: 1, column: start });
    assert_eq!(matched.end, Position { line: 1, column: start + length });
}

#[test]
fn what_the_context_lacks() {
    let x = user(ACCOUNT, "x");
    let identity = facts(&[&[ALLOW_OTHER_IF, ALLOW_IF_SECURE]]);
    let mut context = SimulatedContext::default();
    let missing = |context: &SimulatedContext| run(&x, &identity, None, context).missing_context;
    // `aws:ViaAWSService` belongs to another action.
    assert_eq!(missing(&context), ["aws:PrincipalTag/team", "aws:SecureTransport"]);
    context.insert("AWS:securetransport", vec!["true".to_owned()]);
    assert_eq!(missing(&context), ["aws:PrincipalTag/team"]);
    context.insert("aws:PrincipalTag/team", vec!["red".to_owned()]);
    // Now the resource is another one.
    assert_eq!(missing(&context), [""; 0]);
    let statements = policy(&[ALLOW_OTHER_IF, ALLOW_IF_SECURE]);
    let expected = ["aws:PrincipalTag/team", "aws:SecureTransport", "aws:ViaAWSService"];
    assert_eq!(context_keys(&[&statements]), expected);
}

#[test]
fn boundaries() {
    let x = user(ACCOUNT, "x");
    let context = SimulatedContext::default();
    let boundary = |statements: &[&str]| {
        let boundary = Some(policy(statements));
        run(&x, &IdentityFacts { boundary, ..facts(&[&[ALLOW_ALL]]) }, None, &context)
    };
    let simulated = boundary(&[ALLOW_ALL]);
    assert_eq!(simulated.decision, SimulatedDecision::Allowed);
    assert_eq!(simulated.allowed_by_boundary, Some(true));
    assert_eq!(places(&simulated), [(PolicyOrigin::Identity(0), 0)]);
    let simulated = boundary(&[ALLOW_OTHER_IF]);
    assert_eq!(simulated.decision, SimulatedDecision::ImplicitDeny);
    assert_eq!(simulated.allowed_by_boundary, Some(false));
    let simulated = boundary(&[ALLOW_ALL, DENY_GET]);
    assert_eq!(simulated.decision, SimulatedDecision::ExplicitDeny);
    assert_eq!(simulated.allowed_by_boundary, Some(false));
    assert_eq!(places(&simulated), [(PolicyOrigin::Boundary, 1)]);
}

#[test]
fn resource_policies() {
    let context = SimulatedContext::default();
    let named = |principal: &str| {
        bucket_policy(&policy_of(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:*","Resource":"arn:aws:s3:::bucket/*"}}"#
        )))
    };
    let none = IdentityFacts::default();
    let all = facts(&[&[ALLOW_ALL]]);
    let own = user(ACCOUNT, "x");
    let stranger = user(OTHER_ACCOUNT, "x");
    let own_arn = "arn:aws:iam::111122223333:user/x";
    for (principal, caller, identity, allowed) in [
        (own_arn, &own, &none, true),
        (ACCOUNT, &own, &none, false),
        (ACCOUNT, &own, &all, true),
        (OTHER_ACCOUNT, &stranger, &none, false),
        (OTHER_ACCOUNT, &stranger, &all, true),
        (own_arn, &stranger, &all, false),
    ] {
        let simulated = run(caller, identity, Some(&named(principal)), &context);
        let decision = simulated.decision == SimulatedDecision::Allowed;
        assert_eq!(decision, allowed, "{principal} {caller}");
        assert_eq!(simulated.details.is_empty(), caller.account_id() == own.account_id());
    }
    let simulated = run(&stranger, &all, Some(&named(own_arn)), &context);
    let details: Vec<_> = simulated.details.into_iter().collect();
    let expected = [
        ("IAM Policy", SimulatedDecision::Allowed),
        ("Resource Policy", SimulatedDecision::ImplicitDeny),
    ];
    assert_eq!(details, expected);
}
