use proptest::prelude::*;

use super::*;
use crate::error::S3Error;
use crate::error_code::ErrorCode;
use crate::time::DAY_SECONDS;

fn rule(id: &str) -> LifecycleRule {
    LifecycleRule {
        id: Some(id.to_owned()),
        filter: Some(LifecycleFilter::default()),
        enabled: true,
        ..LifecycleRule::default()
    }
}

fn expiring(id: &str, days: i32) -> LifecycleRule {
    let expiration = Some(LifecycleExpiration::At(LifecycleTime::Days(days)));
    LifecycleRule { expiration, ..rule(id) }
}

fn dated(days: i64) -> LifecycleTime {
    LifecycleTime::Date(Timestamp::from_unix_seconds(days * DAY_SECONDS))
}

fn old(id: &str, prefix: &str) -> LifecycleRule {
    LifecycleRule { filter: None, prefix: Some(prefix.to_owned()), ..expiring(id, 1) }
}

fn moving(steps: &[(LifecycleTime, &str)]) -> LifecycleRule {
    let step = |(time, class): &(LifecycleTime, &str)| LifecycleTransition {
        time: *time,
        class: (*class).to_owned(),
    };
    LifecycleRule { transitions: steps.iter().map(step).collect(), ..rule("r") }
}

fn filtered(rule: LifecycleRule, filter: LifecycleFilter) -> LifecycleRule {
    LifecycleRule { filter: Some(filter), ..rule }
}

fn tagged(pairs: &[(&str, &str)]) -> LifecycleFilter {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    LifecycleFilter { tags: pairs.iter().map(pair).collect(), ..LifecycleFilter::default() }
}

fn sized(greater: Option<i64>, less: Option<i64>) -> LifecycleFilter {
    LifecycleFilter {
        size_greater_than: greater,
        size_less_than: less,
        ..LifecycleFilter::default()
    }
}

fn made(rules: Vec<LifecycleRule>) -> Result<LifecycleConfiguration, S3Error> {
    LifecycleConfiguration::new(rules, TransitionMinimumSize::default(), || Ok("fresh".to_owned()))
}

fn check(rules: Vec<LifecycleRule>, code: ErrorCode, message: &str) {
    let error = made(rules).unwrap_err();
    assert_eq!((error.code(), error.message()), (code, message));
}

fn days(days: i32) -> LifecycleTime {
    LifecycleTime::Days(days)
}

#[test]
fn good_rules() {
    for rules in [
        vec![expiring("a", 1), expiring("b", 2)],
        vec![old("a", "logs/"), old("b", "tmp/")],
        vec![filtered(expiring("a", 1), tagged(&[("k", "v"), ("l", "")]))],
        vec![filtered(expiring("a", 1), sized(Some(0), Some(1)))],
        vec![moving(&[(days(0), "GLACIER")])],
        vec![moving(&[
            (days(30), "STANDARD_IA"),
            (days(60), "GLACIER"),
            (days(150), "DEEP_ARCHIVE"),
        ])],
        vec![moving(&[(days(60), "GLACIER"), (days(30), "STANDARD_IA")])],
        vec![moving(&[(dated(10), "GLACIER_IR"), (dated(100), "GLACIER")])],
    ] {
        assert_eq!(made(rules.clone()).unwrap().rules(), rules);
    }
    let nameless = LifecycleRule { id: None, ..expiring("", 1) };
    assert_eq!(made(vec![nameless]).unwrap().rules()[0].id(), "fresh");
}

#[test]
fn numbers_and_ids() {
    use ErrorCode::{InvalidArgument, InvalidRequest};
    check(vec![], InvalidRequest, "At least one lifecycle rule must be specified.");
    let many = (0..1001).map(|n| expiring(&n.to_string(), 1)).collect();
    check(
        many,
        InvalidRequest,
        "The number of lifecycle rules must not exceed the allowed limit of 1000 rules.",
    );
    let (longest, longer) = ("ä".repeat(255), "ä".repeat(256));
    assert!(made(vec![expiring(&longest, 1)]).is_ok());
    check(
        vec![expiring(&longer, 1)],
        InvalidArgument,
        "ID length should not exceed allowed limit of 255",
    );
    check(
        vec![expiring("a", 1), expiring("b", 1), expiring("a", 2)],
        InvalidArgument,
        "Rule ID must be unique. Found same ID for more than one rule",
    );
}

