//! The values of each dimension of the space that is enumerated.

use std::sync::Arc;

use authz::Policy;
use model::Permission::{FullControl, Read, ReadAcp, Write, WriteAcp};
use model::{CannedAcl, Group, ObjectOwnership, Operation, PublicAccessBlock};
use spec::acl::{AclAsked, Grant, Grantee, expand};
use spec::policy::{Condition, Effect, Operator, Patterns, Principals, Statement, Who};
use spec::world::{
    Account, Asks, Bucket, Caller, Object, OwnPolicies, Party, Request, Side, Switches,
};

use crate::bridge::{self, BothBuckets, BothCallers, BothRequests};
use crate::policy_text::policy_text;

use Account::{A, B, C};

const USER: &str = "user";
const ON_BUCKET: &str = "arn:aws:s3:::b-b";
const ON_OBJECTS: &str = "arn:aws:s3:::b-b/*";

fn statement(
    effect: Effect,
    principals: Principals,
    actions: &[&str],
    resources: &[&str],
) -> Statement {
    let patterns = |list: &[&str]| Patterns {
        not: false,
        any: list.iter().map(|&text| text.into()).collect(),
    };
    Statement {
        effect,
        principals,
        actions: patterns(actions),
        resources: patterns(resources),
        conditions: vec![],
    }
}

fn own(effect: Effect, actions: &[&str]) -> Statement {
    statement(effect, Principals::Bearer, actions, &["*"])
}

pub(crate) fn callers() -> Vec<BothCallers> {
    let all = || vec![own(Effect::Allow, &["s3:*"])];
    let reads = || vec![own(Effect::Allow, &["s3:Get*"])];
    let policies = |identity| OwnPolicies { identity, boundary: None, session: None };
    let bounded = |identity| OwnPolicies { boundary: Some(reads()), ..policies(identity) };
    let in_session = |identity| OwnPolicies { session: Some(reads()), ..policies(identity) };
    let except = |actions: &[&str]| vec![own(Effect::Allow, &["s3:*"]), own(Effect::Deny, actions)];
    let user = |account| Caller::User(account, USER);
    let session = |account| Caller::Session(account, "role", "s");
    [
        (Caller::Anonymous, OwnPolicies::default()),
        (Caller::LogDelivery, OwnPolicies::default()),
        (Caller::Root(B), OwnPolicies::default()),
        (Caller::Root(A), OwnPolicies::default()),
        (Caller::Root(C), OwnPolicies::default()),
        (user(B), policies(all())),
        (user(B), policies(vec![])),
        (user(B), policies(reads())),
        (user(B), policies(except(&["s3:Get*"]))),
        (user(B), policies(except(&["s3:ListBucket"]))),
        (user(B), policies(except(&["s3:PutObjectAcl"]))),
        (user(B), bounded(all())),
        (user(B), bounded(vec![])),
        (user(A), policies(all())),
        (user(A), policies(vec![])),
        (user(A), policies(except(&["s3:Put*"]))),
        (user(A), bounded(all())),
        (user(C), policies(all())),
        (session(B), policies(all())),
        (session(B), policies(vec![])),
        (session(B), in_session(all())),
        (session(B), in_session(vec![])),
        (session(B), bounded(vec![])),
        (session(A), policies(all())),
        (session(A), policies(vec![])),
        (Caller::FederatedUser(B, "fed"), in_session(all())),
        (Caller::FederatedUser(B, "fed"), in_session(vec![])),
    ]
    .into_iter()
    .map(|(caller, own)| BothCallers::parse(caller, own, 0).unwrap())
    .collect()
}

fn allow(who: Who, actions: &[&str], on: &[&str]) -> Statement {
    statement(Effect::Allow, Principals::Any(vec![who]), actions, on)
}

fn deny(who: Who, actions: &[&str], on: &[&str]) -> Statement {
    statement(Effect::Deny, Principals::Any(vec![who]), actions, on)
}

fn when(mut statement: Statement, operator: Operator, key: &'static str, value: &str) -> Statement {
    let values = vec![value.to_owned()];
    statement.conditions.push(Condition { operator, if_exists: false, key, values });
    statement
}

const EVERYONE: Who = Who::Everyone;
const ACCOUNT_A: Who = Who::Account(A);
const USER_A: Who = Who::User(A, USER);
const EVERYWHERE: &[&str] = &[ON_BUCKET, ON_OBJECTS];

