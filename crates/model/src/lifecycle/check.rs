//! What PutBucketLifecycleConfiguration refuses.
//!
//! Codes and texts as users of Amazon S3 observed them; FAITHFULNESS.md names those of which no
//! record is known.

use std::collections::BTreeSet;

use super::{
    LifecycleConfiguration, LifecycleExpiration, LifecycleFilter, LifecycleRule, LifecycleTime,
    TRANSITION_CLASSES, TransitionMinimumSize,
};
use crate::error::S3Error;
use crate::error_code::ErrorCode;
use crate::limits::{
    LIFECYCLE_FILTER_SIZE_BYTES_MAX, LIFECYCLE_NEWER_VERSIONS_MAX,
    LIFECYCLE_RULE_ID_LENGTH_CHARACTERS_MAX, LIFECYCLE_RULES_MAX, OBJECT_KEY_LENGTH_BYTES_MAX,
    OBJECT_TAGS_MAX, TAG_KEY_LENGTH_CHARACTERS_MAX, TAG_VALUE_LENGTH_CHARACTERS_MAX,
};
use crate::time::{DAY_SECONDS, Timestamp};

/// Days for which an object has to be in its class before it may go to one of infrequent access.
const INFREQUENT_ACCESS_DAYS_MIN: i32 = 30;

impl LifecycleConfiguration {
    /// Checks what was sent. `fresh_id` makes ids for rules that have none. Errors: `MalformedXML`,
    /// `InvalidRequest`, `InvalidArgument`, and those of `fresh_id`.
    pub fn new(
        mut rules: Vec<LifecycleRule>,
        minimum_size: TransitionMinimumSize,
        fresh_id: impl Fn() -> Result<String, S3Error>,
    ) -> Result<Self, S3Error> {
        if rules.is_empty() {
            return Err(request("At least one lifecycle rule must be specified."));
        }
        if rules.len() > LIFECYCLE_RULES_MAX {
            return Err(request(
                "The number of lifecycle rules must not exceed the allowed limit of 1000 rules.",
            ));
        }
        check_ids(&rules)?;
        // AWS calls configurations with filters version 2; the first rule says which it is.
        let form = match rules.first() {
            Some(LifecycleRule { filter: Some(_), .. }) => Form::Filter,
            _ => Form::Prefix,
        };
        rules.iter().try_for_each(|rule| check_rule(rule, form))?;
        if form == Form::Prefix {
            check_overlaps(&rules)?;
        }
        for rule in &mut rules {
            if rule.id.as_deref().is_none_or(str::is_empty) {
                rule.id = Some(fresh_id()?);
            }
        }
        Ok(Self { rules, minimum_size })
    }
}

/// How the rules of a configuration say which objects they are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Prefix,
    Filter,
}

fn request(message: impl Into<String>) -> S3Error {
    S3Error::with_message(ErrorCode::InvalidRequest, message.into())
}

fn argument(name: &str, value: &(impl ToString + ?Sized), message: impl Into<String>) -> S3Error {
    S3Error::invalid_argument(message.into(), name, value.to_string())
}

fn check_ids(rules: &[LifecycleRule]) -> Result<(), S3Error> {
    let mut known = BTreeSet::new();
    for id in rules.iter().filter_map(|rule| rule.id.as_deref()).filter(|id| !id.is_empty()) {
        if id.chars().count() > LIFECYCLE_RULE_ID_LENGTH_CHARACTERS_MAX {
            let message = "ID length should not exceed allowed limit of 255";
            return Err(argument("ID", id, message));
        }
        if !known.insert(id) {
            let message = "Rule ID must be unique. Found same ID for more than one rule";
            return Err(argument("ID", id, message));
        }
    }
    Ok(())
}

fn check_rule(rule: &LifecycleRule, form: Form) -> Result<(), S3Error> {
    match (&rule.prefix, &rule.filter, form) {
        (None, None, _) => return Err(ErrorCode::MalformedXML.into()),
        (Some(_), _, Form::Filter) => {
            return Err(request(
                "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
            ));
        }
        (_, Some(_), Form::Prefix) => {
            return Err(request("Filter element can only be used in Lifecycle V2."));
        }
        _ => {}
    }
    if rule.key_prefix().len() > OBJECT_KEY_LENGTH_BYTES_MAX {
        let message = "The maximum size of a prefix is 1024.";
        return Err(request(message));
    }
    if let Some(filter) = &rule.filter {
        check_filter(filter)?;
    }
    if rule.expiration.is_none()
        && rule.transitions.is_empty()
        && rule.noncurrent_expiration.is_none()
        && rule.noncurrent_transitions.is_empty()
        && rule.abort_after_days.is_none()
    {
        return Err(request("At least one action needs to be specified in a rule"));
    }
    check_expiration(rule)?;
    check_noncurrent_expiration(rule, form)?;
    check_abort(rule)?;
    check_transitions(rule)?;
    check_noncurrent_transitions(rule, form)
}

