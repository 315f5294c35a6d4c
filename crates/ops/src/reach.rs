//! Who may do something, for the operator.
//!
//! Comes from the command line or over the control socket, never from a request: the answer shows
//! policies of everybody.

use authz::reach::report::Report;
use authz::reach::{self, Caller, KnownObject, Question, Scope};
use authz::{Action, BucketFacts, ResourceType};
use model::limits::REACH_OBJECTS_MAX;
use model::{AccountIdentity, BucketName, ObjectKey, S3Error};

use crate::gate::no_such_bucket;
use crate::store::Store;
use crate::vault::Vault;

/// What of a bucket is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All keys that begin so.
    Prefix(String),
    /// One key.
    Key(ObjectKey),
}

/// Everybody who may call, with what speaks for them.
pub struct Everybody {
    /// All accounts.
    pub accounts: Vec<AccountIdentity>,
    /// Their root users, users and roles.
    pub callers: Vec<Caller>,
}

/// Everybody who may call.
pub async fn everybody(store: &Store) -> Result<Everybody, S3Error> {
    let accounts = store.vault.accounts().await?;
    let accounts: Vec<_> = accounts.into_iter().map(|account| account.identity).collect();
    let mut callers = Vec::new();
    for account in &accounts {
        callers.extend(store.vault.callers_of(account)?);
    }
    Ok(Everybody { accounts, callers })
}

/// Who may take actions. Errors: `NoSuchBucket`.
pub async fn who_can(
    store: &Store,
    actions: Vec<Action>,
    bucket: &BucketName,
    asked: Asked,
) -> Result<Report, S3Error> {
    let state = store.vault.bucket(bucket).await?;
    let state = state.ok_or_else(|| no_such_bucket(bucket))?;
    let everybody = everybody(store).await?;
    let mut notes = Vec::new();
    let mut objects = Vec::new();
    let mut one = None;
    match &asked {
        Asked::Prefix(prefix) => {
            let on_objects =
                actions.iter().any(|action| action.resource_type() == ResourceType::Object);
            // Where ACLs are disabled, all objects are alike.
            if on_objects && !state.facts.acls_are_disabled() {
                objects = remarkable(store, &state, prefix, &mut notes).await?;
            }
        }
        Asked::Key(key) => {
            one = store.vault.object_seen(&state, key).await?;
            if one.is_none() {
                notes.push(format!(
                    "there is no object {key}; the answer is for one that the bucket owner would write"
                ));
                let owner = state.facts.owner.canonical_id.clone();
                let object = KnownObject { key: key.clone(), owner, acl: None, versions: 0 };
                one = Some((object, Vec::new()));
            }
        }
    }
    let (facts, switches) = (state.facts.clone(), store.settings.switches);
    // Seconds, if there are thousands of users.
    let answered = tokio::task::spawn_blocking(move || {
        let scope = match (&asked, &one) {
            (Asked::Key(_), Some((object, _))) => Scope::Object(object),
            (Asked::Prefix(prefix), _) => Scope::Prefix(prefix),
            (Asked::Key(key), None) => Scope::Prefix(key.as_str()),
        };
        let question = Question {
            bucket: &facts,
            action: Action::GetObject,
            scope,
            objects: &objects,
            tags: one.as_ref().map(|(_, tags)| tags.as_slice()),
            switches: &switches,
            is_amazon: false,
        };
        let mut report =
            reach::who_can(&question, &actions, &everybody.callers, &everybody.accounts);
        report.notes.splice(0..0, notes);
        report.notes.extend(settings_notes(&facts));
        report
    });
    answered.await.map_err(S3Error::internal)
}

/// Objects below a prefix with owners and ACLs of their own.
async fn remarkable(
    store: &Store,
    bucket: &crate::vault::BucketState,
    prefix: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<KnownObject>, S3Error> {
    let mut objects = Vec::new();
    let mut seen = 0;
    let mut next = Some(Vault::first_version());
    while let Some(start) = next {
        if seen >= REACH_OBJECTS_MAX {
            notes.push(format!(
                "only the first {seen} versions of objects were looked at for ACLs of their own; \
                 `grantry advise disable-acls` looks at all"
            ));
            break;
        }
        let page = store.vault.objects_seen(bucket, prefix, start).await?;
        seen += page.seen;
        objects.extend(page.remarkable);
        next = page.next;
    }
    Ok(objects)
}

/// What the settings of the bucket take from everybody.
fn settings_notes(bucket: &BucketFacts) -> Vec<String> {
    let mut notes = Vec::new();
    if bucket.acls_are_disabled() {
        notes.push("ACLs are disabled: grants in ACLs count for nothing".to_owned());
    } else if bucket.public_access.ignore_public_acls {
        notes.push(
            "IgnorePublicAcls: grants to AllUsers and AuthenticatedUsers count for nothing"
                .to_owned(),
        );
    }
    if bucket.public_access.restrict_public_buckets
        && bucket.policy.as_ref().is_some_and(|policy| policy.is_public())
    {
        notes.push(
            "RestrictPublicBuckets: as the policy is public, only principals of the bucket \
             owner's account and services get in"
                .to_owned(),
        );
    }
    if bucket.requester_pays {
        notes.push(
            "Requester Pays: callers of other accounts must send x-amz-request-payer".to_owned(),
        );
    }
    notes
}
