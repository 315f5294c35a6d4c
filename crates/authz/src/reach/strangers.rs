//! Callers that are not here: one of every kind that the rules of a bucket can tell apart.

use std::sync::{Arc, LazyLock};

use model::principal::IamName;
use model::{AccountId, AccountIdentity, CanonicalUserId, Principal};

use super::{Caller, CallerKind, Question, grantees, named_callers};
use crate::policy::language::{self, Language};
use crate::policy::vocabulary::NamedCallers;
use crate::{IdentityFacts, Policy};

/// What the own policies of a stranger allow is its account's business; at most this.
pub(super) static EVERYTHING: LazyLock<Option<Arc<Policy>>> = LazyLock::new(|| {
    let text =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    Policy::parse_identity_policy(text).ok().map(Arc::new)
});

/// The service that delivers access logs (ID-6).
const LOG_DELIVERY: &str = "logging.s3.amazonaws.com";
/// A session name of which no policy says anything.
pub(super) const ANY_SESSION: &str = "session";

pub(super) fn of(question: &Question<'_>, known: &[AccountIdentity]) -> Vec<Caller> {
    let mut named = named_callers(question);
    let acls = std::iter::once(&question.bucket.acl)
        .chain(question.objects.iter().filter_map(|object| object.acl.as_ref()));
    let owners = question.objects.iter().map(|object| object.owner.clone());
    let mut canonical_ids = grantees(acls);
    canonical_ids.extend(owners);
    named.canonical_ids.append(&mut canonical_ids);
    let text = question.bucket.policy.as_ref().map_or("", |policy| policy.text());
    let any = unnamed_account(text, known).unwrap_or(question.bucket.owner.id);
    everybody(named, known, any)
}

/// Everybody that policies can tell from others and that is not known. `any` is an account of which
/// they say nothing.
pub(crate) fn everybody(
    mut named: NamedCallers,
    known: &[AccountIdentity],
    any: AccountId,
) -> Vec<Caller> {
    let is_known = |account: AccountId| known.iter().any(|one| one.id == account);
    named.canonical_ids.sort();
    named.canonical_ids.dedup();
    named.canonical_ids.retain(|id| {
        !id.is_anonymous() && !known.iter().any(|account| account.canonical_id == *id)
    });
    let mut callers = vec![plain(Principal::Anonymous, CallerKind::Everyone)];
    callers.push(plain(Principal::Root(identity(any)), CallerKind::AnyAccount));
    callers.extend(by_arn(&named, known, any));
    for id in named.canonical_ids {
        let account = AccountIdentity { id: any, canonical_id: id };
        callers.push(plain(Principal::Root(account), CallerKind::Grantee));
    }
    for (account, role, session) in named.sessions.iter().filter(|(id, ..)| !is_known(*id)) {
        let role = name("/", role, "");
        let (account, session_name) = (identity(*account), session.as_str().into());
        callers.push(with_everything(Principal::AssumedRole { account, role, session_name }));
    }
    for (account, user) in &named.federated {
        let account = known.iter().find(|one| one.id == *account).cloned();
        let account = account.unwrap_or_else(|| identity(any));
        let principal = Principal::FederatedUser { account, name: user.as_str().into() };
        // Without session policies it may do only what a policy says that names it.
        let facts = IdentityFacts { session: Some(Vec::new()), ..IdentityFacts::default() };
        callers.push(Caller { identity: Some(facts), ..plain(principal, CallerKind::Stranger) });
    }
    callers.push(plain(Principal::Service(LOG_DELIVERY), CallerKind::Service));
    callers
}

/// One principal for every way in which an ARN can match the patterns of the policy.
fn by_arn(named: &NamedCallers, known: &[AccountIdentity], any: AccountId) -> Vec<Caller> {
    let here: Vec<_> = known
        .iter()
        .map(|account| Language::beginning_with(&format!("arn:aws:iam::{}:", account.id)))
        .collect();
    let languages: Vec<_> = here.iter().chain(&named.arns).cloned().collect();
    let any_arn = Language::literal(&format!("arn:aws:iam::{any}:root"));
    let unremarkable = language::classes(&any_arn, &languages).classes.pop();
    let kinds: &[(&str, bool)] = if named.below_accounts {
        &[(":root", false), (":user/", true), (":role/", true)]
    } else {
        &[(":root", false)]
    };
    let mut callers = Vec::new();
    for &(entity, has_name) in kinds {
        let arns = Language::iam_arns(entity);
        let domain = if has_name { arns.then_path_and_name() } else { arns };
        for class in language::classes(&domain, &languages).classes {
            let is_here = class.within.iter().take(here.len()).any(|&within| within);
            let is_any =
                !has_name && unremarkable.as_ref().is_some_and(|any| any.within == class.within);
            if !is_here && !is_any {
                callers.extend(caller_of_arn(&class.text));
            }
        }
    }
    callers
}

fn caller_of_arn(arn: &str) -> Option<Caller> {
    let (account, entity) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let account = identity(AccountId::parse(account)?);
    if entity == "root" {
        return Some(plain(Principal::Root(account), CallerKind::Stranger));
    }
    let (kind, path_and_name) = entity.split_once('/')?;
    let (path, own) = path_and_name
        .rsplit_once('/')
        .map_or(("/".to_owned(), path_and_name), |(path, own)| (format!("/{path}/"), own));
    let own = name(&path, own, "");
    Some(with_everything(match kind {
        "user" => Principal::User { account, user: own },
        _ => Principal::AssumedRole { account, role: own, session_name: ANY_SESSION.into() },
    }))
}

/// An account that is not known and that no policy with these texts names.
pub(crate) fn unnamed_account(texts: &str, known: &[AccountIdentity]) -> Option<AccountId> {
    let is_free = |id: &AccountId| {
        !known.iter().any(|account| account.id == *id) && !texts.contains(&id.to_string())
    };
    let candidates = (0..).map_while(|number| AccountId::from_number(AccountId::MAX - number));
    // INVARIANT: neither accounts nor the policy are that many.
    candidates.take(100_000).find(is_free).or_else(|| AccountId::from_number(0))
}

/// An account that is not here, with a canonical user id that no other has.
pub(crate) fn identity(id: AccountId) -> AccountIdentity {
    let canonical =
        CanonicalUserId::parse(&format!("{:064x}", u128::from(id.number()) + (1 << 64)));
    AccountIdentity { id, canonical_id: canonical.unwrap_or_else(CanonicalUserId::anonymous) }
}

pub(crate) fn name(path: &str, name: &str, unique_id: &str) -> Arc<IamName> {
    Arc::new(IamName {
        path: path.to_owned(),
        name: name.to_owned(),
        unique_id: unique_id.to_owned(),
    })
}

pub(crate) fn plain(principal: Principal, kind: CallerKind) -> Caller {
    Caller {
        principal,
        identity: None,
        policy_names: Vec::new(),
        boundary_name: String::new(),
        tags: None,
        kind,
    }
}

fn with_everything(principal: Principal) -> Caller {
    let facts = IdentityFacts {
        policies: EVERYTHING.iter().cloned().collect(),
        ..IdentityFacts::default()
    };
    Caller {
        identity: Some(facts),
        policy_names: vec!["what its account allows it".to_owned()],
        ..plain(principal, CallerKind::Stranger)
    }
}
