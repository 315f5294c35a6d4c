"""Requester pays (access-control.md §11.2) and test vector 144."""

import urllib.request

import pytest

from harness import expect, policies, sdk
from harness.accounts import A
from harness.expect import ok

PAYER = '<RequestPaymentConfiguration xmlns="{}"><Payer>{}</Payer></RequestPaymentConfiguration>'


def set_payer(client, bucket, payer):
    return client.document("PUT", bucket, "requestPayment", PAYER.format(policies.S3_XMLNS, payer))


@pytest.fixture
def paid(owner, buckets):
    """A bucket whose requesters pay, with the object `k` that A and everybody may get."""
    name = buckets.enforced()
    ok(owner.put(name, "k", b"x"))
    buckets.allow(name, policies.allow("*", "s3:GetObject", policies.objects_arn(name)),
                  policies.allow(policies.account(A), "s3:PutObject", policies.objects_arn(name)))
    ok(set_payer(owner, name, "Requester"))
    return name


def test_the_payer_is_kept(owner, bucket):
    assert ok(owner.get(bucket, query="requestPayment")).text("Payer") == "BucketOwner"
    ok(set_payer(owner, bucket, "Requester"))
    assert ok(owner.get(bucket, query="requestPayment")).text("Payer") == "Requester"
    expect.error(set_payer(owner, bucket, "Nobody"), 400, "MalformedXML")
    ok(set_payer(owner, bucket, "BucketOwner"))
    assert ok(owner.get(bucket, query="requestPayment")).text("Payer") == "BucketOwner"


def test_tv_144_without_and_with_the_header(other, paid):
    expect.error(other.get(paid, "k"), 403, "AccessDenied")
    response = ok(other.get(paid, "k", headers={"x-amz-request-payer": "requester"}))
    assert response.body == b"x"
    assert response.header("x-amz-request-charged") == "requester"
    expect.error(other.put(paid, "n", b"y"), 403, "AccessDenied")
    written = ok(other.put(paid, "n", b"y", headers={"x-amz-request-payer": "requester"}))
    assert written.header("x-amz-request-charged") == "requester"


def test_the_owner_and_anonymous_callers(owner, anonymous, paid):
    """RP-3, RP-4."""
    response = ok(owner.get(paid, "k"))
    assert response.header("x-amz-request-charged") is None
    headers = {"x-amz-request-payer": "requester"}
    expect.error(anonymous.get(paid, "k", headers=headers), 403, "AccessDenied")


def test_a_presigned_url_says_so(server, paid):
    """boto3 signs the header into the URL; whoever uses it has to send it (RP-2)."""
    url = sdk.client(server.url, A, signature_version="s3v4").generate_presigned_url(
        "get_object", Params={"Bucket": paid, "Key": "k", "RequestPayer": "requester"})
    request = urllib.request.Request(url, headers={"x-amz-request-payer": "requester"})
    with urllib.request.urlopen(request) as response:
        assert response.read() == b"x"
        assert response.headers["x-amz-request-charged"] == "requester"


def test_the_header_means_nothing_elsewhere(owner, bucket):
    """RP-6."""
    ok(owner.put(bucket, "k", b"x"))
    response = ok(owner.get(bucket, "k", headers={"x-amz-request-payer": "requester"}))
    assert response.header("x-amz-request-charged") is None
