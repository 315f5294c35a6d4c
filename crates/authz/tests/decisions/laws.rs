//! Laws that hold in every small world: what may be added without anybody gaining access.

use authz::{Cause, Rule, Step, StepOutcome, Verdict};
use model::{
    AccessControlList, AclRequest, CannedAcl, Grant, Group, ObjectOwnership, Operation, Permission,
    PublicAccessBlock, Target,
};
use proptest::prelude::*;

use crate::world::{
    A, Account, Ask, B, C, Caller, Object, World, account, ask, everything, grant_to,
    grant_to_group, identity_policy, statement, user,
};

fn accounts() -> impl Strategy<Value = Account> {
    prop_oneof![Just(B), Just(A), Just(C)]
}

fn callers() -> impl Strategy<Value = Caller> {
    prop_oneof![
        Just(Caller::anonymous()),
        Just(Caller::service("logging.s3.amazonaws.com")),
        accounts().prop_map(Caller::root),
        accounts().prop_map(Caller::user),
        accounts().prop_map(Caller::limited),
        accounts().prop_map(Caller::session),
        accounts().prop_map(|account| Caller::session(account).with(everything())),
        accounts().prop_map(|account| {
            Caller::user(account).bounded_by(identity_policy("Allow", "s3:Get*", "*"))
        }),
        accounts().prop_map(|account| {
            Caller::user(account).in_session(identity_policy("Allow", "s3:Put*", "*"))
        }),
    ]
}

fn one_grant() -> impl Strategy<Value = Grant> {
    let permission = proptest::sample::select(Permission::ALL.to_vec());
    let group = proptest::sample::select(Group::ALL.to_vec());
    prop_oneof![
        (accounts(), permission.clone())
            .prop_map(|(account, permission)| grant_to(account, permission)),
        (group, permission).prop_map(|(group, permission)| grant_to_group(group, permission)),
    ]
}

fn acls() -> impl Strategy<Value = AccessControlList> {
    (accounts(), proptest::collection::vec(one_grant(), 0..4))
        .prop_map(|(owner, grants)| AccessControlList { owner: owner.canonical(), grants })
}

fn flags() -> impl Strategy<Value = PublicAccessBlock> {
    any::<[bool; 4]>().prop_map(|[acls, ignore, policy, restrict]| PublicAccessBlock {
        block_public_acls: acls,
        ignore_public_acls: ignore,
        block_public_policy: policy,
        restrict_public_buckets: restrict,
    })
}

fn principals() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#""*""#.to_string()),
        accounts().prop_map(account),
        accounts().prop_map(user),
        accounts().prop_map(|account| {
            format!(r#"{{"AWS":"arn:aws:iam::{}:role/role"}}"#, account.id())
        }),
    ]
}

/// Statements as bodies; both resources, so that every action has one that suits.
fn statements(effects: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let effect = proptest::sample::select(effects);
    let action =
        proptest::sample::select(vec!["s3:*", "s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"]);
    let one = (effect, principals(), action).prop_map(|(effect, principal, action)| {
        let resource = if action == "s3:List*" { "" } else { "*" };
        statement(effect, &principal, action, resource)
    });
    proptest::collection::vec(one, 0..3)
}

fn objects() -> impl Strategy<Value = Object> {
    prop_oneof![
        Just(Object::NotLoaded),
        Just(Object::Missing),
        accounts().prop_map(|owner| Object::DeleteMarker(owner.canonical())),
        (accounts(), proptest::option::of(acls()))
            .prop_map(|(owner, acl)| Object::Present(owner.canonical(), acl)),
    ]
}

fn asks() -> impl Strategy<Value = Ask> {
    let operations: Vec<_> = Operation::table().iter().map(|row| row.operation).collect();
    let acl = prop_oneof![
        2 => Just(AclRequest::Absent),
        1 => proptest::sample::select(CannedAcl::ALL.to_vec()).prop_map(AclRequest::Canned),
        1 => proptest::collection::vec(one_grant(), 1..3).prop_map(AclRequest::Grants),
    ];
    (proptest::sample::select(operations), acl, any::<[bool; 3]>()).prop_map(
        |(operation, acl, [version, source, public])| {
            let mut request = ask(operation).acl(acl);
            let copies = matches!(operation, Operation::CopyObject | Operation::UploadPartCopy);
            if version {
                request = request.version();
            }
            if source && copies {
                request = request.source();
            }
            if public { request.public_policy() } else { request }
        },
    )
}