fn check_filter(filter: &LifecycleFilter) -> Result<(), S3Error> {
    if filter.tags.len() > OBJECT_TAGS_MAX {
        // An object with so many tags cannot be.
        return Err(ErrorCode::MalformedXML.into());
    }
    let mut keys = BTreeSet::new();
    for (key, value) in &filter.tags {
        if !(1..=TAG_KEY_LENGTH_CHARACTERS_MAX).contains(&key.chars().count()) {
            return Err(request("A Tag's Key must be a length between 1 and 128."));
        }
        if value.chars().count() > TAG_VALUE_LENGTH_CHARACTERS_MAX {
            return Err(request("A Tag's Value must be a length between 0 and 256."));
        }
        if !keys.insert(key) {
            return Err(request("Duplicate Tag Keys are not allowed."));
        }
    }
    let (greater, less) = (filter.size_greater_than, filter.size_less_than);
    let beyond = |size: Option<i64>, least: i64| {
        size.is_some_and(|size| !(least..=LIFECYCLE_FILTER_SIZE_BYTES_MAX).contains(&size))
    };
    if beyond(greater, 0) {
        return Err(request("'ObjectSizeGreaterThan' should be between 0 and 1099511627776000."));
    }
    if beyond(less, 1) {
        return Err(request("'ObjectSizeLessThan' should be between 1 and 1099511627776000."));
    }
    match (greater, less) {
        (Some(greater), Some(less)) if less <= greater => Err(request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        )),
        _ => Ok(()),
    }
}

fn check_expiration(rule: &LifecycleRule) -> Result<(), S3Error> {
    match rule.expiration {
        Some(LifecycleExpiration::At(LifecycleTime::Days(days))) => {
            positive("Days", "Expiration", days)
        }
        Some(LifecycleExpiration::At(LifecycleTime::Date(date))) => midnight(date),
        Some(LifecycleExpiration::ExpiredObjectDeleteMarker(_)) => {
            unfiltered(rule, "ExpiredObjectDeleteMarker")
        }
        None => Ok(()),
    }
}

fn positive(name: &str, action: &str, value: i32) -> Result<(), S3Error> {
    if value > 0 {
        return Ok(());
    }
    let message = format!("'{name}' for {action} action must be a positive integer");
    Err(argument(name, &value, message))
}

fn midnight(date: Timestamp) -> Result<(), S3Error> {
    if date.unix_millis.rem_euclid(DAY_SECONDS * 1000) == 0 {
        return Ok(());
    }
    Err(argument("Date", &date.unix_seconds(), "'Date' must be at midnight GMT"))
}

/// Delete markers and uploads have neither tags nor a size.
fn unfiltered(rule: &LifecycleRule, what: &str) -> Result<(), S3Error> {
    if !rule.tags().is_empty() {
        return Err(request(format!("{what} cannot be specified with Tags.")));
    }
    if rule.has_sizes() {
        return Err(request(format!("{what} cannot be specified with Object Size.")));
    }
    Ok(())
}

fn check_noncurrent_expiration(rule: &LifecycleRule, form: Form) -> Result<(), S3Error> {
    let Some(time) = rule.noncurrent_expiration else { return Ok(()) };
    positive("NoncurrentDays", "NoncurrentVersionExpiration", time.days)?;
    check_newer_versions(time.newer_versions, "NoncurrentVersionExpiration", form)
}

fn check_newer_versions(count: Option<i32>, action: &str, form: Form) -> Result<(), S3Error> {
    const NAME: &str = "NewerNoncurrentVersions";
    let Some(count) = count else { return Ok(()) };
    if form == Form::Prefix {
        return Err(request(format!("{NAME} element can only be used in Lifecycle V2.")));
    }
    positive(NAME, action, count)?;
    if count > LIFECYCLE_NEWER_VERSIONS_MAX {
        let message = format!("'{NAME}' for {action} action must not be greater than 100");
        return Err(argument(NAME, &count, message));
    }
    Ok(())
}

