//! Model and engine on random policy texts, ACLs and headers.
//!
//! A failure prints its seed; `GRANTRY_SPEC_SEED=…` makes the same choices again, and
//! `GRANTRY_SPEC_CASES=…` more of them.

use std::sync::Arc;

use authz::Policy;
use model::{CannedAcl, Group, ObjectOwnership, Operation, Permission, PublicAccessBlock};
use spec::acl::{AclAsked, Grant, Grantee, expand};
use spec::policy::{Condition, Effect, Operator, Patterns, Principals, Statement, Who, is_public};
use spec::world::{
    Account, Asks, Bucket, Caller, Object, OwnPolicies, Party, Request, Side, Switches,
};

use crate::bridge::{
    self, BothBuckets, BothCallers, BothObjects, BothRequests, Differences, Point, from_environment,
};
use crate::dice::Dice;
use crate::policy_text::policy_text;

/// Cases of the normal run.
const CASES: u64 = 400_000;

const ACCOUNTS: [Account; 3] = [Account::B, Account::A, Account::C];
const NAMES: [&str; 2] = ["user", "other"];
const KEYS: [&str; 5] = ["key", "other/key", "user/key", "222222222222", "K*y"];

pub(crate) fn caller(dice: &mut Dice) -> Caller {
    let account = dice.pick(&ACCOUNTS);
    let name = dice.pick(&NAMES);
    dice.pick(&[
        Caller::Anonymous,
        Caller::LogDelivery,
        Caller::Root(account),
        Caller::User(account, name),
        Caller::User(account, name),
        Caller::Session(account, "role", name),
        Caller::FederatedUser(account, name),
    ])
}

pub(crate) fn who(dice: &mut Dice) -> Who {
    let account = dice.pick(&ACCOUNTS);
    let name = dice.pick(&NAMES);
    dice.pick(&[
        Who::Account(account),
        Who::User(account, name),
        Who::Role(account, "role"),
        Who::Session(account, "role", name),
        Who::FederatedUser(account, name),
        Who::LogDelivery,
    ])
}

fn principals(dice: &mut Dice, effect: Effect) -> Principals {
    if effect == Effect::Deny && dice.one_in(3) {
        let account = dice.pick(&ACCOUNTS);
        let name = dice.pick(&NAMES);
        let mut exempt = vec![Who::Account(account)];
        exempt.extend([Who::User(account, name), Who::Session(account, "role", name)]);
        exempt.extend(dice.some(0, 3, who));
        return Principals::NoneOf(exempt);
    }
    if dice.one_in(3) {
        return Principals::Any(vec![Who::Everyone]);
    }
    Principals::Any(dice.some(1, 3, who))
}

fn actions(dice: &mut Dice) -> Patterns {
    if dice.one_in(2) {
        return Patterns { not: false, any: vec!["s3:*".to_owned()] };
    }
    let patterns = [
        "s3:*",
        "*",
        "s3:Get*",
        "s3:GetObject",
        "s3:getobject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:Put*",
        "s3:?etObject",
        "s3:*Object",
        "s3:*Acl",
        "S3:LIST*",
        "s3:ListBucket",
        "s3:Delete*",
        "s3:DeleteObject",
        "s3:*BucketPolicy",
        "s3:PutBucketAcl",
        "s3:*Multipart*",
        "s3:*Tagging",
    ];
    let any = dice.some(1, 3, |dice| dice.pick(&patterns).to_owned());
    Patterns { not: dice.one_in(6), any }
}

fn resources(dice: &mut Dice) -> Patterns {
    if dice.one_in(2) {
        return Patterns { not: false, any: vec!["arn:aws:s3:::b-b*".to_owned()] };
    }
    let suffixes = [
        "",
        "/*",
        "/*",
        "*",
        "/key",
        "/k*",
        "/?ey",
        "/K*",
        "/K${*}y",
        "/other/*",
        "/*/key",
        "/${aws:username}/*",
        "/${aws:PrincipalAccount}",
        "/${aws:username, 'key'}",
        "/${aws:userid}*",
        "/${aws:UserAgent}",
        "/*${aws:UserAgent}",
        "/*y*",
    ];
    let any = dice.some(1, 3, |dice| format!("arn:aws:s3:::b-b{}", dice.pick(&suffixes)));
    Patterns { not: dice.one_in(8), any }
}

