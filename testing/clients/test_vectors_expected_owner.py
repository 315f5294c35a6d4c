"""Test vectors 142 and 143: the expected owner of a bucket, on every kind of request (access-control.md §11)."""

import pytest

from harness import expect, policies
from harness.accounts import A, B

NAME = "x-amz-expected-bucket-owner"
COPY_SOURCE = "x-amz-copy-source"


@pytest.fixture(scope="module")
def shelf(owner, buckets):
    """A bucket with the object `k`; refused requests must leave it as it is."""
    name = buckets.open("ObjectWriter")
    expect.ok(owner.put(name, "k", b"kept"))
    expect.ok(owner.put(name, "spare", b"spare"))
    yield name
    assert owner.get(name, query="list-type=2").texts("Contents/Key") == ["k", "spare"]
    assert owner.get(name, "k").body == b"kept"
    expect.error(owner.get(name, query="policy"), 404, "NoSuchBucketPolicy")


def requests(bucket):
    """Method, key, query, headers and body of requests that the owner may make."""
    batch = "<Delete><Object><Key>k</Key></Object></Delete>"
    return [
        ("GET", None, "list-type=2", {}, ""), ("GET", None, "location", {}, ""), ("GET", None, "acl", {}, ""),
        ("GET", None, "uploads", {}, ""), ("GET", None, "policyStatus", {}, ""),
        ("GET", None, "ownershipControls", {}, ""), ("GET", None, "versioning", {}, ""),
        ("PUT", None, "acl", {"x-amz-acl": "public-read"}, ""),
        ("PUT", None, "policy", {}, policies.public_read(bucket)),
        ("PUT", None, "publicAccessBlock", {}, policies.public_access_block(BlockPublicAcls=True)),
        ("PUT", None, "ownershipControls", {}, policies.ownership_controls("BucketOwnerEnforced")),
        ("POST", None, "delete", {}, batch), ("DELETE", None, "", {}, ""), ("DELETE", None, "policy", {}, ""),
        ("GET", "k", "", {}, ""), ("GET", "k", "acl", {}, ""), ("GET", "missing", "", {}, ""),
        ("GET", "k", "attributes", {"x-amz-object-attributes": "ETag"}, ""),
        ("PUT", "k", "", {}, "lost"), ("PUT", "new", "", {COPY_SOURCE: f"/{bucket}/k"}, ""),
        ("PUT", "k", "acl", {"x-amz-acl": "public-read"}, ""), ("POST", "new", "uploads", {}, ""),
        ("DELETE", "k", "", {}, ""),
    ]


def send(owner, bucket, expected, request):
    method, key, query, headers, body = request
    return owner.document(method, bucket, query, body, key=key, headers=headers | {NAME: expected})


def test_tv_142_another_owner_is_expected(owner, shelf):
    for request in requests(shelf):
        expect.denied(send(owner, shelf, A.account_id, request), "Access Denied")
    for method in ("HEAD",):
        for key in (None, "k"):
            expect.bodiless(owner.request(method, shelf, key, headers={NAME: A.account_id}), 403)
    source = {COPY_SOURCE: f"/{shelf}/k", "x-amz-source-expected-bucket-owner": A.account_id}
    expect.denied(owner.put(shelf, "new", headers=source), "Access Denied")  # EBO-4


@pytest.mark.parametrize("bad", ["abcd", "0000", "0000000000020", "aa000000000$", "invalid"])
def test_tv_143_what_is_no_account_id(owner, shelf, bad):
    message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{bad}]"
    for request in requests(shelf):
        expect.error(send(owner, shelf, bad, request), 400, "InvalidBucketOwnerAWSAccountID", message)
    source = {COPY_SOURCE: f"/{shelf}/k", "x-amz-source-expected-bucket-owner": bad}
    expect.error(owner.put(shelf, "new", headers=source), 400, "InvalidBucketOwnerAWSAccountID", message)


def test_the_right_owner_changes_nothing(owner, other, shelf):
    """EBO-1, EBO-5."""
    for request in requests(shelf)[:7]:
        assert send(owner, shelf, B.account_id, request).status in (200, 404), request
    expect.denied(other.get(shelf, "k", headers={NAME: B.account_id}))
