"""ListObjects and ListObjectsV2 through boto3."""

import pytest

from harness import expect
from harness.accounts import B

KEYS = [
    "a.txt", "b+c d%.txt", "photos/2024/cat.jpg", "photos/2024/dog.jpg", "photos/2025/ü.jpg",
    "photos/index", "z//double", "zz",
]


@pytest.fixture(scope="module")
def shelf(buckets, s3):
    """A bucket with a few keys."""
    name = buckets.default()
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


def keys_of(answer) -> list[str]:
    return [entry["Key"] for entry in answer.get("Contents", [])]


def prefixes_of(answer) -> list[str]:
    return [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])]


def test_order_is_that_of_utf8_bytes(s3, shelf):
    answer = s3.list_objects_v2(Bucket=shelf)
    assert keys_of(answer) == sorted(KEYS, key=str.encode)
    assert (answer["KeyCount"], answer["IsTruncated"], answer["MaxKeys"]) == (len(KEYS), False, 1000)
    assert answer["Name"] == shelf


def test_entries_say_what_head_says(s3, shelf):
    entry = s3.list_objects_v2(Bucket=shelf)["Contents"][0]
    head = s3.head_object(Bucket=shelf, Key="a.txt")
    assert (entry["ETag"], entry["Size"]) == (head["ETag"], head["ContentLength"])
    assert entry["StorageClass"] == "STANDARD"


def test_owner_is_always_in_v1_and_on_demand_in_v2(s3, shelf):
    """§1.4, ID-17."""
    assert s3.list_objects(Bucket=shelf)["Contents"][0]["Owner"] == {"ID": B.canonical_id}
    assert "Owner" not in s3.list_objects_v2(Bucket=shelf)["Contents"][0]
    fetched = s3.list_objects_v2(Bucket=shelf, FetchOwner=True)["Contents"][0]
    assert fetched["Owner"] == {"ID": B.canonical_id}


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_prefix_and_delimiter(s3, shelf, operation):
    listing = getattr(s3, operation)
    answer = listing(Bucket=shelf, Delimiter="/")
    assert keys_of(answer) == ["a.txt", "b+c d%.txt", "zz"]
    assert prefixes_of(answer) == ["photos/", "z/"]
    answer = listing(Bucket=shelf, Delimiter="/", Prefix="photos/")
    assert (keys_of(answer), prefixes_of(answer)) == (
        ["photos/index"], ["photos/2024/", "photos/2025/"],
    )
    assert keys_of(listing(Bucket=shelf, Prefix="photos/2024/")) == [
        "photos/2024/cat.jpg", "photos/2024/dog.jpg",
    ]
    assert keys_of(listing(Bucket=shelf, Prefix="nothing")) == []
    answer = listing(Bucket=shelf, Delimiter="to", Prefix="p")
    assert (keys_of(answer), prefixes_of(answer)) == ([], ["photo"])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 1000])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_of_v2_join_to_the_whole(s3, shelf, size, delimiter):
    pages = list(s3.get_paginator("list_objects_v2").paginate(
        Bucket=shelf, Delimiter=delimiter, PaginationConfig={"PageSize": size}
    ))
    whole = s3.list_objects_v2(Bucket=shelf, Delimiter=delimiter)
    assert [key for page in pages for key in keys_of(page)] == keys_of(whole)
    assert [prefix for page in pages for prefix in prefixes_of(page)] == prefixes_of(whole)
    assert all(page["KeyCount"] == len(keys_of(page)) + len(prefixes_of(page)) <= size for page in pages)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_of_v1_join_to_the_whole(s3, shelf, size, delimiter):
    pages = list(s3.get_paginator("list_objects").paginate(
        Bucket=shelf, Delimiter=delimiter, PaginationConfig={"PageSize": size}
    ))
    whole = s3.list_objects(Bucket=shelf, Delimiter=delimiter)
    assert [key for page in pages for key in keys_of(page)] == keys_of(whole)
    assert [prefix for page in pages for prefix in prefixes_of(page)] == prefixes_of(whole)


