//! §14.4: buckets without ACLs (BucketOwnerEnforced).

use authz::Switches;
use authz::ownership::{
    effective_bucket_acl, effective_object_acl, effective_owner, owner_of_new_object,
};
use authz::switches::{BoePrivateAcl, BoePutObjectAclNoop};
use model::{AccessControlList, AclRequest, Operation, Permission, PublicAccessBlock};

use crate::world::{
    A, B, C, Caller, Object, World, account, ask, canned, grant_to, grants, statement,
};

const NOT_SUPPORTED: &str = "AccessControlListNotSupported";

/// The three operations that take an ACL for a new object.
const WRITES: [Operation; 3] =
    [Operation::PutObject, Operation::CopyObject, Operation::CreateMultipartUpload];

fn shared_with_a() -> World {
    World::enforced().policy(&[&statement("Allow", &account(A), "s3:*", "/*")])
}

#[test]
fn tv_064_public_read_is_not_supported() {
    let put = ask(Operation::PutObject).canned("public-read");
    let error = World::enforced().error(&Caller::user(B), &put).unwrap();
    assert_eq!(error.code().as_str(), NOT_SUPPORTED);
    assert_eq!(error.message(), "The bucket does not allow ACLs");
    assert_eq!(error.code().status(), 400);
}

#[test]
fn tv_065_no_acl_is_fine() {
    World::enforced().allows(&Caller::user(B), &ask(Operation::PutObject));
}

#[test]
fn tv_066_bucket_owner_full_control_is_fine() {
    let world = shared_with_a();
    let acl = canned("bucket-owner-full-control");
    for operation in WRITES {
        world.allows(&Caller::user(A), &ask(operation).acl(acl.clone()));
    }
    let owner = owner_of_new_object(&Caller::user(A).principal, &acl, &world.bucket);
    assert_eq!(owner, B.canonical());
}

/// A policy that lets another account write lets it hand the object over, too.
#[test]
fn bucket_owner_full_control_needs_no_policy_for_the_acl() {
    let world = World::enforced().policy(&[&statement("Allow", &account(A), "s3:PutObject", "/*")]);
    let put = ask(Operation::PutObject).canned("bucket-owner-full-control");
    world.allows(&Caller::user(A), &put);
}

#[test]
fn tv_067_the_equivalent_grant_is_fine() {
    let acl = grants(&[grant_to(B, Permission::FullControl)]);
    for operation in WRITES {
        shared_with_a().allows(&Caller::user(A), &ask(operation).acl(acl.clone()));
    }
    // §3.5: every grantee must be the bucket owner, and full control must be among the grants.
    for not_equivalent in [
        grants(&[grant_to(B, Permission::Read)]),
        grants(&[grant_to(B, Permission::FullControl), grant_to(C, Permission::Read)]),
    ] {
        let put = ask(Operation::PutObject).acl(not_equivalent);
        shared_with_a().refuses_with(&Caller::user(A), &put, NOT_SUPPORTED);
    }
}

#[test]
fn tv_068_private_by_the_owner_is_a_switch() {
    for name in ["private", "bucket-owner-read"] {
        for operation in WRITES {
            let write = ask(operation).canned(name);
            let mut world = World::enforced();
            let error = world.error(&Caller::user(B), &write).unwrap();
            assert_eq!(error.code().as_str(), NOT_SUPPORTED);
            assert!(error.cause().unwrap().contains("boe_private_acl"));
            world.switches.boe_private_acl = BoePrivateAcl::OwnerEquivalent;
            world.allows(&Caller::user(B), &write);
        }
    }
}

#[test]
fn tv_069_private_by_others_is_never_supported() {
    for value in [BoePrivateAcl::Reject, BoePrivateAcl::OwnerEquivalent] {
        let mut world = shared_with_a();
        world.switches = Switches { boe_private_acl: value, ..Switches::default() };
        for operation in WRITES {
            world.refuses_with(&Caller::user(A), &ask(operation).canned("private"), NOT_SUPPORTED);
        }
    }
}

#[test]
fn tv_070_tv_071_other_acls_are_not_supported() {
    let refused = [
        canned("public-read"),
        canned("public-read-write"),
        canned("authenticated-read"),
        canned("aws-exec-read"),
        canned("log-delivery-write"),
        grants(&[grant_to(A, Permission::Read)]),
    ];
    for acl in refused {
        for operation in WRITES {
            let write = ask(operation).acl(acl.clone());
            World::enforced().refuses_with(&Caller::user(B), &write, NOT_SUPPORTED);
        }
    }
}

