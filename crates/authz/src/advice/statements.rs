//! The bucket policy that gives what ACLs gave.

use std::collections::{BTreeMap, BTreeSet};

use model::limits::BUCKET_POLICY_BYTES_MAX;
use model::{AccountIdentity, Permission};
use serde_json::{Map, Value, json};

use super::{Beneficiary, Gathered, Item, account_id};
use crate::BucketFacts;
use crate::acl::AclsInForce;
use crate::policy::normalized_length_bytes;

/// Whether those who may create new keys by bucket WRITE may then write every key. No policy can tell
/// new keys from those of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writes {
    /// They may only replace what is theirs.
    #[default]
    OwnOnly,
    /// They may write every key.
    Everything,
}

/// A policy that gives what ACLs give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Equivalent {
    /// The whole new policy, with what the bucket has already; absent if none is needed.
    pub policy: Option<String>,
    /// How many statements are new.
    pub added: usize,
    /// What it does not give.
    pub lost: Vec<Lost>,
}

/// Something that ACLs give and the policy does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whom.
    pub who: String,
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// A statement in the making: to whom, what, on what.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Draft {
    to: Vec<Beneficiary>,
    actions: BTreeSet<&'static str>,
    /// Resources behind the name of the bucket; an empty text is the bucket itself.
    resources: Vec<String>,
}

/// The policy. `existing` is the policy as it is shown.
pub fn equivalent(
    bucket: &BucketFacts,
    gathered: &Gathered,
    existing: Option<&str>,
    accounts: &[AccountIdentity],
    writes: Writes,
) -> Result<Equivalent, String> {
    let mut equivalent = Equivalent::default();
    let mut drafts = of_objects(gathered);
    drafts.extend(of_bucket(bucket, writes, accounts, &mut equivalent.lost));
    let drafts = joined(drafts);
    losses(gathered, accounts, &mut equivalent.lost);
    if drafts.is_empty() {
        return Ok(equivalent);
    }
    let base = match existing {
        Some(text) => serde_json::from_str(text).map_err(|error| error.to_string())?,
        None => json!({"Version": "2012-10-17", "Statement": []}),
    };
    let Value::Object(mut base) = base else { return Err("the policy is no object".to_owned()) };
    modernise(&mut base, existing.unwrap_or_default(), &drafts)?;
    let (policy, added) = fitted(&base, drafts, bucket, accounts, &mut equivalent.lost);
    equivalent.added = added;
    equivalent.policy = (added > 0).then_some(policy);
    Ok(equivalent)
}

/// Escapes need version 2012-10-17, in which `${` means something.
fn modernise(
    base: &mut Map<String, Value>,
    existing: &str,
    drafts: &[Draft],
) -> Result<(), String> {
    let is_new = base.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let needs = drafts.iter().flat_map(|draft| &draft.resources).any(|one| one.contains("${"));
    if is_new || !needs {
        return Ok(());
    }
    if existing.contains("${") {
        let why = "keys contain *, ? or $, which only version 2012-10-17 can escape; in it the \
                   texts ${…} of the policy that the bucket has would change their meaning";
        return Err(why.to_owned());
    }
    base.insert("Version".to_owned(), json!("2012-10-17"));
    Ok(())
}

/// One draft for each list of resources that somebody has something on.
fn of_objects(gathered: &Gathered) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for ((beneficiary, deed), items) in &gathered.items {
        if items.is_empty() {
            continue;
        }
        let mut items: Vec<Item> = items.clone();
        items.sort();
        let resources: Vec<_> = items.iter().map(|item| format!("/{item}")).collect();
        let same = drafts.iter_mut().find(|draft| {
            draft.to.as_slice() == std::slice::from_ref(beneficiary) && draft.resources == resources
        });
        match same {
            Some(draft) => draft.actions.extend(deed.actions()),
            None => drafts.push(Draft {
                to: vec![beneficiary.clone()],
                actions: deed.actions().iter().copied().collect(),
                resources,
            }),
        }
    }
    drafts
}

