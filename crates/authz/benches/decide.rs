//! What a decision costs. `cargo bench -p grantry-authz`; docs/performance.md has the aims.
//!
//! Each case is decided in batches, and the fastest of many batches counts, which is what the
//! decision itself takes when nothing disturbs it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot run ends at once")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authz::policy::{PolicyOptions, PrincipalDirectory};
use authz::{
    Asks, BucketFacts, ConditionKey, ContextSource, ContextValue, Facts, IdentityFacts,
    ObjectFacts, Policy, Request, Side, Switches, Verdict, decide,
};
use model::limits::CONDITION_VALUE_BYTES_MAX;
use model::principal::IamName;
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, BucketName, CanonicalUserId, Grant,
    Grantee, Group, ObjectKey, ObjectOwnership, Operation, Permission, Principal,
    PublicAccessBlock,
};

const BATCHES: u32 = 200;
/// How long a batch should take: long against the clock's resolution, short against a time slice.
const BATCH: Duration = Duration::from_micros(500);
/// Size of the large policies, which is all that S3 takes (POL-1).
const LARGE_BYTES: usize = 20 * 1024;
/// Longest value that is compared.
const HEADER_BYTES: usize = CONDITION_VALUE_BYTES_MAX;

struct EverybodyExists;

impl PrincipalDirectory for EverybodyExists {
    fn account_exists(&self, _account_id: &str) -> bool {
        true
    }

    fn canonical_id_exists(&self, _canonical_id: &str) -> bool {
        true
    }

    fn iam_arn_exists(&self, _arn: &str) -> bool {
        true
    }

    fn unique_id_exists(&self, _unique_id: &str) -> bool {
        true
    }
}

/// A request that has what browsers send.
struct Context {
    referer: String,
}

impl ContextSource for Context {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match key {
            ConditionKey::SourceIp => ContextValue::One("203.0.113.77".into()),
            ConditionKey::SecureTransport => ContextValue::One("true".into()),
            ConditionKey::Referer => ContextValue::One(self.referer.as_str().into()),
            _ => ContextValue::Absent,
        }
    }
}

struct Case {
    name: &'static str,
    /// What it may take, in nanoseconds.
    aim_nanos: u64,
    caller: Principal,
    identity: Option<IdentityFacts>,
    bucket: BucketFacts,
    referer: String,
    allowed: bool,
}

fn account(digit: &str) -> AccountIdentity {
    AccountIdentity {
        id: AccountId::parse(&digit.repeat(12)).unwrap(),
        canonical_id: CanonicalUserId::parse(&digit.repeat(64)).unwrap(),
    }
}

fn user(account: AccountIdentity, name: &str) -> Principal {
    let user = IamName { path: "/".into(), name: name.into(), unique_id: "AIDAEXAMPLE".into() };
    Principal::User { account, user: Arc::new(user) }
}

fn bucket(policy: Option<&str>) -> BucketFacts {
    let name = BucketName::parse("media").unwrap();
    let policy = policy.map(|text| {
        let options = PolicyOptions::default();
        let policy = Policy::parse_bucket_policy(text, &name, &EverybodyExists, options);
        Arc::new(policy.unwrap_or_else(|error| panic!("{error}")))
    });
    let owner = account("1");
    let acl = AccessControlList {
        owner: owner.canonical_id.clone(),
        grants: vec![Grant {
            grantee: Grantee::CanonicalUser(owner.canonical_id.clone()),
            permission: Permission::FullControl,
        }],
    };
    BucketFacts {
        name,
        owner,
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: PublicAccessBlock::default(),
        policy,
        acl,
        requester_pays: false,
    }
}

