"""`grantry events`: what waits, what was given up, and what becomes of it, with and without a server."""

import json

import pytest

from harness import sdk
from harness.accounts import B
from harness.notifications import prepared, queue, told, wait_for_metric
from harness.server import Server
from harness.webhook import Webhook

KEYS = ["a/1", "a/2", "größe \"3\"\n"]


def events(server: Server, *arguments: str) -> str:
    done = server.command("events", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed(server: Server, *arguments: str) -> list[dict]:
    return [json.loads(line) for line in events(server, "list", *arguments, "--json").splitlines()]


def refused(server: Server, *arguments: str) -> str:
    done = server.command("events", *arguments)
    assert done.returncode == 1 and not done.stdout, done.stdout
    return done.stderr


@pytest.fixture
def hook():
    """A webhook that refuses whatever it is asked until it is told otherwise."""
    webhook = Webhook(statuses=[503] * 1000)
    yield webhook
    webhook.close()


@pytest.fixture(params=["running", "stopped"])
def given_up(request, hook, tmp_path):
    """A server, or a stopped one, with three events that were given up."""
    server, client, bucket = prepared(tmp_path / "own", hook.url, "attempts_max = 1")
    for key in KEYS:
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    wait_for_metric(server, 3, "grantry_events_dead", destination="jobs")
    if request.param == "stopped":
        assert server.stop() == 0
    yield server, bucket
    server.kill()


def delivered(server: Server, hook: Webhook, bucket: str, count: int) -> list[str]:
    """The keys that are told once the webhook is well."""
    hook.statuses.clear()
    if server.process.poll() is not None:
        server.start()
    found = [event["s3"]["object"]["key"] for event in told(hook, bucket, count)]
    wait_for_metric(server, 0, "grantry_events_waiting", destination="jobs")
    return found


def test_lists_and_shows(given_up, hook):
    server, bucket = given_up
    assert listed(server) == [
        {"destination": "jobs", "set_up": True, "waiting": 0, "oldest": None, "dead": 3}]
    assert events(server, "list") == "jobs: 0 waiting, 3 given up\n"
    entries = listed(server, "jobs")
    assert entries == listed(server, "jobs", "--given-up") and listed(server, "nobody") == []
    assert [entry["key"] for entry in entries] == KEYS
    for entry in entries:
        assert (entry["state"], entry["event"], entry["bucket"]) == ("dead", "ObjectCreated:Put", bucket)
        assert entry["attempts"] == 1 and "503" in entry["error"] and entry["died"] and entry["due"] is None
    lines = events(server, "list", "jobs").splitlines()
    assert len(lines) == 3 and f'ObjectCreated:Put {bucket}/"größe \\"3\\"\\n"' in lines[2]
    assert "given up" in lines[0] and "1 attempt" in lines[0]

    first = entries[0]
    for name in (str(first["number"]), first["message_id"]):
        shown = json.loads(events(server, "show", name, "--json"))
        assert {key: shown[key] for key in first} == first
        assert shown["message"]["Records"][0]["s3"]["object"]["key"] == "a/1"
    sent = [request["headers"]["x-grantry-event-id"] for request in hook.requests]
    assert first["message_id"] in sent
    assert '"eventName": "ObjectCreated:Put"' in events(server, "show", first["message_id"])
    for name in ("4711", "nothing", "00-" + str(first["number"])):
        assert f"there is no event {name}" in refused(server, "show", name)


def test_one_is_retried_and_one_forgotten(given_up, hook):
    server, bucket = given_up
    numbers = [str(entry["number"]) for entry in listed(server, "jobs")]
    hook.statuses.clear()
    assert events(server, "retry", numbers[1]) == "1 event waits again\n"
    assert json.loads(events(server, "forget", numbers[0], "--json")) == {"forgotten": 1}
    assert delivered(server, hook, bucket, 1) == ["a/2"]
    assert [entry["key"] for entry in listed(server, "jobs")] == KEYS[2:]
    for number in numbers[:2]:
        assert "there is no event" in refused(server, "retry", number), "delivered or forgotten"


@pytest.mark.parametrize("destination", [(), ("--destination", "jobs")])
def test_all_are_retried(given_up, hook, destination):
    server, bucket = given_up
    hook.statuses.clear()
    assert events(server, "retry", "--all", "--destination", "others") == "0 events wait again\n"
    assert json.loads(events(server, "retry", "--all", *destination, "--json")) == {"retried": 3}
    assert len(delivered(server, hook, bucket, 3)) == 3
    assert listed(server) == [
        {"destination": "jobs", "set_up": True, "waiting": 0, "oldest": None, "dead": 0}]


def test_all_are_forgotten(given_up, hook):
    server, bucket = given_up
    assert events(server, "forget", "--all") == "3 events are forgotten\n"
    assert events(server, "list", "jobs") == ""
    assert delivered(server, hook, bucket, 0) == []


def test_what_waits_is_not_resolved(tmp_path, hook):
    """A destination that no setting names is told of too, and events that wait stay where they are."""
    server, client, bucket = prepared(tmp_path / "own", hook.url)
    try:
        client.put_bucket_notification_configuration(
            Bucket=bucket, SkipDestinationValidation=True, NotificationConfiguration={"QueueConfigurations": [
                queue(arn=f"arn:aws:sqs:us-east-1:{B.account_id}:nobody"), queue(["s3:ObjectRemoved:*"])]})
        client.put_object(Bucket=bucket, Key="k", Body=b"x")
        client.delete_object(Bucket=bucket, Key="k")
        wait_for_metric(server, 1, "grantry_events_waiting", destination="jobs")
        queues = {one["destination"]: one for one in listed(server)}
        assert {name: (one["set_up"], one["waiting"], one["dead"]) for name, one in queues.items()} == {
            "jobs": (True, 1, 0), "nobody": (False, 1, 0)}
        assert all(one["oldest"] for one in queues.values())
        assert "(no setting names it)" in events(server, "list")
        waiting = listed(server, "nobody")[0]
        assert waiting["state"] == "waiting" and waiting["died"] is None and waiting["due"]
        number = str(waiting["number"])
        for what in ("retry", "forget"):
            assert "was not given up" in refused(server, what, number)
        assert events(server, "forget", "--all") == "0 events are forgotten\n"
        assert listed(server, "nobody", "--given-up") == [] and len(listed(server, "nobody")) == 1
    finally:
        server.kill()


def test_many_are_listed_and_retried_in_pages(tmp_path, hook):
    server, client, bucket = prepared(tmp_path / "own", hook.url, "attempts_max = 1")
    try:
        keys = [f"{number:04}" for number in range(1100)]
        for key in keys:
            client.put_object(Bucket=bucket, Key=key, Body=b"")
            hook.statuses.append(503)
        wait_for_metric(server, len(keys), "grantry_events_dead", destination="jobs")
        assert sorted(entry["key"] for entry in listed(server, "jobs")) == keys
        hook.statuses.clear()
        assert events(server, "retry", "--all") == "1100 events wait again\n"
        assert sorted(delivered(server, hook, bucket, 1100)) == keys
    finally:
        server.kill()


@pytest.mark.parametrize("arguments", [
    ["retry"], ["forget"], ["retry", "1", "--all"], ["forget", "1", "--destination", "jobs"], ["list", "--given-up"], []])
def test_wrong_command_lines(tmp_path, arguments):
    assert Server(tmp_path).command("events", *arguments).returncode == 2
