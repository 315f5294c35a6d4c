//! One decision of one request, as it was read.

use std::sync::Arc;

use authz::{Asks, ObjectFacts, Side, Step, Switches};
use model::{
    AccessControlList, AccountId, AclRequest, BucketName, CanonicalUserId, LockRefusal, ObjectKey,
    Operation, Timestamp, VersionId,
};

use super::call::RecordedCall;
use super::decided::{Envelope, StoredDecision, StoredObject};
use super::outcome::Outcome;
use super::replay::RecordedContext;
use super::snapshot::{BucketSnapshot, CallerSnapshot, SnapshotId};
use super::steps::{Dictionary, unpack};
use super::stored::{Text, read_asks};

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
    /// The lock of the version, where Object Lock refused what the decision allowed.
    pub lock: Option<RecordedLock>,
    /// The call of a management API, if it was none of S3.
    pub call: Option<RecordedCall>,
}

/// What Object Lock ruled on, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedLock {
    /// What was to happen, and the lock.
    pub refusal: LockRefusal,
    /// The time that retentions are compared with.
    pub at: Timestamp,
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

    /// What was asked for: an operation of S3, or the action of a call.
    pub fn operation_name(&self) -> Option<&str> {
        let action = self.call.as_ref().and_then(|call| call.actions.first());
        self.operation.map(Operation::name).or(action.map(String::as_str))
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
            context: match self.call {
                None => RecordedContext::new(pairs(self.context.values()), time),
                Some(_) => RecordedContext::of_call(pairs(self.context.values()), time),
            },
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
            lock: envelope.lock.map(|lock| RecordedLock { refusal: lock.into(), at: time }),
            call: match &self.call {
                None => None,
                Some(call) => Some(call.read()?),
            },
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
