//! The one thread that writes, with group commit.
//!
//! Writes that arrive while a commit is under way wait together for the next one, so that any
//! number of writers share one flush. Each runs in a savepoint of its own: one that fails leaves
//! nothing behind, and the others do not notice. Nobody is answered before the commit, not even
//! with an error, since the error may rest on what another write of the same group did.

use std::sync::Arc;
use std::thread::JoinHandle;

use model::limits::{METADATA_GROUP_COMMIT_WRITES_MAX, METADATA_WRITE_QUEUE_MAX};
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::connection::execute;
use super::object_cache::ObjectCache;
use super::transaction::Transaction;
use crate::error::MetaError;

/// Where the result of a write arrives; none if the writer went away.
pub(crate) type Answer<T> = oneshot::Receiver<Result<T, MetaError>>;

/// The door to the writer thread.
pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Message>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Write(Box<dyn Write>),
    Stop(oneshot::Sender<Result<(), MetaError>>),
}

/// A write in the queue.
trait Write: Send {
    /// Does the work and keeps the result.
    fn run(&mut self, transaction: &Transaction) -> Result<(), MetaError>;
    /// Answers, knowing what became of the commit.
    fn answer(self: Box<Self>, commit: Result<(), MetaError>);
}

struct Job<T, F> {
    work: Option<F>,
    result: Option<Result<T, MetaError>>,
    sender: oneshot::Sender<Result<T, MetaError>>,
}

impl<T, F> Write for Job<T, F>
where
    T: Send,
    F: FnOnce(&Transaction) -> Result<T, MetaError> + Send,
{
    fn run(&mut self, transaction: &Transaction) -> Result<(), MetaError> {
        let Some(work) = self.work.take() else { return Err(MetaError::Closed) };
        let result = work(transaction);
        let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, commit: Result<(), MetaError>) {
        let Self { result, sender, .. } = *self;
        let result = commit.and_then(|()| result.unwrap_or(Err(MetaError::Closed)));
        // Whoever asked may have gone away; the write stands all the same.
        drop(sender.send(result));
    }
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        connection: Connection,
        objects: Arc<ObjectCache>,
    ) -> Result<Self, MetaError> {
        let (sender, receiver) = mpsc::channel(METADATA_WRITE_QUEUE_MAX);
        let transaction = Transaction::new(connection);
        let writer = WriterThread { transaction, objects, queue: receiver, stops: Vec::new() };
        let thread = std::thread::Builder::new()
            .name("meta-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| MetaError::Io(error.to_string()))?;
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs `work` in a transaction and returns its result once that is durable.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, MetaError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction) -> Result<T, MetaError> + Send + 'static,
    {
        self.submit(work).await?.await.unwrap_or(Err(MetaError::Closed))
    }

    /// Queues `work`, behind everything that was queued before; the answer comes as of
    /// [`write`](Self::write).
    pub(crate) async fn submit<T, F>(&self, work: F) -> Result<Answer<T>, MetaError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction) -> Result<T, MetaError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job = Job { work: Some(work), result: None, sender };
        self.send(Message::Write(Box::new(job))).await?;
        Ok(receiver)
    }

    /// Does what is queued, writes the log back into the database, and ends the thread.
    pub(crate) async fn stop(&self) -> Result<(), MetaError> {
        let (sender, receiver) = oneshot::channel();
        self.send(Message::Stop(sender)).await?;
        receiver.await.unwrap_or(Err(MetaError::Closed))
    }

    async fn send(&self, message: Message) -> Result<(), MetaError> {
        let queue = self.queue.lock().clone().ok_or(MetaError::Closed)?;
        queue.send(message).await.map_err(|_| MetaError::Closed)
    }
}

/// Waits for what is queued, so that a store opened next finds the files at rest.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.lock().take());
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("metadata writer thread ended by a panic");
        }
    }
}

struct WriterThread {
    transaction: Transaction,
    objects: Arc<ObjectCache>,
    queue: mpsc::Receiver<Message>,
    stops: Vec<oneshot::Sender<Result<(), MetaError>>>,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(first) = self.queue.blocking_recv() {
            let group = self.gather(first);
            self.commit(group);
        }
        let checkpoint = self.checkpoint();
        drop(self.transaction);
        for stop in self.stops {
            drop(stop.send(checkpoint.clone()));
        }
    }

    /// The first message and whatever else has arrived, up to the limit.
    fn gather(&mut self, first: Message) -> Vec<Box<dyn Write>> {
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Write(write) => group.push(write),
                Message::Stop(stop) => {
                    self.stops.push(stop);
                    self.queue.close();
                }
            }
            let full = group.len() >= METADATA_GROUP_COMMIT_WRITES_MAX;
            next = if full { None } else { self.queue.try_recv().ok() };
        }
        group
    }

    fn commit(&self, mut group: Vec<Box<dyn Write>>) {
        if group.is_empty() {
            return;
        }
        let commit = self.run_group(&mut group);
        if let Err(error) = &commit {
            tracing::error!(%error, writes = group.len(), "metadata commit failed");
            self.roll_back();
        }
        for write in group {
            write.answer(commit.clone());
        }
    }

    fn run_group(&self, group: &mut [Box<dyn Write>]) -> Result<(), MetaError> {
        self.transaction.begin()?;
        for write in group {
            self.transaction.run(|transaction| write.run(transaction))?;
        }
        self.transaction.flush()?;
        let forgotten = self.objects.forget(&self.transaction.take_changed());
        let commit = self.transaction.commit();
        drop(forgotten);
        commit
    }

    fn roll_back(&self) {
        if self.transaction.is_autocommit() {
            return;
        }
        if let Err(error) = execute(&self.transaction, "ROLLBACK") {
            tracing::error!(%error, "metadata rollback failed");
        }
    }

    fn checkpoint(&self) -> Result<(), MetaError> {
        self.transaction
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(MetaError::from)
    }
}

#[cfg(test)]
mod tests;