fn policy(statements: &[String]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

/// Statements until the policy is as large as it may be; `last` stands at the end.
fn large(statement: impl Fn(usize) -> String, last: &str) -> String {
    let mut statements = Vec::new();
    let mut length = 60 + last.len();
    for index in 0.. {
        let next = statement(index);
        length += next.len() + 1;
        if length > LARGE_BYTES {
            break;
        }
        statements.push(next);
    }
    statements.push(last.to_owned());
    policy(&statements)
}

fn list(length_bytes: usize, item: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for index in 0.. {
        let next = format!("\"{}\"", item(index));
        if text.len() + next.len() + 1 > length_bytes {
            return text;
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&next);
    }
    text
}

const PUBLIC_READ: &str = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::media/*"}"#;

fn identity(text: &str) -> IdentityFacts {
    let policy = Policy::parse_identity_policy(text).unwrap_or_else(|error| panic!("{error}"));
    IdentityFacts { policies: vec![Arc::new(policy)], ..Default::default() }
}

fn typical() -> Vec<Case> {
    let base = |name, caller, bucket| Case {
        name,
        aim_nanos: 1_000,
        caller,
        identity: None,
        bucket,
        referer: String::new(),
        allowed: true,
    };
    let media = policy(&[
        r#"{"Effect":"Allow","Action":["s3:ListBucket","s3:GetBucketLocation"],"Resource":"arn:aws:s3:::media"}"#.to_owned(),
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::media/*"}"#.to_owned(),
    ]);
    let secure = policy(&[
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::media","arn:aws:s3:::media/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#.to_owned(),
        PUBLIC_READ.to_owned(),
    ]);
    let mut by_acl = bucket(None);
    by_acl.ownership = None;
    let named = user(account("1"), "alice");
    let facts = || Some(identity(&media));
    vec![
        base("owner's root", Principal::Root(account("1")), bucket(None)),
        Case {
            identity: facts(),
            ..base("user with an identity policy", named.clone(), bucket(None))
        },
        Case {
            identity: facts(),
            ..base("the same, bucket policy besides", named, bucket(Some(&secure)))
        },
        base("anonymous, bucket policy", Principal::Anonymous, bucket(Some(&secure))),
        base("anonymous, object ACL", Principal::Anonymous, by_acl),
    ]
}

fn large_policies() -> Vec<Case> {
    let base = |name, text: &str| Case {
        name,
        aim_nanos: 20_000,
        caller: Principal::Anonymous,
        identity: None,
        bucket: bucket(Some(text)),
        referer: "https://example.org/a".into(),
        allowed: true,
    };
    let users = large(
        |index| {
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::222222222222:user/u{index}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::media/home/u{index}/*"}}"#
            )
        },
        PUBLIC_READ,
    );
    let everyone = large(
        |index| {
            format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::media/public/{index}/*"}}"#
            )
        },
        PUBLIC_READ,
    );
    let conditions = large(
        |index| {
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::media/*","Condition":{{"ArnLike":{{"aws:PrincipalArn":"arn:aws:iam::*:user/{index}"}},"StringLike":{{"aws:Referer":"http://*.{index}.example/*"}}}}}}"#
            )
        },
        PUBLIC_READ,
    );
    let addresses = list(19_000, |index| format!("10.{}.{}.0/24", index / 250, index % 250));
    let addresses = policy(&[
        format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::media/*","Condition":{{"IpAddress":{{"aws:SourceIp":[{addresses}]}}}}}}"#
        ),
        PUBLIC_READ.to_owned(),
    ]);
    let resources = list(19_000, |index| format!("arn:aws:s3:::media/{index}/*/x?.jpg"));
    let resources = policy(&[
        format!(r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":[{resources}]}}"#),
        PUBLIC_READ.to_owned(),
    ]);
    let named = |index| format!("arn:aws:iam::222222222222:user/team/u{index}");
    let principals = policy(&[
        format!(
            r#"{{"Effect":"Deny","NotPrincipal":{{"AWS":[{},"222222222222"]}},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::media/*"}}"#,
            list(9_000, named)
        ),
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":[{}]}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::media/*"}}"#,
            list(9_000, |index| format!("arn:aws:iam::333333333333:user/team/u{index}"))
        ),
        PUBLIC_READ.to_owned(),
    ]);
    let stranger = |case: Case| Case {
        caller: user(account("3"), "alice"),
        identity: Some(identity(&policy(&[
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#.to_owned(),
        ]))),
        ..case
    };
    vec![
        base("20 KiB: a statement for each user", &users),
        stranger(base("20 KiB: the same, a user asks", &users)),
        base("20 KiB: a statement for each prefix", &everyone),
        stranger(base("20 KiB: denies with conditions", &conditions)),
        base("20 KiB: address ranges", &addresses),
        base("20 KiB: resources with wildcards", &resources),
        stranger(base("20 KiB: principals", &principals)),
    ]
}

