//! Explanations: of recorded requests by the facts of then or of now, and of questions.

pub mod api;
mod question;

use std::sync::Arc;

use audit::decision_log::{
    BucketSnapshot, CallerSnapshot, DecisionLogError, Found, Record, RecordedCall, RecordedObject,
    search,
};
pub use audit::decision_log::{Filter, Outcome};
pub use explain::Explanation;
use meta::ObjectVersion;
use model::limits::DECISIONS_PAGE_MAX;
use model::{IamKind, Principal, S3Error, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::question::{Question, QuestionError};
use crate::store::Store;
use crate::vault::{BucketState, Called};

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] DecisionLogError),
    /// The store cannot be read.
    #[error("the store cannot be read: {}", .0.cause().unwrap_or(.0.message()))]
    Store(S3Error),
    /// The question cannot be asked.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// A page does not exist.
    #[error("this is no place where a search ended")]
    Place,
    /// The work was cut off.
    #[error("reading was cut off")]
    CutOff,
}

impl From<S3Error> for ExplainError {
    fn from(error: S3Error) -> Self {
        Self::Store(error)
    }
}

/// The newest records that a filter admits.
pub async fn find(
    store: &Store,
    filter: Filter,
    from: Option<String>,
    limit: usize,
) -> Result<Found, ExplainError> {
    let log = Arc::clone(&store.decisions);
    let work = move || {
        log.flush();
        search(log.directory(), &filter, from.as_deref(), limit.min(DECISIONS_PAGE_MAX))
    };
    let found = tokio::task::spawn_blocking(work).await.map_err(|_| ExplainError::CutOff)??;
    found.ok_or(ExplainError::Place)
}

/// The decisions of one request, in their order.
pub async fn of_request(store: &Store, filter: Filter) -> Result<Vec<Record>, ExplainError> {
    let mut records = find(store, filter, None, DECISIONS_PAGE_MAX).await?.records;
    records.sort_by_key(|record| record.sequence);
    Ok(records)
}

/// What `ListDecisions` and `grantry decisions` say of a record. Members may be added, none renamed
/// or removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionSummary {
    /// When the request arrived, ISO 8601.
    pub time: String,
    /// The same in milliseconds since 1970.
    pub time_millis: i64,
    /// `x-amz-request-id`.
    pub request_id: String,
    /// Which decision of the request, from 0.
    pub sequence: u32,
    /// `refused`, `allowed` or `undecided`.
    pub verdict: String,
    /// The status of the answer.
    pub status: u16,
    /// The error in the answer.
    pub error_code: Option<String>,
    /// The caller's ARN, or `anonymous`; absent if nobody knows.
    pub caller_arn: Option<String>,
    /// The access key.
    pub access_key_id: Option<String>,
    /// The operation of S3, or the action of another service.
    pub operation: Option<String>,
    /// The ARN of what a call of another service acts on, or `*`.
    #[serde(default)]
    pub resource: Option<String>,
    /// The bucket.
    pub bucket: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The version.
    pub version: Option<String>,
    /// The rule that decided, as the specification calls it.
    pub rule: Option<String>,
    /// Whether an ACL was needed or sent (§9.6).
    pub acl_required: bool,
    /// Whether the request sent an ACL.
    pub sent_acl: bool,
    /// Where the request came from.
    pub source_ip: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
}

impl From<&Record> for DecisionSummary {
    fn from(record: &Record) -> Self {
        let deciding = record.deciding.and_then(|at| record.steps.get(at));
        let value = |key: &str| record.context.get(key).map(str::to_owned);
        Self {
            time: record.context.current_time().to_owned(),
            time_millis: record.time.unix_millis,
            request_id: record.request_id.clone(),
            sequence: record.sequence,
            verdict: record.outcome.as_str().to_owned(),
            status: record.status,
            error_code: record.error_code.clone(),
            caller_arn: record.caller_name(),
            access_key_id: record.access_key_id.clone(),
            operation: record.operation_name().map(str::to_owned),
            resource: record.call.as_ref().map(|call| call.resource.clone()),
            bucket: record.bucket_name.as_ref().map(ToString::to_string),
            key: record.key.as_ref().map(ToString::to_string),
            version: record.version.as_ref().map(ToString::to_string),
            rule: deciding.map(|step| format!("{} ({})", step.rule.name(), step.rule.id())),
            acl_required: record.acl_required,
            sent_acl: record.sent_acl(),
            source_ip: value("aws:SourceIp"),
            user_agent: value("aws:UserAgent"),
        }
    }
}

