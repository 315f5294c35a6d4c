"""Test vectors 092–101: Block Public Access (access-control.md §14.6).

094 is the run with users, 095 the one with roots. 102 stands in `test_s3control.py`.
"""

import pytest

from harness import acls, expect, policies
from harness.accounts import A, B

PAB = "publicAccessBlock"
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def put_policy(client, bucket, *statements):
    return client.document("PUT", bucket, "policy", policies.policy(*statements))


def public_from(bucket, addresses):
    return policies.allow("*", "s3:GetObject", policies.objects_arn(bucket),
                          {"IpAddress": {"aws:SourceIp": addresses}})


def is_public(client, bucket) -> bool:
    text = expect.ok(client.get(bucket, query="policyStatus")).text("IsPublic")
    return {"TRUE": True, "FALSE": False}[text.upper()]  # the letter case is not recorded (§4.5)


def test_tv_092_all_four_are_on(owner, bucket):
    answer = expect.ok(owner.get(bucket, query=PAB))
    names = [child.tag.rpartition("}")[2] for child in answer.xml]
    assert names == list(FLAGS)
    assert [answer.text(flag) for flag in FLAGS] == ["true"] * 4


def test_tv_093_delete_twice(owner, bucket):
    for _ in range(2):
        expect.ok(owner.delete(bucket, query=PAB), 204)
    expect.error(owner.get(bucket, query=PAB), 404, "NoSuchPublicAccessBlockConfiguration",
                 "The public access block configuration was not found", BucketName=bucket)


def test_tv_094_095_public_policies_are_blocked(owner, arns, bucket):
    answer = owner.document("PUT", bucket, "policy", policies.public_read(bucket))
    fields = expect.denied(answer)
    assert f"User: {arns[B.name]} is not authorized to perform: s3:PutBucketPolicy" in fields["Message"]
    assert f'on resource: "arn:aws:s3:::{bucket}"' in fields["Message"]
    assert "BlockPublicPolicy" in fields["Message"]  # BPA-15: for root as well
    expect.error(owner.get(bucket, query="policy"), 404, "NoSuchBucketPolicy")


def test_tv_096_a_policy_for_one_account_is_not_public(owner, bucket):
    statement = policies.allow(policies.account(A), "s3:GetObject", policies.objects_arn(bucket))
    expect.ok(put_policy(owner, bucket, statement), 204)


def test_tv_097_public_grants_are_ignored(owner, anonymous, buckets):
    name = buckets.object_writer()
    buckets.set_public_access_block(name, IgnorePublicAcls=True)
    expect.ok(owner.put(name, "k", b"x", headers={"x-amz-acl": "public-read"}))
    expect.denied(anonymous.get(name, "k"))
    assert acls.read(owner.get(name, "k", "acl")).grants == [acls.full_control(B.canonical_id)]  # ACL-18
    buckets.set_public_access_block(name, IgnorePublicAcls=False)
    expect.ok(anonymous.get(name, "k"))  # dormant, not gone (BPA-7)


def test_tv_098_restricted_public_buckets(owner, other, anonymous, buckets):
    name = buckets.enforced()
    expect.ok(owner.put(name, "k", b"x"))
    for_a = policies.allow(policies.account(A), "s3:GetObject", policies.objects_arn(name))
    for_all = policies.allow("*", "s3:GetObject", policies.objects_arn(name))
    buckets.allow(name, for_all, for_a)
    for client in (owner, other, anonymous):
        expect.ok(client.get(name, "k"))
    buckets.set_public_access_block(name, RestrictPublicBuckets=True)
    expect.denied(other.get(name, "k"))
    expect.denied(anonymous.get(name, "k"))
    expect.ok(owner.get(name, "k"))
    buckets.allow(name, for_a)  # §4.7: without the public statement A may again
    expect.ok(other.get(name, "k"))


def test_tv_099_a_narrow_address_range_is_not_public(owner, bucket):
    expect.ok(put_policy(owner, bucket, public_from(bucket, "203.0.113.0/24")), 204)
    assert is_public(owner, bucket) is False


