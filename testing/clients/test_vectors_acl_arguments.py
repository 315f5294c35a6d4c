"""Test vectors 018–033: ACL argument errors (access-control.md §14.2).

All on a default bucket: each must win over "The bucket does not allow ACLs".
"""

import pytest

from harness import acls, expect, policies
from harness.accounts import A, B

FAKE_GROUP = "http://acs.amazonaws.com/groups/s3/FakeGroup"
SCHEMA = "The XML you provided was not well-formed or did not validate against our published schema"
OWN_GRANT = policies.canonical_user(B.canonical_id, "FULL_CONTROL")


@pytest.fixture(scope="module")
def shelf(buckets, owner):
    """A default bucket with the object `k`; ACL errors must leave both as they are."""
    name = buckets.default()
    expect.ok(owner.put(name, "k", b"kept"))
    yield name
    assert owner.get(name, "k").body == b"kept"
    for key in (None, "k"):
        acl = acls.read(expect.ok(owner.get(name, key, "acl")))
        assert acl == acls.Acl(B.canonical_id, [acls.full_control(B.canonical_id)])


def put_acl(owner, bucket, headers, key=None):
    return owner.put(bucket, key, query="acl", headers=headers)


def put_acl_xml(owner, bucket, text, key=None, headers=None):
    return owner.document("PUT", bucket, "acl", text, key=key, headers=headers or {})


def unknown_canned(response):
    expect.error(response, 400, "InvalidArgument", "", ArgumentName="x-amz-acl", ArgumentValue="fake-acl")


def both_kinds(response):
    expect.error(response, 400, "InvalidRequest",
                 "Specifying both Canned ACLs and Header Grants is not allowed")


BOTH = {"x-amz-acl": "private", "x-amz-grant-read": f'id="{A.canonical_id}"'}


def test_tv_018_unknown_canned_acl_on_the_bucket(owner, shelf):
    unknown_canned(put_acl(owner, shelf, {"x-amz-acl": "fake-acl"}))


def test_tv_019_unknown_canned_acl_on_a_put(owner, shelf):
    unknown_canned(owner.put(shelf, "k", b"new", headers={"x-amz-acl": "fake-acl"}))


def test_tv_020_unknown_group(owner, shelf):
    answer = put_acl(owner, shelf, {"x-amz-grant-write": f'uri="{FAKE_GROUP}"'})
    expect.error(answer, 400, "InvalidArgument", "Invalid group uri", ArgumentName="uri",
                 ArgumentValue=FAKE_GROUP)


def test_tv_021_unknown_grantee_key(owner, shelf):
    answer = put_acl(owner, shelf, {"x-amz-grant-write": 'fakekey="1234"'})
    expect.error(answer, 400, "InvalidArgument", "Argument format not recognized",
                 ArgumentName="x-amz-grant-write", ArgumentValue='fakekey="1234"')


def test_tv_022_bad_grantee_id(owner, shelf):
    answer = put_acl(owner, shelf, {"x-amz-grant-write": 'id="wrong-id"'}, "k")
    expect.error(answer, 400, "InvalidArgument", "Invalid id", ArgumentName="id", ArgumentValue="wrong-id")


def test_tv_023_no_owner(owner, shelf):
    expect.error(put_acl_xml(owner, shelf, policies.acl(None, OWN_GRANT)), 400, "MalformedACLError", SCHEMA)


def test_tv_024_bad_permission(owner, shelf):
    grant = policies.canonical_user(B.canonical_id, "WRONG-PERMISSION")
    answer = put_acl_xml(owner, shelf, policies.acl(B.canonical_id, grant))
    expect.error(answer, 400, "MalformedACLError", SCHEMA)


def test_tv_025_bad_owner_id(owner, shelf):
    answer = put_acl_xml(owner, shelf, policies.acl("wrong-id", OWN_GRANT), "k")
    expect.error(answer, 400, "InvalidArgument", "Invalid id", ArgumentName="CanonicalUser/ID",
                 ArgumentValue="wrong-id")


def test_tv_026_unknown_group_in_xml(owner, shelf):
    grant = policies.group(FAKE_GROUP, "WRITE")
    answer = put_acl_xml(owner, shelf, policies.acl(B.canonical_id, grant), "k")
    expect.error(answer, 400, "InvalidArgument", "Invalid group uri", ArgumentName="Group/URI",
                 ArgumentValue=FAKE_GROUP)


def test_tv_027_bad_grantee_type(owner, shelf):
    grant = policies.canonical_user(B.canonical_id, "READ", xsi_type="BadType")
    answer = put_acl_xml(owner, shelf, policies.acl(B.canonical_id, grant), "k")
    expect.error(answer, 400, "MalformedACLError", SCHEMA)


def test_tv_028_neither_header_nor_body(owner, shelf):
    expect.error(put_acl(owner, shelf, {}), 400, "MissingSecurityHeader",
                 "Your request was missing a required header", MissingHeaderName="x-amz-acl")


def test_tv_029_canned_and_grants_on_the_bucket(owner, shelf):
    both_kinds(put_acl(owner, shelf, BOTH))


def test_tv_030_canned_and_grants_on_a_put(owner, shelf):
    both_kinds(owner.put(shelf, "k", b"new", headers=BOTH))


def test_tv_031_header_and_body(owner, shelf):
    answer = put_acl_xml(owner, shelf, policies.acl(B.canonical_id, OWN_GRANT), "k", {"x-amz-acl": "private"})
    expect.error(answer, 400, "UnexpectedContent", "This request does not support content")


def test_tv_032_a_hundred_grants_and_no_more(owner, buckets):
    name = buckets.object_writer()
    expect.ok(put_acl_xml(owner, name, policies.acl(B.canonical_id, *[OWN_GRANT] * 100)))
    assert len(acls.read(owner.get(name, query="acl")).grants) == 100
    answer = put_acl_xml(owner, name, policies.acl(B.canonical_id, *[OWN_GRANT] * 101))
    expect.error(answer, 400, "MalformedACLError", SCHEMA)


def test_tv_033_email_grantees_are_gone(owner, shelf):
    message = "The specified method is not allowed against this resource."
    in_header = put_acl(owner, shelf, {"x-amz-grant-read": 'emailAddress="somebody@example.org"'}, "k")
    expect.error(in_header, 405, "MethodNotAllowed", message)
    document = policies.acl(B.canonical_id, policies.email("somebody@example.org", "READ"))
    expect.error(put_acl_xml(owner, shelf, document, "k"), 405, "MethodNotAllowed", message)


@pytest.mark.parametrize("document", [
    "<AccessControlPolicy/>", "not xml",
    f"<AccessControlPolicy xmlns='{policies.S3_XMLNS}'><Unknown/></AccessControlPolicy>",
    policies.acl(B.canonical_id, policies.canonical_user(B.canonical_id, "READ", "Canonical User")),
])
def test_documents_that_do_not_fit_the_schema(owner, shelf, document):
    """ACL-E8, ACL-E10, ACL-60."""
    answer = put_acl_xml(owner, shelf, document)
    assert (answer.status, answer.code) in ((400, "MalformedACLError"), (400, "MalformedXML")), answer


def test_a_foreign_but_valid_owner(owner, buckets):
    """ACL-63 (inferred, U-4)."""
    name = buckets.object_writer()
    expect.denied(put_acl_xml(owner, name, policies.acl(A.canonical_id, OWN_GRANT)))
