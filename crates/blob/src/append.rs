//! The thread that appends to segments: one flush for all who wait.
//!
//! While one batch is being flushed, others queue up and become the next batch. Nobody is answered
//! before the flush that covers his record has returned.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

use model::{BlobPlace, BlobRef};
use tokio::sync::{mpsc, oneshot};

use crate::disk::DiskFile;
use crate::error::BlobError;
use crate::format::{HEADER_BYTES, Header, Kind};
use crate::options::Options;
use crate::record::Record;
use crate::segments::{Segments, fill_with_zeros};

/// Records that wait for the thread; more senders wait themselves.
pub(crate) const QUEUE_RECORDS_MAX: usize = 1024;
/// Records in one batch.
const BATCH_RECORDS_MAX: usize = 512;
/// Bytes at which a batch is full, so that a small record never waits for many large ones.
const BATCH_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// A batch of at least this part of the fill is not worth filling after: writing zeros for so few
/// batches costs more than their flushes would save. With the fill of a server, that is 128 KiB.
const FILL_WORTH_DIVISOR: u64 = 32;

/// What the thread is asked to do.
pub(crate) enum Message {
    /// Append a record.
    Append(Append),
    /// Seal the segment, behind what was queued before.
    Seal(oneshot::Sender<()>),
    /// Append what is queued, seal the segment, and end.
    Shutdown(oneshot::Sender<()>),
}

/// A record and who waits for it.
pub(crate) struct Append {
    /// The record.
    pub(crate) record: Record,
    /// Gets the place once the record is durable.
    pub(crate) answer: oneshot::Sender<Result<BlobRef, BlobError>>,
}

/// A record that got its place in the active segment.
struct Placed {
    append: Append,
    header: Header,
}

/// The state of the thread.
pub(crate) struct Appender {
    segments: Arc<Segments>,
    options: Options,
    active: Option<Active>,
}

/// The segment that is being appended to.
struct Active {
    segment: u32,
    file: Arc<dyn DiskFile>,
    /// Where the next record goes.
    position_bytes: u64,
    /// Up to here the file was written, with records or zeros.
    filled_bytes: u64,
    records: u64,
}

impl Appender {
    /// An appender without a segment: the first record of each run starts a new one, so that a
    /// torn tail of an earlier run is never written over, nor searched for.
    pub(crate) fn new(segments: Arc<Segments>, options: Options) -> Self {
        Self { segments, options, active: None }
    }

