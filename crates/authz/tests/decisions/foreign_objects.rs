//! §14.5 and §3.8: objects of other accounts under ObjectWriter and BucketOwnerPreferred.

use authz::ownership::owner_of_new_object;
use authz::switches::ForeignOverwriteViaBucketWrite;
use model::{AclRequest, CanonicalUserId, ObjectOwnership, Operation, Permission, Principal};

use crate::world::{
    A, Account, B, C, Caller, World, account, ask, canned, grant_to, grants, statement,
};

fn writable_by_a(ownership: ObjectOwnership) -> World {
    World::acl_bucket().ownership(ownership).missing().policy(&[&statement(
        "Allow",
        &account(A),
        "s3:PutObject*",
        "/*",
    )])
}

fn owner_after(world: &World, acl: &AclRequest) -> CanonicalUserId {
    let writer = Caller::user(A);
    world.allows(&writer, &ask(Operation::PutObject).acl(acl.clone()));
    owner_of_new_object(&writer.principal, acl, &world.bucket)
}

#[test]
fn tv_081_tv_082_bucket_owner_preferred() {
    let world = writable_by_a(ObjectOwnership::BucketOwnerPreferred);
    assert_eq!(owner_after(&world, &canned("bucket-owner-full-control")), B.canonical());
    // Only the canned form hands the object over (§3.7).
    let equivalent = grants(&[grant_to(B, Permission::FullControl)]);
    for acl in [AclRequest::Absent, canned("private"), equivalent] {
        assert_eq!(owner_after(&world, &acl), A.canonical());
    }
}

#[test]
fn tv_083_object_writer() {
    let world = writable_by_a(ObjectOwnership::ObjectWriter);
    let acl = canned("bucket-owner-full-control");
    assert_eq!(owner_after(&world, &acl), A.canonical());
    world.object(A, &acl).allows(&Caller::user(B), &ask(Operation::GetObject));
}

/// §3.7, the anonymous rows.
#[test]
fn anonymous_writers() {
    let acl = canned("bucket-owner-full-control");
    let owner = |ownership, acl: &AclRequest| {
        let world = World::acl_bucket().ownership(ownership);
        owner_of_new_object(&Principal::Anonymous, acl, &world.bucket)
    };
    let nobody = CanonicalUserId::anonymous();
    assert_eq!(owner(ObjectOwnership::BucketOwnerPreferred, &acl), B.canonical());
    assert_eq!(owner(ObjectOwnership::BucketOwnerPreferred, &AclRequest::Absent), nobody);
    assert_eq!(owner(ObjectOwnership::ObjectWriter, &acl), nobody);
    assert_eq!(owner(ObjectOwnership::BucketOwnerEnforced, &AclRequest::Absent), B.canonical());
}

fn private_object_of_a() -> World {
    World::acl_bucket().object(A, &AclRequest::Absent)
}

