"""Test vectors 064–080: BucketOwnerEnforced (access-control.md §14.4).

TV-068 is tested with the default of the switch
`boe_private_acl` (reject) and, on a server of its own, with `owner_equivalent`.
"""

import pytest

from harness import acls, expect, policies
from harness.accounts import A, B, FIRST
from harness.buckets import Buckets
from harness.raw import RawClient
from harness.server import Server

OWN = acls.full_control(B.canonical_id)
GRANT_TO_A = {"x-amz-grant-read": f'id="{A.canonical_id}"'}


def three_writes(client, bucket, headers):
    """PUT, CopyObject of `k` and CreateMultipartUpload with these ACL headers."""
    copy = headers | {"x-amz-copy-source": f"/{bucket}/k"}
    return [
        client.put(bucket, "put", b"x", headers=headers),
        client.put(bucket, "copy", headers=copy),
        client.post(bucket, "upload", query="uploads", headers=headers),
    ]


@pytest.fixture
def shelf(buckets, owner):
    """A BOE bucket without Block Public Access, with the object `k`; A may read and write there."""
    name = buckets.enforced()
    buckets.allow(name, policies.allow(
        policies.account(A), ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"], policies.objects_arn(name)
    ))
    expect.ok(owner.put(name, "k", b"x"))
    return name


@pytest.fixture
def foreign(buckets, other):
    """An ObjectWriter bucket of B with A's private object `k`; A may write there."""
    name = buckets.object_writer()
    buckets.allow(name, policies.allow(
        policies.account(A), ["s3:PutObject", "s3:PutObjectAcl"], policies.objects_arn(name)
    ))
    expect.ok(other.put(name, "k", b"theirs"))
    return name


def test_tv_064_public_read_is_refused(owner, shelf):
    expect.not_supported(owner.put(shelf, "new", b"x", headers={"x-amz-acl": "public-read"}))
    expect.bodiless(owner.head(shelf, "new"), 404)


def test_tv_065_no_acl_is_fine(owner, shelf):
    expect.ok(owner.put(shelf, "new", b"x"))


def test_tv_066_bucket_owner_full_control(owner, other, shelf):
    headers = {"x-amz-acl": "bucket-owner-full-control"}
    expect.ok(other.put(shelf, "new", b"x", headers=headers))
    assert acls.read(owner.get(shelf, "new", "acl")) == acls.Acl(B.canonical_id, [OWN])
    for answer in three_writes(owner, shelf, headers):
        expect.ok(answer)


def test_tv_067_the_equivalent_grant(owner, other, shelf):
    headers = {"x-amz-grant-full-control": f'id="{B.canonical_id}"'}
    expect.ok(other.put(shelf, "new", b"x", headers=headers))
    assert acls.read(owner.get(shelf, "new", "acl")) == acls.Acl(B.canonical_id, [OWN])
    for answer in three_writes(owner, shelf, headers):
        expect.ok(answer)


@pytest.mark.parametrize("canned", ["private", "bucket-owner-read"])
def test_tv_068_private_by_the_owner(owner, shelf, canned):
    for answer in three_writes(owner, shelf, {"x-amz-acl": canned}):
        expect.not_supported(answer)


def test_tv_069_private_by_another_account(other, shelf):
    for answer in three_writes(other, shelf, {"x-amz-acl": "private"}):
        expect.not_supported(answer)


@pytest.mark.parametrize("canned", ["authenticated-read", "public-read-write", "aws-exec-read", "public-read"])
def test_tv_070_other_canned_acls(owner, shelf, canned):
    """The vector is CreateMultipartUpload with `authenticated-read`; §3.5 says each on each."""
    for answer in three_writes(owner, shelf, {"x-amz-acl": canned}):
        expect.not_supported(answer)


@pytest.mark.parametrize("headers", [
    GRANT_TO_A,
    {"x-amz-grant-full-control": f'id="{B.canonical_id}", id="{A.canonical_id}"'},
    {"x-amz-grant-read": f'uri="{policies.ALL_USERS}"'},
    {"x-amz-grant-read": f'uri="{policies.LOG_DELIVERY}"'},
    {"x-amz-grant-read": f'id="{B.canonical_id}"'},
])
def test_tv_071_grants_to_others(owner, shelf, headers):
    """The vector is CopyObject with READ for A."""
    for answer in three_writes(owner, shelf, headers):
        expect.not_supported(answer)


def test_tv_072_private_bucket_acl(owner, shelf):
    expect.not_supported(owner.put(shelf, query="acl", headers={"x-amz-acl": "private"}))


def test_tv_073_object_acl_with_a_grant(owner, shelf):
    expect.not_supported(owner.put(shelf, "k", query="acl", headers=GRANT_TO_A))
    expect.not_supported(owner.put(shelf, "k", query="acl", headers={"x-amz-acl": "private"}))


