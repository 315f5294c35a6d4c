//! One decision of one request, as it is written and as it was read.

use std::sync::Arc;

use authz::{Asks, Decision, Facts, ObjectFacts, Request, Side, Step, Switches, Verdict};
use minicbor::{Decode, Encode};
use model::{
    AccessControlList, AccountId, AclRequest, BucketName, CanonicalUserId, ObjectKey, Operation,
    Timestamp, VersionId,
};

use super::outcome::Outcome;
use super::replay::RecordedContext;
use super::snapshot::{BucketSnapshot, CallerSnapshot, Snapshot, SnapshotId};
use super::steps::{Dictionary, pack, unpack};
use super::stored::{StoredAcl, Text, asks_bits, read_asks};

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
}

/// What is known when the decision is made.
#[derive(Encode, Decode, Default)]
#[cbor(map)]
pub(super) struct StoredDecision<'a> {
    #[n(0)]
    operation: Option<Text<'a>>,
    #[n(1)]
    side: u8,
    #[n(2)]
    caller: Option<SnapshotId>,
    #[n(3)]
    bucket: Option<SnapshotId>,
    #[n(4)]
    pub(super) bucket_name: Option<Text<'a>>,
    #[n(5)]
    pub(super) key: Option<Text<'a>>,
    #[n(6)]
    version: Option<Text<'a>>,
    #[n(7)]
    acl: Option<StoredAcl<'a>>,
    #[n(8)]
    asks: u16,
    #[n(9)]
    new_policy_is_public: bool,
    #[n(10)]
    context: Vec<(Text<'a>, Text<'a>)>,
    #[n(11)]
    object: Option<StoredObject<'a>>,
    #[n(12)]
    upload: Option<StoredUpload<'a>>,
    #[n(13)]
    steps: Vec<u64>,
    #[n(14)]
    deciding: Option<u8>,
    #[n(15)]
    acl_required: bool,
    #[n(16)]
    expected_owner: Option<u64>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredObject<'a> {
    /// 0 missing, 1 delete marker, 2 present.
    #[n(0)]
    kind: u8,
    #[n(1)]
    owner: Option<Text<'a>>,
    #[n(2)]
    acl: Option<StoredAcl<'a>>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredUpload<'a> {
    #[n(0)]
    account: u64,
    #[n(1)]
    arn: Option<Text<'a>>,
}

/// A decision that waits for the end of its request.
#[derive(Clone, Debug)]
pub struct Decided {
    pub(super) bytes: Vec<u8>,
    pub(super) outcome: Outcome,
    pub(super) error_code: Option<&'static str>,
    pub(super) caller: Option<Arc<Snapshot>>,
    pub(super) bucket: Option<Arc<Snapshot>>,
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
            context: recorded(request),
            object: stored_object(facts.object),
            upload: facts.upload.map(|upload| StoredUpload {
                account: upload.initiator_account.number(),
                arn: upload.initiator_arn.map(Text::from),
            }),
            steps: decision.trace.steps().iter().map(pack).collect(),
            deciding: decision.trace.deciding_index().and_then(|index| u8::try_from(index).ok()),
            acl_required: decision.acl_required,
            expected_owner: None,
        };
        Self {
            bytes: encode(&stored),
            outcome: if refused { Outcome::Refused } else { Outcome::Allowed },
            error_code,
            caller: snapshots.caller,
            bucket: snapshots.bucket,
        }
    }

    /// Describes a request that nothing was decided about.
    pub fn undecided(undecided: Undecided<'_>) -> Self {
        let Undecided { operation, bucket, key, version, context, expected_owner, snapshots } =
            undecided;
        let mut values = Vec::new();
        context.each(&mut |name, value| {
            values.push((Text::Owned(name.name().into_owned()), Text::Owned(value.to_owned())));
        });
        let stored = StoredDecision {
            operation: operation.map(|operation| operation.name().into()),
            caller: snapshots.caller.as_deref().map(Snapshot::id),
            bucket: snapshots.bucket.as_deref().map(Snapshot::id),
            bucket_name: bucket.map(|name| name.as_str().into()),
            key: key.map(|key| key.as_str().into()),
            version: version.map(Text::from),
            context: values,
            expected_owner: expected_owner.map(AccountId::number),
            ..StoredDecision::default()
        };
        Self {
            bytes: encode(&stored),
            outcome: Outcome::Undecided,
            error_code: None,
            caller: snapshots.caller,
            bucket: snapshots.bucket,
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

fn recorded<'a>(request: &Request<'_>) -> Vec<(Text<'a>, Text<'a>)> {
    let mut values = Vec::with_capacity(12);
    request.context.each(&mut |name, value| {
        values.push((Text::Owned(name.name().into_owned()), Text::Owned(value.to_owned())));
    });
    values
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
        };
        let mut bytes = Vec::with_capacity(decided.bytes.len() + 128);
        // Writing into memory cannot fail.
        let _ = minicbor::encode(&envelope, &mut bytes);
        bytes.extend_from_slice(&decided.bytes);
        bytes
    }
}

