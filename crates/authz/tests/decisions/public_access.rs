//! §14.6: Block Public Access.

use authz::ownership::effective_object_acl;
use authz::switches::PublicAccessMessageStyle;
use model::{AclRequest, Operation, PublicAccessBlock};

use crate::world::{A, B, C, Caller, Object, World, account, ask, canned, statement};

const NONE: PublicAccessBlock = PublicAccessBlock::NONE;

fn public_read() -> String {
    statement("Allow", r#""*""#, "s3:GetObject", "/*")
}

#[test]
fn tv_094_tv_095_public_policy_is_refused() {
    let put = ask(Operation::PutBucketPolicy).public_policy();
    for caller in [Caller::user(B), Caller::root(B)] {
        let error = World::default_bucket().error(&caller, &put).unwrap();
        let expected = format!(
            "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \
             \"arn:aws:s3:::b-b\" because public policies are blocked by the BlockPublicPolicy \
             block public access setting.",
            caller.principal
        );
        assert_eq!((error.code().as_str(), error.message()), ("AccessDenied", expected.as_str()));
    }
}

#[test]
fn tv_096_fixed_principals_are_not_public() {
    World::default_bucket().allows(&Caller::user(B), &ask(Operation::PutBucketPolicy));
}

#[test]
fn tv_097_ignored_acls_are_stored_and_sleep() {
    let flags = PublicAccessBlock { ignore_public_acls: true, ..NONE };
    let world = World::acl_bucket().public_access(flags).object(B, &canned("public-read"));
    world.allows(&Caller::user(B), &ask(Operation::PutObject).canned("public-read"));
    world.denies(&Caller::anonymous(), &ask(Operation::GetObject));
    let Object::Present(owner, acl) = &world.object else { panic!("no object") };
    assert!(!effective_object_acl(owner, acl.as_ref(), &world.bucket).is_public());
    world.public_access(NONE).allows(&Caller::anonymous(), &ask(Operation::GetObject));
}

#[test]
fn tv_098_restricted_public_policy() {
    let flags = PublicAccessBlock { restrict_public_buckets: true, ..NONE };
    let for_a = statement("Allow", &account(A), "s3:GetObject", "/*");
    let for_service =
        statement("Allow", r#"{"Service":"cloudtrail.amazonaws.com"}"#, "s3:GetObject", "/*");
    let world =
        World::enforced().public_access(flags).policy(&[&public_read(), &for_a, &for_service]);
    let get = ask(Operation::GetObject);
    world.denies(&Caller::user(A), &get);
    world.denies(&Caller::root(A), &get);
    world.denies(&Caller::anonymous(), &get);
    world.allows(&Caller::user(B), &get);
    // §4.7: services stay, and without the public statement A is back.
    world.allows(&Caller::service("cloudtrail.amazonaws.com"), &get);
    world.policy(&[&for_a]).allows(&Caller::user(A), &get);
}

/// §4.7: the flag stops every access from outside, also by ACL.
#[test]
fn restricted_bucket_stops_acls_from_outside() {
    let flags = PublicAccessBlock { restrict_public_buckets: true, ..NONE };
    let world = World::acl_bucket()
        .public_access(flags)
        .object(B, &canned("public-read"))
        .policy(&[&public_read()]);
    world.denies(&Caller::anonymous(), &ask(Operation::GetObject));
    world.denies(&Caller::user(C), &ask(Operation::GetObject));
}

/// §4.6, row by row, with both generations of texts (U-6).
#[test]
fn blocked_public_acls() {
    let flags = PublicAccessBlock { block_public_acls: true, ..NONE };
    let mut world = World::acl_bucket().public_access(flags);
    let caller = Caller::user(B);
    let put = ask(Operation::PutBucketAcl).canned("public-read");
    assert_eq!(
        world.error(&caller, &put).unwrap().message(),
        "User: arn:aws:iam::111111111111:user/lim is not authorized to perform: s3:PutBucketAcl on \
         resource: \"arn:aws:s3:::b-b\" because public access control lists (ACLs) are blocked by \
         the BlockPublicAcls block public access setting."
    );
    world.switches.public_access_message_style = PublicAccessMessageStyle::PreventedBy;
    assert_eq!(
        world.error(&caller, &put).unwrap().message(),
        "User: arn:aws:iam::111111111111:user/lim is not authorized to perform: s3:PutBucketAcl on \
         resource: \"arn:aws:s3:::b-b\" because public ACLs are prevented by the BlockPublicAcls \
         setting in S3 Block Public Access"
    );
    for operation in [
        Operation::PutObjectAcl,
        Operation::PutObject,
        Operation::CopyObject,
        Operation::CreateMultipartUpload,
        Operation::PostObject,
    ] {
        for name in ["public-read", "public-read-write", "authenticated-read"] {
            let request = ask(operation).canned(name);
            let error = world.error(&caller, &request).unwrap();
            assert_eq!(error.code().as_str(), "AccessDenied");
            assert!(error.message().contains("BlockPublicAcls"), "{}", error.message());
        }
        // §4.7: what is not public is not affected.
        for name in ["private", "bucket-owner-read", "bucket-owner-full-control", "aws-exec-read"] {
            world.allows(&caller, &ask(operation).canned(name));
        }
    }
}

/// BPA never grants.
#[test]
fn nothing_blocked_is_still_private() {
    let world = World::enforced();
    world.denies(&Caller::anonymous(), &ask(Operation::GetObject));
    world.denies(&Caller::user(A), &ask(Operation::GetObject));
}

/// §4.7, the recipe of §13: a public policy needs no ACL flag to be off.
#[test]
fn public_policy_with_acl_flags_on() {
    let flags = PublicAccessBlock { block_public_acls: true, ignore_public_acls: true, ..NONE };
    let world = World::enforced().public_access(flags).policy(&[&public_read()]);
    world.allows(&Caller::anonymous(), &ask(Operation::GetObject));
    world.allows(&Caller::user(B), &ask(Operation::PutObject).acl(AclRequest::Absent));
}
