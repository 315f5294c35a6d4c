//! §14.1: Object Ownership and the creation of buckets.

use authz::Switches;
use authz::admission::{
    NewBucket, NewBucketDefaults, NewBucketSettings, admit_create_bucket, admit_ownership_change,
};
use authz::switches::CreateBucketPrivateAclOwnership;
use model::{
    AclRequest, Group, ObjectOwnership, Operation, Permission, PublicAccessBlock, S3Error,
};

use crate::world::{A, Account, B, Caller, World, ask, canned, grant_to, grant_to_group, grants};

fn create(
    acl: &AclRequest,
    ownership: Option<ObjectOwnership>,
    defaults: NewBucketDefaults,
) -> Result<NewBucketSettings, S3Error> {
    let owner = Account::canonical(B);
    let account_public_access = PublicAccessBlock::NONE;
    let bucket = NewBucket { owner: &owner, acl, ownership, account_public_access };
    admit_create_bucket(&bucket, defaults, Switches::default())
}

fn code(result: Result<NewBucketSettings, S3Error>) -> &'static str {
    result.unwrap_err().code().as_str()
}

const TODAY: NewBucketDefaults = NewBucketDefaults::CURRENT;
const WRITER: Option<ObjectOwnership> = Some(ObjectOwnership::ObjectWriter);
const ENFORCED: Option<ObjectOwnership> = Some(ObjectOwnership::BucketOwnerEnforced);

#[test]
fn tv_001_tv_092_new_bucket_is_enforced_and_blocked() {
    let settings = create(&AclRequest::Absent, None, TODAY).unwrap();
    assert_eq!(settings.ownership, ENFORCED);
    assert_eq!(settings.public_access, Some(PublicAccessBlock::ALL));
    assert_eq!(settings.acl.grants, [grant_to(B, Permission::FullControl)]);
}

#[test]
fn tv_004_public_acl_without_header_is_an_ownership_error() {
    assert_eq!(
        code(create(&canned("public-read"), None, TODAY)),
        "InvalidBucketAclWithObjectOwnership"
    );
}

#[test]
fn tv_005_public_acl_with_acls_enabled_is_a_public_access_error() {
    assert_eq!(
        code(create(&canned("public-read"), WRITER, TODAY)),
        "InvalidBucketAclWithBlockPublicAccessError"
    );
}

#[test]
fn tv_006_enforced_and_private_stays_enforced() {
    assert_eq!(create(&canned("private"), ENFORCED, TODAY).unwrap().ownership, ENFORCED);
}

#[test]
fn tv_007_enforced_refuses_log_delivery() {
    assert_eq!(
        code(create(&canned("log-delivery-write"), ENFORCED, TODAY)),
        "InvalidBucketAclWithObjectOwnership"
    );
}

#[test]
fn tv_008_log_delivery_grants_in_order() {
    let settings = create(&canned("log-delivery-write"), WRITER, TODAY).unwrap();
    assert_eq!(
        settings.acl.grants,
        [
            grant_to(B, Permission::FullControl),
            grant_to_group(Group::LogDelivery, Permission::Write),
            grant_to_group(Group::LogDelivery, Permission::ReadAcp),
        ]
    );
}

#[test]
fn tv_009_tv_012_tv_013_owner_may_change_controls() {
    let world = World::default_bucket();
    for operation in [
        Operation::PutBucketOwnershipControls,
        Operation::DeleteBucketOwnershipControls,
        Operation::GetBucketOwnershipControls,
    ] {
        world.allows(&Caller::user(B), &ask(operation));
        world.denies(&Caller::limited(B), &ask(operation));
    }
}

#[test]
fn tv_014_tv_015_bucket_acl_blocks_the_switch() {
    let enforced = ObjectOwnership::BucketOwnerEnforced;
    let shared = World::acl_bucket().bucket_acl(&grants(&[
        grant_to(B, Permission::FullControl),
        grant_to(A, Permission::Read),
    ]));
    let error = admit_ownership_change(enforced, &shared.bucket.acl, &B.canonical()).unwrap_err();
    assert_eq!(error.code().as_str(), "InvalidBucketAclWithObjectOwnership");
    let private = World::acl_bucket().bucket_acl(&canned("private"));
    admit_ownership_change(enforced, &private.bucket.acl, &B.canonical()).unwrap();
}

/// OWN-10: groups count as somebody else, LogDelivery too; other settings take any ACL.
#[test]
fn groups_block_the_switch() {
    for name in ["public-read", "authenticated-read", "log-delivery-write", "aws-exec-read"] {
        let acl = World::acl_bucket().bucket_acl(&canned(name)).bucket.acl;
        for setting in ObjectOwnership::ALL {
            let admitted = admit_ownership_change(setting, &acl, &B.canonical()).is_ok();
            assert_eq!(admitted, setting != ObjectOwnership::BucketOwnerEnforced, "{name}");
        }
    }
}

/// OWN-3, U-2: both values of the switch.
#[test]
fn private_without_header_enables_acls_by_switch() {
    let owner = B.canonical();
    let bucket = NewBucket {
        owner: &owner,
        acl: &canned("private"),
        ownership: None,
        account_public_access: PublicAccessBlock::NONE,
    };
    for (value, expected) in [
        (
            CreateBucketPrivateAclOwnership::BucketOwnerPreferred,
            ObjectOwnership::BucketOwnerPreferred,
        ),
        (
            CreateBucketPrivateAclOwnership::BucketOwnerEnforced,
            ObjectOwnership::BucketOwnerEnforced,
        ),
    ] {
        let switches =
            Switches { create_bucket_private_acl_ownership: value, ..Switches::default() };
        let settings = admit_create_bucket(&bucket, TODAY, switches).unwrap();
        assert_eq!(settings.ownership, Some(expected));
    }
}

/// ACL-43: accepted, and without effect.
#[test]
fn bucket_owner_canned_names_mean_private_on_buckets() {
    for name in ["bucket-owner-read", "bucket-owner-full-control"] {
        let settings = create(&canned(name), None, TODAY).unwrap();
        assert_eq!(settings.ownership, ENFORCED);
        assert_eq!(settings.acl.grants, [grant_to(B, Permission::FullControl)]);
    }
}

#[test]
fn defaults_of_before_april_2023() {
    let settings =
        create(&canned("public-read"), None, NewBucketDefaults::BEFORE_APRIL_2023).unwrap();
    assert_eq!((settings.ownership, settings.public_access), (None, None));
    assert!(settings.acl.is_public());
    // U-2 is about new buckets that would have no ACLs.
    let private = create(&canned("private"), None, NewBucketDefaults::BEFORE_APRIL_2023).unwrap();
    assert_eq!(private.ownership, None);
}

/// §4.6: the account-level flag refuses as the bucket default does.
#[test]
fn account_level_blocks_public_acls_of_new_buckets() {
    let owner = B.canonical();
    let bucket = NewBucket {
        owner: &owner,
        acl: &canned("public-read"),
        ownership: WRITER,
        account_public_access: PublicAccessBlock::ALL,
    };
    let result =
        admit_create_bucket(&bucket, NewBucketDefaults::BEFORE_APRIL_2023, Switches::default());
    assert_eq!(code(result), "InvalidBucketAclWithBlockPublicAccessError");
}
