//! §14.7 and §14.8: policy operations, and how policies of both sides combine (§6.3…6.9).

use authz::switches::RichAccessDenied;
use model::{AclRequest, Operation, Permission};

use crate::world::{
    A, B, C, Caller, World, account, ask, canned, everything, grant_to, grants, identity_policy,
    statement, user,
};

const POLICY_OPERATIONS: [Operation; 3] =
    [Operation::GetBucketPolicy, Operation::PutBucketPolicy, Operation::DeleteBucketPolicy];

fn allow(principal: &str, action: &str) -> String {
    statement("Allow", principal, action, "/*")
}

#[test]
fn tv_112_tv_113_policy_operations_of_another_account() {
    let shared = World::enforced().policy(&[
        &statement("Allow", &account(A), "s3:*", "/*"),
        &statement("Allow", &account(A), "s3:*", ""),
    ]);
    for operation in POLICY_OPERATIONS {
        let error = shared.error(&Caller::user(A), &ask(operation)).unwrap();
        assert_eq!((error.code().as_str(), error.code().status()), ("MethodNotAllowed", 405));
        let method = operation.spec().method.to_string();
        assert_eq!(
            error.fields(),
            [("Method", method), ("ResourceType", "BUCKETPOLICY".to_string())]
        );
        World::enforced().denies(&Caller::user(A), &ask(operation));
    }
    shared.allows(&Caller::user(A), &ask(Operation::GetBucketPolicyStatus));
}

