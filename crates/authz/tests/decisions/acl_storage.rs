//! §14.3: ACLs as stored and as they work, in a bucket with ACLs enabled.

use authz::Verdict;
use authz::admission::expand_acl;
use authz::ownership::{effective_bucket_acl, effective_object_acl, owner_of_new_object};
use model::{
    AccessControlList, AclRequest, CanonicalUserId, Grant, Group, Operation, Permission, Principal,
};

use crate::world::{
    A, B, Caller, Object, World, account, ask, canned, grant_to, grant_to_group, grants, statement,
};

fn expanded(acl: &AclRequest) -> Vec<Grant> {
    expand_acl(acl, &B.canonical(), &B.canonical()).grants
}

#[test]
fn tv_034_public_read() {
    assert_eq!(
        expanded(&canned("public-read")),
        [grant_to(B, Permission::FullControl), grant_to_group(Group::AllUsers, Permission::Read),]
    );
    World::acl_bucket()
        .allows(&Caller::user(B), &ask(Operation::PutBucketAcl).canned("public-read"));
}

#[test]
fn tv_035_public_read_write() {
    assert_eq!(
        expanded(&canned("public-read-write")),
        [
            grant_to(B, Permission::FullControl),
            grant_to_group(Group::AllUsers, Permission::Read),
            grant_to_group(Group::AllUsers, Permission::Write),
        ]
    );
}

#[test]
fn tv_036_authenticated_read() {
    assert_eq!(
        expanded(&canned("authenticated-read")),
        [
            grant_to(B, Permission::FullControl),
            grant_to_group(Group::AuthenticatedUsers, Permission::Read),
        ]
    );
}

#[test]
fn tv_037_grant_headers_do_not_add_the_owner() {
    let asked = grants(&[grant_to_group(Group::LogDelivery, Permission::Read)]);
    assert_eq!(expanded(&asked), [grant_to_group(Group::LogDelivery, Permission::Read)]);
}

#[test]
fn tv_038_owner_keeps_its_acl_rights() {
    let world = World::acl_bucket()
        .bucket_acl(&grants(&[grant_to_group(Group::LogDelivery, Permission::Read)]));
    for caller in [Caller::user(B), Caller::root(B)] {
        world.allows(&caller, &ask(Operation::PutBucketAcl).canned("private"));
        world.allows(&caller, &ask(Operation::GetBucketAcl));
    }
}

#[test]
fn tv_039_duplicates_are_kept() {
    let twice = [grant_to(A, Permission::Read), grant_to(A, Permission::Read)];
    let document = AccessControlList { owner: B.canonical(), grants: twice.to_vec() };
    assert_eq!(expanded(&AclRequest::Document(document)), twice);
}

#[test]
fn tv_040_empty_acl_removes_every_grant() {
    let document = AccessControlList { owner: B.canonical(), grants: Vec::new() };
    assert_eq!(expanded(&AclRequest::Document(document.clone())), []);
    World::acl_bucket().allows(
        &Caller::user(B),
        &ask(Operation::PutBucketAcl).acl(AclRequest::Document(document)),
    );
}

/// §2.6: the second grant only where owner and bucket owner differ.
#[test]
fn bucket_owner_canned_names_on_objects() {
    let of_a = |name: &str| expand_acl(&canned(name), &A.canonical(), &B.canonical()).grants;
    let own = grant_to(A, Permission::FullControl);
    assert_eq!(of_a("bucket-owner-read"), [own.clone(), grant_to(B, Permission::Read)]);
    assert_eq!(
        of_a("bucket-owner-full-control"),
        [own.clone(), grant_to(B, Permission::FullControl)]
    );
    assert_eq!(of_a("private"), [own]);
    assert_eq!(expanded(&canned("bucket-owner-read")), [grant_to(B, Permission::FullControl)]);
    assert_eq!(of_a("aws-exec-read").len(), 2);
}

#[test]
fn tv_041_public_object_is_public() {
    let world = World::acl_bucket().object(B, &canned("public-read"));
    for operation in [Operation::GetObject, Operation::HeadObject] {
        world.allows(&Caller::anonymous(), &ask(operation));
    }
}

#[test]
fn tv_042_tags_are_not_grantable() {
    let world = World::acl_bucket().object(B, &canned("public-read"));
    world.denies(&Caller::anonymous(), &ask(Operation::GetObjectTagging));
}

