use meta::EventId;
use model::Timestamp;

use super::*;

fn document(form: Form) -> EventDocument {
    EventDocument {
        form,
        millis: 1_700_000_000_123,
        region: "eu-west-1".into(),
        bucket: "photos".into(),
        owner: ("canonical".into(), "123456789012".into()),
        request_id: "REQUEST".into(),
        source_ip: "10.0.0.1".into(),
        principal: "AWS:AIDA1".into(),
        account: Some("210987654321".into()),
        key: "a b/größe@+".into(),
        size: Some(9),
        etag: Some("e".into()),
    }
}

fn record(version: Option<VersionId>) -> EventRecord {
    EventRecord {
        id: EventId(18),
        destination: "jobs".into(),
        sequence: 17,
        version,
        queued: Timestamp::from_unix_seconds(1),
        due: Timestamp::from_unix_seconds(1),
        attempts: 0,
        died: None,
        error: None,
        document: String::new(),
    }
}

fn message(document: &EventDocument, version: Option<VersionId>) -> Value {
    let message = document.message(&record(version));
    assert_eq!(message.id, "000000000000000011-18");
    serde_json::from_str(&message.body).unwrap()
}

fn records(event: &str) -> EventDocument {
    document(Form::Records { rule: "rule".into(), event: event.into() })
}

#[test]
fn a_new_object_is_told_as_amazon_does() {
    let version = VersionId::Id("v".repeat(32).into());
    let expected = json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2023-11-14T22:13:20.123Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "AWS:AIDA1" },
        "requestParameters": { "sourceIPAddress": "10.0.0.1" },
        "responseElements": { "x-amz-request-id": "REQUEST", "x-amz-id-2": "grantry/REQUEST" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "rule",
            "bucket": {
                "name": "photos",
                "ownerIdentity": { "principalId": "canonical" },
                "arn": "arn:aws:s3:::photos",
            },
            "object": {
                "key": "a+b/gr%C3%B6%C3%9Fe%40%2B",
                "size": 9,
                "eTag": "e",
                "versionId": "v".repeat(32),
                "sequencer": "000000000000000011",
            },
        },
    }]});
    assert_eq!(message(&records("ObjectCreated:Put"), Some(version)), expected);
}

#[test]
fn what_is_not_known_is_left_out() {
    let object = |document: &EventDocument| {
        let message = message(document, Some(VersionId::Null));
        let record = message["Records"][0].clone();
        (record["eventVersion"].clone(), record["s3"]["object"].clone())
    };
    let removed = EventDocument {
        size: None,
        etag: None,
        key: "k".into(),
        ..records("ObjectRemoved:Delete")
    };
    let expected = json!({ "key": "k", "sequencer": "000000000000000011" });
    assert_eq!(object(&removed), (json!("2.1"), expected));
    let tagged = EventDocument { size: None, key: "k".into(), ..records("ObjectTagging:Put") };
    assert_eq!(object(&tagged), (json!("2.3"), json!({ "key": "k", "eTag": "e" })));
    let expired = EventDocument { size: None, etag: None, ..records("LifecycleExpiration:Delete") };
    let (version, object) = object(&expired);
    assert_eq!(version, json!("2.3"));
    assert!(object["sequencer"].is_string());
}

#[test]
fn the_test_event() {
    let expected = json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2023-11-14T22:13:20.123Z",
        "Bucket": "photos",
        "RequestId": "REQUEST",
        "HostId": "grantry/REQUEST",
    });
    assert_eq!(message(&document(Form::Test), None), expected);
}

#[test]
fn the_event_bus_has_a_form_of_its_own() {
    let bus = |event: &str| document(Form::Bus { event: event.into() });
    let told = message(&bus("ObjectCreated:Put"), None);
    let id = told["id"].as_str().unwrap();
    assert_eq!((id.len(), id.chars().nth(14)), (36, Some('8')), "{id}");
    let expected = json!({
        "version": "0",
        "id": id,
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2023-11-14T22:13:20Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:s3:::photos"],
        "detail": {
            "version": "0",
            "bucket": { "name": "photos" },
            "object": {
                "key": "a b/größe@+",
                "size": 9,
                "etag": "e",
                "sequencer": "000000000000000011",
            },
            "request-id": "REQUEST",
            "requester": "210987654321",
            "source-ip-address": "10.0.0.1",
            "reason": "PutObject",
        },
    });
    assert_eq!(told, expected);
    for (event, detail_type, deletion) in [
        ("ObjectRemoved:Delete", "Object Deleted", json!("Permanently Deleted")),
        ("ObjectRemoved:DeleteMarkerCreated", "Object Deleted", json!("Delete Marker Created")),
        ("LifecycleExpiration:Delete", "Object Deleted", json!("Permanently Deleted")),
        ("ObjectTagging:Put", "Object Tags Added", Value::Null),
        ("ObjectTagging:Delete", "Object Tags Deleted", Value::Null),
        ("ObjectAcl:Put", "Object ACL Updated", Value::Null),
    ] {
        let told = message(&bus(event), None);
        assert_eq!(told["detail-type"], detail_type);
        assert_eq!(told["detail"]["deletion-type"], deletion, "{event}");
    }
    let expired = message(&bus("LifecycleExpiration:Delete"), None);
    assert_eq!(expired["detail"]["requester"], "s3.amazonaws.com");
}

#[test]
fn what_is_queued_is_read_back() {
    for form in [
        Form::Test,
        Form::Bus { event: "e".into() },
        Form::Records { rule: "r".into(), event: "e".into() },
    ] {
        let document = document(form);
        assert_eq!(EventDocument::parse(&document.text().unwrap()), Ok(document));
    }
    for bad in ["", "{}", "[]"] {
        assert!(EventDocument::parse(bad).is_err());
    }
}
