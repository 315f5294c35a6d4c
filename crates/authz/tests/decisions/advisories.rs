//! Weaknesses that were published of other servers, as far as they lie in the decision. Each test is
//! named after its report and fails when the guard beside it is taken out.
//!
//! | report | what went wrong there | guard here |
//! |---|---|---|
//! | RustFS GHSA-3ppv | a version was read with the permission for the current one | `operations.rs`: the action depends on `versionId` |
//! | RustFS GHSA-x298 | anonymous ListObjectVersions fell back to ListBucket, past Block Public Access | `operations.rs`: its own action; `acl.rs`: ACLs in force |
//! | versitygw ed1ad6b6 | an explicit Deny of a public policy counted as no answer, and the ACL allowed | `sources.rs`: the first Deny ends it |
//! | SeaweedFS 66d9b89cd | a user without any policy might do everything | `sources.rs`: what nobody allows is missing |
//! | SeaweedFS e64c82113, CVE-2026-55873 | identities without an account were all the same owner | `acl.rs`: only accounts and the anonymous user are parties |
//! | SeaweedFS a7f4b88a6 | whoever might write objects might write the bucket policy | `operations.rs`, `acl.rs`: WRITE grants actions on objects only |
//! | RustFS GHSA-v9cp | ForAllValues and ForAnyValue were swapped for negated operators | `policy/condition.rs`: the quantifier decides, then the operator |
//! | MinIO CVE-2022-24842 | a derived identity did more than the one it came from | `agreement.rs`: the role's own policies must allow too |
//! | MinIO CVE-2024-24747 | an identity with a narrowing policy called the management API past it | `api.rs`: the same filters as for S3 |
//! | MinIO CVE-2025-62506 | a session policy that only denies allowed the rest | `sources.rs`: a filter that does not allow is missing |

use std::borrow::Cow;
use std::sync::Arc;

use authz::policy::{AskedAction, AskedResource, Query};
use authz::{
    Action, ApiFacts, ApiRequest, ConditionKey, ContextSource, ContextValue, NoContext, Policy,
    Verdict,
};
use model::{AclRequest, Operation, Permission, PublicAccessBlock};

use crate::world::{
    A, B, Caller, World, account, ask, canned, everything, grant_to, grants, identity_policy,
    statement,
};

#[test]
fn rustfs_ghsa_3ppv_a_version_is_read_by_its_own_permission() {
    let current = identity_policy("Allow", "s3:GetObject", "*");
    let versions = identity_policy("Allow", "s3:GetObjectVersion", "*");
    let world = World::enforced();
    for operation in [Operation::GetObject, Operation::HeadObject] {
        let reader = Caller::limited(B).with(current.clone());
        world.allows(&reader, &ask(operation));
        world.denies(&reader, &ask(operation).version());
        let reader = Caller::limited(B).with(versions.clone());
        world.allows(&reader, &ask(operation).version());
        world.denies(&reader, &ask(operation));
    }
    for operation in [Operation::CopyObject, Operation::UploadPartCopy] {
        let reader = Caller::limited(B).with(current.clone());
        world.allows(&reader, &ask(operation).source());
        world.denies(&reader, &ask(operation).source().version());
    }
}

