//! Findings: who outside has access to a bucket or a role. They are found when somebody asks, so they
//! are always those of now.

use std::collections::{BTreeMap, BTreeSet};

use authz::checks::outside::{self, AccessRule, OutsideAccess, Outsider};
use authz::{BucketFacts, Policy, Switches};
use iam::analyzer::{Analyzer, Filter};
use model::{AccountId, AccountIdentity, ObjectOwnership, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::vault::Analyzed;

/// A bucket or a role that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its ARN.
    pub arn: String,
    /// `AWS::S3::Bucket` or `AWS::IAM::Role`.
    pub kind: &'static str,
    /// Its account.
    pub owner: AccountId,
    /// When it was created.
    pub created: Timestamp,
}

/// Access of somebody outside the zone of trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessFinding {
    /// A UUID that is always the same for the same access.
    pub id: String,
    /// To what.
    pub resource: Resource,
    /// Whose, as kind and name: `AWS`, `CanonicalUser` or `Federated`.
    pub principal: (&'static str, String),
    /// To do what.
    pub actions: BTreeSet<String>,
    /// The conditions of the statement that gives it.
    pub condition: BTreeMap<String, String>,
    /// `POLICY` or `BUCKET_ACL`, for buckets.
    pub source: Option<&'static str>,
    /// Whether the rule is what Amazon calls public.
    pub is_public: bool,
    /// When the access can have begun: with the resource or the analyzer.
    pub created: Timestamp,
    /// Whether it is archived, and since when it is as it is.
    pub archived: bool,
    /// When that was said.
    pub updated: Timestamp,
}

impl AccessFinding {
    /// `ACTIVE` or `ARCHIVED`. What is not there any more is not told.
    pub fn status(&self) -> &'static str {
        if self.archived { "ARCHIVED" } else { "ACTIVE" }
    }

    /// The values of a property that filters and orders name.
    pub(super) fn property(&self, name: &str) -> Vec<&str> {
        match name {
            "id" => vec![&self.id],
            "resource" => vec![&self.resource.arn],
            "resourceType" => vec![self.resource.kind],
            "isPublic" => vec![if self.is_public { "true" } else { "false" }],
            "status" => vec![self.status()],
            "findingType" => vec!["ExternalAccess"],
            "action" => self.actions.iter().map(String::as_str).collect(),
            "sources" => self.source.into_iter().collect(),
            _ => match name.split_once('.') {
                Some(("principal", kind)) if kind == self.principal.0 => vec![&self.principal.1],
                Some(("condition", key)) => {
                    let same = |(own, _): &(&String, &String)| own.eq_ignore_ascii_case(key);
                    self.condition
                        .iter()
                        .find(same)
                        .map(|(_, value)| value.as_str())
                        .into_iter()
                        .collect()
                }
                _ => Vec::new(),
            },
        }
    }

    /// Whether it is like a filter wants it.
    pub(super) fn is_like(&self, filter: &Filter) -> bool {
        let owner = self.resource.owner.to_string();
        filter.iter().all(|(property, criterion)| match property.as_str() {
            "resourceOwnerAccount" => criterion.holds(&[&owner]),
            property => criterion.holds(&self.property(property)),
        })
    }
}

/// All that is looked at, with what was found. `analyzer_arn` is part of the ids.
pub(super) fn all(
    analyzed: &[Analyzed],
    zone: &[AccountIdentity],
    switches: &Switches,
    analyzer: &Analyzer,
    analyzer_arn: &str,
) -> Vec<(Resource, Vec<AccessFinding>)> {
    analyzed
        .iter()
        .map(|one| {
            let (resource, policy, found) = match one {
                Analyzed::Bucket { facts, created } => {
                    let found = if may_be_shared(facts) {
                        outside::of_bucket(facts, zone, switches)
                    } else {
                        Vec::new()
                    };
                    let resource = Resource {
                        arn: format!("arn:aws:s3:::{}", facts.name),
                        kind: "AWS::S3::Bucket",
                        owner: facts.owner.id,
                        created: *created,
                    };
                    (resource, facts.policy.as_deref(), found)
                }
                Analyzed::Role { arn, owner, trust, created } => {
                    let found = outside::of_role(trust, zone);
                    let (arn, kind) = (arn.clone(), "AWS::IAM::Role");
                    let resource = Resource { arn, kind, owner: *owner, created: *created };
                    (resource, Some(trust), found)
                }
            };
            let findings = findings(&resource, policy, found, analyzer, analyzer_arn);
            (resource, findings)
        })
        .collect()
}

