//! Who has access from outside: everybody but the accounts of a zone of trust, by which rule.

use std::collections::{BTreeMap, BTreeSet};

use model::{AccountId, AccountIdentity, Principal};

use super::{Trust, trusted};
use crate::reach::{Caller, CallerKind, Evidence, Question, Scope, operation_of, reach, strangers};
use crate::{Action, BucketFacts, Policy, ResourceType, Rule, Subject, Switches};

/// The rule that gives access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessRule {
    /// A statement of the resource's policy, counted from zero.
    Statement(u16),
    /// A grant of the bucket's ACL, counted from zero.
    Grant(u16),
}

/// Somebody outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outsider {
    /// Everybody, or everybody with any account.
    Anybody,
    /// A whole account.
    Account(String),
    /// An account of which only the canonical user id is known.
    CanonicalUser(String),
    /// A user, a role or a session, by its ARN.
    Arn(String),
    /// Who bears a token of an identity provider.
    Federated(String),
}

/// Access from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideAccess {
    /// Who has it.
    pub who: Outsider,
    /// The rule that gives it.
    pub rule: AccessRule,
    /// The actions, as `s3:GetObject`.
    pub actions: BTreeSet<String>,
    /// Whether the rule is what Amazon calls public.
    pub is_public: bool,
}

type Key = (Outsider, AccessRule);

/// Access to a bucket and to the objects in it that have no ACL of their own, with Block Public Access
/// and Object Ownership considered.
pub fn of_bucket(
    bucket: &BucketFacts,
    zone: &[AccountIdentity],
    switches: &Switches,
) -> Vec<OutsideAccess> {
    let mut found: BTreeMap<Key, (BTreeSet<String>, bool)> = BTreeMap::new();
    let base = Question {
        bucket,
        action: Action::GetObject,
        scope: Scope::Prefix(""),
        objects: &[],
        tags: None,
        switches,
        is_amazon: false,
    };
    let callers = strangers(&base, zone);
    let has_resource = |action: &&Action| action.resource_type() != ResourceType::None;
    for &action in Action::ALL.iter().filter(has_resource) {
        if operation_of(action).is_none() {
            continue;
        }
        let question = Question { action, ..base };
        for caller in &callers {
            let Some(who) = of_caller(caller) else { continue };
            let reach = reach(&question, caller);
            if !reach.is_something() {
                continue;
            }
            for rule in reach.paths.iter().copied().filter_map(rule_of) {
                let (actions, is_public) = found.entry((who.clone(), rule)).or_default();
                actions.insert(action.name().to_owned());
                *is_public |= reach.is_public;
            }
        }
    }
    without_repetitions(&found)
}

/// Whom the trust policy of a role lets in.
pub fn of_role(trust: &Policy, zone: &[AccountIdentity]) -> Vec<OutsideAccess> {
    let mut found: BTreeMap<Key, (BTreeSet<String>, bool)> = BTreeMap::new();
    for Trust { who, action, statements } in trusted(trust, zone) {
        let outsider = match &who.provider {
            Some(provider) => Some(Outsider::Federated(provider.clone())),
            None => of_principal(&who.principal, who.kind),
        };
        let Some(outsider) = outsider else { continue };
        for statement in statements {
            let key = (outsider.clone(), AccessRule::Statement(statement));
            let (actions, is_public) = found.entry(key).or_default();
            actions.insert(action.to_owned());
            *is_public |= outsider == Outsider::Anybody && trust.is_public_statement(statement);
        }
    }
    without_repetitions(&found)
}

fn rule_of(evidence: Evidence) -> Option<AccessRule> {
    match (evidence.rule, evidence.subject) {
        (Rule::BucketPolicy, Subject::Statement { statement, .. }) => {
            Some(AccessRule::Statement(statement))
        }
        (Rule::BucketAcl, Subject::Grant(grant)) => Some(AccessRule::Grant(grant)),
        // The caller's own policies, and what only follows from these rules.
        _ => None,
    }
}

fn of_caller(caller: &Caller) -> Option<Outsider> {
    of_principal(&caller.principal, caller.kind)
}

/// Services are not told, as Amazon does not tell them.
fn of_principal(principal: &Principal, kind: CallerKind) -> Option<Outsider> {
    Some(match (kind, principal) {
        (CallerKind::Everyone | CallerKind::AnyAccount, _) => Outsider::Anybody,
        (CallerKind::Grantee, Principal::Root(account)) => {
            Outsider::CanonicalUser(account.canonical_id.to_string())
        }
        // Of those who are named by a unique id nobody is there any more.
        (CallerKind::Service | CallerKind::Grantee, _) | (_, Principal::Service(_)) => return None,
        (_, Principal::Root(account)) => Outsider::Account(account.id.to_string()),
        (_, Principal::AssumedRole { account, role, session_name })
            if **session_name == *"session" =>
        {
            Outsider::Arn(format!("arn:aws:iam::{}:role{}{}", account.id, role.path, role.name))
        }
        (_, principal) => Outsider::Arn(principal.to_string()),
    })
}

/// Without those who have no more than anybody, or than the account that they belong to.
fn without_repetitions(found: &BTreeMap<Key, (BTreeSet<String>, bool)>) -> Vec<OutsideAccess> {
    let has = |who: Outsider, rule: AccessRule, actions: &BTreeSet<String>| {
        found.get(&(who, rule)).is_some_and(|(known, _)| known.is_superset(actions))
    };
    let mut told = Vec::new();
    for ((who, rule), (actions, is_public)) in found {
        let account = match who {
            Outsider::Arn(arn) => arn.split(':').nth(4).and_then(AccountId::parse),
            _ => None,
        };
        let of_account = account.map(|id| Outsider::Account(id.to_string()));
        let is_repetition = (*who != Outsider::Anybody && has(Outsider::Anybody, *rule, actions))
            || of_account.is_some_and(|account| has(account, *rule, actions));
        if !is_repetition {
            let (who, actions) = (who.clone(), actions.clone());
            told.push(OutsideAccess { who, rule: *rule, actions, is_public: *is_public });
        }
    }
    told
}
