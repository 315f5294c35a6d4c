"""Event notifications: the configuration, what is told, and that everything is told at least once."""

import json
import re
import threading
import time

import pytest
import requests

from harness import expect, policies, sdk
from harness.accounts import A, B
from harness.buckets import Buckets, new_name
from harness.notifications import (QUEUE, configure, destination, events_of, metric, prepared, queue, start, table, told,
                                   until, wait_for_metric)
from harness.queues import Nats, Redis
from harness.raw import RawClient
from harness.server import Server
from harness.webhook import Webhook, signature
from test_aws_cli import aws, made  # noqa: F401 (fixtures)

SECRET = "a secret of both"
TOPIC = f"arn:aws:sns:us-east-1:{B.account_id}:jobs"
FUNCTION = f"arn:aws:lambda:us-east-1:{B.account_id}:function:jobs"
OVERLAP = ("Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
           "overlapping for the same event type.")
UNKNOWN = "Unable to validate the following destination configurations"


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
def notifying(tmp_path_factory, hook, bus):
    server = start(tmp_path_factory.mktemp("notifying"),
                   destination("jobs", hook.url, f'secret = "{SECRET}"', 'token = "bearer-token"'),
                   destination("event-bus", bus.url),
                   destination("others", hook.url, f'accounts = ["{A.account_id}"]'))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def client(notifying):
    return sdk.client(notifying.url, B)


@pytest.fixture
def raw(notifying):
    return RawClient(notifying.url, B)


@pytest.fixture
def name(client):
    made = new_name()
    client.create_bucket(Bucket=made, ObjectOwnership="ObjectWriter")
    return made


def refused(client, bucket, *rules, skip=False, **more) -> dict:
    with pytest.raises(client.exceptions.ClientError) as failure:
        client.put_bucket_notification_configuration(
            Bucket=bucket, SkipDestinationValidation=skip,
            NotificationConfiguration={"QueueConfigurations": list(rules)} | more)
    return failure.value.response["Error"]


# The configuration


def test_a_configuration_is_kept(client, name):
    empty = client.get_bucket_notification_configuration(Bucket=name)
    assert not [key for key in empty if key.endswith(("Configuration", "Configurations"))]
    sent = {
        "TopicConfigurations": [{"Id": "t", "TopicArn": TOPIC, "Events": ["s3:ObjectRemoved:*", "s3:ObjectAcl:Put"]}],
        "QueueConfigurations": [queue(name="q", prefix="a/", suffix=".x"), queue(prefix="b&<>/")],
        "LambdaFunctionConfigurations": [
            {"Id": "f", "LambdaFunctionArn": FUNCTION, "Events": ["s3:Replication:*", "s3:IntelligentTiering"]}],
        "EventBridgeConfiguration": {},
    }
    client.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=sent)
    kept = client.get_bucket_notification_configuration(Bucket=name)
    assert kept["TopicConfigurations"] == sent["TopicConfigurations"]
    assert kept["LambdaFunctionConfigurations"] == sent["LambdaFunctionConfigurations"]
    assert kept["EventBridgeConfiguration"] == {}
    first, second = kept["QueueConfigurations"]
    assert first["Id"] == "q" and second["Id"], "ids are made where there is none"
    assert first["Filter"]["Key"]["FilterRules"] == [
        {"Name": "Prefix", "Value": "a/"}, {"Name": "Suffix", "Value": ".x"}]
    assert second["Filter"]["Key"]["FilterRules"] == [{"Name": "Prefix", "Value": "b&<>/"}]
    client.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})
    gone = client.get_bucket_notification_configuration(Bucket=name)
    assert "QueueConfigurations" not in gone and "EventBridgeConfiguration" not in gone


