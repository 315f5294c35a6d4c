"""IAM by the AWS CLI, unchanged, and what of it outlives a restart and `kill -9`."""

import json
import re

import pytest
from botocore.exceptions import ClientError

from harness import sdk
from harness.accounts import B, FIRST
from harness.aws_cli import Cli
from harness.iam import Administrator, allow, as_account, policy, unique

# AWS: IAM and AWS STS quotas, "Access keys assigned to each IAM user".
ACCESS_KEYS_MAX = 2


@pytest.fixture(scope="module", params=[1, 2], ids=["v1", "v2"])
def aws(request, server, tmp_path_factory):
    """Both command line clients; a missing one is a failure, `make test` installs them."""
    return Cli(request.param, server.url, tmp_path_factory.mktemp("home"))


def iam(aws: Cli, *arguments: str) -> dict:
    printed = aws("iam", *arguments, "--output", "json")
    return json.loads(printed) if printed else {}


def refused(aws: Cli, code: str, *arguments: str) -> str:
    """The message of a call that ends with this code."""
    printed = aws("iam", *arguments, status=aws.refused)
    assert f"An error occurred ({code}) when calling the " in printed, printed
    return re.search(r" operation(?: \(reached max retries: 0\))?: (.*)", printed).group(1)


def test_the_life_of_a_user(aws, server):
    name = unique("cli")
    named = ("--user-name", name)
    made = iam(aws, "create-user", *named, "--path", "/team/", "--tags", "Key=a,Value=b")["User"]
    assert made["Arn"] == f"arn:aws:iam::{B.account_id}:user/team/{name}"
    got = iam(aws, "get-user", *named)["User"]
    assert got == made and got["Tags"] == [{"Key": "a", "Value": "b"}]
    key = iam(aws, "create-access-key", *named)["AccessKey"]
    document = policy(allow("s3:ListAllMyBuckets"))
    arn = iam(aws, "create-policy", "--policy-name", unique("cli"), "--policy-document", document)["Policy"]["Arn"]
    iam(aws, "attach-user-policy", *named, "--policy-arn", arn)
    attached = iam(aws, "list-attached-user-policies", *named)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [arn]
    sdk.client(server.url, as_account(B, key)).list_buckets()
    listed = iam(aws, "list-users", "--path-prefix", "/team/")["Users"]
    assert name in [user["UserName"] for user in listed]
    message = refused(aws, "DeleteConflict", "delete-user", *named)
    assert message == "Cannot delete entity, must detach all policies first."
    refused(aws, "DeleteConflict", "delete-policy", "--policy-arn", arn)
    iam(aws, "detach-user-policy", *named, "--policy-arn", arn)
    assert "access keys" in refused(aws, "DeleteConflict", "delete-user", *named)
    iam(aws, "delete-access-key", *named, "--access-key-id", key["AccessKeyId"])
    iam(aws, "delete-user", *named)
    iam(aws, "delete-policy", "--policy-arn", arn)
    missing = refused(aws, "NoSuchEntity", "get-user", *named)
    assert missing == f"The user with name {name} cannot be found."


def test_the_usual_errors(aws):
    name = unique("errors")
    named = ("--user-name", name)
    iam(aws, "create-user", *named)
    message = refused(aws, "EntityAlreadyExists", "create-user", *named)
    assert message == f"User with name {name} already exists."
    refused(aws, "EntityAlreadyExists", "create-user", "--user-name", name.upper())
    for _ in range(ACCESS_KEYS_MAX):
        iam(aws, "create-access-key", *named)
    message = refused(aws, "LimitExceeded", "create-access-key", *named)
    assert message == f"Cannot exceed quota for AccessKeysPerUser: {ACCESS_KEYS_MAX}"
    put = ("put-user-policy", *named, "--policy-name", "p", "--policy-document")
    refused(aws, "MalformedPolicyDocument", *put, "{}")
    refused(aws, "MalformedPolicyDocument", *put, policy(allow("s3:*", Principal="*")))
    gone = f"arn:aws:iam::{B.account_id}:policy/{unique('gone')}"
    refused(aws, "NoSuchEntity", "attach-user-policy", *named, "--policy-arn", gone)
    refused(aws, "NoSuchEntity", "detach-user-policy", *named, "--policy-arn", gone)
    refused(aws, "NoSuchEntity", "delete-user", "--user-name", unique("nobody"))
    refused(aws, "ValidationError", "create-user", "--user-name", "a b")
    refused(aws, "NotImplemented", "create-login-profile", *named, "--password", "x")


def test_listings_of_many_pages(aws, server):
    path, names = f"/{unique('pages')}/", [unique("paged") for _ in range(7)]
    administrator = Administrator(server.url, B)
    for name in names:
        administrator.iam.create_user(UserName=name, Path=path)
    listing = ("list-users", "--path-prefix", path)
    paged = iam(aws, *listing, "--page-size", "3")
    assert sorted(user["UserName"] for user in paged["Users"]) == sorted(names)
    first = iam(aws, *listing, "--max-items", "5")
    rest = iam(aws, *listing, "--starting-token", first["NextToken"])
    assert (len(first["Users"]), len(rest["Users"])) == (5, 2)
    seen = {user["UserName"] for user in first["Users"] + rest["Users"]}
    assert seen == set(names)


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_iam_outlives_the_server(own_server, ending):
    """What was answered is there after a restart and after `kill -9`, what was removed is not."""
    administrator = Administrator(own_server.url, FIRST)
    iam = administrator.iam
    user, revoked = administrator.user(allow("s3:*")), administrator.user(allow("s3:*"))
    iam.create_group(GroupName="group")
    iam.add_user_to_group(GroupName="group", UserName=user.name)
    arn = administrator.managed_policy(allow("iam:GetUser"))
    iam.attach_group_policy(GroupName="group", PolicyArn=arn)
    trust = allow("sts:AssumeRole", Principal={"AWS": user.arn})
    del trust["Resource"]
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=policy(trust))
    user.s3.create_bucket(Bucket="outlives")
    iam.delete_access_key(UserName=revoked.name, AccessKeyId=revoked.key.access_key_id)
    before = iam.get_account_authorization_details()
    getattr(own_server, ending)()
    own_server.start()
    user.url = revoked.url = own_server.url
    iam = Administrator(own_server.url, FIRST).iam
    after = iam.get_account_authorization_details()
    for answer in (before, after):
        del answer["ResponseMetadata"]
    assert after == before
    assert [bucket["Name"] for bucket in user.s3.list_buckets()["Buckets"]] == ["outlives"]
    assert user.iam.get_user()["User"]["Arn"] == user.arn, "by the policy of the group"
    with pytest.raises(ClientError) as caught:
        revoked.s3.list_buckets()
    assert caught.value.response["Error"]["Code"] == "InvalidAccessKeyId"