#[test]
fn tv_114_tv_115_root_keeps_the_policy_and_nothing_else() {
    let world = World::enforced().policy(&[
        &statement("Deny", r#""*""#, "s3:*", "/*"),
        &statement("Deny", r#""*""#, "s3:*", ""),
    ]);
    for operation in POLICY_OPERATIONS {
        world.allows(&Caller::root(B), &ask(operation));
        world.denies(&Caller::user(B), &ask(operation));
        world.denies(&Caller::root(A), &ask(operation));
    }
    // The escape is for the bucket owner's root only: 403, not the 405 of those who have permission.
    let inviting = World::enforced().policy(&[
        &statement("Deny", r#""*""#, "s3:*", ""),
        &statement("Allow", &account(A), "s3:*", ""),
    ]);
    inviting.denies(&Caller::root(A), &ask(Operation::GetBucketPolicy));
    for operation in
        [Operation::GetObject, Operation::GetBucketPolicyStatus, Operation::ListObjects]
    {
        world.denies(&Caller::root(B), &ask(operation));
    }
}

#[test]
fn tv_116_no_policy_no_access() {
    for operation in [
        Operation::GetObject,
        Operation::GetObjectAcl,
        Operation::GetObjectTagging,
        Operation::GetObjectAttributes,
    ] {
        World::default_bucket().denies(&Caller::limited(B), &ask(operation));
    }
}

#[test]
fn tv_117_same_account_resource_side_suffices() {
    let world = World::enforced().policy(&[&allow(&user(B), "s3:GetObject")]);
    world.allows(&Caller::limited(B), &ask(Operation::GetObject));
}

#[test]
fn tv_118_delegation_needs_the_identity_policy() {
    let root = format!(r#"{{"AWS":"arn:aws:iam::{}:root"}}"#, B.id());
    for principal in [root, account(B)] {
        let world = World::enforced().policy(&[&allow(&principal, "s3:GetObject")]);
        world.denies(&Caller::limited(B), &ask(Operation::GetObject));
        world.allows(&Caller::user(B), &ask(Operation::GetObject));
    }
}

#[test]
fn tv_119_cross_account_needs_both() {
    let world = World::enforced().policy(&[&allow(&account(A), "s3:GetObject")]);
    let get = ask(Operation::GetObject);
    world.allows(&Caller::user(A), &get);
    world.allows(&Caller::root(A), &get);
    world.denies(&Caller::limited(A), &get);
    world.denies(&Caller::user(C), &get);
    // Naming the user itself is not enough across accounts.
    let named = World::enforced().policy(&[&allow(&user(A), "s3:GetObject")]);
    named.denies(&Caller::limited(A), &get);
}

#[test]
fn tv_120_signed_stranger_is_worse_off_than_anonymous() {
    let world = World::enforced().policy(&[&allow(r#""*""#, "s3:GetObject")]);
    world.denies(&Caller::limited(A), &ask(Operation::GetObject));
    world.allows(&Caller::anonymous(), &ask(Operation::GetObject));
    world.allows(&Caller::limited(B), &ask(Operation::GetObject));
}

#[test]
fn tv_121_explicit_deny_wins() {
    let world = World::enforced().policy(&[
        &allow(r#""*""#, "s3:GetObject"),
        &statement("Deny", &user(B), "s3:GetObject", "/*"),
    ]);
    world.denies(&Caller::user(B), &ask(Operation::GetObject));
    world.allows(&Caller::root(B), &ask(Operation::GetObject));
}

#[test]
fn tv_122_attributes_need_both_actions() {
    let attributes = ask(Operation::GetObjectAttributes);
    let only = allow(&account(A), "s3:GetObjectAttributes");
    World::enforced().policy(&[&only]).denies(&Caller::user(A), &attributes);
    let read = allow(&account(A), "s3:GetObject");
    World::enforced().policy(&[&only, &read]).allows(&Caller::user(A), &attributes);
}

#[test]
fn tv_123_existing_tags_are_not_seen_by_attributes() {
    let condition = r#""Condition":{"StringEquals":{"s3:ExistingObjectTag/security":"public"}}"#;
    let read = allow(&account(A), "s3:GetObject");
    let attributes = allow(&account(A), "s3:GetObjectAttributes");
    let world = World::enforced()
        .policy(&[&format!("{read},{condition}"), &format!("{attributes},{condition}")]);
    let tagged = |operation| ask(operation).context("s3:ExistingObjectTag/security", "public");
    world.allows(&Caller::user(A), &tagged(Operation::GetObject));
    world.allows(&Caller::user(A), &tagged(Operation::HeadObject));
    world.denies(&Caller::user(A), &tagged(Operation::GetObjectAttributes));
    world.denies(&Caller::user(A), &ask(Operation::GetObject));
}

#[test]
fn tv_124_completion_does_not_ask_about_the_key_again() {
    let initiator = Caller::user(A);
    let world = World::acl_bucket().bucket_acl(&canned("public-read-write")).upload_by(&initiator);
    for operation in [Operation::CompleteMultipartUpload, Operation::UploadPart] {
        world.allows(&initiator, &ask(operation));
    }
    world.denies(&initiator, &ask(Operation::CreateMultipartUpload));
}

#[test]
fn tv_125_batch_delete_is_decided_by_key() {
    let one = statement("Allow", &account(A), "s3:DeleteObject", "/k1");
    let world = World::enforced().policy(&[&one]);
    world.allows(&Caller::user(A), &ask(Operation::DeleteObject).key("k1"));
    let error = world.error(&Caller::user(A), &ask(Operation::DeleteObject).key("k2")).unwrap();
    assert_eq!((error.code().as_str(), error.message()), ("AccessDenied", "Access Denied"));
}

/// §6.8: writing is not enough to meddle with the upload of somebody else.
#[test]
fn parts_are_for_the_initiator_and_the_bucket_owner() {
    let everybody_writes = allow(r#""*""#, "s3:PutObject");
    let world = World::enforced().policy(&[&everybody_writes]).upload_by(&Caller::user(A));
    for operation in
        [Operation::UploadPart, Operation::UploadPartCopy, Operation::CompleteMultipartUpload]
    {
        world.allows(&Caller::user(A), &ask(operation));
        world.allows(&Caller::root(A), &ask(operation));
        world.allows(&Caller::user(B), &ask(operation));
        world.denies(&Caller::user(C), &ask(operation));
        world.denies(&Caller::anonymous(), &ask(operation));
    }
}

/// §6.8: aborting and listing parts.
#[test]
fn initiators_may_abort_and_list() {
    let initiator = Caller::limited(B);
    let world = World::enforced().upload_by(&initiator);
    for operation in [Operation::AbortMultipartUpload, Operation::ListParts] {
        world.allows(&initiator, &ask(operation));
        world.allows(&Caller::root(B), &ask(operation));
        world.denies(&Caller::session(B), &ask(operation));
        world.denies(&Caller::user(A), &ask(operation));
        let of_a = World::enforced().upload_by(&Caller::user(A));
        of_a.allows(&Caller::user(A), &ask(operation));
        of_a.allows(&Caller::root(A), &ask(operation));
        of_a.allows(&Caller::user(B), &ask(operation));
        of_a.denies(&Caller::user(C), &ask(operation));
        let action = authz::required_actions(&ask(operation).request(&initiator))[0].name();
        of_a.policy(&[&allow(&account(C), action)]).allows(&Caller::user(C), &ask(operation));
    }
}

/// §6.4, the rows about ACLs in the same account.
#[test]
fn own_account_grants_do_not_name_its_users() {
    let get = ask(Operation::GetObject);
    let own = World::acl_bucket().object(B, &grants(&[grant_to(B, Permission::Read)]));
    own.denies(&Caller::limited(B), &get);
    own.allows(&Caller::root(B), &get);
    let public = World::acl_bucket().object(B, &canned("public-read"));
    public.allows(&Caller::limited(B), &get);
    public.denies(&Caller::limited(A), &get);
    // ACL-10: without any grant, the account's own policies still reach the object.
    let empty = World::acl_bucket().object(B, &grants(&[]));
    empty.allows(&Caller::user(B), &get);
}

/// §6.5: who is named how, against boundary and session policy.
#[test]
fn boundary_and_session_exceptions() {
    let nothing = || identity_policy("Allow", "s3:ListAllMyBuckets", "*");
    let role = format!(r#"{{"AWS":"arn:aws:iam::{}:role/role"}}"#, B.id());
    let session = format!(r#"{{"AWS":"arn:aws:sts::{}:assumed-role/role/s"}}"#, B.id());
    let get = ask(Operation::GetObject);
    let cases = [
        (user(B), Caller::limited(B).bounded_by(nothing()), true),
        (r#""*""#.to_string(), Caller::limited(B).bounded_by(nothing()), true),
        (session.clone(), Caller::session(B).bounded_by(nothing()).in_session(nothing()), true),
        (role.clone(), Caller::session(B), true),
        (role.clone(), Caller::session(B).bounded_by(nothing()), false),
        (role.clone(), Caller::session(B).in_session(nothing()), false),
        (r#""*""#.to_string(), Caller::session(B), true),
        (r#""*""#.to_string(), Caller::session(B).bounded_by(nothing()), false),
        (r#""*""#.to_string(), Caller::session(B).in_session(nothing()), false),
        (account(B), Caller::session(B).with(everything()), true),
        (account(B), Caller::session(B).with(everything()).in_session(nothing()), false),
        (account(B), Caller::session(B), false),
    ];
    for (principal, caller, allowed) in cases {
        let world = World::enforced().policy(&[&allow(&principal, "s3:GetObject")]);
        if allowed {
            world.allows(&caller, &get);
        } else {
            world.denies(&caller, &get);
        }
    }
}

#[test]
fn explicit_denies_of_the_callers_side_always_count() {
    let deny = || identity_policy("Deny", "s3:GetObject", "*");
    let world = World::enforced().policy(&[&allow(&user(B), "s3:GetObject")]);
    let get = ask(Operation::GetObject);
    for caller in [
        Caller::user(B).with(deny()),
        Caller::user(B).bounded_by(deny()),
        Caller::user(B).in_session(deny()),
    ] {
        world.denies(&caller, &get);
    }
}

/// A caller whose policies nobody loaded has no permission.
#[test]
fn missing_identity_facts_allow_nothing() {
    let mut caller = Caller::user(B);
    caller.identity = None;
    World::enforced().denies(&caller, &ask(Operation::GetObject));
}

/// §6.6: no bucket is concerned.
#[test]
fn list_and_create_buckets_ask_the_callers_side_only() {
    for operation in [Operation::ListBuckets, Operation::CreateBucket] {
        let world = World::enforced().policy(&[&statement("Deny", r#""*""#, "s3:*", "")]);
        world.allows(&Caller::root(A), &ask(operation));
        world.allows(&Caller::user(A), &ask(operation));
        world.denies(&Caller::limited(A), &ask(operation));
        world.denies(&Caller::anonymous(), &ask(operation));
        world.denies(&Caller::service("logging.s3.amazonaws.com"), &ask(operation));
    }
}

/// §8.5, the templates, and who sees them.
#[test]
fn messages() {
    let get = ask(Operation::HeadObject);
    let nothing = || identity_policy("Allow", "s3:ListAllMyBuckets", "*");
    let deny = || identity_policy("Deny", "s3:GetObject", "*");
    let explicit = World::enforced().policy(&[&statement("Deny", r#""*""#, "s3:*", "/*")]);
    let cases = [
        (
            World::enforced(),
            Caller::limited(B),
            "because no identity-based policy allows the s3:GetObject action",
        ),
        (
            World::enforced(),
            Caller::user(B).bounded_by(nothing()),
            "because no permissions boundary allows the s3:GetObject action",
        ),
        (
            World::enforced(),
            Caller::user(B).in_session(nothing()),
            "because no session policy allows the s3:GetObject action",
        ),
        (
            World::enforced(),
            Caller::user(B).with(deny()),
            "with an explicit deny in an identity-based policy",
        ),
        (
            World::enforced(),
            Caller::user(B).bounded_by(deny()),
            "with an explicit deny in a permissions boundary",
        ),
        (
            World::enforced(),
            Caller::user(B).in_session(deny()),
            "with an explicit deny in a session policy",
        ),
        (explicit, Caller::user(B), "with an explicit deny in a resource-based policy"),
    ];
    for (mut world, caller, reason) in cases {
        let error = world.error(&caller, &get).unwrap();
        let prefix = "User: arn:aws:iam::111111111111:user/lim is not authorized to perform: \
                      s3:GetObject on resource: \"arn:aws:s3:::b-b/key\" ";
        assert_eq!(error.message(), format!("{prefix}{reason}"));
        world.switches.rich_access_denied = RichAccessDenied::Never;
        assert_eq!(world.error(&caller, &get).unwrap().message(), "Access Denied");
    }
    for stranger in [Caller::limited(A), Caller::root(A), Caller::anonymous()] {
        let error = World::enforced().error(&stranger, &get).unwrap();
        assert_eq!(error.message(), "Access Denied");
    }
}

/// AUTH-1: no resource where there is none.
#[test]
fn message_without_resource() {
    let error = World::enforced().error(&Caller::limited(B), &ask(Operation::ListBuckets)).unwrap();
    assert_eq!(
        error.message(),
        "User: arn:aws:iam::111111111111:user/lim is not authorized to perform: \
         s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
    );
}

/// §8.6, word for word.
#[test]
fn anonymous_messages() {
    let messages = [
        (
            Operation::CreateMultipartUpload,
            "Anonymous users cannot initiate multipart uploads.  Please authenticate.",
        ),
        (Operation::CopyObject, "Anonymous users cannot copy objects. Please authenticate."),
        (Operation::PutObjectAcl, "Anonymous users cannot invoke this API. Please authenticate."),
        (Operation::PutBucketAcl, "Anonymous users cannot invoke this API. Please authenticate."),
        (
            Operation::GetBucketOwnershipControls,
            "s3:GetBucketOwnershipControls does not support Anonymous requests!",
        ),
        (
            Operation::PutBucketOwnershipControls,
            "s3:PutBucketOwnershipControls does not support Anonymous requests!",
        ),
        (
            Operation::DeleteBucketOwnershipControls,
            "s3:PutBucketOwnershipControls does not support Anonymous requests!",
        ),
        (Operation::CreateBucket, "Access Denied"),
    ];
    let world = World::acl_bucket().bucket_acl(&canned("public-read-write")).policy(&[
        &statement("Allow", r#""*""#, "s3:*", ""),
        &statement("Allow", r#""*""#, "s3:*", "/*"),
    ]);
    for (operation, message) in messages {
        let error = world.error(&Caller::anonymous(), &ask(operation)).unwrap();
        assert_eq!((error.code().as_str(), error.message()), ("AccessDenied", message));
    }
    for possible in [
        Operation::GetObject,
        Operation::PutObject,
        Operation::GetObjectAcl,
        Operation::ListObjects,
    ] {
        world.allows(&Caller::anonymous(), &ask(possible).acl(AclRequest::Absent));
    }
}
