"""Events of lifecycle rules, from the rule over the queue to the webhook, and every event that the documentation names.

AWS: "Supported event types for SQS, SNS, and Lambda", "Event message structure", "Configuring S3 Lifecycle event
notifications".
"""

import json
import re

import pytest

from harness import sdk
from harness.accounts import B
from harness.buckets import new_name
from harness.notifications import configure, destination, queue, start, told
from harness.raw import RawClient
from harness.webhook import Webhook
from test_lifecycle import rule, run_now, run_until, set_rules

# Event types that the documentation lists; those of the second group can be asked for and never happen here.
PRODUCED = ["s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy",
            "s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:*", "s3:ObjectRemoved:Delete",
            "s3:ObjectRemoved:DeleteMarkerCreated", "s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete",
            "s3:LifecycleExpiration:DeleteMarkerCreated", "s3:ObjectTagging:*", "s3:ObjectTagging:Put",
            "s3:ObjectTagging:Delete", "s3:ObjectAcl:Put"]
ACCEPTED = ["s3:ReducedRedundancyLostObject", "s3:ObjectRestore:*", "s3:ObjectRestore:Post",
            "s3:ObjectRestore:Completed", "s3:ObjectRestore:Delete", "s3:Replication:*",
            "s3:Replication:OperationFailedReplication", "s3:Replication:OperationMissedThreshold",
            "s3:Replication:OperationReplicatedAfterThreshold", "s3:Replication:OperationNotTracked",
            "s3:LifecycleTransition", "s3:IntelligentTiering"]
DAY = "<Days>1</Days>"
EXPIRE = rule(f"<Expiration>{DAY}</Expiration>")
NONCURRENT = rule("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>")
LONE = rule("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>")


@pytest.fixture(scope="module")
def hook():
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture(scope="module")
def bus():
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, hook, bus):
    """Its lifecycle days last a second."""
    started = start(tmp_path_factory.mktemp("notifying"), destination("jobs", hook.url),
                    destination("event-bus", bus.url), more_env={"GRANTRY_LIFECYCLE_DAY_SECONDS": "1"})
    yield started
    started.kill()


@pytest.fixture
def client(server):
    return sdk.client(server.url, B)


@pytest.fixture
def shelf(server, client):
    name = new_name("shelf")
    client.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    yield name
    client.delete_bucket_lifecycle(Bucket=name)


def names(events) -> list[tuple[str, str]]:
    return [(event["eventName"], event["s3"]["object"]["key"]) for event in events]


@pytest.mark.parametrize("name", PRODUCED + ACCEPTED)
def test_every_name_of_the_documentation_is_taken(client, shelf, name):
    configure(client, shelf, queue([name]))
    kept = client.get_bucket_notification_configuration(Bucket=shelf)
    assert kept["QueueConfigurations"][0]["Events"] == [name]


def test_an_expiration_in_full(server, client, hook, shelf):
    configure(client, shelf, queue(["s3:LifecycleExpiration:*", "s3:ObjectRemoved:*"], name="rule"))
    client.put_object(Bucket=shelf, Key="a b/ü", Body=b"12345")
    set_rules(RawClient(server.url, B), shelf, EXPIRE)
    run_until(server, lambda: told(hook, shelf))
    (event,) = told(hook, shelf, 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.pop("eventTime"))
    assert re.fullmatch("[0-9A-F]{18}", event["s3"]["object"].pop("sequencer"))
    request_id = event["responseElements"].pop("x-amz-request-id")
    assert request_id and event["responseElements"].pop("x-amz-id-2")
    assert event == {
        "eventVersion": "2.3", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventName": "LifecycleExpiration:Delete",
        "userIdentity": {"principalId": "s3.amazonaws.com"},
        "requestParameters": {"sourceIPAddress": "s3.amazonaws.com"},
        "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "rule",
            "bucket": {"name": shelf, "ownerIdentity": {"principalId": B.canonical_id},
                       "arn": f"arn:aws:s3:::{shelf}"},
            "object": {"key": "a+b/%C3%BC"},
        },
    }


def test_versions_and_markers(server, client, hook, shelf):
    """A marker is put over the current version, then the version under it goes, then the marker that is left."""
    client.put_bucket_versioning(Bucket=shelf, VersioningConfiguration={"Status": "Enabled"})
    configure(client, shelf, queue(["s3:LifecycleExpiration:*"]))
    written = client.put_object(Bucket=shelf, Key="k", Body=b"x")["VersionId"]
    raw = RawClient(server.url, B)
    for wanted, rules in enumerate((EXPIRE, NONCURRENT, LONE), 1):
        set_rules(raw, shelf, rules)
        run_until(server, lambda: len(told(hook, shelf)) == wanted)  # noqa: B023 (called at once)
    events = told(hook, shelf, 3)
    assert names(events) == [("LifecycleExpiration:DeleteMarkerCreated", "k"), ("LifecycleExpiration:Delete", "k"),
                             ("LifecycleExpiration:Delete", "k")]
    marker, gone, lone = [event["s3"]["object"]["versionId"] for event in events]
    assert gone == written and marker == lone != written
    sequencers = [event["s3"]["object"]["sequencer"] for event in events]
    assert sequencers == sorted(set(sequencers))