#[test]
fn old_and_new_form() {
    use ErrorCode::{InvalidRequest, MalformedXML};
    check(
        vec![old("a", "x"), expiring("b", 1)],
        InvalidRequest,
        "Filter element can only be used in Lifecycle V2.",
    );
    check(
        vec![expiring("a", 1), old("b", "x")],
        InvalidRequest,
        "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
    );
    let nothing = LifecycleRule { filter: None, ..expiring("a", 1) };
    check(vec![nothing], MalformedXML, ErrorCode::MalformedXML.message());
    check(
        vec![old("a", "di"), old("c", "a"), old("b", "dir/")],
        InvalidRequest,
        "Found overlapping prefixes 'di' and 'dir/' for same action type 'Expiration'",
    );
    check(vec![rule("a")], InvalidRequest, "At least one action needs to be specified in a rule");
    let newer = NoncurrentTime { days: 1, newer_versions: Some(1) };
    check(
        vec![LifecycleRule { noncurrent_expiration: Some(newer), ..old("a", "") }],
        InvalidRequest,
        "NewerNoncurrentVersions element can only be used in Lifecycle V2.",
    );
}

#[test]
fn filters() {
    let refused = |filter, message: &str| {
        check(vec![filtered(expiring("a", 1), filter)], ErrorCode::InvalidRequest, message);
    };
    refused(tagged(&[("k", "a"), ("k", "b")]), "Duplicate Tag Keys are not allowed.");
    refused(tagged(&[("", "a")]), "A Tag's Key must be a length between 1 and 128.");
    let long = "v".repeat(257);
    refused(tagged(&[("k", &long)]), "A Tag's Value must be a length between 0 and 256.");
    let greater = "'ObjectSizeGreaterThan' should be between 0 and 1099511627776000.";
    refused(sized(Some(-1), None), greater);
    refused(sized(Some(1_099_511_627_776_001), None), greater);
    refused(sized(None, Some(0)), "'ObjectSizeLessThan' should be between 1 and 1099511627776000.");
    refused(
        sized(Some(5), Some(5)),
        "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
    );
    for (action, apply) in [
        ("ExpiredObjectDeleteMarker", marker as fn(LifecycleRule) -> LifecycleRule),
        ("AbortIncompleteMultipartUpload", aborting),
    ] {
        for (filter, what) in
            [(tagged(&[("k", "v")]), "Tags"), (sized(Some(1), None), "Object Size")]
        {
            let message = format!("{action} cannot be specified with {what}.");
            let both = apply(filtered(rule("a"), filter));
            check(vec![both], ErrorCode::InvalidRequest, &message);
        }
    }
}

fn marker(rule: LifecycleRule) -> LifecycleRule {
    let expiration = Some(LifecycleExpiration::ExpiredObjectDeleteMarker(true));
    LifecycleRule { expiration, ..rule }
}

fn aborting(rule: LifecycleRule) -> LifecycleRule {
    LifecycleRule { abort_after_days: Some(1), ..rule }
}

#[test]
fn numbers_of_days() {
    let refused = |rule, message: &str| check(vec![rule], ErrorCode::InvalidArgument, message);
    for zero in [0, -1] {
        refused(expiring("a", zero), "'Days' for Expiration action must be a positive integer");
        let time = NoncurrentTime { days: zero, newer_versions: None };
        refused(
            LifecycleRule { noncurrent_expiration: Some(time), ..rule("a") },
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        );
        refused(
            LifecycleRule { abort_after_days: Some(zero), ..rule("a") },
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
        );
        let time = NoncurrentTime { days: 1, newer_versions: Some(zero) };
        refused(
            LifecycleRule { noncurrent_expiration: Some(time), ..rule("a") },
            "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive integer",
        );
    }
    let time = NoncurrentTime { days: 1, newer_versions: Some(101) };
    refused(
        LifecycleRule { noncurrent_expiration: Some(time), ..rule("a") },
        "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must not be greater than 100",
    );
    let noon = LifecycleTime::Date(Timestamp::from_unix_seconds(DAY_SECONDS / 2));
    refused(
        LifecycleRule { expiration: Some(LifecycleExpiration::At(noon)), ..rule("a") },
        "'Date' must be at midnight GMT",
    );
}

