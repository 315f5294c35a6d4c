//! Getting back the space of small bodies.
//!
//! A released record of less than a few pages keeps its space until its whole segment goes. Where
//! most of a segment is dead, the rest is copied: each live record is appended anew, one
//! transaction lets the metadata refer to the copies and makes the old records garbage, and the
//! sweep releases them after the grace time like any other. The segment is removed once nothing in
//! it is live.
//!
//! A crash leaves either copies that nothing refers to, which the orphan sweep of the next start
//! finds, or old records that are garbage; never a record without its bytes. What was not copied,
//! because nothing refers to it or refers to it any more, stays where it is.

use std::collections::BTreeMap;
use std::time::Instant;

use blob::{BlobError, BlobStore, Released, SegmentUsage};
use bytes::Bytes;
use meta::{BlobHint, BlobMove, MetadataStore as _};
use model::{BlobRef, S3Error, Timestamp};
use tokio::task::JoinSet;

use super::Vault;
use super::orphans::{in_background, next_batch, rest_after};
use crate::error::{from_blob, from_meta};

/// Dead bytes at which the segment that is being appended to is ended, so that it can be compacted.
const ACTIVE_DEAD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Dead bytes below which a segment is not worth the trouble.
const DEAD_BYTES_MIN: u64 = 256 * 1024;
/// Bytes that are copied before the metadata is told; all of them are in memory.
const COPY_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What is known of each segment, without reading it again.
#[derive(Default)]
pub(crate) struct Ledger {
    segments: BTreeMap<u32, Entry>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    /// What the last survey found; none was made yet where this is missing.
    surveyed: Option<SegmentUsage>,
    /// What was released since then.
    released: Released,
}

impl Entry {
    /// Might the segment be worth compacting, or be empty? One of which nothing is known is worth a
    /// look as soon as enough was released in it.
    fn is_candidate(&self) -> bool {
        match self.surveyed {
            Some(usage) => {
                let live = usage.live_bytes.saturating_sub(self.released.record_bytes);
                let dead = usage.dead_bytes.saturating_add(self.released.dead_bytes);
                self.released.record_bytes > 0 && (live == 0 || is_wasteful(live, dead))
            }
            None => self.released.record_bytes >= DEAD_BYTES_MIN,
        }
    }
}

/// Copying costs no more than it gives back.
fn is_wasteful(live_bytes: u64, dead_bytes: u64) -> bool {
    dead_bytes >= DEAD_BYTES_MIN && dead_bytes >= live_bytes
}

/// What one look at a segment came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// Records that lie elsewhere now.
    pub(crate) moved: u64,
    /// Segments that were removed.
    pub(crate) removed_segments: u64,
}

/// A record that is to be copied.
struct Live {
    blob: BlobRef,
    hint: Vec<u8>,
    decoded: BlobHint,
}

impl Vault {
    /// Looks at every segment in which enough was released, removes what is dead and compacts what
    /// is mostly dead. `clock` says when an old record becomes garbage.
    pub(crate) async fn compact(
        &self,
        ledger: &mut Ledger,
        clock: fn() -> Timestamp,
    ) -> Result<Compacted, S3Error> {
        for (segment, released) in self.blobs.take_released() {
            let entry = ledger.segments.entry(segment).or_default();
            entry.released = entry.released.and(released);
        }
        if let Some(active) = self.blobs.active_segment() {
            let entry = ledger.segments.get(&active);
            if entry.is_some_and(|entry| entry.released.dead_bytes >= ACTIVE_DEAD_BYTES_MAX) {
                self.blobs.seal_active_segment().await;
            }
        }
        let active = self.blobs.active_segment();
        let candidates = ledger.segments.iter().filter(|(_, entry)| entry.is_candidate());
        let candidates: Vec<u32> = candidates.map(|(segment, _)| *segment).collect();
        let mut done = Compacted::default();
        for segment in candidates.into_iter().filter(|segment| active != Some(*segment)) {
            self.compact_segment(ledger, segment, clock, &mut done).await?;
        }
        Ok(done)
    }

    /// Looks at one segment that this run has not looked at, so that what earlier runs released is
    /// noticed too; `false` if there is none left.
    pub(crate) async fn survey_next(
        &self,
        ledger: &mut Ledger,
        clock: fn() -> Timestamp,
    ) -> Result<bool, S3Error> {
        let active = self.blobs.active_segment();
        let numbers = self.blobs.segment_numbers().map_err(from_blob)?;
        let is_unknown = |segment: &u32| {
            ledger.segments.get(segment).is_none_or(|entry| entry.surveyed.is_none())
        };
        let next = numbers.into_iter().find(|number| active != Some(*number) && is_unknown(number));
        let Some(next) = next else { return Ok(false) };
        self.compact_segment(ledger, next, clock, &mut Compacted::default()).await?;
        Ok(true)
    }

