"""Server access logs as objects in their target buckets (access-control.md §9)."""

import json
import re
import subprocess
import time

import pytest

from harness import access_log, policies
from harness.accounts import B
from harness.buckets import Buckets
from harness.expect import ok
from harness.raw import RawClient
from harness.server import Server

PARTITIONED = ("<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>EventTime"
               "</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>")


@pytest.fixture
def logging_server(tmp_path):
    started = Server(tmp_path / "own", {"GRANTRY_ACCESS_LOG_INTERVAL_SECONDS": "1"}).start()
    started.create_account(B)
    yield started
    started.kill()


@pytest.fixture
def client(logging_server):
    return RawClient(logging_server.url, B)


def logged_pair(client, target: str, **status) -> str:
    """A bucket whose log goes to the target."""
    source = Buckets(client).enforced()
    ok(client.document("PUT", source, "logging", access_log.status(target, **status)))
    return source


def test_records_of_reads_writes_copies_and_batches(client):
    buckets = Buckets(client)
    target = buckets.default()
    buckets.allow(target, policies.allow(access_log.SERVICE, "s3:PutObject",
                                         policies.objects_arn(target)))
    source = logged_pair(client, target, prefix="web/")
    ok(client.put(source, "a b/ü", body=b"12345"))
    ok(client.get(source, "a b/ü", headers={"range": "bytes=0-1", "user-agent": 'x" "y',
                                            "referer": "https://example.org/"}), 206)
    ok(client.get(source, "nothing"), 404)
    ok(client.put(source, "copy", headers={"x-amz-copy-source": f"/{source}/a%20b/%C3%BC"}))
    document = "<Delete><Object><Key>copy</Key></Object><Object><Key>none</Key></Object></Delete>"
    ok(client.document("POST", source, "delete", document))
    records = access_log.wait_for(client, target, 8, "web/")
    by_operation = {}
    for one in records:
        by_operation.setdefault(one["operation"], []).append(one)
        assert one["bucket_owner"] == one["requester"] == B.canonical_id
        assert one["bucket"] == source
        assert one["remote_ip"] == "127.0.0.1"
        assert one["signature_version"] == "SigV4"
        assert one["authentication_type"] == "AuthHeader"
        assert one["host_id"].endswith(one["request_id"])
        assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", one["time"])
    assert {name: len(found) for name, found in by_operation.items()} == {
        "REST.PUT.OBJECT": 1, "REST.GET.OBJECT": 2,
        "REST.COPY.OBJECT": 1, "REST.COPY.OBJECT_GET": 1, "REST.POST.MULTI_OBJECT_DELETE": 1,
        "BATCH.DELETE.OBJECT": 2,
    }
    (partial, missing) = by_operation["REST.GET.OBJECT"]
    assert (partial["status"], partial["bytes_sent"], partial["object_size"]) == ("206", "2", "5")
    assert partial["key"] == "a%20b/%C3%BC"
    assert partial["request_uri"] == f"GET /{source}/a%20b/%C3%BC HTTP/1.1"
    assert partial["user_agent"] == "x%22 %22y"
    assert partial["referer"] == "https://example.org/"
    assert (missing["status"], missing["error_code"]) == ("404", "NoSuchKey")
    (copied,) = by_operation["REST.COPY.OBJECT_GET"]
    assert copied["key"] == "a%20b/%C3%BC"
    assert {one["key"] for one in by_operation["BATCH.DELETE.OBJECT"]} == {"copy", "none"}
    (key, *_) = access_log.delivered(client, target, "web/")
    assert re.fullmatch(r"web/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}", key)


def test_acl_target_with_log_delivery_grants(client):
    """§9.3: the canned ACL is enough where ACLs are enabled; the owner gets full control."""
    target = Buckets(client).with_acl("log-delivery-write")
    grants = policies.group(policies.AUTHENTICATED_USERS, "READ")
    source = logged_pair(client, target, grants=grants, key_format=PARTITIONED)
    ok(client.get(source, query="list-type=2"))
    access_log.wait_for(client, target, 1)
    (key, *_) = access_log.delivered(client, target)
    day = r"\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\d-00-00-00-[0-9A-F]{16}"
    assert re.fullmatch(f"{B.account_id}/us-east-1/{source}/{day}", key)
    acl = ok(client.get(target, key, query="acl"))
    permissions = acl.texts("AccessControlList/Grant/Permission")
    assert permissions == ["FULL_CONTROL", "READ"]


def test_records_survive_a_crash(tmp_path):
    """What was answered before a kill is delivered by the next process."""
    server = Server(tmp_path / "own", {"GRANTRY_ACCESS_LOG_INTERVAL_SECONDS": "3600"}).start()
    try:
        server.create_account(B)
        client = RawClient(server.url, B)
        target = Buckets(client).with_acl("log-delivery-write")
        source = logged_pair(client, target)
        for number in range(20):
            ok(client.put(source, f"k{number}", body=b"x"))
        spool = server.data_dir / "access-log" / "current"
        assert spool.stat().st_mode & 0o777 == 0o600
        wait_until(lambda: spool.read_bytes().count(b"\n") == 20)
        server.kill()
        server.extra_env["GRANTRY_ACCESS_LOG_INTERVAL_SECONDS"] = "1"
        server.start()
        client = RawClient(server.url, B)
        records = access_log.wait_for(client, target, 20)
        assert len(records) == 20
        wait_until(lambda: not any(spool.parent.glob("sealed-*")))
    finally:
        server.kill()


def wait_until(condition):
    deadline = time.monotonic() + access_log.DELIVERY_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_goaccess_reads_the_log(client, tmp_path):
    """GoAccess, an analyser of web logs, knows Amazon's format."""
    target = Buckets(client).with_acl("log-delivery-write")
    source = logged_pair(client, target)
    for number in range(10):
        ok(client.put(source, f"k{number}", body=b"x"))
        ok(client.get(source, f"k{number}"))
    access_log.wait_for(client, target, 20)
    lines = [ok(client.get(target, key)).body for key in access_log.delivered(client, target)]
    log = tmp_path / "access.log"
    log.write_bytes(b"".join(lines))
    report = tmp_path / "report.json"
    subprocess.run(
        ["goaccess", str(log), "--log-format=AWSS3", "--no-global-config", "-o", str(report)],
        check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
    )
    general = json.loads(report.read_text())["general"]
    assert (general["valid_requests"], general["failed_requests"]) == (20, 0)