#[test]
fn rustfs_ghsa_x298_listing_versions_is_not_listing_the_bucket() {
    let list = statement("Allow", r#""*""#, "s3:ListBucket", "");
    let versions = statement("Allow", r#""*""#, "s3:ListBucketVersions", "");
    let anyone = Caller::anonymous();
    let request = ask(Operation::ListObjectVersions);
    let listed = World::enforced().policy(&[&list]);
    listed.allows(&anyone, &ask(Operation::ListObjectsV2));
    listed.denies(&anyone, &request);
    let public = World::enforced().policy(&[&versions]);
    public.allows(&anyone, &request);
    let restricted = PublicAccessBlock { restrict_public_buckets: true, ..PublicAccessBlock::NONE };
    public.public_access(restricted).denies(&anyone, &request);
    let by_acl = World::acl_bucket().bucket_acl(&canned("public-read"));
    by_acl.allows(&anyone, &request);
    let ignored = PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::NONE };
    by_acl.public_access(ignored).denies(&anyone, &request);
}

#[test]
fn versitygw_ed1ad6b6_a_deny_of_a_public_policy_is_an_answer() {
    let deny = statement("Deny", r#""*""#, "s3:GetObject", "/*");
    let allow = statement("Allow", r#""*""#, "s3:PutObject", "/*");
    let open = World::acl_bucket()
        .bucket_acl(&canned("public-read-write"))
        .object(B, &canned("public-read"));
    for caller in [Caller::anonymous(), Caller::user(A), Caller::user(B), Caller::root(B)] {
        open.allows(&caller, &ask(Operation::GetObject));
        open.clone().policy(&[&allow, &deny]).denies(&caller, &ask(Operation::GetObject));
    }
}

#[test]
fn seaweedfs_66d9b89cd_without_a_policy_nothing_is_allowed() {
    let nobody_loaded = Caller { identity: None, ..Caller::limited(B) };
    for row in Operation::table() {
        let request = ask(row.operation);
        for caller in [&Caller::limited(B), &Caller::session(B), &nobody_loaded] {
            if authz::required_actions(&request.request(caller)).is_empty() {
                continue;
            }
            let verdict = World::default_bucket().verdict(caller, &request);
            assert_ne!(verdict, Verdict::Allow, "{} {}", row.operation.name(), caller.principal);
        }
    }
}

#[test]
fn seaweedfs_e64c82113_callers_without_an_account_own_nothing_together() {
    let world = World::acl_bucket().anonymous_object();
    let service = Caller::service("logging.s3.amazonaws.com");
    for operation in [Operation::GetObject, Operation::GetObjectAcl] {
        world.allows(&Caller::anonymous(), &ask(operation));
        for caller in [&service, &Caller::user(B), &Caller::user(A)] {
            world.denies(caller, &ask(operation));
        }
    }
    let open = world.bucket_acl(&canned("public-read-write"));
    open.allows(&Caller::anonymous(), &ask(Operation::DeleteObject));
    open.denies(&service, &ask(Operation::DeleteObject));
    open.denies(&service, &ask(Operation::PutObject));
}

#[test]
fn seaweedfs_a7f4b88a6_writing_objects_is_not_writing_the_policy() {
    let operations = [
        Operation::PutBucketPolicy,
        Operation::DeleteBucketPolicy,
        Operation::GetBucketPolicy,
        Operation::PutBucketAcl,
        Operation::PutPublicAccessBlock,
        Operation::PutBucketOwnershipControls,
    ];
    let writer = Caller::limited(B).with(identity_policy("Allow", "s3:*Object", "*"));
    let may_write = statement("Allow", &account(A), "s3:*Object", "/*");
    let by_policy = World::enforced().policy(&[&may_write]);
    let write = grants(&[grant_to(A, Permission::Write)]);
    let by_acl = World::acl_bucket().bucket_acl(&write).missing();
    for operation in operations {
        World::enforced().allows(&writer, &ask(Operation::PutObject));
        World::enforced().denies(&writer, &ask(operation));
        for world in [&by_policy, &by_acl] {
            world.allows(&Caller::user(A), &ask(Operation::PutObject));
            world.denies(&Caller::user(A), &ask(operation));
        }
    }
}

/// A request with these tag keys.
struct TagKeys(&'static [&'static str]);

impl ContextSource for TagKeys {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match key {
            ConditionKey::RequestObjectTagKeys => {
                ContextValue::Many(self.0.iter().map(|&value| Cow::Borrowed(value)).collect())
            }
            _ => ContextValue::Absent,
        }
    }
}

#[test]
fn rustfs_ghsa_v9cp_quantifiers_of_negated_operators() {
    let holds = |operator: &str, keys: &'static [&'static str]| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"s3:RequestObjectTagKeys":["a","b"]}}}}}}}}"#
        );
        let policy = Policy::parse_identity_policy(&text).unwrap();
        let query = Query {
            caller: &Caller::user(B).principal,
            provider: None,
            action: AskedAction::S3(Action::PutObject),
            resource: AskedResource::Object("b-b", "key"),
            context: &TagKeys(keys),
        };
        policy.evaluate(&query).allow.is_some()
    };
    for (operator, keys, expected) in [
        ("ForAllValues:StringNotEquals", &["x", "y"][..], true),
        ("ForAllValues:StringNotEquals", &["x", "a"], false),
        ("ForAllValues:StringNotEquals", &["a", "b"], false),
        ("ForAllValues:StringNotEquals", &[], true),
        ("ForAnyValue:StringNotEquals", &["x", "a"], true),
        ("ForAnyValue:StringNotEquals", &["a", "b"], false),
        ("ForAnyValue:StringNotEquals", &[], false),
        ("ForAllValues:StringEquals", &["a", "b"], true),
        ("ForAllValues:StringEquals", &["a", "x"], false),
        ("ForAnyValue:StringEquals", &["a", "x"], true),
        ("ForAnyValue:StringEquals", &["x", "y"], false),
        ("ForAllValues:StringNotLike", &["x", "a"], false),
        ("ForAnyValue:StringNotLike", &["x", "a"], true),
    ] {
        assert_eq!(holds(operator, keys), expected, "{operator} {keys:?}");
    }
}

