"""Test vectors 034–063: ACLs stored and obeyed (access-control.md §14.3).

The second half of 058 stands in `test_vectors_users.py`.
"""

import pytest

from harness import acls, expect, policies
from harness.accounts import A, ANONYMOUS_CANONICAL_ID, B
from harness.raw import send
from harness.sigv4 import sign_headers

OWN = acls.full_control(B.canonical_id)


def acl_of(client, bucket, key=None) -> acls.Acl:
    return acls.read(expect.ok(client.get(bucket, key, "acl")))


def set_canned(client, bucket, canned, key=None):
    return client.put(bucket, key, query="acl", headers={"x-amz-acl": canned})


def batch_delete(client, bucket, *keys):
    objects = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    return expect.ok(client.document("POST", bucket, "delete", f"<Delete>{objects}</Delete>"))


@pytest.fixture
def shelf(buckets):
    """An ACL bucket with ObjectWriter."""
    return buckets.object_writer()


@pytest.fixture
def readable(buckets, owner):
    """A public-read bucket with the private object `k`."""
    name = buckets.with_acl("public-read")
    expect.ok(owner.put(name, "k", b"x"))
    return name


@pytest.fixture
def writable(buckets, owner):
    """A public-read-write bucket with B's object `k`."""
    name = buckets.with_acl("public-read-write")
    expect.ok(owner.put(name, "k", b"x"))
    return name


def test_tv_034_public_read_bucket(owner, shelf):
    expect.ok(set_canned(owner, shelf, "public-read"))
    assert acl_of(owner, shelf) == acls.Acl(B.canonical_id, [OWN, (policies.ALL_USERS, "READ")])


