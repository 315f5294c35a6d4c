//! The sessions that somebody can have: of a role, and of the federated users that a user or the root
//! user makes (GetFederationToken). One of every kind that the rules can tell apart.

use std::sync::Arc;

use model::Principal;

use super::strangers::{ANY_SESSION, EVERYTHING};
use super::{Caller, CallerKind, Question, named_callers};
use crate::policy::language::{self, Language};
use crate::policy::vocabulary::Vocabulary;
use crate::{
    Action, ApiFacts, ApiRequest, ConditionKey, IdentityFacts, NoContext, Policy, decide_api,
};

/// What allows a user to make federated users. AWS: IAM User Guide, "Permissions for
/// GetFederationToken".
const FEDERATE: &str = "sts:GetFederationToken";

/// One session, or one for many of which the same is true.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts in it.
    pub caller: Caller,
    /// Which sessions it stands for.
    pub stands_for: StandsFor,
}

/// Which sessions one stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandsFor {
    /// The caller itself: the user or root user, or every session of the role of whose name nothing
    /// is said.
    Itself,
    /// Every federated user that it makes of whose name nothing is said.
    FederatedUsers,
    /// The session with this name.
    Name,
    /// The sessions whose names are like this one for the rules.
    NamesLike,
}

/// The caller in every session that its rules tell apart; itself comes first, if there is such a
/// session.
pub(super) fn of(question: &Question<'_>, caller: &Caller) -> Vec<Session> {
    match (&caller.principal, caller.kind) {
        (Principal::AssumedRole { .. }, _) => of_role(question, caller),
        (Principal::User { .. }, CallerKind::User) | (Principal::Root(_), CallerKind::Root) => {
            let itself = Session { caller: caller.clone(), stands_for: StandsFor::Itself };
            std::iter::once(itself).chain(federated(question, caller)).collect()
        }
        _ => vec![Session { caller: caller.clone(), stands_for: StandsFor::Itself }],
    }
}

fn of_role(question: &Question<'_>, caller: &Caller) -> Vec<Session> {
    let Principal::AssumedRole { account, role, .. } = &caller.principal else {
        return Vec::new();
    };
    let named = named_callers(question).sessions;
    let named = named.into_iter().filter(|(id, name, _)| *id == account.id && *name == role.name);
    let named: Vec<String> = named.map(|(_, _, session)| session).collect();
    let keys = [(ConditionKey::UserId, format!("{}:", role.unique_id))];
    let session = |(name, stands_for): (String, StandsFor)| {
        let mut caller = caller.clone();
        caller.principal = Principal::AssumedRole {
            account: account.clone(),
            role: Arc::clone(role),
            session_name: name.into(),
        };
        Session { caller, stands_for }
    };
    names(question, caller, &named, &keys).into_iter().map(session).collect()
}

/// The federated users that somebody can make, with session policies that take nothing away.
fn federated(question: &Question<'_>, issuer: &Caller) -> Vec<Session> {
    let Some(account) = issuer.principal.account() else { return Vec::new() };
    let is_root = issuer.principal.is_root();
    let everything: Vec<Arc<Policy>> = EVERYTHING.iter().cloned().collect();
    let identity = match &issuer.identity {
        _ if is_root => IdentityFacts { policies: everything.clone(), ..IdentityFacts::default() },
        Some(own) => own.clone(),
        None => return Vec::new(),
    };
    let user = |name: &str| {
        let principal = Principal::FederatedUser { account: account.clone(), name: name.into() };
        let identity = IdentityFacts { session: Some(everything.clone()), ..identity.clone() };
        let mut policy_names = issuer.policy_names.clone();
        if is_root {
            policy_names = vec!["what the root user may do".to_owned()];
        }
        let (identity, kind) = (Some(identity), CallerKind::FederatedUser);
        Caller { principal, identity, policy_names, kind, tags: None, ..issuer.clone() }
    };
    let mut named = Vec::new();
    for (id, name) in named_callers(question).federated {
        if id == account.id {
            named.push(name);
        }
    }
    let keys = [
        (ConditionKey::UserId, format!("{}:", account.id)),
        (ConditionKey::PrincipalArn, format!("arn:aws:sts::{}:federated-user/", account.id)),
    ];
    let all = names(question, &user(ANY_SESSION), &named, &keys).into_iter();
    let session = |(name, stands_for): (String, StandsFor)| Session {
        caller: user(&name),
        stands_for: match stands_for {
            StandsFor::Itself => StandsFor::FederatedUsers,
            other => other,
        },
    };
    all.map(session).filter(|one| is_root || may_make(question, issuer, &one.caller)).collect()
}

/// Whether a user may make a federated user, as far as that does not depend on the call.
fn may_make(question: &Question<'_>, issuer: &Caller, federated: &Caller) -> bool {
    let (Some(owner), Some(arn)) = (issuer.principal.account_id(), federated.principal.arn())
    else {
        return false;
    };
    let caller = &issuer.principal;
    let request = ApiRequest { caller, action: FEDERATE, resource: &arn, context: &NoContext };
    let identity = issuer.identity.as_ref();
    let facts = ApiFacts { owner, resource_policy: None, identity, switches: question.switches };
    decide_api(&request, &facts).is_allowed()
}

/// One name of every kind that the rules tell apart: by the principals that they name, and by the
/// values of `keys`, each of which is a name behind some beginning.
fn names(
    question: &Question<'_>,
    caller: &Caller,
    named: &[String],
    keys: &[(ConditionKey, String)],
) -> Vec<(String, StandsFor)> {
    let identity = caller.identity.iter().flat_map(|identity| {
        let sessions = identity.session.iter().flatten();
        identity.policies.iter().chain(&identity.boundary).chain(sessions)
    });
    let policies: Vec<&Policy> =
        identity.chain(&question.bucket.policy).map(|policy| &**policy).collect();
    let vocabulary = Vocabulary::new(&policies, &caller.principal, Action::ALL);
    let mut languages: Vec<Language> = named.iter().map(|name| Language::literal(name)).collect();
    for (key, beginning) in keys {
        let conditions = vocabulary.conditions(|one| one == key);
        let compared = vocabulary.compared(&conditions, &NoContext, &|_| true);
        languages.extend(compared.languages.iter().flat_map(|one| one.after(beginning)));
    }
    languages.sort();
    languages.dedup();
    let is_ordinary = |class: &language::TextClass| !class.within.contains(&true);
    let any = language::classes(&Language::literal(ANY_SESSION), &languages).classes.pop();
    let any_is_ordinary = any.is_some_and(|class| is_ordinary(&class));
    let mut found = Vec::new();
    for class in language::classes(&Language::default().then_name(), &languages).classes {
        let is_literal = |(language, &within): (&Language, &bool)| within && language.is_literal();
        if is_ordinary(&class) {
            let name = if any_is_ordinary { ANY_SESSION.to_owned() } else { class.text };
            found.insert(0, (name, StandsFor::Itself));
        } else if languages.iter().zip(&class.within).any(is_literal) {
            found.push((class.text, StandsFor::Name));
        } else {
            found.push((class.text, StandsFor::NamesLike));
        }
    }
    found
}
