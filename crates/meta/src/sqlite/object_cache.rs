//! Current objects that were read lately, in memory.
//!
//! Reads must see what SQLite would show, at every moment. So the writer takes the keys of a group of
//! writes out of the cache *before* their commit and locks their shards against new entries until it
//! is through: in between every read of these keys goes to the database. A record that was read
//! before the commit but arrives after it is recognised by its [`Ticket`].

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use model::ObjectKey;
use model::limits::METADATA_OBJECT_CACHE_BYTES_MAX;
use parking_lot::Mutex;

use crate::bucket::BucketId;
use crate::object::ObjectRecord;

/// Which object.
pub(crate) type ObjectName = (BucketId, ObjectKey);

/// Shards, so that threads seldom wait for each other.
const SHARDS: usize = 16;
/// Memory for one shard.
const SHARD_BYTES_MAX: usize = METADATA_OBJECT_CACHE_BYTES_MAX / SHARDS;
/// A record beyond this would push too many others out.
const RECORD_BYTES_MAX: usize = SHARD_BYTES_MAX / 16;

/// The cache. See the module.
pub(crate) struct ObjectCache {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

/// Half of the memory is for records that were read since the other half was filled: what is not
/// read while `young` fills up is dropped with `old`.
#[derive(Default)]
struct Shard {
    young: HashMap<ObjectName, Arc<ObjectRecord>>,
    old: HashMap<ObjectName, Arc<ObjectRecord>>,
    /// Of the records in `young`.
    young_bytes: usize,
    /// Odd while a commit changes keys of this shard, and another number afterwards.
    generation: u64,
}

/// What the cache knows of an object.
pub(crate) enum Cached {
    /// Its record.
    Record(Arc<ObjectRecord>),
    /// Nothing; the record may be entered with the ticket once it was read.
    Unknown(Ticket),
}

/// Proof of when reading a record from the database began.
#[derive(Clone, Copy)]
pub(crate) struct Ticket(u64);

impl ObjectCache {
    /// An empty cache.
    pub(crate) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }

    /// The current record of an object, if it is remembered.
    pub(crate) fn get(&self, name: &ObjectName) -> Cached {
        let Some(shard) = self.shard(name) else { return Cached::Unknown(Ticket(1)) };
        let mut shard = shard.lock();
        if let Some(record) = shard.young.get(name) {
            return Cached::Record(Arc::clone(record));
        }
        let Some(record) = shard.old.remove(name) else {
            return Cached::Unknown(Ticket(shard.generation));
        };
        shard.insert(name.clone(), Arc::clone(&record), size_bytes(&record));
        Cached::Record(record)
    }

    /// Enters a record that was read from the database since the ticket was given, unless a commit
    /// may have changed it since.
    pub(crate) fn remember(&self, name: ObjectName, record: &Arc<ObjectRecord>, ticket: Ticket) {
        let size_bytes = size_bytes(record);
        if size_bytes > RECORD_BYTES_MAX {
            return;
        }
        let Some(shard) = self.shard(&name) else { return };
        let mut shard = shard.lock();
        if shard.generation == ticket.0 && ticket.0.is_multiple_of(2) {
            shard.insert(name, Arc::clone(record), size_bytes);
        }
    }

    /// Forgets objects that a commit is about to change. Nothing is entered in their shards before
    /// the answer is dropped, which must happen after the commit and before anybody hears of it.
    pub(crate) fn forget<'c>(&'c self, names: &[ObjectName]) -> Forgotten<'c> {
        let mut locked = Vec::new();
        for name in names {
            let Some(mutex) = self.shard(name) else { continue };
            let mut shard = mutex.lock();
            shard.remove(name);
            // Only one commit is under way at a time, so an odd generation is this one's.
            if shard.generation.is_multiple_of(2) {
                shard.generation += 1;
                locked.push(mutex);
            }
        }
        Forgotten(locked)
    }

    /// Forgets everything, for ever.
    pub(crate) fn close(&self) {
        for shard in &self.shards {
            *shard.lock() = Shard { generation: u64::MAX, ..Shard::default() };
        }
    }

    fn shard(&self, name: &ObjectName) -> Option<&Mutex<Shard>> {
        let hash = self.hasher.hash_one(name);
        // The upper bits; the maps use the lower ones.
        self.shards.get(usize::from(hash.to_be_bytes()[0]) % SHARDS)
    }
}

/// Keeps records out of the shards whose keys a commit changes.
pub(crate) struct Forgotten<'c>(Vec<&'c Mutex<Shard>>);

impl Drop for Forgotten<'_> {
    fn drop(&mut self) {
        for shard in &self.0 {
            let mut shard = shard.lock();
            shard.generation = shard.generation.saturating_add(1);
        }
    }
}

impl Shard {
    fn insert(&mut self, name: ObjectName, record: Arc<ObjectRecord>, size_bytes: usize) {
        self.remove(&name);
        if self.young_bytes + size_bytes > SHARD_BYTES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += size_bytes;
        self.young.insert(name, record);
    }

    fn remove(&mut self, name: &ObjectName) {
        self.old.remove(name);
        if let Some(record) = self.young.remove(name) {
            self.young_bytes = self.young_bytes.saturating_sub(size_bytes(&record));
        }
    }
}

