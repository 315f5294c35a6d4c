use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use authz::{
    ApiDecision, ApiFacts, ApiRequest, Asks, BucketFacts, ConditionKey, ContextSource,
    ContextValue, Decision, Facts, IdentityFacts, ObjectFacts, Policy, Request, RoleFacts,
    RoleRequest, Side, Switches, decide, decide_api, may_assume_role,
};
use model::principal::IamName;
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, BucketName, CannedAcl,
    CanonicalUserId, Grant, Grantee, Group, LockRefusal, LockedChange, ObjectKey, ObjectLock,
    ObjectOwnership, Operation, Permission, Principal, PublicAccessBlock, Retention, RetentionMode,
    Timestamp, VersionId,
};

use super::log::{ALLOWED, REFUSED, files};
use super::*;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);

fn clock() -> Timestamp {
    NOW
}

fn account(id: &str, digit: char) -> AccountIdentity {
    AccountIdentity {
        id: AccountId::parse(id).unwrap(),
        canonical_id: CanonicalUserId::parse(&digit.to_string().repeat(64)).unwrap(),
    }
}

fn alice() -> Principal {
    let name =
        IamName { path: "/team/".into(), name: "alice".into(), unique_id: "AIDAALICE".into() };
    Principal::User { account: account("111122223333", 'a'), user: name.into() }
}

fn bucket() -> BucketFacts {
    let owner = account("444455556666", 'b');
    let name = BucketName::parse("photos").unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow",
        "Principal":{"AWS":"arn:aws:iam::111122223333:user/team/alice"},"Action":"s3:GetObject*",
        "Resource":"arn:aws:s3:::photos/*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},
        "StringEquals":{"s3:ExistingObjectTag/team":"blue"}}}]}"#;
    let mut acl = AccessControlList::private(owner.canonical_id.clone());
    acl.grants
        .push(Grant { grantee: Grantee::Group(Group::AllUsers), permission: Permission::Read });
    BucketFacts {
        policy: Some(Policy::parse_stored_bucket_policy(policy, &name).unwrap().into()),
        name,
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::ObjectWriter),
        public_access: PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::NONE },
        acl,
        requester_pays: false,
        owner,
    }
}

fn identity() -> IdentityFacts {
    let policy = |text: &str| std::sync::Arc::new(Policy::parse_identity_policy(text).unwrap());
    let all = policy(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
    );
    IdentityFacts {
        policies: vec![all.clone()],
        boundary: Some(all.clone()),
        session: Some(vec![all]),
    }
}

fn context(address: &str) -> RecordedContext {
    let values = [
        ("aws:SourceIp", address),
        ("s3:ExistingObjectTag/team", "blue"),
        ("aws:UserAgent", "curl/8"),
        ("s3:RequestObjectTagKeys", "a"),
        ("s3:RequestObjectTagKeys", "b"),
    ];
    let owned = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    RecordedContext::new(owned.to_vec(), NOW)
}

/// Decides a request and describes it.
fn decided(
    address: &str,
    key: &str,
    acl: &AclRequest,
    operation: Operation,
) -> (Decision, Decided) {
    let (caller, bucket, identity) = (alice(), bucket(), identity());
    let (key, version) = (ObjectKey::parse(key).unwrap(), VersionId::Null);
    let context = context(address);
    let request = Request {
        caller: &caller,
        operation,
        side: Side::CopySource,
        bucket: Some(&bucket.name),
        key: Some(&key),
        version: Some(&version),
        acl,
        asks: Asks { copies_source_tags: true, request_payer: true, ..Asks::default() },
        new_policy_is_public: false,
        context: &context,
    };
    let object_acl = AccessControlList::private(bucket.owner.canonical_id.clone());
    let facts = Facts {
        bucket: Some(&bucket),
        object: ObjectFacts::Present { owner: &bucket.owner.canonical_id, acl: Some(&object_acl) },
        upload: None,
        identity: Some(&identity),
        switches: &Switches::default(),
    };
    let decision = decide(&request, &facts);
    let origin = PolicyOrigin {
        name: "everything".into(),
        arn: Some("arn:aws:iam::111122223333:policy/everything".into()),
        holder: ("user".into(), "alice".into()),
    };
    let caller = CallerSnapshot::take(&caller, Some(&identity), &[origin], None);
    let of_bucket = BucketSnapshot::take(&bucket, bucket.public_access, PublicAccessBlock::NONE);
    let snapshots = Snapshots { caller: Some(caller.into()), bucket: Some(of_bucket.into()) };
    let refused = decision.verdict != authz::Verdict::Allow;
    let error_code = refused.then_some("AccessDenied");
    let decided = Decided::new(&request, &facts, &decision, snapshots, error_code);
    (decision, decided)
}