#[test]
fn tv_043_bucket_acl_is_not_inherited() {
    let world = World::acl_bucket().bucket_acl(&canned("public-read"));
    world.denies(&Caller::anonymous(), &ask(Operation::GetObject));
}

#[test]
fn tv_044_public_bucket_lists() {
    let world = World::acl_bucket().bucket_acl(&canned("public-read"));
    for operation in [
        Operation::ListObjects,
        Operation::ListObjectsV2,
        Operation::HeadBucket,
        Operation::ListObjectVersions,
        Operation::ListMultipartUploads,
    ] {
        world.allows(&Caller::anonymous(), &ask(operation));
    }
}

#[test]
fn tv_045_tv_046_public_read_bucket_takes_no_writes() {
    let world = World::acl_bucket().bucket_acl(&canned("public-read"));
    world.denies(&Caller::anonymous(), &ask(Operation::PutObject));
    world.denies(&Caller::anonymous(), &ask(Operation::DeleteObject));
}

fn public_bucket() -> World {
    World::acl_bucket().bucket_acl(&canned("public-read-write"))
}

#[test]
fn tv_047_anonymous_write_is_owned_by_anonymous() {
    let world = public_bucket().missing();
    world.allows(&Caller::anonymous(), &ask(Operation::PutObject));
    let owner = owner_of_new_object(&Principal::Anonymous, &AclRequest::Absent, &world.bucket);
    assert_eq!(owner.as_str(), "65a011a29cdf8ec533ec3d1ccaae921c");
    let world = world.anonymous_object();
    world.allows(&Caller::anonymous(), &ask(Operation::GetObjectAcl));
    let acl = effective_object_acl(&owner, None, &world.bucket);
    assert_eq!(*acl, AccessControlList::private(CanonicalUserId::anonymous()));
}

/// ACL-30a, and §2.12 "anonymous PutObject with bucket-owner-full-control under BOP".
#[test]
fn anonymous_writer_chooses_the_acl() {
    let world = public_bucket().missing();
    for name in ["public-read-write", "bucket-owner-full-control"] {
        world.allows(&Caller::anonymous(), &ask(Operation::PutObject).canned(name));
    }
}

#[test]
fn tv_048_tv_050_bucket_owner_and_anonymous_object() {
    let world = public_bucket().anonymous_object();
    world.denies(&Caller::user(B), &ask(Operation::GetObject));
    world.denies(&Caller::root(B), &ask(Operation::GetObject));
    world.allows(&Caller::user(B), &ask(Operation::DeleteObject));
}

#[test]
fn tv_049_anonymous_owner_cannot_put_acl() {
    let world = public_bucket().anonymous_object();
    let put = ask(Operation::PutObjectAcl).canned("public-read");
    let error = world.error(&Caller::anonymous(), &put).unwrap();
    assert_eq!(error.message(), "Anonymous users cannot invoke this API. Please authenticate.");
}

#[test]
fn tv_051_tv_052_anonymous_and_the_bucket_acl() {
    let world = public_bucket();
    world.denies(&Caller::anonymous(), &ask(Operation::PutBucketAcl).canned("private"));
    world.denies(&Caller::anonymous(), &ask(Operation::GetBucketAcl));
}

#[test]
fn tv_053_anonymous_cannot_initiate_uploads() {
    let error = public_bucket()
        .missing()
        .error(&Caller::anonymous(), &ask(Operation::CreateMultipartUpload))
        .unwrap();
    assert_eq!(
        error.message(),
        "Anonymous users cannot initiate multipart uploads.  Please authenticate."
    );
}

#[test]
fn tv_054_tv_055_bucket_write_spares_foreign_keys() {
    let world = public_bucket();
    world.denies(&Caller::user(A), &ask(Operation::CreateMultipartUpload));
    world.denies(&Caller::user(A), &ask(Operation::PutObject));
    let own = public_bucket().object(A, &AclRequest::Absent);
    own.allows(&Caller::user(A), &ask(Operation::PutObject));
    own.allows(&Caller::user(A), &ask(Operation::DeleteObject));
    // ACL-34: a policy knows no such limit.
    let by_policy = public_bucket().policy(&[&statement("Allow", &account(A), "s3:*Object", "/*")]);
    by_policy.allows(&Caller::user(A), &ask(Operation::PutObject));
    by_policy.allows(&Caller::user(A), &ask(Operation::DeleteObject));
}

