"""Servers that tell of changes, and what they have told."""

import time

import requests

from . import sdk
from .accounts import A, B
from .buckets import new_name
from .server import Server

QUEUE = f"arn:aws:sqs:us-east-1:{B.account_id}:jobs"
WAIT_SECONDS_MAX = 30


def start(directory, *tables: str, more_env=None) -> Server:
    """A server with these tables of destinations, and the accounts A and B."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "grantry.toml").write_text("\n".join(tables))
    server = Server(directory, {"GRANTRY_CONFIG": str(directory / "grantry.toml")} | (more_env or {})).start()
    for account in (B, A):
        server.create_account(account)
    return server


def destination(name: str, url: str, *more: str) -> str:
    return "\n".join([f"[notifications.{name}]", 'kind = "webhook"', f'url = "{url}"', *more])


def queue(events=("s3:ObjectCreated:*",), arn=QUEUE, name=None, prefix=None, suffix=None) -> dict:
    rules = [{"Name": kind, "Value": value} for kind, value in (("prefix", prefix), ("suffix", suffix)) if value]
    found = {"QueueArn": arn, "Events": list(events)}
    if name:
        found["Id"] = name
    if rules:
        found["Filter"] = {"Key": {"FilterRules": rules}}
    return found


def configure(client, bucket, *rules, **more):
    client.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": list(rules)} | more)


def told(hook, bucket, count=0):
    """The events of one bucket."""
    def of_bucket():
        return [event for event in hook.events() if event["s3"]["bucket"]["name"] == bucket]
    return hook.wait_for(count, of_bucket)


def metric(server: Server, name: str, **labels) -> float:
    text = requests.get(f"{server.url}/_grantry/metrics", timeout=60).text
    for line in text.splitlines():
        if line.startswith(name + "{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no {name} {labels} in\n{text}")


def wait_for_metric(server: Server, expected: float, name: str, **labels):
    deadline = time.monotonic() + 30
    while (found := metric(server, name, **labels)) != expected:
        assert time.monotonic() < deadline, f"{name} {labels} is {found}, not {expected}"
        time.sleep(0.1)


def prepared(directory, hook_url, *more) -> tuple[Server, object, str]:
    server = start(directory, destination("jobs", hook_url, *more))
    client = sdk.client(server.url, B)
    bucket = new_name()
    client.create_bucket(Bucket=bucket)
    client.put_bucket_notification_configuration(
        Bucket=bucket, SkipDestinationValidation=True,
        NotificationConfiguration={"QueueConfigurations": [queue(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"])]})
    return server, client, bucket


def until(wanted: int, what):
    deadline = time.monotonic() + 30
    while len(found := what()) < wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def events_of(messages) -> list[tuple[str, str]]:
    records = [record for message in messages for record in message.get("Records", [])]
    return [(record["eventName"], record["s3"]["object"]["key"]) for record in records]


def table(name: str, *more: str, **keys: str) -> str:
    """A table of a destination: keys with texts, and lines as they are."""
    return "\n".join([f"[notifications.{name}]", *(f'{key} = "{text}"' for key, text in keys.items()), *more])
