"""Keys are bytes to S3: nothing is normalised, resolved or cut."""

import pytest

from harness import expect
from harness.raw import RawClient

KEYS = [
    "plain", "with blank", " leading and trailing ", "plus+sign", "per%cent", "already%20encoded",
    "ünïcödé/日本語/😀.png", "e\u0301 is not \u00e9", "double//slash", "/leading", "trailing/", "//",
    ".", "..", "a/../b", "a/./b", "../../etc/passwd", "back\\slash", "question?mark", "hash#mark",
    "semi;colon", "amp&ersand", "equals=sign", "quote'\"", "<tag>", "colon:at@dollar$comma,",
    "(brackets)[square]{curly}", "tilde~caret^grave`pipe|", "asterisk*bang!", "UPPER", "upper",
    "acl", "?acl", "a\u0001control", "con", "nul.txt", "x" * 1024, "é" * 512,
]


@pytest.fixture(scope="module")
def shelf(buckets):
    """One bucket for all keys, so that one could overwrite another."""
    return buckets.default()


def test_every_key_is_its_own(s3, shelf):
    for key in KEYS:
        s3.put_object(Bucket=shelf, Key=key, Body=key.encode())
    for key in KEYS:
        assert s3.get_object(Bucket=shelf, Key=key)["Body"].read() == key.encode()
        assert s3.head_object(Bucket=shelf, Key=key)["ContentLength"] == len(key.encode())
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=shelf)["Contents"]]
    assert listed == sorted(KEYS, key=str.encode)


def test_every_key_can_be_deleted_alone(s3, buckets):
    shelf = buckets.default()
    for key in KEYS:
        s3.put_object(Bucket=shelf, Key=key, Body=b"x")
    for count, key in enumerate(KEYS, 1):
        s3.delete_object(Bucket=shelf, Key=key)
        assert s3.list_objects_v2(Bucket=shelf)["KeyCount"] == len(KEYS) - count


def test_every_key_can_be_deleted_in_a_batch(s3, buckets):
    shelf = buckets.default()
    expressible = [key for key in KEYS if "\u0001" not in key]  # XML 1.0 has no U+0001
    for key in expressible:
        s3.put_object(Bucket=shelf, Key=key, Body=b"x")
    answer = s3.delete_objects(
        Bucket=shelf, Delete={"Objects": [{"Key": key} for key in expressible]}
    )
    assert [entry["Key"] for entry in answer["Deleted"]] == expressible
    assert s3.list_objects_v2(Bucket=shelf)["KeyCount"] == 0


def test_more_than_1024_bytes_are_too_long(owner, bucket):
    for key in ("x" * 1025, "é" * 512 + "x"):
        expect.error(owner.put(bucket, key, b"x"), 400, "KeyTooLongError", "Your key is too long",
                     Size="1025", MaxSizeAllowed="1024")
        expect.error(owner.get(bucket, key), 400, "KeyTooLongError")
    assert owner.get(bucket, query="list-type=2").text("KeyCount") == "0"


@pytest.mark.parametrize("path", ["%ff", "a%c3", "%ed%a0%80"])
def test_keys_must_be_utf8(owner, bucket, path):
    answer = owner.to("PUT", f"/{bucket}/{path}", body=b"x")
    assert answer.status == 400 and answer.code in ("InvalidURI", "InvalidArgument"), answer


@pytest.mark.parametrize("path", ["%", "%4", "%zz"])
def test_percent_signs_must_introduce_a_byte(server, owner, bucket, path):
    answer = owner.to("PUT", f"/{bucket}/{path}", body=b"x")
    expect.error(answer, 400, "InvalidURI", "Couldn't parse the specified URI.")


def test_the_same_key_in_two_spellings(owner, bucket):
    """Percent-encoding is of the request, not of the key: `%41` is `A`, and `+` in a path is `+`."""
    expect.ok(owner.to("PUT", f"/{bucket}/A%2BB%20C", body=b"one"))
    assert expect.ok(owner.get(bucket, "A+B C")).body == b"one"
    keys = owner.get(bucket, query="list-type=2").texts("Contents/Key")
    assert keys == ["A+B C"]


def test_a_path_that_leaves_the_bucket_does_not(owner, other, server, bucket, buckets):
    """`/<bucket>/../<other>/k` is the key `../<other>/k` of the first bucket."""
    elsewhere = buckets.default()
    expect.ok(owner.put(elsewhere, "k", b"secret"))
    expect.error(owner.to("GET", f"/{bucket}/../{elsewhere}/k"), 404, "NoSuchKey",
                 Key=f"../{elsewhere}/k")
    nobody = RawClient(server.url, None)
    expect.denied(nobody.to("GET", f"/{bucket}/../{elsewhere}/k"))
