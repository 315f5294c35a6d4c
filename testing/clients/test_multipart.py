"""Multipart uploads through boto3."""

import hashlib
import io

import pytest
from boto3.s3.transfer import TransferConfig

from harness import expect
from harness.accounts import B
from harness.buckets import new_name

MIB = 1024 * 1024
PART = hashlib.shake_128(b"a part").digest(5 * MIB)
TAIL = b"the last part may be small"
NO_SUCH_UPLOAD = (
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
    "aborted or completed."
)


class Upload:
    """A multipart upload in progress."""

    def __init__(self, client, bucket, key="k", **more):
        self.client = client
        self.where = {"Bucket": bucket, "Key": key}
        self.id = client.create_multipart_upload(**self.where, **more)["UploadId"]

    def part(self, number, body) -> dict:
        put = self.client.upload_part(**self.where, UploadId=self.id, PartNumber=number, Body=body)
        return {"PartNumber": number, "ETag": put["ETag"]}

    def complete(self, parts, **more):
        return self.client.complete_multipart_upload(
            **self.where, UploadId=self.id, MultipartUpload={"Parts": parts}, **more
        )

    def abort(self):
        return self.client.abort_multipart_upload(**self.where, UploadId=self.id)

    def list(self, **more):
        return self.client.list_parts(**self.where, UploadId=self.id, **more)


def missing(client, where) -> None:
    with expect.client_error("404", 404):
        client.head_object(**where)


def test_upload_file_with_threads(s3, bucket, tmp_path):
    body = hashlib.shake_128(b"file").digest(20 * MIB + 3)
    path = tmp_path / "file"
    path.write_bytes(body)
    config = TransferConfig(
        multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4
    )
    s3.upload_file(str(path), bucket, "k", Config=config, ExtraArgs={"ContentType": "image/png"})
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentLength"], head["ContentType"]) == (len(body), "image/png")
    assert head["ETag"].endswith('-5"')
    fetched = io.BytesIO()
    s3.download_fileobj(bucket, "k", fetched, Config=config)
    assert hashlib.sha256(fetched.getvalue()).digest() == hashlib.sha256(body).digest()


