//! Before ACLs are disabled: who has what by them, the policy that gives the same, and the way back.

use std::sync::Arc;

pub use authz::advice::Journal;
use authz::advice::report::DisableAcls;
use authz::advice::{
    Beneficiary, Comparison, Gathered, Gatherer, NamedCaller, Writes, equivalent, named_callers,
    owner_name, with_acls_disabled,
};
use authz::policy::{PolicyOptions, with_arns};
use authz::{BucketFacts, NoContext, Policy};
use model::limits::ADVICE_OWNER_VERSIONS_MAX;
use model::{
    AccountIdentity, BucketName, CannedAcl, Grant, Grantee, ObjectOwnership, Principal, S3Error,
    Timestamp,
};

use super::requests::replayed;
use super::{bucket, call};
use crate::acl::{AclInput, GrantInput, IdInput};
use crate::bucket::{acl, ownership, policy};
use crate::notes::Notes;
use crate::store::Store;
use crate::vault::{BucketState, Vault};

/// For whom advice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Who runs the store, knows all accounts, and waits as long as it takes.
    Operator,
    /// Who owns the bucket, and knows of other accounts those that it deals with.
    Owner,
}

/// The advice, and what the bucket has now. Errors: `NoSuchBucket`.
pub async fn advise(
    store: &Store,
    name: &BucketName,
    writes: Writes,
) -> Result<(DisableAcls, Journal), S3Error> {
    advise_for(store, name, writes, Audience::Operator).await
}

pub(super) async fn advise_for(
    store: &Store,
    name: &BucketName,
    writes: Writes,
    audience: Audience,
) -> Result<(DisableAcls, Journal), S3Error> {
    let state = bucket(store, name).await?;
    let facts = &state.facts;
    let shown = shown_policy(store, facts)?;
    let (gathered, is_all) = gather(store, &state, audience).await?;
    let (accounts, stranger) =
        known_accounts(store, facts, &gathered, shown.as_deref(), audience).await?;
    let mut report = DisableAcls::of(facts, &gathered, &accounts);
    let mut journal = Journal {
        bucket: name.clone(),
        ownership: facts.ownership,
        policy: shown.clone(),
        grants: facts.acl.grants.clone(),
        applied: None,
    };
    if report.already_disabled {
        report.notes.push("ACLs are disabled already".to_owned());
        return Ok((report, journal));
    }
    if !is_all {
        report.blockers.push(format!(
            "the bucket has more than {ADVICE_OWNER_VERSIONS_MAX} object versions, of which only the \
             first were looked at; `grantry advise disable-acls`, which the operator runs, looks at all"
        ));
        return Ok((report, journal));
    }
    match equivalent(facts, &gathered, shown.as_deref(), &accounts, writes) {
        Ok(made) => report = report.with_policy(made),
        Err(why) => report.blockers.push(why),
    }
    if gathered.too_many {
        report
            .notes
            .push("the grants are too scattered for one policy; only some are in it".to_owned());
    }
    let after = after(store, facts, report.policy.as_deref(), &mut report.blockers)?;
    let mut callers = callers(facts, &accounts);
    callers.extend(stranger);
    let owner = owner_name(facts);
    let mut comparison = Comparison::new(facts, &after, &store.settings.switches, callers);
    comparison.add_bucket();
    let mut next = Some(Vault::first_version());
    while let Some(start) = next {
        let (versions, rest) = store.vault.versions_seen(&state, start).await?;
        for version in &versions {
            comparison.add(version);
        }
        next = rest;
    }
    report = report.with_differences(&comparison.finish(), &owner);
    (report.requests, report.requests_seen) = replayed(store, name, &after)?;
    journal.applied = report.policy.clone().or(shown);
    Ok((report, journal))
}

/// The policy as it is shown.
fn shown_policy(store: &Store, facts: &BucketFacts) -> Result<Option<String>, S3Error> {
    let shown = |policy: &Arc<Policy>| {
        store.vault.with_principals(|names| Ok(with_arns(policy.text(), names)))
    };
    facts.policy.as_ref().map(shown).transpose()
}

/// What the ACLs of the versions say, and whether all were looked at.
async fn gather(
    store: &Store,
    state: &BucketState,
    audience: Audience,
) -> Result<(Gathered, bool), S3Error> {
    let mut gatherer = Gatherer::new(&state.facts);
    let mut seen = 0;
    let mut next = Some(Vault::first_version());
    while let Some(start) = next {
        if audience == Audience::Owner && seen >= ADVICE_OWNER_VERSIONS_MAX {
            return Ok((gatherer.finish(), false));
        }
        let (versions, rest) = store.vault.versions_seen(state, start).await?;
        seen += versions.len() as u64;
        for version in versions {
            gatherer.add(version);
        }
        next = rest;
    }
    Ok((gatherer.finish(), true))
}

