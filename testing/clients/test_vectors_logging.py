"""Test vectors 145–150: server access logging (access-control.md §14.10)."""

import pytest

from harness import access_log, expect, policies
from harness.accounts import A, B
from harness.buckets import Buckets, new_name
from harness.expect import ok
from harness.raw import RawClient
from harness.server import Server


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory):
    """A server that delivers every second."""
    environment = {"GRANTRY_ACCESS_LOG_INTERVAL_SECONDS": "1"}
    started = Server(tmp_path_factory.mktemp("logging"), environment).start()
    try:
        for account in (B, A):
            started.create_account(account)
        yield started
    finally:
        started.stop()


@pytest.fixture
def logged(logging_server):
    """The owner's requests, a source bucket with ACLs, and the target of its log."""
    client = RawClient(logging_server.url, B)
    buckets = Buckets(client)
    source, target = buckets.object_writer(), buckets.default()
    buckets.allow(target, access_log.delivery_allowed(target, source, B))
    ok(client.document("PUT", source, "logging", access_log.status(target)))
    return client, source, target


def put(client, bucket, document):
    return client.document("PUT", bucket, "logging", document)


def test_tv_145_target_missing(owner, bucket):
    missing = new_name("nowhere")
    expect.error(put(owner, bucket, access_log.status(missing)), 400,
                 "InvalidTargetBucketForLogging",
                 "The target bucket for logging does not exist", TargetBucket=missing)
    assert ok(owner.get(bucket, query="logging")).texts("LoggingEnabled") == []


def test_target_of_another_account(owner, other, bucket):
    foreign = Buckets(other).default()
    expect.error(put(owner, bucket, access_log.status(foreign)), 400,
                 "InvalidTargetBucketForLogging",
                 "The owner for the bucket to be logged and the target bucket must be the same.",
                 TargetBucket=foreign)


def test_tv_146_target_in_another_region(owner, bucket):
    elsewhere = new_name("elsewhere")
    constraint = "<LocationConstraint>eu-central-1</LocationConstraint>"
    document = f"<CreateBucketConfiguration>{constraint}</CreateBucketConfiguration>"
    ok(owner.put(elsewhere, body=document.encode()))
    message = "Cross S3 location logging not allowed. "
    expect.error(put(owner, bucket, access_log.status(elsewhere)), 403,
                 "CrossLocationLoggingProhibitted", message, TargetBucketLocation="eu-central-1")
    expect.error(put(owner, elsewhere, access_log.status(bucket)), 403,
                 "CrossLocationLoggingProhibitted", message, TargetBucketLocation="us-east-1",
                 SourceBucketLocation="eu-central-1")


def test_tv_147_target_grants_on_an_enforced_bucket(owner, buckets, bucket):
    grants = policies.group(policies.LOG_DELIVERY, "READ")
    target = buckets.enforced()
    expect.error(put(owner, bucket, access_log.status(target, grants=grants)), 400,
                 "AccessControlListNotSupported",
                 "Target grants not allowed for bucket owner enforced buckets")
    with_acls = buckets.object_writer()
    ok(put(owner, bucket, access_log.status(with_acls, "a/", grants)))
    stored = ok(owner.get(bucket, query="logging"))
    assert stored.text("LoggingEnabled/TargetBucket") == with_acls
    assert stored.text("LoggingEnabled/TargetPrefix") == "a/"
    assert stored.text("LoggingEnabled/TargetGrants/Grant/Permission") == "READ"
    ok(put(owner, bucket, f'<BucketLoggingStatus xmlns="{policies.S3_XMLNS}"/>'))
    assert ok(owner.get(bucket, query="logging")).texts("LoggingEnabled") == []


LOCK_RULE = """<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>
<Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"""
NO_LOCK_RULE = """<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"""
PAYS = "<RequestPaymentConfiguration><Payer>{}</Payer></RequestPaymentConfiguration>"
ENCRYPTION = """<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>
<SSEAlgorithm>{}</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"""
UNFIT = {
    "retention": ("object-lock", LOCK_RULE, NO_LOCK_RULE),
    "payer": ("requestPayment", PAYS.format("Requester"), PAYS.format("BucketOwner")),
    "encryption": ("encryption", ENCRYPTION.format("aws:kms"), ENCRYPTION.format("AES256")),
}