def test_etag_is_the_md5_of_the_parts_md5s(s3, bucket):
    upload = Upload(s3, bucket, Metadata={"colour": "blue"}, ContentType="text/plain")
    parts = [upload.part(1, PART), upload.part(2, TAIL)]
    missing(s3, upload.where)  # invisible until it is complete
    answer = upload.complete(parts)
    digests = hashlib.md5(PART).digest() + hashlib.md5(TAIL).digest()
    assert answer["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    assert (answer["Bucket"], answer["Key"]) == (bucket, "k")
    stored = s3.get_object(**upload.where)
    assert stored["Body"].read() == PART + TAIL
    assert (stored["Metadata"], stored["ContentType"]) == ({"colour": "blue"}, "text/plain")
    assert stored["ETag"] == answer["ETag"]


def test_ranges_across_the_border_of_two_parts(s3, bucket):
    upload = Upload(s3, bucket)
    upload.complete([upload.part(1, PART), upload.part(2, TAIL)])
    border = len(PART)
    answer = s3.get_object(**upload.where, Range=f"bytes={border - 10}-{border + 9}")
    assert answer["Body"].read() == PART[-10:] + TAIL[:10]
    second = s3.get_object(**upload.where, PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (TAIL, 2)
    assert second["ContentRange"] == f"bytes {border}-{border + len(TAIL) - 1}/{border + len(TAIL)}"


def test_parts_in_any_order_with_gaps_and_overwrites(s3, bucket):
    upload = Upload(s3, bucket)
    last = upload.part(10_000, TAIL)
    upload.part(7, PART[::-1])
    again = upload.part(7, PART)
    unused = upload.part(8, b"never completed")
    assert [part["PartNumber"] for part in upload.list()["Parts"]] == [7, 8, 10_000]
    assert unused["PartNumber"] == 8
    upload.complete([again, last])
    assert s3.get_object(**upload.where)["Body"].read() == PART + TAIL


def test_part_listing(s3, bucket):
    upload = Upload(s3, bucket)
    sizes = {1: 11, 2: 22, 3: 33}
    etags = {number: upload.part(number, b"x" * size)["ETag"] for number, size in sizes.items()}
    answer = upload.list()
    assert {part["PartNumber"]: part["Size"] for part in answer["Parts"]} == sizes
    assert {part["PartNumber"]: part["ETag"] for part in answer["Parts"]} == etags
    assert answer["Initiator"]["ID"] == answer["Owner"]["ID"] == B.canonical_id  # ID-19, ID-20
    assert answer["UploadId"] == upload.id
    page = upload.list(MaxParts=2)
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 2)
    rest = upload.list(PartNumberMarker=2)
    assert [part["PartNumber"] for part in rest["Parts"]] == [3]


def test_upload_listing(s3, bucket):
    uploads = [Upload(s3, bucket, key) for key in ("b", "a", "dir/x", "dir/y", "b")]
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [entry["Key"] for entry in listed] == ["a", "b", "b", "dir/x", "dir/y"]
    assert {entry["UploadId"] for entry in listed} == {upload.id for upload in uploads}
    assert all(entry["Owner"]["ID"] == entry["Initiator"]["ID"] == B.canonical_id for entry in listed)
    folded = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [entry["Prefix"] for entry in folded["CommonPrefixes"]] == ["dir/"]
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    found = [entry["UploadId"] for page in pages for entry in page["Uploads"]]
    assert found == [entry["UploadId"] for entry in listed]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_abort_forgets_the_upload(s3, owner, bucket):
    upload = Upload(s3, bucket)
    part = upload.part(1, PART)
    assert upload.abort()["ResponseMetadata"]["HTTPStatusCode"] == 204
    for attempt in (upload.list, lambda: upload.part(2, TAIL), lambda: upload.complete([part])):
        with expect.client_error("NoSuchUpload", 404):
            attempt()
    missing(s3, upload.where)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    expect.error(
        owner.get(bucket, "k", f"uploadId={upload.id}"), 404, "NoSuchUpload", NO_SUCH_UPLOAD,
        UploadId=upload.id,
    )  # §6.8


@pytest.mark.parametrize("upload_id", ["never-was", "x" * 200, "..%2F..%2Fetc"])
def test_unknown_upload_ids(owner, bucket, upload_id):
    expect.error(owner.get(bucket, "k", f"uploadId={upload_id}"), 404, "NoSuchUpload", NO_SUCH_UPLOAD)
    answer = owner.put(bucket, "k", b"x", f"partNumber=1&uploadId={upload_id}")
    expect.error(answer, 404, "NoSuchUpload", NO_SUCH_UPLOAD)


def test_an_upload_id_is_good_for_its_own_key_only(s3, bucket, buckets):
    upload = Upload(s3, bucket)
    for where in ({"Bucket": bucket, "Key": "another"}, {"Bucket": buckets.default(), "Key": "k"}):
        with expect.client_error("NoSuchUpload", 404):
            s3.upload_part(**where, UploadId=upload.id, PartNumber=1, Body=b"x")


def test_parts_must_ascend(s3, bucket):
    upload = Upload(s3, bucket)
    one, two = upload.part(1, PART), upload.part(2, PART)
    with expect.client_error("InvalidPartOrder", 400):
        upload.complete([two, one])
    upload.complete([one, two])
    assert s3.head_object(**upload.where)["ContentLength"] == 2 * len(PART)


def test_only_the_last_part_may_be_small(s3, bucket):
    upload = Upload(s3, bucket)
    small, last = upload.part(1, b"too small"), upload.part(2, TAIL)
    with expect.client_error("EntityTooSmall", 400) as caught:
        upload.complete([small, last])
    detail = caught.value.response["Error"]
    assert (detail["ProposedSize"], detail["MinSizeAllowed"]) == ("9", str(5 * MIB))
    missing(s3, upload.where)


def test_a_part_that_was_never_sent_or_has_another_etag(s3, bucket):
    upload = Upload(s3, bucket)
    part = upload.part(1, PART)
    wrong = {"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}
    never = {"PartNumber": 2, "ETag": part["ETag"]}
    for parts in ([wrong], [part, never]):
        with expect.client_error("InvalidPart", 400):
            upload.complete(parts)
    missing(s3, upload.where)
    upload.complete([part])  # the upload survived the failed attempts


def test_completing_twice_changes_nothing(s3, bucket):
    """The second answer is a repeated success or NoSuchUpload; AWS documents the latter."""
    upload = Upload(s3, bucket)
    part = upload.part(1, TAIL)
    first = upload.complete([part])
    try:
        assert upload.complete([part])["ETag"] == first["ETag"]
    except s3.exceptions.NoSuchUpload as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert s3.get_object(**upload.where)["Body"].read() == TAIL


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x"])
def test_part_numbers_have_a_range(owner, s3, bucket, number):
    upload = Upload(s3, bucket)
    answer = owner.put(bucket, "k", b"x", f"partNumber={number}&uploadId={upload.id}")
    expect.error(answer, 400, "InvalidArgument", ArgumentName="partNumber")


def test_a_bucket_with_uploads_but_no_objects_can_be_deleted(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    Upload(s3, name).part(1, TAIL)
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=name)


def test_strangers_cannot_touch_an_upload(s3, other_s3, bucket):
    upload = Upload(s3, bucket)
    part = upload.part(1, TAIL)
    stranger = Upload.__new__(Upload)
    stranger.client, stranger.where, stranger.id = other_s3, upload.where, upload.id
    for attempt in (stranger.list, stranger.abort, lambda: stranger.part(1, b"x"),
                    lambda: stranger.complete([part])):
        with expect.client_error("AccessDenied", 403):
            attempt()
    with expect.client_error("AccessDenied", 403):
        other_s3.list_multipart_uploads(Bucket=bucket)
    upload.complete([part])


def test_anonymous_cannot_initiate(anonymous, buckets):
    """§8.6, TV-053: not even where everybody may write."""
    name = buckets.with_acl("public-read-write")
    expect.denied(
        anonymous.post(name, "k", query="uploads"),
        "Anonymous users cannot initiate multipart uploads.  Please authenticate.",
    )
