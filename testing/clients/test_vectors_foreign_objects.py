"""Test vectors 081–091: objects of another owner (access-control.md §14.5)."""

import pytest

from harness import acls, expect, policies
from harness.accounts import A, B, C

OWN_A = acls.full_control(A.canonical_id)
OWN_B = acls.full_control(B.canonical_id)
WRITE = ["s3:PutObject", "s3:PutObjectAcl"]
FULL_CONTROL = {"x-amz-acl": "bucket-owner-full-control"}


def let_a_write(buckets, name, *more) -> str:
    buckets.allow(name, policies.allow(policies.account(A), WRITE, policies.objects_arn(name)), *more)
    return name


@pytest.fixture
def preferred(buckets):
    return let_a_write(buckets, buckets.preferred())


@pytest.fixture
def writers(buckets):
    return let_a_write(buckets, buckets.object_writer())


@pytest.fixture
def foreign(writers, other):
    """084: an ObjectWriter bucket with A's private object `k`."""
    expect.ok(other.put(writers, "k", b"theirs"))
    return writers


def test_tv_081_preferred_with_the_canned_acl(owner, other, preferred):
    expect.ok(other.put(preferred, "k", b"x", headers=FULL_CONTROL))
    assert acls.read(expect.ok(owner.get(preferred, "k", "acl"))) == acls.Acl(B.canonical_id, [OWN_B])
    expect.ok(owner.get(preferred, "k"))
    expect.denied(other.get(preferred, "k"))  # OWN-30: A keeps no implicit right


@pytest.mark.parametrize("headers", [{}, {"x-amz-acl": "private"}])
def test_tv_082_preferred_without_it(owner, other, preferred, headers):
    expect.ok(other.put(preferred, "k", b"x", headers=headers))
    assert acls.read(expect.ok(other.get(preferred, "k", "acl"))) == acls.Acl(A.canonical_id, [OWN_A])
    expect.denied(owner.get(preferred, "k"))


def test_tv_083_object_writer_keeps_the_writer(owner, other, writers):
    expect.ok(other.put(writers, "k", b"x", headers=FULL_CONTROL))
    expected = acls.Acl(A.canonical_id, [OWN_A, OWN_B])
    assert acls.read(expect.ok(other.get(writers, "k", "acl"))) == expected
    expect.ok(owner.get(writers, "k"))


def test_tv_084_the_bucket_owner_cannot_read(owner, other, foreign):
    expect.denied(owner.get(foreign, "k"))
    expect.bodiless(owner.head(foreign, "k"), 403)
    expect.denied(owner.get(foreign, "k", "acl"))
    expect.denied(owner.put(foreign, "k", query="acl", headers={"x-amz-acl": "bucket-owner-full-control"}))
    expect.ok(other.get(foreign, "k"))
    expect.ok(other.put(foreign, "k", query="acl", headers=FULL_CONTROL))  # OWN-34
    expect.ok(owner.get(foreign, "k"))


TAGS = f'<Tagging xmlns="{policies.S3_XMLNS}"><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'


def test_tv_085_tags_are_on_the_side_of_the_bucket_owner(owner, foreign):
    expect.ok(owner.get(foreign, "k", "tagging"))
    expect.ok(owner.put(foreign, "k", TAGS.encode(), query="tagging"))
    assert expect.ok(owner.get(foreign, "k", "tagging")).texts("TagSet/Tag/Key") == ["a"]
    expect.ok(owner.delete(foreign, "k", "tagging"), 204)


def test_tv_086_not_on_that_of_the_writer(other, foreign):
    expect.denied(other.get(foreign, "k", "tagging"))
    expect.denied(other.put(foreign, "k", TAGS.encode(), query="tagging"))
    expect.denied(other.delete(foreign, "k", "tagging"))


def test_tv_087_nor_copy(owner, foreign):
    expect.denied(owner.put(foreign, "copy", headers={"x-amz-copy-source": f"/{foreign}/k"}))


def test_tv_088_but_delete(owner, other, foreign):
    expect.ok(owner.delete(foreign, "k"), 204)
    expect.denied(other.get(foreign, "k"))  # gone, and A may not list (§7.2)


def test_tv_089_a_policy_does_not_cover_it(buckets, owner, third, foreign):
    let_a_write(buckets, foreign, policies.allow(
        policies.account(C), "s3:GetObject", policies.objects_arn(foreign)
    ))
    expect.denied(third.get(foreign, "k"))
    expect.ok(owner.put(foreign, "own", b"x"))
    expect.ok(third.get(foreign, "own"))


def test_tv_090_a_deny_does(buckets, other, foreign):
    let_a_write(buckets, foreign, policies.deny(
        policies.account(A), "s3:GetObject", policies.objects_arn(foreign)
    ))
    expect.denied(other.get(foreign, "k"))


def test_tv_091_a_policy_may_demand_the_canned_acl(buckets, other):
    name = buckets.preferred()
    buckets.allow(
        name,
        policies.allow(policies.account(A), WRITE, policies.objects_arn(name),
                       {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),
    )
    expect.denied(other.put(name, "k", b"x"))  # OWN-33
    expect.ok(other.put(name, "k", b"x", headers=FULL_CONTROL))


def test_own_31_multipart_owner_is_decided_at_initiation(owner, other_s3, arns, preferred):
    where = {"Bucket": preferred, "Key": "k"}
    upload = other_s3.create_multipart_upload(**where, ACL="bucket-owner-full-control")["UploadId"]
    part = other_s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x")
    assert other_s3.list_parts(**where, UploadId=upload)["Owner"]["ID"] == B.canonical_id
    assert other_s3.list_parts(**where, UploadId=upload)["Initiator"]["ID"] in (A.canonical_id, arns[A.name])
    other_s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]
    })
    assert acls.read(expect.ok(owner.get(preferred, "k", "acl"))) == acls.Acl(B.canonical_id, [OWN_B])


def test_own_32_switching_the_setting_touches_no_object(owner, other, buckets, foreign):
    buckets.set_ownership(foreign, "BucketOwnerPreferred")
    expect.denied(owner.get(foreign, "k"))
    assert acls.read(expect.ok(other.get(foreign, "k", "acl"))).owner == A.canonical_id
