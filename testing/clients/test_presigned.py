"""Presigned URLs as an application hands them out: made by boto3, used by requests."""

import datetime

import pytest
import requests

from harness import expect, policies, sdk
from harness.accounts import A, B
from harness.raw import RawClient
from harness.sigv4 import now, presign


def url_of(s3, operation, expires=300, **parameters) -> str:
    return s3.generate_presigned_url(operation, Params=parameters, ExpiresIn=expires)


@pytest.fixture(scope="module")
def v4(server):
    """boto3 presigns with version 2 unless it is told otherwise."""
    return sdk.client(server.url, B, signature_version="s3v4")


def test_get_and_head(v4, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a b+ü", Body=b"shared", ContentType="text/plain")
    answer = requests.get(url_of(v4, "get_object", Bucket=bucket, Key="a b+ü"), timeout=30)
    assert (answer.status_code, answer.content) == (200, b"shared")
    assert answer.headers["Content-Type"] == "text/plain"
    head = requests.head(url_of(v4, "head_object", Bucket=bucket, Key="a b+ü"), timeout=30)
    assert (head.status_code, head.headers["Content-Length"]) == (200, "6")


def test_get_with_overrides(v4, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = url_of(v4, "get_object", Bucket=bucket, Key="k",
                 ResponseContentDisposition='attachment; filename="a b.txt"')
    answer = requests.get(url, timeout=30)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a b.txt"'


def test_put(v4, s3, bucket):
    url = url_of(v4, "put_object", Bucket=bucket, Key="k")
    answer = requests.put(url, data=b"uploaded", headers={"Content-Type": "text/css"}, timeout=30)
    assert answer.status_code == 200, answer.text  # an unsigned Content-Type is accepted (§8.3)
    stored = s3.get_object(Bucket=bucket, Key="k")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"uploaded", "text/css")


def test_signed_metadata_must_be_sent_as_signed(v4, s3, bucket):
    url = url_of(v4, "put_object", Bucket=bucket, Key="k", Metadata={"colour": "blue"})
    name = "x-amz-meta-colour"
    assert requests.put(url, data=b"x", headers={name: "blue"}, timeout=30).status_code == 200
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"colour": "blue"}
    for headers in ({name: "red"}, {}):
        assert requests.put(url, data=b"y", headers=headers, timeout=30).status_code == 403
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_url_is_for_one_method_key_and_bucket(v4, owner, buckets, s3, bucket, server):
    for key in ("k", "l"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    url = url_of(v4, "get_object", Bucket=bucket, Key="k")
    assert requests.get(url, timeout=30).status_code == 200
    spoiled = [
        requests.put(url, data=b"mine", timeout=30), requests.delete(url, timeout=30),
        requests.get(url.replace("/k?", "/l?"), timeout=30),
        requests.get(url + "&versionId=null", timeout=30),
        requests.get(url.replace("X-Amz-Expires=300", "X-Amz-Expires=301"), timeout=30),
        requests.get(url[:-1] + ("0" if url[-1] != "0" else "1"), timeout=30),
    ]
    assert [answer.status_code for answer in spoiled] == [403] * len(spoiled)
    assert all("<Code>SignatureDoesNotMatch</Code>" in answer.text for answer in spoiled)
    assert owner.get(bucket, "k").body == b"x"


def test_a_url_has_the_rights_of_its_signer_at_the_time_of_use(buckets, owner, other, anonymous):
    """§8.4, last paragraph."""
    bucket = buckets.default()
    expect.ok(owner.put(bucket, "k", b"x"))
    url = presign(A, "GET", f"{owner.url}/{bucket}/k")
    assert requests.get(url, timeout=30).status_code == 403
    buckets.allow(bucket, policies.allow(policies.account(A), "s3:GetObject", policies.objects_arn(bucket)))
    assert requests.get(url, timeout=30).content == b"x"
    expect.ok(owner.delete(bucket, query="policy"), 204)
    assert requests.get(url, timeout=30).status_code == 403


def test_list_and_multipart_by_url(v4, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = requests.put(
        url_of(v4, "upload_part", Bucket=bucket, Key="k", UploadId=upload, PartNumber=1),
        data=b"part", timeout=30,
    )
    assert part.status_code == 200, part.text
    s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part.headers["ETag"]}]},
    )
    listing = requests.get(url_of(v4, "list_objects_v2", Bucket=bucket, Prefix="k"), timeout=30)
    assert "<Key>k</Key>" in listing.text


def test_a_week_is_the_longest_lifetime_and_a_clock_may_differ(s3, bucket, owner):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = f"{owner.url}/{bucket}/k"
    week = 604800
    old = now() - datetime.timedelta(seconds=week - 60)
    ahead = now() + datetime.timedelta(minutes=10)  # inside the 15 minutes of §8.3
    for made in (presign(B, "GET", url, expires_seconds=week, at=old), presign(B, "GET", url, at=ahead)):
        assert requests.get(made, timeout=30).content == b"x"


def test_an_acl_in_a_url_counts(buckets, owner, v4):
    """§8.4: `x-amz-acl` is honoured when it is signed; in a bucket without ACLs it is refused."""
    enforced = buckets.enforced()
    url = url_of(v4, "put_object", Bucket=enforced, Key="k", ACL="public-read")
    answer = requests.put(url, data=b"x", headers={"x-amz-acl": "public-read"}, timeout=30)
    assert "<Code>AccessControlListNotSupported</Code>" in answer.text
    writers = buckets.object_writer()
    url = url_of(v4, "put_object", Bucket=writers, Key="k", ACL="public-read")
    answer = requests.put(url, data=b"x", headers={"x-amz-acl": "public-read"}, timeout=30)
    assert answer.status_code == 200, answer.text
    expect.ok(RawClient(owner.url, None).get(writers, "k"))