#[test]
fn tv_056_batch_delete_of_mixed_owners() {
    let foreign = public_bucket().object(B, &canned("public-read-write"));
    foreign.denies(&Caller::anonymous(), &ask(Operation::DeleteObject));
    public_bucket().anonymous_object().allows(&Caller::anonymous(), &ask(Operation::DeleteObject));
    // EVAL-1: the request itself needs nothing.
    foreign.allows(&Caller::anonymous(), &ask(Operation::DeleteObjects));
}

#[test]
fn tv_057_authenticated_read() {
    let world = World::acl_bucket().object(B, &canned("authenticated-read"));
    world.allows(&Caller::user(A), &ask(Operation::GetObject));
    world.denies(&Caller::anonymous(), &ask(Operation::GetObject));
}

#[test]
fn tv_058_grant_to_an_account_needs_the_identity_policy_too() {
    let world = World::acl_bucket().object(B, &grants(&[grant_to(A, Permission::Read)]));
    world.allows(&Caller::user(A), &ask(Operation::GetObject));
    world.allows(&Caller::root(A), &ask(Operation::GetObject));
    world.denies(&Caller::limited(A), &ask(Operation::GetObject));
}

#[test]
fn tv_059_bucket_read_lists_only() {
    let world = World::acl_bucket().bucket_acl(&grants(&[grant_to(A, Permission::Read)]));
    world.allows(&Caller::user(A), &ask(Operation::ListObjectsV2));
    world.denies(&Caller::user(A), &ask(Operation::GetObject));
}

#[test]
fn tv_060_a_copy_does_not_inherit_the_acl() {
    let world = World::acl_bucket().object(B, &canned("public-read"));
    world.allows(&Caller::user(B), &ask(Operation::CopyObject).source());
    world.allows(&Caller::user(B), &ask(Operation::CopyObject));
    assert_eq!(expanded(&AclRequest::Absent), [grant_to(B, Permission::FullControl)]);
}

/// The look-up answers 405 and 404 then; the decision must not stand in its way.
#[test]
fn tv_061_tv_062_tv_063_delete_markers_are_left_to_the_look_up() {
    let world = World::acl_bucket().delete_marker(B);
    let caller = Caller::user(B);
    world.allows(&caller, &ask(Operation::PutObjectAcl).canned("private"));
    world.allows(&caller, &ask(Operation::GetObjectAcl));
    world.allows(&caller, &ask(Operation::GetObjectAcl).version());
}

/// ACL-63, U-4.
#[test]
fn a_document_must_name_the_owner() {
    let world = World::acl_bucket();
    let document = AclRequest::Document(AccessControlList::private(A.canonical()));
    for operation in [Operation::PutBucketAcl, Operation::PutObjectAcl] {
        let error = world.error(&Caller::user(B), &ask(operation).acl(document.clone())).unwrap();
        assert_eq!((error.code().as_str(), error.message()), ("AccessDenied", "Access Denied"));
    }
}

/// ACL-17: WRITE on an object grants nothing.
#[test]
fn object_write_grants_nothing() {
    let world = World::acl_bucket().object(B, &grants(&[grant_to(A, Permission::Write)]));
    for operation in [
        Operation::GetObject,
        Operation::PutObject,
        Operation::DeleteObject,
        Operation::PutObjectAcl,
    ] {
        world.denies(&Caller::user(A), &ask(operation));
    }
}