def test_tv_074_acls_can_be_read(owner, shelf):
    for key in (None, "k"):
        assert acls.read(expect.ok(owner.get(shelf, key, "acl"))) == acls.Acl(B.canonical_id, [OWN])


def once_public(owner, buckets) -> str:
    name = buckets.object_writer()
    expect.ok(owner.put(name, "k", b"x", headers={"x-amz-acl": "public-read"}))
    buckets.set_ownership(name, "BucketOwnerEnforced")
    return name


def test_tv_075_stored_acls_are_suspended(owner, anonymous, buckets):
    name = once_public(owner, buckets)
    expect.denied(anonymous.get(name, "k"))  # OWN-21
    assert acls.read(owner.get(name, "k", "acl")).grants == [OWN]


def test_tv_076_and_come_back(owner, anonymous, buckets):
    name = once_public(owner, buckets)
    buckets.delete_ownership(name)
    expect.ok(anonymous.get(name, "k"))  # OWN-23
    assert acls.read(owner.get(name, "k", "acl")).grants == [OWN, (policies.ALL_USERS, "READ")]


def test_tv_077_the_bucket_owner_owns_everything(owner, buckets, foreign):
    expect.denied(owner.get(foreign, "k"))
    buckets.set_ownership(foreign, "BucketOwnerEnforced")
    assert expect.ok(owner.get(foreign, "k")).body == b"theirs"  # OWN-22
    assert acls.read(owner.get(foreign, "k", "acl")) == acls.Acl(B.canonical_id, [OWN])


def test_tv_078_until_the_setting_goes(owner, other, buckets, foreign):
    buckets.set_ownership(foreign, "BucketOwnerEnforced")
    buckets.delete_ownership(foreign)
    expect.denied(owner.get(foreign, "k"))
    expect.ok(other.get(foreign, "k"))  # its own object again


def test_tv_079_what_was_written_meanwhile_stays(owner, other, buckets, shelf):
    expect.ok(other.put(shelf, "new", b"x"))
    buckets.delete_ownership(shelf)
    expect.ok(owner.get(shelf, "new"))  # OWN-24
    assert acls.read(owner.get(shelf, "new", "acl")).owner == B.canonical_id


def test_tv_080_block_public_acls_speaks_first_on_acl_writes(owner, buckets, shelf):
    buckets.set_public_access_block(shelf, BlockPublicAcls=True)
    public = {"x-amz-acl": "public-read"}
    for key in (None, "k"):
        fields = expect.denied(owner.put(shelf, key, query="acl", headers=public))
        assert "BlockPublicAcls" in fields["Message"]
    expect.not_supported(owner.put(shelf, "new", b"x", headers=public))
    copy = public | {"x-amz-copy-source": f"/{shelf}/k"}
    expect.not_supported(owner.put(shelf, "new", headers=copy))  # §12.4
    expect.not_supported(owner.post(shelf, "new", query="uploads", headers=public))


def test_u_3_bucket_owner_full_control_as_object_acl(owner, shelf):
    """§3.6, switch `boe_put_object_acl_noop` at its default: accepted, changes nothing."""
    headers = {"x-amz-acl": "bucket-owner-full-control"}
    expect.ok(owner.put(shelf, "k", query="acl", headers=headers))
    document = policies.acl(B.canonical_id, policies.canonical_user(B.canonical_id, "FULL_CONTROL"))
    expect.ok(owner.document("PUT", shelf, "acl", document, key="k"))
    expect.not_supported(owner.document("PUT", shelf, "acl", document))


def test_own_25_policies_work_before_and_after(owner, other, buckets, shelf):
    expect.ok(other.get(shelf, "k"))
    for setting in ("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"):
        buckets.set_ownership(shelf, setting)
        expect.ok(other.get(shelf, "k"))


def test_tv_068_private_when_the_switch_says_so(tmp_path):
    """`boe_private_acl = owner_equivalent`: taken from B's principals, still refused to others."""
    server = Server(tmp_path, {"GRANTRY_SWITCHES_BOE_PRIVATE_ACL": "owner_equivalent"}).start()
    try:
        server.create_account(A)
        owner, other = RawClient(server.url, FIRST), RawClient(server.url, A)
        buckets = Buckets(owner)
        name = buckets.enforced()
        buckets.allow(name, policies.allow(
            policies.account(A), ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"], policies.objects_arn(name)
        ))
        expect.ok(owner.put(name, "k", b"x"))
        for canned in ("private", "bucket-owner-read"):
            for answer in three_writes(owner, name, {"x-amz-acl": canned}):
                expect.ok(answer)
            for answer in three_writes(other, name, {"x-amz-acl": canned}):
                expect.not_supported(answer)
    finally:
        server.kill()
