//! The trace, the cost of a decision, and which facts it wants.
#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use authz::{ObjectFacts, Rule, StepOutcome, Subject, Verdict, decide, needs_object};
use expect_test::{Expect, expect};
use model::{AclRequest, Operation, Permission, PublicAccessBlock};

use crate::world::{
    A, Ask, B, Caller, Object, World, account, ask, canned, grant_to, grants, statement, user,
};

#[track_caller]
fn check(world: &World, caller: &Caller, ask: &Ask, expected: &Expect) {
    expected.assert_eq(&world.decide(caller, ask).trace.to_string());
}

#[test]
fn trace_of_reading_by_acl() {
    let world = World::acl_bucket().object(B, &canned("public-read"));
    check(
        &world,
        &Caller::anonymous(),
        &ask(Operation::GetObject),
        &expect![[r#"
              s3:GetObject: Bucket policy (§6.1) is silent
            > s3:GetObject: Object ACL (§2.4), grant 1 allows
        "#]],
    );
}

#[test]
fn trace_of_a_foreign_object() {
    let world = World::acl_bucket().object(A, &AclRequest::Absent).policy(&[&statement(
        "Allow",
        &user(B),
        "s3:GetObject",
        "/*",
    )]);
    check(
        &world,
        &Caller::user(B),
        &ask(Operation::GetObject),
        &expect![[r#"
              s3:GetObject: Identity-based policy (§6.1), statement 0 allows
              s3:GetObject: Bucket policy (§6.1), statement 0 allows
              s3:GetObject: Bucket policy, which covers objects of the bucket owner only (§3.8) is ignored
            > s3:GetObject: Object ACL (§2.4) is silent
        "#]],
    );
}

#[test]
fn trace_of_a_public_acl_in_the_default_bucket() {
    check(
        &World::default_bucket(),
        &Caller::user(B),
        &ask(Operation::PutObject).canned("public-read"),
        &expect![[r#"
              s3:PutObject: Identity-based policy (§6.1), statement 0 allows
              s3:PutObject: Bucket policy (§6.1) is silent
              s3:PutObject: Object Ownership: ACLs are disabled (OWN-21) is silent
              s3:PutObjectAcl: Identity-based policy (§6.1), statement 0 allows
              s3:PutObjectAcl: Bucket policy (§6.1) is silent
              s3:PutObjectAcl: Writer's choice of the ACL of a new object (ACL-30a) allows
            > Object Ownership: ACLs in requests (OWN-E8) refuses
        "#]],
    );
}

#[test]
fn trace_of_a_hidden_key() {
    let world =
        World::enforced().missing().policy(&[&statement("Allow", r#""*""#, "s3:GetObject", "/*")]);
    check(
        &world,
        &Caller::anonymous(),
        &ask(Operation::GetObject),
        &expect![[r#"
              s3:GetObject: Bucket policy (§6.1), statement 0 allows
              s3:GetObject: Object Ownership: ACLs are disabled (OWN-21) is silent
              s3:ListBucket: Bucket policy (§6.1) is silent
              s3:ListBucket: Object Ownership: ACLs are disabled (OWN-21) is silent
            > Existence of a key, shown to those who may list it (HID-1) refuses
        "#]],
    );
}

#[test]
fn the_deciding_step_names_the_statement() {
    let world = World::enforced().policy(&[
        &statement("Allow", &account(A), "s3:GetObject", "/*"),
        &statement("Deny", &account(A), "s3:GetObject", "/key"),
    ]);
    let decision = world.decide(&Caller::user(A), &ask(Operation::GetObject));
    let step = decision.trace.deciding().unwrap();
    assert_eq!(step.rule, Rule::BucketPolicy);
    assert_eq!(step.outcome, StepOutcome::Refuses);
    assert_eq!(step.subject, Subject::Statement { policy: 0, statement: 1 });
}

/// Every decision marks the step that decided, and no trace overflows.
#[test]
fn every_decision_has_a_deciding_step() {
    let worlds = [
        World::default_bucket(),
        World::enforced().missing(),
        World::acl_bucket().object(A, &canned("public-read")),
    ];
    let callers = [
        Caller::anonymous(),
        Caller::root(B),
        Caller::user(B)
            .bounded_by(crate::world::everything())
            .in_session(crate::world::everything()),
        Caller::limited(A),
        Caller::service("logging.s3.amazonaws.com"),
    ];
    for row in Operation::table() {
        for (world, caller) in worlds.iter().flat_map(|w| callers.iter().map(move |c| (w, c))) {
            let decision = world.decide(caller, &ask(row.operation).canned("public-read"));
            let step = decision.trace.deciding().expect(row.name);
            if decision.verdict == Verdict::Allow {
                assert_eq!(step.outcome, StepOutcome::Allows, "{}\n{}", row.name, decision.trace);
            }
            assert!(decision.trace.steps().len() < authz::TRACE_STEPS_MAX);
        }
    }
}

/// Reads are decided millions of times; an allowed one must not touch the heap.
#[test]
fn an_allowed_read_does_not_allocate() {
    let policy = statement("Allow", &account(A), "s3:GetObject", "/*");
    let cases = [
        (World::enforced().policy(&[&policy]), Caller::user(A)),
        (World::default_bucket(), Caller::user(B)),
        (World::default_bucket(), Caller::root(B)),
        (World::acl_bucket().object(B, &canned("public-read")), Caller::anonymous()),
    ];
    for (world, caller) in &cases {
        let ask = ask(Operation::GetObject);
        let request = ask.request(caller);
        let facts = world.facts(caller.identity.as_ref());
        let mut allowed = false;
        let info = allocation_counter::measure(|| {
            allowed = decide(&request, &facts).verdict == Verdict::Allow;
        });
        assert!(allowed);
        assert_eq!(info.count_total, 0, "{}", caller.principal);
    }
}

/// Where `needs_object` says no, the object makes no difference.
#[test]
fn needs_object_is_honest() {
    let buckets = [
        World::default_bucket(),
        World::acl_bucket(),
        World::acl_bucket().bucket_acl(&canned("public-read-write")),
        World::acl_bucket().bucket_acl(&grants(&[grant_to(A, Permission::Write)])),
        World::acl_bucket()
            .public_access(PublicAccessBlock::ALL)
            .bucket_acl(&canned("public-read-write")),
    ];
    let objects = [
        Object::NotLoaded,
        Object::Missing,
        Object::DeleteMarker(A.canonical()),
        Object::Present(A.canonical(), None),
        Object::Present(B.canonical(), None),
    ];
    let callers = [
        Caller::anonymous(),
        Caller::root(B),
        Caller::user(B),
        Caller::limited(B),
        Caller::user(A),
        Caller::limited(A),
    ];
    for row in Operation::table() {
        for (world, caller) in buckets.iter().flat_map(|w| callers.iter().map(move |c| (w, c))) {
            let ask = ask(row.operation);
            if needs_object(&ask.request(caller), &world.bucket) {
                continue;
            }
            let verdicts = objects
                .clone()
                .map(|object| World { object, ..world.clone() }.verdict(caller, &ask));
            assert!(
                verdicts.iter().all(|verdict| *verdict == verdicts[0]),
                "{} by {}",
                row.name,
                caller.principal
            );
        }
    }
}

#[test]
fn needs_object_spares_the_common_write() {
    let put = ask(Operation::PutObject);
    let needs = |world: &World, caller: &Caller| needs_object(&put.request(caller), &world.bucket);
    assert!(!needs(&World::acl_bucket(), &Caller::user(B)));
    assert!(!needs(&World::default_bucket(), &Caller::user(A)));
    let public = World::acl_bucket().bucket_acl(&canned("public-read-write"));
    assert!(needs(&public, &Caller::user(A)));
    assert!(matches!(public.facts(None).object, ObjectFacts::Present { .. }));
}