fn get(address: &str, key: &str) -> Decided {
    decided(address, key, &AclRequest::Absent, Operation::GetObject).1
}

fn options(bytes: u64) -> DecisionLogOptions {
    DecisionLogOptions { kept: Kept::All, days: 2, bytes }
}

fn open(directory: &Path) -> DecisionLog {
    DecisionLog::open(directory, options(64 << 20), &Switches::default(), clock).unwrap()
}

fn conclude(request_id: &str, seconds: i64) -> Conclusion<'_> {
    Conclusion {
        time: Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds),
        request_id,
        status: 200,
        error_code: None,
        message: None,
        access_key_id: Some("AKIAALICE"),
        details: &[],
    }
}

fn ids(directory: &Path, filter: &Filter) -> Vec<String> {
    let found = search(directory, filter, None, 100).unwrap().unwrap();
    found.records.into_iter().map(|record| record.request_id).collect()
}

#[test]
fn a_record_decides_as_the_request_did() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let canned = AclRequest::Canned(CannedAcl::PublicRead);
    let document = AclRequest::Document(bucket().acl);
    let grants = AclRequest::Grants(bucket().acl.grants);
    let mut expected = Vec::new();
    for (index, (address, acl, operation)) in [
        ("192.0.2.1", &AclRequest::Absent, Operation::CopyObject),
        ("203.0.113.1", &canned, Operation::GetObject),
        ("192.0.2.1", &grants, Operation::GetObject),
        ("192.0.2.1", &document, Operation::PutObjectAcl),
    ]
    .into_iter()
    .enumerate()
    {
        let (decision, decided) = decided(address, "a/ü.jpg", acl, operation);
        log.add(&conclude(&format!("ID{index}"), 0), vec![decided]);
        expected.push((decision, acl, operation));
    }
    log.flush();
    let found = search(log.directory(), &Filter::default(), None, 10).unwrap().unwrap();
    assert_eq!((found.records.len(), found.next), (4, None));
    for (record, (decision, acl, operation)) in found.records.iter().rev().zip(&expected) {
        assert_eq!((&record.acl, record.operation), (*acl, Some(*operation)));
        assert_eq!(record.steps, decision.trace.steps());
        assert_eq!(record.deciding, decision.trace.deciding_index());
        assert_eq!(record.replay().unwrap().ask(decide).as_ref(), Some(decision));
        assert_eq!(record.caller_name().unwrap(), "arn:aws:iam::111122223333:user/team/alice");
        assert_eq!(record.user_agent(), Some("curl/8"));
        let caller = record.caller.as_ref().unwrap();
        assert_eq!(caller.origins[0].name, "everything");
        let text = bucket().policy.unwrap().text().to_owned();
        assert_eq!(record.bucket.as_ref().unwrap().facts.policy.as_ref().unwrap().text(), text);
    }
}

