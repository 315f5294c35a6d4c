"""Seed 000 as an executable scenario: access-control.md §13, step by step."""

import pytest

from harness import expect, policies


@pytest.fixture(scope="module")
def bucket(buckets, owner):
    """Step 1: ACLs disabled, public read by policy, the policy flags of Block Public Access off."""
    name = buckets.default()
    buckets.set_public_access_block(
        name, BlockPublicAcls=True, IgnorePublicAcls=True,
        BlockPublicPolicy=False, RestrictPublicBuckets=False,
    )
    buckets.set_policy(name, policies.public_read(name))
    expect.ok(owner.put(name, "old.png", b"old"))
    return name


def test_the_whole_story(bucket, owner, anonymous):
    # 2 and 3: the application still sends an ACL.
    for canned in ("public-read", "private"):
        answer = owner.put(bucket, "new.png", b"new", headers={"x-amz-acl": canned})
        expect.not_supported(answer)
    # 4: it records success all the same; nothing is stored.
    assert owner.get(bucket, query="list-type=2").texts("Contents/Key") == ["old.png"]
    # 5: what was there before keeps being served.
    assert expect.ok(anonymous.get(bucket, "old.png")).body == b"old"
    # 6: the missing avatar looks forbidden to the public …
    expect.denied(anonymous.get(bucket, "new.png"), "Access Denied")
    expect.bodiless(anonymous.head(bucket, "new.png"), 403)
    # 7: … and missing to the application's own credentials.
    expect.bodiless(owner.head(bucket, "new.png"), 404)
    # 8: the diagnosis.
    controls = expect.ok(owner.get(bucket, query="ownershipControls"))
    assert controls.texts("Rule/ObjectOwnership") == ["BucketOwnerEnforced"]
    # 9 and 10: the fix, and the public sees it.
    expect.ok(owner.put(bucket, "new.png", b"new"))
    assert expect.ok(anonymous.get(bucket, "new.png")).body == b"new"
    # 11: the synthetic check.
    expect.ok(owner.put(bucket, "health/upload-check", b"ok"))
    expect.ok(owner.head(bucket, "health/upload-check"))
    expect.ok(owner.delete(bucket, "health/upload-check"), 204)


@pytest.mark.parametrize("flags", [
    {"BlockPublicPolicy": True}, {"BlockPublicPolicy": True, "RestrictPublicBuckets": True},
])
def test_the_recipe_needs_public_policies_to_be_allowed(buckets, owner, flags):
    """§4.7: the policy flags matter, the ACL flags do not."""
    name = buckets.default()
    buckets.set_public_access_block(name, **flags)
    fields = expect.denied(owner.document("PUT", name, "policy", policies.public_read(name)))
    assert "BlockPublicPolicy" in fields["Message"]


def test_restricting_the_bucket_closes_it_to_the_public(buckets, owner, anonymous):
    name = buckets.publicly_readable()
    expect.ok(owner.put(name, "k", b"x"))
    expect.ok(anonymous.get(name, "k"))
    buckets.set_public_access_block(name, RestrictPublicBuckets=True)
    expect.denied(anonymous.get(name, "k"))
    expect.ok(owner.get(name, "k"))
    buckets.set_public_access_block(name, RestrictPublicBuckets=False, BlockPublicAcls=True)
    expect.ok(anonymous.get(name, "k"))