fn of_bucket(
    bucket: &BucketFacts,
    writes: Writes,
    accounts: &[AccountIdentity],
    lost: &mut Vec<Lost>,
) -> Vec<Draft> {
    let in_force = AclsInForce::of(bucket);
    let own = Beneficiary::of_owner(&bucket.owner.canonical_id);
    let mut wanted: BTreeMap<Beneficiary, BTreeSet<Permission>> = BTreeMap::new();
    for grant in &bucket.acl.grants {
        let beneficiary = Beneficiary::of_grantee(&grant.grantee);
        if in_force.counts(&grant.grantee) && beneficiary != own {
            let all = Permission::ALL.into_iter();
            let given = all.filter(|&wanted| grant.permission.includes(wanted));
            wanted.entry(beneficiary).or_default().extend(given);
        }
    }
    let mut drafts = Vec::new();
    for (beneficiary, permissions) in wanted {
        let mut actions: BTreeSet<&'static str> = BTreeSet::new();
        if permissions.contains(&Permission::Read) {
            let lists = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"];
            actions.extend(lists);
        }
        if permissions.contains(&Permission::ReadAcp) {
            actions.insert("s3:GetBucketAcl");
        }
        if !actions.is_empty() {
            let resources = vec![String::new()];
            drafts.push(Draft { to: vec![beneficiary.clone()], actions, resources });
        }
        let name = || beneficiary.name(accounts);
        if permissions.contains(&Permission::Write) {
            // The log delivery service writes keys of its own.
            if writes == Writes::Everything || beneficiary == Beneficiary::LogDelivery {
                drafts.push(Draft {
                    to: vec![beneficiary.clone()],
                    actions: BTreeSet::from(["s3:PutObject"]),
                    resources: vec!["/*".to_owned()],
                });
            } else {
                lost.push(Lost {
                    who: name(),
                    what: "creating new keys, which bucket WRITE allows".to_owned(),
                    why: "no policy tells new keys from those of others; --grant-writes lets them \
                          write every key"
                        .to_owned(),
                });
            }
        }
        if permissions.contains(&Permission::WriteAcp) {
            lost.push(no_acl_change(name(), "the bucket"));
        }
    }
    drafts
}

fn no_acl_change(who: String, of: &str) -> Lost {
    Lost {
        who,
        what: format!("changing the ACL of {of}"),
        why: "nobody can where ACLs are disabled".to_owned(),
    }
}

fn losses(gathered: &Gathered, accounts: &[AccountIdentity], lost: &mut Vec<Lost>) {
    for line in &gathered.census {
        if line.permission.includes(Permission::WriteAcp) {
            let of = format!("{} object versions", line.count);
            lost.push(no_acl_change(line.beneficiary.name(accounts), &of));
        }
    }
    if gathered.mixed_versions > 0 {
        let examples: Vec<_> = gathered.mixed_examples.iter().map(ToString::to_string).collect();
        lost.push(Lost {
            who: "grantees of single versions".to_owned(),
            what: format!(
                "reading some versions of {} keys and not others, as {}",
                gathered.mixed_versions,
                examples.join(", ")
            ),
            why: "a policy speaks of keys; versions that not all grantees of a key may read are \
                  left out"
                .to_owned(),
        });
    }
}

/// Those who are given the same share a statement, as far as their principals can stand together.
fn joined(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut joined: Vec<Draft> = Vec::new();
    for draft in drafts {
        let can_share =
            |to: &[Beneficiary]| to.iter().all(|one| matches!(one, Beneficiary::Account(_)));
        let same = joined.iter_mut().find(|known| {
            can_share(&known.to)
                && can_share(&draft.to)
                && known.actions == draft.actions
                && known.resources == draft.resources
        });
        match same {
            Some(known) => known.to.extend(draft.to),
            None => joined.push(draft),
        }
    }
    joined
}