fn policies() -> Vec<Option<Vec<Statement>>> {
    let whole = [
        EVERYONE,
        ACCOUNT_A,
        USER_A,
        Who::User(A, "other"),
        Who::Account(B),
        Who::User(B, USER),
        Who::Role(B, "role"),
        Who::Session(B, "role", "s"),
        Who::Role(A, "role"),
        Who::FederatedUser(B, "fed"),
        Who::LogDelivery,
    ]
    .map(|who| vec![allow(who, &["s3:*"], EVERYWHERE)]);
    let parts = [
        vec![allow(EVERYONE, &["s3:GetObject"], &[ON_OBJECTS])],
        vec![allow(EVERYONE, &["s3:ListBucket"], &[ON_BUCKET])],
        vec![allow(ACCOUNT_A, &["s3:*"], &[ON_BUCKET])],
        vec![allow(ACCOUNT_A, &["s3:*"], &[ON_OBJECTS])],
        vec![allow(USER_A, &["s3:GetObject", "s3:PutObject"], &[ON_OBJECTS])],
        vec![allow(Who::User(B, USER), &["s3:GetObject", "s3:PutObject"], &[ON_OBJECTS])],
        vec![allow(Who::LogDelivery, &["s3:PutObject"], &[ON_OBJECTS])],
    ];
    let policies =
        whole.into_iter().chain(parts).chain(denying_policies()).chain(conditional_policies());
    [None].into_iter().chain(policies.map(Some)).collect()
}

fn denying_policies() -> Vec<Vec<Statement>> {
    let all = |who| allow(who, &["s3:*"], EVERYWHERE);
    let but_b = Principals::NoneOf(vec![Who::Account(B), Who::User(B, USER)]);
    vec![
        vec![deny(EVERYONE, &["s3:*"], EVERYWHERE)],
        vec![deny(ACCOUNT_A, &["s3:*"], EVERYWHERE), all(EVERYONE)],
        vec![all(EVERYONE), deny(EVERYONE, &["s3:GetObject"], &[ON_OBJECTS])],
        vec![all(ACCOUNT_A), deny(USER_A, &["s3:ListBucket"], &[ON_BUCKET])],
        vec![all(ACCOUNT_A), deny(EVERYONE, &["s3:PutObjectAcl"], &[ON_OBJECTS])],
        vec![all(EVERYONE), statement(Effect::Deny, but_b, &["s3:Get*", "s3:Put*"], EVERYWHERE)],
    ]
}

fn conditional_policies() -> Vec<Vec<Statement>> {
    let all = |who| allow(who, &["s3:*"], EVERYWHERE);
    let from = |range| when(all(EVERYONE), Operator::IpAddress, "aws:SourceIp", range);
    let lists = |prefix| {
        let list = allow(ACCOUNT_A, &["s3:ListBucket"], &[ON_BUCKET]);
        let list = when(list, Operator::StringLike, "s3:prefix", prefix);
        vec![list, allow(ACCOUNT_A, &["s3:Get*"], &[ON_OBJECTS])]
    };
    vec![
        // BPA-13: a public statement beside one for A.
        vec![all(ACCOUNT_A), allow(EVERYONE, &["s3:GetObject"], &[ON_OBJECTS])],
        // Anchored, so not public: one that fits the request, one that does not.
        vec![from("203.0.113.0/24")],
        vec![from("198.51.100.0/24")],
        // HID-1
        lists("k*"),
        lists("x*"),
        // OWN-33
        vec![
            all(ACCOUNT_A),
            when(
                deny(EVERYONE, &["s3:PutObject"], &[ON_OBJECTS]),
                Operator::StringNotEquals,
                "s3:x-amz-acl",
                "bucket-owner-full-control",
            ),
        ],
    ]
}

fn to(account: Account, permission: model::Permission) -> Grant {
    (Grantee::Party(Party::Account(account)), permission)
}

fn to_group(group: Group, permission: model::Permission) -> Grant {
    (Grantee::Group(group), permission)
}

pub(crate) fn bucket_acls() -> Vec<Vec<Grant>> {
    let owner = Party::Account(B);
    let canned = |canned| expand(&AclAsked::Canned(canned), owner);
    let with = |grant| vec![to(B, FullControl), grant];
    vec![
        canned(CannedAcl::Private),
        canned(CannedAcl::PublicRead),
        canned(CannedAcl::PublicReadWrite),
        canned(CannedAcl::AuthenticatedRead),
        canned(CannedAcl::LogDeliveryWrite),
        with(to(A, Read)),
        with(to(A, Write)),
        with(to(A, ReadAcp)),
        with(to(A, WriteAcp)),
        with(to(A, FullControl)),
        with(to_group(Group::AllUsers, FullControl)),
        with(to_group(Group::AuthenticatedUsers, Write)),
        vec![],
    ]
}