/// Facts that many requests share are stored once, and a torn end hides nothing but itself.
#[test]
fn a_crash_tears_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    for index in 0..100 {
        log.add(&conclude(&format!("ID{index:03}"), index), vec![get("192.0.2.1", "k")]);
    }
    drop(log);
    let file = files(directory.path()).unwrap().pop().unwrap();
    assert!(file.bytes < 100 * 700, "{}", file.bytes);
    assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
    let whole = fs::read(&file.path).unwrap();
    assert_eq!(whole.windows(10).filter(|window| *window == b"\"Sid\":\"Rea").count(), 1);
    for torn in [1, 9, 300, 650] {
        fs::write(&file.path, &whole[..whole.len() - torn]).unwrap();
        let expected = if torn < 500 { 99 } else { 98 };
        assert_eq!(ids(directory.path(), &Filter::default()).len(), expected, "{torn}");
    }
    OpenOptions::new().append(true).open(&file.path).unwrap().write_all(b"\x05\0\0\0zz").unwrap();
    // A new process begins a file of its own.
    let log = open(directory.path());
    log.add(&conclude("NEW", 200), vec![get("192.0.2.1", "k")]);
    log.flush();
    assert_eq!(ids(directory.path(), &Filter::default()).first().unwrap(), "NEW");
    assert_eq!(log.counts(), DecisionLogCounts { written: 1, dropped: 0 });
}

#[test]
fn records_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    log.add(&conclude("A", 1), vec![get("192.0.2.1", "x/1")]);
    log.add(&conclude("B", 2), vec![get("203.0.113.1", "x/2"), get("192.0.2.1", "y/3")]);
    log.flush();
    let check = |filter: Filter, expected: &[&str]| {
        assert_eq!(ids(directory.path(), &filter), expected, "{filter:?}");
    };
    check(Filter::default(), &["B", "B", "A"]);
    check(Filter { request_id: Some("A".into()), ..Filter::default() }, &["A"]);
    check(Filter { key_prefix: Some("x/".into()), ..Filter::default() }, &["B", "A"]);
    check(Filter { bucket: Some("photos".into()), ..Filter::default() }, &["B", "B", "A"]);
    check(Filter { bucket: Some("photo".into()), ..Filter::default() }, &[]);
    check(Filter { outcome: Some(Outcome::Refused), ..Filter::default() }, &["B"]);
    check(Filter { caller: Some("anonymous".into()), ..Filter::default() }, &[]);
    let at = |seconds| Some(Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds));
    check(Filter { after: at(2), ..Filter::default() }, &["B", "B"]);
    check(Filter { before: at(2), ..Filter::default() }, &["A"]);
    let of = |id| Some(AccountId::parse(id).unwrap());
    check(Filter { visible_to: of("444455556666"), ..Filter::default() }, &["B", "B", "A"]);
    check(Filter { visible_to: of("111122223333"), ..Filter::default() }, &[]);
    let mut from: Option<String> = None;
    let mut pages = Vec::new();
    loop {
        let page = search(directory.path(), &Filter::default(), from.as_deref(), 2);
        let page = page.unwrap().unwrap();
        let names: Vec<_> = page
            .records
            .iter()
            .map(|record| (record.request_id.clone(), record.sequence))
            .collect();
        pages.push(names);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let named = |name: &str, sequence| (name.to_owned(), sequence);
    assert_eq!(pages, [vec![named("B", 1), named("B", 0)], vec![named("A", 0)]]);
    assert!(search(directory.path(), &Filter::default(), Some("x"), 2).unwrap().is_none());
}

#[test]
fn refusals_alone_or_nothing() {
    for (kept, expected) in [(Kept::Refusals, vec!["B"]), (Kept::Nothing, vec![])] {
        let directory = tempfile::tempdir().unwrap();
        let options = DecisionLogOptions { kept, ..options(1 << 20) };
        let switches = Switches::default();
        let log = DecisionLog::open(directory.path(), options, &switches, clock).unwrap();
        log.add(&conclude("A", 1), vec![get("192.0.2.1", "x")]);
        log.add(&conclude("B", 2), vec![get("203.0.113.1", "x")]);
        log.flush();
        assert_eq!(ids(directory.path(), &Filter::default()), expected);
    }
}

