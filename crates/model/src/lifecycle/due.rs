//! What the rules say of an object at a time: a pure function of rules, object and clock.
//!
//! AWS: "Setting an S3 Lifecycle configuration on a bucket", "Lifecycle rules: Based on an object's
//! age" for the rounding, "Resolving conflicts in S3 Lifecycle configurations" for the rest.

use super::{
    LifecycleConfiguration, LifecycleExpiration, LifecycleRule, LifecycleTime, NoncurrentTime,
    TRANSITION_CLASSES, TransitionMinimumSize,
};
use crate::limits::LIFECYCLE_TRANSITION_SIZE_BYTES_MIN;
use crate::time::{DAY_SECONDS, Timestamp};

/// How long a day of the rules is: 24 hours, unless an operator who tests wants a shorter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifecycleDay {
    seconds: i64,
}

impl Default for LifecycleDay {
    fn default() -> Self {
        Self { seconds: DAY_SECONDS }
    }
}

impl LifecycleDay {
    /// A day of so many seconds, at least one.
    pub fn of_seconds(seconds: u32) -> Self {
        Self { seconds: i64::from(seconds.max(1)) }
    }

    /// The midnight at or after so many days later.
    pub fn later(self, time: Timestamp, days: i32) -> Timestamp {
        let length = self.seconds.saturating_mul(1000);
        let reached = time.unix_millis.saturating_add(length.saturating_mul(i64::from(days)));
        let into_the_day = reached.rem_euclid(length);
        let rest = if into_the_day == 0 { 0 } else { length - into_the_day };
        Timestamp::from_unix_millis(reached.saturating_add(rest))
    }
}

/// A version of an object, as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct LifecycleSubject<'a> {
    /// The key.
    pub key: &'a str,
    /// The size in bytes; none of a delete marker.
    pub size_bytes: Option<u64>,
    /// Its tags; they need not be there if no rule [wants](LifecycleConfiguration::wants_tags) them.
    pub tags: &'a [(String, String)],
    /// Its storage class; empty for a delete marker.
    pub storage_class: &'a str,
    /// When it was written.
    pub last_modified: Timestamp,
    /// Its place among the versions of the key.
    pub standing: Standing,
}

/// The place of a version among those of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The newest one, an object.
    Current,
    /// A delete marker with nothing beneath it.
    LoneMarker,
    /// The newest one, a delete marker that hides others.
    Marker,
    /// An older one.
    Noncurrent {
        /// When its successor was written.
        since: Timestamp,
        /// Noncurrent versions that are newer.
        newer_versions: u64,
    },
}

/// An upload in progress, as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct LifecycleUpload<'a> {
    /// The key.
    pub key: &'a str,
    /// When it was started.
    pub initiated: Timestamp,
}

/// What a rule does with a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LifecycleAction<'c> {
    /// The object goes; in a bucket with versions, beneath a delete marker.
    Expire,
    /// A delete marker that hides nothing goes.
    RemoveMarker,
    /// A noncurrent version goes for good.
    RemoveNoncurrent,
    /// The version moves to this storage class.
    Transition(&'c str),
}

/// When a rule does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due<'c> {
    /// The earliest moment.
    pub at: Timestamp,
    /// The rule.
    pub rule: &'c LifecycleRule,
}

impl LifecycleConfiguration {
    /// What is due at `now`. Removal goes before a transition, the rule that was due first before
    /// others.
    pub fn action(
        &self,
        now: Timestamp,
        day: LifecycleDay,
        subject: &LifecycleSubject<'_>,
    ) -> Option<(LifecycleAction<'_>, Due<'_>)> {
        let removal = match subject.standing {
            Standing::Current => LifecycleAction::Expire,
            Standing::LoneMarker | Standing::Marker => LifecycleAction::RemoveMarker,
            Standing::Noncurrent { .. } => LifecycleAction::RemoveNoncurrent,
        };
        let is_due = |due: &Due<'_>| due.at <= now;
        if let Some(due) = self.removal(day, subject).filter(is_due) {
            return Some((removal, due));
        }
        let (class, due) = self.transition(now, day, subject)?;
        Some((LifecycleAction::Transition(class), due))
    }