fn check_abort(rule: &LifecycleRule) -> Result<(), S3Error> {
    const NAME: &str = "AbortIncompleteMultipartUpload";
    let Some(days) = rule.abort_after_days else { return Ok(()) };
    positive("DaysAfterInitiation", NAME, days)?;
    unfiltered(rule, NAME)
}

/// One transition of a rule, of either kind.
struct Step<'r> {
    time: LifecycleTime,
    class: &'r str,
}

/// The words of errors about transitions.
struct Words {
    /// `Transition` or `NoncurrentVersionTransition`
    action: &'static str,
    /// The expiration of the same versions.
    expiration: &'static str,
    /// The element with the days.
    days: &'static str,
}

fn check_transitions(rule: &LifecycleRule) -> Result<(), S3Error> {
    let words = Words { action: "Transition", expiration: "Expiration", days: "Days" };
    let steps: Vec<_> = rule
        .transitions
        .iter()
        .map(|transition| Step { time: transition.time, class: &transition.class })
        .collect();
    let expiration = match rule.expiration {
        Some(LifecycleExpiration::At(time)) => Some(time),
        _ => None,
    };
    check_steps(rule, &steps, expiration, &words)
}

fn check_noncurrent_transitions(rule: &LifecycleRule, form: Form) -> Result<(), S3Error> {
    let words = Words {
        action: "NoncurrentVersionTransition",
        expiration: "NoncurrentVersionExpiration",
        days: "NoncurrentDays",
    };
    let mut steps = Vec::new();
    for (time, class) in &rule.noncurrent_transitions {
        steps.push(Step { time: LifecycleTime::Days(time.days), class });
        check_newer_versions(time.newer_versions, words.action, form)?;
    }
    let expiration = rule.noncurrent_expiration.map(|time| LifecycleTime::Days(time.days));
    check_steps(rule, &steps, expiration, &words)
}