/// Keys with values worth comparing them with.
const CONDITION_VALUES: [(&str, &[&str]); 9] = [
    ("aws:PrincipalAccount", &["111111111111", "222222222222", "2*", "${aws:PrincipalAccount}"]),
    ("aws:PrincipalType", &["User", "Account", "Anonymous", "A*", "assumedrole"]),
    ("aws:username", &["user", "other", "${aws:username}", "u?er"]),
    ("aws:userid", &["AIDAuser", "anonymous", "AROArole:*", "222222222222"]),
    ("aws:SourceVpc", &["vpc-1", "vpc-*", "VPC-1"]),
    ("aws:Referer", &["https://a.example/", "https://*", "*"]),
    ("aws:UserAgent", &["curl", "${aws:username}", "c*"]),
    ("s3:prefix", &["key", "k*", "other/*", "${aws:username}/*", "*"]),
    ("s3:x-amz-acl", &["bucket-owner-full-control", "private", "public-*"]),
];

fn condition(dice: &mut Dice) -> Condition {
    let if_exists = dice.one_in(5);
    match dice.number() % 6 {
        0 => Condition {
            operator: Operator::Null,
            if_exists: false,
            key: dice.pick(&CONDITION_VALUES).0,
            values: vec![dice.pick(&["true", "false"]).to_owned()],
        },
        1 => Condition {
            operator: Operator::Bool,
            if_exists,
            key: "aws:SecureTransport",
            values: vec![dice.pick(&["true", "false"]).to_owned()],
        },
        2 => {
            let ranges = [
                "203.0.113.0/24",
                "203.0.113.9",
                "198.51.100.0/24",
                "0.0.0.0/0",
                "128.0.0.0/1",
                "192.0.0.0/7",
                "203.0.0.0/8",
            ];
            Condition {
                operator: dice.pick(&[Operator::IpAddress, Operator::NotIpAddress]),
                if_exists,
                key: "aws:SourceIp",
                values: dice.some(1, 2, |dice| dice.pick(&ranges).to_owned()),
            }
        }
        _ => {
            let (key, values) = dice.pick(&CONDITION_VALUES);
            let operators = [
                Operator::StringEquals,
                Operator::StringNotEquals,
                Operator::StringLike,
                Operator::StringNotLike,
                Operator::StringEqualsIgnoreCase,
            ];
            Condition {
                operator: dice.pick(&operators),
                if_exists,
                key,
                values: dice.some(1, 2, |dice| dice.pick(values).to_owned()),
            }
        }
    }
}

fn statement(dice: &mut Dice, of_bucket: bool) -> Statement {
    let effect = if dice.one_in(6) { Effect::Deny } else { Effect::Allow };
    let mut conditions: Vec<Condition> = vec![];
    let most = if dice.one_in(2) { 2 } else { 0 };
    for condition in dice.some(0, most, condition) {
        // An object of JSON holds a name once.
        let same =
            |other: &Condition| other.operator == condition.operator && other.key == condition.key;
        if !conditions.iter().any(same) {
            conditions.push(condition);
        }
    }
    Statement {
        effect,
        principals: if of_bucket { principals(dice, effect) } else { Principals::Bearer },
        actions: actions(dice),
        resources: if of_bucket || dice.one_in(3) {
            resources(dice)
        } else {
            Patterns { not: false, any: vec!["*".to_owned()] }
        },
        conditions,
    }
}

fn own_policies(dice: &mut Dice, caller: Caller) -> OwnPolicies {
    if !matches!(caller, Caller::User(..) | Caller::Session(..) | Caller::FederatedUser(..)) {
        return OwnPolicies::default();
    }
    let policy = |dice: &mut Dice| dice.some(1, 2, |dice| statement(dice, false));
    let identity = if dice.one_in(4) { vec![] } else { policy(dice) };
    // A user has no session policy, a federated session has no boundary (§6.5).
    let is_user = matches!(caller, Caller::User(..));
    let is_federated = matches!(caller, Caller::FederatedUser(..));
    let boundary = (!is_federated && dice.one_in(4)).then(|| policy(dice));
    let session = (is_federated || (!is_user && dice.one_in(4))).then(|| policy(dice));
    OwnPolicies { identity, boundary, session }
}

fn party(dice: &mut Dice) -> Party {
    let account = dice.pick(&ACCOUNTS);
    dice.pick(&[Party::Account(account), Party::Account(account), Party::Anonymous])
}

fn grant(dice: &mut Dice) -> Grant {
    let grantee = if dice.one_in(2) {
        Grantee::Group(dice.pick(&Group::ALL))
    } else {
        Grantee::Party(party(dice))
    };
    (grantee, dice.pick(&Permission::ALL))
}

fn stored_acl(dice: &mut Dice, owner: Party) -> Vec<Grant> {
    if dice.one_in(3) {
        return expand(&AclAsked::Canned(dice.pick(&CannedAcl::ALL)), owner);
    }
    dice.some(0, 5, grant)
}