fn settings() -> Vec<(Option<ObjectOwnership>, PublicAccessBlock, bool)> {
    let flags = |bits: u8| PublicAccessBlock {
        block_public_acls: bits & 1 != 0,
        ignore_public_acls: bits & 2 != 0,
        block_public_policy: bits & 4 != 0,
        restrict_public_buckets: bits & 8 != 0,
    };
    let ownerships = [None].into_iter().chain(ObjectOwnership::ALL.map(Some));
    let mut settings = vec![];
    for ownership in ownerships {
        settings.extend((0..16).map(|bits| (ownership, flags(bits), false)));
        settings.push((ownership, PublicAccessBlock::NONE, true));
    }
    settings
}

pub(crate) fn buckets() -> Vec<BothBuckets> {
    let mut buckets = vec![];
    for policy in policies() {
        let compiled = policy.as_deref().map(|statements| {
            let text = policy_text(statements, 0);
            let parsed = Policy::parse_stored_bucket_policy(&text, &bridge::bucket_name());
            Arc::new(parsed.unwrap_or_else(|error| panic!("{error}: {text}")))
        });
        for acl in bucket_acls() {
            for (ownership, flags, requester_pays) in settings() {
                let (policy, acl) = (policy.clone(), acl.clone());
                let bucket = Bucket { ownership, flags, policy, acl, requester_pays };
                buckets.push(BothBuckets::new(bucket, compiled.clone()));
            }
        }
    }
    buckets
}

pub(crate) fn objects() -> Vec<Object> {
    let parties = [Party::Account(B), Party::Account(A), Party::Anonymous];
    let mut objects = vec![Object::Missing];
    objects.extend(parties.map(Object::DeleteMarker));
    for owner in parties {
        let own = (Grantee::Party(owner), FullControl);
        let acls = [
            vec![own],
            vec![own, to_group(Group::AllUsers, Read)],
            vec![own, to_group(Group::AllUsers, FullControl)],
            vec![own, to_group(Group::AuthenticatedUsers, Read)],
            vec![own, to(A, Read)],
            vec![own, to(A, ReadAcp)],
            vec![own, to(A, WriteAcp)],
            vec![own, to(A, Write)],
            vec![own, to(A, FullControl)],
            vec![own, to(B, FullControl)],
            vec![own, to_group(Group::LogDelivery, Read)],
            vec![],
        ];
        objects.extend(acls.map(|acl| Object::Present(owner, acl)));
    }
    objects
}

/// What a request looks at besides the bucket, so that nothing is enumerated in vain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LooksAt {
    Bucket,
    Object,
}

fn request(operation: Operation, acl: AclAsked) -> Request {
    let mut context = vec![("aws:SourceIp", "203.0.113.9".to_owned())];
    if let AclAsked::Canned(canned) = &acl {
        context.push(("s3:x-amz-acl", canned.as_str().to_owned()));
    }
    Request {
        operation,
        side: Side::Whole,
        key: "key",
        version: false,
        acl,
        asks: Asks::default(),
        new_policy_is_public: false,
        context,
    }
}

pub(crate) fn with_each_acl(operation: Operation) -> impl Iterator<Item = Request> {
    let grants = [
        vec![to_group(Group::AllUsers, Read)],
        vec![to_group(Group::LogDelivery, Read)],
        vec![to(B, FullControl)],
        vec![to(B, FullControl), to(B, Read)],
        vec![to(B, Read)],
        vec![to(B, FullControl), to(A, Read)],
        vec![to(A, FullControl)],
    ];
    let canned = CannedAcl::ALL.into_iter().map(AclAsked::Canned);
    canned.chain(grants.map(AclAsked::Grants)).map(move |acl| request(operation, acl))
}

fn object_requests() -> Vec<Request> {
    use Operation as O;
    let plain = |operation| request(operation, AclAsked::Absent);
    let versions = |operation| [plain(operation), Request { version: true, ..plain(operation) }];
    let asking = |operation, asks| Request { asks, ..plain(operation) };
    let none = Asks::default();
    let mut requests: Vec<_> = [
        O::GetObject,
        O::HeadObject,
        O::GetObjectAttributes,
        O::GetObjectAcl,
        O::GetObjectTagging,
        O::PutObjectTagging,
        O::DeleteObjectTagging,
        O::DeleteObject,
    ]
    .into_iter()
    .flat_map(versions)
    .collect();
    requests.extend([O::PutObject, O::PostObject, O::CreateMultipartUpload].map(plain));
    requests.extend(with_each_acl(O::PutObject));
    requests.extend(with_each_acl(O::CreateMultipartUpload));
    requests.extend(with_each_acl(O::PutObjectAcl));
    let by_version = |request| Request { version: true, ..request };
    requests.extend(with_each_acl(O::PutObjectAcl).take(3).map(by_version));
    for (owner, grants) in
        [(B, vec![to(B, FullControl)]), (A, vec![to(A, FullControl)]), (B, vec![])]
    {
        requests.push(request(O::PutObjectAcl, AclAsked::Document(Party::Account(owner), grants)));
    }
    requests.extend([
        asking(O::PutObject, Asks { tagging: true, ..none }),
        asking(O::PutObject, Asks { retention: true, ..none }),
        asking(O::CreateMultipartUpload, Asks { legal_hold: true, ..none }),
        asking(O::GetObject, Asks { request_payer: true, ..none }),
        asking(O::PutObject, Asks { request_payer: true, ..none }),
        asking(O::DeleteObject, Asks { bypass_governance: true, ..none }),
    ]);
    let source = |request| Request { side: Side::Source, ..request };
    let destination = |request| Request { side: Side::Destination, ..request };
    requests.push(destination(plain(O::CopyObject)));
    requests.extend(with_each_acl(O::CopyObject).map(destination));
    requests.extend(versions(O::CopyObject).map(source));
    requests.extend(versions(O::UploadPartCopy).map(source));
    requests.push(source(asking(O::CopyObject, Asks { copies_source_tags: true, ..none })));
    // The object counts for nothing here, which is what the comparison is to show.
    requests.push(plain(O::DeleteObjects));
    requests
}

