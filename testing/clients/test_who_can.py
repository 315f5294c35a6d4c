"""`grantry who-can`: what it says of everybody is what everybody meets."""

import json

import pytest

from harness import sdk
from harness.accounts import A, B, C, FIRST
from harness.expect import ok
from harness.iam import Administrator, allow, deny, unique
from harness.raw import RawClient


def who_can(server, action: str, target: str) -> dict:
    done = server.command("who-can", action, target, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def row(report: dict, who: str, action: str | None = None) -> dict | None:
    """What the report says of somebody."""
    found = [
        row for row in report["rows"]
        if row["who"] == who and (action is None or row["action"] == action)
    ]
    assert len(found) <= 1, found
    return found[0] if found else None


EVERYONE = "everyone, without signing"
ANY_ACCOUNT = "every AWS account"


@pytest.fixture
def administrator(server):
    return Administrator(server.url, B)


def test_a_private_bucket_belongs_to_its_account(server, buckets, administrator):
    bucket = buckets.default()
    reader = administrator.user(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/photos/*"))
    stranger = administrator.user(allow("s3:GetObject", "arn:aws:s3:::elsewhere/*"))
    report = who_can(server, "read", bucket)
    assert row(report, B.root_arn)["allowed"] == "always"
    assert row(report, B.root_arn)["keys"] == "all"
    assert row(report, EVERYONE) is None and row(report, ANY_ACCOUNT) is None
    assert row(report, stranger.arn) is None
    found = row(report, reader.arn)
    assert found["keys"] == "some"
    assert found["ways"] == [
        {"keys": ["key is like photos/*"], "conditions": [], "example": found["ways"][0]["example"]}
    ]
    assert found["ways"][0]["example"].startswith("photos/")
    assert found["paths"] == ["inline policy inline, statement 1"]
    assert not found["public"] and not found["cross_account"]
    # Below the prefix it is everything, beside it nothing.
    assert row(who_can(server, "read", f"{bucket}/photos/2024/*"), reader.arn)["keys"] == "all"
    assert row(who_can(server, "read", f"{bucket}/other/*"), reader.arn) is None


def test_conditions_and_denies_of_a_policy_are_told(server, buckets):
    bucket = buckets.enforced()
    objects = f"arn:aws:s3:::{bucket}/*"
    address = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    buckets.allow(
        bucket,
        {"Sid": "Office", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": objects, "Condition": address},
        {"Sid": "Secret", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/secret/*"},
        {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
         "Resource": objects, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    )
    report = who_can(server, "read", bucket)
    found = row(report, EVERYONE)
    assert found["allowed"] == "sometimes" and found["keys"] == "some"
    (way,) = found["ways"]
    assert way["keys"] == ["key is not like secret/*"]
    assert sorted(way["conditions"]) == [
        "aws:SecureTransport is not false", "aws:SourceIp in 203.0.113.0/24",
    ]
    assert any("Secret" in cut for cut in found["cut_by"]), found
    assert any("Tls" in cut for cut in found["cut_by"]), found
    assert any("Office" in path for path in found["paths"]), found
    # Tied to fixed addresses, the policy is not public in Amazon's sense.
    assert not found["public"] and not report["policy_is_public"]
    assert row(who_can(server, "read", f"{bucket}/secret/*"), EVERYONE) is None
    text = server.command("who-can", "read", bucket).stdout
    assert "only if key is not like secret/*" in text, text


def test_public_and_cross_account_access_is_flagged(server, buckets):
    bucket = buckets.publicly_readable()
    report = who_can(server, "read", bucket)
    assert report["policy_is_public"]
    assert row(report, EVERYONE)["public"]
    assert row(report, ANY_ACCOUNT)["public"] and row(report, ANY_ACCOUNT)["cross_account"]
    assert "PUBLIC" in server.command("who-can", "read", bucket).stdout
    assert row(who_can(server, "write", bucket), EVERYONE) is None
    # RestrictPublicBuckets keeps strangers out.
    buckets.set_public_access_block(bucket, RestrictPublicBuckets=True)
    report = who_can(server, "read", bucket)
    assert row(report, EVERYONE) is None and row(report, ANY_ACCOUNT) is None
    assert any(note.startswith("RestrictPublicBuckets") for note in report["notes"])


def test_grants_and_foreign_objects(server, buckets, owner, other):
    bucket = buckets.with_acl("public-read-write")
    ok(owner.put(bucket, "plain", b"x"))
    ok(owner.put(bucket, "open", b"x", headers={"x-amz-acl": "public-read"}))
    ok(other.put(bucket, "foreign", b"x"))
    report = who_can(server, "read", bucket)
    everyone = row(report, EVERYONE)
    assert everyone["keys"] == "none" and everyone["public"]
    assert [(one["allowed"], one["examples"]) for one in everyone["objects"]] == [("always", ["open"])]
    foreign = row(report, A.root_arn)
    assert {"foreign", "open"} == {key for one in foreign["objects"] for key in one["examples"]}
    # The bucket owner cannot read what another account wrote.
    own = row(report, B.root_arn)
    assert [(one["allowed"], one["examples"]) for one in own["objects"] if one["allowed"] == "never"] == [
        ("never", ["foreign"])
    ]
    assert row(who_can(server, "list", bucket), EVERYONE)["paths"] == ["bucket ACL: READ for AllUsers"]
    assert row(who_can(server, "read", f"{bucket}/open"), EVERYONE)["allowed"] == "always"
    assert row(who_can(server, "read", f"{bucket}/plain"), EVERYONE) is None


def test_groups_roles_and_boundaries_are_the_path(server, buckets, administrator):
    bucket = buckets.default()
    everything = f"arn:aws:s3:::{bucket}/*"
    group, role = unique("group"), unique("role")
    iam = administrator.iam
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="readers",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", everything)]}
        ),
    )
    member = administrator.user()
    iam.add_user_to_group(GroupName=group, UserName=member.name)
    bounded = administrator.user(allow("s3:*"))
    boundary = administrator.managed_policy(
        allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*"), allow("s3:ListBucket")
    )
    iam.put_user_permissions_boundary(UserName=bounded.name, PermissionsBoundary=boundary)
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": B.root_arn}, "Action": "sts:AssumeRole"}
    ]}
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=role, PolicyName="inline",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", everything)]}
        ),
    )
    report = who_can(server, "read", bucket)
    assert row(report, member.arn)["paths"] == [f"group {group}, inline policy readers, statement 1"]
    assert row(report, arn)["keys"] == "all"
    own = row(report, bounded.arn)
    assert own["ways"][0]["keys"] == [f"key is like {bounded.name}/*"]
    assert any("permissions boundary" in cut for cut in own["cut_by"]), own


def test_what_it_says_is_what_callers_meet(server, buckets, administrator, owner, anonymous):
    """Every row is tried, also from the data directory of a server that has ended."""
    bucket = buckets.enforced()
    user = administrator.user(
        allow("s3:GetObject", f"arn:aws:s3:::{bucket}/a*"), deny("s3:GetObject", f"arn:aws:s3:::{bucket}/*b")
    )
    third = RawClient(server.url, C)
    buckets.allow(bucket, {
        "Effect": "Allow", "Principal": {"AWS": C.account_id}, "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/c*",
    })
    keys = ["a", "ab", "abc", "b", "c", "cb"]
    for key in keys:
        ok(owner.put(bucket, key, b"x"))
    clients = {user.arn: RawClient(server.url, user.key), C.root_arn: third, EVERYONE: anonymous}
    for key in keys:
        report = who_can(server, "read", f"{bucket}/{key}")
        for who, client in clients.items():
            expected = 200 if row(report, who) is not None else 403
            assert client.get(bucket, key).status == expected, (who, key)


def test_the_answer_is_the_same_without_a_server(own_server):
    client = sdk.client(own_server.url, FIRST)
    client.create_bucket(Bucket="alone")
    running = own_server.command("who-can", "read,write,delete,list,read-acl,write-acl", "alone", "--json")
    own_server.stop()
    stopped = own_server.command("who-can", "read,write,delete,list,read-acl,write-acl", "alone", "--json")
    assert running.returncode == stopped.returncode == 0, running.stderr + stopped.stderr
    assert json.loads(running.stdout) == json.loads(stopped.stdout)
    assert own_server.command("who-can", "read", "missing").returncode == 1
    assert own_server.command("who-can", "s3:Nothing", "alone").returncode == 1