fn acl_asked(dice: &mut Dice, operation: Operation) -> AclAsked {
    use Operation as O;
    let of_acl = matches!(operation, O::PutBucketAcl | O::PutObjectAcl);
    let with_acl = of_acl
        || matches!(
            operation,
            O::PutObject
                | O::PostObject
                | O::CopyObject
                | O::CreateMultipartUpload
                | O::CreateBucket
        );
    if !with_acl || (!of_acl && dice.one_in(3)) {
        return AclAsked::Absent;
    }
    match dice.number() % 4 {
        0 => AclAsked::Grants(dice.some(1, 3, grant)),
        1 if of_acl => AclAsked::Document(party(dice), dice.some(0, 3, grant)),
        _ => AclAsked::Canned(dice.pick(&CannedAcl::ALL)),
    }
}

const OPERATIONS: [Operation; 43] = [
    Operation::ListBuckets,
    Operation::GetAccountPublicAccessBlock,
    Operation::PutAccountPublicAccessBlock,
    Operation::DeleteAccountPublicAccessBlock,
    Operation::CreateBucket,
    Operation::DeleteBucket,
    Operation::HeadBucket,
    Operation::ListObjects,
    Operation::ListObjectsV2,
    Operation::ListObjectVersions,
    Operation::ListMultipartUploads,
    Operation::GetBucketLocation,
    Operation::GetBucketAcl,
    Operation::PutBucketAcl,
    Operation::GetBucketPolicy,
    Operation::PutBucketPolicy,
    Operation::DeleteBucketPolicy,
    Operation::GetBucketPolicyStatus,
    Operation::GetBucketOwnershipControls,
    Operation::PutBucketOwnershipControls,
    Operation::DeleteBucketOwnershipControls,
    Operation::GetPublicAccessBlock,
    Operation::PutPublicAccessBlock,
    Operation::DeletePublicAccessBlock,
    Operation::DeleteObjects,
    Operation::GetObject,
    Operation::HeadObject,
    Operation::GetObjectAttributes,
    Operation::GetObjectAcl,
    Operation::PutObjectAcl,
    Operation::GetObjectTagging,
    Operation::PutObjectTagging,
    Operation::DeleteObjectTagging,
    Operation::PutObject,
    Operation::PostObject,
    Operation::CopyObject,
    Operation::CreateMultipartUpload,
    Operation::UploadPart,
    Operation::UploadPartCopy,
    Operation::CompleteMultipartUpload,
    Operation::AbortMultipartUpload,
    Operation::ListParts,
    Operation::DeleteObject,
];

fn request(dice: &mut Dice) -> Request {
    use Operation as O;
    let operation = dice.pick(&OPERATIONS);
    let side = match operation {
        O::CopyObject | O::UploadPartCopy => dice.pick(&[Side::Source, Side::Destination]),
        _ => Side::Whole,
    };
    let acl = if side == Side::Source { AclAsked::Absent } else { acl_asked(dice, operation) };
    let creates = matches!(operation, O::PutObject | O::PostObject | O::CreateMultipartUpload);
    let asks = Asks {
        tagging: creates && dice.one_in(6),
        retention: creates && dice.one_in(8),
        legal_hold: creates && dice.one_in(8),
        bypass_governance: operation == O::DeleteObject && dice.one_in(4),
        object_ownership: operation == O::CreateBucket && dice.one_in(3),
        copies_source_tags: side == Side::Source && operation == O::CopyObject && dice.one_in(3),
        request_payer: dice.one_in(3),
    };
    let reads_or_deletes = side == Side::Source
        || matches!(
            operation,
            O::GetObject
                | O::HeadObject
                | O::GetObjectAttributes
                | O::GetObjectAcl
                | O::PutObjectAcl
                | O::GetObjectTagging
                | O::PutObjectTagging
                | O::DeleteObjectTagging
                | O::DeleteObject
        );
    let context = context(dice, operation, &acl);
    Request {
        operation,
        side,
        key: dice.pick(&KEYS),
        version: reads_or_deletes && dice.one_in(3),
        acl,
        asks,
        new_policy_is_public: operation == O::PutBucketPolicy && dice.one_in(2),
        context,
    }
}

fn context(dice: &mut Dice, operation: Operation, acl: &AclAsked) -> Vec<(&'static str, String)> {
    use Operation as O;
    let mut context = vec![];
    if let AclAsked::Canned(canned) = acl {
        context.push(("s3:x-amz-acl", canned.as_str()));
    }
    let lists = matches!(operation, O::ListObjects | O::ListObjectsV2 | O::ListObjectVersions);
    let keys: [(_, &[&str]); 6] = [
        ("aws:SourceIp", &["203.0.113.9", "198.51.100.7"]),
        ("aws:SecureTransport", &["true", "false"]),
        ("aws:SourceVpc", &["vpc-1", "vpc-2"]),
        ("aws:Referer", &["https://a.example/", ""]),
        ("aws:UserAgent", &["curl", "user", "k*", "key"]),
        ("s3:prefix", &["key", "other/", "user/", ""]),
    ];
    for (key, values) in keys {
        if !dice.one_in(3) && (key != "s3:prefix" || lists) {
            context.push((key, dice.pick(values)));
        }
    }
    context.into_iter().map(|(key, value)| (key, value.to_owned())).collect()
}