/// The object as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedObject {
    /// Nobody had to look.
    NotLoaded,
    /// There was none.
    Missing,
    /// It was a delete marker of this owner.
    DeleteMarker(CanonicalUserId),
    /// It was there.
    Present {
        /// Its owner.
        owner: CanonicalUserId,
        /// Its ACL, unless it was private.
        acl: Option<AccessControlList>,
    },
}

impl RecordedObject {
    /// As decisions take it.
    pub fn as_facts(&self) -> ObjectFacts<'_> {
        match self {
            Self::NotLoaded => ObjectFacts::NotLoaded,
            Self::Missing => ObjectFacts::Missing,
            Self::DeleteMarker(owner) => ObjectFacts::DeleteMarker { owner },
            Self::Present { owner, acl } => ObjectFacts::Present { owner, acl: acl.as_ref() },
        }
    }
}

/// A record of the decision log.
#[derive(Clone, Debug)]
pub struct Record {
    /// When the request arrived.
    pub time: Timestamp,
    /// `x-amz-request-id`.
    pub request_id: String,
    /// Which decision of the request, from 0: copies have two, batch deletions one a key.
    pub sequence: u32,
    /// How it came out.
    pub outcome: Outcome,
    /// The status of the answer.
    pub status: u16,
    /// The error in the answer.
    pub error_code: Option<String>,
    /// Its message, where nothing was decided.
    pub message: Option<String>,
    /// The access key that the request named.
    pub access_key_id: Option<String>,
    /// Fields of the error, where nothing was decided.
    pub details: Vec<(String, String)>,
    /// What was asked for.
    pub operation: Option<Operation>,
    /// Which half of a copy.
    pub side: Side,
    /// Who asked, with its policies then; absent if nobody knows.
    pub caller: Option<Arc<CallerSnapshot>>,
    /// The bucket with its settings then, if it existed.
    pub bucket: Option<Arc<BucketSnapshot>>,
    /// The bucket that was named.
    pub bucket_name: Option<BucketName>,
    /// The key that was named.
    pub key: Option<ObjectKey>,
    /// The version that was named.
    pub version: Option<VersionId>,
    /// The ACL that was asked for.
    pub acl: AclRequest,
    /// What else was asked for.
    pub asks: Asks,
    /// Whether a new bucket policy was public.
    pub new_policy_is_public: bool,
    /// The values of condition keys.
    pub context: RecordedContext,
    /// The object then.
    pub object: RecordedObject,
    /// The account of the upload's initiator, and its ARN.
    pub upload: Option<(AccountId, Option<String>)>,
    /// The rules that were asked.
    pub steps: Vec<Step>,
    /// Which of them decided.
    pub deciding: Option<usize>,
    /// Whether an ACL was needed or sent (§9.6).
    pub acl_required: bool,
    /// `x-amz-expected-bucket-owner`, where nothing was decided.
    pub expected_owner: Option<AccountId>,
    /// The operator's choices then.
    pub switches: Switches,
}