def test_the_event_bus_and_filters(server, client, hook, bus, shelf):
    configure(client, shelf, queue(["s3:LifecycleExpiration:Delete"], prefix="in/"), EventBridgeConfiguration={})
    for key in ("in/a", "out/b"):
        client.put_object(Bucket=shelf, Key=key, Body=b"x")
    set_rules(RawClient(server.url, B), shelf, EXPIRE)
    def deleted():
        return [one for one in bus.taken()
                if one["detail"]["bucket"]["name"] == shelf and one["detail-type"] == "Object Deleted"]
    run_until(server, lambda: len(deleted()) == 2)
    for one in deleted():
        assert one["detail"]["reason"] == "Lifecycle Expiration"
        assert one["detail"]["deletion-type"] == "Permanently Deleted"
        assert one["detail"]["requester"] == "s3.amazonaws.com" and "source-ip-address" not in one["detail"]
    assert names(told(hook, shelf, 1)) == [("LifecycleExpiration:Delete", "in/a")]


def test_what_is_not_told(server, client, hook, shelf):
    """Uploads that are ended, and expirations of which only other events are wanted."""
    configure(client, shelf, queue(["s3:ObjectRemoved:*", "s3:ObjectCreated:Copy"]))
    client.put_object(Bucket=shelf, Key="k", Body=b"x")
    client.create_multipart_upload(Bucket=shelf, Key="parts")
    set_rules(RawClient(server.url, B), shelf, EXPIRE, rule(
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
        "</AbortIncompleteMultipartUpload>", name="abort"))
    run_until(server, lambda: not client.list_objects_v2(Bucket=shelf).get("Contents")
              and not client.list_multipart_uploads(Bucket=shelf).get("Uploads"))
    run_now(server)
    client.put_object(Bucket=shelf, Key="last", Body=b"x")
    client.delete_object(Bucket=shelf, Key="last")
    assert names(told(hook, shelf, 1)) == [("ObjectRemoved:Delete", "last")]


# Of the rest of the events `test_notifications.py` has the fields of new objects; here are those of the others.

FIELDS = {
    "ObjectCreated:Put": ("2.1", {"key", "size", "eTag", "sequencer"}),
    "ObjectCreated:Copy": ("2.1", {"key", "size", "eTag", "sequencer"}),
    "ObjectCreated:CompleteMultipartUpload": ("2.1", {"key", "size", "eTag", "sequencer"}),
    "ObjectTagging:Put": ("2.3", {"key", "eTag"}),
    "ObjectTagging:Delete": ("2.3", {"key", "eTag"}),
    "ObjectAcl:Put": ("2.3", {"key", "eTag"}),
    "ObjectRemoved:Delete": ("2.1", {"key", "sequencer"}),
}


def test_the_fields_of_every_event(client, hook, shelf):
    configure(client, shelf, queue([name for name in PRODUCED if name.endswith("*") or "Acl" in name]))
    client.put_object(Bucket=shelf, Key="k", Body=b"x")
    client.copy_object(Bucket=shelf, Key="k", CopySource=f"{shelf}/k", MetadataDirective="REPLACE")
    upload = client.create_multipart_upload(Bucket=shelf, Key="k")["UploadId"]
    part = client.upload_part(Bucket=shelf, Key="k", UploadId=upload, PartNumber=1, Body=b"abc")
    client.complete_multipart_upload(Bucket=shelf, Key="k", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    client.put_object_tagging(Bucket=shelf, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    client.delete_object_tagging(Bucket=shelf, Key="k")
    client.put_object_acl(Bucket=shelf, Key="k", ACL="bucket-owner-full-control")
    client.delete_object(Bucket=shelf, Key="k")
    events = told(hook, shelf, len(FIELDS))
    assert [event["eventName"] for event in events] == list(FIELDS), "of one key, in order"
    for event in events:
        version, fields = FIELDS[event["eventName"]]
        assert event["eventVersion"] == version and set(event["s3"]["object"]) == fields, json.dumps(event)
        assert set(event) == {"eventVersion", "eventSource", "awsRegion", "eventTime", "eventName", "userIdentity",
                              "requestParameters", "responseElements", "s3"}
        assert event["userIdentity"] == {"principalId": f"AWS:{B.account_id}"}
        assert event["requestParameters"] == {"sourceIPAddress": "127.0.0.1"}
        assert set(event["s3"]) == {"s3SchemaVersion", "configurationId", "bucket", "object"}