    async fn compact_segment(
        &self,
        ledger: &mut Ledger,
        segment: u32,
        clock: fn() -> Timestamp,
        done: &mut Compacted,
    ) -> Result<(), S3Error> {
        let usage = match self.blobs.survey(segment).await {
            Ok(usage) => usage,
            Err(BlobError::NotFound { .. }) => {
                ledger.segments.remove(&segment);
                return Ok(());
            }
            Err(error @ BlobError::Corrupt { .. }) => {
                tracing::error!(%error, segment, "a segment cannot be read to its end; it stays");
                // As if nothing could be won, until a restart.
                let usage = SegmentUsage { live_bytes: u64::MAX, ..SegmentUsage::default() };
                let entry = Entry { surveyed: Some(usage), released: Released::default() };
                ledger.segments.insert(segment, entry);
                return Ok(());
            }
            Err(error) => return Err(from_blob(error)),
        };
        ledger
            .segments
            .insert(segment, Entry { surveyed: Some(usage), released: Released::default() });
        if usage.live_records == 0 {
            if self.remove_segment(segment).await? {
                done.removed_segments += 1;
                ledger.segments.remove(&segment);
            }
        } else if is_wasteful(usage.live_bytes, usage.dead_bytes) {
            let moved = self.move_records(segment, clock).await?;
            tracing::info!(segment, moved, dead_bytes = usage.dead_bytes, "compacted a segment");
            done.moved += moved;
        }
        Ok(())
    }

    async fn remove_segment(&self, segment: u32) -> Result<bool, S3Error> {
        // What is garbage may still be copied by a backup.
        let _removing = self.removals.lock().await;
        self.blobs.remove_released_segment(segment).await.map_err(from_blob)
    }

    /// Copies all records of a segment that something refers to; returns how many.
    async fn move_records(&self, segment: u32, clock: fn() -> Timestamp) -> Result<u64, S3Error> {
        let mut scan = Some(self.blobs.scan_segment(segment).map_err(from_blob)?);
        let mut moved = 0;
        while let Some(rest) = scan.take() {
            let (batch, rest) = in_background(move || next_batch(rest)).await?;
            let mut group = Vec::new();
            let mut group_bytes = 0_u64;
            for (blob, hint) in batch {
                let Some(decoded) = BlobHint::decode(&hint) else { continue };
                group_bytes = group_bytes.saturating_add(blob.length_bytes);
                group.push(Live { blob, hint, decoded });
                if group_bytes >= COPY_BYTES_MAX {
                    moved += self.move_group(std::mem::take(&mut group), clock).await?;
                    group_bytes = 0;
                }
            }
            moved += self.move_group(group, clock).await?;
            scan = rest;
        }
        Ok(moved)
    }

    async fn move_group(&self, group: Vec<Live>, clock: fn() -> Timestamp) -> Result<u64, S3Error> {
        let began = Instant::now();
        let mut copies = JoinSet::new();
        for live in group {
            // Of an upload in progress, or not yet committed, or garbage: all of that settles
            // itself. Asking saves a copy; what counts is the question in the transaction.
            if self.meta.references(&live.decoded, &live.blob).await.map_err(from_meta)? {
                copies.spawn(copy(self.blobs.clone(), live));
            }
        }
        let mut moves = Vec::new();
        while let Some(copied) = copies.join_next().await {
            match copied.map_err(S3Error::internal)? {
                Ok(moved) => moves.push(moved),
                // It stays where it is, for whoever reads it to be told.
                Err(error) => tracing::error!(%error, "a body cannot be moved"),
            }
        }
        let followed = self.meta.follow_moves(moves.clone(), clock()).await.map_err(from_meta)?;
        let mut count = 0;
        for (moved, was_followed) in moves.iter().zip(followed) {
            if was_followed {
                count += 1;
            } else {
                self.abandon(Some(moved.to)).await;
            }
        }
        rest_after(began).await;
        Ok(count)
    }
}

/// Reads a record, every byte of which is checked, and appends it again.
async fn copy(blobs: BlobStore, live: Live) -> Result<BlobMove, BlobError> {
    let mut reader = blobs.reader(&live.blob, 0..live.blob.length_bytes);
    let mut body: Vec<Bytes> = Vec::new();
    while let Some(bytes) = reader.next().await {
        body.push(bytes?);
    }
    let to = blobs.append(&live.hint, body).await?;
    Ok(BlobMove { hint: live.decoded, from: live.blob, to })
}

#[cfg(test)]
mod tests;
