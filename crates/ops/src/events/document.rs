//! What an event says: kept in the queue as far as it is known before the change, written as Amazon
//! S3 writes it when it is sent.
//!
//! AWS: "Event message structure"; "Using EventBridge", "EventBridge event message structure".

use identity::uri::encode_query;
use meta::EventRecord;
use model::notification::{EventKind, NotificationRule};
use model::{S3Error, Timestamp, VersionId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::destination::Message;
use super::{Change, host_id};
use crate::call::Call;
use crate::vault::BucketState;

/// What waits in the queue. The version and the sequence of the change stand beside it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventDocument {
    form: Form,
    millis: i64,
    region: String,
    bucket: String,
    /// Canonical user id and account of the bucket's owner.
    owner: (String, String),
    request_id: String,
    #[serde(default)]
    source_ip: String,
    #[serde(default)]
    principal: String,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    etag: Option<String>,
}

/// How it is written, and what happened.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// `s3:TestEvent`.
    Test,
    /// For queues, topics and functions.
    Records { rule: String, event: String },
    /// For the event bus.
    Bus { event: String },
}

impl EventDocument {
    pub(super) fn of_change(
        change: &Change<'_>,
        kind: EventKind,
        rule: Option<&NotificationRule>,
    ) -> Self {
        let Change { bucket, key, object, circumstances } = change;
        let event = kind.as_str().to_owned();
        Self {
            form: match rule {
                Some(rule) => Form::Records { rule: rule.id.clone(), event },
                None => Form::Bus { event },
            },
            millis: circumstances.now.unix_millis,
            request_id: circumstances.request_id.clone(),
            source_ip: circumstances.source_ip.clone(),
            principal: circumstances.principal.clone(),
            account: circumstances.account.clone(),
            key: key.to_string(),
            size: object.size_bytes,
            etag: object.etag.clone(),
            ..Self::of_bucket(bucket)
        }
    }

    pub(super) fn test(bucket: &BucketState, call: &Call<'_>) -> Self {
        let (millis, request_id) = (call.now.unix_millis, call.request_id.to_owned());
        Self { millis, request_id, ..Self::of_bucket(bucket) }
    }

    fn of_bucket(bucket: &BucketState) -> Self {
        let owner = &bucket.facts.owner;
        Self {
            form: Form::Test,
            millis: 0,
            region: bucket.record.region.clone(),
            bucket: bucket.record.name.to_string(),
            owner: (owner.canonical_id.to_string(), owner.id.to_string()),
            request_id: String::new(),
            source_ip: String::new(),
            principal: String::new(),
            account: None,
            key: String::new(),
            size: None,
            etag: None,
        }
    }

