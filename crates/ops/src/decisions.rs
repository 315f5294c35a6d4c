//! The decision log: what the gate and the wire leave there.
//!
//! The gate describes each decision into the [`Notes`](crate::Notes) of its request; when the request
//! is answered, the wire adds what it knows and hands everything to the log.

use std::sync::{Arc, LazyLock};

use audit::decision_log::{
    CallerSnapshot, Conclusion, Decided, DecidedCall, DecisionLog, DecisionLogCounts, Outcome,
    Snapshot, Snapshots, Undecided,
};
use authz::{ContextSource, Decision, Facts, IdentityFacts, Request};
use model::{
    AccountId, BucketName, ErrorCode, ObjectKey, Operation, Principal, S3Error, Timestamp,
};

use crate::call::Call;
use crate::iam::ApiCall;
use crate::identities::Signer;
use crate::notes::Notes;
use crate::store::Store;
use crate::vault::BucketState;

/// The numbers, for the metrics.
pub fn counts(store: &Store) -> DecisionLogCounts {
    store.decisions.counts()
}

/// The notes of a request, which keep the decisions that the log wants.
pub fn notes(store: &Store) -> Notes {
    Notes::of_decisions(store.decisions.kept())
}

/// A caller who may be described without any policy.
static ANONYMOUS: LazyLock<Arc<Snapshot>> =
    LazyLock::new(|| Arc::new(CallerSnapshot::take(&Principal::Anonymous, None, &[], None)));

/// Describes a decision.
pub(crate) fn describe(
    call: &Call<'_>,
    bucket: Option<&BucketState>,
    (request, facts): (&Request<'_>, &Facts<'_>),
    decision: &Decision,
    refused: Option<&S3Error>,
) -> Decided {
    let snapshots = Snapshots {
        caller: Some(caller(call.notes, call.caller, call.identity)),
        bucket: bucket.map(|bucket| Arc::clone(bucket.snapshot())),
    };
    let error_code = refused.map(|error| error.code().as_str());
    Decided::new(request, facts, decision, snapshots, error_code)
}

/// Keeps the decision about a call of a management API, if the log wants it.
pub(crate) fn keep_call(call: &ApiCall<'_>, decided: &DecidedCall<'_>) {
    let allowed = decided.decision.is_allowed();
    if !call.notes.wants(if allowed { Outcome::Allowed } else { Outcome::Refused }) {
        return;
    }
    let error_code = (!allowed).then_some(ErrorCode::AccessDenied.as_str());
    let caller = caller(call.notes, call.caller, call.identity);
    call.notes.keep(Decided::of_call(decided, caller, error_code));
}

/// The caller with its policies. Who signed is mostly known by its key, and described once.
fn caller(notes: &Notes, caller: &Principal, identity: Option<&IdentityFacts>) -> Arc<Snapshot> {
    if caller.is_anonymous() {
        return Arc::clone(&ANONYMOUS);
    }
    let signer = notes.signer().filter(|signer| std::ptr::eq(signer.principal(), caller));
    match signer {
        Some(signer) => Arc::clone(signer.snapshot()),
        None => Arc::new(CallerSnapshot::take(caller, identity, &[], None)),
    }
}

/// How a request was answered.
pub struct Answered<'a> {
    /// When it arrived.
    pub time: Timestamp,
    /// `x-amz-request-id`.
    pub request_id: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The error in the answer.
    pub error: Option<&'a S3Error>,
    /// The code of an error in the answer that is no error of S3.
    pub call_error: Option<&'static str>,
    /// The access key that it names.
    pub access_key_id: Option<&'a str>,
    /// What it asked for, if that is known.
    pub operation: Option<Operation>,
    /// The bucket in the URI.
    pub bucket: Option<&'a BucketName>,
    /// The key in the URI.
    pub key: Option<&'a ObjectKey>,
    /// The version in the URI, as sent.
    pub version: Option<&'a str>,
    /// `x-amz-expected-bucket-owner`.
    pub expected_owner: Option<AccountId>,
    /// Its circumstances, for a request that [nothing was decided about](is_undecided).
    pub context: Option<&'a dyn ContextSource>,
}

/// Whether a request that was answered with this status has a record although nothing was decided.
pub fn is_undecided(store: &Store, notes: &Notes, status: u16) -> bool {
    store.decisions.keeps_anything() && !notes.has_decided() && (400..500).contains(&status)
}

/// Fields of errors that explain a refusal and hold nothing that signatures or tokens are made from.
const TELLING_FIELDS: [&str; 10] = [
    "ArgumentName",
    "BucketName",
    "Expires",
    "HeadersNotSigned",
    "MaxAllowedSkewMilliseconds",
    "Region",
    "RequestTime",
    "ServerTime",
    "X-Amz-Expires",
    "Condition",
];

/// Hands what was decided about a request to the log. A request that failed before a decision has a
/// record too.
pub async fn conclude(store: &Store, notes: &Notes, answered: &Answered<'_>) {
    if !store.decisions.keeps_anything() {
        return;
    }
    if let Some(refusal) = answered.error.and_then(S3Error::lock) {
        notes.refused_by_lock(refusal);
    }
    let mut decided = notes.take_decisions();
    if let Some(context) = answered.context {
        decided.push(undecided(store, notes, answered, context).await);
    }
    if decided.is_empty() {
        return;
    }
    let details: Vec<(&str, &str)> = answered.error.map_or_else(Vec::new, |error| {
        let fields = error.fields().iter().map(|(name, value)| (*name, value.as_str()));
        fields.filter(|(name, _)| TELLING_FIELDS.contains(name)).collect()
    });
    let conclusion = Conclusion {
        time: answered.time,
        request_id: answered.request_id,
        status: answered.status,
        error_code: answered.error.map(|error| error.code().as_str()).or(answered.call_error),
        message: answered.error.map(S3Error::message),
        access_key_id: answered.access_key_id,
        details: &details,
    };
    store.decisions.add(&conclusion, decided);
}

async fn undecided(
    store: &Store,
    notes: &Notes,
    answered: &Answered<'_>,
    context: &dyn ContextSource,
) -> Decided {
    let bucket = match answered.bucket {
        // The answer is given already; a bucket that cannot be read is left out.
        Some(name) => store.vault.bucket(name).await.ok().flatten(),
        None => None,
    };
    let caller = notes.signer().map(|signer| Arc::clone(signer.snapshot()));
    Decided::undecided(Undecided {
        operation: answered.operation,
        bucket: answered.bucket,
        key: answered.key,
        version: answered.version,
        context,
        expected_owner: answered.expected_owner,
        snapshots: Snapshots { caller, bucket: bucket.map(|bucket| Arc::clone(bucket.snapshot())) },
    })
}

impl Signer {
    fn snapshot(&self) -> &Arc<Snapshot> {
        self.state().snapshot()
    }
}

/// The log, for those who read it.
pub fn log(store: &Store) -> &DecisionLog {
    &store.decisions
}
