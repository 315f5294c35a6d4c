//! One decision of one request, as it is written.

use std::sync::Arc;

use authz::{Decision, Facts, ObjectFacts, Request, Step, Verdict};
use minicbor::{Decode, Encode};
use model::{AccountId, BucketName, LockRefusal, ObjectKey, Operation, Timestamp};

use super::call::{DecidedCall, StoredCall};
use super::outcome::Outcome;
use super::snapshot::{Snapshot, SnapshotId};
use super::steps::pack;
use super::stored::{StoredAcl, StoredContext, StoredLock, Text, asks_bits};

/// What is known when the request is answered.
#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct Envelope<'a> {
    #[n(0)]
    pub(super) time_millis: i64,
    #[n(1)]
    pub(super) request_id: Text<'a>,
    #[n(2)]
    pub(super) sequence: u32,
    #[n(3)]
    pub(super) outcome: u8,
    #[n(4)]
    pub(super) status: u16,
    #[n(5)]
    pub(super) error_code: Option<Text<'a>>,
    #[n(6)]
    pub(super) message: Option<Text<'a>>,
    #[n(7)]
    pub(super) access_key_id: Option<Text<'a>>,
    #[n(8)]
    pub(super) details: Option<Vec<(Text<'a>, Text<'a>)>>,
    /// Only known when the change was tried.
    #[n(9)]
    pub(super) lock: Option<StoredLock>,
}

/// What is known when the decision is made.
#[derive(Encode, Decode, Default)]
#[cbor(map)]
pub(super) struct StoredDecision<'a> {
    #[n(0)]
    pub(super) operation: Option<Text<'a>>,
    #[n(1)]
    pub(super) side: u8,
    #[n(2)]
    pub(super) caller: Option<SnapshotId>,
    #[n(3)]
    pub(super) bucket: Option<SnapshotId>,
    #[n(4)]
    pub(super) bucket_name: Option<Text<'a>>,
    #[n(5)]
    pub(super) key: Option<Text<'a>>,
    #[n(6)]
    pub(super) version: Option<Text<'a>>,
    #[n(7)]
    pub(super) acl: Option<StoredAcl<'a>>,
    #[n(8)]
    pub(super) asks: u16,
    #[n(9)]
    pub(super) new_policy_is_public: bool,
    #[n(10)]
    pub(super) context: StoredContext<'a>,
    #[n(11)]
    pub(super) object: Option<StoredObject<'a>>,
    #[n(12)]
    pub(super) upload: Option<StoredUpload<'a>>,
    #[n(13)]
    pub(super) steps: Vec<u64>,
    #[n(14)]
    pub(super) deciding: Option<u8>,
    #[n(15)]
    pub(super) acl_required: bool,
    #[n(16)]
    pub(super) expected_owner: Option<u64>,
    #[n(17)]
    pub(super) call: Option<StoredCall<'a>>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct StoredObject<'a> {
    /// 0 missing, 1 delete marker, 2 present.
    #[n(0)]
    pub(super) kind: u8,
    #[n(1)]
    pub(super) owner: Option<Text<'a>>,
    #[n(2)]
    pub(super) acl: Option<StoredAcl<'a>>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct StoredUpload<'a> {
    #[n(0)]
    pub(super) account: u64,
    #[n(1)]
    pub(super) arn: Option<Text<'a>>,
}

/// A decision that waits for the end of its request.
#[derive(Clone, Debug)]
pub struct Decided {
    pub(super) bytes: Vec<u8>,
    pub(super) outcome: Outcome,
    pub(super) error_code: Option<&'static str>,
    pub(super) caller: Option<Arc<Snapshot>>,
    pub(super) bucket: Option<Arc<Snapshot>>,
    pub(super) lock: Option<LockRefusal>,
}

/// The snapshots that a decision rests on.
#[derive(Clone, Debug, Default)]
pub struct Snapshots {
    /// The caller; absent if nobody knows who called.
    pub caller: Option<Arc<Snapshot>>,
    /// The bucket, if it exists.
    pub bucket: Option<Arc<Snapshot>>,
}

impl Decided {
    /// Describes a decision. `error_code` is that of a refusal.
    pub fn new(
        request: &Request<'_>,
        facts: &Facts<'_>,
        decision: &Decision,
        snapshots: Snapshots,
        error_code: Option<&'static str>,
    ) -> Self {
        let refused = decision.verdict != Verdict::Allow;
        let stored = StoredDecision {
            operation: Some(request.operation.name().into()),
            side: request.side as u8,
            caller: snapshots.caller.as_deref().map(Snapshot::id),
            bucket: snapshots.bucket.as_deref().map(Snapshot::id),
            bucket_name: request.bucket.map(|name| name.as_str().into()),
            key: request.key.map(|key| key.as_str().into()),
            version: request.version.map(|version| version.as_str().into()),
            acl: StoredAcl::asked(request.acl),
            asks: asks_bits(request.asks),
            new_policy_is_public: request.new_policy_is_public,
            context: StoredContext::Told(request.context),
            object: stored_object(facts.object),
            upload: facts.upload.map(|upload| StoredUpload {
                account: upload.initiator_account.number(),
                arn: upload.initiator_arn.map(Text::from),
            }),
            steps: packed(decision.trace.steps()),
            deciding: position(decision.trace.deciding_index()),
            acl_required: decision.acl_required,
            expected_owner: None,
            call: None,
        };
        Self {
            bytes: encode(&stored),
            outcome: if refused { Outcome::Refused } else { Outcome::Allowed },
            error_code,
            caller: snapshots.caller,
            bucket: snapshots.bucket,
            lock: None,
        }
    }

    /// Describes a decision about a call of a management API. `error_code` is that of a refusal.
    pub fn of_call(
        call: &DecidedCall<'_>,
        caller: Arc<Snapshot>,
        error_code: Option<&'static str>,
    ) -> Self {
        let trace = &call.decision.trace;
        let stored = StoredDecision {
            caller: Some(caller.id()),
            context: StoredContext::Told(call.context),
            steps: packed(trace.steps()),
            deciding: position(trace.deciding_index()),
            call: Some(call.into()),
            ..StoredDecision::default()
        };
        let allowed = call.decision.is_allowed();
        Self {
            bytes: encode(&stored),
            outcome: if allowed { Outcome::Allowed } else { Outcome::Refused },
            error_code,
            caller: Some(caller),
            bucket: None,
            lock: None,
        }
    }

    /// How it came out.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Notes that Object Lock refused what the decision allowed, which is known only when the change
    /// is made.
    pub fn refuse_by_lock(&mut self, refusal: LockRefusal) {
        self.outcome = Outcome::Refused;
        self.lock = Some(refusal);
    }

    /// Describes a request that nothing was decided about.
    pub fn undecided(undecided: Undecided<'_>) -> Self {
        let Undecided { operation, bucket, key, version, context, expected_owner, snapshots } =
            undecided;
        let stored = StoredDecision {
            operation: operation.map(|operation| operation.name().into()),
            caller: snapshots.caller.as_deref().map(Snapshot::id),
            bucket: snapshots.bucket.as_deref().map(Snapshot::id),
            bucket_name: bucket.map(|name| name.as_str().into()),
            key: key.map(|key| key.as_str().into()),
            version: version.map(Text::from),
            context: StoredContext::Told(context),
            expected_owner: expected_owner.map(AccountId::number),
            ..StoredDecision::default()
        };
        Self {
            bytes: encode(&stored),
            outcome: Outcome::Undecided,
            error_code: None,
            caller: snapshots.caller,
            bucket: snapshots.bucket,
            lock: None,
        }
    }
}

/// A request that was answered before anything was decided.
pub struct Undecided<'a> {
    /// What it asked for, if that is known.
    pub operation: Option<Operation>,
    /// The bucket in the URI.
    pub bucket: Option<&'a BucketName>,
    /// The key in the URI.
    pub key: Option<&'a ObjectKey>,
    /// The version in the URI, as sent.
    pub version: Option<&'a str>,
    /// Its circumstances.
    pub context: &'a dyn authz::ContextSource,
    /// `x-amz-expected-bucket-owner`.
    pub expected_owner: Option<AccountId>,
    /// Who called, and the bucket, if they exist and are known.
    pub snapshots: Snapshots,
}

