//! Event notifications: what is told about changes of objects, and to whom.
//!
//! The gate notes who asks for a change of a bucket that has notifications; the vault makes events of
//! it that are queued in the transaction of the change itself; [`delivery`] sends them until their
//! destination has them. So every change is told at least once, also across crashes.

pub(crate) mod delivery;
pub mod destination;
mod document;
pub mod queue;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use std::time::Duration;

use authz::{ConditionKey, ContextValue};
use meta::{EventCause, EventCount, NewEvent};
use model::notification::{DestinationArn, EventKind, NotificationRule};
use model::{ErrorCode, ObjectKey, Operation, S3Error, Timestamp};
use parking_lot::Mutex;

use self::destination::Destinations;
use self::document::EventDocument;
use crate::call::Call;
use crate::gate::{Authorized, Op};
use crate::store::Store;
use crate::vault::BucketState;

/// Who caused a change, as events tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Circumstances {
    request_id: String,
    source_ip: String,
    principal: String,
    /// The account of the caller; none for anonymous callers.
    account: Option<String>,
    now: Timestamp,
}

impl Circumstances {
    /// Of a request that changes an object of a bucket with notifications; none for others, which
    /// pay nothing.
    pub(crate) fn of<O: Op>(call: &Call<'_>, bucket: &BucketState) -> Option<Box<Self>> {
        if bucket.settings.notifications.is_none() || kinds(O::OPERATION).is_empty() {
            return None;
        }
        let source_ip = match call.context.value(&ConditionKey::SourceIp) {
            ContextValue::One(address) => address.into_owned(),
            ContextValue::Absent | ContextValue::Many(_) => String::new(),
        };
        let principal = match authz::user_id(call.caller) {
            Some(_) if call.caller.is_anonymous() => "Anonymous".to_owned(),
            Some(id) => format!("AWS:{id}"),
            None => call.caller.to_string(),
        };
        let account = call.caller.account_id().map(|id| id.to_string());
        let (request_id, now) = (call.request_id.to_owned(), call.now);
        Some(Box::new(Self { request_id, source_ip, principal, account, now }))
    }

    /// Of the lifecycle worker, which nobody asks. AWS: "Event message structure".
    fn of_lifecycle(now: Timestamp) -> Result<Self, S3Error> {
        let service = || "s3.amazonaws.com".to_owned();
        Ok(Self {
            request_id: identity::generate::request_id()?,
            source_ip: service(),
            principal: service(),
            account: None,
            now,
        })
    }
}

/// What an operation does, by the outcome that it may have.
fn kinds(operation: Operation) -> &'static [(EventCause, EventKind)] {
    match operation {
        Operation::PutObject => &[(EventCause::Written, EventKind::ObjectCreatedPut)],
        Operation::PostObject => &[(EventCause::Written, EventKind::ObjectCreatedPost)],
        Operation::CopyObject => &[(EventCause::Written, EventKind::ObjectCreatedCopy)],
        Operation::CompleteMultipartUpload => {
            &[(EventCause::Written, EventKind::ObjectCreatedCompleteMultipartUpload)]
        }
        Operation::DeleteObject => &[
            (EventCause::Removed, EventKind::ObjectRemovedDelete),
            (EventCause::Marked, EventKind::ObjectRemovedDeleteMarkerCreated),
        ],
        Operation::PutObjectTagging => &[(EventCause::Written, EventKind::ObjectTaggingPut)],
        Operation::DeleteObjectTagging => &[(EventCause::Written, EventKind::ObjectTaggingDelete)],
        Operation::PutObjectAcl => &[(EventCause::Written, EventKind::ObjectAclPut)],
        _ => &[],
    }
}

const OF_LIFECYCLE: [(EventCause, EventKind); 2] = [
    (EventCause::Removed, EventKind::LifecycleExpirationDelete),
    (EventCause::Marked, EventKind::LifecycleExpirationDeleteMarkerCreated),
];

/// What an event tells of an object, as far as it is known before the change.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObjectFacts {
    /// Its size; told of new objects only.
    pub(crate) size_bytes: Option<u64>,
    /// Its entity tag without quotes; not told of what was removed.
    pub(crate) etag: Option<String>,
}

