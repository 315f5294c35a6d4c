//! Lifecycle configuration of a bucket. AWS: API reference, PutBucketLifecycleConfiguration; the
//! older PutBucketLifecycle is the same request with rules that have a `Prefix` of their own.

use jiff::civil;
use jiff::tz::TimeZone;
use model::lifecycle::{
    LifecycleConfiguration, LifecycleExpiration, LifecycleFilter, LifecycleRule, LifecycleTime,
    LifecycleTransition, NoncurrentTime, TransitionMinimumSize,
};
use model::limits::LIFECYCLE_BODY_BYTES_MAX;
use model::{ErrorCode, S3Error, Timestamp};
use ops::bucket::lifecycle;

use super::tagging;
use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::headers::text;
use crate::time::iso8601;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "LifecycleConfiguration";
const MINIMUM_SIZE: &str = "x-amz-transition-default-minimum-object-size";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let rules = lifecycle::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(self::document(&rules)).named(MINIMUM_SIZE, rules.minimum_size().as_str()))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read(context, body, LIFECYCLE_BODY_BYTES_MAX).await?;
    let size = minimum_size(text(context.headers(), MINIMUM_SIZE));
    let named = size.as_ref().copied().unwrap_or_default();
    let rules = size.and_then(|size| configuration(&document, size));
    lifecycle::put(context.store, &context.call()?, context.bucket()?, rules).await?;
    Ok(Answer::ok().named(MINIMUM_SIZE, named.as_str()))
}

pub(crate) async fn delete(context: &Context<'_>) -> Result<Answer, S3Error> {
    lifecycle::delete(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::no_content())
}

fn minimum_size(header: Option<&str>) -> Result<TransitionMinimumSize, S3Error> {
    let Some(name) = header else { return Ok(TransitionMinimumSize::default()) };
    TransitionMinimumSize::parse(name).ok_or_else(|| {
        let message = "Invalid TransitionDefaultMinimumObjectSize found";
        S3Error::with_message(ErrorCode::InvalidRequest, message)
    })
}

/// Reads and checks a document.
pub(crate) fn configuration(
    document: &[u8],
    size: TransitionMinimumSize,
) -> Result<LifecycleConfiguration, S3Error> {
    let rules = document::parsed(document, ROOT, read)?;
    let fresh_id = || Ok(identity::generate::version_id()?.as_str().to_owned());
    LifecycleConfiguration::new(rules, size, fresh_id)
}

/// The document of the rules.
pub(crate) fn document(configuration: &LifecycleConfiguration) -> String {
    XmlWriter::s3(ROOT, |xml| {
        for rule in configuration.rules() {
            xml.element("Rule", |xml| write(xml, rule));
        }
    })
}

fn write(xml: &mut XmlWriter, rule: &LifecycleRule) {
    xml.text("ID", rule.id());
    xml.optional("Prefix", rule.prefix.as_deref());
    if let Some(filter) = &rule.filter {
        xml.element("Filter", |xml| match filter.predicates() {
            0 | 1 => write_predicates(xml, filter),
            _ => xml.element("And", |xml| write_predicates(xml, filter)),
        });
    }
    xml.text("Status", if rule.enabled { "Enabled" } else { "Disabled" });
    for transition in &rule.transitions {
        xml.element("Transition", |xml| {
            write_time(xml, transition.time);
            xml.text("StorageClass", &transition.class);
        });
    }
    match rule.expiration {
        Some(LifecycleExpiration::At(time)) => {
            xml.element("Expiration", |xml| write_time(xml, time));
        }
        Some(LifecycleExpiration::ExpiredObjectDeleteMarker(wanted)) => {
            xml.element("Expiration", |xml| xml.value("ExpiredObjectDeleteMarker", wanted));
        }
        None => {}
    }
    for (time, class) in &rule.noncurrent_transitions {
        xml.element("NoncurrentVersionTransition", |xml| {
            write_noncurrent(xml, *time);
            xml.text("StorageClass", class);
        });
    }
    if let Some(time) = rule.noncurrent_expiration {
        xml.element("NoncurrentVersionExpiration", |xml| write_noncurrent(xml, time));
    }
    if let Some(days) = rule.abort_after_days {
        xml.element("AbortIncompleteMultipartUpload", |xml| {
            xml.number("DaysAfterInitiation", days);
        });
    }
}

fn write_predicates(xml: &mut XmlWriter, filter: &LifecycleFilter) {
    xml.optional("Prefix", filter.prefix.as_deref());
    for (key, value) in &filter.tags {
        xml.element("Tag", |xml| {
            xml.text("Key", key);
            xml.text("Value", value);
        });
    }
    for (name, size) in [
        ("ObjectSizeGreaterThan", filter.size_greater_than),
        ("ObjectSizeLessThan", filter.size_less_than),
    ] {
        if let Some(size) = size {
            xml.number(name, size);
        }
    }
}