@pytest.mark.parametrize("rules, message, argument", [
    ([queue(), queue(["s3:ObjectCreated:Put"], prefix="a")], OVERLAP, None),
    ([queue(suffix="jpg"), queue(suffix="pg")], OVERLAP, None),
    ([queue(name="a"), queue(["s3:ObjectRemoved:*"], name="a")],
     "Same ID used for multiple configurations. IDs must be unique", None),
    ([queue(["s3:Nothing"])], "The event is not supported for notifications", "Event"),
    ([queue(arn="jobs")], "The ARN could not be parsed", "Queue"),
    ([queue(arn=TOPIC)], "The ARN could not be parsed", "Queue"),
    ([queue(name="i" * 256)], "ID length should not exceed allowed limit of 255", None),
    ([queue() | {"Filter": {"Key": {"FilterRules": [{"Name": "infix", "Value": "a"}]}}}],
     "filter rule name must be either prefix or suffix", "FilterRule.Name"),
])
def test_refused_configurations(client, name, rules, message, argument):
    error = refused(client, name, *rules)
    assert (error["Code"], error["Message"], error.get("ArgumentName")) == ("InvalidArgument", message, argument)
    assert "QueueConfigurations" not in client.get_bucket_notification_configuration(Bucket=name)


@pytest.mark.parametrize("arn", [
    f"arn:aws:sqs:us-east-1:{B.account_id}:nobody",
    f"arn:aws:sqs:eu-west-1:{B.account_id}:jobs",
    f"arn:aws:sqs:us-east-1:{A.account_id}:jobs",
    f"arn:aws:sqs:us-east-1:{B.account_id}:others",
])
def test_destinations_that_are_not_there(client, name, arn):
    error = refused(client, name, queue(arn=arn), TopicConfigurations=[
        {"TopicArn": f"arn:aws:sns:us-east-1:{B.account_id}:x", "Events": ["s3:ObjectRemoved:*"]}])
    assert (error["Code"], error["Message"]) == ("InvalidArgument", UNKNOWN)
    why = {error[f"ArgumentName{number}"]: error[f"ArgumentValue{number}"] for number in (1, 2)}
    assert why == {f"arn:aws:sns:us-east-1:{B.account_id}:x": "The destination topic does not exist",
                   arn: "The destination queue does not exist"}
    client.put_bucket_notification_configuration(
        Bucket=name, SkipDestinationValidation=True,
        NotificationConfiguration={"QueueConfigurations": [queue(arn=arn)]})
    assert client.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"][0]["QueueArn"] == arn
    error = refused(client, name, queue(arn="jobs"), skip=True)
    assert error["Message"] == "The ARN could not be parsed", "the form is always checked"


def test_malformed_documents(raw, name):
    for text in ("", "<Other/>", "<NotificationConfiguration><Other/></NotificationConfiguration>",
                 "<NotificationConfiguration><QueueConfiguration/></NotificationConfiguration>",
                 f"<NotificationConfiguration><QueueConfiguration><Queue>{QUEUE}</Queue></QueueConfiguration>"
                 "</NotificationConfiguration>"):
        expect.error(raw.document("PUT", name, "notification", text), 400, "MalformedXML")


def test_who_may(notifying, raw, name):
    stranger, nobody = RawClient(notifying.url, A), RawClient(notifying.url, None)
    document = "<NotificationConfiguration/>"
    for caller in (stranger, nobody):
        expect.denied(caller.get(name, query="notification"))
        expect.denied(caller.document("PUT", name, "notification", document) if caller is stranger
                      else caller.put(name, None, document.encode(), query="notification"))
    Buckets(raw).allow(name, policies.allow(
        policies.account(A), ["s3:GetBucketNotification", "s3:PutBucketNotification"], policies.bucket_arn(name)))
    expect.ok(stranger.get(name, query="notification"))
    expect.ok(stranger.document("PUT", name, "notification", document))


# What is told


def test_a_new_object_in_full(client, hook, name):
    before = len(hook.requests)
    configure(client, name, queue(name="rule"))
    answer = client.put_object(Bucket=name, Key="a b/größe@.txt", Body=b"123456789")
    event = told(hook, name, 1)[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.pop("eventTime"))
    assert re.fullmatch("[0-9A-F]{18}", event["s3"]["object"].pop("sequencer"))
    ids = answer["ResponseMetadata"]
    assert event == {
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": f"AWS:{B.account_id}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": ids["RequestId"], "x-amz-id-2": ids["HostId"]},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "rule",
            "bucket": {"name": name, "ownerIdentity": {"principalId": B.canonical_id}, "arn": f"arn:aws:s3:::{name}"},
            "object": {"key": "a+b/gr%C3%B6%C3%9Fe%40.txt", "size": 9, "eTag": answer["ETag"].strip('"')},
        },
    }
    for request in hook.requests[before:]:
        headers = {key.lower(): value for key, value in request["headers"].items()}
        assert request["path"] == "/events"
        assert headers["content-type"] == "application/json"
        assert headers["x-grantry-signature"] == signature(SECRET, request["body"])
        assert headers["authorization"] == "Bearer bearer-token"
        assert headers["x-grantry-event-id"]