/// The events of a decided change; none unless the bucket has notifications.
pub(crate) fn of_change<O: Op>(
    authorized: &Authorized<O>,
    object: &ObjectFacts,
) -> Result<Vec<NewEvent>, S3Error> {
    let Some(circumstances) = authorized.circumstances() else { return Ok(Vec::new()) };
    let change =
        Change { bucket: authorized.bucket()?, key: authorized.key()?, object, circumstances };
    change.events(kinds(O::OPERATION))
}

/// The events of an expiration by the lifecycle worker: for [`DeleteObject`](meta::DeleteObject) of
/// this key, whichever outcome it has. Costs nothing unless the bucket has notifications.
pub(crate) fn of_expiration(
    bucket: &BucketState,
    key: &ObjectKey,
    now: Timestamp,
) -> Result<Vec<NewEvent>, S3Error> {
    if bucket.settings.notifications.is_none() {
        return Ok(Vec::new());
    }
    let circumstances = &Circumstances::of_lifecycle(now)?;
    let object = &ObjectFacts::default();
    Change { bucket, key, object, circumstances }.events(&OF_LIFECYCLE)
}

/// A change that may be told.
struct Change<'a> {
    bucket: &'a BucketState,
    key: &'a ObjectKey,
    object: &'a ObjectFacts,
    circumstances: &'a Circumstances,
}

impl Change<'_> {
    fn events(&self, kinds: &[(EventCause, EventKind)]) -> Result<Vec<NewEvent>, S3Error> {
        let Some(configuration) = &self.bucket.settings.notifications else {
            return Ok(Vec::new());
        };
        let mut events = Vec::new();
        for &(cause, kind) in kinds {
            for rule in configuration.rules() {
                let matches = rule.matches(kind, self.key.as_str());
                if let Some(destination) = name_of(rule).filter(|_| matches) {
                    events.push(self.event(cause, kind, destination, Some(rule))?);
                }
            }
            if configuration.event_bridge() {
                events.push(self.event(cause, kind, destination::EVENT_BUS.to_owned(), None)?);
            }
        }
        Ok(events)
    }

    fn event(
        &self,
        cause: EventCause,
        kind: EventKind,
        destination: String,
        rule: Option<&NotificationRule>,
    ) -> Result<NewEvent, S3Error> {
        let document = EventDocument::of_change(self, kind, rule).text()?;
        Ok(NewEvent { cause, destination, queued: self.circumstances.now, document })
    }
}

/// Under which name the queue holds what a rule tells. The ARN was checked when it was stored.
fn name_of(rule: &NotificationRule) -> Option<String> {
    DestinationArn::parse(rule.service, &rule.arn).map(|arn| arn.name)
}

/// Queues `s3:TestEvent` for each destination of a configuration that was just stored.
pub(crate) async fn queue_tests(
    store: &Store,
    call: &Call<'_>,
    bucket: &BucketState,
    rules: &[NotificationRule],
) -> Result<(), S3Error> {
    let mut names: Vec<String> = rules.iter().filter_map(name_of).collect();
    names.sort();
    names.dedup();
    let test = EventDocument::test(bucket, call).text()?;
    let event = |destination| NewEvent {
        cause: EventCause::Written,
        destination,
        queued: call.now,
        document: test.clone(),
    };
    store.vault.queue_events(names.into_iter().map(event).collect()).await
}

/// `x-amz-id-2` of a request.
pub fn host_id(request_id: &str) -> String {
    format!("grantry/{request_id}")
}

/// The numbers of the queue.
pub(crate) struct EventQueue {
    counts: Mutex<Vec<EventCount>>,
    counters: BTreeMap<String, Counters>,
}

/// What became of events since the start.
#[derive(Default)]
struct Counters {
    delivered: AtomicU64,
    failed: AtomicU64,
    died: AtomicU64,
    forgotten: AtomicU64,
}