/// Policies that somebody wrote to make decisions slow, against the longest header.
fn hostile() -> Vec<Case> {
    let refer = |pattern: &str| {
        policy(&[
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::media/*","Condition":{{"StringLike":{{"aws:Referer":[{pattern}]}}}}}}"#
            ),
            PUBLIC_READ.to_owned(),
        ])
    };
    let base = |name, pattern: String| Case {
        name,
        aim_nanos: 30_000_000,
        caller: Principal::Anonymous,
        identity: None,
        bucket: bucket(Some(&refer(&pattern))),
        referer: "a".repeat(HEADER_BYTES),
        allowed: true,
    };
    vec![
        base("hostile: *a?a?…ab*", format!("\"*{}b*\"", "a?".repeat(9_900))),
        base("hostile: *??…?b*", format!("\"*{}b*\"", "?".repeat(19_800))),
        base("hostile: *a*a*…*b*", format!("\"{}*b*\"", "*a".repeat(9_900))),
        base("hostile: *a?*a?*…b*", format!("\"{}*b*\"", "*a?".repeat(6_600))),
        base("hostile: many of *a?b0*", list(19_600, |index| format!("*a?b{index}*"))),
        base("hostile: many of *ab0*", list(19_600, |index| format!("*aab{index}*"))),
    ]
}

fn main() {
    let switches = Switches::default();
    let key = ObjectKey::parse("pictures/2026/cat.jpg").unwrap();
    let owner = account("1").canonical_id;
    let public = AccessControlList {
        owner: owner.clone(),
        grants: vec![Grant {
            grantee: Grantee::Group(Group::AllUsers),
            permission: Permission::Read,
        }],
    };
    let mut missed = 0;
    for case in typical().into_iter().chain(large_policies()).chain(hostile()) {
        let context = Context { referer: case.referer.clone() };
        let request = Request {
            caller: &case.caller,
            operation: Operation::GetObject,
            side: Side::Whole,
            bucket: Some(&case.bucket.name),
            key: Some(&key),
            version: None,
            acl: &AclRequest::Absent,
            asks: Asks::default(),
            new_policy_is_public: false,
            context: &context,
        };
        let facts = Facts {
            bucket: Some(&case.bucket),
            object: ObjectFacts::Present { owner: &owner, acl: Some(&public) },
            upload: None,
            identity: case.identity.as_ref(),
            switches: &switches,
        };
        let decision = decide(&request, &facts);
        assert_eq!(
            decision.verdict == Verdict::Allow,
            case.allowed,
            "{}: {}",
            case.name,
            decision.trace
        );
        let nanos = fastest(|| {
            black_box(decide(black_box(&request), black_box(&facts)));
        });
        let mark = if nanos > u128::from(case.aim_nanos) { "MISSED" } else { "" };
        missed += usize::from(!mark.is_empty());
        println!("{:<40} {nanos:>12} ns  aim {:>10} ns  {mark}", case.name, case.aim_nanos);
    }
    println!("{missed} aims missed");
}

/// Nanoseconds of one call, in the fastest batch.
fn fastest(call: impl Fn()) -> u128 {
    let start = Instant::now();
    call();
    let once = start.elapsed().max(Duration::from_nanos(1));
    let calls = (BATCH.as_nanos() / once.as_nanos()).clamp(1, 100_000);
    let batches = if once > Duration::from_millis(5) { 5 } else { BATCHES };
    (0..batches)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                call();
            }
            start.elapsed().as_nanos() / calls
        })
        .min()
        .unwrap_or_default()
}