fn write_time(xml: &mut XmlWriter, time: LifecycleTime) {
    match time {
        LifecycleTime::Days(days) => xml.number("Days", days),
        LifecycleTime::Date(date) => xml.value("Date", iso8601(date)),
    }
}

fn write_noncurrent(xml: &mut XmlWriter, time: NoncurrentTime) {
    if let Some(count) = time.newer_versions {
        xml.number("NewerNoncurrentVersions", count);
    }
    xml.number("NoncurrentDays", time.days);
}

fn read(configuration: &Element) -> Result<Vec<LifecycleRule>, Malformed> {
    configuration.children(&["Rule"])?.iter().map(rule).collect()
}

fn rule(element: &Element) -> Result<LifecycleRule, Malformed> {
    let mut rule = LifecycleRule::default();
    for child in element.children(&[
        "ID",
        "Prefix",
        "Filter",
        "Status",
        "Expiration",
        "Transition",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionTransition",
        "AbortIncompleteMultipartUpload",
    ])? {
        match child.name.as_str() {
            "Transition" => rule.transitions.push(transition(child)?),
            "NoncurrentVersionTransition" => {
                let class = child.required("StorageClass")?.text()?.to_owned();
                rule.noncurrent_transitions.push((noncurrent(child, &["StorageClass"])?, class));
            }
            _ => {}
        }
    }
    rule.id = element.optional_text("ID")?.map(str::to_owned);
    rule.prefix = element.optional_text("Prefix")?.map(str::to_owned);
    rule.filter = element.optional("Filter")?.map(filter).transpose()?;
    rule.enabled = match element.required("Status")?.text()? {
        "Enabled" => true,
        "Disabled" => false,
        _ => return Err(Malformed),
    };
    rule.expiration = element.optional("Expiration")?.map(expiration).transpose()?;
    let expires = element.optional("NoncurrentVersionExpiration")?;
    rule.noncurrent_expiration = expires.map(|expires| noncurrent(expires, &[])).transpose()?;
    if let Some(abort) = element.optional("AbortIncompleteMultipartUpload")? {
        abort.children(&["DaysAfterInitiation"])?;
        rule.abort_after_days = Some(number(abort.required("DaysAfterInitiation")?)?);
    }
    Ok(rule)
}

const PREDICATES: [&str; 4] = ["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan"];

/// At most one predicate, or `And` with at least two.
fn filter(element: &Element) -> Result<LifecycleFilter, Malformed> {
    let [prefix, tag, greater, less] = PREDICATES;
    match element.children(&[prefix, tag, greater, less, "And"])? {
        [] => Ok(LifecycleFilter::default()),
        [and] if and.name == "And" => {
            Some(predicates(and)?).filter(|filter| filter.predicates() > 1).ok_or(Malformed)
        }
        [_] => predicates(element),
        _ => Err(Malformed),
    }
}

fn predicates(element: &Element) -> Result<LifecycleFilter, Malformed> {
    let tags = element.children(&PREDICATES)?.iter().filter(|child| child.name == "Tag");
    let size = |name| element.optional(name)?.map(number).transpose();
    Ok(LifecycleFilter {
        prefix: element.optional_text("Prefix")?.map(str::to_owned),
        tags: tags.map(tagging::pair).collect::<Result<_, _>>()?,
        size_greater_than: size("ObjectSizeGreaterThan")?,
        size_less_than: size("ObjectSizeLessThan")?,
    })
}

/// Exactly one of the three.
fn expiration(element: &Element) -> Result<LifecycleExpiration, Malformed> {
    match element.children(&["Days", "Date", "ExpiredObjectDeleteMarker"])? {
        [only] if only.name == "ExpiredObjectDeleteMarker" => {
            let wanted = element.optional_bool("ExpiredObjectDeleteMarker")?;
            Ok(LifecycleExpiration::ExpiredObjectDeleteMarker(wanted.ok_or(Malformed)?))
        }
        [_] => time(element).map(LifecycleExpiration::At),
        _ => Err(Malformed),
    }
}

fn transition(element: &Element) -> Result<LifecycleTransition, Malformed> {
    element.children(&["Days", "Date", "StorageClass"])?;
    let class = element.required("StorageClass")?.text()?.to_owned();
    Ok(LifecycleTransition { time: time(element)?, class })
}