fn encode(stored: &StoredDecision<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    // Writing into memory cannot fail.
    let _ = minicbor::encode(stored, &mut bytes);
    bytes
}

/// What most decisions take.
const USUAL_BYTES: usize = 640;

fn packed(steps: &[Step]) -> Vec<u64> {
    steps.iter().map(pack).collect()
}

fn position(index: Option<usize>) -> Option<u8> {
    index.and_then(|index| u8::try_from(index).ok())
}

fn stored_object(object: ObjectFacts<'_>) -> Option<StoredObject<'_>> {
    match object {
        ObjectFacts::NotLoaded => None,
        ObjectFacts::Missing => Some(StoredObject { kind: 0, owner: None, acl: None }),
        ObjectFacts::DeleteMarker { owner } => {
            Some(StoredObject { kind: 1, owner: Some(owner.as_str().into()), acl: None })
        }
        ObjectFacts::Present { owner, acl } => Some(StoredObject {
            kind: 2,
            owner: Some(owner.as_str().into()),
            acl: acl.map(StoredAcl::from),
        }),
    }
}

/// What the answer to a request adds to its decisions.
#[derive(Clone, Copy, Debug)]
pub struct Conclusion<'a> {
    /// When the request arrived.
    pub time: Timestamp,
    /// `x-amz-request-id`.
    pub request_id: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The error in the answer.
    pub error_code: Option<&'static str>,
    /// Its message, for requests that nothing was decided about.
    pub message: Option<&'a str>,
    /// The access key that the request names.
    pub access_key_id: Option<&'a str>,
    /// Fields of the error that hold no secret.
    pub details: &'a [(&'a str, &'a str)],
}

impl Conclusion<'_> {
    /// The finished record: two CBOR items.
    pub(super) fn finish(&self, sequence: u32, decided: &Decided) -> Vec<u8> {
        let undecided = decided.outcome == Outcome::Undecided;
        let details = || self.details.iter().map(|&(name, value)| (name.into(), value.into()));
        let envelope = Envelope {
            time_millis: self.time.unix_millis,
            request_id: self.request_id.into(),
            sequence,
            outcome: decided.outcome as u8,
            status: self.status,
            error_code: decided.error_code.or(self.error_code).map(Text::from),
            message: self.message.filter(|_| undecided).map(Text::from),
            access_key_id: self.access_key_id.map(Text::from),
            details: (undecided && !self.details.is_empty()).then(|| details().collect()),
            lock: decided.lock.map(StoredLock::from),
        };
        let mut bytes = Vec::with_capacity(decided.bytes.len() + 128);
        // Writing into memory cannot fail.
        let _ = minicbor::encode(&envelope, &mut bytes);
        bytes.extend_from_slice(&decided.bytes);
        bytes
    }
}