#[test]
fn transitions() {
    let argument = |rule, message: &str| check(vec![rule], ErrorCode::InvalidArgument, message);
    let request = |rule, message: &str| check(vec![rule], ErrorCode::InvalidRequest, message);
    argument(moving(&[(days(-1), "GLACIER")]), "'Days' in Transition action must be nonnegative");
    argument(
        moving(&[(days(29), "ONEZONE_IA")]),
        "'Days' in Transition action must be greater than or equal to 30 for storageClass 'ONEZONE_IA'",
    );
    argument(
        moving(&[(days(1), "STANDARD")]),
        "Invalid target Storage class for Transition action",
    );
    check(
        vec![moving(&[(days(1), "COLD")])],
        ErrorCode::MalformedXML,
        ErrorCode::MalformedXML.message(),
    );
    request(
        moving(&[(days(1), "GLACIER"), (days(2), "GLACIER")]),
        "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(prefix=)'",
    );
    request(
        moving(&[(days(30), "STANDARD_IA"), (dated(2), "GLACIER")]),
        "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter '(prefix=)'",
    );
    argument(
        moving(&[(days(30), "STANDARD_IA"), (days(30), "GLACIER")]),
        "'Days' in the 'Transition' action for StorageClass 'GLACIER' for filter '(prefix=)' must be greater than 'Days' in the 'Transition' action for StorageClass 'STANDARD_IA' for filter '(prefix=)'",
    );
    argument(
        moving(&[(days(59), "GLACIER"), (days(30), "STANDARD_IA")]),
        "'Days' in the 'Transition' action for StorageClass 'GLACIER' for filter '(prefix=)' must be 30 days more than 'filter '(prefix=)'' in the 'Transition' action for StorageClass 'STANDARD_IA'",
    );
    let expiration =
        |rule, time| LifecycleRule { expiration: Some(LifecycleExpiration::At(time)), ..rule };
    let filter = LifecycleFilter { prefix: Some("p/".into()), ..tagged(&[("k", "v")]) };
    argument(
        filtered(expiration(moving(&[(days(1), "GLACIER")]), days(1)), filter),
        "'Days' in the Expiration action for filter '(prefix=p/ and tag={key=k, value=v})' must be greater than 'Days' in the Transition action",
    );
    request(
        expiration(moving(&[(days(1), "GLACIER")]), dated(1)),
        "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter '(prefix=)'",
    );
    let time = NoncurrentTime { days: 5, newer_versions: None };
    argument(
        LifecycleRule {
            noncurrent_expiration: Some(time),
            noncurrent_transitions: vec![(time, "GLACIER".into())],
            ..rule("a")
        },
        "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=)' must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action",
    );
}

/// The example of AWS: written on 15 January 2014 at 10:30, three days, gone on 19 January.
#[test]
fn days_end_at_midnight() {
    let written = Timestamp::from_unix_seconds(1_389_781_800);
    let day = LifecycleDay::default();
    assert_eq!(day.later(written, 3), Timestamp::from_unix_seconds(1_390_089_600));
    let midnight = Timestamp::from_unix_seconds(1_389_744_000);
    assert_eq!(day.later(midnight, 1).unix_seconds(), midnight.unix_seconds() + DAY_SECONDS);
    let far = Timestamp::from_unix_millis(i64::MAX);
    assert_eq!(day.later(far, i32::MAX), far);
    let second = LifecycleDay::of_seconds(1);
    assert_eq!(second.later(Timestamp::from_unix_millis(1500), 2).unix_millis, 4000);
}

