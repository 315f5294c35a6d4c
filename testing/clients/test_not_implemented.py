"""What Amazon has and this server lacks is 501, never another operation's success."""

import pytest

from harness import expect
from harness.buckets import new_name


BUCKET_QUERIES = {
    "GET": ["metadataConfiguration", "metadataTable", "session", "abac"],
    "PUT": ["abac"],
    "DELETE": ["metadataConfiguration", "metadataTable"],
    "POST": ["metadataConfiguration", "metadataTable"],
}
OBJECT_QUERIES = {
    "GET": ["torrent"],
    "PUT": ["renameObject", "encryption"],
    "POST": ["restore", "select&select-type=2"],
}


def rows(table):
    return [(method, query) for method, queries in table.items() for query in queries]


@pytest.fixture(scope="module")
def shelf(buckets, owner):
    """A bucket that must look the same after every request here."""
    name = buckets.default()
    expect.ok(owner.put(name, "k", b"kept", headers={"x-amz-meta-a": "1"}))
    return name


def unchanged(owner, shelf) -> None:
    answer = expect.ok(owner.get(shelf, "k"))
    assert (answer.body, answer.header("x-amz-meta-a")) == (b"kept", "1")
    assert expect.ok(owner.get(shelf, query="list-type=2")).texts("Contents/Key") == ["k"]


@pytest.mark.parametrize("method, query", rows(BUCKET_QUERIES))
def test_bucket_sub_resources(owner, shelf, method, query):
    answer = owner.request(method, shelf, query=query, body=b"<Any/>" if method in ("PUT", "POST") else b"")
    expect.error(answer, 501, "NotImplemented")
    unchanged(owner, shelf)


@pytest.mark.parametrize("method, query", rows(OBJECT_QUERIES))
def test_object_sub_resources(owner, shelf, method, query):
    answer = owner.request(method, shelf, "k", query, body=b"<Any/>" if method in ("PUT", "POST") else b"")
    expect.error(answer, 501, "NotImplemented")
    unchanged(owner, shelf)


def test_sub_resources_of_new_names_create_nothing(owner, shelf):
    """`PUT /new?versioning` is no CreateBucket and `PUT /b/new?tagging` no PutObject."""
    name = new_name()
    assert owner.put(name, body=b"<Any/>", query="versioning").status == 404
    expect.bodiless(owner.head(name), 404)
    assert owner.put(shelf, "new", b"<Tagging><TagSet/></Tagging>", query="tagging").status == 404
    expect.bodiless(owner.head(shelf, "new"), 404)


def test_delete_of_a_sub_resource_deletes_neither_bucket_nor_object(owner, buckets):
    empty = buckets.default()
    for query in BUCKET_QUERIES["DELETE"]:
        owner.delete(empty, query=query)
    expect.ok(owner.head(empty))


@pytest.mark.parametrize("headers", [
    {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2099-01-01T00:00:00Z"},
    {"x-amz-object-lock-legal-hold": "ON"},
])
def test_headers_that_promise_something_are_not_ignored(owner, shelf, headers):
    """A write that asks for protection and silently gets none would be a lie."""
    answer = owner.put(shelf, "promised", b"x", headers=headers)
    assert answer.status in (400, 501) and answer.code in ("NotImplemented", "InvalidRequest"), answer
    expect.bodiless(owner.head(shelf, "promised"), 404)


def test_strangers_learn_nothing_from_what_is_missing(other, anonymous, shelf, owner):
    for stranger in (other, anonymous):
        for method, query in (("PUT", "abac"), ("DELETE", "metadataTable"), ("GET", "metadataTable")):
            assert stranger.request(method, shelf, query=query).status in (403, 501)
    unchanged(owner, shelf)


BUCKET_METHODS_THAT_DO_NOT_EXIST = {
    "DELETE": ["acl", "location", "policyStatus", "versions", "uploads", "logging", "versioning",
               "notification", "requestPayment", "accelerate", "object-lock", "delete", "session"],
    "PUT": ["location", "policyStatus", "versions", "uploads", "delete", "session"],
}
OBJECT_METHODS_THAT_DO_NOT_EXIST = {
    "DELETE": ["acl", "attributes", "legal-hold", "retention", "torrent", "uploads", "restore", "select"],
    "PUT": ["attributes", "torrent", "uploads", "restore", "select"],
    "POST": ["acl", "attributes", "legal-hold", "retention", "tagging", "torrent"],
}


def refused(answer) -> None:
    assert (answer.status, answer.code) in ((405, "MethodNotAllowed"), (501, "NotImplemented")), answer


@pytest.mark.parametrize("method, query", rows(BUCKET_METHODS_THAT_DO_NOT_EXIST))
def test_sub_resource_of_a_bucket_with_a_wrong_method(owner, buckets, method, query):
    """`DELETE /bucket?acl` is no DeleteBucket, `PUT /new?location` no CreateBucket."""
    name = buckets.default() if method == "DELETE" else new_name()
    refused(owner.request(method, name, query=query))
    expect.ok(owner.head(name), 200 if method == "DELETE" else 404)


@pytest.mark.parametrize("method, query", rows(OBJECT_METHODS_THAT_DO_NOT_EXIST))
def test_sub_resource_of_an_object_with_a_wrong_method(owner, shelf, method, query):
    """`DELETE /b/k?acl` is no DeleteObject, `PUT /b/k?attributes` no PutObject."""
    expect.ok(owner.put(shelf, "k", b"kept", headers={"x-amz-meta-a": "1"}))
    refused(owner.request(method, shelf, "k", query, body=b"<Any/>" if method != "DELETE" else b""))
    unchanged(owner, shelf)