impl EventQueue {
    /// The queue of these destinations.
    pub(crate) fn new(destinations: &Destinations) -> Self {
        let names = destinations.all().iter().map(|destination| destination.name.clone());
        Self {
            counts: Mutex::new(Vec::new()),
            counters: names.map(|name| (name, Counters::default())).collect(),
        }
    }

    fn count(&self, destination: &str, counter: impl Fn(&Counters) -> &AtomicU64, more: u64) {
        if let Some(counters) = self.counters.get(destination) {
            counter(counters).fetch_add(more, Ordering::Relaxed);
        }
    }
}

/// The numbers of one destination, for the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationStatus {
    /// Its name.
    pub name: String,
    /// Events that wait.
    pub waiting: u64,
    /// How long the oldest of them waits.
    pub oldest_age: Duration,
    /// Events that were given up and are kept.
    pub dead: u64,
    /// Events that the destination has got since the start.
    pub delivered: u64,
    /// Attempts that failed since the start.
    pub failed: u64,
    /// Events that were given up since the start.
    pub died: u64,
    /// Given up events that were forgotten since the start, to make room or because of their age.
    pub forgotten: u64,
}

/// The numbers, a few seconds old.
pub fn status(store: &Store) -> Vec<DestinationStatus> {
    let now = (store.settings.clock)();
    let counts = store.events.counts.lock();
    let of = |(name, counters): (&String, &Counters)| {
        let count = counts.iter().find(|count| count.destination == *name);
        DestinationStatus {
            name: name.clone(),
            waiting: count.map_or(0, |count| count.waiting),
            oldest_age: count
                .and_then(|count| count.oldest)
                .map_or(Duration::ZERO, |oldest| delivery::between(oldest, now)),
            dead: count.map_or(0, |count| count.dead),
            delivered: counters.delivered.load(Ordering::Relaxed),
            failed: counters.failed.load(Ordering::Relaxed),
            died: counters.died.load(Ordering::Relaxed),
            forgotten: counters.forgotten.load(Ordering::Relaxed),
        }
    };
    store.events.counters.iter().map(of).collect()
}

/// Says which destinations of a configuration there are none of.
pub(crate) fn check_destinations(
    store: &Store,
    bucket: &BucketState,
    rules: &[NotificationRule],
    event_bridge: bool,
) -> Result<(), S3Error> {
    const NAMES: [(&str, &str); 5] = [
        ("ArgumentName1", "ArgumentValue1"),
        ("ArgumentName2", "ArgumentValue2"),
        ("ArgumentName3", "ArgumentValue3"),
        ("ArgumentName4", "ArgumentValue4"),
        ("ArgumentName5", "ArgumentValue5"),
    ];
    let destinations = &store.settings.destinations;
    let account = bucket.facts.owner.id;
    let is_unknown = |rule: &&NotificationRule| {
        let arn = DestinationArn::parse(rule.service, &rule.arn);
        !arn.is_some_and(|arn| {
            arn.account == account
                && arn.region == store.region()
                && destinations.find(&arn.name).is_some_and(|found| found.serves(account))
        })
    };
    let unknown = rules.iter().filter(is_unknown);
    let mut missing: Vec<_> =
        unknown.map(|rule| (rule.arn.clone(), does_not_exist(rule))).collect();
    let bus = destinations.find(destination::EVENT_BUS);
    if event_bridge && !bus.is_some_and(|found| found.serves(account)) {
        missing.push(("EventBridge".to_owned(), "The event bus does not exist"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let error = S3Error::with_message(
        ErrorCode::InvalidArgument,
        "Unable to validate the following destination configurations",
    );
    Err(missing
        .into_iter()
        .zip(NAMES)
        .fold(error, |error, ((arn, why), (name, value))| error.field(name, arn).field(value, why)))
}

fn does_not_exist(rule: &NotificationRule) -> &'static str {
    use model::notification::DestinationService::{CloudFunction, Queue, Topic};
    match rule.service {
        Topic => "The destination topic does not exist",
        Queue => "The destination queue does not exist",
        CloudFunction => "The destination Lambda function does not exist",
    }
}