fn initiator(dice: &mut Dice, operation: Operation) -> Option<Caller> {
    use Operation as O;
    let on_upload = matches!(
        operation,
        O::UploadPart
            | O::UploadPartCopy
            | O::CompleteMultipartUpload
            | O::AbortMultipartUpload
            | O::ListParts
    );
    // An anonymous caller or a service initiates nothing.
    let initiator = caller(dice);
    (on_upload && initiator.account().is_some()).then_some(initiator)
}

pub(crate) fn both_requests(dice: &mut Dice) -> BothRequests {
    let request = request(dice);
    let initiator = initiator(dice, request.operation);
    BothRequests::new(request, initiator)
}

pub(crate) fn object(dice: &mut Dice) -> Object {
    let owner = party(dice);
    match dice.number() % 6 {
        0 => Object::Missing,
        1 => Object::DeleteMarker(owner),
        _ => Object::Present(owner, stored_acl(dice, owner)),
    }
}

/// A bucket; none if its policy is not a valid one.
pub(crate) fn bucket(dice: &mut Dice) -> Option<BothBuckets> {
    let policy = (!dice.one_in(6)).then(|| dice.some(1, 4, |dice| statement(dice, true)));
    let compiled = match &policy {
        None => None,
        Some(statements) => {
            let text = policy_text(statements, dice.number());
            let policy = Policy::parse_stored_bucket_policy(&text, &bridge::bucket_name()).ok()?;
            assert_eq!(policy.is_public(), is_public(statements), "whether it is public: {text}");
            Some(Arc::new(policy))
        }
    };
    let ownerships = [None, None].into_iter().chain(ObjectOwnership::ALL.map(Some));
    let bucket = Bucket {
        ownership: dice.pick(&ownerships.collect::<Vec<_>>()),
        flags: PublicAccessBlock {
            block_public_acls: dice.one_in(3),
            ignore_public_acls: dice.one_in(3),
            block_public_policy: dice.one_in(3),
            restrict_public_buckets: dice.one_in(4),
        },
        policy,
        acl: stored_acl(dice, Party::Account(Account::B)),
        requester_pays: dice.one_in(10),
    };
    Some(BothBuckets::new(bucket, compiled))
}

/// A caller; none if its policies are not valid.
pub(crate) fn both_callers(dice: &mut Dice) -> Option<BothCallers> {
    let caller = caller(dice);
    let own = own_policies(dice, caller);
    BothCallers::parse(caller, own, dice.number()).ok()
}

fn switches(dice: &mut Dice) -> Switches {
    Switches {
        boe_private_acl_owner_equivalent: dice.one_in(3),
        create_bucket_private_acl_enforced: false,
        boe_put_object_acl_noop_reject: dice.one_in(3),
        foreign_overwrite_allow: dice.one_in(3),
    }
}

#[test]
fn model_and_engine_agree_on_random_texts() {
    let seed = from_environment("GRANTRY_SPEC_SEED").unwrap_or(20_260_221);
    let cases = from_environment("GRANTRY_SPEC_CASES").unwrap_or(CASES);
    println!("seed {seed}");
    let (mut dice, mut compared, mut invalid, mut allowed) = (Dice::new(seed), 0, 0, 0);
    let mut differences = Differences::default();
    while compared < cases {
        let (Some(bucket), Some(caller)) = (bucket(&mut dice), both_callers(&mut dice)) else {
            invalid += 1;
            assert!(invalid < cases, "hardly any policy is valid");
            continue;
        };
        for (request, object) in dice.some(8, 8, |dice| (both_requests(dice), object(dice))) {
            let switches = switches(&mut dice);
            let point = Point {
                caller: &caller,
                request: &request,
                bucket: &bucket,
                object: &BothObjects::new(object),
                switches,
                engine_switches: &bridge::switches(switches),
            };
            differences.extend(point.difference());
            allowed += u64::from(point.is_allowed());
            compared += 1;
        }
    }
    println!("{compared} cases compared, {allowed} allowed, {invalid} with an invalid policy");
    differences.assert_none();
    assert!(allowed > cases / 6 && allowed < cases * 5 / 6, "{allowed} of {cases} allowed");
}
