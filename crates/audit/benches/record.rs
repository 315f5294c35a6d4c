//! What the record of a decision costs the request. `cargo bench -p grantry-audit`;
//! docs/performance.md has the figure.
//!
//! A GET of an object as a client library sends it is described and handed to an open log, in batches;
//! the fastest of many counts, which is what it takes when nothing disturbs it.
#![expect(clippy::unwrap_used, reason = "a bench that cannot run ends at once")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use audit::decision_log::{
    BucketSnapshot, CallerSnapshot, Conclusion, Decided, DecisionLog, DecisionLogOptions, Kept,
    Snapshots,
};
use authz::{
    Asks, BucketFacts, ConditionKey, ContextSource, ContextValue, Facts, ObjectFacts, Request,
    Side, Switches, decide,
};
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, BucketName, CanonicalUserId,
    ObjectKey, ObjectOwnership, Operation, Principal, PublicAccessBlock, Timestamp,
};

const BATCHES: u32 = 400;
const CALLS: u32 = 100;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);

/// What a signed GET has.
struct Signed;

const VALUES: [(ConditionKey, &str); 8] = [
    (ConditionKey::SourceIp, "203.0.113.77"),
    (ConditionKey::SecureTransport, "true"),
    (ConditionKey::TlsVersion, "1.3"),
    (ConditionKey::RequestedRegion, "us-east-1"),
    (ConditionKey::UserAgent, "Boto3/1.43.9 md/Botocore#1.43.9 ua/2.1 os/linux lang/python#3.13"),
    (ConditionKey::AuthType, "REST-HEADER"),
    (ConditionKey::SignatureVersion, "AWS4-HMAC-SHA256"),
    (
        ConditionKey::ContentSha256,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
];

impl ContextSource for Signed {
    fn value(&self, _key: &ConditionKey) -> ContextValue<'_> {
        ContextValue::Absent
    }

    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        for (key, value) in &VALUES {
            tell(key, value);
        }
    }
}

fn bucket() -> BucketFacts {
    let owner = AccountIdentity {
        id: AccountId::parse("111122223333").unwrap(),
        canonical_id: CanonicalUserId::parse(&"a".repeat(64)).unwrap(),
    };
    BucketFacts {
        name: BucketName::parse("media").unwrap(),
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: PublicAccessBlock::default(),
        policy: None,
        acl: AccessControlList::private(owner.canonical_id.clone()),
        requester_pays: false,
        owner,
    }
}

fn main() {
    let (bucket, switches) = (bucket(), Switches::default());
    let caller = Principal::Root(bucket.owner.clone());
    let key = ObjectKey::parse("pictures/2026/cat.jpg").unwrap();
    let request = Request {
        caller: &caller,
        operation: Operation::GetObject,
        side: Side::Whole,
        bucket: Some(&bucket.name),
        key: Some(&key),
        version: None,
        acl: &AclRequest::Absent,
        asks: Asks::default(),
        new_policy_is_public: false,
        context: &Signed,
    };
    let facts = Facts {
        bucket: Some(&bucket),
        object: ObjectFacts::Present { owner: &bucket.owner.canonical_id, acl: None },
        upload: None,
        identity: None,
        switches: &switches,
    };
    let decision = decide(&request, &facts);
    let none = PublicAccessBlock::default();
    let snapshots = Snapshots {
        caller: Some(Arc::new(CallerSnapshot::take(&caller, None, &[], None))),
        bucket: Some(Arc::new(BucketSnapshot::take(&bucket, none, none))),
    };
    let conclusion = Conclusion {
        time: NOW,
        request_id: "7Q2M5ZK3V9T1XJ4B",
        status: 200,
        error_code: None,
        message: None,
        access_key_id: Some("AKIAIOSFODNN7EXAMPLE"),
        details: &[],
    };
    let directory = tempfile::tempdir().unwrap();
    let options = DecisionLogOptions { kept: Kept::All, days: 1, bytes: 64 << 20 };
    let log = DecisionLog::open(directory.path(), options, &switches, || NOW).unwrap();
    let describe = || Decided::new(black_box(&request), &facts, &decision, snapshots.clone(), None);
    let described = fastest(|| drop(black_box(describe())));
    let kept = fastest(|| log.add(&conclusion, vec![describe()]));
    println!("described {described} ns; described and handed to the log {kept} ns");
}

/// Nanoseconds of one call, in the fastest batch.
fn fastest(call: impl Fn()) -> u128 {
    let batch = |_| {
        let start = Instant::now();
        for _ in 0..CALLS {
            call();
        }
        start.elapsed().as_nanos() / u128::from(CALLS)
    };
    (0..BATCHES).map(batch).min().unwrap_or_default()
}
