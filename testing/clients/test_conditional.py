"""Conditional reads and writes."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime

import pytest

from harness import expect

OTHER = '"00000000000000000000000000000000"'
PRECONDITION_FAILED = "At least one of the pre-conditions you specified did not hold"


def http_date(moment: datetime.datetime) -> str:
    return format_datetime(moment.astimezone(datetime.timezone.utc), usegmt=True)


@pytest.fixture
def stored(owner, s3, bucket):
    """A bucket with the object `k`, and that object's head."""
    expect.ok(owner.put(bucket, "k", b"stored"))
    return bucket, s3.head_object(Bucket=bucket, Key="k")


def conditions(head) -> list[tuple[dict[str, str], int]]:
    etag, modified = head["ETag"], head["LastModified"]
    earlier, later = modified - datetime.timedelta(hours=1), modified + datetime.timedelta(seconds=1)
    return [
        ({"If-Match": etag}, 200),
        ({"If-Match": etag.strip('"')}, 200),
        ({"If-Match": f"{OTHER}, {etag}"}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": OTHER}, 412),
        ({"If-None-Match": OTHER}, 200),
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-Modified-Since": http_date(earlier)}, 200),
        ({"If-Modified-Since": http_date(modified)}, 304),
        ({"If-Unmodified-Since": http_date(modified)}, 200),
        ({"If-Unmodified-Since": http_date(earlier)}, 412),
        # RFC 9110 §13.2.2, AWS GetObject: the entity tag is stronger than the date.
        ({"If-Match": etag, "If-Unmodified-Since": http_date(earlier)}, 200),
        ({"If-None-Match": etag, "If-Modified-Since": http_date(earlier)}, 304),
        ({"If-None-Match": OTHER, "If-Modified-Since": http_date(later)}, 200),
        ({"If-Modified-Since": "not a date"}, 200),
    ]


def test_conditional_reads(owner, stored):
    bucket, head = stored
    for headers, status in conditions(head):
        got, headed = owner.get(bucket, "k", headers=headers), owner.head(bucket, "k", headers=headers)
        assert (got.status, headed.status) == (status, status), headers
        if status == 200:
            assert got.body == b"stored", headers
        elif status == 304:
            assert got.body == b"" and got.header("ETag") == head["ETag"], headers
        else:
            expect.error(got, 412, "PreconditionFailed", PRECONDITION_FAILED, Condition=None)


def test_a_condition_reveals_nothing_to_strangers(anonymous, other, stored):
    """MinIO CVE-2024-36107: If-Modified-Since was answered before authorization."""
    bucket, head = stored
    for headers, _ in conditions(head):
        for stranger in (anonymous, other):
            expect.denied(stranger.get(bucket, "k", headers=headers))


def test_a_resumed_download_of_a_changed_object_starts_again(owner, stored):
    """RFC 9110 §13.1.5: If-Range that does not match makes the Range header void."""
    bucket, head = stored
    current = owner.get(bucket, "k", headers={"Range": "bytes=0-1", "If-Range": head["ETag"]})
    assert (current.status, current.body) == (206, b"st")
    changed = owner.get(bucket, "k", headers={"Range": "bytes=0-1", "If-Range": OTHER})
    assert (changed.status, changed.body) == (200, b"stored")


def test_create_only_if_absent(owner, bucket):
    absent = {"If-None-Match": "*"}
    expect.ok(owner.put(bucket, "k", b"first", headers=absent))
    expect.error(owner.put(bucket, "k", b"second", headers=absent), 412, "PreconditionFailed",
                 PRECONDITION_FAILED, Condition="If-None-Match")
    assert owner.get(bucket, "k").body == b"first"
    expect.ok(owner.delete(bucket, "k"), 204)
    expect.ok(owner.put(bucket, "k", b"third", headers=absent))


def test_overwrite_only_what_was_seen(owner, stored):
    bucket, head = stored
    seen = {"If-Match": head["ETag"]}
    expect.ok(owner.put(bucket, "k", b"newer", headers=seen))
    expect.error(owner.put(bucket, "k", b"newest", headers=seen), 412, "PreconditionFailed",
                 PRECONDITION_FAILED, Condition="If-Match")
    assert owner.get(bucket, "k").body == b"newer"
    expect.error(owner.put(bucket, "missing", b"x", headers=seen), 404, "NoSuchKey")


def test_only_one_of_many_concurrent_creators_wins(owner, bucket):
    def create(number):
        return owner.put(bucket, "k", f"{number}".encode(), headers={"If-None-Match": "*"}).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(create, range(16)))
    assert statuses.count(200) == 1, statuses
    assert all(status in (200, 409, 412) for status in statuses), statuses
    assert owner.get(bucket, "k").body == str(statuses.index(200)).encode()


def test_conditional_completion_of_an_upload(s3, owner, bucket):
    where = {"Bucket": bucket, "Key": "k"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"assembled")
    expect.ok(owner.put(bucket, "k", b"came first"))
    complete = {**where, "UploadId": upload,
                "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}
    with expect.client_error("PreconditionFailed", 412):
        s3.complete_multipart_upload(**complete, IfNoneMatch="*")
    assert owner.get(bucket, "k").body == b"came first"


def test_a_condition_that_writes_do_not_have(owner, bucket):
    """AWS: PutObject takes If-None-Match with `*` only; an entity tag is NotImplemented."""
    expect.error(
        owner.put(bucket, "k", b"x", headers={"If-None-Match": OTHER}), 501, "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        Header="If-None-Match",
    )
    expect.bodiless(owner.head(bucket, "k"), 404)