def test_the_test_event(client, hook, name):
    configure(client, name, queue())
    def tests():
        return [one for one in hook.taken() if one.get("Event") == "s3:TestEvent" and one["Bucket"] == name]
    test = hook.wait_for(1, tests)[0]
    assert test["Service"] == "Amazon S3" and test["RequestId"] and test["HostId"] and test["Time"].endswith("Z")


def test_every_event(client, notifying, hook, name):
    configure(client, name, queue(["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put"]))
    client.put_object(Bucket=name, Key="k", Body=b"x")
    form = sdk.client(notifying.url, B, signature_version="s3v4").generate_presigned_post(name, "form")
    assert requests.post(form["url"], data=form["fields"], files={"file": b"xy"}, timeout=60).status_code == 204
    client.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/k")
    upload = client.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    part = client.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"abc")
    client.complete_multipart_upload(Bucket=name, Key="parts", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    client.put_object_tagging(Bucket=name, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    client.delete_object_tagging(Bucket=name, Key="k")
    client.put_object_acl(Bucket=name, Key="k", ACL="bucket-owner-full-control")
    client.delete_object(Bucket=name, Key="copy")
    client.delete_object(Bucket=name, Key="copy")  # Nothing was there.
    client.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "form"}, {"Key": "none"}]})
    found = {(event["eventName"], event["s3"]["object"]["key"]): event for event in told(hook, name, 9)}
    assert set(found) == {
        ("ObjectCreated:Put", "k"), ("ObjectCreated:Post", "form"), ("ObjectCreated:Copy", "copy"),
        ("ObjectCreated:CompleteMultipartUpload", "parts"), ("ObjectTagging:Put", "k"), ("ObjectTagging:Delete", "k"),
        ("ObjectAcl:Put", "k"), ("ObjectRemoved:Delete", "copy"), ("ObjectRemoved:Delete", "form")}
    parts = found["ObjectCreated:CompleteMultipartUpload", "parts"]["s3"]["object"]
    assert parts["size"] == 3 and parts["eTag"].endswith("-1")
    assert set(found["ObjectRemoved:Delete", "copy"]["s3"]["object"]) == {"key", "sequencer"}
    tagging = found["ObjectTagging:Put", "k"]
    assert tagging["eventVersion"] == "2.3" and set(tagging["s3"]["object"]) == {"key", "eTag"}


