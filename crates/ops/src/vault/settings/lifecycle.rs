//! Lifecycle rules as they are kept.

use model::Timestamp;
use model::lifecycle::{
    LifecycleConfiguration, LifecycleExpiration, LifecycleFilter, LifecycleRule, LifecycleTime,
    LifecycleTransition, NoncurrentTime, TransitionMinimumSize,
};
use serde::{Deserialize, Serialize};

/// A configuration.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LifecycleDocument {
    /// Whether archive classes take small objects.
    varies_by_storage_class: bool,
    rules: Vec<RuleDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleDocument {
    id: Option<String>,
    prefix: Option<String>,
    filter: Option<FilterDocument>,
    enabled: bool,
    expiration: Option<ExpirationDocument>,
    transitions: Vec<(TimeDocument, String)>,
    noncurrent_expiration: Option<NoncurrentDocument>,
    noncurrent_transitions: Vec<(NoncurrentDocument, String)>,
    abort_after_days: Option<i32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterDocument {
    prefix: Option<String>,
    tags: Vec<(String, String)>,
    size_greater_than: Option<i64>,
    size_less_than: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TimeDocument {
    Days(i32),
    /// Milliseconds since 1970.
    Date(i64),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ExpirationDocument {
    At(TimeDocument),
    ExpiredObjectDeleteMarker(bool),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoncurrentDocument {
    days: i32,
    newer_versions: Option<i32>,
}

impl From<&LifecycleConfiguration> for LifecycleDocument {
    fn from(configuration: &LifecycleConfiguration) -> Self {
        let varies = TransitionMinimumSize::VariesByStorageClass;
        Self {
            varies_by_storage_class: configuration.minimum_size() == varies,
            rules: configuration.rules().iter().cloned().map(RuleDocument::from).collect(),
        }
    }
}

impl From<LifecycleDocument> for LifecycleConfiguration {
    fn from(document: LifecycleDocument) -> Self {
        let minimum_size = if document.varies_by_storage_class {
            TransitionMinimumSize::VariesByStorageClass
        } else {
            TransitionMinimumSize::AllStorageClasses128K
        };
        let rules = document.rules.into_iter().map(LifecycleRule::from).collect();
        Self::stored(rules, minimum_size)
    }
}

impl From<LifecycleRule> for RuleDocument {
    fn from(rule: LifecycleRule) -> Self {
        Self {
            id: rule.id,
            prefix: rule.prefix,
            filter: rule.filter.map(|filter| FilterDocument {
                prefix: filter.prefix,
                tags: filter.tags,
                size_greater_than: filter.size_greater_than,
                size_less_than: filter.size_less_than,
            }),
            enabled: rule.enabled,
            expiration: rule.expiration.map(|expiration| match expiration {
                LifecycleExpiration::At(time) => ExpirationDocument::At(time.into()),
                LifecycleExpiration::ExpiredObjectDeleteMarker(wanted) => {
                    ExpirationDocument::ExpiredObjectDeleteMarker(wanted)
                }
            }),
            transitions: rule
                .transitions
                .into_iter()
                .map(|transition| (transition.time.into(), transition.class))
                .collect(),
            noncurrent_expiration: rule.noncurrent_expiration.map(NoncurrentDocument::from),
            noncurrent_transitions: rule
                .noncurrent_transitions
                .into_iter()
                .map(|(time, class)| (time.into(), class))
                .collect(),
            abort_after_days: rule.abort_after_days,
        }
    }
}

impl From<RuleDocument> for LifecycleRule {
    fn from(rule: RuleDocument) -> Self {
        Self {
            id: rule.id,
            prefix: rule.prefix,
            filter: rule.filter.map(|filter| LifecycleFilter {
                prefix: filter.prefix,
                tags: filter.tags,
                size_greater_than: filter.size_greater_than,
                size_less_than: filter.size_less_than,
            }),
            enabled: rule.enabled,
            expiration: rule.expiration.map(|expiration| match expiration {
                ExpirationDocument::At(time) => LifecycleExpiration::At(time.into()),
                ExpirationDocument::ExpiredObjectDeleteMarker(wanted) => {
                    LifecycleExpiration::ExpiredObjectDeleteMarker(wanted)
                }
            }),
            transitions: rule
                .transitions
                .into_iter()
                .map(|(time, class)| LifecycleTransition { time: time.into(), class })
                .collect(),
            noncurrent_expiration: rule.noncurrent_expiration.map(NoncurrentTime::from),
            noncurrent_transitions: rule
                .noncurrent_transitions
                .into_iter()
                .map(|(time, class)| (time.into(), class))
                .collect(),
            abort_after_days: rule.abort_after_days,
        }
    }
}

impl From<LifecycleTime> for TimeDocument {
    fn from(time: LifecycleTime) -> Self {
        match time {
            LifecycleTime::Days(days) => Self::Days(days),
            LifecycleTime::Date(date) => Self::Date(date.unix_millis),
        }
    }
}

impl From<TimeDocument> for LifecycleTime {
    fn from(time: TimeDocument) -> Self {
        match time {
            TimeDocument::Days(days) => Self::Days(days),
            TimeDocument::Date(millis) => Self::Date(Timestamp::from_unix_millis(millis)),
        }
    }
}

impl From<NoncurrentTime> for NoncurrentDocument {
    fn from(time: NoncurrentTime) -> Self {
        Self { days: time.days, newer_versions: time.newer_versions }
    }
}

impl From<NoncurrentDocument> for NoncurrentTime {
    fn from(time: NoncurrentDocument) -> Self {
        Self { days: time.days, newer_versions: time.newer_versions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let time = NoncurrentTime { days: 3, newer_versions: Some(4) };
        let full = LifecycleRule {
            id: Some("a".into()),
            prefix: None,
            filter: Some(LifecycleFilter {
                prefix: Some("p/".into()),
                tags: vec![("k".into(), "v".into())],
                size_greater_than: Some(1),
                size_less_than: Some(2),
            }),
            enabled: true,
            expiration: Some(LifecycleExpiration::At(LifecycleTime::Date(
                Timestamp::from_unix_seconds(86_400),
            ))),
            transitions: vec![LifecycleTransition {
                time: LifecycleTime::Days(0),
                class: "GLACIER".into(),
            }],
            noncurrent_expiration: Some(time),
            noncurrent_transitions: vec![(time, "GLACIER".into())],
            abort_after_days: Some(7),
        };
        let marker = LifecycleRule {
            prefix: Some(String::new()),
            expiration: Some(LifecycleExpiration::ExpiredObjectDeleteMarker(true)),
            ..LifecycleRule::default()
        };
        let rules = vec![full, marker, LifecycleRule::default()];
        for size in [TransitionMinimumSize::default(), TransitionMinimumSize::VariesByStorageClass]
        {
            let configuration = LifecycleConfiguration::stored(rules.clone(), size);
            let text = serde_json::to_string(&LifecycleDocument::from(&configuration)).unwrap();
            let read: LifecycleDocument = serde_json::from_str(&text).unwrap();
            assert_eq!(LifecycleConfiguration::from(read), configuration);
        }
    }
}