    /// Serves until all senders are gone or one asks for shutdown.
    pub(crate) fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        let mut waiting_for_end = Vec::new();
        while let Some(first) = messages.blocking_recv() {
            let batch = gather(first, &mut messages);
            if !batch.shutdowns.is_empty() {
                // What is queued already is still received, and nothing new.
                messages.close();
                waiting_for_end.extend(batch.shutdowns);
            }
            self.commit(batch.appends);
            if !batch.seals.is_empty() {
                self.seal();
            }
            for answer in batch.seals {
                let _ = answer.send(());
            }
        }
        self.seal();
        for answer in waiting_for_end {
            let _ = answer.send(());
        }
    }

    /// Writes and flushes a batch, in several segments if one has not the room, and answers.
    fn commit(&mut self, mut waiting: VecDeque<Append>) {
        while !waiting.is_empty() {
            let (group, outcome) = self.commit_group(&mut waiting);
            for Placed { append, header } in group {
                // Whoever gave up waiting leaves an orphan behind, as a crash would.
                let _ = append.answer.send(outcome.clone().map(|()| header.blob()));
            }
            if let Err(error) = outcome {
                for append in waiting.drain(..) {
                    let _ = append.answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Takes the records that fit into one segment off the front, and makes them durable.
    fn commit_group(
        &mut self,
        waiting: &mut VecDeque<Append>,
    ) -> (Vec<Placed>, Result<(), BlobError>) {
        let mut active = match self.segment_with_room_for(waiting.front()) {
            Ok(active) => active,
            Err(error) => return (Vec::new(), Err(error)),
        };
        let start_bytes = active.position_bytes;
        let group = active.place(waiting, self.options.segment_size_bytes);
        match active.write(&group, start_bytes, &self.options) {
            Ok(()) => {
                self.active = Some(active);
                (group, Ok(()))
            }
            Err(error) => {
                // After a failed flush the kernel may have dropped the dirty pages and call them
                // clean, so that a second flush of the same file would succeed and mean nothing.
                // The segment is left as it is, unsealed; the next batch starts another.
                tracing::error!(segment = active.segment, %error, "segment abandoned");
                self.segments.deactivate();
                (group, Err(error))
            }
        }
    }

    /// The active segment, or a new one if there is none or it is full.
    fn segment_with_room_for(&mut self, first: Option<&Append>) -> Result<Active, BlobError> {
        if let Some(active) = &self.active {
            let fits = first.is_none_or(|first| {
                active.has_room_for(&first.record, self.options.segment_size_bytes)
            });
            if !fits {
                self.seal();
            }
        }
        match self.active.take() {
            Some(active) => Ok(active),
            None => self.start_segment(),
        }
    }

    fn start_segment(&mut self) -> Result<Active, BlobError> {
        let filled_bytes = self.options.segment_fill_bytes.min(self.options.segment_size_bytes);
        let (segment, file) = self.segments.create(filled_bytes)?;
        let position_bytes = HEADER_BYTES as u64;
        let filled_bytes = filled_bytes.max(position_bytes);
        Ok(Active { segment, file, position_bytes, filled_bytes, records: 0 })
    }

    /// Ends the active segment. A segment without this end is only ever kept longer than needed.
    fn seal(&mut self) {
        let Some(active) = self.active.take() else { return };
        if let Err(error) = active.seal() {
            tracing::warn!(segment = active.segment, %error, "segment not sealed");
        }
        self.segments.deactivate();
    }
}

impl Active {
    /// The place of the next record.
    fn next_place(&self) -> BlobPlace {
        BlobPlace::Segment { segment: self.segment, offset_bytes: self.position_bytes }
    }

    /// Is there room for the record and the end of the segment? An empty segment takes any.
    fn has_room_for(&self, record: &Record, segment_size_bytes: u64) -> bool {
        let record_bytes = record.header(self.next_place()).record_bytes();
        let end = self.position_bytes.saturating_add(record_bytes + HEADER_BYTES as u64);
        self.records == 0 || end <= segment_size_bytes
    }

    /// Gives places to as many records as there is room for.
    fn place(&mut self, waiting: &mut VecDeque<Append>, segment_size_bytes: u64) -> Vec<Placed> {
        let mut group = Vec::with_capacity(waiting.len());
        while let Some(append) = waiting.pop_front() {
            if !self.has_room_for(&append.record, segment_size_bytes) {
                waiting.push_front(append);
                break;
            }
            let header = append.record.header(self.next_place());
            self.position_bytes = self.position_bytes.saturating_add(header.record_bytes());
            self.records += 1;
            group.push(Placed { append, header });
        }
        group
    }

    /// Writes the records of a group, which lie one after the other, and flushes them.
    fn write(
        &mut self,
        group: &[Placed],
        start_bytes: u64,
        options: &Options,
    ) -> Result<(), BlobError> {
        let frames: Vec<_> =
            group.iter().map(|placed| placed.append.record.frame(&placed.header)).collect();
        let mut parts = Vec::new();
        for (placed, frame) in group.iter().zip(&frames) {
            parts.push(IoSlice::new(&frame.head));
            parts.extend(placed.append.record.body().iter().map(|part| IoSlice::new(part)));
            parts.push(IoSlice::new(&frame.tail));
        }
        let failed = |error| BlobError::io("append to a segment", error);
        self.file.write_all_at(&mut parts, start_bytes).map_err(failed)?;
        self.fill_ahead(start_bytes, options);
        self.file.sync_data().map_err(|error| BlobError::io("flush a segment", error))
    }

    /// Allocates space for the batches that follow, so that flushing them need not.
    fn fill_ahead(&mut self, start_bytes: u64, options: &Options) {
        let end = self.position_bytes;
        if end <= self.filled_bytes {
            return;
        }
        self.filled_bytes = end;
        let target = end.saturating_add(options.segment_fill_bytes).min(options.segment_size_bytes);
        let written_bytes = end - start_bytes;
        if written_bytes >= options.segment_fill_bytes / FILL_WORTH_DIVISOR || target <= end {
            return;
        }
        // Without the zeros the next flush is slower, nothing worse: a full disk may still have
        // room for the record itself.
        if fill_with_zeros(self.file.as_ref(), end, target).is_ok() {
            self.filled_bytes = target;
        }
    }

    /// Writes the end of the segment and gives the unused rest back.
    fn seal(&self) -> Result<(), BlobError> {
        let failed = |error| BlobError::io("seal a segment", error);
        let header = Header {
            kind: Kind::Sealed,
            place: self.next_place(),
            hint_bytes: 0,
            body_bytes: self.records,
        };
        let (bytes, _) = header.encode(&[]);
        self.file.write_all_at(&mut [IoSlice::new(&bytes)], self.position_bytes).map_err(failed)?;
        let end = self.position_bytes.saturating_add(HEADER_BYTES as u64);
        if end < self.filled_bytes {
            self.file.punch_hole(end..self.filled_bytes).map_err(failed)?;
        }
        self.file.sync_data().map_err(failed)
    }
}

/// What was queued.
#[derive(Default)]
struct Batch {
    appends: VecDeque<Append>,
    seals: Vec<oneshot::Sender<()>>,
    shutdowns: Vec<oneshot::Sender<()>>,
}

/// Takes what is queued, up to a full batch.
fn gather(first: Message, messages: &mut mpsc::Receiver<Message>) -> Batch {
    let mut batch = Batch::default();
    let mut batch_bytes: u64 = 0;
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Append(append) => {
                batch_bytes = batch_bytes.saturating_add(append.record.body_bytes());
                batch.appends.push_back(append);
            }
            Message::Seal(answer) => batch.seals.push(answer),
            Message::Shutdown(answer) => batch.shutdowns.push(answer),
        }
        let full = batch.appends.len() >= BATCH_RECORDS_MAX || batch_bytes >= BATCH_BYTES_MAX;
        next = if full { None } else { messages.try_recv().ok() };
    }
    batch
}
