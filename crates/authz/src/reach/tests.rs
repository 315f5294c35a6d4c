//! Compared with trying: in small worlds, what is said of all requests is said of each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::principal::IamName;
use model::{
    AccessControlList, AccountId, AccountIdentity, AclRequest, BucketName, CannedAcl,
    CanonicalUserId, Grant, Grantee, Group, ObjectKey, ObjectOwnership, Operation, Permission,
    Principal, PublicAccessBlock, VersionId,
};

use super::domain::{TRANSPORTS, Variable};
use super::explorer::Explorer;
use super::outcome::{Outcome, Tree};
use super::*;
use crate::{
    Asks, ConditionKey, ContextSource, ContextValue, Facts, ObjectFacts, Policy, Request, Side,
    Switches, Verdict, decide,
};

mod sessions;
mod words;

pub(crate) const BUCKET: &str = "b-b";
/// Worlds of one run; more with the variable `GRANTRY_REACH_WORLDS`.
const WORLDS: u64 = 100_000;

/// SplitMix64, so that a world is its number.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn number(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).unwrap()
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.number(of.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.number(100) < percent
    }
}

pub(crate) fn account(digit: char) -> AccountIdentity {
    let letter = match digit {
        '1' => "b",
        '2' => "a",
        _ => "c",
    };
    AccountIdentity {
        id: AccountId::parse(&digit.to_string().repeat(12)).unwrap(),
        canonical_id: CanonicalUserId::parse(&letter.repeat(64)).unwrap(),
    }
}

/// Keys of conditions with the values that a request can have, and what a policy compares them with.
#[derive(Clone, Copy)]
struct Topic {
    key: &'static str,
    operators: &'static [&'static str],
    compared: &'static [&'static str],
}

const TEXT: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringEqualsIfExists",
    "StringNotLikeIfExists",
];
const NUMBER: &[&str] = &[
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericGreaterThanEquals",
    "NumericLessThanEqualsIfExists",
];
const DATE: &[&str] =
    &["DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThanEquals"];
const LIST: &[&str] = &[
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
    "ForAnyValue:StringNotEquals",
    "ForAllValues:StringNotLikeIfExists",
    "StringEquals",
];

