//! The queue of events: written together with the change, taken away once somebody has it.

use model::{Timestamp, VersionId};
use rusqlite::Connection;

use super::{new_store, open};
use crate::contract::fixture::{
    bucket, deletion, key, new_object, new_upload, part, time, upload_id, version_id,
};
use crate::{
    BucketChange, BucketId, CompleteUpload, DeadEventFate, EventCause, EventCount, EventFate,
    EventId, EventLimits, EventRecord, MetaError, MetadataStore, NewEvent, NewObject, ObjectChange,
    Precondition, ResolvedEvents, SqliteStore, TrimmedEvents, Versioning,
};

fn event(cause: EventCause, destination: &str, document: &str) -> NewEvent {
    NewEvent { cause, destination: destination.into(), queued: time(7), document: document.into() }
}

/// One event for each outcome.
fn each(destination: &str) -> Vec<NewEvent> {
    [
        (EventCause::Written, "written"),
        (EventCause::Removed, "removed"),
        (EventCause::Marked, "marked"),
    ]
    .map(|(cause, document)| event(cause, destination, document))
    .to_vec()
}

fn waiting(store: &SqliteStore, destination: &str) -> Vec<EventRecord> {
    store.waiting_events(destination, EventId(0), 1000).unwrap()
}

/// Version, sequence and document of what waits.
fn told(store: &SqliteStore, destination: &str) -> Vec<(Option<VersionId>, i64, String)> {
    let events = waiting(store, destination).into_iter();
    events.map(|event| (event.version, event.sequence, event.document)).collect()
}

async fn put_with(store: &SqliteStore, id: BucketId, name: &str, seed: u64, events: Vec<NewEvent>) {
    let object = NewObject { events, ..new_object(name, seed) };
    store.put_object(id, object, Precondition::None).await.unwrap();
}

/// One event in the queue. The bucket must exist.
pub(super) async fn fill(store: &SqliteStore, id: BucketId) {
    put_with(store, id, "c", 6, each("arn:one")).await;
}