/// What Object Lock refuses is kept where refusals are, although the decision allowed it.
#[test]
fn a_lock_refuses_what_was_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let options = DecisionLogOptions { kept: Kept::Refusals, ..options(1 << 20) };
    let log = DecisionLog::open(directory.path(), options, &Switches::default(), clock).unwrap();
    let retention = |mode| Retention { mode, retain_until: Timestamp::from_unix_seconds(9) };
    let of = |mode, legal_hold| ObjectLock { retention: Some(retention(mode)), legal_hold };
    let governance = of(RetentionMode::Governance, Some(false));
    let refusals = [
        LockRefusal { lock: governance, change: LockedChange::Removal },
        LockRefusal {
            lock: of(RetentionMode::Compliance, None),
            change: LockedChange::Retention(None),
        },
        LockRefusal {
            lock: ObjectLock { retention: None, legal_hold: Some(true) },
            change: LockedChange::Retention(governance.retention),
        },
    ];
    for (seconds, refusal) in (0..).zip(refusals) {
        let mut locked = get("192.0.2.1", "k");
        assert_eq!(locked.outcome(), Outcome::Allowed);
        locked.refuse_by_lock(refusal);
        log.add(&conclude("LOCKED", seconds), vec![get("192.0.2.1", "k"), locked]);
    }
    log.flush();
    let found = search(directory.path(), &Filter::default(), None, 10).unwrap().unwrap().records;
    let locks: Vec<_> = found.iter().rev().map(|record| record.lock.unwrap().refusal).collect();
    assert_eq!(locks, refusals);
    assert!(found.iter().all(|record| record.lock.unwrap().at == record.time));
    assert!(found.iter().all(|record| record.outcome == Outcome::Refused && record.sequence == 1));
}

/// Values as a call of IAM has them.
struct Values(&'static [(&'static str, &'static [&'static str])]);

impl ContextSource for Values {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        match self.0.iter().find(|(name, _)| key.is_named(name)) {
            None => ContextValue::Absent,
            Some((_, [one])) if !key.is_multivalued() => ContextValue::One((*one).into()),
            Some((_, values)) => {
                ContextValue::Many(values.iter().map(|value| (*value).into()).collect())
            }
        }
    }

    fn each(&self, tell: &mut dyn FnMut(&ConditionKey, &str)) {
        for (name, values) in self.0 {
            values.iter().for_each(|value| tell(&ConditionKey::parse(name), value));
        }
    }
}

const VALUES: Values = Values(&[
    ("aws:SourceIp", &["192.0.2.1"]),
    ("aws:TagKeys", &["team"]),
    ("iam:ResourceTag/Team", &["blue"]),
    ("id.example:amr", &["pwd", "otp"]),
    ("sts:ExternalId", &["x"]),
]);

fn decide_call<R>(record: &Record, decided: impl FnOnce(ApiDecision<'_>) -> R) -> Option<R> {
    record.ask_call(|asked| match asked {
        AskedCall::Action(request, facts) => decided(decide_api(&request, &facts)),
        AskedCall::Role(request, facts) => decided(may_assume_role(&request, &facts)),
    })
}

/// Keys of other services too, in any letter case, and those with several values.
#[test]
fn the_context_of_a_call_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let principal = alice();
    let request = ApiRequest {
        caller: &principal,
        action: "iam:TagUser",
        resource: "arn:aws:iam::111122223333:user/bob",
        context: &VALUES,
    };
    let (owner, switches) = (account("111122223333", 'a').id, Switches::default());
    let facts = ApiFacts { owner, resource_policy: None, identity: None, switches: &switches };
    let decision = decide_api(&request, &facts);
    let call = DecidedCall {
        actions: &[request.action],
        resource: request.resource,
        owner,
        role: None,
        context: &VALUES,
        decision: &decision,
    };
    let caller = CallerSnapshot::take(&principal, None, &[], None);
    log.add(
        &conclude("CALL", 0),
        vec![Decided::of_call(&call, caller.into(), Some("AccessDenied"))],
    );
    log.flush();
    let found = search(directory.path(), &Filter::default(), None, 10).unwrap().unwrap().records;
    let [record] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((record.outcome, record.operation_name()), (Outcome::Refused, Some("iam:TagUser")));
    let is_same = decide_call(record, |again| {
        again.refusal == decision.refusal && again.trace == decision.trace
    });
    assert_eq!(is_same, Some(true));
    for key in [
        "AWS:sourceip",
        "aws:tagkeys",
        "iam:resourcetag/TEAM",
        "id.example:amr",
        "STS:ExternalId",
        "sts:x",
    ] {
        let key = ConditionKey::parse(key);
        assert_eq!(record.context.value(&key), VALUES.value(&key), "{key:?}");
    }
    let visible = |id| {
        ids(directory.path(), &Filter { visible_to: AccountId::parse(id), ..Filter::default() })
    };
    assert_eq!((visible("111122223333").len(), visible("444455556666").len()), (1, 0));
}