#[test]
fn minio_cve_2022_24842_a_session_is_no_more_than_its_role() {
    let reader = Caller::session(B).with(identity_policy("Allow", "s3:GetObject", "*"));
    let session = reader.in_session(everything());
    let world = World::enforced();
    world.allows(&session, &ask(Operation::GetObject));
    for operation in [Operation::PutObject, Operation::DeleteObject, Operation::PutBucketPolicy] {
        world.denies(&session, &ask(operation));
    }
    // Nor does the policy of a bucket make the session of a role out of the role's own name.
    let role = r#"{"AWS":"arn:aws:iam::111111111111:role/role"}"#;
    let named = world.policy(&[&statement("Allow", role, "s3:PutObject", "/*")]);
    let narrow = Caller::session(B).in_session(identity_policy("Allow", "s3:GetObject", "*"));
    named.allows(&Caller::session(B), &ask(Operation::PutObject));
    named.denies(&narrow, &ask(Operation::PutObject));
}

#[test]
fn minio_cve_2024_24747_a_narrow_session_calls_no_management_api() {
    let all = Arc::new(
        Policy::parse_identity_policy(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        )
        .unwrap(),
    );
    let wide = Caller::session(B).with(all);
    let narrow = wide.clone().in_session(everything());
    let world = World::enforced();
    for (caller, expected) in [(&wide, true), (&narrow, false)] {
        let facts = ApiFacts {
            owner: B.identity().id,
            resource_policy: None,
            identity: caller.identity.as_ref(),
            switches: &world.switches,
        };
        let request = ApiRequest {
            caller: &caller.principal,
            action: "iam:PutUserPolicy",
            resource: "arn:aws:iam::111111111111:user/lim",
            context: &NoContext,
        };
        let decision = authz::decide_api(&request, &facts);
        assert_eq!(decision.is_allowed(), expected, "{}", decision.trace);
    }
}

#[test]
fn minio_cve_2025_62506_a_session_policy_that_only_denies_allows_nothing() {
    let world = World::enforced().object(B, &AclRequest::Absent);
    let deny = identity_policy("Deny", "s3:DeleteObject", "*");
    let parent = Caller::session(B).with(everything());
    world.allows(&parent, &ask(Operation::GetObject));
    let denying = parent.clone().in_session(deny.clone());
    let mut empty = parent.clone();
    empty.identity.get_or_insert_default().session = Some(Vec::new());
    let bounded = parent.bounded_by(deny);
    for caller in [&denying, &empty, &bounded] {
        for operation in [Operation::GetObject, Operation::PutObject, Operation::DeleteObject] {
            world.denies(caller, &ask(operation));
        }
    }
}