fn worlds_with(effects: &'static [&'static str]) -> impl Strategy<Value = (World, Vec<String>)> {
    let ownership = proptest::option::of(proptest::sample::select(ObjectOwnership::ALL.to_vec()));
    let upload = proptest::option::of(accounts());
    (ownership, flags(), acls(), statements(effects), objects(), upload).prop_map(
        |(ownership, flags, acl, statements, object, upload)| {
            let mut world = World::enforced().public_access(flags);
            world.bucket.ownership = ownership;
            world.bucket.acl = AccessControlList { owner: B.canonical(), ..acl };
            world.object = object;
            if let Some(initiator) = upload {
                world = world.upload_by(&Caller::user(initiator));
            }
            (with_policy(world, &statements), statements)
        },
    )
}

fn worlds() -> impl Strategy<Value = (World, Vec<String>)> {
    worlds_with(&["Allow", "Allow", "Deny"])
}

fn with_policy(world: World, statements: &[String]) -> World {
    if statements.is_empty() {
        return world;
    }
    let bodies: Vec<_> = statements.iter().map(String::as_str).collect();
    world.policy(&bodies)
}

fn allowed(world: &World, caller: &Caller, ask: &Ask) -> bool {
    world.verdict(caller, ask) == Verdict::Allow
}

fn keeps_for_root(ask: &Ask) -> bool {
    matches!(
        ask.operation,
        Operation::GetBucketPolicy | Operation::PutBucketPolicy | Operation::DeleteBucketPolicy
    )
}

/// Operations whose decision asks the bucket policy.
fn asks_bucket_policy(ask: &Ask, caller: &Caller) -> bool {
    let outside = ask.operation == Operation::CreateBucket
        || matches!(ask.operation.spec().target, Target::Service | Target::Account);
    !outside && !authz::required_actions(&ask.request(caller)).is_empty()
}

/// Whether only its policies rule what a caller may do.
fn is_unfiltered(caller: &Caller) -> bool {
    let identity = caller.identity.as_ref();
    identity.is_some_and(|identity| identity.boundary.is_none() && identity.session.is_none())
}

