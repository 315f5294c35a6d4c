//! The queue of events.

use meta::{
    DeadEventFate, EventCount, EventFate, EventId, EventLimits, EventRecord, NewEvent,
    ResolvedEvents, TrimmedEvents,
};
use model::notification::NotificationConfiguration;
use model::{S3Error, Timestamp};

use tokio::sync::watch;

use super::Vault;
use crate::bucket::notification::stored;
use crate::error::from_meta;
use crate::gate::{Authorized, Op, op};

impl Vault {
    /// Wakes up who delivers events, if the decided change may have queued some.
    pub(super) fn wake<O: Op>(&self, authorized: &Authorized<O>) {
        if authorized.circumstances().is_some() {
            self.wake_delivery();
        }
    }

    /// Wakes up who delivers events.
    pub(super) fn wake_delivery(&self) {
        self.queued.send_replace(());
    }

    /// Changes whenever events are queued.
    pub(crate) fn watch_events(&self) -> watch::Receiver<()> {
        self.queued.subscribe()
    }

    /// Says who is told about changes of the bucket.
    pub(crate) async fn set_notifications(
        &self,
        authorized: &Authorized<op::PutBucketNotificationConfiguration>,
        configuration: &NotificationConfiguration,
    ) -> Result<(), S3Error> {
        self.set_setting(authorized, stored::NAME, stored::text(configuration)?).await
    }

    /// Queues events that come with no change of an object.
    pub(crate) async fn queue_events(&self, events: Vec<NewEvent>) -> Result<(), S3Error> {
        self.meta.queue_events(events).await.map_err(from_meta)?;
        self.wake_delivery();
        Ok(())
    }

    /// Events that wait for a destination, oldest first.
    pub(crate) fn waiting_events(
        &self,
        destination: &str,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<EventRecord>, S3Error> {
        self.meta.waiting_events(destination, after, limit).map_err(from_meta)
    }

    /// Events that were given up, oldest first.
    pub(crate) fn dead_events(
        &self,
        destination: &str,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<EventRecord>, S3Error> {
        self.meta.dead_events(destination, after, limit).map_err(from_meta)
    }

    /// One event.
    pub(crate) fn find_event(&self, id: EventId) -> Result<Option<EventRecord>, S3Error> {
        self.meta.find_event(id).map_err(from_meta)
    }

    /// Has an event that was given up meet its fate, and says whether there was it.
    pub(crate) async fn resolve_dead_event(
        &self,
        id: EventId,
        fate: DeadEventFate,
    ) -> Result<bool, S3Error> {
        let resolved = self.meta.resolve_dead_event(id, fate).await.map_err(from_meta)?;
        self.wake_delivery();
        Ok(resolved)
    }

    /// The same for some events of a destination.
    pub(crate) async fn resolve_dead_events(
        &self,
        destination: &str,
        after: EventId,
        limit: usize,
        fate: DeadEventFate,
    ) -> Result<ResolvedEvents, S3Error> {
        let resolved = self.meta.resolve_dead_events(destination.to_owned(), after, limit, fate);
        let resolved = resolved.await.map_err(from_meta)?;
        self.wake_delivery();
        Ok(resolved)
    }

    /// Notes what became of events.
    pub(crate) async fn settle_events(
        &self,
        fates: Vec<(EventId, EventFate)>,
    ) -> Result<(), S3Error> {
        self.meta.settle_events(fates).await.map_err(from_meta)
    }

    /// How much waits, by destination.
    pub(crate) fn count_events(&self) -> Result<Vec<EventCount>, S3Error> {
        self.meta.count_events().map_err(from_meta)
    }

    /// Holds the queue of a destination within its limits.
    pub(crate) async fn trim_events(
        &self,
        destination: &str,
        limits: EventLimits,
        now: Timestamp,
    ) -> Result<TrimmedEvents, S3Error> {
        self.meta.trim_events(destination.to_owned(), limits, now).await.map_err(from_meta)
    }
}
