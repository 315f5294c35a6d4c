use model::{
    AccountId, AccountIdentity, BucketName, CanonicalUserId, Grant, Grantee, Group,
    ObjectOwnership, Permission, PublicAccessBlock,
};

use super::*;

fn canonical(letter: &str) -> CanonicalUserId {
    CanonicalUserId::parse(&letter.repeat(64)).unwrap()
}

fn bucket(policy: Option<&str>) -> BucketFacts {
    let name = BucketName::parse("photos").unwrap();
    let owner = AccountIdentity {
        id: AccountId::parse("111122223333").unwrap(),
        canonical_id: canonical("b"),
    };
    BucketFacts {
        policy: policy
            .map(|text| Arc::new(Policy::parse_stored_bucket_policy(text, &name).unwrap())),
        name,
        acl: AccessControlList::private(owner.canonical_id.clone()),
        owner,
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::ObjectWriter),
        public_access: PublicAccessBlock::NONE,
        requester_pays: false,
    }
}

fn public() -> AccessControlList {
    let mut acl = AccessControlList::private(canonical("b"));
    let grantee = Grantee::Group(Group::AllUsers);
    acl.grants.push(Grant { grantee, permission: Permission::Read });
    acl
}

fn version(key: &str, acl: Option<AccessControlList>) -> SeenVersion {
    SeenVersion {
        key: ObjectKey::parse(key).unwrap(),
        owner: canonical("b"),
        acl,
        is_latest: true,
        is_marker: false,
    }
}

fn request(operation: Operation, key: &str, requester: Option<&str>) -> LoggedRequest {
    LoggedRequest {
        requester: requester.map(str::to_owned),
        user_agent: Some("program".into()),
        operation,
        side: Side::Whole,
        key: Some(ObjectKey::parse(key).unwrap()),
        version: None,
        was_allowed: true,
        acl_required: true,
        acl: None,
        context: Vec::new(),
    }
}

/// Needed, sent, refused, allowed, unclear.
fn check(requests: Vec<LoggedRequest>, versions: &[SeenVersion], expected: [u64; 5]) {
    let before = bucket(None);
    let after = without_acls(&before, None);
    let mut logged = LoggedRequests::new(None);
    for request in requests {
        logged.add(request);
    }
    let mut accounts = KnownAccounts::default();
    accounts.add(before.owner.clone());
    let switches = Switches::default();
    let mut replay = LogReplay::new(logged, (&before, &after), &switches, &mut accounts);
    for version in versions {
        replay.add(version, "null");
    }
    let mut found = [0; 5];
    for line in replay.finish().0 {
        let RequestLine {
            needed_acl, sent_acl, would_be_refused, would_be_allowed, unclear, ..
        } = line;
        let counts = [needed_acl, sent_acl, would_be_refused, would_be_allowed, unclear];
        for (sum, count) in found.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn an_acl_that_is_gone_is_missed() {
    let read = || request(Operation::GetObject, "a", None);
    let versions = [version("a", Some(public())), version("b", None)];
    check(vec![read(), read()], &versions, [2, 0, 2, 0, 0]);
    // What the object has today did not let the request through.
    check(vec![request(Operation::GetObject, "b", None)], &versions, [1, 0, 0, 0, 1]);
    // Nor does anybody know what an object that has gone had.
    check(vec![request(Operation::GetObject, "gone", None)], &versions, [1, 0, 0, 0, 1]);
    let refused = LoggedRequest { was_allowed: false, acl_required: false, ..read() };
    check(
        vec![LoggedRequest { key: Some(ObjectKey::parse("b").unwrap()), ..refused }],
        &versions,
        [0; 5],
    );
}

#[test]
fn an_acl_that_was_sent_is_refused_afterwards() {
    let user = "arn:aws:iam::111122223333:user/uploader";
    let write = || request(Operation::PutObject, "a", Some(user));
    let versions = [version("a", Some(public()))];
    check(vec![write()], &versions, [0, 1, 1, 0, 0]);
    let plain = LoggedRequest { acl_required: false, ..write() };
    check(vec![plain], &versions, [0; 5]);
    let harmless = LoggedRequest { acl: Some(SentAcl::BucketOwnerFullControl), ..write() };
    check(vec![harmless], &versions, [1, 1, 0, 0, 0]);
    check(vec![request(Operation::PutObjectAcl, "a", Some(user))], &versions, [0, 1, 1, 0, 0]);
    let unknown = request(Operation::GetObject, "a", Some("svc:s3.amazonaws.com"));
    check(vec![unknown], &versions, [0, 0, 0, 0, 1]);
}

#[test]
fn use_of_the_policy_is_told() {
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::photos/*",
         "Condition":{"StringEquals":{"aws:Referer":"x"}}},
        {"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::photos"}]}"#;
    let before = bucket(Some(policy));
    let mut logged = LoggedRequests::new(before.policy.as_deref());
    for _ in 0..12 {
        let context =
            vec![(ConditionKey::Referer, "x".to_owned()), (ConditionKey::UserAgent, "y".into())];
        logged.add(LoggedRequest { context, ..request(Operation::GetObject, "d/a", None) });
    }
    assert_eq!((logged.seen(), logged.distinct), (12, 1));
    let mut accounts = KnownAccounts::default();
    let switches = Switches::default();
    let mut replay = LogReplay::new(logged, (&before, &before), &switches, &mut accounts);
    replay.add(&version("d/a", None), "null");
    let findings = replay.finish().1.findings(before.policy.as_deref().unwrap());
    let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "12 requests needed this statement, none of them for s3:PutObject; their keys begin with \
             \"d/a\"",
            "none of 12 logged requests needed this statement",
        ]
    );
}
