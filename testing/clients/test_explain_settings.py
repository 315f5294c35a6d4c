"""Refusals by Object Lock, by what a deny wants of a request, and by settings of the account are explained
by the rule that decided, and what is suggested helps.
"""

from datetime import UTC, datetime, timedelta

import pytest

from harness import policies
from harness.accounts import A, B, C
from harness.explain import World
from harness.iam import allow
from harness.policies import objects_arn
from harness.scenarios import ADD, NARROW, REMOVE, UNBLOCK, Scenarios, play, request
from harness.server import Server

scenario = Scenarios()


# Object Lock, which refuses what everybody else allows.


@scenario("ObjectLock", [request("addHeader")], says="governance mode until")
def governance_retention(world):
    bucket, version = world.locked(mode="GOVERNANCE")
    return world.asking(B, "delete_object", bucket, VersionId=version)


@scenario("ObjectLock", [request("addHeader"), ADD], says="s3:BypassGovernanceRetention")
def governance_retention_and_a_user(world):
    bucket, version = world.locked(mode="GOVERNANCE")
    return world.asking(world.user(B, allow("s3:DeleteObject*")), "delete_object", bucket, VersionId=version)


@scenario("IdentityPolicy", [ADD], [ADD], says="s3:BypassGovernanceRetention")
def bypass_without_permission(world):
    bucket, version = world.locked(mode="GOVERNANCE")
    user = world.user(B, allow("s3:DeleteObject*"))
    return world.asking(user, "delete_object", bucket, VersionId=version, BypassGovernanceRetention=True)


@scenario("ObjectLock", says="compliance mode until")
def compliance_retention(world):
    bucket, version = world.locked(mode="COMPLIANCE")
    return world.asking(B, "delete_object", bucket, VersionId=version, BypassGovernanceRetention=True)


@scenario("ObjectLock", ["liftLegalHold"], says="A legal hold keeps")
def legal_hold(world):
    bucket, version = world.locked(hold=True)
    return world.asking(B, "delete_object", bucket, VersionId=version)


@scenario("ObjectLock", ["liftLegalHold", request("addHeader")])
def legal_hold_on_a_governance_retention(world):
    bucket, version = world.locked(mode="GOVERNANCE", hold=True)
    return world.asking(B, "delete_object", bucket, VersionId=version)


@scenario("ObjectLock", says="A legal hold keeps")
def legal_hold_on_a_compliance_retention(world):
    bucket, version = world.locked(mode="COMPLIANCE", hold=True)
    return world.asking(B, "delete_object", bucket, VersionId=version)


@scenario("ObjectLock", [request("addHeader")], says="make the retention shorter")
def retention_that_is_shortened(world):
    bucket, _ = world.locked(mode="GOVERNANCE", days=10)
    sooner = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=1)}
    return world.asking(B, "put_object_retention", bucket, Retention=sooner)


@scenario("ObjectLock", says="compliance mode until")
def compliance_that_becomes_governance(world):
    bucket, _ = world.locked(mode="COMPLIANCE")
    weaker = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=9)}
    return world.asking(B, "put_object_retention", bucket, Retention=weaker, BypassGovernanceRetention=True)


# What a deny wants of a request.


@scenario("BucketPolicy", [request("useTls")], [NARROW], [REMOVE], behind_proxy=True)
def plain_http(world):
    bucket = world.bucket()
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    world.policy(bucket, policies.deny("*", "s3:*", objects_arn(bucket), plain))
    return world.asking(B, "get_object", bucket)


@scenario("BucketPolicy", [request("useTls")], [REMOVE], behind_proxy=True)
def plain_http_of_anybody(world):
    bucket = world.bucket()
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    world.policy(
        bucket,
        policies.allow("*", "s3:GetObject", objects_arn(bucket)),
        policies.deny("*", "s3:*", objects_arn(bucket), plain),
    )
    return world.asking(None, "get_object", bucket)


@scenario("BucketPolicy", [request("addHeader")], [NARROW], [REMOVE])
def upload_without_the_encryption_header(world):
    bucket = world.bucket()
    without = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    world.policy(bucket, policies.deny("*", "s3:PutObject", objects_arn(bucket), without))
    return world.asking(B, "put_object", bucket, Body=b"2")


@scenario("BucketPolicy", [request("addHeader")], [NARROW], [REMOVE])
def upload_with_another_encryption(world):
    bucket = world.bucket()
    other = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    world.policy(bucket, policies.deny("*", "s3:PutObject", objects_arn(bucket), other))
    return world.asking(B, "put_object", bucket, Body=b"2")


@scenario("BucketPolicy", [request("addHeader")], [NARROW], [REMOVE])
def upload_of_another_storage_class(world):
    bucket = world.bucket()
    other = {"StringNotEquals": {"s3:x-amz-storage-class": ["STANDARD"]}}
    world.policy(bucket, policies.deny("*", "s3:PutObject", objects_arn(bucket), other))
    return world.asking(B, "put_object", bucket, Body=b"2")


# Block Public Access of the whole account.


@scenario("ObjectAcl", [ADD], [UNBLOCK])
def public_acl_that_the_account_ignores(world):
    bucket = world.bucket("ObjectWriter")
    world.s3().put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    world.block_account({"IgnorePublicAcls"})
    return world.asking(None, "get_object", bucket)


@scenario("RestrictPublicBuckets", [UNBLOCK])
def public_bucket_that_the_account_restricts(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow("*", "s3:GetObject", objects_arn(bucket)))
    world.block_account({"RestrictPublicBuckets"})
    return world.asking(None, "get_object", bucket)


@scenario("BlockPublicAcls", [UNBLOCK], [request("removeAcl")])
def public_acl_that_the_account_blocks(world):
    bucket = world.bucket("ObjectWriter")
    world.block_account({"BlockPublicAcls"})
    return world.asking(B, "put_object", bucket, Body=b"2", ACL="public-read")


@scenario("BlockPublicPolicy", [UNBLOCK, UNBLOCK])
def public_policy_that_bucket_and_account_block(world):
    bucket = world.bucket(blocked={"BlockPublicPolicy"})
    world.block_account({"BlockPublicPolicy"})
    public = policies.policy(policies.allow("*", "s3:GetObject", objects_arn(bucket)))
    return world.asking(B, "put_bucket_policy", bucket, Policy=public)


@pytest.fixture(scope="module")
def shared(server):
    return World(server)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """A server that believes what comes from here about TLS."""
    server = Server(tmp_path_factory.mktemp("proxied"), {"GRANTRY_TRUSTED_PROXIES": "127.0.0.1"}).start()
    for account in (B, A, C):
        server.create_account(account)
    yield World(server)
    assert server.stop() == 0, server.stderr[-4000:]


@pytest.fixture
def world(request, name):
    """Where a scenario plays; no setting of an account is left behind."""
    where = request.getfixturevalue("proxied" if scenario[name].behind_proxy else "shared")
    yield where
    where.block_account()


@pytest.mark.parametrize("name", scenario)
def test_what_is_suggested_helps(world, name):
    play(world, scenario[name])
