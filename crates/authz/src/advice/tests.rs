//! In small buckets, the policy gives what the ACLs gave, and nobody more.

use std::sync::Arc;

use model::{
    AccountId, BucketName, Grant, ObjectOwnership, Permission, Principal, PublicAccessBlock,
};

use super::*;
use crate::policy::{PolicyOptions, PrincipalDirectory};
use crate::{Action, Switches};

struct Dice(u64);

impl Dice {
    fn number(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.number(of.len())].clone()
    }
}

struct Everybody;

impl PrincipalDirectory for Everybody {
    fn account_exists(&self, _: &str) -> bool {
        true
    }
    fn canonical_id_exists(&self, _: &str) -> bool {
        true
    }
    fn iam_arn_exists(&self, _: &str) -> bool {
        true
    }
    fn unique_id_exists(&self, _: &str) -> bool {
        true
    }
}

fn account(letter: char) -> AccountIdentity {
    let digit = u64::from(u32::from(letter) - u32::from('a')) + 1;
    AccountIdentity {
        id: AccountId::from_number(111_111_111_111 * digit).unwrap(),
        canonical_id: CanonicalUserId::parse(&letter.to_string().repeat(64)).unwrap(),
    }
}

fn acl(dice: &mut Dice, owner: &CanonicalUserId, permissions: &[Permission]) -> AccessControlList {
    let grantees = [
        Grantee::Group(Group::AllUsers),
        Grantee::Group(Group::AuthenticatedUsers),
        Grantee::Group(Group::LogDelivery),
        Grantee::CanonicalUser(account('a').canonical_id),
        Grantee::CanonicalUser(account('c').canonical_id),
        Grantee::CanonicalUser(account('d').canonical_id),
    ];
    let mut acl = AccessControlList::private(owner.clone());
    for _ in 0..dice.number(3) {
        acl.grants.push(Grant { grantee: dice.one(&grantees), permission: dice.one(permissions) });
    }
    acl
}

fn bucket(dice: &mut Dice) -> BucketFacts {
    let owner = account('b');
    BucketFacts {
        name: BucketName::parse("b-b").unwrap(),
        acl: acl(dice, &owner.canonical_id, &Permission::ALL),
        owner,
        region: "us-east-1".into(),
        ownership: dice.one(&[None, Some(ObjectOwnership::ObjectWriter)]),
        public_access: PublicAccessBlock {
            ignore_public_acls: dice.number(4) == 0,
            ..PublicAccessBlock::NONE
        },
        policy: None,
        requester_pays: false,
    }
}

const KEYS: [&str; 12] = [
    "a",
    "a*",
    "b$?",
    "d/1",
    "d/2",
    "d/e/1",
    "d/e/2",
    "d/f",
    "e/1",
    "e/2",
    "e/2/x",
    "\u{e9}/\u{e9}",
];

fn versions(dice: &mut Dice, per_key: usize) -> Vec<SeenVersion> {
    let owners = [
        account('b').canonical_id,
        account('b').canonical_id,
        account('a').canonical_id,
        CanonicalUserId::anonymous(),
    ];
    let mut seen = Vec::new();
    for key in KEYS {
        for at in 0..dice.number(per_key + 1) {
            let owner = dice.one(&owners);
            let is_marker = per_key > 1 && dice.number(5) == 0;
            let acl = (!is_marker && dice.number(3) > 0).then(|| {
                acl(
                    dice,
                    &owner,
                    &[
                        Permission::Read,
                        Permission::FullControl,
                        Permission::ReadAcp,
                        Permission::WriteAcp,
                    ],
                )
            });
            let key = ObjectKey::parse(key).unwrap();
            seen.push(SeenVersion { key, owner, acl, is_latest: at == 0, is_marker });
        }
    }
    seen
}

