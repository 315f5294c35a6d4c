"""Test vectors whose caller is an IAM user without any policy (access-control.md §14.3, §14.8, §14.9).

The second half of 058, 116 to 120 and 128. What the user is not told is compared with what it is
told once it has a policy, so that no refusal is one for another reason.
"""

import pytest

from harness import expect, policies
from harness.accounts import A, B
from harness.iam import Administrator, allow, policy
from harness.raw import RawClient

ATTRIBUTES = {"x-amz-object-attributes": "ETag,ObjectSize"}


class Limited(RawClient):
    """Requests of a user that has no policy yet."""

    def __init__(self, administrator: Administrator):
        self.user = administrator.user()
        self.arn = self.user.arn
        self.administrator = administrator
        super().__init__(administrator.url, self.user.key)

    def attach(self, *statements: dict) -> None:
        self.administrator.iam.put_user_policy(
            UserName=self.user.name, PolicyName="attached", PolicyDocument=policy(*statements))

    def denied(self, response, action: str, resource: str) -> None:
        """Within the account the refusal says what is missing (§8.5)."""
        expect.denied(response, f'User: {self.arn} is not authorized to perform: {action} on resource: "{resource}" '
                                f"because no identity-based policy allows the {action} action")


@pytest.fixture
def limited(server):
    """B-lim: a user of B without policies."""
    return Limited(Administrator(server.url, B))


@pytest.fixture
def foreign(server):
    """A user of A without policies."""
    return Limited(Administrator(server.url, A))


@pytest.fixture
def shelf(owner, buckets):
    """A default bucket with the object `k`."""
    name = buckets.default()
    expect.ok(owner.put(name, "k", b"x"))
    return name


def object_arn(bucket: str, key: str = "k") -> str:
    return f"{policies.bucket_arn(bucket)}/{key}"


def test_tv_058_a_grant_to_the_account_is_not_one_to_its_users(owner, buckets, foreign):
    name = buckets.object_writer()
    expect.ok(owner.put(name, "k", b"x", headers={"x-amz-grant-read": f'id="{A.canonical_id}"'}))
    expect.denied(foreign.get(name, "k"), "Access Denied")
    foreign.attach(allow("s3:GetObject", object_arn(name)))
    assert expect.ok(foreign.get(name, "k")).body == b"x"


def test_tv_116_a_user_without_policies_may_nothing(limited, shelf):
    arn = object_arn(shelf)
    limited.denied(limited.get(shelf, "k"), "s3:GetObject", arn)
    limited.denied(limited.get(shelf, "k", "acl"), "s3:GetObjectAcl", arn)
    limited.denied(limited.get(shelf, "k", "tagging"), "s3:GetObjectTagging", arn)
    expect.denied(limited.get(shelf, "k", "attributes", ATTRIBUTES))
    expect.bodiless(limited.head(shelf, "k"), 403)
    limited.attach(allow("s3:Get*", arn))
    assert expect.ok(limited.get(shelf, "k")).body == b"x"
    for query, headers in (("acl", None), ("tagging", None), ("attributes", ATTRIBUTES)):
        expect.ok(limited.get(shelf, "k", query, headers))


def test_tv_117_the_bucket_policy_alone_suffices_in_its_account(buckets, limited, shelf):
    buckets.allow(shelf, policies.allow({"AWS": limited.arn}, "s3:GetObject", policies.objects_arn(shelf)))
    assert expect.ok(limited.get(shelf, "k")).body == b"x"
    expect.denied(limited.put(shelf, "k", b"y"))


def test_tv_118_the_account_as_principal_only_delegates(buckets, limited, shelf):
    buckets.allow(shelf, policies.allow({"AWS": B.root_arn}, "s3:GetObject", policies.objects_arn(shelf)))
    limited.denied(limited.get(shelf, "k"), "s3:GetObject", object_arn(shelf))
    limited.attach(allow("s3:GetObject", object_arn(shelf)))
    assert expect.ok(limited.get(shelf, "k")).body == b"x"


def test_tv_119_another_account_must_allow_its_user_too(buckets, foreign, shelf):
    buckets.allow(shelf, policies.allow(policies.account(A), "s3:GetObject", policies.objects_arn(shelf)))
    expect.denied(foreign.get(shelf, "k"))
    foreign.attach(allow("s3:GetObject", object_arn(shelf)))
    assert expect.ok(foreign.get(shelf, "k")).body == b"x"


def test_tv_120_everybody_is_not_a_user_who_may_nothing(owner, buckets, foreign, anonymous):
    name = buckets.publicly_readable()
    expect.ok(owner.put(name, "k", b"x"))
    expect.denied(foreign.get(name, "k"))
    assert expect.ok(anonymous.get(name, "k")).body == b"x"
    foreign.attach(allow("s3:GetObject", object_arn(name)))
    expect.ok(foreign.get(name, "k"))


def test_tv_121_a_deny_of_the_bucket_beats_an_allow_of_the_user(buckets, limited, shelf):
    limited.attach(allow("s3:*"))
    expect.ok(limited.get(shelf, "k"))
    buckets.allow(shelf, policies.deny({"AWS": limited.arn}, "s3:GetObject", policies.objects_arn(shelf)))
    expect.denied(limited.get(shelf, "k"), f'User: {limited.arn} is not authorized to perform: s3:GetObject on resource: '
                                           f'"{object_arn(shelf)}" with an explicit deny in a resource-based policy')


def test_tv_128_a_missing_key_is_denied_to_who_may_not_list(limited, shelf):
    for query, headers in (("", None), ("acl", None), ("attributes", ATTRIBUTES)):
        expect.denied(limited.get(shelf, "missing", query, headers))
    expect.bodiless(limited.head(shelf, "missing"), 403)
    limited.attach(allow(["s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes"], object_arn(shelf, "*")))
    expect.denied(limited.get(shelf, "missing"))
    limited.attach(allow(["s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes"], object_arn(shelf, "*")),
                   allow("s3:ListBucket", policies.bucket_arn(shelf)))
    for query, headers in (("", None), ("acl", None), ("attributes", ATTRIBUTES)):
        expect.error(limited.get(shelf, "missing", query, headers), 404, "NoSuchKey", Key="missing")
    expect.bodiless(limited.head(shelf, "missing"), 404)