const TOPICS: &[Topic] = &[
    Topic {
        key: "aws:SourceIp",
        operators: &["IpAddress", "NotIpAddress", "IpAddressIfExists"],
        compared: &["10.0.0.0/24", "10.0.0.0/8", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32"],
    },
    Topic {
        key: "aws:SecureTransport",
        operators: &["Bool", "BoolIfExists"],
        compared: &["true", "false"],
    },
    Topic { key: "s3:TlsVersion", operators: NUMBER, compared: &["1.2", "1.3"] },
    Topic { key: "aws:CurrentTime", operators: DATE, compared: &["2024-01-01", "2024-01-02"] },
    Topic { key: "aws:EpochTime", operators: NUMBER, compared: &["1704067200", "1704067201"] },
    Topic {
        key: "s3:prefix",
        operators: TEXT,
        compared: &["", "a", "a*", "?b", "*/a", "${aws:username}", "${aws:username}/*"],
    },
    Topic {
        key: "s3:x-amz-acl",
        operators: TEXT,
        compared: &["private", "public-*", "bucket-owner-full-control"],
    },
    Topic { key: "aws:UserAgent", operators: TEXT, compared: &["a", "a*", "*b", "B", "K*"] },
    Topic {
        key: "s3:ExistingObjectTag/t",
        operators: TEXT,
        compared: &["a", "b*", "${aws:PrincipalTag/t, 'b'}"],
    },
    Topic { key: "s3:max-keys", operators: NUMBER, compared: &["1", "5", "2.5"] },
    Topic { key: "s3:RequestObjectTagKeys", operators: LIST, compared: &["a", "b", "a*"] },
    Topic { key: "aws:PrincipalTag/T", operators: TEXT, compared: &["a", "b*"] },
    Topic {
        key: "aws:PrincipalArn",
        operators: &["ArnLike", "ArnNotEquals", "StringLike"],
        compared: &["arn:aws:iam::*:user/*", "arn:aws:iam::111111111111:role/r", "arn:*:*:*:2*:*"],
    },
    Topic { key: "aws:username", operators: TEXT, compared: &["a", "x*"] },
    Topic {
        key: "aws:Referer",
        operators: &["ArnLike", "ArnNotLike"],
        compared: &["arn:aws:*:*:a:b", "*"],
    },
];

const NULL_KEYS: &[&str] = &["s3:prefix", "aws:UserAgent", "s3:x-amz-acl", "aws:username"];

pub(crate) const ACTIONS: &[Action] = &[
    Action::GetObject,
    Action::PutObject,
    Action::DeleteObject,
    Action::GetObjectAcl,
    Action::PutObjectAcl,
    Action::GetObjectTagging,
    Action::ListBucket,
    Action::GetBucketAcl,
];

fn condition(dice: &mut Dice) -> String {
    if dice.chance(15) {
        let (key, value) = (dice.one(NULL_KEYS), dice.one(&["true", "false"]));
        return format!(r#""Null":{{"{key}":"{value}"}}"#);
    }
    let topic = dice.one(TOPICS);
    let operator = dice.one(topic.operators);
    let mut values = vec![dice.one(topic.compared)];
    if dice.chance(30) {
        values.push(dice.one(topic.compared));
    }
    // Not every operator has wildcards and variables; none of the values is wrong for one.
    let values: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
    format!(r#""{operator}":{{"{}":[{}]}}"#, topic.key, values.join(","))
}

fn resource(dice: &mut Dice) -> String {
    let name = dice.one(&[
        "b-b",
        "b-b/*",
        "b-b*",
        "b-b/a*",
        "b-b/*a",
        "b-b/?",
        "b-b/a/*",
        "b-b/ab",
        "b-b/*b*",
        "b-b/${aws:username}*",
        "b-?/b?",
        "b-b/a?b",
        "b-b/*/a",
    ]);
    format!("arn:aws:s3:::{name}")
}

fn list(mut items: Vec<String>) -> String {
    items.sort();
    items.dedup();
    let items: Vec<_> = items.iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", items.join(","))
}

fn statement(dice: &mut Dice, principal: Option<&str>) -> String {
    let effect = if dice.chance(35) { "Deny" } else { "Allow" };
    let mut members = vec![format!(r#""Effect":"{effect}""#)];
    if let Some(principal) = principal {
        let negated = effect == "Deny" && dice.chance(15);
        members.push(format!(r#""{}Principal":{principal}"#, if negated { "Not" } else { "" }));
    }
    let action = |dice: &mut Dice| match dice.number(6) {
        0 => "s3:*".to_owned(),
        1 => "s3:Get*".to_owned(),
        _ => dice.one(ACTIONS).name().to_owned(),
    };
    let actions = vec![action(dice), action(dice)];
    let not = if dice.chance(10) { "Not" } else { "" };
    members.push(format!(r#""{not}Action":{}"#, list(actions)));
    let resources = vec![resource(dice), resource(dice)];
    let not = if dice.chance(10) { "Not" } else { "" };
    members.push(format!(r#""{not}Resource":{}"#, list(resources)));
    let conditions: BTreeMap<String, String> = (0..dice.number(3))
        .map(|_| condition(dice))
        .filter_map(|one| {
            one.split_once(':').map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        })
        .collect();
    if !conditions.is_empty() {
        // The name of an operator may hold a colon itself; nothing else here begins with a quote
        // and ends without one.
        let all: Vec<_> = conditions.iter().map(|(name, rest)| format!("{name}:{rest}")).collect();
        members.push(format!(r#""Condition":{{{}}}"#, all.join(",")));
    }
    format!("{{{}}}", members.join(","))
}

const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#""*""#,
    r#"{"AWS":"111111111111"}"#,
    r#"{"AWS":"222222222222"}"#,
    r#"{"AWS":["arn:aws:iam::111111111111:user/a","222222222222"]}"#,
    r#"{"AWS":"arn:aws:iam::111111111111:role/r"}"#,
    r#"{"AWS":"arn:aws:iam::222222222222:user/a"}"#,
    r#"{"AWS":"arn:aws:sts::111111111111:assumed-role/r/s"}"#,
];

pub(crate) fn bucket_policy(dice: &mut Dice) -> Option<Policy> {
    let statements: Vec<_> = (0..=dice.number(3))
        .map(|_| {
            let principal = dice.one(PRINCIPALS);
            statement(dice, Some(principal))
        })
        .collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Policy::parse_stored_bucket_policy(&text, &BucketName::parse(BUCKET).unwrap()).ok()
}

pub(crate) fn identity_policy(dice: &mut Dice) -> Option<Arc<Policy>> {
    let statements: Vec<_> = (0..=dice.number(2)).map(|_| statement(dice, None)).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    Policy::parse_identity_policy(&text).ok().map(Arc::new)
}

fn acl(dice: &mut Dice, owner: &AccountIdentity) -> AccessControlList {
    let mut acl = AccessControlList::private(owner.canonical_id.clone());
    for _ in 0..dice.number(3) {
        let grantee = match dice.number(4) {
            0 => Grantee::Group(Group::AllUsers),
            1 => Grantee::Group(Group::AuthenticatedUsers),
            2 => Grantee::CanonicalUser(account('2').canonical_id),
            _ => Grantee::CanonicalUser(account('1').canonical_id),
        };
        acl.grants.push(Grant { grantee, permission: dice.one(&Permission::ALL) });
    }
    acl
}

fn bucket(dice: &mut Dice) -> BucketFacts {
    let flag = |dice: &mut Dice| dice.chance(25);
    BucketFacts {
        name: BucketName::parse(BUCKET).unwrap(),
        owner: account('1'),
        region: "us-east-1".into(),
        ownership: dice.one(&[
            None,
            Some(ObjectOwnership::BucketOwnerEnforced),
            Some(ObjectOwnership::BucketOwnerPreferred),
            Some(ObjectOwnership::ObjectWriter),
        ]),
        public_access: PublicAccessBlock {
            block_public_acls: flag(dice),
            ignore_public_acls: flag(dice),
            block_public_policy: flag(dice),
            restrict_public_buckets: flag(dice),
        },
        policy: if dice.chance(85) { bucket_policy(dice).map(Arc::new) } else { None },
        acl: acl(dice, &account('1')),
        requester_pays: flag(dice),
    }
}

fn caller(dice: &mut Dice) -> Caller {
    let name = |name: &str| {
        Arc::new(IamName { path: "/".into(), name: name.into(), unique_id: format!("AIDA{name}") })
    };
    let (principal, kind) = match dice.number(7) {
        0 => (Principal::Anonymous, CallerKind::Everyone),
        1 => (Principal::Root(account('1')), CallerKind::Root),
        2 => (Principal::Root(account('2')), CallerKind::Root),
        3 | 4 => (Principal::User { account: account('1'), user: name("a") }, CallerKind::User),
        5 => {
            let session = dice.one(&["s", "t"]);
            let (account, role) = (account('1'), name("r"));
            let session_name = session.into();
            (Principal::AssumedRole { account, role, session_name }, CallerKind::Role)
        }
        _ => (Principal::User { account: account('2'), user: name("a") }, CallerKind::User),
    };
    let has_policies = matches!(kind, CallerKind::User | CallerKind::Role);
    let identity = has_policies.then(|| IdentityFacts {
        policies: (0..dice.number(3)).filter_map(|_| identity_policy(dice)).collect(),
        boundary: if dice.chance(20) { identity_policy(dice) } else { None },
        session: None,
    });
    let tags = (kind == CallerKind::User).then(|| vec![("t".to_owned(), "a".to_owned())]);
    Caller {
        principal,
        identity,
        policy_names: Vec::new(),
        boundary_name: String::new(),
        tags,
        kind,
    }
}

/// One request: values of condition keys by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(pub(crate) BTreeMap<&'static str, ContextValue<'static>>);

impl ContextSource for Values {
    fn value(&self, key: &ConditionKey) -> ContextValue<'_> {
        let name = key.name().to_lowercase();
        self.0.get(name.as_str()).cloned().unwrap_or(ContextValue::Absent)
    }
}

fn text(value: &str) -> ContextValue<'static> {
    ContextValue::One(Cow::Owned(value.to_owned()))
}

fn optional(dice: &mut Dice, values: &[&str]) -> ContextValue<'static> {
    if dice.chance(25) { ContextValue::Absent } else { text(dice.one(values)) }
}

pub(crate) fn values(dice: &mut Dice, caller: &Caller) -> Values {
    let (secure, tls) = dice.one(&TRANSPORTS);
    let second = 1_704_067_200 + dice.one(&[-1_i64, 0, 1, 2, 86_400, 86_401]);
    let now = crate::policy::phrase::date_text(i128::from(second) * 1_000_000_000);
    let keys: &[&[&str]] = &[&["a"], &["b"], &["a", "b"], &["ab", "c"], &["c"]];
    let tag_keys = if dice.chance(30) {
        ContextValue::Absent
    } else {
        ContextValue::Many(dice.one(keys).iter().map(|key| Cow::Borrowed(*key)).collect())
    };
    let principal_tag = match caller.kind {
        CallerKind::User => text("a"),
        CallerKind::Role => optional(dice, &["a", "b", "bc"]),
        _ => ContextValue::Absent,
    };
    let mut values = BTreeMap::from([
        (
            "aws:sourceip",
            text(dice.one(&["10.0.0.1", "10.0.1.1", "192.0.2.1", "1.1.1.1", "2001:db8::5", "::1"])),
        ),
        ("aws:securetransport", text(secure)),
        ("s3:tlsversion", tls.map_or(ContextValue::Absent, text)),
        ("aws:currenttime", text(&now)),
        ("aws:epochtime", text(&second.to_string())),
        ("s3:prefix", optional(dice, &["", "a", "ab", "b/a", "a/x", "bb"])),
        ("aws:useragent", optional(dice, &["a", "ab", "b", "A", "k", "\u{212a}x"])),
        ("s3:existingobjecttag/t", optional(dice, &["a", "b", "bb", "c"])),
        ("s3:max-keys", optional(dice, &["0", "1", "2", "3", "5", "9"])),
        ("s3:requestobjecttagkeys", tag_keys),
        ("aws:referer", optional(dice, &["arn:aws:x:y:a:b", "arn:aws:x:y:a:c", "a"])),
        ("aws:principaltag/t", principal_tag),
    ]);
    if dice.chance(50) {
        let acls = ["private", "public-read", "bucket-owner-full-control", "aws-exec-read"];
        values.insert("s3:x-amz-acl", text(dice.one(&acls)));
    }
    Values(values)
}

/// What a decision says of one request, as the server would ask for it.
pub(crate) fn decided(
    question: &Question<'_>,
    caller: &Caller,
    key: Option<&ObjectKey>,
    object: ObjectFacts<'_>,
    values: &Values,
) -> bool {
    let (operation, versioned) = operation_of(question.action).unwrap();
    let owner = match object {
        ObjectFacts::Present { owner, .. } => {
            crate::ownership::effective_owner(owner, question.bucket)
        }
        _ => &question.bucket.owner.canonical_id,
    };
    let acl = match values.value(&ConditionKey::CannedAcl) {
        ContextValue::One(name) => AclRequest::Canned(CannedAcl::parse(&name).unwrap()),
        _ if operation == Operation::PutObjectAcl => {
            AclRequest::Document(AccessControlList::private(owner.clone()))
        }
        _ => AclRequest::Absent,
    };
    let version = VersionId::Null;
    let tagging = values.value(&ConditionKey::RequestObjectTagKeys) != ContextValue::Absent;
    let request = Request {
        caller: &caller.principal,
        operation,
        side: Side::Whole,
        bucket: Some(&question.bucket.name),
        key,
        version: versioned.then_some(&version),
        acl: &acl,
        asks: Asks { request_payer: true, tagging, ..Asks::default() },
        new_policy_is_public: false,
        context: values,
    };
    let facts = Facts {
        bucket: Some(question.bucket),
        object,
        upload: None,
        identity: caller.identity.as_ref(),
        switches: question.switches,
    };
    decide(&request, &facts).verdict == Verdict::Allow
}

/// What an answer says of one request; also in its own words.
fn told(
    explorer: &Explorer<'_>,
    outcome: &Outcome,
    key: Option<&ObjectKey>,
    values: &Values,
) -> (bool, Vec<Variable>) {
    let class_of = |variable: usize| {
        let division = &explorer.divisions[variable];
        let class = match (&division.variable, key) {
            (Variable::ObjectKey, Some(key)) => {
                let marks = explorer.divider.class_of_key(key.as_str());
                division.classes.iter().position(|class| class.marks == marks)
            }
            _ => explorer.divider.class_of(division, values),
        };
        class.unwrap_or_else(|| panic!("no class of {:?} for {values:?}", division.variable))
    };
    let mut tree = &outcome.tree;
    let mut asked = Vec::new();
    let by_tree = loop {
        match tree {
            Tree::Leaf(allowed) => break *allowed,
            Tree::Branch(variable, arms) => {
                asked.push(explorer.divisions[*variable].variable.clone());
                let class = class_of(*variable);
                tree = &arms.iter().find(|(classes, _)| classes.contains(&class)).unwrap().1;
            }
        }
    };
    let mut ways = Vec::new();
    outcome.tree.ways(&mut Vec::new(), &mut ways);
    let by_words = ways.iter().any(|way| {
        way.iter().all(|(variable, classes)| {
            let told = &outcome.told[*variable];
            let marks = &told.classes[class_of(*variable)].marks;
            told.requirements(classes)
                .iter()
                .any(|all| all.iter().all(|&(mark, value)| marks[mark] == value))
        })
    });
    assert_eq!(by_words, by_tree, "the words and the tree differ");
    (by_tree, asked)
}

/// The request without what it needs further permissions for, unless the answer is about that.
fn plain(asked: &[Variable], mut values: Values) -> Values {
    for (name, key) in [
        ("s3:x-amz-acl", ConditionKey::CannedAcl),
        ("s3:requestobjecttagkeys", ConditionKey::RequestObjectTagKeys),
    ] {
        if !asked.contains(&Variable::of(&key)) {
            values.0.remove(name);
        }
    }
    values
}

#[derive(Default)]
struct Tally {
    requests: u64,
    allowed: u64,
    conditional: u64,
    doubted: u64,
}

const KEYS: [&str; 13] =
    ["a", "b", "/", "ab", "ba", "aa", "a/", "b/", "abb", "a/a", "b/a", "xab", "ax"];

fn check_world(number: u64, tally: &mut Tally) {
    let mut dice = Dice(number.wrapping_mul(0x1234_5678_9abc_def1));
    let bucket = bucket(&mut dice);
    let caller = caller(&mut dice);
    let foreign = KnownObject {
        key: ObjectKey::parse("ab").unwrap(),
        owner: account('2').canonical_id,
        acl: Some(acl(&mut dice, &account('2'))),
        versions: 1,
    };
    let question = Question {
        bucket: &bucket,
        action: dice.one(ACTIONS),
        scope: Scope::Prefix(""),
        objects: &[],
        tags: None,
        switches: &Switches::default(),
        is_amazon: false,
    };
    let on_objects = question.action.resource_type() == crate::ResourceType::Object;
    let is_foreign = on_objects && dice.chance(30);
    let prefix = dice.one(&["", "a", "b/"]);
    let mut explorer = Explorer::new(&question, &caller);
    let outcome = match (on_objects, is_foreign) {
        (true, true) => explorer.on_object(&foreign),
        (true, false) => explorer.on_keys(prefix),
        (false, _) => explorer.on_bucket(),
    };
    if !explorer.doubts().is_empty() {
        tally.doubted += 1;
        return;
    }
    tally.conditional += u64::from(outcome.extent() == Extent::Sometimes);
    for _ in 0..16 {
        let values = values(&mut dice, &caller);
        let key = if is_foreign {
            foreign.key.clone()
        } else {
            let longer = format!("{prefix}{}", dice.one(&KEYS));
            ObjectKey::parse(&longer).unwrap()
        };
        let key = on_objects.then_some(&key);
        let object = match (on_objects, is_foreign, question.action) {
            (false, ..) => ObjectFacts::NotLoaded,
            (_, true, _) => {
                ObjectFacts::Present { owner: &foreign.owner, acl: foreign.acl.as_ref() }
            }
            (_, _, Action::PutObject) => ObjectFacts::Missing,
            _ => ObjectFacts::Present { owner: &bucket.owner.canonical_id, acl: None },
        };
        let (said, asked) = told(&explorer, &outcome, key, &values);
        let values = plain(&asked, values);
        let expected = decided(&question, &caller, key, object, &values);
        let policy = bucket.policy.as_ref().map_or("", |policy| policy.text());
        assert_eq!(
            said, expected,
            "world {number}: {} {:?} {key:?}\n{values:?}\n{policy}\n{:?}\n{:?}",
            caller.principal, question.action, caller.identity, outcome.tree
        );
        tally.requests += 1;
        tally.allowed += u64::from(expected);
    }
}

#[test]
fn what_is_said_of_all_requests_is_true_of_each() {
    let wanted = std::env::var("GRANTRY_REACH_WORLDS").ok().and_then(|text| text.parse().ok());
    let worlds: u64 = wanted.unwrap_or(WORLDS);
    let threads = 4;
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let run = |thread: u64| {
            move || {
                let mut tally = Tally::default();
                (thread..worlds).step_by(threads).for_each(|world| check_world(world, &mut tally));
                tally
            }
        };
        let handles: Vec<_> = (0..threads).map(|thread| scope.spawn(run(thread as u64))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let sum = |count: fn(&Tally) -> u64| tallies.iter().map(count).sum::<u64>();
    let (requests, allowed) = (sum(|tally| tally.requests), sum(|tally| tally.allowed));
    let (conditional, doubted) = (sum(|tally| tally.conditional), sum(|tally| tally.doubted));
    println!(
        "{requests} requests, {allowed} allowed; {conditional} conditional, {doubted} doubted worlds"
    );
    // The comparison is worth something only if all of this occurs.
    assert!(allowed * 20 > requests && allowed * 20 < requests * 19, "{allowed} of {requests}");
    assert!(conditional * 20 > worlds, "{conditional} of {worlds}");
    assert!(doubted * 10 < worlds, "{doubted} of {worlds}");
}