#[tokio::test]
async fn a_change_and_what_is_told_about_it_are_one_write() {
    let (_directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    put_with(&store, id, "k", 1, each("d")).await;
    let both = [each("d"), each("e")].concat();
    store
        .delete_object(id, crate::DeleteObject { events: both, ..deletion("k", None, 2) })
        .await
        .unwrap();
    let nothing = crate::DeleteObject { events: each("d"), ..deletion("k", None, 3) };
    store.delete_object(id, nothing).await.unwrap();
    let enabled = BucketChange::Versioning(Versioning::Enabled);
    store.update_bucket(id, enabled, None).await.unwrap();
    let object = NewObject { events: each("d"), ..new_object("k", 4) };
    let record = store.put_object(id, object, Precondition::None).await.unwrap();
    let tags = ObjectChange::Tags(Vec::new());
    store.update_object(id, &key("k"), record.sequence, tags, each("d")).await.unwrap();
    let marked = crate::DeleteObject { events: each("d"), ..deletion("k", None, 5) };
    store.delete_object(id, marked).await.unwrap();
    let null = || Some(VersionId::Null);
    assert_eq!(
        told(&store, "d"),
        [
            (null(), 1, "written".to_owned()),
            (null(), 2, "removed".to_owned()),
            (Some(version_id(4)), 4, "written".to_owned()),
            (Some(version_id(4)), 5, "written".to_owned()),
            (Some(version_id(5)), 6, "marked".to_owned()),
        ]
    );
    assert_eq!(told(&store, "e"), [(null(), 2, "removed".to_owned())], "of the same change");
}

#[tokio::test]
async fn a_write_that_fails_tells_nothing() {
    let (_directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    put_with(&store, id, "k", 1, Vec::new()).await;
    let again = NewObject { events: each("d"), ..new_object("k", 2) };
    let refused = store.put_object(id, again, Precondition::IfNoneMatchAny).await;
    assert_eq!(refused, Err(MetaError::PreconditionFailed));
    let gone = store.update_object(id, &key("k"), 99, ObjectChange::Acl(None), each("d")).await;
    assert!(gone.is_err());
    assert!(waiting(&store, "d").is_empty());
}

#[tokio::test]
async fn a_completed_upload_is_told_once() {
    let (_directory, store) = new_store();
    let id = bucket(&store, "abc").await.id;
    store.create_upload(new_upload(id, "c", "u")).await.unwrap();
    store.put_part(&upload_id("u"), part(1, 6)).await.unwrap();
    let parts = vec![part(1, 6).part];
    let object = NewObject { parts, events: each("d"), ..new_object("c", 6) };
    let completion =
        CompleteUpload { id: upload_id("u"), object, precondition: Precondition::None };
    store.complete_upload(completion.clone()).await.unwrap();
    store.complete_upload(completion).await.unwrap_err();
    assert_eq!(told(&store, "d").len(), 1);
}

#[tokio::test]
async fn events_are_settled_and_survive_a_restart() {
    let (directory, store) = new_store();
    let events = (0..4).map(|n| event(EventCause::Written, "d", &n.to_string())).collect();
    store.queue_events(events).await.unwrap();
    let ids: Vec<EventId> = waiting(&store, "d").iter().map(|event| event.id).collect();
    let long = "x".repeat(10_000);
    let fates = vec![
        (ids[0], EventFate::Delivered),
        (ids[1], EventFate::Failed { due: time(50), error: long }),
        (ids[2], EventFate::Died { now: time(60), error: "no".into() }),
        (EventId(99), EventFate::Died { now: time(60), error: "gone".into() }),
    ];
    store.settle_events(fates).await.unwrap();
    drop(store);
    let store = open(directory.path());
    let left = waiting(&store, "d");
    assert_eq!(left.iter().map(|event| event.id).collect::<Vec<_>>(), [ids[1], ids[3]]);
    assert_eq!((left[0].attempts, left[0].due), (1, time(50)));
    assert_eq!(left[0].error.as_ref().unwrap().len(), 500);
    assert_eq!(store.waiting_events("d", ids[1], 9).unwrap().len(), 1, "behind the first");
    assert_eq!(store.waiting_events("d", EventId(0), 1).unwrap().len(), 1);
    let dead = store.dead_events("d", EventId(0), 9).unwrap();
    assert_eq!((dead[0].id, dead[0].died), (ids[2], Some(time(60))));
    let count = EventCount { destination: "d".into(), waiting: 2, dead: 1, oldest: Some(time(7)) };
    assert_eq!(store.count_events(), Ok(vec![count]));
    assert_eq!(store.find_event(ids[2]).unwrap().as_ref(), Some(&dead[0]));
    assert_eq!(store.find_event(EventId(99)), Ok(None));
    let retried = DeadEventFate::Retried { now: time(70) };
    assert_eq!(store.resolve_dead_event(ids[2], retried).await, Ok(true));
    assert_eq!(store.resolve_dead_event(ids[2], retried).await, Ok(false), "it waits already");
    let revived = &waiting(&store, "d")[1];
    assert_eq!((revived.id, revived.attempts, revived.due), (ids[2], 0, time(70)));
    let forgotten = store.resolve_dead_event(ids[2], DeadEventFate::Forgotten).await;
    assert_eq!(forgotten, Ok(false), "it waits");
    store.queue_events(vec![event(EventCause::Written, "d", "new")]).await.unwrap();
    let newest = waiting(&store, "d").pop().unwrap();
    assert!(newest.id > ids[3], "numbers are given out once");
}

#[tokio::test]
async fn the_queue_of_a_destination_is_bounded() {
    let (_directory, store) = new_store();
    let many = (0..6).map(|n| event(EventCause::Written, "d", &n.to_string())).collect();
    store.queue_events(many).await.unwrap();
    store.queue_events(vec![event(EventCause::Written, "e", "other")]).await.unwrap();
    let limits = EventLimits {
        waiting_max: 4,
        queued_after: Timestamp::from_unix_millis(0),
        dead_max: 5,
        died_after: Timestamp::from_unix_millis(0),
    };
    let trim = |limits, now| store.trim_events("d".into(), limits, time(now));
    assert_eq!(trim(limits, 9).await, Ok(TrimmedEvents { died: 2, forgotten: 0 }));
    assert_eq!(trim(limits, 9).await, Ok(TrimmedEvents::default()));
    let dead = store.dead_events("d", EventId(0), 9).unwrap();
    assert_eq!(dead.iter().map(|event| event.document.as_str()).collect::<Vec<_>>(), ["0", "1"]);
    assert_eq!(dead[0].error.as_deref(), Some("the queue is full"));
    let old = EventLimits { queued_after: time(7), ..limits };
    assert_eq!(trim(old, 10).await, Ok(TrimmedEvents { died: 4, forgotten: 1 }));
    let kept = store.dead_events("d", EventId(0), 9).unwrap();
    assert_eq!(kept[0].document, "1", "the oldest is forgotten");
    assert_eq!(kept[4].error.as_deref(), Some("it has waited too long"));
    let late = EventLimits { died_after: time(9), ..limits };
    assert_eq!(trim(late, 11).await, Ok(TrimmedEvents { died: 0, forgotten: 1 }));
    assert_eq!(store.resolve_dead_event(kept[4].id, DeadEventFate::Forgotten).await, Ok(true));
    assert_eq!(waiting(&store, "e").len(), 1, "of another destination");
}

#[tokio::test]
async fn what_was_given_up_is_resolved_by_the_page() {
    let (directory, store) = new_store();
    let many = (0..5).map(|n| event(EventCause::Written, "d", &n.to_string())).collect();
    store.queue_events(many).await.unwrap();
    store.queue_events(vec![event(EventCause::Written, "e", "other")]).await.unwrap();
    let died = |id| (EventId(id), EventFate::Died { now: time(9), error: "no".into() });
    store.settle_events([1, 2, 4, 5, 6].into_iter().map(died).collect()).await.unwrap();
    store.shutdown().await.unwrap();
    drop(store);
    let connection = Connection::open(directory.path().join("metadata.sqlite3")).unwrap();
    let damage = "UPDATE event SET document = 'other' WHERE id = 2";
    assert_eq!(connection.execute(damage, []).unwrap(), 1);
    drop(connection);
    let store = open(directory.path());
    let page =
        |after, limit, fate| store.resolve_dead_events("d".into(), EventId(after), limit, fate);
    let done =
        |resolved, last: Option<i64>| Ok(ResolvedEvents { resolved, last: last.map(EventId) });
    let retried = DeadEventFate::Retried { now: time(10) };
    assert_eq!(page(0, 3, retried).await, done(2, Some(4)), "the damaged one stays");
    assert_eq!(page(4, 3, retried).await, done(1, Some(5)));
    assert_eq!(page(5, 3, retried).await, done(0, None));
    assert_eq!(waiting(&store, "d").len(), 4);
    assert_eq!(page(0, 9, DeadEventFate::Forgotten).await, done(1, Some(2)));
    assert_eq!(store.count_events().unwrap()[0].dead, 0);
    assert_eq!(store.dead_events("e", EventId(0), 9).unwrap().len(), 1, "of another destination");
}

#[tokio::test]
async fn a_damaged_event_does_not_stop_the_queue() {
    let (directory, store) = new_store();
    let events = (0..2).map(|n| event(EventCause::Written, "d", &n.to_string())).collect();
    store.queue_events(events).await.unwrap();
    store.shutdown().await.unwrap();
    drop(store);
    let connection = Connection::open(directory.path().join("metadata.sqlite3")).unwrap();
    let damage = "UPDATE event SET document = 'other' WHERE id = 1";
    assert_eq!(connection.execute(damage, []).unwrap(), 1);
    drop(connection);
    assert_eq!(told(&open(directory.path()), "d").len(), 1);
}
