"""Objects through boto3: put, get, head, delete, batch delete, their metadata and headers."""

import datetime
import hashlib

import pytest

from harness import expect
from harness.accounts import A, B

CONTENT_HEADERS = {
    "CacheControl": "max-age=60, public",
    "ContentDisposition": "attachment; filename*=UTF-8''%C3%BC.txt",
    "ContentEncoding": "gzip",
    "ContentLanguage": "de, en",
    "ContentType": "text/plain; charset=utf-8",
}


def get(client, bucket, key, **more) -> bytes:
    return client.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


@pytest.mark.parametrize("size", [0, 1, 1023, 65536, 1024 * 1024 - 1, 1024 * 1024, 3 * 1024 * 1024 + 7])
def test_what_was_put_is_got(s3, bucket, size):
    """On both sides of the border between segment files and files of their own (1 MiB)."""
    body = hashlib.shake_128(str(size).encode()).digest(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    assert put["ETag"] == etag
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["Body"].read() == body
    assert (answer["ContentLength"], answer["ETag"]) == (size, etag)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentLength"], head["ETag"]) == (size, etag)


def test_last_modified_is_now_and_the_same_everywhere(s3, bucket):
    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert before <= modified <= datetime.datetime.now(datetime.timezone.utc)
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"]
    assert listed.replace(microsecond=0) == modified


def test_an_overwrite_replaces_body_metadata_and_headers(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old", Metadata={"a": "1"}, CacheControl="no-store")
    s3.put_object(Bucket=bucket, Key="k", Body=b"newer", Metadata={"b": "2"})
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["Body"].read() == b"newer"
    assert answer["Metadata"] == {"b": "2"}
    assert "CacheControl" not in answer


def test_metadata_and_content_headers_come_back(s3, bucket):
    expires = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    metadata = {"colour": "blue", "mixed-case": "Value With Blanks", "empty": ""}
    s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", Metadata=metadata, Expires=expires,
        WebsiteRedirectLocation="/elsewhere", **CONTENT_HEADERS,
    )
    for answer in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert answer["Metadata"] == metadata
        assert answer["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT"
        assert answer["WebsiteRedirectLocation"] == "/elsewhere"
        assert {name: answer[name] for name in CONTENT_HEADERS} == CONTENT_HEADERS


def test_content_type_has_a_default(owner, bucket):
    expect.ok(owner.put(bucket, "k", b"x"))
    assert owner.get(bucket, "k").header("Content-Type") == "binary/octet-stream"


def test_metadata_has_a_limit(s3, bucket):
    s3.put_object(Bucket=bucket, Key="fits", Body=b"x", Metadata={"k": "v" * 2047})
    with expect.client_error("MetadataTooLarge", 400):
        s3.put_object(Bucket=bucket, Key="over", Body=b"x", Metadata={"k": "v" * 2048})


def test_response_overrides_are_for_signed_requests_only(s3, owner, anonymous, buckets):
    """EVAL-10."""
    bucket = buckets.publicly_readable()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/plain")
    answer = s3.get_object(
        Bucket=bucket, Key="k", ResponseContentType="image/png", ResponseCacheControl="no-cache",
        ResponseContentDisposition="inline", ResponseContentLanguage="fr",
        ResponseContentEncoding="br",
    )
    names = ("ContentType", "CacheControl", "ContentDisposition", "ContentLanguage", "ContentEncoding")
    assert [answer[name] for name in names] == ["image/png", "no-cache", "inline", "fr", "br"]
    assert owner.get(bucket, "k").header("Content-Type") == "text/plain"
    expect.ok(anonymous.get(bucket, "k"))
    expect.error(
        anonymous.get(bucket, "k", "response-content-type=text%2Fhtml"), 400, "InvalidRequest",
        "Request specific response headers cannot be used for anonymous GET requests.",
    )


@pytest.mark.parametrize("header, expected, content_range", [
    ("bytes=0-0", b"0", "bytes 0-0/10"),
    ("bytes=2-5", b"2345", "bytes 2-5/10"),
    ("bytes=7-", b"789", "bytes 7-9/10"),
    ("bytes=-3", b"789", "bytes 7-9/10"),
    ("bytes=-30", b"0123456789", "bytes 0-9/10"),
    ("bytes=5-500", b"56789", "bytes 5-9/10"),
])
def test_ranges(s3, bucket, header, expected, content_range):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    answer = s3.get_object(Bucket=bucket, Key="k", Range=header)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (answer["Body"].read(), answer["ContentRange"]) == (expected, content_range)
    assert answer["ContentLength"] == len(expected)
    head = s3.head_object(Bucket=bucket, Key="k", Range=header)
    assert (head["ContentLength"], head["ContentRange"]) == (len(expected), content_range)


def test_a_range_of_a_large_object(s3, bucket):
    body = hashlib.shake_128(b"range").digest(5 * 1024 * 1024)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert get(s3, bucket, "k", Range="bytes=1048570-4194310") == body[1048570:4194311]


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_ranges_that_cannot_be_satisfied(owner, bucket, header):
    expect.ok(owner.put(bucket, "k", b"0123456789"))
    answer = owner.get(bucket, "k", headers={"Range": header})
    expect.error(answer, 416, "InvalidRange", "The requested range is not satisfiable",
                 RangeRequested=header, ActualObjectSize="10")


@pytest.mark.parametrize("header", ["lines=1-2", "bytes=5-2", "bytes=x-", "bytes"])
def test_ranges_that_mean_nothing_are_ignored(owner, bucket, header):
    expect.ok(owner.put(bucket, "k", b"0123456789"))
    assert expect.ok(owner.get(bucket, "k", headers={"Range": header})).body == b"0123456789"


def test_attributes(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789", ChecksumAlgorithm="SHA256")
    answer = s3.get_object_attributes(
        Bucket=bucket, Key="k",
        ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass", "ObjectParts"],
    )
    assert (answer["ETag"], answer["ObjectSize"]) == (put["ETag"].strip('"'), 10)
    assert answer["StorageClass"] == "STANDARD"
    assert answer["Checksum"] == {"ChecksumSHA256": put["ChecksumSHA256"], "ChecksumType": "FULL_OBJECT"}
    assert "ObjectParts" not in answer
    only = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectSize"])
    assert "ETag" not in only and only["ObjectSize"] == 10


def test_attributes_must_be_named(owner, bucket):
    expect.ok(owner.put(bucket, "k", b"x"))
    expect.error(
        owner.get(bucket, "k", "attributes"), 400, "InvalidRequest",
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either "
        "missing or empty",
    )
    nonsense = {"x-amz-object-attributes": "Nonsense"}
    expect.error(owner.get(bucket, "k", "attributes", nonsense), 400, "InvalidArgument")


def test_delete_is_idempotent(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for _ in range(2):
        assert s3.delete_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with expect.client_error("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="k")


def test_a_missing_key_is_named(owner, bucket):
    expect.error(owner.get(bucket, "no/such"), 404, "NoSuchKey",
                 "The specified key does not exist.", Key="no/such")
    expect.bodiless(owner.head(bucket, "no/such"), 404)


def test_batch_delete(s3, bucket):
    keys = [f"k{index}" for index in range(10)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in [*keys[:5], "missing"]]}
    )
    assert sorted(entry["Key"] for entry in answer["Deleted"]) == [*keys[:5], "missing"]  # EVAL-4
    assert "Errors" not in answer
    left = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert left == keys[5:]


def test_quiet_batch_delete_lists_only_errors(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}], "Quiet": True})
    assert "Deleted" not in answer and "Errors" not in answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_batch_delete_of_a_thousand_and_no_more(s3, bucket):
    thousand = [{"Key": f"k{index}"} for index in range(1000)]
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": thousand})["Deleted"]) == 1000
    with expect.client_error("MalformedXML", 400):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [*thousand, {"Key": "one too many"}]})


