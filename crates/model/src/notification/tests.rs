use super::DestinationService::{CloudFunction, Queue, Topic};
use super::EventKind::{
    LifecycleExpirationDelete, LifecycleExpirationDeleteMarkerCreated, ObjectAclPut,
    ObjectCreatedCompleteMultipartUpload, ObjectCreatedCopy, ObjectCreatedPost, ObjectCreatedPut,
    ObjectRemovedDelete, ObjectRemovedDeleteMarkerCreated, ObjectTaggingDelete, ObjectTaggingPut,
};
use super::*;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:jobs";

fn sent(events: &[&str], filter: &[(&str, &str)]) -> SentRule {
    SentRule {
        id: None,
        service: DestinationService::Queue,
        arn: QUEUE.into(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        filter: filter.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

fn new(rules: Vec<SentRule>) -> Result<NotificationConfiguration, S3Error> {
    let mut count = 0;
    NotificationConfiguration::new(rules, false, || {
        count += 1;
        Ok(format!("fresh-{count}"))
    })
}

fn check(rules: Vec<SentRule>, expected: Result<(), &str>) {
    let shown = format!("{rules:?}");
    let outcome = new(rules).map(drop);
    assert_eq!(outcome.as_ref().map_err(S3Error::message).copied(), expected, "{shown}");
}

const PUT: &[&str] = &["s3:ObjectCreated:Put"];
const OVERLAP: Result<(), &str> = Err(
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
);

#[test]
fn rules_are_checked() {
    check(vec![], Ok(()));
    check(vec![sent(PUT, &[])], Ok(()));
    check(vec![sent(PUT, &[("Prefix", "a"), ("SUFFIX", "")])], Ok(()));
    check(vec![sent(&[], &[])], Err(ErrorCode::MalformedXML.message()));
    for event in ["s3:ObjectCreated", "ObjectCreated:Put", "s3:*", "s3:TestEvent", ""] {
        let message = "The event is not supported for notifications";
        check(vec![sent(&["s3:ObjectRemoved:*", event], &[])], Err(message));
    }
    let name = "filter rule name must be either prefix or suffix";
    check(vec![sent(PUT, &[("infix", "a")])], Err(name));
    for (kind, message) in [
        ("prefix", "Cannot specify more than one prefix rule in a filter."),
        ("suffix", "Cannot specify more than one suffix rule in a filter."),
    ] {
        check(vec![sent(PUT, &[(kind, "a"), (kind, "b")])], Err(message));
    }
    let long = "x".repeat(1025);
    check(
        vec![sent(PUT, &[("prefix", &long)])],
        Err("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation"),
    );
    let named = |id: &str| SentRule { id: Some(id.into()), ..sent(PUT, &[]) };
    check(vec![named(&"i".repeat(256))], Err("ID length should not exceed allowed limit of 255"));
    let twice = SentRule { id: Some("a".into()), ..sent(&["s3:ObjectRemoved:*"], &[]) };
    check(
        vec![named("a"), twice],
        Err("Same ID used for multiple configurations. IDs must be unique"),
    );
    let many = |count: usize| -> Vec<SentRule> {
        let prefix = |number: usize| format!("{number:03}/");
        (0..count).map(|number| sent(PUT, &[("prefix", &prefix(number))])).collect()
    };
    check(many(100), Ok(()));
    check(many(101), Err("The number of notification configurations should not exceed 100."));
}

#[test]
fn rules_without_an_id_get_one() {
    let rules = vec![
        sent(PUT, &[]),
        SentRule { id: Some("mine".into()), ..sent(&["s3:ObjectRemoved:*"], &[]) },
        SentRule { id: Some(String::new()), ..sent(&["s3:ObjectAcl:Put"], &[]) },
    ];
    let configuration = new(rules).unwrap();
    let ids: Vec<&str> = configuration.rules().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["fresh-1", "mine", "fresh-2"]);
}

#[test]
fn rules_may_not_overlap() {
    let all: &[&str] = &["s3:ObjectCreated:*"];
    let pair = |one: &[(&str, &str)], two: &[(&str, &str)]| vec![sent(PUT, one), sent(all, two)];
    check(pair(&[], &[]), OVERLAP);
    check(pair(&[("prefix", "images/")], &[]), OVERLAP);
    check(pair(&[("prefix", "images/")], &[("prefix", "images/jpg")]), OVERLAP);
    check(pair(&[("suffix", "jpg")], &[("suffix", "pg")]), OVERLAP);
    check(pair(&[("prefix", "images/")], &[("suffix", ".jpg")]), OVERLAP);
    check(pair(&[("prefix", "images/")], &[("prefix", "logs/")]), Ok(()));
    check(pair(&[("suffix", ".jpg")], &[("suffix", ".png")]), Ok(()));
    check(
        pair(
            &[("prefix", "images"), ("suffix", ".jpg")],
            &[("prefix", "images"), ("suffix", ".png")],
        ),
        Ok(()),
    );
    check(vec![sent(PUT, &[]), sent(&["s3:ObjectCreated:Post"], &[])], Ok(()));
    check(vec![sent(PUT, &[]), sent(&["s3:ObjectRemoved:*"], &[])], Ok(()));
    check(vec![sent(&["s3:ObjectCreated:*", "s3:ObjectCreated:Put"], &[])], Ok(()));
}

#[test]
fn arns() {
    let check = |service, text: &str, name: Option<&str>| {
        let parsed = DestinationArn::parse(service, text);
        assert_eq!(parsed.as_ref().map(|arn| arn.name.as_str()), name, "{text}");
        if let Some(arn) = parsed {
            assert!(text.starts_with(&arn.to_string()), "{arn}");
        }
    };
    check(Queue, QUEUE, Some("jobs"));
    check(Topic, "arn:aws:sns:eu-west-1:123456789012:a.fifo", Some("a.fifo"));
    check(CloudFunction, "arn:aws:lambda:r:123456789012:function:f", Some("f"));
    check(CloudFunction, "arn:aws:lambda:r:123456789012:function:f:7", Some("f"));
    check(CloudFunction, "arn:aws:lambda:r:123456789012:function:f:7:x", None);
    check(CloudFunction, "arn:aws:lambda:r:123456789012:f", None);
    check(Topic, QUEUE, None);
    for bad in [
        "",
        "arn:aws:sqs:us-east-1:123456789012",
        "arn:aws:sqs:us-east-1:123456789012:",
        "arn:aws:sqs:us-east-1:123456789012:a:b",
        "arn:aws:sqs:us-east-1:1234:jobs",
        "arn:aws:sqs::123456789012:jobs",
        "arn:aws:sqs:us-east-1:123456789012:jo bs",
        "jobs",
    ] {
        check(Queue, bad, None);
    }
}

#[test]
fn events_are_matched() {
    let rule = |events: &[&str], filter: &[(&str, &str)]| {
        new(vec![sent(events, filter)]).unwrap().rules()[0].clone()
    };
    let created = rule(&["s3:ObjectCreated:*"], &[("prefix", "a/"), ("suffix", ".x")]);
    assert!(created.matches(EventKind::ObjectCreatedPut, "a/b.x"));
    assert!(created.matches(EventKind::ObjectCreatedCompleteMultipartUpload, "a/.x"));
    assert!(!created.matches(EventKind::ObjectCreatedPut, "b/b.x"));
    assert!(!created.matches(EventKind::ObjectCreatedPut, "a/b.y"));
    assert!(!created.matches(EventKind::ObjectRemovedDelete, "a/b.x"));
    let deleted = rule(&["s3:ObjectRemoved:Delete", "s3:ObjectAcl:Put"], &[]);
    assert!(deleted.matches(EventKind::ObjectRemovedDelete, "k"));
    assert!(deleted.matches(EventKind::ObjectAclPut, "k"));
    assert!(!deleted.matches(EventKind::ObjectRemovedDeleteMarkerCreated, "k"));
    assert!(!deleted.matches(EventKind::LifecycleExpirationDelete, "k"));
}

#[test]
fn every_kind_can_be_configured() {
    for kind in [
        ObjectCreatedPut,
        ObjectCreatedPost,
        ObjectCreatedCopy,
        ObjectCreatedCompleteMultipartUpload,
        ObjectRemovedDelete,
        ObjectRemovedDeleteMarkerCreated,
        ObjectTaggingPut,
        ObjectTaggingDelete,
        ObjectAclPut,
        LifecycleExpirationDelete,
        LifecycleExpirationDeleteMarkerCreated,
    ] {
        assert!(EVENTS.contains(&format!("s3:{}", kind.as_str()).as_str()));
    }
}