def test_versions_and_markers(client, hook, name):
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    configure(client, name, queue(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]))
    written = client.put_object(Bucket=name, Key="k", Body=b"x")["VersionId"]
    marker = client.delete_object(Bucket=name, Key="k")["VersionId"]
    client.delete_object(Bucket=name, Key="k", VersionId=marker)
    client.delete_object(Bucket=name, Key="k", VersionId=written)
    events = told(hook, name, 4)
    assert [(event["eventName"], event["s3"]["object"]["versionId"]) for event in events] == [
        ("ObjectCreated:Put", written), ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", marker), ("ObjectRemoved:Delete", written)], "of one key, in order"
    sequencers = [event["s3"]["object"]["sequencer"] for event in events]
    assert sequencers == sorted(set(sequencers))


def test_filters(client, hook, name):
    configure(client, name, queue(prefix="in/", suffix=".jpg"))
    for key in ("in/a.jpg", "in/b.png", "out/c.jpg", "in/d.jpg"):
        client.put_object(Bucket=name, Key=key, Body=b"")
    assert {event["s3"]["object"]["key"] for event in told(hook, name, 2)} == {"in/a.jpg", "in/d.jpg"}
    configure(client, name)
    client.put_object(Bucket=name, Key="in/e.jpg", Body=b"")
    configure(client, name, queue())
    client.put_object(Bucket=name, Key="last", Body=b"")
    keys = {event["s3"]["object"]["key"] for event in told(hook, name, 3)}
    assert keys == {"in/a.jpg", "in/d.jpg", "last"}


def test_a_refused_write_tells_nothing(client, hook, notifying, name):
    configure(client, name, queue())
    expect.denied(RawClient(notifying.url, A).put(name, "stranger", b"x"))
    with pytest.raises(client.exceptions.ClientError):
        client.put_object(Bucket=name, Key="k", Body=b"x", IfMatch='"0123456789abcdef0123456789abcdef"')
    client.put_object(Bucket=name, Key="done", Body=b"x")
    assert [event["s3"]["object"]["key"] for event in told(hook, name, 1)] == ["done"]


def test_the_event_bus(client, bus, name):
    configure(client, name, EventBridgeConfiguration={})
    client.put_object(Bucket=name, Key="a b", Body=b"xyz")
    client.delete_object(Bucket=name, Key="a b")
    def of_bucket():
        return [one for one in bus.taken() if one["detail"]["bucket"]["name"] == name]
    created, deleted = bus.wait_for(2, of_bucket)
    assert created["source"] == "aws.s3" and created["detail-type"] == "Object Created"
    assert created["account"] == B.account_id and created["resources"] == [f"arn:aws:s3:::{name}"]
    assert created["detail"]["object"]["key"] == "a b" and created["detail"]["object"]["size"] == 3
    assert created["detail"]["reason"] == "PutObject"
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


# At least once


def test_a_webhook_that_fails_is_asked_again(tmp_path):
    hook = Webhook(statuses=[500, 302, 404])
    server, client, bucket = prepared(tmp_path / "own", hook.url)
    try:
        client.put_object(Bucket=bucket, Key="k", Body=b"x")
        client.delete_object(Bucket=bucket, Key="k")
        client.put_object(Bucket=bucket, Key="other", Body=b"x")
        events = told(hook, bucket, 3)
        order = [event["eventName"] for event in events if event["s3"]["object"]["key"] == "k"]
        assert order == ["ObjectCreated:Put", "ObjectRemoved:Delete"], "also when the first attempts fail"
        assert {request["path"] for request in hook.requests} == {"/events"}, "redirects are not followed"
        ids = [request["headers"]["x-grantry-event-id"] for request in hook.requests]
        assert len(set(ids)) == 3 and len(ids) == 6, "a repeated event has the same id"
        wait_for_metric(server, 3, "grantry_events_outcomes", destination="jobs", outcome="delivered")
        assert metric(server, "grantry_events_outcomes", destination="jobs", outcome="failed") == 3
    finally:
        server.kill()
        hook.close()


def test_kill_9_between_a_change_and_its_delivery(tmp_path):
    """Nothing listens while changes are made under load; the server is killed; then everything that was
    acknowledged is told, and nothing that is not there."""
    hook = Webhook()
    port, url = hook.port, hook.url
    hook.close()
    server, client, bucket = prepared(tmp_path / "own", url)
    acknowledged: list[str] = []

    def write(number: int):
        writer = sdk.client(server.url, B)
        for index in range(10_000):
            key = f"{number}/{index}"
            try:
                writer.put_object(Bucket=bucket, Key=key, Body=b"x")
            except Exception:  # noqa: BLE001 (the server was killed)
                return
            acknowledged.append(key)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 30
    while len(acknowledged) < 100 and time.monotonic() < deadline:
        time.sleep(0.01)
    server.kill()
    for writer in writers:
        writer.join(60)
    assert len(acknowledged) >= 100
    hook = Webhook(port=port)
    try:
        server.start()
        client = sdk.client(server.url, B)
        stored = set()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            stored |= {entry["Key"] for entry in page.get("Contents", [])}
        assert set(acknowledged) <= stored
        told(hook, bucket, len(stored))
        wait_for_metric(server, 0, "grantry_events_waiting", destination="jobs")
        keys = {event["s3"]["object"]["key"] for event in hook.events()}
        assert keys == stored, "a change and its event are one write"
    finally:
        server.kill()
        hook.close()


def test_what_cannot_be_delivered_is_kept_as_dead(tmp_path):
    hook = Webhook(statuses=[503] * 3)
    server, client, bucket = prepared(tmp_path / "own", hook.url, "attempts_max = 2")
    try:
        client.put_object(Bucket=bucket, Key="k", Body=b"x")
        wait_for_metric(server, 1, "grantry_events_dead", destination="jobs")
        assert metric(server, "grantry_events_waiting", destination="jobs") == 0
        assert metric(server, "grantry_events_outcomes", destination="jobs", outcome="died") == 1
        client.put_object(Bucket=bucket, Key="next", Body=b"x")
        told(hook, bucket, 1)
        server.stop()
        server.start()
        wait_for_metric(server, 1, "grantry_events_dead", destination="jobs")
    finally:
        server.kill()
        hook.close()


def test_settings_that_are_wrong(tmp_path):
    for table, message in (
        ('[notifications.jobs]\nkind = "webhook"', "key `notifications.jobs.url` is missing"),
        ('[notifications.jobs]\nkind = "webhook"\nurl = "ftp://secret-host/"', "`notifications.jobs`"),
    ):
        server = Server(tmp_path / "own", {"GRANTRY_CONFIG": str(tmp_path / "grantry.toml")})
        (tmp_path / "grantry.toml").write_text(table)
        with pytest.raises(RuntimeError, match=re.escape(message)) as failure:
            server.start()
        assert "exit status 2" in str(failure.value) and "secret-host" not in str(failure.value)


# Other destinations


CHANGES = [("ObjectCreated:Put", "k"), ("ObjectRemoved:Delete", "k")]


def change(client, *names: str) -> str:
    """A bucket that tells these destinations, and two changes of one key in it."""
    bucket = new_name()
    client.create_bucket(Bucket=bucket)
    for name in names:
        arn = f"arn:aws:sqs:us-east-1:{B.account_id}:{name}"
        configure(client, bucket, queue(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], arn=arn))
        client.put_object(Bucket=bucket, Key="k", Body=b"x")
        client.delete_object(Bucket=bucket, Key="k")
    return bucket