fn check_steps(
    rule: &LifecycleRule,
    steps: &[Step<'_>],
    expiration: Option<LifecycleTime>,
    words: &Words,
) -> Result<(), S3Error> {
    for step in steps {
        check_step(step, words)?;
    }
    for (index, step) in steps.iter().enumerate() {
        for other in steps.iter().take(index) {
            check_order(rule, other, step, words)?;
        }
        if let Some(expiration) = expiration {
            check_before_expiration(rule, step, expiration, words)?;
        }
    }
    Ok(())
}

fn check_step(step: &Step<'_>, words: &Words) -> Result<(), S3Error> {
    let Words { action, days: name, .. } = words;
    if matches!(step.class, "STANDARD" | "REDUCED_REDUNDANCY") {
        let message = format!("Invalid target Storage class for {action} action");
        return Err(argument("StorageClass", step.class, message));
    }
    if rank(step.class).is_none() {
        return Err(ErrorCode::MalformedXML.into());
    }
    match step.time {
        LifecycleTime::Days(days) if days < 0 => {
            Err(argument(name, &days, format!("'{name}' in {action} action must be nonnegative")))
        }
        LifecycleTime::Days(days)
            if is_infrequent_access(step.class) && days < INFREQUENT_ACCESS_DAYS_MIN =>
        {
            let message = format!(
                "'{name}' in {action} action must be greater than or equal to 30 for storageClass '{}'",
                step.class
            );
            Err(argument(name, &days, message))
        }
        LifecycleTime::Days(_) => Ok(()),
        LifecycleTime::Date(date) => midnight(date),
    }
}

fn rank(class: &str) -> Option<usize> {
    TRANSITION_CLASSES.iter().position(|known| *known == class)
}

fn is_infrequent_access(class: &str) -> bool {
    matches!(class, "STANDARD_IA" | "ONEZONE_IA")
}

/// Days for which a class is paid at least, so that Amazon wants them between two transitions.
fn least_stay_days(class: &str) -> i64 {
    match class {
        "STANDARD_IA" | "ONEZONE_IA" => 30,
        "GLACIER_IR" | "GLACIER" => 90,
        _ => 0,
    }
}

/// From the warmer class to the colder one, with enough days between them.
fn check_order(
    rule: &LifecycleRule,
    first: &Step<'_>,
    second: &Step<'_>,
    words: &Words,
) -> Result<(), S3Error> {
    let action = words.action;
    let scope = scope(rule);
    if first.class == second.class {
        return Err(request(format!(
            "'StorageClass' must be different for '{action}' actions in same 'Rule' with {scope}"
        )));
    }
    let (warm, cold) =
        if rank(first.class) < rank(second.class) { (first, second) } else { (second, first) };
    let (name, gap) = match (warm.time, cold.time) {
        (LifecycleTime::Days(from), LifecycleTime::Days(to)) => {
            (words.days, i64::from(to) - i64::from(from))
        }
        (LifecycleTime::Date(from), LifecycleTime::Date(to)) => {
            ("Date", (to.unix_seconds() - from.unix_seconds()) / DAY_SECONDS)
        }
        _ => {
            return Err(request(format!(
                "Found mixed 'Date' and 'Days' based {action} actions in lifecycle rule for {scope}"
            )));
        }
    };
    let of = |step: &Step<'_>| format!("'{action}' action for StorageClass '{}'", step.class);
    let least = least_stay_days(warm.class);
    if gap <= 0 {
        let message = format!(
            "'{name}' in the {} for {scope} must be greater than '{name}' in the {} for {scope}",
            of(cold),
            of(warm)
        );
        return Err(argument(name, &text(cold.time), message));
    }
    if gap < least {
        let message = format!(
            "'{name}' in the {} for {scope} must be {least} days more than '{scope}' in the {}",
            of(cold),
            of(warm)
        );
        return Err(argument(name, &text(cold.time), message));
    }
    Ok(())
}

fn check_before_expiration(
    rule: &LifecycleRule,
    step: &Step<'_>,
    expiration: LifecycleTime,
    words: &Words,
) -> Result<(), S3Error> {
    let scope = scope(rule);
    let (name, is_later) = match (expiration, step.time) {
        (LifecycleTime::Days(end), LifecycleTime::Days(days)) => (words.days, end > days),
        (LifecycleTime::Date(end), LifecycleTime::Date(date)) => ("Date", end > date),
        _ => {
            return Err(request(format!(
                "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for {scope}"
            )));
        }
    };
    if is_later {
        return Ok(());
    }
    let Words { action, expiration: expires, .. } = words;
    let message = format!(
        "'{name}' in the {expires} action for {scope} must be greater than '{name}' in the {action} action"
    );
    Err(argument(name, &text(expiration), message))
}

fn text(time: LifecycleTime) -> String {
    match time {
        LifecycleTime::Days(days) => days.to_string(),
        LifecycleTime::Date(date) => date.unix_seconds().to_string(),
    }
}

/// How errors name the objects of a rule.
fn scope(rule: &LifecycleRule) -> String {
    let Some(filter) = &rule.filter else { return format!("prefix '{}'", rule.key_prefix()) };
    let mut parts: Vec<String> =
        filter.prefix.iter().map(|text| format!("prefix={text}")).collect();
    let tag = |(key, value): &(String, String)| format!("tag={{key={key}, value={value}}}");
    parts.extend(filter.tags.iter().map(tag));
    parts.extend(filter.size_greater_than.map(|size| format!("objectsizegreaterthan={size}")));
    parts.extend(filter.size_less_than.map(|size| format!("objectsizelessthan={size}")));
    if parts.is_empty() {
        parts.push("prefix=".to_owned());
    }
    format!("filter '({})'", parts.join(" and "))
}

/// In the older form no two rules with overlapping prefixes may do the same.
fn check_overlaps(rules: &[LifecycleRule]) -> Result<(), S3Error> {
    type Has = fn(&LifecycleRule) -> bool;
    let kinds: [(&str, Has); 5] = [
        ("Expiration", |rule| rule.expiration.is_some()),
        ("Transition", |rule| !rule.transitions.is_empty()),
        ("NoncurrentVersionExpiration", |rule| rule.noncurrent_expiration.is_some()),
        ("NoncurrentVersionTransition", |rule| !rule.noncurrent_transitions.is_empty()),
        ("AbortIncompleteMultipartUpload", |rule| rule.abort_after_days.is_some()),
    ];
    for (kind, has) in kinds {
        // In order, a prefix of another one is also a prefix of its successor.
        let mut prefixes: Vec<_> =
            rules.iter().filter(|rule| has(rule)).map(LifecycleRule::key_prefix).collect();
        prefixes.sort_unstable();
        for (short, long) in prefixes.iter().zip(prefixes.iter().skip(1)) {
            if long.starts_with(short) {
                return Err(request(format!(
                    "Found overlapping prefixes '{short}' and '{long}' for same action type '{kind}'"
                )));
            }
        }
    }
    Ok(())
}
