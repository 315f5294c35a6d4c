"""Destinations of event notifications over TLS: the certificates of `ca_file` count, and no others."""

import json

import pytest

from harness import sdk
from harness.accounts import B
from harness.buckets import new_name
from harness.notifications import configure, events_of, metric, queue, start, table, until, wait_for_metric
from harness.queues import Nats, Redis
from harness.tls import certificate
from harness.webhook import Webhook

CHANGES = [("ObjectCreated:Put", "k"), ("ObjectRemoved:Delete", "k")]
PASSWORD = "a password"


class Hook:
    """The webhook, as the tests see every destination."""

    def __init__(self, _directory, pair):
        self.webhook = Webhook(certificate=pair)
        self.settings = {"kind": "webhook", "url": self.webhook.url}

    def messages(self):
        return self.webhook.taken()

    def close(self):
        self.webhook.close()


class List:
    def __init__(self, directory, pair):
        self.redis = Redis(directory, PASSWORD, pair).start()
        self.settings = {"kind": "redis", "url": self.redis.url, "password": PASSWORD, "key": "jobs"}

    def messages(self):
        return [json.loads(line) for line in self.redis("LRANGE", "jobs", "0", "-1").splitlines()]

    def close(self):
        self.redis.kill()


class Stream:
    def __init__(self, directory, pair):
        self.nats = Nats(directory, "grantry", PASSWORD, pair)
        self.nats.listen("EVENTS", "s3.>")
        self.settings = {"kind": "nats", "url": self.nats.url, "subject": "s3.events", "user": "grantry",
                         "password": PASSWORD}

    def messages(self):
        return self.nats.messages("EVENTS")

    def close(self):
        self.nats.kill()


@pytest.fixture(params=[Hook, List, Stream], ids=["webhook", "redis", "nats"])
def destination(request, tmp_path):
    made = request.param(tmp_path, certificate(tmp_path / "its"))
    yield made
    made.close()


def changed(server) -> None:
    """Two changes of one key, told to the destination `jobs`."""
    client, bucket = sdk.client(server.url, B), new_name()
    client.create_bucket(Bucket=bucket)
    configure(client, bucket, queue(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]))
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    client.delete_object(Bucket=bucket, Key="k")


def test_a_certificate_of_the_ca_file(tmp_path, destination):
    trusted = tmp_path / "its" / "certificate.pem"
    server = start(tmp_path / "own", table("jobs", ca_file=str(trusted), **destination.settings))
    try:
        changed(server)
        assert events_of(until(3, destination.messages)) == CHANGES
        wait_for_metric(server, 0, "grantry_events_waiting", destination="jobs")
        assert metric(server, "grantry_events_outcomes", destination="jobs", outcome="failed") == 0
    finally:
        server.kill()


@pytest.mark.parametrize("trusts", ["another", "nothing"])
def test_any_other_certificate_is_refused(tmp_path, destination, trusts):
    other, _ = certificate(tmp_path / "other")
    ca_file = {"ca_file": str(other)} if trusts == "another" else {}
    server = start(tmp_path / "own", table("jobs", "attempts_max = 1", **ca_file, **destination.settings))
    try:
        changed(server)
        wait_for_metric(server, 3, "grantry_events_dead", destination="jobs")
        assert destination.messages() == []
        entries = [json.loads(line)
                   for line in server.command("events", "list", "jobs", "--json").stdout.splitlines()]
        assert len(entries) == 3
        for entry in entries:
            assert "certificate" in entry["error"].lower(), entry["error"]
    finally:
        server.kill()