    pub(super) fn text(&self) -> Result<String, S3Error> {
        serde_json::to_string(self).map_err(S3Error::internal)
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("the event is damaged: {error}"))
    }

    /// What events of the same key have in common.
    pub(super) fn subject(&self) -> (&str, &str) {
        (&self.bucket, &self.key)
    }

    /// The name of the event.
    pub(super) fn event(&self) -> &str {
        match &self.form {
            Form::Test => "s3:TestEvent",
            Form::Records { event, .. } | Form::Bus { event } => event,
        }
    }

    /// When it happened.
    pub(super) fn time(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.millis)
    }

    /// The message that is sent.
    pub(super) fn message(&self, record: &EventRecord) -> Message {
        let version = match &record.version {
            Some(VersionId::Id(id)) => Some(&**id),
            Some(VersionId::Null) | None => None,
        };
        let sequencer = sequencer(record);
        let id = message_id(record);
        let body = match &self.form {
            Form::Test => self.test_event(),
            Form::Records { rule, event } => {
                json!({ "Records": [self.record(rule, event, version, &sequencer)] })
            }
            Form::Bus { event } => self.bus_event(event, version, &sequencer, &id),
        };
        Message { id, body: body.to_string() }
    }

    fn test_event(&self) -> Value {
        json!({
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": iso(self.millis, "%Y-%m-%dT%H:%M:%S%.3fZ"),
            "Bucket": self.bucket,
            "RequestId": self.request_id,
            "HostId": host_id(&self.request_id),
        })
    }

    fn record(&self, rule: &str, event: &str, version: Option<&str>, sequencer: &str) -> Value {
        // Only new and removed objects have a sequencer, and the events that came later have another
        // version of the structure.
        let is_older = event.starts_with("ObjectCreated:") || event.starts_with("ObjectRemoved:");
        let has_sequencer = is_older || event.starts_with("LifecycleExpiration:");
        let object = json!({
            "key": encode_key(&self.key),
            "size": self.size,
            "eTag": self.etag,
            "versionId": version,
            "sequencer": has_sequencer.then_some(sequencer),
        });
        json!({
            "eventVersion": if is_older { "2.1" } else { "2.3" },
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": iso(self.millis, "%Y-%m-%dT%H:%M:%S%.3fZ"),
            "eventName": event,
            "userIdentity": { "principalId": self.principal },
            "requestParameters": { "sourceIPAddress": self.source_ip },
            "responseElements": {
                "x-amz-request-id": self.request_id,
                "x-amz-id-2": host_id(&self.request_id),
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": rule,
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": { "principalId": self.owner.0 },
                    "arn": format!("arn:aws:s3:::{}", self.bucket),
                },
                "object": without_nulls(object),
            },
        })
    }

    fn bus_event(&self, event: &str, version: Option<&str>, sequencer: &str, id: &str) -> Value {
        let (detail_type, reason, deletion_type) = bus_names(event);
        let object = json!({
            "key": self.key,
            "size": self.size,
            "etag": self.etag,
            "version-id": version,
            "sequencer": sequencer,
        });
        let by_lifecycle = event.starts_with("LifecycleExpiration:");
        let requester =
            if by_lifecycle { Some("s3.amazonaws.com".to_owned()) } else { self.account.clone() };
        let detail = json!({
            "version": "0",
            "bucket": { "name": self.bucket },
            "object": without_nulls(object),
            "request-id": self.request_id,
            "requester": requester,
            "source-ip-address": (!by_lifecycle).then_some(&self.source_ip),
            "reason": reason,
            "deletion-type": deletion_type,
        });
        json!({
            "version": "0",
            "id": uuid(&format!("{}/{}/{id}", self.bucket, self.request_id)),
            "detail-type": detail_type,
            "source": "aws.s3",
            "account": self.owner.1,
            "time": iso(self.millis, "%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": [format!("arn:aws:s3:::{}", self.bucket)],
            "detail": without_nulls(detail),
        })
    }
}

/// Grows with every change.
fn sequencer(record: &EventRecord) -> String {
    format!("{:018X}", record.sequence)
}

/// The id of the message, the same for every attempt.
pub(super) fn message_id(record: &EventRecord) -> String {
    format!("{}-{}", sequencer(record), record.id.0)
}

/// `detail-type`, `reason` and `deletion-type`. AWS: "EventBridge event message structure".
fn bus_names(event: &str) -> (&'static str, Option<&'static str>, Option<&'static str>) {
    const FOREVER: Option<&str> = Some("Permanently Deleted");
    const MARKED: Option<&str> = Some("Delete Marker Created");
    match event {
        "ObjectCreated:Put" => ("Object Created", Some("PutObject"), None),
        "ObjectCreated:Post" => ("Object Created", Some("POST Object"), None),
        "ObjectCreated:Copy" => ("Object Created", Some("CopyObject"), None),
        "ObjectCreated:CompleteMultipartUpload" => {
            ("Object Created", Some("CompleteMultipartUpload"), None)
        }
        "ObjectRemoved:DeleteMarkerCreated" => ("Object Deleted", Some("DeleteObject"), MARKED),
        "LifecycleExpiration:Delete" => ("Object Deleted", Some("Lifecycle Expiration"), FOREVER),
        "LifecycleExpiration:DeleteMarkerCreated" => {
            ("Object Deleted", Some("Lifecycle Expiration"), MARKED)
        }
        "ObjectTagging:Put" => ("Object Tags Added", None, None),
        "ObjectTagging:Delete" => ("Object Tags Deleted", None, None),
        "ObjectAcl:Put" => ("Object ACL Updated", None, None),
        _ => ("Object Deleted", Some("DeleteObject"), FOREVER),
    }
}

/// As Amazon encodes keys in events: like a form, but slashes stay.
fn encode_key(key: &str) -> String {
    encode_query(key.as_bytes()).replace("%2F", "/").replace("%20", "+")
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

/// A time in UTC.
fn iso(millis: i64, format: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    time.strftime(format).to_string()
}

/// A name-based UUID (RFC 9562, version 8): the same for every attempt.
fn uuid(name: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let text = hex::encode(digest);
    let part = |from, to| text.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

#[cfg(test)]
mod tests;