/// The rules one by one, without the code's short ways: is there a midnight by now at which the rule
/// counts so many days?
fn brute_force_removes(
    rule: &LifecycleRule,
    now: Timestamp,
    day_millis: i64,
    subject: &LifecycleSubject<'_>,
) -> bool {
    let passed = |since: Timestamp, days: i32| {
        (0..=now.unix_millis / day_millis)
            .map(|number| number * day_millis)
            .any(|midnight| midnight >= since.unix_millis + i64::from(days) * day_millis)
    };
    let filter = rule.filter.clone().unwrap_or_default();
    let of_key = subject.key.starts_with(filter.prefix.as_deref().unwrap_or(""));
    let of_tags = filter.tags.iter().all(|tag| subject.tags.contains(tag));
    let of_size = match subject.size_bytes.map(|size| i64::try_from(size).unwrap()) {
        Some(size) => {
            size > filter.size_greater_than.unwrap_or(-1)
                && size < filter.size_less_than.unwrap_or(i64::MAX)
        }
        None => {
            filter.size_greater_than.is_none()
                && filter.size_less_than.is_none()
                && filter.tags.is_empty()
        }
    };
    if !(rule.enabled && of_key && of_tags && of_size) {
        return false;
    }
    match subject.standing {
        Standing::Current => match rule.expiration {
            Some(LifecycleExpiration::At(LifecycleTime::Days(days))) => {
                passed(subject.last_modified, days)
            }
            Some(LifecycleExpiration::At(LifecycleTime::Date(date))) => date <= now,
            _ => false,
        },
        Standing::Marker => false,
        Standing::LoneMarker => match rule.expiration {
            // From the moment when it was made on, so not on a clock that was set back since.
            Some(LifecycleExpiration::ExpiredObjectDeleteMarker(wanted)) => {
                wanted && subject.last_modified <= now
            }
            Some(LifecycleExpiration::At(LifecycleTime::Days(days))) => {
                passed(subject.last_modified, days)
            }
            Some(LifecycleExpiration::At(LifecycleTime::Date(date))) => date <= now,
            None => false,
        },
        Standing::Noncurrent { since, newer_versions } => match rule.noncurrent_expiration {
            Some(NoncurrentTime { days, newer_versions: None }) => passed(since, days),
            Some(NoncurrentTime { days, newer_versions: Some(kept) }) => {
                passed(since, days) && i64::try_from(newer_versions).unwrap() >= i64::from(kept)
            }
            None => false,
        },
    }
}

const DAY_MILLIS: i64 = 10_000;

fn times() -> impl Strategy<Value = Timestamp> {
    (0_i64..20 * DAY_MILLIS).prop_map(Timestamp::from_unix_millis)
}

fn filter_strategy() -> impl Strategy<Value = LifecycleFilter> {
    let tag = prop_oneof![Just(("k", "v")), Just(("k", "w")), Just(("l", "v"))]
        .prop_map(|(key, value)| (key.to_owned(), value.to_owned()));
    (
        proptest::option::of("[ab]{0,2}"),
        proptest::collection::vec(tag, 0..2),
        proptest::option::of(0_i64..4),
        proptest::option::of(1_i64..5),
    )
        .prop_map(|(prefix, tags, size_greater_than, size_less_than)| LifecycleFilter {
            prefix,
            tags,
            size_greater_than,
            size_less_than,
        })
}

fn rule_strategy() -> impl Strategy<Value = LifecycleRule> {
    let expiration = prop_oneof![
        (1_i32..8).prop_map(|days| LifecycleExpiration::At(LifecycleTime::Days(days))),
        (0_i64..20).prop_map(|day| LifecycleExpiration::At(LifecycleTime::Date(
            Timestamp::from_unix_millis(day * DAY_MILLIS)
        ))),
        any::<bool>().prop_map(LifecycleExpiration::ExpiredObjectDeleteMarker),
    ];
    let noncurrent = (1_i32..8, proptest::option::of(1_i32..4))
        .prop_map(|(days, newer_versions)| NoncurrentTime { days, newer_versions });
    (
        filter_strategy(),
        proptest::option::of(expiration),
        proptest::option::of(noncurrent),
        proptest::bool::weighted(0.8),
    )
        .prop_map(|(filter, expiration, noncurrent_expiration, enabled)| LifecycleRule {
            filter: Some(filter),
            expiration,
            noncurrent_expiration,
            enabled,
            ..LifecycleRule::default()
        })
}

fn standings() -> impl Strategy<Value = Standing> {
    prop_oneof![
        Just(Standing::Current),
        Just(Standing::LoneMarker),
        Just(Standing::Marker),
        (times(), 0_u64..5)
            .prop_map(|(since, newer_versions)| Standing::Noncurrent { since, newer_versions }),
    ]
}