fn check(number: u64, per_key: usize) -> (usize, usize) {
    let mut dice = Dice(number * 2 + 1);
    let before = bucket(&mut dice);
    let versions = versions(&mut dice, per_key);
    let mut gatherer = Gatherer::new(&before);
    for version in versions.iter().cloned() {
        gatherer.add(version);
    }
    let gathered = gatherer.finish();
    let accounts = [account('a'), account('b'), account('c')];
    let made = equivalent(&before, &gathered, None, &accounts, Writes::OwnOnly).unwrap();
    let policy = made.policy.as_deref().map(|text| {
        let options = PolicyOptions::default();
        Arc::new(Policy::parse_bucket_policy(text, &before.name, &Everybody, options).unwrap())
    });
    let after = without_acls(&before, policy);
    let root = |letter: char| (letter.to_string(), Principal::Root(account(letter)), None);
    let mut callers = vec![
        ("everyone".to_owned(), Principal::Anonymous, None),
        ("logs".to_owned(), Principal::Service("logging.s3.amazonaws.com"), None),
    ];
    callers.extend(['a', 'b', 'c', 'd', 'e'].map(root));
    let switches = Switches::default();
    let mut comparison = Comparison::new(&before, &after, &switches, callers);
    comparison.add_bucket();
    for version in &versions {
        comparison.add(version);
    }
    for difference in comparison.finish() {
        let context = || {
            format!(
                "world {number}: {difference:?}\n{:?}\n{versions:?}\n{:?}",
                made.policy, before.acl
            )
        };
        match difference.direction {
            // The log delivery service writes keys of its own, which no policy can name.
            Direction::Gains => assert!(
                difference.who == "b"
                    || (difference.who == "logs" && difference.action == Action::PutObject),
                "{}",
                context()
            ),
            // Nobody changes ACLs any more; single versions and keys of several owners are told.
            Direction::Loses => assert!(
                difference.action == Action::PutObjectAcl
                    || (per_key > 1
                        && matches!(
                            difference.action,
                            Action::GetObjectVersion
                                | Action::GetObjectVersionAcl
                                | Action::PutObject
                                | Action::DeleteObject
                                | Action::DeleteObjectVersion
                        )),
                "{}",
                context()
            ),
        }
    }
    (made.added, made.policy.map_or(0, |text| text.matches("arn:aws:s3:::").count()))
}

#[test]
fn the_policy_gives_what_acls_gave_and_nobody_more() {
    let statements: usize = (0..4000).map(|number| check(number, 1).0).sum();
    assert!(statements > 4000, "{statements}");
    for number in 0..4000 {
        check(number, 3);
    }
}

fn public(key: &str) -> SeenVersion {
    let owner = account('b').canonical_id;
    let mut acl = AccessControlList::private(owner.clone());
    acl.grants
        .push(Grant { grantee: Grantee::Group(Group::AllUsers), permission: Permission::Read });
    SeenVersion {
        key: ObjectKey::parse(key).unwrap(),
        owner,
        acl: Some(acl),
        is_latest: true,
        is_marker: false,
    }
}

fn resources(versions: Vec<SeenVersion>) -> Vec<String> {
    let mut before = bucket(&mut Dice(1));
    before.acl = AccessControlList::private(before.owner.canonical_id.clone());
    before.public_access = PublicAccessBlock::NONE;
    let mut gatherer = Gatherer::new(&before);
    for version in versions {
        gatherer.add(version);
    }
    let made = equivalent(&before, &gatherer.finish(), None, &[], Writes::OwnOnly).unwrap();
    let Some(text) = made.policy else { return Vec::new() };
    let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 1, "{text}");
    let resources = policy["Statement"][0]["Resource"].as_array().unwrap();
    resources.iter().map(|one| one.as_str().unwrap().replace("arn:aws:s3:::b-b/", "")).collect()
}

#[test]
fn whole_directories_are_said_by_their_prefix() {
    let private = |key: &str| SeenVersion { acl: None, ..public(key) };
    let all = |keys: &[&str]| keys.iter().map(|key| public(key)).collect::<Vec<_>>();
    assert_eq!(resources(all(&["a", "b/c", "b/d/e"])), ["*"]);
    assert_eq!(resources(all(&["a"])), ["a"]);
    let mut versions = all(&["a/1", "a/2", "b/1"]);
    versions.push(private("b/2"));
    versions.extend(all(&["c/d/1", "c/d/2"]));
    versions.push(private("c/e"));
    assert_eq!(resources(versions), ["a/*", "c/d/*", "b/1"]);
    assert_eq!(resources(vec![private("a"), public("b*")]), ["b${*}"]);
}

#[test]
fn what_does_not_fit_is_told() {
    let mut before = bucket(&mut Dice(1));
    before.acl = AccessControlList::private(before.owner.canonical_id.clone());
    before.public_access = PublicAccessBlock::NONE;
    let mut gatherer = Gatherer::new(&before);
    for number in 0..2000 {
        let version = public(&format!("directory/{number:08}"));
        gatherer.add(if number % 2 == 0 { version } else { SeenVersion { acl: None, ..version } });
    }
    let made = equivalent(&before, &gatherer.finish(), None, &[], Writes::OwnOnly).unwrap();
    let text = made.policy.unwrap();
    assert!(crate::policy::normalized_length_bytes(&text) <= 20_480);
    assert!(made.lost.iter().any(|lost| lost.why.contains("20480")), "{:?}", made.lost);
}