/// The accounts that the advice may name. For the bucket owner these are its own and those that grants,
/// objects or the policy name already; one more stands for all others, under no name.
async fn known_accounts(
    store: &Store,
    facts: &BucketFacts,
    gathered: &Gathered,
    policy: Option<&str>,
    audience: Audience,
) -> Result<(Vec<AccountIdentity>, Option<NamedCaller>), S3Error> {
    let all = store.vault.accounts().await?.into_iter().map(|one| one.identity);
    if audience == Audience::Operator {
        return Ok((all.collect(), None));
    }
    let is_dealt_with = |account: &AccountIdentity| {
        let id = &account.canonical_id;
        let is_grantee = |grant: &Grant| grant.grantee == Grantee::CanonicalUser(id.clone());
        let beneficiary = Beneficiary::Account(id.clone());
        *account == facts.owner
            || facts.acl.grants.iter().any(is_grantee)
            || gathered.census.iter().any(|line| line.beneficiary == beneficiary)
            || gathered.foreign.iter().any(|objects| objects.owner == *id)
            || policy.is_some_and(|text| text.contains(&account.id.to_string()))
    };
    let (known, others): (Vec<_>, Vec<_>) = all.partition(is_dealt_with);
    let stranger = others.into_iter().next();
    let stranger = stranger.map(|one| ("any other account".to_owned(), Principal::Root(one), None));
    Ok((known, stranger))
}

/// The bucket as it would be, and what is in the way of that.
fn after(
    store: &Store,
    facts: &BucketFacts,
    text: Option<&str>,
    blockers: &mut Vec<String>,
) -> Result<BucketFacts, S3Error> {
    let Some(text) = text else { return Ok(with_acls_disabled(facts, None, blockers)) };
    let parsed = store.vault.with_principals(|names| {
        let options = PolicyOptions { resource_star: store.settings.switches.policy_resource_star };
        Ok(Policy::parse_bucket_policy(text, &facts.name, names, options))
    })?;
    Ok(with_acls_disabled(facts, Some(parsed), blockers))
}

/// Those for whom things may change.
pub(super) fn callers(facts: &BucketFacts, accounts: &[AccountIdentity]) -> Vec<NamedCaller> {
    let named = |account: &AccountIdentity| (format!("account {}", account.id), account.clone());
    named_callers(facts, accounts.iter().map(named))
}

/// Disables ACLs: first the policy, then the bucket ACL, which has to be private for the last step, the
/// ownership. What fails undoes what came before it.
pub async fn apply(store: &Store, journal: &Journal, now: Timestamp) -> Result<(), S3Error> {
    let state = bucket(store, &journal.bucket).await?;
    let caller = Principal::Root(state.facts.owner.clone());
    let notes = Notes::default();
    let call = call(&caller, &NoContext, &notes, now);
    let name = &journal.bucket;
    if journal.applied != journal.policy
        && let Some(text) = &journal.applied
    {
        policy::put(store, &call, name, Ok(text.clone())).await?;
    }
    let private = Ok(AclInput::Canned(CannedAcl::Private));
    let mut done = acl::put(store, &call, name, private).await;
    if done.is_ok() {
        let enforced = Ok(ObjectOwnership::BucketOwnerEnforced);
        done = ownership::put(store, &call, name, enforced).await;
    }
    if let Err(error) = done {
        put_back(store, journal, now).await?;
        return Err(error);
    }
    Ok(())
}

/// Brings back what the journal has, unless the policy was changed by somebody else since.
pub async fn undo(store: &Store, journal: &Journal, now: Timestamp) -> Result<(), S3Error> {
    let state = bucket(store, &journal.bucket).await?;
    let shown = shown_policy(store, &state.facts)?;
    if shown != journal.applied || !state.facts.acls_are_disabled() {
        let message = "the bucket was changed since; put its settings back by hand";
        return Err(S3Error::with_message(model::ErrorCode::OperationAborted, message));
    }
    put_back(store, journal, now).await
}

/// ACLs work again before their policy goes.
async fn put_back(store: &Store, journal: &Journal, now: Timestamp) -> Result<(), S3Error> {
    let state = bucket(store, &journal.bucket).await?;
    let owner = &state.facts.owner;
    let caller = Principal::Root(owner.clone());
    let notes = Notes::default();
    let call = call(&caller, &NoContext, &notes, now);
    let name = &journal.bucket;
    match journal.ownership {
        Some(setting) => ownership::put(store, &call, name, Ok(setting)).await?,
        None => ownership::delete(store, &call, name).await?,
    }
    let grants = journal.grants.iter().map(GrantInput::of).collect();
    let owner = IdInput { text: owner.canonical_id.to_string(), argument: "CanonicalUser/ID" };
    acl::put(store, &call, name, Ok(AclInput::Document { owner, grants })).await?;
    match &journal.policy {
        Some(text) => policy::put(store, &call, name, Ok(text.clone())).await,
        None => policy::delete(store, &call, name).await,
    }
}
