//! What policies allow, compared: the custom policy checks of Access Analyzer (CheckNoNewAccess,
//! CheckAccessNotGranted, CheckNoPublicAccess) and whom a trust policy trusts.
//!
//! The same thought as in [`reach`](crate::reach), without a bucket around it: a request is somebody
//! who takes an action on a resource under some circumstances, and policies tell only finitely many
//! kinds of each apart. `askers` finds somebody of every kind, `search` the rest, and every policy is
//! asked about every combination. So access that is found is real, and none is overlooked unless the
//! answer says why (a [`Doubt`]). What a policy holds as a variable has values that no policy spells
//! out.

mod askers;
pub mod outside;
mod search;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use model::{AccountIdentity, Principal};

use self::search::Search;
use crate::Policy;
use crate::policy::{EveryMatch, TRUST_ACTIONS};
use crate::reach::{CallerKind, Doubt};

/// What a policy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyType {
    /// A user, group or role.
    Identity,
    /// Something that others have access to: a bucket, or a role that is assumed.
    Resource,
}

/// Somebody who stands for all that policies do not tell from it.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Who signs; anonymous for who bears the token of an identity provider.
    pub principal: Principal,
    /// The identity provider.
    pub provider: Option<String>,
    /// What it stands for.
    pub kind: CallerKind,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The statements that allow what was looked for, counted from zero.
    pub statements: BTreeSet<u16>,
    /// Why there may be more.
    pub doubts: BTreeSet<Doubt>,
}

/// Somebody whom a policy lets do something.
#[derive(Clone, Debug)]
pub struct Trust {
    /// Who.
    pub who: Asker,
    /// The action, as `sts:AssumeRole`.
    pub action: &'static str,
    /// The statements that allow it.
    pub statements: BTreeSet<u16>,
}

/// What a policy allows and another one does not.
pub fn new_access(new: &Policy, existing: &Policy, policy_type: PolicyType) -> Found {
    find(&[new, existing], policy_type, |_, matches| match matches {
        [new, existing] => allows(new) && !allows(existing),
        _ => false,
    })
}

/// What a policy allows of some access, which stands in an identity policy.
pub fn granted_access(policy: &Policy, access: &Policy, policy_type: PolicyType) -> Found {
    find(&[policy, access], policy_type, |_, matches| matches.iter().all(allows))
}

/// What the policy of a resource allows the public: what somebody of whom it says nothing may do, by a
/// statement that is public as Amazon S3 says it is.
pub fn public_access(policy: &Policy) -> Found {
    let is_anybody = |asker: &Asker| {
        let account = asker.principal.account_id();
        !matches!(asker.kind, CallerKind::Service | CallerKind::Grantee)
            && account.is_none_or(|id| !policy.text().contains(&id.to_string()))
    };
    let mut found = find(&[policy], PolicyType::Resource, |asker, matches| {
        is_anybody(asker) && matches.iter().all(allows)
    });
    found.statements.retain(|&statement| policy.is_public_statement(statement));
    if !policy.is_public() {
        found.doubts.clear();
    }
    found
}

/// Whom a trust policy lets in that belongs to none of these accounts, for each action.
pub fn trusted(policy: &Policy, zone: &[AccountIdentity]) -> Vec<Trust> {
    let (askers, _) = askers::of(&[policy], PolicyType::Resource, zone);
    let mut all = Vec::new();
    for who in &askers {
        for action in TRUST_ACTIONS {
            let mut statements = BTreeSet::new();
            Search::new(&[policy]).run_on(who, &[action], &mut |_, matches| {
                statements
                    .extend(matches.iter().filter(|one| allows(one)).flat_map(|one| &one.allowing));
            });
            if !statements.is_empty() {
                all.push(Trust { who: who.clone(), action, statements });
            }
        }
    }
    all
}

fn find(
    policies: &[&Policy],
    policy_type: PolicyType,
    is_wanted: impl Fn(&Asker, &[EveryMatch]) -> bool,
) -> Found {
    let (askers, doubts) = askers::of(policies, policy_type, &[]);
    let mut found = Found { statements: BTreeSet::new(), doubts };
    let mut search = Search::new(policies);
    for asker in &askers {
        search.run(asker, &mut |_, matches| {
            if let Some(first) = matches.first()
                && is_wanted(asker, matches)
            {
                found.statements.extend(&first.allowing);
            }
        });
    }
    found.doubts.append(&mut search.doubts);
    found
}

fn allows(matches: &EveryMatch) -> bool {
    matches.denying.is_empty() && !matches.allowing.is_empty()
}
