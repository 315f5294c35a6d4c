//! §14.10 as far as it is decided here: requester pays and the field `aclRequired`.

use authz::Asks;
use model::{AclRequest, ObjectOwnership, Operation, Permission};

use crate::world::{
    A, Ask, B, C, Caller, World, account, ask, canned, grant_to, grants, statement,
};

const PAYING: Asks = Asks {
    request_payer: true,
    tagging: false,
    retention: false,
    legal_hold: false,
    bypass_governance: false,
    object_ownership: false,
    object_lock: false,
    copies_source_tags: false,
};

#[test]
fn tv_144_requester_pays() {
    let mut world =
        World::enforced().policy(&[&statement("Allow", r#""*""#, "s3:GetObject", "/*")]);
    world.bucket.requester_pays = true;
    let get = ask(Operation::GetObject);
    world.denies(&Caller::user(A), &get);
    let paying = get.clone().asking(PAYING);
    let decision = world.decide(&Caller::user(A), &paying);
    assert!(decision.requester_charged);
    world.allows(&Caller::user(A), &paying);
    // RP-3: nobody can charge an anonymous caller. RP-4: the owner needs no header.
    world.denies(&Caller::anonymous(), &paying);
    world.allows(&Caller::user(B), &get);
    assert!(!world.decide(&Caller::user(B), &get).requester_charged);
    // RP-7: paying allows nothing.
    world.denies(&Caller::limited(A), &paying);
    // RP-6: ignored on other buckets.
    world.bucket.requester_pays = false;
    assert!(!world.decide(&Caller::user(A), &paying).requester_charged);
}

#[track_caller]
fn acl_required(world: &World, caller: &Caller, ask: &Ask, expected: bool) {
    world.allows(caller, ask);
    let decision = world.decide(caller, ask);
    assert_eq!(decision.acl_required, expected, "{}", decision.trace);
}

#[test]
fn tv_149_reading_by_policy_or_by_acl() {
    let get = ask(Operation::GetObject);
    let by_acl = World::acl_bucket().object(B, &grants(&[grant_to(A, Permission::Read)]));
    acl_required(&by_acl, &Caller::user(A), &get, true);
    let policy = statement("Allow", &account(A), "s3:GetObject", "/*");
    acl_required(&by_acl.policy(&[&policy]), &Caller::user(A), &get, false);
    let public = World::acl_bucket().object(B, &canned("public-read"));
    acl_required(&public, &Caller::anonymous(), &get, true);
}

/// §9.6, the rows of REST.GET.OBJECT.
#[test]
fn acl_required_for_reading() {
    let get = ask(Operation::GetObject);
    acl_required(&World::acl_bucket(), &Caller::user(B), &get, false);
    let enforced = World::enforced().object(A, &AclRequest::Absent);
    acl_required(&enforced, &Caller::user(B), &get, false);
    let own_in_foreign_bucket = World::acl_bucket().object(A, &AclRequest::Absent);
    acl_required(&own_in_foreign_bucket, &Caller::user(A), &get, true);
    let of_third = World::acl_bucket().object(C, &grants(&[grant_to(A, Permission::Read)]));
    acl_required(&of_third, &Caller::user(A), &get, true);
    let policy = statement("Allow", &account(A), "s3:GetObject", "/*");
    acl_required(&of_third.policy(&[&policy]), &Caller::user(A), &get, false);
}

/// §9.6, the rows of REST.PUT.OBJECT, REST.GET.BUCKET and REST.DELETE.OBJECT.
#[test]
fn acl_required_for_writing_listing_and_deleting() {
    let shared = World::acl_bucket()
        .bucket_acl(&grants(&[grant_to(A, Permission::FullControl)]))
        .object(A, &AclRequest::Absent);
    let own = World::acl_bucket();
    for operation in [Operation::PutObject, Operation::ListObjectsV2, Operation::DeleteObject] {
        acl_required(&own, &Caller::user(B), &ask(operation), false);
        acl_required(&shared, &Caller::user(A), &ask(operation), true);
    }
    let put = ask(Operation::PutObject);
    acl_required(&own, &Caller::user(B), &put.clone().canned("bucket-owner-full-control"), false);
    acl_required(&own, &Caller::user(B), &put.canned("private"), true);
}

#[test]
fn tv_150_setting_an_acl_requires_acls() {
    let world = World::acl_bucket();
    for operation in [Operation::PutBucketAcl, Operation::PutObjectAcl] {
        acl_required(&world, &Caller::user(B), &ask(operation).canned("private"), true);
    }
    // OWN-27: attempts under BucketOwnerEnforced count, too.
    let enforced = world.ownership(ObjectOwnership::BucketOwnerEnforced);
    let put = ask(Operation::PutObject).canned("public-read");
    assert!(enforced.decide(&Caller::user(B), &put).acl_required);
}