/// Who may assume a role is decided again by the trust policy of then.
#[test]
fn a_wish_to_assume_a_role_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","sts:TagSession"],
        "Condition":{"StringEquals":{"sts:ExternalId":"x"}}}}"#;
    let trust = Policy::parse_stored_trust_policy(text).unwrap();
    let (principal, switches) = (alice(), Switches::default());
    let owner = account("444455556666", 'b').id;
    let role = "arn:aws:iam::444455556666:role/reader";
    let everything =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let everything = Policy::parse_identity_policy(everything).unwrap().into();
    let identity = IdentityFacts { policies: vec![everything], ..IdentityFacts::default() };
    let contexts: [(_, &dyn ContextSource); 2] = [(0, &VALUES), (1, &authz::NoContext)];
    for (seconds, context) in contexts {
        let actions = ["sts:AssumeRole", "sts:TagSession"];
        let request =
            RoleRequest { caller: &principal, provider: None, actions: &actions, role, context };
        let facts = RoleFacts {
            owner,
            trust: Some(&trust),
            identity: Some(&identity),
            switches: &switches,
        };
        let decision = may_assume_role(&request, &facts);
        assert_eq!(decision.is_allowed(), seconds == 0);
        let call = DecidedCall {
            actions: &actions,
            resource: role,
            owner,
            role: Some(DecidedRole { trust: Some(&trust), provider: None }),
            context,
            decision: &decision,
        };
        let caller = CallerSnapshot::take(&principal, Some(&identity), &[], None);
        log.add(&conclude("ROLE", seconds), vec![Decided::of_call(&call, caller.into(), None)]);
        log.flush();
        let found = search(directory.path(), &Filter::default(), None, 1).unwrap().unwrap().records;
        let again = decide_call(&found[0], |again| {
            again.refusal == decision.refusal && again.trace == decision.trace
        });
        assert_eq!(again, Some(true));
    }
}

/// Many permitted requests drive out older ones of their kind, and no refusal.
#[test]
fn the_size_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let limit = 1 << 20;
    let log =
        DecisionLog::open(directory.path(), options(limit), &Switches::default(), clock).unwrap();
    log.add(&conclude("REFUSED", 0), vec![get("203.0.113.1", "x")]);
    let key = "k".repeat(1000);
    for index in 0..2000 {
        log.add(&conclude(&format!("ID{index:05}"), 1), vec![get("192.0.2.1", &key)]);
        if index % 50 == 0 {
            log.flush();
        }
    }
    drop(log);
    let total: u64 = files(directory.path()).unwrap().iter().map(|file| file.bytes).sum();
    assert!(total <= limit, "{total}");
    assert!(total > limit / 2, "{total}");
    let found =
        ids(directory.path(), &Filter { request_id: Some("REFUSED".into()), ..Filter::default() });
    assert_eq!(found.len(), 1);
    assert_eq!(ids(directory.path(), &Filter::default()).first().unwrap(), "ID01999");
}

#[test]
fn what_is_too_old_goes() {
    let directory = tempfile::tempdir().unwrap();
    let days = |days: i64| NOW.unix_millis - days * 24 * 3600 * 1000;
    for (stream, age) in [(REFUSED, 4), (REFUSED, 2), (ALLOWED, 4), (ALLOWED, 1)] {
        let name = format!("{stream}{:020}", days(age));
        fs::write(directory.path().join(name), b"not one of ours").unwrap();
    }
    let log = open(directory.path());
    log.flush();
    let left: Vec<_> = files(directory.path())
        .unwrap()
        .iter()
        .map(|file| (file.stream, (NOW.unix_millis - file.started_millis) / 86_400_000))
        .collect();
    assert_eq!(left, [(REFUSED, 2), (ALLOWED, 1)]);
    assert!(ids(directory.path(), &Filter::default()).is_empty());
}