/// Whether a step says that a key is not shown, which refuses for want of another permission.
fn hidden(step: Option<&Step>) -> bool {
    step.is_some_and(|step| step.rule == Rule::HiddenKey)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// A Deny for everybody leaves nothing but what ID-13 leaves to root.
    #[test]
    fn explicit_deny_always_wins((world, statements) in worlds(), caller in callers(), ask in asks()) {
        let mut statements = statements;
        statements.push(statement("Deny", r#""*""#, "s3:*", "*"));
        let denied = with_policy(world, &statements);
        let escapes = keeps_for_root(&ask)
            && caller.principal.is_root()
            && caller.principal.account_id() == Some(B.identity().id);
        if asks_bucket_policy(&ask, &caller) && !escapes {
            prop_assert!(!allowed(&denied, &caller, &ask));
        }
    }

    /// The same for a Deny among the caller's own policies, wherever it stands.
    #[test]
    fn explicit_deny_of_the_caller_always_wins(
        (world, _) in worlds(),
        caller in callers().prop_filter("has policies", |caller| caller.identity.is_some()),
        ask in asks(),
        place in 0..3_u8,
    ) {
        prop_assume!(!authz::required_actions(&ask.request(&caller)).is_empty());
        let deny = identity_policy("Deny", "*", "*");
        let denied = match place {
            0 => caller.with(deny),
            1 => caller.bounded_by(deny),
            _ => caller.in_session(deny),
        };
        prop_assert!(!allowed(&world, &denied, &ask));
    }

    /// Adding a Deny statement allows nobody anything.
    #[test]
    fn adding_a_deny_never_allows(
        (world, statements) in worlds(), more in statements(&["Deny"]), caller in callers(), ask in asks(),
    ) {
        let mut all = statements;
        all.extend(more);
        let denying = with_policy(world.clone(), &all);
        prop_assert!(!allowed(&denying, &caller, &ask) || allowed(&world, &caller, &ask));
    }

    /// Setting a flag of Block Public Access allows nobody anything.
    #[test]
    fn blocking_public_access_never_allows(
        (world, _) in worlds(), more in flags(), caller in callers(), ask in asks(),
    ) {
        let flags = world.bucket.public_access.union(more);
        let blocking = world.clone().public_access(flags);
        prop_assert!(!allowed(&blocking, &caller, &ask) || allowed(&world, &caller, &ask));
    }

    /// A boundary or a session policy allows nobody anything.
    #[test]
    fn filters_never_allow(
        (world, _) in worlds(),
        caller in callers().prop_filter("is not filtered", is_unfiltered),
        ask in asks(),
    ) {
        let some = || identity_policy("Allow", "s3:Get*", "*");
        for filtered in [caller.clone().bounded_by(some()), caller.clone().in_session(some())] {
            prop_assert!(!allowed(&world, &filtered, &ask) || allowed(&world, &caller, &ask));
        }
    }

    /// The order of grants and of statements is irrelevant.
    #[test]
    fn order_is_irrelevant((world, statements) in worlds(), caller in callers(), ask in asks()) {
        let mut turned = world.clone();
        turned.bucket.acl.grants.reverse();
        if let Object::Present(_, Some(acl)) = &mut turned.object {
            acl.grants.reverse();
        }
        let reversed: Vec<_> = statements.into_iter().rev().collect();
        let turned = with_policy(turned, &reversed);
        prop_assert_eq!(world.verdict(&caller, &ask), turned.verdict(&caller, &ask));
        let (one, other) = (world.decide(&caller, &ask), turned.decide(&caller, &ask));
        prop_assert_eq!(one.acl_required, other.acl_required);
    }

    /// Without any rule that allows, nothing is allowed to whoever is not the owner's root.
    #[test]
    fn nothing_is_allowed_by_itself((world, _) in worlds_with(&["Deny"]), caller in callers(), ask in asks()) {
        let mut bare = world;
        bare.bucket.acl.grants.clear();
        bare.upload = None;
        if let Object::Present(owner, acl) = &mut bare.object {
            *acl = Some(AccessControlList { owner: owner.clone(), grants: Vec::new() });
        }
        let limited = Caller {
            identity: caller.identity.as_ref().map(|_| authz::IdentityFacts::default()),
            ..caller
        };
        prop_assume!(!limited.principal.is_root());
        if !authz::required_actions(&ask.request(&limited)).is_empty() {
            prop_assert!(!allowed(&bare, &limited, &ask));
        }
    }

    /// ID-13, unless the new policy is public and that is blocked (ID-15).
    #[test]
    fn root_of_the_owner_keeps_policy_operations((world, _) in worlds()) {
        for operation in
            [Operation::GetBucketPolicy, Operation::PutBucketPolicy, Operation::DeleteBucketPolicy]
        {
            prop_assert!(allowed(&world, &Caller::root(B), &ask(operation)));
        }
    }

    /// Under BucketOwnerEnforced no ACL has any say about who may do what.
    #[test]
    fn disabled_acls_are_irrelevant(
        (world, _) in worlds(), acl in acls(), caller in callers(), ask in asks(),
    ) {
        let mut world = world.ownership(ObjectOwnership::BucketOwnerEnforced);
        let before = world.verdict(&caller, &ask);
        world.bucket.acl.grants = acl.grants.clone();
        if let Object::Present(_, stored) = &mut world.object {
            *stored = Some(acl);
        }
        prop_assert_eq!(before, world.verdict(&caller, &ask));
    }

    /// What the trace names as deciding is what was decided: the explanation is no second opinion.
    #[test]
    fn explain_equals_decide((world, _) in worlds(), caller in callers(), ask in asks()) {
        let decision = world.decide(&caller, &ask);
        let deciding = decision.trace.deciding();
        prop_assert!(deciding.is_some(), "{}", decision.trace);
        let outcome = deciding.map(|step| step.outcome);
        let explained = match decision.verdict {
            Verdict::Allow => outcome == Some(StepOutcome::Allows),
            // A refusal is a rule that refuses, or one that should have allowed and did not.
            Verdict::Refuse(refusal) => match refusal.cause {
                Cause::ImplicitDeny(_) => outcome != Some(StepOutcome::Refuses) || hidden(deciding),
                _ => outcome == Some(StepOutcome::Refuses),
            },
        };
        prop_assert!(explained, "{:?}\n{}", decision.verdict, decision.trace);
    }

    /// The decision is a function of its arguments.
    #[test]
    fn equal_arguments_give_equal_decisions((world, _) in worlds(), caller in callers(), ask in asks()) {
        prop_assert_eq!(world.decide(&caller, &ask), world.clone().decide(&caller, &ask));
    }
}
