//! Lifecycle configurations: the rules of a bucket about how long its objects stay.
//!
//! `check` has what PutBucketLifecycleConfiguration refuses, `due` what the rules say of an object at
//! a time. AWS: "Managing the lifecycle of objects"; API reference,
//! PutBucketLifecycleConfiguration.

mod check;
mod due;
#[cfg(test)]
mod tests;

pub use self::due::{
    Due, LifecycleAction, LifecycleDay, LifecycleSubject, LifecycleUpload, Standing,
};
use crate::time::Timestamp;

/// The storage classes that a transition may name, from the warmest to the coldest.
pub const TRANSITION_CLASSES: [&str; 6] =
    ["STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];

/// The rules of a bucket, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleConfiguration {
    rules: Vec<LifecycleRule>,
    minimum_size: TransitionMinimumSize,
}

/// `x-amz-transition-default-minimum-object-size`: which objects are too small for transitions whose
/// rule names no size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransitionMinimumSize {
    /// Those below 128 KiB.
    #[default]
    AllStorageClasses128K,
    /// As before September 2024: those below 128 KiB, but for the archive classes.
    VariesByStorageClass,
}

impl TransitionMinimumSize {
    /// The value with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AllStorageClasses128K, Self::VariesByStorageClass]
            .into_iter()
            .find(|value| value.as_str() == text)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllStorageClasses128K => "all_storage_classes_128K",
            Self::VariesByStorageClass => "varies_by_storage_class",
        }
    }
}

/// One rule as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// `ID`; a configuration gives an id to a rule without one.
    pub id: Option<String>,
    /// `Prefix` of the rule itself, the older form of `Filter`.
    pub prefix: Option<String>,
    /// `Filter`
    pub filter: Option<LifecycleFilter>,
    /// Whether `Status` is `Enabled`.
    pub enabled: bool,
    /// `Expiration`
    pub expiration: Option<LifecycleExpiration>,
    /// `Transition`
    pub transitions: Vec<LifecycleTransition>,
    /// `NoncurrentVersionExpiration`
    pub noncurrent_expiration: Option<NoncurrentTime>,
    /// `NoncurrentVersionTransition` with the class of each.
    pub noncurrent_transitions: Vec<(NoncurrentTime, String)>,
    /// `AbortIncompleteMultipartUpload`, `DaysAfterInitiation`.
    pub abort_after_days: Option<i32>,
}

/// Which objects a rule is about: those that fit everything here. More than one predicate is `And` on
/// the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleFilter {
    /// `Prefix`
    pub prefix: Option<String>,
    /// `Tag`
    pub tags: Vec<(String, String)>,
    /// `ObjectSizeGreaterThan`, in bytes.
    pub size_greater_than: Option<i64>,
    /// `ObjectSizeLessThan`, in bytes.
    pub size_less_than: Option<i64>,
}

impl LifecycleFilter {
    /// How many predicates there are.
    pub fn predicates(&self) -> usize {
        usize::from(self.prefix.is_some())
            + self.tags.len()
            + usize::from(self.size_greater_than.is_some())
            + usize::from(self.size_less_than.is_some())
    }
}

/// When something happens to a current version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleTime {
    /// `Days` after it was written.
    Days(i32),
    /// `Date`, and for what is written later at once.
    Date(Timestamp),
}

/// `Expiration`: exactly one of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleExpiration {
    /// `Days` or `Date`
    At(LifecycleTime),
    /// `ExpiredObjectDeleteMarker`
    ExpiredObjectDeleteMarker(bool),
}

/// `Transition`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleTransition {
    /// `Days` or `Date`
    pub time: LifecycleTime,
    /// `StorageClass`
    pub class: String,
}

/// When something happens to a noncurrent version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoncurrentTime {
    /// `NoncurrentDays` after its successor was written.
    pub days: i32,
    /// `NewerNoncurrentVersions`: only if there are so many newer noncurrent ones.
    pub newer_versions: Option<i32>,
}

impl LifecycleConfiguration {
    /// Rules that were checked before they were stored.
    pub fn stored(rules: Vec<LifecycleRule>, minimum_size: TransitionMinimumSize) -> Self {
        Self { rules, minimum_size }
    }

    /// The rules in their order.
    pub fn rules(&self) -> &[LifecycleRule] {
        &self.rules
    }

    /// Which objects are too small for transitions.
    pub fn minimum_size(&self) -> TransitionMinimumSize {
        self.minimum_size
    }
}

impl LifecycleRule {
    /// The prefix of the keys that the rule is about.
    pub fn key_prefix(&self) -> &str {
        let of_filter = || self.filter.as_ref().and_then(|filter| filter.prefix.as_deref());
        self.prefix.as_deref().or_else(of_filter).unwrap_or_default()
    }

    /// The id; empty only in a rule that was never stored.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn tags(&self) -> &[(String, String)] {
        self.filter.as_ref().map_or(&[], |filter| &filter.tags)
    }

    fn has_sizes(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| {
            filter.size_greater_than.is_some() || filter.size_less_than.is_some()
        })
    }
}