proptest! {
    #[test]
    fn removal_is_that_of_the_brute_force(
        rules in proptest::collection::vec(rule_strategy(), 0..4),
        key in "[ab]{1,3}",
        size in 0_u64..6,
        has_tag in any::<bool>(),
        last_modified in times(),
        standing in standings(),
        now in times(),
    ) {
        let tags = if has_tag { vec![("k".to_owned(), "v".to_owned())] } else { vec![] };
        let is_object = matches!(standing, Standing::Current | Standing::Noncurrent { .. });
        let subject = LifecycleSubject {
            key: &key,
            size_bytes: is_object.then_some(size),
            tags: if is_object { &tags } else { &[] },
            storage_class: "STANDARD",
            last_modified,
            standing,
        };
        let configuration = LifecycleConfiguration::stored(rules, TransitionMinimumSize::default());
        let day = LifecycleDay::of_seconds(10);
        let removes = |rule: &LifecycleRule| {
            brute_force_removes(rule, now, DAY_MILLIS, &subject)
        };
        let expected = configuration.rules().iter().any(removes);
        match configuration.action(now, day, &subject) {
            // Not due before this very moment, and by a rule that is.
            Some((_, due)) => prop_assert!(expected && removes(due.rule) && due.at <= now),
            None => prop_assert!(!expected),
        }
    }

    /// Time passes: what was due stays due, and only earlier than before if rules are added.
    #[test]
    fn more_time_and_more_rules_remove_no_less(
        rules in proptest::collection::vec(rule_strategy(), 1..5),
        last_modified in times(),
        now in times(),
        later in 0_i64..100_000,
    ) {
        let subject = LifecycleSubject {
            key: "a",
            size_bytes: Some(2),
            tags: &[],
            storage_class: "STANDARD",
            last_modified,
            standing: Standing::Current,
        };
        let day = LifecycleDay::of_seconds(10);
        let of = |rules: &[LifecycleRule]| {
            LifecycleConfiguration::stored(rules.to_vec(), TransitionMinimumSize::default())
        };
        let (some, all) = (of(&rules[1..]), of(&rules));
        let at = |rules: &LifecycleConfiguration| rules.removal(day, &subject).map(|due| due.at);
        prop_assert!(at(&some).is_none_or(|some| at(&all).is_some_and(|all| all <= some)));
        let later = Timestamp::from_unix_millis(now.unix_millis + later);
        if all.action(now, day, &subject).is_some() {
            prop_assert!(all.action(later, day, &subject).is_some());
        }
    }
}

fn current(size: u64, class: &str) -> LifecycleSubject<'_> {
    LifecycleSubject {
        key: "k",
        size_bytes: Some(size),
        tags: &[],
        storage_class: class,
        last_modified: Timestamp::default(),
        standing: Standing::Current,
    }
}

fn class_after(
    configuration: &LifecycleConfiguration,
    days: i64,
    subject: &LifecycleSubject<'_>,
) -> Option<String> {
    let now = Timestamp::from_unix_seconds(days * DAY_SECONDS);
    match configuration.action(now, LifecycleDay::default(), subject)?.0 {
        LifecycleAction::Transition(class) => Some(class.to_owned()),
        other => Some(format!("{other:?}")),
    }
}

#[test]
fn transitions_go_to_the_coldest_class_that_is_due() {
    let steps = moving(&[(days(30), "STANDARD_IA"), (days(60), "GLACIER")]);
    let configuration = made(vec![steps.clone(), expiring("e", 100)]).unwrap();
    let large = current(1 << 20, "STANDARD");
    for (days, expected) in
        [(29, None), (30, Some("STANDARD_IA")), (60, Some("GLACIER")), (100, Some("Expire"))]
    {
        assert_eq!(class_after(&configuration, days, &large).as_deref(), expected, "{days}");
    }
    let there = current(1 << 20, "GLACIER");
    assert_eq!(class_after(&configuration, 60, &there), None);
    // Small objects stay, unless the configuration or the rule says otherwise.
    let small = current(1, "STANDARD");
    assert_eq!(class_after(&configuration, 60, &small), None);
    let varies = TransitionMinimumSize::VariesByStorageClass;
    let configuration = LifecycleConfiguration::stored(vec![steps.clone()], varies);
    assert_eq!(class_after(&configuration, 30, &small), None);
    assert_eq!(class_after(&configuration, 60, &small).as_deref(), Some("GLACIER"));
    let any_size = made(vec![filtered(steps, sized(Some(0), None))]).unwrap();
    assert_eq!(class_after(&any_size, 30, &small).as_deref(), Some("STANDARD_IA"));
}

#[test]
fn uploads_end() {
    let configuration = made(vec![
        LifecycleRule { abort_after_days: Some(2), ..rule("two") },
        LifecycleRule { abort_after_days: Some(1), enabled: false, ..rule("off") },
    ])
    .unwrap();
    let upload = LifecycleUpload { key: "k", initiated: Timestamp::from_unix_seconds(1) };
    let due = configuration.abort(LifecycleDay::default(), &upload).unwrap();
    assert_eq!((due.rule.id(), due.at.unix_seconds()), ("two", 3 * DAY_SECONDS));
    assert!(configuration.aborts_uploads());
    assert!(!made(vec![expiring("a", 1)]).unwrap().aborts_uploads());
}
