//! Random scripts, what they were told, and what a disk must hold accordingly.

use std::collections::BTreeSet;

use model::BlobPlace;

use super::*;
use crate::FileState;

/// A blob whose write was acknowledged.
struct Stored {
    operation: usize,
    blob: BlobRef,
    /// Events on the disk when the answer came.
    acknowledged_at: usize,
    /// Events on the disk when its release was asked for.
    release_started_at: Option<usize>,
}

impl Stored {
    fn was_acknowledged(&self, events: usize) -> bool {
        self.acknowledged_at <= events
    }

    /// Must it be readable after that many events?
    fn is_due(&self, events: usize) -> bool {
        self.was_acknowledged(events) && self.release_started_at.is_none_or(|at| events <= at)
    }
}

/// What a script tried to write.
struct Attempt {
    body: Vec<u8>,
    /// An abandoned body must never be readable.
    is_abandoned: bool,
}

/// All records of all segments.
fn scan_with_hints(store: &BlobStore) -> Vec<(BlobRef, Vec<u8>)> {
    let mut found = Vec::new();
    for segment in store.segment_numbers().unwrap() {
        for record in store.scan_segment(segment).unwrap() {
            match record {
                Ok(record) => found.push(record),
                // The torn tail of a batch that was never acknowledged.
                Err(BlobError::Corrupt { .. }) => {}
                Err(error) => panic!("segment {segment}: {error}"),
            }
        }
    }
    found
}

/// Removes what may be removed; a torn segment may not.
async fn remove_released_segments(store: &BlobStore) {
    let Ok(segments) = store.segment_numbers() else { return };
    for segment in segments {
        let _ = store.remove_released_segment(segment).await;
    }
}

/// A script: all of it follows from the seed.
#[derive(Clone, Copy)]
pub(super) struct Script {
    pub(super) seed: u64,
    pub(super) steps: usize,
    /// Is the store shut down and opened again now and then?
    pub(super) reopens: bool,
}

/// What a script did.
#[derive(Default)]
pub(super) struct History {
    attempts: Vec<Attempt>,
    stored: Vec<Stored>,
}

/// A small generator, so that a seed says everything about a script.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn length(&mut self) -> usize {
        match self.below(8) {
            0 => 0,
            1 => self.below(20_000),
            2 => 65_530 + self.below(12),
            _ => self.below(1500),
        }
    }
}

impl History {
    pub(super) fn acknowledged(&self) -> usize {
        self.stored.len()
    }

    /// Runs a script. Failures are noted by not being noted: only what was acknowledged counts.
    pub(super) async fn run(&mut self, disk: &MemoryDisk, store: BlobStore, script: Script) {
        let mut random = Random(script.seed);
        let mut store = store;
        let kinds = if script.reopens { 13 } else { 12 };
        for _ in 0..script.steps {
            match random.below(kinds) {
                0..5 => self.append_burst(disk, &store, &mut random).await,
                5..7 => self.write(disk, &store, &mut random).await,
                7 => self.abandon(&store, &mut random).await,
                8 => self.release(disk, &store, &mut random).await,
                9 => self.compact(disk, &store, &mut random).await,
                10 => store.seal_active_segment().await,
                11 => remove_released_segments(&store).await,
                _ => {
                    store.shutdown().await;
                    if let Ok(reopened) = open(disk, SMALL) {
                        store = reopened;
                    }
                }
            }
        }
        store.shutdown().await;
    }

    fn attempt(&mut self, random: &mut Random, is_abandoned: bool) -> (usize, Vec<u8>) {
        let operation = self.attempts.len();
        let body = body(operation as u64 + 1, random.length());
        self.attempts.push(Attempt { body: body.clone(), is_abandoned });
        (operation, body)
    }

    fn acknowledge(&mut self, disk: &MemoryDisk, operation: usize, blob: BlobRef) {
        let acknowledged_at = disk.event_count();
        self.stored.push(Stored { operation, blob, acknowledged_at, release_started_at: None });
    }

    async fn append_burst(&mut self, disk: &MemoryDisk, store: &BlobStore, random: &mut Random) {
        let mut tasks = Vec::new();
        for _ in 0..=random.below(4) {
            let (operation, body) = self.attempt(random, false);
            let store = store.clone();
            let task = async move { append(&store, &operation.to_le_bytes(), &body).await };
            tasks.push((operation, tokio::spawn(task)));
        }
        for (operation, task) in tasks {
            if let Ok(blob) = task.await.unwrap() {
                self.acknowledge(disk, operation, blob);
            }
        }
    }

    async fn write(&mut self, disk: &MemoryDisk, store: &BlobStore, random: &mut Random) {
        let (operation, body) = self.attempt(random, false);
        let piece_bytes = 1 + random.below(40_000);
        if let Ok(blob) = write_file(store, &operation.to_le_bytes(), &body, piece_bytes).await {
            self.acknowledge(disk, operation, blob);
        }
    }