def test_tv_035_public_read_write_object(owner, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-acl": "public-read-write"}))
    assert acl_of(owner, shelf, "k").grants == [
        OWN, (policies.ALL_USERS, "READ"), (policies.ALL_USERS, "WRITE"),
    ]


def test_tv_036_authenticated_read_object(owner, shelf):
    expect.ok(owner.put(shelf, "k", b"x"))
    expect.ok(set_canned(owner, shelf, "authenticated-read", "k"))
    assert acl_of(owner, shelf, "k").grants == [OWN, (policies.AUTHENTICATED_USERS, "READ")]


def only_log_delivery(owner, shelf):
    headers = {"x-amz-grant-read": f'uri="{policies.LOG_DELIVERY}"'}
    expect.ok(owner.put(shelf, query="acl", headers=headers))


def test_tv_037_grants_replace_everything(owner, shelf):
    only_log_delivery(owner, shelf)
    assert acl_of(owner, shelf) == acls.Acl(B.canonical_id, [(policies.LOG_DELIVERY, "READ")])  # ACL-7


def test_tv_038_the_owner_keeps_its_acl_rights(owner, shelf):
    only_log_delivery(owner, shelf)
    expect.ok(set_canned(owner, shelf, "private"))
    assert acl_of(owner, shelf).grants == [OWN]


def test_tv_039_identical_grants_are_kept(owner, shelf):
    grant = policies.canonical_user(A.canonical_id, "READ")
    expect.ok(owner.document("PUT", shelf, "acl", policies.acl(B.canonical_id, grant, grant)))
    assert acl_of(owner, shelf).grants == [(A.canonical_id, "READ")] * 2  # ACL-5


def test_tv_040_no_grants_at_all(owner, shelf):
    expect.ok(owner.document("PUT", shelf, "acl", policies.acl(B.canonical_id)))
    assert acl_of(owner, shelf) == acls.Acl(B.canonical_id, [])


def test_tv_041_public_read_object(owner, anonymous, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-acl": "public-read"}))
    assert expect.ok(anonymous.get(shelf, "k")).body == b"x"
    expect.ok(anonymous.head(shelf, "k"))


def test_tv_042_read_does_not_include_tags(owner, anonymous, buckets):
    name = buckets.object_writer()
    expect.ok(owner.put(name, "k", b"x", headers={"x-amz-acl": "public-read"}))
    expect.ok(anonymous.get(name, "k"))
    expect.denied(anonymous.get(name, "k", "tagging"))


def test_tv_043_a_public_bucket_makes_no_object_public(anonymous, readable):
    expect.denied(anonymous.get(readable, "k"))  # ACL-1


def test_tv_044_a_public_bucket_can_be_listed(anonymous, readable):
    for query in ("", "list-type=2"):
        assert expect.ok(anonymous.get(readable, query=query)).texts("Contents/Key") == ["k"]
    expect.ok(anonymous.head(readable))


def test_tv_045_a_readable_bucket_is_not_writable(anonymous, owner, readable):
    expect.denied(anonymous.put(readable, "new", b"x"))
    expect.bodiless(owner.head(readable, "new"), 404)


def test_tv_046_a_readable_bucket_is_not_erasable(anonymous, owner, readable):
    expect.denied(anonymous.delete(readable, "k"))
    expect.ok(owner.head(readable, "k"))


def test_tv_047_anonymous_objects_belong_to_nobody(anonymous, writable):
    expect.ok(anonymous.put(writable, "new", b"x"))
    acl = acl_of(anonymous, writable, "new")
    assert acl == acls.Acl(ANONYMOUS_CANONICAL_ID, [acls.full_control(ANONYMOUS_CANONICAL_ID)])


def test_tv_048_the_bucket_owner_cannot_read_them(anonymous, owner, writable):
    expect.ok(anonymous.put(writable, "new", b"x"))
    expect.denied(owner.get(writable, "new"))
    expect.bodiless(owner.head(writable, "new"), 403)
    expect.ok(anonymous.get(writable, "new"))  # §2.13


def test_tv_049_nobody_cannot_change_an_acl(anonymous, writable):
    expect.ok(anonymous.put(writable, "new", b"x"))
    expect.denied(set_canned(anonymous, writable, "public-read", "new"),
                  "Anonymous users cannot invoke this API. Please authenticate.")


def test_tv_050_the_bucket_owner_may_delete_them(anonymous, owner, writable):
    expect.ok(anonymous.put(writable, "new", b"x"))
    expect.ok(owner.delete(writable, "new"), 204)  # ACL-35
    expect.error(anonymous.get(writable, "new"), 404, "NoSuchKey")


def test_tv_051_nobody_cannot_change_the_bucket_acl(anonymous, owner, writable):
    expect.denied(set_canned(anonymous, writable, "private"))
    assert len(acl_of(owner, writable).grants) == 3


def test_tv_052_write_is_no_read_acp(anonymous, writable):
    expect.denied(anonymous.get(writable, query="acl"))


def test_tv_053_nobody_cannot_initiate_uploads(anonymous, writable):
    expect.denied(anonymous.post(writable, "new", query="uploads"),
                  "Anonymous users cannot initiate multipart uploads.  Please authenticate.")


def test_tv_054_no_upload_over_a_foreign_key(other, writable):
    expect.denied(other.post(writable, "k", query="uploads"))  # ACL-31
    expect.ok(other.post(writable, "new", query="uploads"))


def test_tv_055_no_put_over_a_foreign_key(other, owner, writable):
    expect.denied(other.put(writable, "k", b"mine"))  # ACL-33
    assert owner.get(writable, "k").body == b"x"
    for _ in range(2):
        expect.ok(other.put(writable, "own", b"mine"))


def test_tv_056_batch_delete_by_nobody(anonymous, owner, writable):
    expect.ok(owner.put(writable, "k1", b"x", headers={"x-amz-acl": "public-read-write"}))
    expect.ok(anonymous.put(writable, "k2", b"x"))
    answer = batch_delete(anonymous, writable, "k1", "k2")
    assert answer.texts("Deleted/Key") == ["k2"]
    assert (answer.texts("Error/Key"), answer.texts("Error/Code")) == (["k1"], ["AccessDenied"])
    expect.ok(owner.get(writable, "k1"))


def test_tv_057_authenticated_read(owner, other, anonymous, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-acl": "authenticated-read"}))
    expect.ok(other.get(shelf, "k"))
    expect.denied(anonymous.get(shelf, "k"))


def test_tv_058_read_for_one_account(owner, other, third, anonymous, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-grant-read": f'id="{A.canonical_id}"'}))
    expect.ok(other.get(shelf, "k"))
    for stranger in (third, anonymous):
        expect.denied(stranger.get(shelf, "k"))


def test_tv_059_listing_for_one_account(owner, other, third, shelf):
    expect.ok(owner.put(shelf, "k", b"x"))
    expect.ok(owner.put(shelf, query="acl", headers={"x-amz-grant-read": f'id="{A.canonical_id}"'}))
    assert expect.ok(other.get(shelf)).texts("Contents/Key") == ["k"]
    expect.denied(other.get(shelf, "k"))
    expect.denied(third.get(shelf))


def test_tv_060_a_copy_does_not_inherit_the_acl(owner, anonymous, shelf):
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-acl": "public-read"}))
    expect.ok(owner.put(shelf, "copy", headers={"x-amz-copy-source": f"/{shelf}/k"}))
    assert acl_of(owner, shelf, "copy").grants == [OWN]  # ACL-12
    expect.denied(anonymous.get(shelf, "copy"))


def test_an_overwrite_resets_the_acl(owner, anonymous, shelf):
    """ACL-13."""
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-acl": "public-read"}))
    expect.ok(owner.put(shelf, "k", b"y"))
    assert acl_of(owner, shelf, "k").grants == [OWN]
    expect.denied(anonymous.get(shelf, "k"))


def test_order_of_the_grant_headers(owner, shelf):
    """ACL-51."""
    ids = f'id="{A.canonical_id}"'
    names = ("full-control", "write-acp", "read-acp", "write", "read")
    expect.ok(owner.put(shelf, query="acl", headers={f"x-amz-grant-{name}": ids for name in names}))
    assert acl_of(owner, shelf).grants == [
        (A.canonical_id, permission)
        for permission in ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
    ]


def test_several_grantees_in_one_header(owner, shelf):
    """§2.8; quotes are optional."""
    value = f'id={A.canonical_id} , uri="{policies.ALL_USERS}",id="{B.canonical_id}"'
    expect.ok(owner.put(shelf, "k", b"x", headers={"x-amz-grant-read": value}))
    assert acl_of(owner, shelf, "k").grants == [
        (A.canonical_id, "READ"), (policies.ALL_USERS, "READ"), (B.canonical_id, "READ"),
    ]


def test_read_acp_and_write_acp_for_another_account(owner, other, third, shelf):
    grants = {"x-amz-grant-read-acp": f'id="{A.canonical_id}"', "x-amz-grant-write-acp": f'id="{A.canonical_id}"'}
    expect.ok(owner.put(shelf, "k", b"x", headers=grants))
    assert len(acl_of(other, shelf, "k").grants) == 2
    expect.denied(other.get(shelf, "k"))
    expect.ok(set_canned(other, shelf, "public-read", "k"))
    expect.ok(third.get(shelf, "k"))
    expect.denied(third.get(shelf, "k", "acl"))
    assert acl_of(owner, shelf, "k").owner == B.canonical_id  # ACL-11


def test_a_header_only_acl_needs_neither_length_nor_checksum(owner, shelf):
    """ACL-68."""
    target = f"/{shelf}?acl"
    headers = sign_headers(B, "PUT", owner.url + target, {"Host": owner.host, "x-amz-acl": "public-read"})
    assert "Content-Length" not in headers
    expect.ok(send(owner.address, "PUT", target, headers))
    assert acl_of(owner, shelf).grants == [OWN, (policies.ALL_USERS, "READ")]


@pytest.fixture
def marked(owner, buckets):
    """061: a versioned ACL bucket whose key `k` is deleted; its name and the delete marker's id."""
    name = buckets.object_writer()
    status = f'<VersioningConfiguration xmlns="{policies.S3_XMLNS}"><Status>Enabled</Status></VersioningConfiguration>'
    expect.ok(owner.document("PUT", name, "versioning", status))
    expect.ok(owner.put(name, "k", b"x"))
    return name, expect.ok(owner.delete(name, "k"), 204).header("x-amz-version-id")


def test_tv_061_the_acl_of_a_delete_marker_cannot_be_set(owner, marked):
    name, marker = marked
    for query in ("acl", f"acl&versionId={marker}"):
        expect.error(owner.put(name, "k", query=query, headers={"x-amz-acl": "private"}), 405, "MethodNotAllowed",
                     "The specified method is not allowed against this resource.",
                     Method="PUT", ResourceType="DeleteMarker")


def test_tv_062_nor_read_without_naming_it(owner, marked):
    name, _ = marked
    expect.error(owner.get(name, "k", "acl"), 404, "NoSuchKey", "The specified key does not exist.", Key="k")


def test_tv_063_nor_by_naming_it(owner, marked):
    name, marker = marked
    expect.error(owner.get(name, "k", f"acl&versionId={marker}"), 405, "MethodNotAllowed",
                 "The specified method is not allowed against this resource.",
                 Method="GET", ResourceType="DeleteMarker")
