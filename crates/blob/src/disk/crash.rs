//! The disks that a crash may leave.
//!
//! What was flushed is there. Of what was not, each sector of 512 bytes has any of the contents
//! that it had since the flush, independently of all others: that covers writes that are lost,
//! torn and reordered. So has each name of a directory, and the length of each file.

use std::collections::BTreeMap;

use super::memory::{Contents, Entry, Event, Location, MemoryDisk, overwrite};

/// What a disk writes wholly or not at all.
const SECTOR_BYTES: usize = 512;

/// Which of the changes that were not flushed survive.
#[derive(Clone, Copy, Debug)]
pub enum Survivors {
    /// None.
    Nothing,
    /// All, as when only the process was killed.
    Everything,
    /// Some, chosen by a generator with this seed.
    Random(u64),
}

/// Goes through the history of a [`MemoryDisk`] event by event.
#[derive(Debug)]
pub struct CrashReplay {
    events: std::vec::IntoIter<Event>,
    durable: Contents,
    /// Writes by file that were not flushed, in order.
    writes: BTreeMap<usize, Vec<(usize, Vec<u8>)>>,
    /// What names became that were not flushed, in order; `None` for removed ones.
    names: Vec<(Location, Option<Entry>)>,
}

impl CrashReplay {
    /// Starts before the first event.
    pub fn new(disk: &MemoryDisk) -> Self {
        let (durable, events) = disk.history();
        let events = events.into_iter();
        Self { events, durable, writes: BTreeMap::new(), names: Vec::new() }
    }

    /// Goes past one event; `false` after the last.
    pub fn advance(&mut self) -> bool {
        let Some(event) = self.events.next() else { return false };
        match event {
            Event::Link { location, entry } => {
                if let Entry::File(file) = entry {
                    let count = self.durable.files.len().max(file + 1);
                    self.durable.files.resize_with(count, Vec::new);
                }
                self.names.push((location, Some(entry)));
            }
            Event::Unlink { location } => self.names.push((location, None)),
            Event::Write { file, offset, bytes } => {
                self.writes.entry(file).or_default().push((offset, bytes));
            }
            Event::SyncFile { file } => {
                if let Some(contents) = self.durable.files.get_mut(file) {
                    for (offset, bytes) in self.writes.remove(&file).unwrap_or_default() {
                        overwrite(contents, offset, &bytes);
                    }
                }
            }
            Event::FailedSyncFile { file } => drop(self.writes.remove(&file)),
            Event::SyncDirectory { directory } => {
                for (location, entry) in std::mem::take(&mut self.names) {
                    if location.directory == directory {
                        self.durable.set(&location, entry);
                    } else {
                        self.names.push((location, entry));
                    }
                }
            }
        }
        true
    }

    /// The disk after a crash at this point.
    pub fn image(&self, survivors: Survivors) -> MemoryDisk {
        let mut choice = Choice(survivors);
        let mut contents = self.durable.clone();
        for (file, writes) in &self.writes {
            if let Some(bytes) = contents.files.get_mut(*file) {
                apply_some(bytes, writes, &mut choice);
            }
        }
        self.apply_names(&mut contents, &mut choice);
        contents.remove_unreachable();
        MemoryDisk::with_contents(contents)
    }

    fn apply_names(&self, contents: &mut Contents, choice: &mut Choice) {
        let mut versions: BTreeMap<&Location, Vec<Option<Entry>>> = BTreeMap::new();
        for (name, entry) in &self.names {
            versions.entry(name).or_default().push(*entry);
        }
        for (name, entries) in versions {
            let kept = choice.among(entries.len());
            if let Some(entry) = kept.checked_sub(1).and_then(|last| entries.get(last)) {
                contents.set(name, *entry);
            }
        }
    }
}

/// Applies to each sector the first few of the writes that touch it.
fn apply_some(contents: &mut Vec<u8>, writes: &[(usize, Vec<u8>)], choice: &mut Choice) {
    let mut ends = vec![contents.len()];
    let mut left: BTreeMap<usize, usize> = BTreeMap::new();
    for (offset, bytes) in writes {
        let longest = ends.last().copied().unwrap_or(0);
        ends.push(longest.max(offset + bytes.len()));
        for (sector, _) in pieces(*offset, bytes) {
            *left.entry(sector).or_default() += 1;
        }
    }
    let length = ends.get(choice.among(writes.len())).copied().unwrap_or(0);
    for count in left.values_mut() {
        *count = choice.among(*count);
    }
    for (offset, bytes) in writes {
        for (sector, range) in pieces(*offset, bytes) {
            let Some(count) = left.get_mut(&sector).filter(|count| **count > 0) else { continue };
            *count -= 1;
            let piece = bytes.get(range.clone()).unwrap_or_default();
            overwrite(contents, offset + range.start, piece);
        }
    }
    contents.resize(length, 0);
}

/// The parts of a write by sector, as ranges of its bytes.
fn pieces(
    offset: usize,
    bytes: &[u8],
) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> + use<> {
    let end = offset + bytes.len();
    (offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES)).map(move |sector| {
        let from = (sector * SECTOR_BYTES).max(offset);
        let to = ((sector + 1) * SECTOR_BYTES).min(end);
        (sector, from - offset..to - offset)
    })
}

struct Choice(Survivors);

impl Choice {
    /// How many of `count` changes, in order, survive.
    fn among(&mut self, count: usize) -> usize {
        match &mut self.0 {
            Survivors::Nothing => 0,
            Survivors::Everything => count,
            Survivors::Random(seed) => {
                let random = split_mix(seed);
                let choices = u64::try_from(count).unwrap_or(u64::MAX).saturating_add(1);
                usize::try_from(random % choices).unwrap_or(0)
            }
        }
    }
}

/// The `SplitMix64` generator: 64 bits of state, every seed is good.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