def test_batch_delete_by_somebody_else_fails_key_by_key(s3, other_s3, bucket):
    """EVAL-1, EVAL-2: the answer is 200, each key is refused for itself."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = other_s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "l"}]})
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [
        ("k", "AccessDenied"), ("l", "AccessDenied"),
    ]
    assert get(s3, bucket, "k") == b"x"


def test_expected_bucket_owner(s3, owner, bucket):
    """EBO-1…3, TV-142, TV-143."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ExpectedBucketOwner=B.account_id)
    name = "x-amz-expected-bucket-owner"
    expect.denied(owner.put(bucket, "k", b"y", headers={name: A.account_id}), "Access Denied")
    for bad in ("abcd", "0000", "0000000000020", "aa000000000$"):
        expect.error(
            owner.get(bucket, "k", headers={name: bad}), 400, "InvalidBucketOwnerAWSAccountID",
            f"The value of the expected bucket owner parameter must be an AWS Account ID... [{bad}]",
        )
    assert get(s3, bucket, "k") == b"x"


def test_everyone_else_is_kept_out_of_a_default_bucket(s3, other, anonymous, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for stranger in (other, anonymous):
        expect.denied(stranger.get(bucket, "k"))
        expect.bodiless(stranger.head(bucket, "k"), 403)
        expect.denied(stranger.put(bucket, "k", b"mine"))
        expect.denied(stranger.delete(bucket, "k"))
        expect.denied(stranger.get(bucket))
    assert get(s3, bucket, "k") == b"x"