/// Explains a record by the facts of then.
pub fn explain(record: &Record) -> Explanation {
    explain::explain(record)
}

/// The same request with the facts of `time`, which is now. What is gone meanwhile is missing; a
/// session keeps the session policies that it was made with.
pub async fn today(
    store: &Store,
    record: &Record,
    time: Timestamp,
) -> Result<Record, ExplainError> {
    let mut now = record.clone();
    now.switches = store.settings.switches;
    if let Some(lock) = &mut now.lock {
        lock.at = time;
    }
    if let Some(RecordedCall { role: Some(role), resource, owner, .. }) = &mut now.call {
        role.trust = store.vault.trust_policy(*owner, resource)?;
    }
    if let Some(caller) = &record.caller {
        now.caller = Some(Arc::new(caller_today(store, caller)?));
    }
    let state = match &record.bucket_name {
        Some(name) => store.vault.bucket(name).await?,
        None => None,
    };
    now.bucket = state.as_deref().map(snapshot);
    if let (Some(state), Some(key)) = (&state, &record.key) {
        let found = store.vault.object_facts(state, key, record.version.as_ref()).await?;
        see_object(&mut now, found);
    }
    Ok(now)
}

fn snapshot(state: &BucketState) -> Arc<BucketSnapshot> {
    Arc::new(BucketSnapshot {
        facts: state.facts.clone(),
        public_access: state.public_access(),
        account_public_access: state.account_public_access,
    })
}

/// Puts an object, with its tags, into a record.
fn see_object(record: &mut Record, found: Option<ObjectVersion>) {
    let mut values = record.context.values().to_vec();
    values.retain(|(name, _)| !name.starts_with("s3:ExistingObjectTag/"));
    record.object = match found {
        None => {
            record.lock = None;
            RecordedObject::Missing
        }
        Some(ObjectVersion::DeleteMarker(marker)) => {
            record.lock = None;
            RecordedObject::DeleteMarker(marker.owner)
        }
        Some(ObjectVersion::Object(object)) => {
            if let Some(lock) = &mut record.lock {
                lock.refusal.lock = object.lock;
            }
            let tags = object.tags.iter();
            values.extend(
                tags.map(|(key, value)| (format!("s3:ExistingObjectTag/{key}"), value.clone())),
            );
            RecordedObject::Present { owner: object.owner.clone(), acl: object.acl.clone() }
        }
    };
    record.context = record.context.with_values(values);
}

fn caller_today(store: &Store, caller: &CallerSnapshot) -> Result<CallerSnapshot, ExplainError> {
    let known = match &caller.principal {
        Principal::User { account, user } => {
            let called = Called::UniqueId(&user.unique_id);
            store.vault.known_caller(account, IamKind::User, called, "")?
        }
        Principal::AssumedRole { account, role, session_name } => {
            let called = Called::UniqueId(&role.unique_id);
            store.vault.known_caller(account, IamKind::Role, called, session_name)?
        }
        _ => return Ok(caller.clone()),
    };
    let session = caller.identity.as_ref().and_then(|identity| identity.session.clone());
    Ok(match known {
        Some(mut known) => {
            if let Some(identity) = &mut known.identity {
                identity.session = session;
            }
            known
        }
        // Who does not exist any more has no policies.
        None => CallerSnapshot { identity: None, ..caller.clone() },
    })
}