def test_next_marker_is_sent_with_a_delimiter_only(s3, shelf):
    assert s3.list_objects(Bucket=shelf, Delimiter="/", MaxKeys=3)["NextMarker"] == "photos/"
    assert "NextMarker" not in s3.list_objects(Bucket=shelf, MaxKeys=3)


def test_start_after_and_marker(s3, shelf):
    after = s3.list_objects_v2(Bucket=shelf, StartAfter="photos/2024/cat.jpg")
    assert keys_of(after)[0] == "photos/2024/dog.jpg"
    assert after["StartAfter"] == "photos/2024/cat.jpg"
    marked = s3.list_objects(Bucket=shelf, Marker="photos/2024/cat.jpg")
    assert (keys_of(marked)[0], marked["Marker"]) == ("photos/2024/dog.jpg", "photos/2024/cat.jpg")
    between = s3.list_objects_v2(Bucket=shelf, StartAfter="c")
    assert keys_of(between)[0] == "photos/2024/cat.jpg"


def test_start_after_inside_a_common_prefix(s3, shelf):
    answer = s3.list_objects_v2(Bucket=shelf, Delimiter="/", StartAfter="photos/2024/cat.jpg")
    assert prefixes_of(answer) == ["photos/", "z/"]


def test_max_keys_of_zero_and_beyond_the_limit(s3, shelf):
    nothing = s3.list_objects_v2(Bucket=shelf, MaxKeys=0)
    assert (keys_of(nothing), nothing["IsTruncated"]) == ([], False)
    assert s3.list_objects_v2(Bucket=shelf, MaxKeys=5000)["MaxKeys"] == 1000


@pytest.mark.parametrize("query", ["list-type=2&max-keys=-1", "list-type=2&max-keys=x", "max-keys=-1",
                                   "list-type=2&encoding-type=gzip"])
def test_bad_arguments(owner, shelf, query):
    expect.error(owner.get(shelf, query=query), 400, "InvalidArgument")


def test_bad_continuation_token(owner, shelf):
    answer = owner.get(shelf, query="list-type=2&continuation-token=not%20ours")
    expect.error(answer, 400, "InvalidArgument", ArgumentName="continuation-token")


def test_encoding_type_url(owner, shelf):
    """boto3 asks for it and decodes; the bytes on the wire show that it was done.

    A blank is `+` in a measurement on AWS of September 2026 and `%20` in older test suites; every SDK
    understands both. A plus sign must be encoded, or a client could not tell it from a blank.
    """
    answer = expect.ok(owner.get(shelf, query="list-type=2&encoding-type=url&delimiter=%2F"))
    first, odd, last = answer.texts("Contents/Key")
    assert (first, last) == ("a.txt", "zz")
    assert odd in ("b%2Bc+d%25.txt", "b%2Bc%20d%25.txt")
    assert (answer.text("Delimiter"), answer.text("EncodingType")) == ("/", "url")
    plain = expect.ok(owner.get(shelf, query="list-type=2&prefix=b"))
    assert plain.texts("Contents/Key") == ["b+c d%.txt"]
    assert plain.texts("EncodingType") == []


def test_keys_that_xml_must_escape(s3, bucket):
    keys = ['<&>"\'', "]]>", "tab\there", "new\nline"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert sorted(keys_of(s3.list_objects_v2(Bucket=bucket))) == sorted(keys)


def test_listing_needs_the_right_to_list(other, anonymous, owner, buckets):
    """A public GetObject policy opens no listing (seed 000)."""
    name = buckets.publicly_readable()
    for stranger in (other, anonymous):
        expect.denied(stranger.get(name))
        expect.denied(stranger.get(name, query="list-type=2"))
    expect.error(owner.get("no-such-bucket-of-anybody"), 404, "NoSuchBucket",
                 "The specified bucket does not exist", BucketName="no-such-bucket-of-anybody")