fn upload_requests() -> Vec<(Request, Option<Caller>)> {
    use Operation as O;
    let initiators = [
        None,
        Some(Caller::Root(A)),
        Some(Caller::User(A, USER)),
        Some(Caller::User(A, "other")),
        Some(Caller::Session(A, "role", "s")),
        Some(Caller::User(B, USER)),
        Some(Caller::Session(B, "role", "s")),
    ];
    let operations = [
        O::UploadPart,
        O::UploadPartCopy,
        O::CompleteMultipartUpload,
        O::AbortMultipartUpload,
        O::ListParts,
    ];
    let mut requests = vec![];
    for operation in operations {
        let side = if operation == O::UploadPartCopy { Side::Destination } else { Side::Whole };
        for initiator in initiators {
            requests.push((Request { side, ..request(operation, AclAsked::Absent) }, initiator));
        }
    }
    requests
}

fn bucket_requests() -> Vec<Request> {
    use Operation as O;
    let plain = |operation| request(operation, AclAsked::Absent);
    let mut requests: Vec<_> = [
        O::ListBuckets,
        O::PutAccountPublicAccessBlock,
        O::CreateBucket,
        O::DeleteBucket,
        O::HeadBucket,
        O::ListObjects,
        O::ListObjectsV2,
        O::ListObjectVersions,
        O::ListMultipartUploads,
        O::GetBucketLocation,
        O::GetBucketAcl,
        O::GetBucketPolicy,
        O::PutBucketPolicy,
        O::DeleteBucketPolicy,
        O::GetBucketPolicyStatus,
        O::GetBucketOwnershipControls,
        O::PutBucketOwnershipControls,
        O::DeleteBucketOwnershipControls,
        O::GetPublicAccessBlock,
        O::PutPublicAccessBlock,
        O::DeletePublicAccessBlock,
    ]
    .map(plain)
    .into();
    requests.push(Request { new_policy_is_public: true, ..plain(O::PutBucketPolicy) });
    requests.extend(with_each_acl(O::PutBucketAcl));
    requests.extend(with_each_acl(O::CreateBucket));
    for owner in [B, A] {
        let document = AclAsked::Document(Party::Account(owner), vec![to(owner, FullControl)]);
        requests.push(request(O::PutBucketAcl, document));
    }
    let asks = Asks { object_ownership: true, ..Asks::default() };
    requests.push(Request { asks, ..plain(O::CreateBucket) });
    let asks = Asks { request_payer: true, ..Asks::default() };
    requests.push(Request { asks, ..plain(O::ListObjects) });
    requests
}

pub(crate) fn requests() -> Vec<(BothRequests, LooksAt)> {
    let both = |request| BothRequests::new(request, None);
    let on_objects = object_requests().into_iter().map(|it| (both(it), LooksAt::Object));
    let uploads = upload_requests()
        .into_iter()
        .map(|(it, initiator)| (BothRequests::new(it, initiator), LooksAt::Object));
    let on_buckets = bucket_requests().into_iter().map(|it| (both(it), LooksAt::Bucket));
    on_objects.chain(uploads).chain(on_buckets).collect()
}

pub(crate) fn all_switches() -> [Switches; 4] {
    let default = Switches::default();
    [
        default,
        Switches { boe_private_acl_owner_equivalent: true, ..default },
        Switches { boe_put_object_acl_noop_reject: true, ..default },
        Switches { foreign_overwrite_allow: true, ..default },
    ]
}

/// Whether a switch can matter: to writes of objects and of their ACLs.
pub(crate) fn switches_matter(request: &Request) -> bool {
    use Operation as O;
    matches!(
        request.operation,
        O::PutObject | O::CopyObject | O::CreateMultipartUpload | O::PutObjectAcl
    ) && request.side != Side::Source
}