#[test]
fn tv_084_foreign_object_is_closed_to_the_bucket_owner() {
    let world = private_object_of_a().policy(&[
        &statement("Allow", r#""*""#, "s3:*", "/*"),
        &statement("Allow", r#""*""#, "s3:*", ""),
    ]);
    for caller in [Caller::user(B), Caller::root(B)] {
        for operation in [
            Operation::GetObject,
            Operation::HeadObject,
            Operation::GetObjectAcl,
            Operation::GetObjectAttributes,
        ] {
            world.denies(&caller, &ask(operation));
        }
        world.denies(&caller, &ask(Operation::PutObjectAcl).canned("private"));
    }
    let put = ask(Operation::PutObjectAcl).canned("private");
    let error = world.error(&Caller::user(B), &put).unwrap();
    // Recorded wording (§3.8).
    assert!(
        error
            .message()
            .ends_with("because no resource-based policy allows the s3:PutObjectAcl action")
    );
}

#[test]
fn tv_085_tv_086_tags_are_the_bucket_owners() {
    let world = private_object_of_a();
    for operation in
        [Operation::GetObjectTagging, Operation::PutObjectTagging, Operation::DeleteObjectTagging]
    {
        world.allows(&Caller::user(B), &ask(operation));
        world.denies(&Caller::user(A), &ask(operation));
        private_object_of_a()
            .policy(&[&statement("Allow", &account(A), "s3:*ObjectTagging", "/*")])
            .allows(&Caller::user(A), &ask(operation));
    }
}

#[test]
fn tv_087_tv_088_bucket_owner_may_delete_but_not_copy() {
    let world = private_object_of_a();
    let caller = Caller::user(B);
    for operation in [Operation::CopyObject, Operation::UploadPartCopy] {
        world.denies(&caller, &ask(operation).source());
    }
    world.allows(&caller, &ask(Operation::DeleteObject));
    world.allows(&caller, &ask(Operation::DeleteObject).version());
    world.allows(&caller, &ask(Operation::PutObject));
}

#[test]
fn tv_089_policy_does_not_reach_foreign_objects() {
    let world =
        private_object_of_a().policy(&[&statement("Allow", &account(C), "s3:GetObject", "/*")]);
    world.denies(&Caller::user(C), &ask(Operation::GetObject));
    world.object(B, &AclRequest::Absent).allows(&Caller::user(C), &ask(Operation::GetObject));
}

#[test]
fn tv_090_bucket_owner_may_deny_the_object_owner() {
    let world = private_object_of_a();
    world.allows(&Caller::user(A), &ask(Operation::GetObject));
    world
        .policy(&[&statement("Deny", &account(A), "s3:GetObject", "/*")])
        .denies(&Caller::user(A), &ask(Operation::GetObject));
}

#[test]
fn tv_091_policy_may_require_the_header() {
    let condition = r#""Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}"#;
    let body = statement("Allow", &account(A), "s3:PutObject", "/*");
    let world = World::acl_bucket()
        .ownership(ObjectOwnership::BucketOwnerPreferred)
        .missing()
        .policy(&[&format!("{body},{condition}")]);
    world.denies(&Caller::user(A), &ask(Operation::PutObject));
    let put = ask(Operation::PutObject)
        .canned("bucket-owner-full-control")
        .context("s3:x-amz-acl", "bucket-owner-full-control");
    world.allows(&Caller::user(A), &put);
}

/// OWN-34.
#[test]
fn object_owner_keeps_its_object() {
    let world = private_object_of_a();
    let owner = Caller::user(A);
    for operation in [Operation::GetObject, Operation::GetObjectAcl] {
        world.allows(&owner, &ask(operation));
    }
    world.allows(&owner, &ask(Operation::PutObjectAcl).canned("public-read"));
    // ACL-36: deleting needs bucket WRITE or a policy.
    world.denies(&owner, &ask(Operation::DeleteObject));
    let writable = world.bucket_acl(&grants(&[grant_to(A, Permission::Write)]));
    writable.allows(&owner, &ask(Operation::DeleteObject));
}

/// U-5: both values; CreateMultipartUpload stays refused (ACL-31).
#[test]
fn foreign_overwrite_is_a_switch() {
    let mut world = World::acl_bucket().bucket_acl(&canned("public-read-write"));
    world.denies(&Caller::user(A), &ask(Operation::PutObject));
    world.switches.foreign_overwrite_via_bucket_write = ForeignOverwriteViaBucketWrite::Allow;
    world.allows(&Caller::user(A), &ask(Operation::PutObject));
    world.denies(&Caller::user(A), &ask(Operation::CreateMultipartUpload));
}

/// §6.7: three accounts; each round must agree.
#[test]
fn third_account_needs_all_three_contexts() {
    let granted = World::acl_bucket().object(A, &grants(&[grant_to(C, Permission::Read)]));
    granted.allows(&Caller::user(C), &ask(Operation::GetObject));
    granted.denies(&Caller::limited(C), &ask(Operation::GetObject));
    granted
        .policy(&[&statement("Deny", &account(Account::C), "s3:GetObject", "/*")])
        .denies(&Caller::user(C), &ask(Operation::GetObject));
}
