//! Table `event`: what waits for its destination.

use model::{Timestamp, VersionId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqliteStore;
use super::error::corrupt;
use super::row_codec::{optional_text, parse_optional, text, unsigned, verify};
use crate::error::MetaError;
use crate::event::{
    DeadEventFate, EventCause, EventCount, EventFate, EventId, EventLimits, EventRecord, NewEvent,
    ResolvedEvents, TrimmedEvents,
};
use crate::row::checksum::RowChecksum;

const TABLE: &str = "event";

/// Columns in the order of [`EventRow`].
macro_rules! columns {
    () => {
        "id, destination, sequence, version, queued, due, attempts, died, error, document, crc"
    };
}
pub(crate) use columns;

/// Rows that one trimming changes at most, so that other writes do not wait long.
const TRIMMED_MAX: usize = 10_000;
/// Length of the text of an error that is kept.
const ERROR_CHARACTERS_MAX: usize = 500;

struct EventRow<'r> {
    id: i64,
    destination: &'r str,
    sequence: i64,
    version: Option<&'r str>,
    queued: i64,
    due: i64,
    attempts: i64,
    died: Option<i64>,
    error: Option<&'r str>,
    document: &'r str,
}

impl<'r> EventRow<'r> {
    fn of(record: &'r EventRecord) -> Self {
        Self {
            id: record.id.0,
            destination: &record.destination,
            sequence: record.sequence,
            version: record.version.as_ref().map(VersionId::as_str),
            queued: record.queued.unix_millis,
            due: record.due.unix_millis,
            attempts: record.attempts.into(),
            died: record.died.map(|died| died.unix_millis),
            error: record.error.as_deref(),
            document: &record.document,
        }
    }

    fn checksum(&self) -> i64 {
        let sum = RowChecksum::of(TABLE)
            .integer(self.id)
            .text(self.destination)
            .integer(self.sequence)
            .optional_text(self.version)
            .integer(self.queued)
            .integer(self.due)
            .integer(self.attempts);
        let sum = match self.died {
            Some(died) => sum.integer(died),
            None => sum.optional_text(None),
        };
        sum.optional_text(self.error).text(self.document).finish()
    }

    fn store(&self, connection: &Connection) -> Result<(), MetaError> {
        let sql = concat!(
            "INSERT OR REPLACE INTO event (",
            columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        );
        connection.prepare_cached(sql)?.execute(params![
            self.id,
            self.destination,
            self.sequence,
            self.version,
            self.queued,
            self.due,
            self.attempts,
            self.died,
            self.error,
            self.document,
            self.checksum()
        ])?;
        Ok(())
    }
}

/// Reads and checks a row.
pub(crate) fn decode(row: &Row<'_>) -> Result<EventRecord, MetaError> {
    let columns = EventRow {
        id: row.get(0)?,
        destination: text(row, 1)?,
        sequence: row.get(2)?,
        version: optional_text(row, 3)?,
        queued: row.get(4)?,
        due: row.get(5)?,
        attempts: row.get(6)?,
        died: row.get(7)?,
        error: optional_text(row, 8)?,
        document: text(row, 9)?,
    };
    verify(TABLE, row.get(10)?, columns.checksum(), columns.id)?;
    Ok(EventRecord {
        id: EventId(columns.id),
        destination: columns.destination.to_owned(),
        sequence: columns.sequence,
        version: parse_optional(TABLE, columns.version, VersionId::parse)?,
        queued: Timestamp::from_unix_millis(columns.queued),
        due: Timestamp::from_unix_millis(columns.due),
        attempts: u32::try_from(columns.attempts)
            .map_err(|_| corrupt(TABLE, format_args!("attempts of {}", columns.id)))?,
        died: columns.died.map(Timestamp::from_unix_millis),
        error: columns.error.map(str::to_owned),
        document: columns.document.to_owned(),
    })
}

/// The id that AUTOINCREMENT would choose; the row's checksum needs it in advance.
fn next_id(connection: &Connection) -> Result<i64, MetaError> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'event'";
    let last: Option<i64> =
        connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0).saturating_add(1))
}

/// Queues those of the events that are about this outcome. Costs nothing if there is none.
pub(crate) fn queue(
    connection: &Connection,
    events: Vec<NewEvent>,
    cause: EventCause,
    version: Option<&VersionId>,
) -> Result<(), MetaError> {
    let mut matching = events.into_iter().filter(|event| event.cause == cause).peekable();
    if matching.peek().is_none() {
        return Ok(());
    }
    let sequence = next_id(connection)?;
    for (event, id) in matching.zip(sequence..) {
        let record = EventRecord {
            id: EventId(id),
            destination: event.destination,
            sequence,
            version: version.cloned(),
            queued: event.queued,
            due: event.queued,
            attempts: 0,
            died: None,
            error: None,
            document: event.document,
        };
        EventRow::of(&record).store(connection)?;
    }
    Ok(())
}

