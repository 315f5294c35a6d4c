//! When somebody is told: the machine between results and notices.
//!
//! Results come in confirmed: whoever runs a check repeats it before a failure counts. Notices go out
//! when a check changes, again after a day of failing, and when it works again. A check that changes all
//! the time is told once, until it keeps still.

use std::time::Duration;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use super::result::{CheckResult, Level};

/// When to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// After how long a failure is told again.
    pub reminder: Duration,
    /// So many changes within [`flap_window`](Self::flap_window) are flapping.
    pub flap_changes: usize,
    /// How long a change counts.
    pub flap_window: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        let hour = Duration::from_hours(1);
        Self { reminder: 24 * hour, flap_changes: 4, flap_window: hour }
    }
}

/// What is remembered of one check. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The last level.
    pub level: Level,
    /// What kind of trouble it was.
    pub code: Option<String>,
    /// Its line for people.
    pub summary: String,
    /// Since when it is at this level.
    pub since: i64,
    /// When it last ran.
    pub last_run: i64,
    /// When it was last well.
    pub last_ok: Option<i64>,
    /// When somebody was last told.
    pub last_told: i64,
    /// When it changed lately.
    pub changes: Vec<i64>,
    /// Whether it was told that it flaps, and nothing since.
    pub is_flapping: bool,
    /// The id of the mail with which the trouble began; later ones refer to it.
    pub thread: Option<String>,
}

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The check ran for the first time; said once, whatever it found.
    First,
    /// It fails, or fails in another way.
    Trouble,
    /// It still fails.
    Reminder {
        /// How long it has.
        lasts: Duration,
    },
    /// It works again.
    Recovered {
        /// How long it did not.
        after: Duration,
    },
    /// It changes all the time; nothing more is said until it keeps still.
    Flapping,
    /// It keeps still again.
    Settled,
}

impl Memory {
    fn first(result: &CheckResult, now: Timestamp) -> Self {
        let now = now.unix_millis;
        Self {
            level: result.level,
            code: result.code.clone(),
            summary: result.summary.clone(),
            since: now,
            last_run: now,
            last_ok: (result.level == Level::Ok).then_some(now),
            last_told: now,
            changes: Vec::new(),
            is_flapping: false,
            thread: None,
        }
    }
}

/// Takes in a result; says whether and why somebody is told.
pub fn remember(
    memory: &mut Option<Memory>,
    result: &CheckResult,
    now: Timestamp,
    rules: &Rules,
) -> Option<Reason> {
    let Some(known) = memory else {
        *memory = Some(Memory::first(result, now));
        return Some(Reason::First);
    };
    let millis = now.unix_millis;
    let before = (known.level, known.since);
    let has_moved = result.level != known.level || result.code != known.code;
    known.last_run = millis;
    known.summary.clone_from(&result.summary);
    if result.level == Level::Ok {
        known.last_ok = Some(millis);
    }
    let window = i64::try_from(rules.flap_window.as_millis()).unwrap_or(i64::MAX);
    known.changes.retain(|&at| at.saturating_add(window) > millis);
    if has_moved {
        if result.level != known.level {
            known.since = millis;
        }
        known.level = result.level;
        known.code.clone_from(&result.code);
        known.changes.push(millis);
    }
    let reason = tell(known, before, has_moved, now, rules);
    if reason.is_some() {
        known.last_told = millis;
    }
    reason
}

fn tell(
    known: &mut Memory,
    (level_before, since_before): (Level, i64),
    has_moved: bool,
    now: Timestamp,
    rules: &Rules,
) -> Option<Reason> {
    let is_restless = known.changes.len() >= rules.flap_changes;
    match (known.is_flapping, is_restless) {
        (false, true) => {
            known.is_flapping = true;
            return Some(Reason::Flapping);
        }
        (true, _) if !known.changes.is_empty() => return None,
        (true, _) => {
            known.is_flapping = false;
            return Some(Reason::Settled);
        }
        (false, false) => {}
    }
    let passed = |from: i64| elapsed(from, now);
    match (has_moved, known.level) {
        (true, Level::Ok) if level_before != Level::Ok => {
            Some(Reason::Recovered { after: passed(since_before) })
        }
        (_, Level::Ok) => None,
        (true, _) => Some(Reason::Trouble),
        (false, _) if passed(known.last_told) >= rules.reminder => {
            Some(Reason::Reminder { lasts: passed(known.since) })
        }
        (false, _) => None,
    }
}