def lockable(client) -> str:
    name = new_name()
    ok(client.put(name, headers={"x-amz-bucket-object-lock-enabled": "true"}))
    return name


@pytest.mark.parametrize("kind", UNFIT)
def test_the_call_takes_targets_that_are_unfit(owner, bucket, kind):
    """LOG-4: what would keep log objects, or bill the log delivery, is no target, but the call does not ask."""
    query, unfit, _ = UNFIT[kind]
    target = lockable(owner)
    ok(owner.document("PUT", target, query, unfit))
    ok(put(owner, bucket, access_log.status(target)))
    assert ok(owner.get(bucket, query="logging")).texts("LoggingEnabled/TargetBucket") == [target]


@pytest.mark.parametrize("kind", UNFIT)
def test_unfit_targets_get_nothing(logging_server, logged, kind):
    """Nothing is delivered to them as long as they are, and what comes later arrives again."""
    query, unfit, fit = UNFIT[kind]
    client, source, target = logged
    other, becoming = Buckets(client).default(), lockable(client)
    Buckets(client).allow(becoming, access_log.delivery_allowed(becoming, other, B))
    ok(put(client, other, access_log.status(becoming)))
    ok(client.document("PUT", becoming, query, unfit))
    ok(client.get(other, query="list-type=2"))
    # The log of another bucket tells that a delivery has taken place since.
    ok(client.get(source, query="list-type=2"))
    access_log.wait_for(client, target, 1)
    assert access_log.delivered(client, becoming) == {}
    ok(client.document("PUT", becoming, query, fit))
    ok(client.get(other, query="versioning"))
    operations = {one["operation"] for one in access_log.wait_for(client, becoming, 1)}
    assert "REST.GET.VERSIONING" in operations and "REST.GET.BUCKET" not in operations


def test_tv_148_target_without_policy(logging_server, logged):
    """The call says nothing; the records never arrive (LOG-3)."""
    client, source, target = logged
    silent = Buckets(client).default()
    closed = Buckets(client).default()
    ok(put(client, silent, access_log.status(closed)))
    ok(client.get(silent, query="list-type=2"))
    # The log of another bucket tells that a delivery has taken place since.
    ok(client.get(source, query="list-type=2"))
    access_log.wait_for(client, target, 1)
    assert access_log.delivered(client, closed) == {}


def test_tv_149_acl_required_of_a_read(logging_server, logged):
    client, source, target = logged
    reader = RawClient(logging_server.url, A)
    headers = {"x-amz-grant-read": f"id={A.canonical_id}"}
    ok(client.put(source, "by-acl", body=b"x", headers=headers))
    ok(reader.get(source, "by-acl"))
    ok(client.put(source, "by-policy", body=b"x"))
    allowed = policies.allow(policies.account(A), "s3:GetObject",
                             policies.objects_arn(source, "by-policy"))
    Buckets(client).allow(source, allowed)
    ok(reader.get(source, "by-policy"))
    records = access_log.wait_for(client, target, 5)
    reads = {one["key"]: one for one in records if one["operation"] == "REST.GET.OBJECT"}
    assert reads["by-acl"]["acl_required"] == "Yes"
    assert reads["by-acl"]["requester"] == A.canonical_id
    assert reads["by-policy"]["acl_required"] == "-"
    assert reads["by-policy"]["bytes_sent"] == reads["by-policy"]["object_size"] == "1"
    writes = {one["key"]: one for one in records if one["operation"] == "REST.PUT.OBJECT"}
    assert writes["by-acl"]["acl_required"] == "Yes"
    assert writes["by-policy"]["acl_required"] == "-"


def test_tv_150_acl_required_of_put_acl(logged):
    client, source, target = logged
    ok(client.put(source, query="acl", headers={"x-amz-acl": "public-read"}))
    records = access_log.wait_for(client, target, 1)
    (changed,) = [one for one in records if one["operation"] == "REST.PUT.ACL"]
    assert changed["acl_required"] == "Yes"
    assert changed["key"] == "-"