    /// When the version goes, by the rule that is first.
    pub fn removal(&self, day: LifecycleDay, subject: &LifecycleSubject<'_>) -> Option<Due<'_>> {
        let of_rule = |rule| Some(Due { at: removal_time(rule, day, subject)?, rule });
        self.rules_for(subject).filter_map(of_rule).min_by_key(|due| due.at)
    }

    /// When an upload is ended, by the rule that is first.
    pub fn abort(&self, day: LifecycleDay, upload: &LifecycleUpload<'_>) -> Option<Due<'_>> {
        let of_rule = |rule: &'_ LifecycleRule| rule.abort_after_days;
        self.enabled_for(upload.key)
            .filter_map(|rule| Some(Due { at: day.later(upload.initiated, of_rule(rule)?), rule }))
            .min_by_key(|due| due.at)
    }

    /// Whether what the rules say of the key depends on the tags of a version.
    pub fn wants_tags(&self, key: &str) -> bool {
        self.enabled_for(key).any(|rule| !rule.tags().is_empty())
    }

    /// Whether a rule may end uploads.
    pub fn aborts_uploads(&self) -> bool {
        self.rules.iter().any(|rule| rule.enabled && rule.abort_after_days.is_some())
    }

    /// The coldest class to which the version should have moved.
    fn transition(
        &self,
        now: Timestamp,
        day: LifecycleDay,
        subject: &LifecycleSubject<'_>,
    ) -> Option<(&str, Due<'_>)> {
        let rank = |class: &str| TRANSITION_CLASSES.iter().position(|known| *known == class);
        let is_colder = |class: &str| rank(class) > rank(subject.storage_class);
        let steps = self.rules_for(subject).flat_map(|rule| {
            let current = rule.transitions.iter().filter_map(|step| {
                let at = time_of_current(step.time, day, subject)?;
                Some((step.class.as_str(), Due { at, rule }))
            });
            let noncurrent = rule.noncurrent_transitions.iter().filter_map(|(time, class)| {
                Some((class.as_str(), Due { at: time_of_noncurrent(*time, day, subject)?, rule }))
            });
            current.chain(noncurrent)
        });
        steps
            .filter(|(class, due)| {
                due.at <= now && is_colder(class) && self.is_large_enough(due.rule, class, subject)
            })
            .max_by_key(|(class, _)| rank(class))
    }

    fn is_large_enough(
        &self,
        rule: &LifecycleRule,
        class: &str,
        subject: &LifecycleSubject<'_>,
    ) -> bool {
        let archives = matches!(class, "GLACIER" | "DEEP_ARCHIVE");
        let varies = self.minimum_size == TransitionMinimumSize::VariesByStorageClass;
        let any_size = rule.has_sizes() || (varies && archives);
        any_size
            || subject.size_bytes.is_some_and(|size| size >= LIFECYCLE_TRANSITION_SIZE_BYTES_MIN)
    }

    fn enabled_for(&self, key: &str) -> impl Iterator<Item = &LifecycleRule> {
        self.rules.iter().filter(move |rule| rule.enabled && key.starts_with(rule.key_prefix()))
    }

    fn rules_for(&self, subject: &LifecycleSubject<'_>) -> impl Iterator<Item = &LifecycleRule> {
        self.enabled_for(subject.key).filter(move |rule| fits(rule, subject))
    }
}

/// Whether tags and size are those of the rule. A delete marker has neither.
fn fits(rule: &LifecycleRule, subject: &LifecycleSubject<'_>) -> bool {
    let Some(filter) = &rule.filter else { return true };
    let Some(size) = subject.size_bytes else { return filter.tags.is_empty() && !rule.has_sizes() };
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    filter.size_greater_than.is_none_or(|bound| size > bound)
        && filter.size_less_than.is_none_or(|bound| size < bound)
        && filter.tags.iter().all(|tag| subject.tags.contains(tag))
}

fn removal_time(
    rule: &LifecycleRule,
    day: LifecycleDay,
    subject: &LifecycleSubject<'_>,
) -> Option<Timestamp> {
    match (subject.standing, rule.expiration) {
        (Standing::Noncurrent { .. }, _) => {
            time_of_noncurrent(rule.noncurrent_expiration?, day, subject)
        }
        (Standing::LoneMarker, Some(LifecycleExpiration::ExpiredObjectDeleteMarker(true))) => {
            Some(subject.last_modified)
        }
        (Standing::Marker, _)
        | (_, None | Some(LifecycleExpiration::ExpiredObjectDeleteMarker(_))) => None,
        // A rule with days or a date clears lone delete markers of that age, too.
        (_, Some(LifecycleExpiration::At(time))) => Some(time.of(day, subject.last_modified)),
    }
}

impl LifecycleTime {
    fn of(self, day: LifecycleDay, written: Timestamp) -> Timestamp {
        match self {
            Self::Days(days) => day.later(written, days),
            Self::Date(date) => date,
        }
    }
}

fn time_of_current(
    time: LifecycleTime,
    day: LifecycleDay,
    subject: &LifecycleSubject<'_>,
) -> Option<Timestamp> {
    (subject.standing == Standing::Current).then(|| time.of(day, subject.last_modified))
}

fn time_of_noncurrent(
    time: NoncurrentTime,
    day: LifecycleDay,
    subject: &LifecycleSubject<'_>,
) -> Option<Timestamp> {
    let Standing::Noncurrent { since, newer_versions } = subject.standing else { return None };
    let kept = u64::try_from(time.newer_versions.unwrap_or(0)).unwrap_or(0);
    (newer_versions >= kept).then(|| day.later(since, time.days))
}