/// Time since then; none if the clock went back.
pub fn elapsed(from_unix_millis: i64, now: Timestamp) -> Duration {
    let millis = now.unix_millis.saturating_sub(from_unix_millis);
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::result::CheckName;
    use super::*;

    const MINUTE: i64 = 60;
    const HOUR: i64 = 3600;

    /// Feeds (seconds, level, code) and gives the reasons.
    fn reasons(events: &[(i64, Level, &str)]) -> Vec<Option<Reason>> {
        let mut memory = None;
        let mut told = Vec::new();
        for &(seconds, level, code) in events {
            let mut result = CheckResult::new(CheckName::Write, level, "s");
            result.code = (!code.is_empty()).then(|| code.to_owned());
            let now = Timestamp::from_unix_seconds(seconds);
            told.push(remember(&mut memory, &result, now, &Rules::default()));
        }
        told
    }

    fn seconds(seconds: i64) -> Duration {
        Duration::from_secs(u64::try_from(seconds).unwrap())
    }

    #[test]
    fn changes_are_told_and_nothing_else() {
        use Level::{Failing, Ok};
        let told = reasons(&[
            (0, Ok, ""),
            (HOUR, Ok, ""),
            (2 * HOUR, Failing, "a"),
            (3 * HOUR, Failing, "a"),
            (4 * HOUR, Failing, "b"),
            (6 * HOUR, Ok, ""),
            (7 * HOUR, Ok, ""),
        ]);
        assert_eq!(
            told,
            [
                Some(Reason::First),
                None,
                Some(Reason::Trouble),
                None,
                Some(Reason::Trouble),
                Some(Reason::Recovered { after: seconds(4 * HOUR) }),
                None,
            ]
        );
    }

    #[test]
    fn a_failure_that_lasts_is_told_once_a_day() {
        use Level::Failing;
        let told = reasons(&[
            (0, Failing, "a"),
            (23 * HOUR, Failing, "a"),
            (24 * HOUR, Failing, "a"),
            (25 * HOUR, Failing, "a"),
            (48 * HOUR, Failing, "a"),
        ]);
        let reminder = |hours| Some(Reason::Reminder { lasts: seconds(hours * HOUR) });
        assert_eq!(told, [Some(Reason::First), None, reminder(24), None, reminder(48)]);
    }

    #[test]
    fn a_check_that_flaps_is_told_once_until_it_keeps_still() {
        use Level::{Failing, Ok};
        let mut events = vec![(0, Ok, "")];
        for step in 1..10 {
            let level = if step % 2 == 1 { Failing } else { Ok };
            events.push((step * 10 * MINUTE, level, ""));
        }
        // The last change is at 90 minutes.
        events.push((120 * MINUTE, Failing, ""));
        events.push((151 * MINUTE, Failing, ""));
        events.push((152 * MINUTE, Failing, ""));
        let told = reasons(&events);
        assert_eq!(told[1], Some(Reason::Trouble));
        assert!(matches!(told[2], Some(Reason::Recovered { .. })));
        assert_eq!(told[4], Some(Reason::Flapping));
        assert!(told[5..11].iter().all(Option::is_none), "{told:?}");
        assert_eq!(told[11], Some(Reason::Settled));
        assert_eq!(told[12], None);
    }

    #[test]
    fn a_clock_that_goes_back_ends_nothing() {
        let told =
            reasons(&[(HOUR, Level::Failing, "a"), (0, Level::Failing, "a"), (1, Level::Ok, "")]);
        assert_eq!(told[1], None);
        assert_eq!(told[2], Some(Reason::Recovered { after: Duration::ZERO }));
    }
}
