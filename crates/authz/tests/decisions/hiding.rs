//! §14.9: who is told that a key is missing (§7).

use model::{AccessControlList, AclRequest, Operation, Permission};

use crate::world::{
    A, B, Caller, Object, World, account, ask, canned, grant_to, grants, identity_policy,
    statement, user,
};

const READS: [Operation; 4] = [
    Operation::GetObject,
    Operation::HeadObject,
    Operation::GetObjectAcl,
    Operation::GetObjectAttributes,
];

#[test]
fn tv_126_public_policy_hides_missing_keys() {
    let world =
        World::enforced().missing().policy(&[&statement("Allow", r#""*""#, "s3:GetObject", "/*")]);
    let error = world.error(&Caller::anonymous(), &ask(Operation::GetObject)).unwrap();
    // HID-4: not to be told from a permission that is missing.
    assert_eq!((error.code().as_str(), error.message()), ("AccessDenied", "Access Denied"));
    world
        .clone()
        .policy(&[
            &statement("Allow", r#""*""#, "s3:GetObject", "/*"),
            &statement("Allow", r#""*""#, "s3:ListBucket", ""),
        ])
        .allows(&Caller::anonymous(), &ask(Operation::GetObject));
}

#[test]
fn tv_127_owner_is_told() {
    let world = World::enforced().missing();
    for operation in READS {
        world.allows(&Caller::user(B), &ask(operation));
        world.allows(&Caller::root(B), &ask(operation));
    }
}

#[test]
fn tv_128_without_permission_nothing_is_told() {
    let world = World::default_bucket().missing();
    for operation in READS {
        world.denies(&Caller::limited(B), &ask(operation));
    }
}

#[test]
fn tv_129_listing_reveals() {
    let read = statement("Allow", &account(A), "s3:GetObject*", "/*");
    let list = statement("Allow", &account(A), "s3:ListBucket", "");
    let world = World::enforced().missing();
    let attributes = ask(Operation::GetObjectAttributes);
    world.clone().policy(&[&read]).denies(&Caller::user(A), &attributes);
    world.policy(&[&read, &list]).allows(&Caller::user(A), &attributes);
}

#[test]
fn tv_130_prefix_of_the_listing_limits_what_is_revealed() {
    let read = statement("Allow", &account(A), "s3:GetObject", "/*");
    let list = statement("Allow", &account(A), "s3:ListBucket", "");
    let condition = r#""Condition":{"StringLike":{"s3:prefix":"foo/*"}}"#;
    let world = World::enforced().missing().policy(&[&read, &format!("{list},{condition}")]);
    world.allows(&Caller::user(A), &ask(Operation::GetObject).key("foo/missing"));
    world.denies(&Caller::user(A), &ask(Operation::GetObject).key("bar/missing"));
}

#[test]
fn tv_131_deleting_a_missing_key_needs_no_listing() {
    let world = World::enforced().missing().policy(&[&statement(
        "Allow",
        &account(A),
        "s3:DeleteObject",
        "/*",
    )]);
    world.allows(&Caller::user(A), &ask(Operation::DeleteObject));
}

#[test]
fn tv_132a_bucket_read_by_acl_reveals() {
    let world = World::acl_bucket().missing().bucket_acl(&canned("public-read"));
    world.allows(&Caller::anonymous(), &ask(Operation::GetObject));
    world.bucket_acl(&AclRequest::Absent).denies(&Caller::anonymous(), &ask(Operation::GetObject));
}

#[test]
fn tv_132b_delete_markers_are_told_to_those_who_may_list() {
    let world = World::enforced().delete_marker(B);
    world.allows(&Caller::user(B), &ask(Operation::GetObject));
    world.allows(&Caller::user(B), &ask(Operation::GetObject).version());
    let reader = Caller::limited(B).with(identity_policy("Allow", "s3:GetObject*", "*"));
    world.denies(&reader, &ask(Operation::GetObject));
    world.allows(&reader, &ask(Operation::GetObject).version());
}

/// §7.2: listing without reading gives 403 for existing and missing keys alike.
#[test]
fn listing_alone_does_not_read() {
    let lister = Caller::limited(B).with(identity_policy("Allow", "s3:ListBucket", "*"));
    for world in [World::enforced(), World::enforced().missing()] {
        world.denies(&lister, &ask(Operation::GetObject));
    }
    let list = statement("Allow", r#""*""#, "s3:ListBucket", "");
    World::enforced()
        .missing()
        .policy(&[&list])
        .denies(&Caller::anonymous(), &ask(Operation::GetObject));
}

/// HID-2: the action that is missing is the listing.
#[test]
fn a_hidden_key_names_the_listing() {
    let reader = Caller::limited(B).with(identity_policy("Allow", "s3:GetObject", "*"));
    let error = World::enforced().missing().error(&reader, &ask(Operation::GetObject)).unwrap();
    assert_eq!(
        error.message(),
        "User: arn:aws:iam::111111111111:user/lim is not authorized to perform: s3:ListBucket on \
         resource: \"arn:aws:s3:::b-b\" because no identity-based policy allows the s3:ListBucket \
         action"
    );
}

/// §7.2: every operation that looks up the key, and none that does not.
#[test]
fn which_operations_hide() {
    let mut policy: Vec<_> = ["s3:*Object*", "s3:Delete*"]
        .map(|action| statement("Allow", &user(A), action, "/*"))
        .into();
    policy.push(statement("Allow", &user(A), "s3:GetBucketLocation", ""));
    let policy: Vec<_> = policy.iter().map(String::as_str).collect();
    let world = World::enforced().missing().policy(&policy);
    let caller = Caller::user(A);
    for operation in [
        Operation::GetObjectTagging,
        Operation::PutObjectTagging,
        Operation::DeleteObjectTagging,
        Operation::GetObjectRetention,
    ] {
        world.denies(&caller, &ask(operation));
    }
    world.denies(&caller, &ask(Operation::CopyObject).source());
    world.denies(&caller, &ask(Operation::UploadPartCopy).source());
    world.allows(&caller, &ask(Operation::PutObject));
    world.allows(&caller, &ask(Operation::CopyObject));
    world.allows(&caller, &ask(Operation::DeleteObject));
}

/// A key that nobody looked for is not told of, either.
#[test]
fn what_was_not_loaded_is_refused() {
    for caller in [Caller::root(B), Caller::user(B)] {
        let world = World { object: Object::NotLoaded, ..World::enforced() };
        world.denies(&caller, &ask(Operation::GetObject));
        world.allows(&caller, &ask(Operation::PutObject));
    }
}

/// Stages 12 and 13 come before the look-up (§12.1).
#[test]
fn settings_speak_before_the_look_up() {
    let document = AclRequest::Document(AccessControlList::private(B.canonical()));
    let world = World::enforced().missing();
    let put = ask(Operation::PutObjectAcl);
    let shared = grants(&[grant_to(A, Permission::Read)]);
    world.refuses_with(&Caller::user(B), &put.clone().acl(shared), "AccessControlListNotSupported");
    world.allows(&Caller::user(B), &put.acl(document));
}