/// Memory that a record takes, with its place in a map: never less than it really is by much.
fn size_bytes(record: &ObjectRecord) -> usize {
    /// What an allocation costs beside its content.
    const OVERHEAD: usize = 32;
    let text = |text: &str| text.len() + OVERHEAD;
    let pairs = record.user_metadata.iter().chain(&record.tags);
    let grants = record.acl.as_ref().map_or(0, |acl| acl.grants.len() + 1);
    let place = 2 * size_of::<(ObjectName, Arc<ObjectRecord>)>();
    place
        + size_of::<ObjectRecord>()
        + text(record.key.as_str())
        + text(record.version.as_str())
        + text(record.owner.as_str())
        + text(&record.storage_class)
        + record.headers.values().into_iter().flatten().map(|header| text(header)).sum::<usize>()
        + pairs.map(|(name, value)| 2 * OVERHEAD + text(name) + text(value)).sum::<usize>()
        + grants * 256
        + record.parts.len() * 192
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::fixture::{key, new_object};

    fn name(text: &str) -> ObjectName {
        (BucketId(1), key(text))
    }

    fn record(name: &str, seed: u64) -> Arc<ObjectRecord> {
        let object = new_object(name, seed);
        Arc::new(object.into_record(model::VersionId::Null, 1))
    }

    fn ticket(cache: &ObjectCache, name: &ObjectName) -> Ticket {
        match cache.get(name) {
            Cached::Unknown(ticket) => ticket,
            Cached::Record(record) => panic!("{record:?}"),
        }
    }

    fn known(cache: &ObjectCache, name: &ObjectName) -> Option<Arc<ObjectRecord>> {
        match cache.get(name) {
            Cached::Record(record) => Some(record),
            Cached::Unknown(_) => None,
        }
    }

    #[test]
    fn a_record_is_remembered_until_a_commit_changes_it() {
        let cache = ObjectCache::new();
        let (a, b) = (name("a"), name("b"));
        for name in [&a, &b] {
            let record = record(name.1.as_str(), 1);
            cache.remember(name.clone(), &record, ticket(&cache, name));
            assert_eq!(known(&cache, name), Some(record));
        }
        let commit = cache.forget(&[a.clone(), a.clone()]);
        assert_eq!(known(&cache, &a), None);
        assert!(known(&cache, &b).is_some(), "other keys stay");
        drop(commit);
        assert_eq!(known(&cache, &a), None);
        cache.remember(a.clone(), &record("a", 2), ticket(&cache, &a));
        assert_eq!(known(&cache, &a), Some(record("a", 2)));
    }

    #[test]
    fn a_record_read_before_or_during_a_commit_is_not_kept() {
        let cache = ObjectCache::new();
        let a = name("a");
        let before = ticket(&cache, &a);
        let commit = cache.forget(std::slice::from_ref(&a));
        cache.remember(a.clone(), &record("a", 1), before);
        assert_eq!(known(&cache, &a), None);
        let during = ticket(&cache, &a);
        cache.remember(a.clone(), &record("a", 1), during);
        assert_eq!(known(&cache, &a), None);
        drop(commit);
        for ticket in [before, during] {
            cache.remember(a.clone(), &record("a", 1), ticket);
            assert_eq!(known(&cache, &a), None);
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_read_again_stays() {
        let cache = ObjectCache::new();
        let often = name("often");
        cache.remember(often.clone(), &record("often", 1), ticket(&cache, &often));
        let each = size_bytes(&record("key-00000", 1));
        for number in 0..2 * METADATA_OBJECT_CACHE_BYTES_MAX / each {
            let other = name(&format!("key-{number:05}"));
            cache.remember(other.clone(), &record(other.1.as_str(), 1), ticket(&cache, &other));
            assert!(known(&cache, &often).is_some());
        }
        let shards = cache.shards.iter().map(Mutex::lock);
        let held: usize = shards.map(|s| (s.young.len() + s.old.len()) * each).sum();
        assert!(held <= METADATA_OBJECT_CACHE_BYTES_MAX, "{held}");
        assert!(held >= METADATA_OBJECT_CACHE_BYTES_MAX / 3, "{held}");
    }

    #[test]
    fn a_huge_record_is_not_kept() {
        let cache = ObjectCache::new();
        let mut huge = Arc::unwrap_or_clone(record("a", 1));
        huge.parts = vec![huge.parts[0].clone(); 10_000];
        let a = name("a");
        cache.remember(a.clone(), &Arc::new(huge), ticket(&cache, &a));
        assert_eq!(known(&cache, &a), None);
    }

    #[test]
    fn a_closed_cache_knows_nothing() {
        let cache = ObjectCache::new();
        let a = name("a");
        let before = ticket(&cache, &a);
        cache.remember(a.clone(), &record("a", 1), before);
        cache.close();
        assert_eq!(known(&cache, &a), None);
        drop(cache.forget(std::slice::from_ref(&a)));
        for ticket in [before, ticket(&cache, &a)] {
            cache.remember(a.clone(), &record("a", 1), ticket);
        }
        assert_eq!(known(&cache, &a), None);
    }
}