def test_tv_100_half_the_internet_is(owner, buckets):
    name = buckets.enforced()
    expect.ok(put_policy(owner, name, public_from(name, "0.0.0.0/1")), 204)
    assert is_public(owner, name) is True


def test_tv_101_no_policy_has_no_status(owner, bucket):
    expect.error(owner.get(bucket, query="policyStatus"), 404, "NoSuchBucketPolicy",
                 "The bucket policy does not exist")


@pytest.mark.parametrize("make, public", [
    (lambda b: policies.allow("*", "s3:GetObject", policies.objects_arn(b)), True),
    (lambda b: policies.allow({"AWS": "*"}, "s3:GetObject", policies.objects_arn(b, "one-key")), True),
    (lambda b: policies.deny("*", "s3:GetObject", policies.objects_arn(b)), False),
    (lambda b: policies.allow({"CanonicalUser": A.canonical_id}, "s3:*", policies.objects_arn(b)), False),
    (lambda b: policies.allow("*", "s3:GetObject", policies.objects_arn(b),
                              {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}), False),
    (lambda b: policies.allow("*", "s3:GetObject", policies.objects_arn(b),
                              {"StringLike": {"aws:SourceVpc": "vpc-*"}}), True),
    (lambda b: policies.allow("*", "s3:GetObject", policies.objects_arn(b),
                              {"StringEquals": {"aws:PrincipalAccount": A.account_id}}), False),
    (lambda b: policies.allow("*", "s3:GetObject", policies.objects_arn(b),
                              {"StringNotEquals": {"aws:PrincipalAccount": A.account_id}}), True),
    (lambda b: policies.allow("*", "s3:GetObject", policies.objects_arn(b),
                              {"IpAddress": {"aws:SourceIp": "10.0.0.0/7"}}), True),
    (lambda b: policies.allow("*", "s3:GetObject", policies.objects_arn(b),
                              {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), False),
])
def test_what_counts_as_public(owner, buckets, make, public):
    """§4.4, BPA-10…BPA-15."""
    name = buckets.enforced()
    expect.ok(put_policy(owner, name, make(name)), 204)
    assert is_public(owner, name) is public
    guarded = buckets.default()
    answer = put_policy(owner, guarded, make(guarded))
    assert answer.status == (403 if public else 204), answer


def test_block_public_acls_on_every_write_path(owner, buckets):
    """§4.6, in an ACL bucket."""
    name = buckets.object_writer()
    expect.ok(owner.put(name, "k", b"x"))
    buckets.set_public_access_block(name, BlockPublicAcls=True)
    for headers in ({"x-amz-acl": "public-read"}, {"x-amz-acl": "authenticated-read"},
                    {"x-amz-grant-read": f'uri="{policies.ALL_USERS}"'}):
        refused = [
            owner.put(name, query="acl", headers=headers), owner.put(name, "k", query="acl", headers=headers),
            owner.put(name, "new", b"x", headers=headers), owner.post(name, "new", query="uploads", headers=headers),
            owner.put(name, "new", headers=headers | {"x-amz-copy-source": f"/{name}/k"}),
        ]
        for answer in refused:
            assert "BlockPublicAcls" in expect.denied(answer)["Message"]
    for headers in ({"x-amz-acl": "private"}, {"x-amz-acl": "bucket-owner-full-control"},
                    {"x-amz-grant-read": f'id="{A.canonical_id}"'}, {"x-amz-acl": "aws-exec-read"}):
        expect.ok(owner.put(name, "fine", b"x", headers=headers))  # §4.7
    expect.bodiless(owner.head(name, "new"), 404)


def test_an_existing_public_acl_stays_effective(owner, anonymous, buckets):
    """§4.1: BlockPublicAcls looks at writes only."""
    name = buckets.object_writer()
    expect.ok(owner.put(name, "k", b"x", headers={"x-amz-acl": "public-read"}))
    buckets.set_public_access_block(name, BlockPublicAcls=True)
    expect.ok(anonymous.get(name, "k"))
