//! Every cause of a refusal is explained, and played by a scenario with a real client.

use std::sync::Arc;

use audit::decision_log::{
    BucketSnapshot, CallerSnapshot, Outcome, Record, RecordedCall, RecordedContext, RecordedLock,
    RecordedObject, RecordedRole,
};
use authz::{Asks, BucketFacts, Cause, Policy, Rule, Side, Source, Switches};
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, BucketName, CanonicalUserId,
    LockRefusal, LockedChange, ObjectKey, ObjectLock, ObjectOwnership, Operation, Principal,
    PublicAccessBlock, Retention, RetentionMode, Timestamp, VersionId,
};

use super::*;

/// What carries suggestions out with a real client, and makes the request again.
const SCENARIOS: &str = concat!(
    include_str!("../../../testing/clients/test_explain.py"),
    include_str!("../../../testing/clients/test_explain_settings.py"),
    include_str!("../../../testing/clients/test_explain_calls.py"),
);

const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);
const LATER: Timestamp = Timestamp::from_unix_seconds(1_790_003_600);

/// Where a cause is seen.
enum Shown {
    /// In scenarios with these deciding rules.
    By(&'static [Rule]),
    /// In none, for no request leads to it; here.
    Here(fn() -> Record),
}

fn governance() -> ObjectLock {
    let retention = Retention { mode: RetentionMode::Governance, retain_until: LATER };
    ObjectLock { retention: Some(retention), legal_hold: None }
}

const SOURCES: [Source; 4] = [
    Source::IdentityPolicy,
    Source::PermissionsBoundary,
    Source::SessionPolicy,
    Source::ResourcePolicy,
];

/// One of each cause, with its position among them. Whoever adds a cause says here where it is seen.
fn shown(cause: Cause) -> (usize, Shown) {
    use Rule as R;
    match cause {
        Cause::AnonymousOperation(_) => (0, Shown::By(&[R::AnonymousOperation])),
        Cause::RequesterPays => (1, Shown::By(&[R::RequesterPays])),
        Cause::NoActionKnown => (2, Shown::Here(without_action)),
        Cause::FactsMissing => (3, Shown::Here(without_facts)),
        Cause::ExplicitDeny(source) | Cause::ImplicitDeny(source) => {
            let rules: &[Rule] = match source {
                Source::IdentityPolicy => &[R::IdentityPolicy],
                Source::PermissionsBoundary => &[R::PermissionsBoundary],
                Source::SessionPolicy => &[R::SessionPolicy],
                Source::ResourcePolicy => &[
                    R::BucketPolicy,
                    R::BucketAcl,
                    R::ObjectAcl,
                    R::AclsDisabled,
                    R::ForeignObject,
                    R::TrustPolicy,
                ],
            };
            let denies = usize::from(matches!(cause, Cause::ExplicitDeny(_)));
            let at = SOURCES.iter().position(|one| *one == source).unwrap();
            (4 + 2 * at + denies, Shown::By(rules))
        }
        Cause::RestrictPublicBuckets => (12, Shown::By(&[R::RestrictPublicBuckets])),
        Cause::NotInitiator => (13, Shown::By(&[R::UploadInitiator])),
        Cause::ForeignAclOwner => (14, Shown::By(&[R::ForeignAclOwner])),
        Cause::BlockPublicAcls => (15, Shown::By(&[R::BlockPublicAcls])),
        Cause::BlockPublicPolicy => (16, Shown::By(&[R::BlockPublicPolicy])),
        Cause::AclNotSupported { .. } => (17, Shown::By(&[R::AclNotSupported])),
        Cause::PolicyOfOtherAccount => (18, Shown::By(&[R::PolicyOfOtherAccount])),
        Cause::RootAssumesRole => (19, Shown::By(&[R::RootAssumesRole])),
        Cause::ObjectLock(_) => (20, Shown::By(&[R::ObjectLock])),
    }
}

fn causes() -> Vec<Cause> {
    let lock = LockRefusal { lock: governance(), change: LockedChange::Removal };
    let mut causes = vec![
        Cause::AnonymousOperation(""),
        Cause::RequesterPays,
        Cause::NoActionKnown,
        Cause::FactsMissing,
        Cause::RestrictPublicBuckets,
        Cause::NotInitiator,
        Cause::ForeignAclOwner,
        Cause::BlockPublicAcls,
        Cause::BlockPublicPolicy,
        Cause::AclNotSupported { owner_equivalent: false },
        Cause::PolicyOfOtherAccount,
        Cause::RootAssumesRole,
        Cause::ObjectLock(lock),
    ];
    causes.extend(SOURCES.map(Cause::ExplicitDeny));
    causes.extend(SOURCES.map(Cause::ImplicitDeny));
    causes
}

/// A rule that refuses without being the cause of its own.
const NEVER_DECIDE_A_REFUSAL: [Rule; 7] = [
    Rule::NoPermissionNeeded,
    Rule::ResourcePolicy,
    Rule::RootPolicyEscape,
    Rule::ImplicitOwner,
    Rule::WriterChoosesAcl,
    Rule::AccountRoot,
    Rule::NamesAccountOnly,
];

#[test]
fn every_cause_is_seen() {
    let mut positions: Vec<usize> = causes().into_iter().map(|cause| shown(cause).0).collect();
    positions.sort_unstable();
    assert_eq!(positions, (0..=20).collect::<Vec<_>>(), "a cause is missing from the list");
    let mut seen = NEVER_DECIDE_A_REFUSAL.to_vec();
    // It refuses behind another rule: what is allowed reaches objects of the bucket owner only.
    seen.push(Rule::OwnObjectsOnly);
    for cause in causes() {
        match shown(cause).1 {
            Shown::By(rules) => {
                for rule in rules {
                    let scenario = format!("@scenario(\"{rule:?}\"");
                    assert!(
                        SCENARIOS.contains(&scenario),
                        "no scenario shows {cause:?} by {rule:?}"
                    );
                    seen.push(*rule);
                }
            }
            Shown::Here(record) => {
                let explanation = explain(&record());
                let rule = explanation.rule.unwrap().key;
                assert_eq!(rule, format!("{cause:?}"));
                assert!(explanation.no_change_helps.unwrap().contains("No permission can help"));
                seen.extend(Rule::ALL.iter().copied().find(|one| format!("{one:?}") == rule));
            }
        }
    }
    assert!(SCENARIOS.contains("@scenario(\"HiddenKey\""));
    seen.push(Rule::HiddenKey);
    let unseen: Vec<_> = Rule::ALL.iter().filter(|rule| !seen.contains(rule)).collect();
    assert!(unseen.is_empty(), "no scenario shows {unseen:?}");
}

fn account(digit: char) -> AccountIdentity {
    AccountIdentity {
        id: AccountId::parse(&digit.to_string().repeat(12)).unwrap(),
        canonical_id: CanonicalUserId::parse(&"a".repeat(64)).unwrap(),
    }
}

fn caller(principal: Principal) -> Arc<CallerSnapshot> {
    let (origins, boundary_origin) = (Vec::new(), None);
    Arc::new(CallerSnapshot { principal, identity: None, origins, boundary_origin })
}

fn bucket() -> Arc<BucketSnapshot> {
    let owner = account('1');
    let facts = BucketFacts {
        name: BucketName::parse("photos").unwrap(),
        region: "us-east-1".into(),
        ownership: Some(ObjectOwnership::BucketOwnerEnforced),
        public_access: PublicAccessBlock::NONE,
        policy: None,
        acl: AccessControlList::private(owner.canonical_id.clone()),
        requester_pays: false,
        owner,
    };
    let (public_access, account_public_access) = (PublicAccessBlock::NONE, PublicAccessBlock::NONE);
    Arc::new(BucketSnapshot { facts, public_access, account_public_access })
}

/// The bucket owner's root user asks for something.
fn record(operation: Option<Operation>) -> Record {
    Record {
        time: NOW,
        request_id: "A".into(),
        sequence: 0,
        outcome: Outcome::Refused,
        status: 403,
        error_code: Some("AccessDenied".into()),
        message: None,
        access_key_id: None,
        details: Vec::new(),
        operation,
        side: Side::Whole,
        caller: Some(caller(Principal::Root(account('1')))),
        bucket: Some(bucket()),
        bucket_name: BucketName::parse("photos"),
        key: ObjectKey::parse("cat.jpg").ok(),
        version: Some(VersionId::Null),
        acl: AclRequest::Absent,
        asks: Asks::default(),
        new_policy_is_public: false,
        context: RecordedContext::new(Vec::new(), NOW),
        object: RecordedObject::Missing,
        upload: None,
        steps: Vec::new(),
        deciding: None,
        acl_required: false,
        expected_owner: None,
        switches: Switches::default(),
        lock: None,
        call: None,
    }
}

fn without_action() -> Record {
    record(Some(Operation::RenameObject))
}

fn without_facts() -> Record {
    Record { object: RecordedObject::NotLoaded, ..record(Some(Operation::GetObject)) }
}

/// A removal that Object Lock refuses.
fn locked(lock: ObjectLock, at: Timestamp, bypass_governance: bool) -> Explanation {
    let refusal = LockRefusal { lock, change: LockedChange::Removal };
    explain(&Record {
        lock: Some(RecordedLock { refusal, at }),
        asks: Asks { bypass_governance, ..Asks::default() },
        ..record(Some(Operation::DeleteObject))
    })
}

#[test]
fn a_lock_is_told_with_what_lifts_it() {
    let told = locked(governance(), NOW, false);
    assert_eq!(told.verdict, "refused");
    let lock = told.lock.clone().unwrap();
    assert_eq!((lock.mode.as_deref(), lock.legal_hold), (Some("GOVERNANCE"), false));
    assert_eq!(lock.retain_until.as_deref(), Some("2026-09-21T15:13:20Z"));
    let [plan] = told.plans.as_slice() else { panic!("{:?}", told.plans) };
    assert!(plan.verified && plan.warning.as_ref().unwrap().contains("Object Lock"));
    assert!(plan.commands.concat().contains("--bypass-governance-retention"), "{plan:?}");
    let text = text(&told, "then");
    assert!(text.contains("retention GOVERNANCE until 2026-09-21T15:13:20Z"), "{text}");
    assert!(text.contains("legal hold OFF"), "{text}");
    // What bypasses it, and the end of its time, let the removal through.
    assert_eq!(locked(governance(), NOW, true).verdict, "allowed");
    assert_eq!(locked(governance(), LATER, false).verdict, "allowed");

    let held = ObjectLock { legal_hold: Some(true), retention: None };
    let told = locked(held, NOW, true);
    let [plan] = told.plans.as_slice() else { panic!("{:?}", told.plans) };
    let command = "aws s3api put-object-legal-hold --bucket photos --key cat.jpg --version-id null \
                   --legal-hold Status=OFF";
    assert_eq!(plan.commands, [command]);

    let retention = Retention { mode: RetentionMode::Compliance, retain_until: LATER };
    let told = locked(ObjectLock { retention: Some(retention), ..held }, NOW, true);
    assert!(told.plans.is_empty());
    assert!(told.no_change_helps.unwrap().contains("wait until 2026-09-21T15:13:20Z"));
}

/// A wish to become a role of account 1 with the token of a provider.
fn with_token(trust: Option<&str>) -> Record {
    let provider = format!("arn:aws:iam::{}:oidc-provider/id.example", account('1').id);
    let values = [
        ("id.example:aud", "app"),
        ("id.example:sub", "alice"),
        ("sts:RoleSessionName", "session"),
    ];
    let values = values.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let trust = trust.map(|text| Policy::parse_stored_trust_policy(text).unwrap().into());
    Record {
        caller: Some(caller(Principal::Anonymous)),
        bucket: None,
        bucket_name: None,
        key: None,
        version: None,
        context: RecordedContext::of_call(values.to_vec(), NOW),
        call: Some(RecordedCall {
            actions: vec!["sts:AssumeRoleWithWebIdentity".into()],
            resource: format!("arn:aws:iam::{}:role/team/reader", account('1').id),
            owner: account('1').id,
            role: Some(RecordedRole { trust, provider: Some(provider) }),
        }),
        ..record(None)
    }
}

#[test]
fn a_token_of_a_provider_is_trusted_by_whom_it_speaks_of() {
    let nobody = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Principal":{"Service":"x.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let told = explain(&with_token(Some(nobody)));
    assert_eq!(told.rule.as_ref().unwrap().key, "TrustPolicy");
    assert_eq!(told.request.action.as_deref(), Some("sts:AssumeRoleWithWebIdentity"));
    let [plan] = told.plans.as_slice() else { panic!("{:?}", told.plans) };
    assert!(plan.verified && plan.warning.is_some());
    let command = plan.commands.concat();
    assert!(
        command.starts_with("aws iam update-assume-role-policy --role-name reader "),
        "{command}"
    );
    let condition =
        r#""Condition":{"StringEquals":{"id.example:aud":"app","id.example:sub":"alice"}}"#;
    assert!(command.contains(condition), "{command}");

    let told = explain(&with_token(None));
    assert!(told.plans.is_empty());
    assert!(told.no_change_helps.unwrap().contains("there is no role with this ARN"));
}

/// An account sees of a call by somebody of another one what is its own.
#[test]
fn what_is_of_another_account_is_left_out() {
    let trusting = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole",
        "Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}"#;
    let mut asked = with_token(Some(trusting));
    asked.caller = Some(caller(Principal::Root(account('2'))));
    let call = asked.call.as_mut().unwrap();
    call.actions = vec!["sts:AssumeRole".into()];
    call.role.as_mut().unwrap().provider = None;
    asked.access_key_id = Some("AKIAOTHER".into());
    let mut told = explain(&asked);
    assert_eq!(told.rule.as_ref().unwrap().key, "RootAssumesRole");
    assert!(told.plans.is_empty() && told.not_applying.len() == 1, "{told:?}");
    told.redact_for(&account('1').id.to_string());
    assert_eq!((told.request.access_key_id, told.not_applying.len()), (None, 1));
}

#[test]
fn refusals_before_a_decision() {
    for (code, help) in [
        ("ExpiredToken", "assume the role again"),
        ("InvalidToken", "Make new temporary credentials"),
        ("InvalidClientTokenId", "Use an access key that exists here"),
        ("MissingAuthenticationToken", "Sign the call"),
        ("SlowDown", "the request itself has to be another one"),
    ] {
        let outcome = Outcome::Undecided;
        let record = Record { outcome, error_code: Some(code.into()), ..record(None) };
        let told = explain(&record);
        assert_eq!((told.verdict.as_str(), &told.rule), ("undecided", &None));
        assert!(told.no_change_helps.as_ref().unwrap().contains(help), "{code}: {told:?}");
    }
}