impl Record {
    /// The ARN of the caller, `anonymous`, or the name of a service.
    pub fn caller_name(&self) -> Option<String> {
        self.caller.as_ref().map(|caller| caller.principal.to_string())
    }

    /// The header `User-Agent`.
    pub fn user_agent(&self) -> Option<&str> {
        self.context.get("aws:UserAgent")
    }

    /// Whether the request sent an ACL.
    pub fn sent_acl(&self) -> bool {
        self.acl.is_present()
    }
}

/// Where a record's snapshots are.
pub(super) trait KnownSnapshots {
    fn caller(&mut self, id: SnapshotId) -> Option<Arc<CallerSnapshot>>;
    fn bucket(&mut self, id: SnapshotId) -> Option<Arc<BucketSnapshot>>;
    fn dictionary(&self) -> &Dictionary;
}

impl StoredDecision<'_> {
    /// A record that names what this version does not know, or that is damaged, is none.
    pub(super) fn read(
        &self,
        envelope: &Envelope<'_>,
        known: &mut impl KnownSnapshots,
    ) -> Option<Record> {
        let caller = match self.caller {
            Some(id) => Some(known.caller(id)?),
            None => None,
        };
        let bucket = match self.bucket {
            Some(id) => Some(known.bucket(id)?),
            None => None,
        };
        let time = Timestamp::from_unix_millis(envelope.time_millis);
        let owned = |text: &Option<Text<'_>>| text.as_deref().map(str::to_owned);
        let pairs = |list: &[(Text<'_>, Text<'_>)]| {
            list.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
        };
        Some(Record {
            time,
            request_id: envelope.request_id.to_string(),
            sequence: envelope.sequence,
            outcome: *Outcome::ALL.get(usize::from(envelope.outcome))?,
            status: envelope.status,
            error_code: owned(&envelope.error_code),
            message: owned(&envelope.message),
            access_key_id: owned(&envelope.access_key_id),
            details: envelope.details.as_deref().map(pairs).unwrap_or_default(),
            operation: self.operation.as_deref().and_then(operation),
            side: match self.side {
                1 => Side::CopySource,
                2 => Side::CopyDestination,
                _ => Side::Whole,
            },
            caller,
            bucket,
            bucket_name: self.bucket_name.as_deref().and_then(BucketName::parse),
            key: self.key.as_deref().and_then(|key| ObjectKey::parse(key).ok()),
            version: self.version.as_deref().and_then(VersionId::parse),
            acl: match &self.acl {
                None => AclRequest::Absent,
                Some(acl) => acl.read_asked()?,
            },
            asks: read_asks(self.asks),
            new_policy_is_public: self.new_policy_is_public,
            context: RecordedContext::new(pairs(&self.context), time),
            object: match &self.object {
                None => RecordedObject::NotLoaded,
                Some(object) => object.read()?,
            },
            upload: match &self.upload {
                None => None,
                Some(upload) => Some((AccountId::from_number(upload.account)?, owned(&upload.arn))),
            },
            steps: {
                let names = known.dictionary();
                self.steps.iter().map(|&step| unpack(step, names)).collect::<Option<_>>()?
            },
            deciding: self.deciding.map(usize::from),
            acl_required: self.acl_required,
            expected_owner: self.expected_owner.and_then(AccountId::from_number),
            switches: known.dictionary().switches,
        })
    }
}

fn operation(name: &str) -> Option<Operation> {
    Operation::table().iter().find(|row| row.name == name).map(|row| row.operation)
}

impl StoredObject<'_> {
    fn read(&self) -> Option<RecordedObject> {
        let owner = || self.owner.as_deref().and_then(CanonicalUserId::parse);
        Some(match self.kind {
            0 => RecordedObject::Missing,
            1 => RecordedObject::DeleteMarker(owner()?),
            2 => RecordedObject::Present {
                owner: owner()?,
                acl: match &self.acl {
                    None => None,
                    Some(acl) => Some(acl.read()?),
                },
            },
            _ => return None,
        })
    }
}
