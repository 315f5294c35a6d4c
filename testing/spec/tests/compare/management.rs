//! Model and engine on calls of the management APIs and on trust policies, at random.

use authz::{ApiFacts, ApiRequest, ConditionKey, ContextSource, ContextValue, Policy, RoleFacts};
use authz::{RoleRequest, Switches, decide_api, may_assume_role};
use model::AccountId;
use spec::management;
use spec::policy::{Condition, Effect, Operator, Patterns, Principals, Question, Statement, Who};
use spec::world::{Account, Caller, OwnPolicies};

use crate::bridge::{BothCallers, from_environment};
use crate::dice::Dice;
use crate::policy_text::policy_text;
use crate::random;

/// Cases of the normal run.
const CASES: u64 = 100_000;

const ROLE: &str = "arn:aws:iam::111111111111:role/role";
const ACTIONS: [&str; 4] =
    ["sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity", "iam:CreateUser"];
const RESOURCES: [&str; 5] = ["*", "*", ROLE, "arn:aws:iam::*:role/*", "arn:aws:iam::*:user/*"];

fn conditions(dice: &mut Dice) -> Vec<Condition> {
    let some = dice.one_in(3);
    let one = |dice: &mut Dice| Condition {
        operator: dice.pick(&[Operator::StringEquals, Operator::StringNotEquals]),
        if_exists: dice.one_in(3),
        key: dice.pick(&["sts:ExternalId", "aws:PrincipalType", "aws:PrincipalAccount"]),
        values: vec![dice.pick(&["42", "User", "111111111111"]).to_owned()],
    };
    if some { vec![one(dice)] } else { Vec::new() }
}

fn statement(dice: &mut Dice, principals: Principals, actions: &[&str], on: &str) -> Statement {
    let effect = if dice.one_in(5) { Effect::Deny } else { Effect::Allow };
    let any = dice.some(1, 2, |dice| dice.pick(actions).to_owned());
    Statement {
        effect,
        principals,
        actions: Patterns { not: false, any },
        resources: Patterns { not: false, any: vec![on.to_owned()] },
        conditions: conditions(dice),
    }
}

fn own_policy(dice: &mut Dice) -> Vec<Statement> {
    let actions =
        ["*", "sts:*", "STS:assume*", "sts:TagSession", "iam:*", "iam:Create?ser", "s3:*"];
    dice.some(1, 2, |dice| {
        let on = dice.pick(&RESOURCES);
        statement(dice, Principals::Bearer, &actions, on)
    })
}

fn caller(dice: &mut Dice) -> BothCallers {
    let caller = random::caller(dice);
    let own = match caller {
        Caller::User(..) | Caller::Session(..) | Caller::FederatedUser(..) => OwnPolicies {
            identity: if dice.one_in(4) { Vec::new() } else { own_policy(dice) },
            boundary: dice.one_in(4).then(|| own_policy(dice)),
            session: dice.one_in(4).then(|| own_policy(dice)),
        },
        _ => OwnPolicies::default(),
    };
    BothCallers::parse(caller, own, dice.number()).unwrap()
}

fn trust(dice: &mut Dice) -> Vec<Statement> {
    let actions = ["sts:AssumeRole", "sts:*", "sts:TagSession", "sts:AssumeRoleWithWebIdentity"];
    dice.some(1, 3, |dice| {
        let all = dice.one_in(4);
        let who = if all { vec![Who::Everyone] } else { dice.some(1, 2, random::who) };
        statement(dice, Principals::Any(who), &actions, "*")
    })
}

struct Context(Vec<(&'static str, String)>);

impl ContextSource for Context {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let found = self.0.iter().find(|(name, _)| key.is_named(name));
        found.map_or(ContextValue::Absent, |(_, value)| ContextValue::One(value.into()))
    }
}

#[test]
fn model_and_engine_agree_on_management_and_roles() {
    let seed = from_environment("GRANTRY_SPEC_SEED").unwrap_or(20_260_221);
    let cases = from_environment("GRANTRY_SPEC_CASES").unwrap_or(CASES);
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let (owner, switches) = (AccountId::parse(Account::B.id()).unwrap(), Switches::default());
    let (mut called, mut assumed) = (0_u64, 0_u64);
    for _ in 0..cases {
        let dice = &mut dice;
        let caller = caller(dice);
        let trust = trust(dice);
        // A trust policy has no resource; the model's means everything.
        let text = policy_text(&trust, 0).replace(r#","Resource":["*"]"#, "");
        let compiled = Policy::parse_stored_trust_policy(&text).unwrap();
        let external_id = dice.one_in(2).then(|| ("sts:ExternalId", "42".to_owned()));
        let context = Context(external_id.into_iter().collect());
        let action = dice.pick(&ACTIONS);
        let resource = dice.pick(&["*", ROLE]);
        let question = Question { caller: caller.caller, action, resource, context: &context.0 };
        let (principal, identity) = (caller.principal(), caller.facts());

        let request = ApiRequest { caller: principal, action, resource, context: &context };
        let facts = ApiFacts { owner, resource_policy: None, identity, switches: &switches };
        let found = decide_api(&request, &facts);
        let expected = management::may_call(&caller.own, question);
        assert_eq!(found.is_allowed(), expected, "{question:?} {:?}\n{}", caller.own, found.trace);
        called += u64::from(expected);

        let actions = [&ACTIONS[..1], &ACTIONS[..2], &ACTIONS[2..3]];
        let actions = dice.pick(&actions);
        let request = RoleRequest {
            caller: principal,
            provider: None,
            actions,
            role: ROLE,
            context: &context,
        };
        let facts = RoleFacts { owner, trust: Some(&compiled), identity, switches: &switches };
        let found = may_assume_role(&request, &facts);
        let question = Question { resource: ROLE, ..question };
        let expected = management::may_assume(&caller.own, &trust, actions, question);
        assert_eq!(
            found.is_allowed(),
            expected,
            "{question:?} {actions:?} {:?}\n{text}\n{}",
            caller.own,
            found.trace
        );
        assumed += u64::from(expected);
    }
    println!("{cases} cases compared, {called} calls and {assumed} roles allowed");
    assert!(called > cases / 50 && assumed > cases / 50, "hardly anything is allowed");
}
