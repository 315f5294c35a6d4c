"""CopyObject and UploadPartCopy through boto3."""

import hashlib

import pytest
from botocore.exceptions import ClientError

from harness import expect
from harness.buckets import new_name

ILLEGAL_SELF_COPY = (
    "This copy request is illegal because it is trying to copy an object to itself without changing "
    "the object's metadata, storage class, website redirect location or encryption attributes."
)


@pytest.fixture
def source(s3, bucket):
    """A bucket with the object `from` in it."""
    s3.put_object(Bucket=bucket, Key="from", Body=b"copied", ContentType="text/plain",
                  Metadata={"colour": "blue"})
    return bucket


def test_copy_takes_body_metadata_and_headers(s3, source):
    answer = s3.copy_object(Bucket=source, Key="to", CopySource={"Bucket": source, "Key": "from"})
    etag = f'"{hashlib.md5(b"copied").hexdigest()}"'
    assert answer["CopyObjectResult"]["ETag"] == etag
    copy = s3.get_object(Bucket=source, Key="to")
    assert copy["Body"].read() == b"copied"
    assert (copy["ContentType"], copy["Metadata"]) == ("text/plain", {"colour": "blue"})
    assert copy["LastModified"] == answer["CopyObjectResult"]["LastModified"].replace(microsecond=0)


def test_copy_with_replaced_metadata(s3, source):
    s3.copy_object(
        Bucket=source, Key="to", CopySource={"Bucket": source, "Key": "from"},
        MetadataDirective="REPLACE", Metadata={"shape": "round"}, ContentType="image/png",
    )
    copy = s3.head_object(Bucket=source, Key="to")
    assert (copy["ContentType"], copy["Metadata"]) == ("image/png", {"shape": "round"})


def test_copy_onto_itself_must_change_something(s3, owner, source):
    """§2.12."""
    answer = owner.put(source, "from", headers={"x-amz-copy-source": f"/{source}/from"})
    expect.error(answer, 400, "InvalidRequest", ILLEGAL_SELF_COPY)
    s3.copy_object(
        Bucket=source, Key="from", CopySource={"Bucket": source, "Key": "from"},
        MetadataDirective="REPLACE", Metadata={"new": "yes"},
    )
    assert s3.head_object(Bucket=source, Key="from")["Metadata"] == {"new": "yes"}
    assert s3.get_object(Bucket=source, Key="from")["Body"].read() == b"copied"


def test_copy_of_a_large_object_between_buckets(s3, source, buckets):
    body = hashlib.shake_128(b"large").digest(6 * 1024 * 1024)
    s3.put_object(Bucket=source, Key="large", Body=body)
    target = buckets.default()
    s3.copy_object(Bucket=target, Key="large", CopySource={"Bucket": source, "Key": "large"})
    s3.delete_object(Bucket=source, Key="large")
    assert s3.get_object(Bucket=target, Key="large")["Body"].read() == body


@pytest.mark.parametrize("key", ["a b+c%/ü", "two//slashes", "dots/../up", "q?x=1&y#z"])
def test_copy_source_with_odd_characters(s3, source, key):
    s3.put_object(Bucket=source, Key=key, Body=key.encode())
    s3.copy_object(Bucket=source, Key="to", CopySource={"Bucket": source, "Key": key})
    assert s3.get_object(Bucket=source, Key="to")["Body"].read() == key.encode()


def test_copy_of_something_missing(owner, bucket):
    expect.error(
        owner.put(bucket, "to", headers={"x-amz-copy-source": f"/{bucket}/missing"}),
        404, "NoSuchKey", Key="missing",
    )
    gone = new_name()
    expect.error(
        owner.put(bucket, "to", headers={"x-amz-copy-source": f"/{gone}/k"}),
        404, "NoSuchBucket", BucketName=gone,
    )


@pytest.mark.parametrize("bad", ["", "/", "nokey", "/only-bucket/", "%zz/k"])
def test_malformed_copy_sources(owner, bucket, bad):
    answer = owner.put(bucket, "to", headers={"x-amz-copy-source": bad})
    assert 400 <= answer.status < 500 and answer.code is not None, answer
    expect.bodiless(owner.head(bucket, "to"), 404)


def test_copy_needs_rights_on_both_sides(s3, other_s3, other, buckets, source):
    """§6.8: the destination's owner cannot read the source, the source's owner cannot write there."""
    theirs = new_name()
    other_s3.create_bucket(Bucket=theirs)
    with pytest.raises(ClientError) as caught:
        other_s3.copy_object(Bucket=theirs, Key="k", CopySource={"Bucket": source, "Key": "from"})
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    with expect.client_error("AccessDenied", 403):
        s3.copy_object(Bucket=theirs, Key="k", CopySource={"Bucket": source, "Key": "from"})
    expect.denied(
        other.put(theirs, "k", headers={"x-amz-copy-source": f"/{source}/missing"})
    )  # a missing source is hidden as well (§7.2)
    assert other_s3.list_objects_v2(Bucket=theirs)["KeyCount"] == 0


def test_anonymous_cannot_copy(anonymous, buckets, owner):
    """§8.6, even where it may write and read."""
    bucket = buckets.with_acl("public-read-write")
    expect.ok(owner.put(bucket, "from", b"x", headers={"x-amz-acl": "public-read"}))
    expect.denied(
        anonymous.put(bucket, "to", headers={"x-amz-copy-source": f"/{bucket}/from"}),
        "Anonymous users cannot copy objects. Please authenticate.",
    )


def test_conditional_copy(s3, source):
    etag = s3.head_object(Bucket=source, Key="from")["ETag"]
    what = {"Bucket": source, "Key": "to", "CopySource": {"Bucket": source, "Key": "from"}}
    s3.copy_object(**what, CopySourceIfMatch=etag)
    for condition in ({"CopySourceIfMatch": '"other"'}, {"CopySourceIfNoneMatch": etag}):
        with expect.client_error("PreconditionFailed", 412):
            s3.copy_object(**what, **condition)


def test_upload_part_copy_with_a_range(s3, source):
    body = hashlib.shake_128(b"part copy").digest(6 * 1024 * 1024)
    s3.put_object(Bucket=source, Key="large", Body=body)
    to = {"Bucket": source, "Key": "assembled"}
    upload = s3.create_multipart_upload(**to)["UploadId"]
    ranges = ["bytes=0-5242879", "bytes=5242880-6291455"]
    parts = []
    for number, span in enumerate(ranges, 1):
        copied = s3.upload_part_copy(
            **to, UploadId=upload, PartNumber=number, CopySourceRange=span,
            CopySource={"Bucket": source, "Key": "large"},
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(**to, UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(**to)["Body"].read() == body


def test_upload_part_copy_needs_the_right_to_read(other_s3, source):
    """The regression class of a part copy whose source is never authorized."""
    theirs = {"Bucket": new_name(), "Key": "k"}
    other_s3.create_bucket(Bucket=theirs["Bucket"])
    upload = other_s3.create_multipart_upload(**theirs)["UploadId"]
    with expect.client_error("AccessDenied", 403):
        other_s3.upload_part_copy(
            **theirs, UploadId=upload, PartNumber=1, CopySource={"Bucket": source, "Key": "from"}
        )
    assert "Parts" not in other_s3.list_parts(**theirs, UploadId=upload)