/// §2.4, row by row: what each permission enables for another account.
#[test]
fn permissions_map_to_operations() {
    let bucket = |permission| {
        let world = World::acl_bucket().missing();
        world.bucket_acl(&grants(&[grant_to(A, permission)]))
    };
    let object = |permission| World::acl_bucket().object(B, &grants(&[grant_to(A, permission)]));
    let put_acl = |operation| ask(operation).canned("private");
    let allowed = |world: &World, ask| world.verdict(&Caller::root(A), &ask) == Verdict::Allow;
    for permission in Permission::ALL {
        let has = |wanted| permission.includes(wanted);
        let world = bucket(permission);
        assert_eq!(allowed(&world, ask(Operation::ListObjects)), has(Permission::Read));
        assert_eq!(allowed(&world, ask(Operation::PutObject)), has(Permission::Write));
        assert_eq!(allowed(&world, ask(Operation::CreateMultipartUpload)), has(Permission::Write));
        assert_eq!(allowed(&world, ask(Operation::GetBucketAcl)), has(Permission::ReadAcp));
        assert_eq!(allowed(&world, put_acl(Operation::PutBucketAcl)), has(Permission::WriteAcp));
        let world = object(permission);
        assert_eq!(allowed(&world, ask(Operation::GetObject)), has(Permission::Read));
        assert_eq!(allowed(&world, ask(Operation::GetObject).version()), has(Permission::Read));
        assert_eq!(allowed(&world, ask(Operation::GetObjectAcl)), has(Permission::ReadAcp));
        assert_eq!(allowed(&world, put_acl(Operation::PutObjectAcl)), has(Permission::WriteAcp));
        for never in [
            Operation::GetObjectTagging,
            Operation::GetObjectAttributes,
            Operation::GetBucketLocation,
            Operation::DeleteBucket,
        ] {
            assert!(!allowed(&world, ask(never)) && !allowed(&bucket(permission), ask(never)));
        }
    }
}

/// ACL-18: what is shown is what is in force.
#[test]
fn shown_acl_leaves_out_ignored_grants() {
    let mut world = World::acl_bucket().bucket_acl(&canned("public-read"));
    assert_eq!(effective_bucket_acl(&world.bucket).grants.len(), 2);
    world.bucket.public_access.ignore_public_acls = true;
    assert_eq!(effective_bucket_acl(&world.bucket).grants, [grant_to(B, Permission::FullControl)]);
}

/// The service may write through the group that stands for it, and hands over what it writes.
#[test]
fn log_delivery_writes_by_its_group() {
    let world = World::acl_bucket().bucket_acl(&canned("log-delivery-write")).missing();
    let logging = Caller::service("logging.s3.amazonaws.com");
    world.allows(&logging, &ask(Operation::PutObject));
    world.denies(&Caller::service("cloudtrail.amazonaws.com"), &ask(Operation::PutObject));
    world.denies(&logging, &ask(Operation::ListObjects));
    let owner = owner_of_new_object(&logging.principal, &AclRequest::Absent, &world.bucket);
    assert_eq!(owner, B.canonical());
}

/// ACL-9 is about the ACL only: without a grant an owner does not read by it.
#[test]
fn implicit_right_of_the_owner_ends_at_the_acl() {
    let mut world = public_bucket();
    let owner = CanonicalUserId::anonymous();
    let empty = AccessControlList { owner: owner.clone(), grants: Vec::new() };
    world.object = Object::Present(owner, Some(empty));
    world.allows(&Caller::anonymous(), &ask(Operation::GetObjectAcl));
    world.denies(&Caller::anonymous(), &ask(Operation::GetObject));
}

/// A service is not the anonymous user, though both have no account.
#[test]
fn services_are_not_anonymous() {
    let world = public_bucket().anonymous_object();
    let service = Caller::service("cloudtrail.amazonaws.com");
    world.denies(&service, &ask(Operation::GetObject));
    world.denies(&service, &ask(Operation::DeleteObject));
}

/// ACL-36: bucket WRITE deletes one's own objects; what is missing, or unknown, is nobody's.
/// Likewise it replaces only what is known to be one's own, or known to be missing.
#[test]
fn bucket_write_needs_to_know_the_object() {
    let caller = Caller::user(A);
    let with = |object| World { object, ..public_bucket() };
    for object in [Object::Missing, Object::NotLoaded] {
        with(object).denies(&caller, &ask(Operation::DeleteObject));
    }
    with(Object::DeleteMarker(B.canonical())).denies(&caller, &ask(Operation::DeleteObject));
    with(Object::DeleteMarker(A.canonical())).allows(&caller, &ask(Operation::DeleteObject));
    with(Object::NotLoaded).denies(&caller, &ask(Operation::PutObject));
    with(Object::Missing).allows(&caller, &ask(Operation::PutObject));
    with(Object::DeleteMarker(B.canonical())).allows(&caller, &ask(Operation::PutObject));
}