    async fn abandon(&mut self, store: &BlobStore, random: &mut Random) {
        let (operation, body) = self.attempt(random, true);
        if let Ok(mut writer) = store.create(&operation.to_le_bytes()).await {
            // The whole body, and twice as much now and then: then a batch is on its way.
            for _ in 0..=random.below(2) * 9 {
                let _ = writer.write(Bytes::from(body.clone())).await;
            }
        }
    }

    async fn release(&mut self, disk: &MemoryDisk, store: &BlobStore, random: &mut Random) {
        let mut blobs = Vec::new();
        let started = disk.event_count();
        for _ in 0..self.stored.len().min(2) {
            let index = random.below(self.stored.len());
            let stored = &mut self.stored[index];
            stored.release_started_at.get_or_insert(started);
            blobs.push(stored.blob);
        }
        let _ = store.release(&blobs).await;
    }

    /// Copies what is still referred to in a segment, and releases the old records now or never.
    async fn compact(&mut self, disk: &MemoryDisk, store: &BlobStore, random: &mut Random) {
        let Ok(segments) = store.segment_numbers() else { return };
        if segments.is_empty() {
            return;
        }
        let segment = segments[random.below(segments.len())];
        let releases = random.below(3) > 0;
        for index in 0..self.stored.len() {
            let Stored { operation, blob, release_started_at: None, .. } = self.stored[index]
            else {
                continue;
            };
            if !matches!(blob.place, BlobPlace::Segment { segment: of, .. } if of == segment) {
                continue;
            }
            let Ok(body) = read(store, &blob).await else { return };
            let Ok(copy) = append(store, &operation.to_le_bytes(), &body).await else { return };
            self.acknowledge(disk, operation, copy);
            if releases {
                self.stored[index].release_started_at = Some(disk.event_count());
                let _ = store.release(&[blob]).await;
            }
        }
        let _ = store.remove_released_segment(segment).await;
    }

    /// What a start does with the store that a crash left: orphans and garbage go, and segments of
    /// which nothing is left. Returns all blobs that there are then.
    pub(super) async fn recover(&self, store: &BlobStore, events: usize) -> BTreeSet<BlobRef> {
        let referred = self.stored.iter().filter(|stored| stored.is_due(events));
        let referred: BTreeSet<_> = referred.map(|stored| stored.blob).collect();
        let mut found: Vec<_> = scan_with_hints(store).into_iter().map(|(blob, _)| blob).collect();
        found.extend(store.files().map(|file| file.unwrap().blob));
        found.retain(|blob| !referred.contains(blob));
        store.release(&found).await.unwrap();
        remove_released_segments(store).await;
        let left = self.look_through(store).await;
        assert!(left.is_subset(&referred), "{left:?} is not {referred:?}");
        left
    }

    /// Checks a store on a disk that saw the first `events` events of this history for certain:
    /// what is due reads exactly; anything else reads exactly, or as damaged or absent; and
    /// looking through the whole store finds what is due and nothing made up.
    pub(super) async fn check(&self, store: &BlobStore, events: usize) {
        for stored in &self.stored {
            let expected = &self.attempts[stored.operation].body;
            match read(store, &stored.blob).await {
                Ok(read) => assert!(read == *expected, "{} differs", stored.blob),
                Err(BlobError::Corrupt { .. } | BlobError::NotFound { .. })
                    if !stored.is_due(events) => {}
                Err(error) => panic!("{} is lost: {error}", stored.blob),
            }
        }
        let found = self.look_through(store).await;
        for stored in self.stored.iter().filter(|stored| stored.is_due(events)) {
            assert!(found.contains(&stored.blob), "{} was not found", stored.blob);
        }
    }

    /// All blobs that a look through the store finds; checks that those that read whole were
    /// written so.
    async fn look_through(&self, store: &BlobStore) -> BTreeSet<BlobRef> {
        let mut found = scan_with_hints(store);
        let finished = store
            .files()
            .map(Result::unwrap)
            .filter(|file| file.state == FileState::Finished)
            .map(|file| (file.blob, file.hint));
        found.extend(finished);
        for (blob, hint) in &found {
            let Ok(read) = read(store, blob).await else { continue };
            // Records that a check itself appended have no number.
            let Ok(operation) = <[u8; 8]>::try_from(hint.as_slice()) else { continue };
            let attempt = &self.attempts[usize::from_le_bytes(operation)];
            assert!(!attempt.is_abandoned, "{blob} was abandoned");
            assert!(read == attempt.body, "{blob} is nobody's");
        }
        found.into_iter().map(|(blob, _)| blob).collect()
    }

    /// A place that was given out once is never given out again.
    pub(super) fn check_new(&self, new: &BlobRef, events: usize) {
        for stored in self.stored.iter().filter(|stored| stored.was_acknowledged(events)) {
            assert_ne!(stored.blob.place, new.place);
            if let (
                BlobPlace::Segment { segment: old, .. },
                BlobPlace::Segment { segment: new, .. },
            ) = (stored.blob.place, new.place)
            {
                assert!(old < new, "segment {new} is written by a second run");
            }
        }
    }
}