/// Most buckets are their owner's alone, and need no thought.
fn may_be_shared(bucket: &BucketFacts) -> bool {
    let has_grants = bucket.ownership != Some(ObjectOwnership::BucketOwnerEnforced)
        && !bucket.acl.grants.is_empty();
    bucket.policy.is_some() || has_grants
}

/// Rules that say the same of the same are one finding.
fn findings(
    resource: &Resource,
    policy: Option<&Policy>,
    found: Vec<OutsideAccess>,
    analyzer: &Analyzer,
    analyzer_arn: &str,
) -> Vec<AccessFinding> {
    let document: Value =
        policy.and_then(|policy| serde_json::from_str(policy.text()).ok()).unwrap_or_default();
    let is_bucket = resource.kind == "AWS::S3::Bucket";
    let created = resource.created.max(analyzer.created);
    let mut told: Vec<AccessFinding> = Vec::new();
    for OutsideAccess { who, rule, actions, is_public } in found {
        let (condition, source) = match rule {
            AccessRule::Statement(at) => (conditions(&document, at), "POLICY"),
            AccessRule::Grant(_) => (BTreeMap::new(), "BUCKET_ACL"),
        };
        let (principal, source) = (principal(who), is_bucket.then_some(source));
        let same = told.iter_mut().find(|known| {
            known.principal == principal && known.condition == condition && known.source == source
        });
        if let Some(known) = same {
            known.actions.extend(actions);
            known.is_public |= is_public;
            continue;
        }
        told.push(AccessFinding {
            id: String::new(),
            resource: resource.clone(),
            principal,
            actions,
            condition,
            source,
            is_public,
            created,
            archived: false,
            updated: created,
        });
    }
    for finding in &mut told {
        finding.id = id(finding, analyzer_arn);
        (finding.archived, finding.updated) = status(finding, analyzer);
    }
    told
}

fn principal(who: Outsider) -> (&'static str, String) {
    match who {
        Outsider::Anybody => ("AWS", "*".to_owned()),
        Outsider::Account(name) | Outsider::Arn(name) => ("AWS", name),
        Outsider::CanonicalUser(id) => ("CanonicalUser", id),
        Outsider::Federated(provider) => ("Federated", provider),
    }
}

/// The conditions of a statement: each key with its values.
fn conditions(document: &Value, at: u16) -> BTreeMap<String, String> {
    let statement = match document.get("Statement") {
        Some(Value::Array(list)) => list.get(usize::from(at)),
        single => single,
    };
    let operators = statement.and_then(|one| one.get("Condition")).and_then(Value::as_object);
    let keys = operators.into_iter().flatten().filter_map(|(_, keys)| keys.as_object()).flatten();
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut conditions: BTreeMap<String, String> = BTreeMap::new();
    for (key, values) in keys {
        let values = match values {
            Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
            one => shown(one),
        };
        let known = conditions.entry(key.clone()).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(&values);
    }
    conditions
}

/// From everything that makes it another finding.
fn id(finding: &AccessFinding, analyzer_arn: &str) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    add(analyzer_arn);
    add(&finding.resource.arn);
    add(finding.principal.0);
    add(&finding.principal.1);
    add(finding.source.unwrap_or_default());
    for action in &finding.actions {
        add(action);
    }
    add("");
    for (key, value) in &finding.condition {
        add(key);
        add(value);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let number = digest.iter().take(16).fold(0_u128, |all, byte| (all << 8) | u128::from(*byte));
    let digits = format!("{number:032x}");
    let pieces = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    let pieces: Vec<&str> = pieces.iter().filter_map(|&(from, to)| digits.get(from..to)).collect();
    pieces.join("-")
}

/// What somebody said counts before what a rule says.
fn status(finding: &AccessFinding, analyzer: &Analyzer) -> (bool, Timestamp) {
    if let Some(said) = analyzer.statuses.get(&finding.id) {
        return (said.archived, said.updated);
    }
    let rules = analyzer.rules.values();
    let mut archiving =
        rules.filter(|rule| !rule.exempt.contains(&finding.id) && finding.is_like(&rule.filter));
    match archiving.next() {
        Some(rule) => (true, rule.updated.max(finding.created)),
        None => (false, finding.created),
    }
}