#[test]
fn tv_072_bucket_acl_cannot_be_set() {
    let owner_only = AclRequest::Document(AccessControlList::private(B.canonical()));
    for acl in [canned("private"), canned("bucket-owner-full-control"), owner_only] {
        let put = ask(Operation::PutBucketAcl).acl(acl);
        World::enforced().refuses_with(&Caller::user(B), &put, NOT_SUPPORTED);
    }
}

#[test]
fn tv_073_object_acl_cannot_be_set() {
    for acl in [grants(&[grant_to(A, Permission::Read)]), canned("private")] {
        let put = ask(Operation::PutObjectAcl).acl(acl);
        World::enforced().refuses_with(&Caller::user(B), &put, NOT_SUPPORTED);
    }
}

/// §3.6, U-3: both values of the switch.
#[test]
fn put_object_acl_of_full_control_is_a_switch() {
    let forms = [
        canned("bucket-owner-full-control"),
        AclRequest::Document(AccessControlList::private(B.canonical())),
    ];
    for acl in forms {
        let put = ask(Operation::PutObjectAcl).acl(acl);
        let mut world = World::enforced();
        world.allows(&Caller::user(B), &put);
        world.switches.boe_put_object_acl_noop = BoePutObjectAclNoop::Reject;
        world.refuses_with(&Caller::user(B), &put, NOT_SUPPORTED);
    }
}

#[test]
fn tv_074_shown_acls_are_the_owners() {
    let world =
        World::enforced().bucket_acl(&canned("public-read")).object(A, &canned("public-read"));
    world.allows(&Caller::user(B), &ask(Operation::GetBucketAcl));
    world.allows(&Caller::user(B), &ask(Operation::GetObjectAcl));
    let shown = AccessControlList::private(B.canonical());
    assert_eq!(*effective_bucket_acl(&world.bucket), shown);
    let Object::Present(owner, acl) = &world.object else { panic!("no object") };
    assert_eq!(*effective_object_acl(owner, acl.as_ref(), &world.bucket), shown);
    assert_eq!(*effective_object_acl(owner, None, &world.bucket), shown);
}

#[test]
fn tv_075_tv_076_acls_are_suspended_and_come_back() {
    let world = World::enforced().object(B, &canned("public-read"));
    world.denies(&Caller::anonymous(), &ask(Operation::GetObject));
    world.without_ownership().allows(&Caller::anonymous(), &ask(Operation::GetObject));
}

#[test]
fn tv_077_tv_078_foreign_object_is_the_owners_while_enforced() {
    let world = World::enforced().object(A, &AclRequest::Absent);
    world.allows(&Caller::user(B), &ask(Operation::GetObject));
    world.allows(&Caller::user(B), &ask(Operation::GetObjectAcl));
    world.denies(&Caller::user(A), &ask(Operation::GetObject));
    assert_eq!(*effective_owner(&A.canonical(), &world.bucket), B.canonical());
    let world = world.without_ownership();
    world.denies(&Caller::user(B), &ask(Operation::GetObject));
    assert_eq!(*effective_owner(&A.canonical(), &world.bucket), A.canonical());
}

#[test]
fn tv_079_written_while_enforced_stays_the_owners() {
    let world = shared_with_a();
    let writer = Caller::user(A);
    let owner = owner_of_new_object(&writer.principal, &AclRequest::Absent, &world.bucket);
    let mut after = world.without_ownership();
    after.object = Object::Present(owner, None);
    after.allows(&Caller::user(B), &ask(Operation::GetObject));
}

#[test]
fn tv_080_public_access_block_before_or_after_ownership() {
    let flags = PublicAccessBlock { block_public_acls: true, ..PublicAccessBlock::NONE };
    let world = World::enforced().public_access(flags);
    let caller = Caller::user(B);
    let with_acl = |operation| ask(operation).canned("public-read");
    world.denies(&caller, &with_acl(Operation::PutBucketAcl));
    world.denies(&caller, &with_acl(Operation::PutObjectAcl));
    for operation in WRITES {
        world.refuses_with(&caller, &with_acl(operation), NOT_SUPPORTED);
    }
    world.refuses_with(&caller, &ask(Operation::PutBucketAcl).canned("private"), NOT_SUPPORTED);
}