/// `Days` or `Date`.
fn time(element: &Element) -> Result<LifecycleTime, Malformed> {
    match (element.optional("Days")?, element.optional("Date")?) {
        (Some(days), None) => Ok(LifecycleTime::Days(number(days)?)),
        (None, Some(text)) => date(text.text()?).map(LifecycleTime::Date),
        _ => Err(Malformed),
    }
}

fn noncurrent(element: &Element, others: &[&str]) -> Result<NoncurrentTime, Malformed> {
    let mut names = vec!["NoncurrentDays", "NewerNoncurrentVersions"];
    names.extend(others);
    element.children(&names)?;
    Ok(NoncurrentTime {
        days: number(element.required("NoncurrentDays")?)?,
        newer_versions: element.optional("NewerNoncurrentVersions")?.map(number).transpose()?,
    })
}

fn number<T: std::str::FromStr>(element: &Element) -> Result<T, Malformed> {
    element.text()?.trim().parse().map_err(|_| Malformed)
}

/// A moment or a day of ISO 8601; without a time zone it is UTC.
fn date(text: &str) -> Result<Timestamp, Malformed> {
    let text = text.trim();
    let utc = |date: civil::DateTime| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let time = text
        .parse::<jiff::Timestamp>()
        .or_else(|_| text.parse::<civil::DateTime>().and_then(utc))
        .map_err(|_| Malformed)?;
    Ok(Timestamp::from_unix_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rules: &str) -> Option<Vec<LifecycleRule>> {
        let document = format!("<{ROOT}>{rules}</{ROOT}>");
        document::parsed(document.as_bytes(), ROOT, read).ok()
    }

    fn of(content: &str) -> Option<LifecycleRule> {
        parsed(&format!("<Rule><Status>Enabled</Status>{content}</Rule>"))?.pop()
    }

    const FULL: &str = "<ID>i</ID><Filter><And><Prefix>p&amp;/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter><Status>Disabled</Status><Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition><Expiration><Days>31</Days></Expiration><NoncurrentVersionTransition><NoncurrentDays>30</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition><NoncurrentVersionExpiration><NewerNoncurrentVersions>2</NewerNoncurrentVersions><NoncurrentDays>31</NoncurrentDays></NoncurrentVersionExpiration>";

    #[test]
    fn what_is_read_is_written() {
        for rule in [
            FULL,
            "<ID>a</ID><Prefix>x</Prefix><Status>Enabled</Status><Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>",
            "<ID>b</ID><Filter></Filter><Status>Enabled</Status><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
        ] {
            let rules = parsed(&format!("<Rule>{rule}</Rule>")).unwrap();
            let stored = LifecycleConfiguration::stored(rules, TransitionMinimumSize::default());
            let written = self::document(&stored);
            assert!(written.contains(&format!("<Rule>{rule}</Rule>")), "{written}");
        }
    }

    #[test]
    fn dates() {
        let midnight = Some(Timestamp::from_unix_seconds(1_893_456_000));
        for text in [
            "2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00.000Z",
            "2030-01-01T02:00:00+02:00",
            "2030-01-01",
            "2030-01-01T00:00:00",
        ] {
            assert_eq!(date(text).ok(), midnight, "{text}");
        }
        for text in ["", "2030", "2030-13-01", "01/01/2030", "tomorrow", "1893456000"] {
            assert_eq!(date(text).ok(), None, "{text}");
        }
    }

    #[test]
    fn schema_errors() {
        let expiration = "<Expiration><Days>1</Days></Expiration>";
        assert!(of(&format!("<Filter/>{expiration}")).is_some());
        for bad in [
            "<Other/>",
            "<Status>Enabled</Status>",
            "<Expiration/>",
            "<Expiration><Days>1</Days><Date>2030-01-01</Date></Expiration>",
            "<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
            "<Expiration><Days>1.5</Days></Expiration>",
            "<Expiration><Days>9999999999</Days></Expiration>",
            "<Expiration><Days>1</Days></Expiration><Expiration><Days>1</Days></Expiration>",
            "<Transition><Days>1</Days></Transition>",
            "<Transition><StorageClass>GLACIER</StorageClass></Transition>",
            "<NoncurrentVersionExpiration/>",
            "<NoncurrentVersionExpiration><NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
            "<AbortIncompleteMultipartUpload/>",
            "<Filter><Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></Filter>",
            "<Filter><And><Prefix>a</Prefix></And></Filter>",
            "<Filter><And><And/></And></Filter>",
            "<Filter><Tag><Key>k</Key></Tag></Filter>",
            "<Filter><ObjectSizeLessThan>x</ObjectSizeLessThan></Filter>",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(parsed("<Rule/>"), None, "a status has to be there");
        assert_eq!(parsed("<Rule><Status>On</Status></Rule>"), None);
    }
}