/// Rows of one destination behind `after`, in order. Damaged ones are left to the check of the
/// store: the queue must go on.
fn page(
    connection: &Connection,
    sql: &str,
    destination: &str,
    after: EventId,
    limit: usize,
) -> Result<Vec<EventRecord>, MetaError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![destination, after.0, limit])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        match decode(row) {
            Ok(record) => records.push(record),
            Err(error) => tracing::error!(%error, "an event cannot be read and is not sent"),
        }
    }
    Ok(records)
}

const WAITING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM event WHERE destination = ?1 AND died IS NULL AND id > ?2 ORDER BY id LIMIT ?3"
);
const DEAD: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM event WHERE destination = ?1 AND died IS NOT NULL AND id > ?2 ORDER BY id LIMIT ?3"
);

fn find(connection: &Connection, id: EventId) -> Result<Option<EventRecord>, MetaError> {
    let sql = concat!("SELECT ", columns!(), " FROM event WHERE id = ?1");
    let found = connection.prepare_cached(sql)?.query_row([id.0], |row| Ok(decode(row)));
    found.optional()?.transpose()
}

fn forget(connection: &Connection, id: EventId) -> Result<(), MetaError> {
    connection.prepare_cached("DELETE FROM event WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

fn settle(connection: &Connection, id: EventId, fate: EventFate) -> Result<(), MetaError> {
    if fate == EventFate::Delivered {
        return forget(connection, id);
    }
    // Trimming may have taken it meanwhile.
    let Some(mut record) = find(connection, id)? else { return Ok(()) };
    record.attempts = record.attempts.saturating_add(1);
    let error = match fate {
        EventFate::Delivered => return Ok(()),
        EventFate::Failed { due, error } => {
            record.due = due;
            error
        }
        EventFate::Died { now, error } => {
            record.died = record.died.or(Some(now));
            error
        }
    };
    record.error = Some(error.chars().take(ERROR_CHARACTERS_MAX).collect());
    EventRow::of(&record).store(connection)
}

fn resolve(connection: &Connection, id: EventId, fate: DeadEventFate) -> Result<bool, MetaError> {
    match fate {
        DeadEventFate::Retried { now } => {
            let Some(record) = find(connection, id)?.filter(|record| record.died.is_some()) else {
                return Ok(false);
            };
            let revived = EventRecord { died: None, attempts: 0, queued: now, due: now, ..record };
            EventRow::of(&revived).store(connection)?;
            Ok(true)
        }
        DeadEventFate::Forgotten => {
            let sql = "DELETE FROM event WHERE id = ?1 AND died IS NOT NULL";
            Ok(connection.prepare_cached(sql)?.execute([id.0])? > 0)
        }
    }
}

fn resolve_page(
    connection: &Connection,
    destination: &str,
    after: EventId,
    limit: usize,
    fate: DeadEventFate,
) -> Result<ResolvedEvents, MetaError> {
    let sql = "SELECT id FROM event WHERE destination = ?1 AND died IS NOT NULL AND id > ?2 \
               ORDER BY id LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let ids: Vec<EventId> = connection
        .prepare_cached(sql)?
        .query_map(params![destination, after.0, limit], |row| row.get(0).map(EventId))?
        .collect::<Result<_, _>>()?;
    let mut done = ResolvedEvents { last: ids.last().copied(), ..ResolvedEvents::default() };
    for id in ids {
        match resolve(connection, id, fate) {
            Ok(resolved) => done.resolved += u64::from(resolved),
            Err(error @ MetaError::Corrupt { .. }) => {
                tracing::error!(%error, "an event cannot be read and stays given up");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Every destination that has rows, found by leaps through the indexes.
fn destinations(connection: &Connection) -> Result<Vec<String>, MetaError> {
    let mut found = std::collections::BTreeSet::new();
    for sql in [
        "SELECT min(destination) FROM event WHERE died IS NULL AND destination > ?1",
        "SELECT min(destination) FROM event WHERE died IS NOT NULL AND destination > ?1",
    ] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut after = String::new();
        while let Some(next) =
            statement.query_row([&after], |row| row.get::<_, Option<String>>(0))?
        {
            found.insert(next.clone());
            after = next;
        }
    }
    Ok(found.into_iter().collect())
}

fn count(connection: &Connection, destination: &str) -> Result<EventCount, MetaError> {
    let number = |sql: &str| -> Result<u64, MetaError> {
        let count = connection.prepare_cached(sql)?.query_row([destination], |row| row.get(0))?;
        unsigned(TABLE, count)
    };
    let oldest = "SELECT queued FROM event WHERE destination = ?1 AND died IS NULL \
                  ORDER BY id LIMIT 1";
    let oldest: Option<i64> =
        connection.prepare_cached(oldest)?.query_row([destination], |row| row.get(0)).optional()?;
    Ok(EventCount {
        destination: destination.to_owned(),
        waiting: number("SELECT count(*) FROM event WHERE destination = ?1 AND died IS NULL")?,
        dead: number("SELECT count(*) FROM event WHERE destination = ?1 AND died IS NOT NULL")?,
        oldest: oldest.map(Timestamp::from_unix_millis),
    })
}

/// Gives up and forgets what the limits do not allow, a bounded number at a time.
fn trim(
    connection: &Connection,
    destination: &str,
    limits: EventLimits,
    now: Timestamp,
) -> Result<TrimmedEvents, MetaError> {
    let mut trimmed = TrimmedEvents::default();
    let found = count(connection, destination)?;
    let over = |count: u64, max: usize| usize::try_from(count).map_or(0, |n| n.saturating_sub(max));
    let over_waiting = over(found.waiting, limits.waiting_max);
    for (index, record) in
        page(connection, WAITING, destination, EventId(0), TRIMMED_MAX)?.into_iter().enumerate()
    {
        let error = if index < over_waiting {
            "the queue is full"
        } else if record.queued <= limits.queued_after {
            "it has waited too long"
        } else {
            break;
        };
        let died = EventRecord {
            died: Some(now),
            error: Some(record.error.unwrap_or_else(|| error.to_owned())),
            ..record
        };
        EventRow::of(&died).store(connection)?;
        trimmed.died += 1;
    }
    let over_dead = over(found.dead.saturating_add(trimmed.died), limits.dead_max);
    for (index, record) in
        page(connection, DEAD, destination, EventId(0), TRIMMED_MAX)?.into_iter().enumerate()
    {
        let is_old = record.died.is_some_and(|died| died <= limits.died_after);
        if index >= over_dead && !is_old {
            break;
        }
        forget(connection, record.id)?;
        trimmed.forgotten += 1;
    }
    Ok(trimmed)
}

/// The queue. A write puts events into it; whoever delivers them uses these methods.
impl SqliteStore {
    /// Queues events that come with no write of an object.
    pub async fn queue_events(&self, events: Vec<NewEvent>) -> Result<(), MetaError> {
        self.writer.write(move |tx| queue(tx, events, EventCause::Written, None)).await
    }

    /// The events that wait for a destination behind `after`, oldest first, at most `limit`.
    pub fn waiting_events(
        &self,
        destination: &str,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<EventRecord>, MetaError> {
        self.readers.read(|db| page(db, WAITING, destination, after, limit))
    }

    /// The events of a destination that were given up, behind `after`, oldest first.
    pub fn dead_events(
        &self,
        destination: &str,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<EventRecord>, MetaError> {
        self.readers.read(|db| page(db, DEAD, destination, after, limit))
    }

    /// Notes what became of events.
    pub async fn settle_events(&self, fates: Vec<(EventId, EventFate)>) -> Result<(), MetaError> {
        let settle_all = move |tx: &super::transaction::Transaction| {
            fates.into_iter().try_for_each(|(id, fate)| settle(tx, id, fate))
        };
        self.writer.write(settle_all).await
    }

    /// One event, whether it waits or was given up.
    pub fn find_event(&self, id: EventId) -> Result<Option<EventRecord>, MetaError> {
        self.readers.read(|db| find(db, id))
    }

    /// Has an event that was given up meet its fate, and says whether there was it.
    pub async fn resolve_dead_event(
        &self,
        id: EventId,
        fate: DeadEventFate,
    ) -> Result<bool, MetaError> {
        self.writer.write(move |tx| resolve(tx, id, fate)).await
    }

    /// The same for at most `limit` events of a destination behind `after`, oldest first. Those that
    /// cannot be read can only be forgotten.
    pub async fn resolve_dead_events(
        &self,
        destination: String,
        after: EventId,
        limit: usize,
        fate: DeadEventFate,
    ) -> Result<ResolvedEvents, MetaError> {
        self.writer.write(move |tx| resolve_page(tx, &destination, after, limit, fate)).await
    }

    /// How much waits, by destination; costs the number of events.
    pub fn count_events(&self) -> Result<Vec<EventCount>, MetaError> {
        self.readers.snapshot(|db| {
            destinations(db)?.iter().map(|destination| count(db, destination)).collect()
        })
    }

    /// Holds the queue of a destination within its limits, a bounded number of events at a time.
    pub async fn trim_events(
        &self,
        destination: String,
        limits: EventLimits,
        now: Timestamp,
    ) -> Result<TrimmedEvents, MetaError> {
        self.writer.write(move |tx| trim(tx, &destination, limits, now)).await
    }
}