/// As much as fits into a policy: while it is too long, the longest list of resources is halved.
fn fitted(
    base: &Map<String, Value>,
    mut drafts: Vec<Draft>,
    bucket: &BucketFacts,
    accounts: &[AccountIdentity],
    lost: &mut Vec<Lost>,
) -> (String, usize) {
    loop {
        let text = rendered(base, &drafts, bucket, accounts);
        if normalized_length_bytes(&text) <= BUCKET_POLICY_BYTES_MAX || drafts.is_empty() {
            return (text, drafts.len());
        }
        let longest = drafts.iter().enumerate().max_by_key(|(_, draft)| draft.resources.len());
        let Some(at) = longest.map(|(at, _)| at) else { return (text, 0) };
        let Some(draft) = drafts.get_mut(at) else { return (text, 0) };
        let keep = draft.resources.len() / 2;
        let dropped = draft.resources.split_off(keep);
        let who: Vec<_> = draft.to.iter().map(|one| one.name(accounts)).collect();
        let actions: Vec<_> = draft.actions.iter().copied().collect();
        lost.push(Lost {
            who: who.join(", "),
            what: format!(
                "{} on {} resources, as {}",
                actions.join(", "),
                dropped.len(),
                dropped.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
            ),
            why: format!("a bucket policy has at most {BUCKET_POLICY_BYTES_MAX} bytes"),
        });
        if draft.resources.is_empty() {
            drafts.remove(at);
        }
    }
}

fn rendered(
    base: &Map<String, Value>,
    drafts: &[Draft],
    bucket: &BucketFacts,
    accounts: &[AccountIdentity],
) -> String {
    let mut policy = base.clone();
    let mut statements = match policy.remove("Statement") {
        Some(Value::Array(list)) => list,
        Some(single) => vec![single],
        None => Vec::new(),
    };
    let taken: BTreeSet<String> = statements
        .iter()
        .filter_map(|statement| statement.get("Sid")?.as_str().map(str::to_owned))
        .collect();
    let mut numbers = (1_u32..).map(|number| format!("FromAcls{number}"));
    for draft in drafts {
        let sid = numbers.find(|sid| !taken.contains(sid)).unwrap_or_default();
        statements.push(statement(draft, &sid, bucket, accounts));
    }
    policy.insert("Statement".to_owned(), Value::Array(statements));
    let policy = Value::Object(policy);
    serde_json::to_string_pretty(&policy).unwrap_or_else(|_| policy.to_string())
}

fn statement(
    draft: &Draft,
    sid: &str,
    bucket: &BucketFacts,
    accounts: &[AccountIdentity],
) -> Value {
    let (principal, condition) = principal(&draft.to, accounts);
    let resources: Vec<_> =
        draft.resources.iter().map(|one| format!("arn:aws:s3:::{}{one}", bucket.name)).collect();
    let mut statement = Map::new();
    statement.insert("Sid".to_owned(), json!(sid));
    statement.insert("Effect".to_owned(), json!("Allow"));
    statement.insert("Principal".to_owned(), principal);
    statement.insert("Action".to_owned(), json!(draft.actions));
    statement.insert("Resource".to_owned(), json!(resources));
    if let Some(condition) = condition {
        statement.insert("Condition".to_owned(), condition);
    }
    Value::Object(statement)
}

/// The principal of a statement, with the condition that it needs.
fn principal(to: &[Beneficiary], accounts: &[AccountIdentity]) -> (Value, Option<Value>) {
    let of_types = |types: &[&str]| Some(json!({"StringEquals": {"aws:PrincipalType": types}}));
    match to.first() {
        Some(Beneficiary::AnyAccount) => {
            (json!("*"), of_types(&["Account", "AssumedRole", "FederatedUser", "User"]))
        }
        Some(Beneficiary::Anonymous) => (json!("*"), of_types(&["Anonymous"])),
        Some(Beneficiary::LogDelivery) => (json!({"Service": "logging.s3.amazonaws.com"}), None),
        Some(Beneficiary::Everyone) | None => (json!("*"), None),
        Some(Beneficiary::Account(_)) => {
            let (mut arns, mut canonical) = (Vec::new(), Vec::new());
            for beneficiary in to {
                let Beneficiary::Account(id) = beneficiary else { continue };
                match account_id(accounts, id) {
                    Some(account) => arns.push(format!("arn:aws:iam::{account}:root")),
                    None => canonical.push(id.to_string()),
                }
            }
            let mut principal = Map::new();
            if !arns.is_empty() {
                principal.insert("AWS".to_owned(), json!(arns));
            }
            if !canonical.is_empty() {
                principal.insert("CanonicalUser".to_owned(), json!(canonical));
            }
            (Value::Object(principal), None)
        }
    }
}
