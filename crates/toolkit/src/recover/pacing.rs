//! When each job may run, so that nobody's server is asked for everything at once.

use std::collections::{BTreeMap, BTreeSet};

/// How jobs are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Jobs a minute, for all servers together.
    pub jobs_per_minute: u32,
    /// Time between two jobs for one server.
    pub host_gap_millis: u32,
    /// Jobs that one run gives.
    pub jobs_max: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { jobs_per_minute: 120, host_gap_millis: 30_000, jobs_max: 20_000 }
    }
}

/// How far the time between two jobs of one server may be off, in a thousand.
pub const JITTER_PERMILLE: i64 = 200;

/// Finds a time for each job.
#[derive(Clone, Debug)]
pub struct Pacer {
    begin_millis: i64,
    slot_millis: i64,
    gap_millis: i64,
    /// Taken slots behind `first_free`.
    taken: BTreeSet<i64>,
    first_free: i64,
    /// When each server may be asked again.
    hosts: BTreeMap<String, i64>,
}

impl Pacer {
    /// Begins now.
    pub fn new(pace: Pace, now_millis: i64) -> Self {
        Self {
            begin_millis: now_millis,
            slot_millis: (60_000 / i64::from(pace.jobs_per_minute.max(1))).max(1),
            gap_millis: i64::from(pace.host_gap_millis),
            taken: BTreeSet::new(),
            first_free: 0,
            hosts: BTreeMap::new(),
        }
    }

    /// A job that was given before.
    pub fn note(&mut self, host: &str, at_millis: i64) {
        self.wait(host, at_millis + self.gap_millis);
    }

    /// The time of the next job of a server: not before `now`, and `jitter_permille` (at most
    /// [`JITTER_PERMILLE`] either way) changes the time to the one after it.
    pub fn place(&mut self, host: &str, now_millis: i64, jitter_permille: i64) -> i64 {
        let wanted = self.hosts.get(host).copied().unwrap_or(now_millis).max(now_millis);
        let behind = (wanted - self.begin_millis).max(0);
        let mut slot = behind.div_euclid(self.slot_millis);
        slot += i64::from(behind.rem_euclid(self.slot_millis) > 0);
        slot = slot.max(self.first_free);
        while self.taken.contains(&slot) {
            slot += 1;
        }
        self.taken.insert(slot);
        while self.taken.remove(&self.first_free) {
            self.first_free += 1;
        }
        let at = self.begin_millis + slot * self.slot_millis;
        let jitter = jitter_permille.clamp(-JITTER_PERMILLE, JITTER_PERMILLE);
        self.wait(host, at + self.gap_millis + self.gap_millis * jitter / 1000);
        at
    }

    fn wait(&mut self, host: &str, until_millis: i64) {
        match self.hosts.get_mut(host) {
            Some(next) => *next = until_millis.max(*next),
            None => _ = self.hosts.insert(host.to_owned(), until_millis),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn servers_take_turns() {
        let mut pacer = Pacer::new(Pace::default(), NOW);
        let mut at = |host| pacer.place(host, NOW, 0) - NOW;
        assert_eq!([at("a"), at("a"), at("b"), at("c"), at("a")], [0, 30_000, 500, 1000, 60_000]);
        assert_eq!(at("d"), 1500, "the gaps of one are filled by others");
    }

    #[test]
    fn what_was_given_before_counts() {
        let mut pacer = Pacer::new(Pace::default(), NOW);
        pacer.note("a", NOW + 5000);
        assert_eq!(pacer.place("a", NOW, 0) - NOW, 35_000);
        assert_eq!(pacer.place("b", NOW, 0) - NOW, 0);
    }

    proptest! {
        #[test]
        fn limits_hold(jobs in prop::collection::vec((0u8..6, -300i64..300, 0i64..400), 1..200)) {
            let mut pacer = Pacer::new(Pace::default(), NOW);
            let (mut now, mut all, mut last) = (NOW, Vec::new(), BTreeMap::new());
            for (host, jitter, step) in jobs {
                now += step;
                let at = pacer.place(&host.to_string(), now, jitter);
                prop_assert!(at >= now);
                if let Some(before) = last.insert(host, at) {
                    prop_assert!(at - before >= 24_000, "{} after {}", at, before);
                }
                all.push(at);
            }
            all.sort_unstable();
            prop_assert!(all.windows(2).all(|two| two[1] - two[0] >= 500));
        }
    }
}
