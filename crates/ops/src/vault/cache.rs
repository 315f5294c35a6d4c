//! Facts that are read on every request and change seldom.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

/// A bounded map from names to facts.
///
/// A fact that was loaded before a change and stored after it would stay wrong for ever. Hence
/// every loader takes a [`ticket`](Self::ticket) first, and its fact is kept only if nothing was
/// forgotten since.
pub(super) struct FactCache<V> {
    facts: RwLock<HashMap<Box<str>, Arc<V>>>,
    generation: AtomicU64,
    capacity: usize,
}

/// Proof of when a fact was loaded.
#[derive(Clone, Copy)]
pub(super) struct Ticket(u64);

impl<V> FactCache<V> {
    /// An empty cache of at most `capacity` facts.
    pub(super) fn new(capacity: usize) -> Self {
        Self { facts: RwLock::default(), generation: AtomicU64::new(0), capacity }
    }

    /// The fact, if it is remembered.
    pub(super) fn get(&self, name: &str) -> Option<Arc<V>> {
        self.facts.read().get(name).cloned()
    }

    /// To be taken before a fact is loaded.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.generation.load(Ordering::Acquire))
    }

    /// Remembers a fact, unless something was forgotten since the ticket was taken.
    pub(super) fn remember(&self, name: &str, fact: Arc<V>, ticket: Ticket) {
        let mut facts = self.facts.write();
        if self.generation.load(Ordering::Acquire) != ticket.0 {
            return;
        }
        if facts.len() >= self.capacity {
            // Rare enough that the simplest rule will do.
            facts.clear();
        }
        facts.insert(name.into(), fact);
    }

    /// Drops everything, where one change concerns more facts than are worth naming.
    pub(super) fn forget_all(&self) {
        let mut facts = self.facts.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        facts.clear();
    }

    /// Drops one fact.
    pub(super) fn forget(&self, name: &str) {
        let mut facts = self.facts.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        facts.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_loaded_before_a_change_is_not_kept() {
        let cache = FactCache::new(2);
        let early = cache.ticket();
        cache.forget("b");
        cache.remember("b", Arc::new(1), early);
        assert_eq!(cache.get("b"), None);
        cache.remember("b", Arc::new(2), cache.ticket());
        assert_eq!(cache.get("b").as_deref(), Some(&2));
        let early = cache.ticket();
        cache.forget_all();
        cache.remember("a", Arc::new(3), early);
        assert_eq!((cache.get("a"), cache.get("b")), (None, None));
    }

    #[test]
    fn a_fact_loaded_before_everything_was_forgotten_is_not_kept() {
        let cache = FactCache::new(2);
        cache.remember("a", Arc::new(1), cache.ticket());
        let early = cache.ticket();
        cache.forget_all();
        assert_eq!(cache.get("a"), None);
        cache.remember("a", Arc::new(1), early);
        assert_eq!(cache.get("a"), None);
    }

    #[test]
    fn capacity_is_bounded() {
        let cache = FactCache::new(2);
        for name in ["a", "b", "c"] {
            cache.remember(name, Arc::new(()), cache.ticket());
        }
        assert_eq!(cache.facts.read().len(), 1);
    }
}