def test_redis(tmp_path):
    """Lists and streams of a real server, also one that was away."""
    redis = Redis(tmp_path, "redis-password").start()
    more = {"url": redis.url, "password": redis.password}
    server = start(tmp_path / "own", table("list", kind="redis", key="jobs", **more),
                   table("stream", kind="redis", key="log", command="xadd", **more))
    client = sdk.client(server.url, B)

    def listed():
        return [json.loads(line) for line in redis("LRANGE", "jobs", "0", "-1").splitlines()]

    def logged():
        words = redis("XRANGE", "log", "-", "+").splitlines()
        return [json.loads(word) for word in words if word.startswith("{")]

    try:
        bucket = change(client, "list", "stream")
        assert events_of(until(3, listed)) == CHANGES
        assert events_of(until(3, logged)) == CHANGES
        redis.kill()
        client.put_object(Bucket=bucket, Key="while away", Body=b"x")
        wait_for_metric(server, 1, "grantry_events_waiting", destination="stream")
        redis.start()
        assert events_of(until(1, logged)) == [("ObjectCreated:Put", "while+away")]
        assert metric(server, "grantry_events_outcomes", destination="stream", outcome="failed") >= 1
    finally:
        server.kill()
        redis.kill()


def test_nats(tmp_path):
    """JetStream of a real server; without a stream that listens nothing is confirmed, and so nothing is lost."""
    nats = Nats(tmp_path, "grantry", "nats-password")
    server = start(tmp_path / "own", table("jobs", kind="nats", url=nats.url, subject="s3.events", user=nats.user,
                                           password=nats.password))
    try:
        change(sdk.client(server.url, B), "jobs")
        wait_for_metric(server, 3, "grantry_events_waiting", destination="jobs")
        nats.listen("EVENTS", "s3.>")
        assert events_of(until(3, lambda: nats.messages("EVENTS"))) == CHANGES
        wait_for_metric(server, 0, "grantry_events_waiting", destination="jobs")
        assert len(nats.messages("EVENTS")) == 3, "repeated ids are forgotten"
    finally:
        server.kill()
        nats.kill()


# Other clients


def test_the_command_line(aws, made):  # noqa: F811
    """The shared server has no destinations, so only what needs none."""
    rules = json.dumps({"QueueConfigurations": [{"Id": "a", "QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}]})
    put = ("s3api", "put-bucket-notification-configuration", "--bucket", made, "--notification-configuration", rules)
    assert UNKNOWN in aws(*put, status=aws.refused)
    aws(*put, "--skip-destination-validation")
    kept = aws.json("get-bucket-notification-configuration", "--bucket", made)
    assert kept["QueueConfigurations"][0]["Id"] == "a"
