"""What users of IAM may do on S3 and on IAM: from the first key to its revocation."""

import json

import pytest
from botocore.exceptions import ClientError

from harness.accounts import A, B
from harness.iam import Administrator, User, allow, as_account, client, deny, policy, unique
from harness.raw import RawClient


@pytest.fixture(scope="module")
def owner_admin(server):
    return Administrator(server.url, B)


@pytest.fixture(scope="module")
def other_admin(server):
    return Administrator(server.url, A)


@pytest.fixture
def shelf(owner_admin):
    """A bucket of B with one object, `k`."""
    name = unique("shelf")
    owner_admin.s3.create_bucket(Bucket=name)
    owner_admin.s3.put_object(Bucket=name, Key="k", Body=b"1")
    return name


def refused(call, code: str = "AccessDenied", **arguments) -> ClientError:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value


def may_read(user: User, bucket: str) -> bool:
    try:
        user.s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied", error
        return False
    return True


def test_a_key_works_until_it_is_revoked(owner_admin, shelf):
    user = owner_admin.user(allow("s3:GetObject", f"arn:aws:s3:::{shelf}/*"))
    assert may_read(user, shelf)
    refused(user.s3.put_object, Bucket=shelf, Key="k", Body=b"2")
    iam, key_id = owner_admin.iam, user.key.access_key_id
    iam.update_access_key(UserName=user.name, AccessKeyId=key_id, Status="Inactive")
    refused(user.s3.get_object, "InvalidAccessKeyId", Bucket=shelf, Key="k")
    iam.update_access_key(UserName=user.name, AccessKeyId=key_id, Status="Active")
    assert may_read(user, shelf)
    iam.delete_access_key(UserName=user.name, AccessKeyId=key_id)
    refused(user.s3.get_object, "InvalidAccessKeyId", Bucket=shelf, Key="k")


def test_a_user_without_policy_may_nothing(owner_admin, shelf):
    """SeaweedFS 66d9b89cd: a user whom nobody gave a policy could do everything."""
    user = owner_admin.user()
    error = refused(user.s3.get_object, Bucket=shelf, Key="k")
    assert user.arn in error.response["Error"]["Message"]
    refused(user.s3.list_buckets)
    refused(user.iam.list_users)


def test_a_changed_policy_counts_at_once(owner_admin, shelf):
    user = owner_admin.user(allow("s3:*"))
    assert may_read(user, shelf)
    put = owner_admin.iam.put_user_policy
    put(UserName=user.name, PolicyName="inline", PolicyDocument=policy(deny("s3:*")))
    assert not may_read(user, shelf)
    put(UserName=user.name, PolicyName="inline", PolicyDocument=policy(allow("s3:*")))
    assert may_read(user, shelf)
    owner_admin.iam.delete_user_policy(UserName=user.name, PolicyName="inline")
    assert not may_read(user, shelf)


def test_groups_give_and_deny(owner_admin, shelf):
    user, iam, group = owner_admin.user(), owner_admin.iam, unique("readers")
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="read", PolicyDocument=policy(allow("s3:GetObject"))
    )
    assert not may_read(user, shelf)
    iam.add_user_to_group(GroupName=group, UserName=user.name)
    assert may_read(user, shelf)
    iam.put_group_policy(GroupName=group, PolicyName="no", PolicyDocument=policy(deny("s3:*")))
    assert not may_read(user, shelf)
    iam.delete_group_policy(GroupName=group, PolicyName="no")
    assert may_read(user, shelf)
    renamed = unique("renamed")
    iam.update_group(GroupName=group, NewGroupName=renamed)
    assert may_read(user, shelf)
    iam.remove_user_from_group(GroupName=renamed, UserName=user.name)
    assert not may_read(user, shelf)


def test_managed_policies_follow_their_default_version(owner_admin, shelf):
    user, iam = owner_admin.user(), owner_admin.iam
    arn = owner_admin.managed_policy(allow("s3:GetObject"))
    iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    assert may_read(user, shelf)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(deny("s3:*")), SetAsDefault=True)
    assert not may_read(user, shelf)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert may_read(user, shelf)
    iam.detach_user_policy(UserName=user.name, PolicyArn=arn)
    assert not may_read(user, shelf)


def test_policies_of_aws(owner_admin, shelf):
    user, iam = owner_admin.user(), owner_admin.iam
    read_only = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.attach_user_policy(UserName=user.name, PolicyArn=read_only)
    assert may_read(user, shelf)
    assert shelf in [bucket["Name"] for bucket in user.s3.list_buckets()["Buckets"]]
    refused(user.s3.put_object, Bucket=shelf, Key="k", Body=b"2")
    iam.attach_user_policy(
        UserName=user.name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    user.s3.put_object(Bucket=shelf, Key="k", Body=b"2")
    refused(user.iam.list_users)


def test_a_boundary_limits_what_policies_allow(owner_admin, shelf):
    user, iam = owner_admin.user(allow("s3:*")), owner_admin.iam
    boundary = owner_admin.managed_policy(allow("s3:PutObject"))
    iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=boundary)
    user.s3.put_object(Bucket=shelf, Key="k", Body=b"2")
    assert not may_read(user, shelf)
    refused(iam.delete_policy, "DeleteConflict", PolicyArn=boundary)
    iam.delete_user_permissions_boundary(UserName=user.name)
    assert may_read(user, shelf)


def test_an_account_delegates_to_a_user_of_another(owner_admin, other_admin, shelf):
    """§6.4: the bucket's owner trusts an account, and that account its user."""
    arn = f"arn:aws:s3:::{shelf}/*"
    reader, idle = other_admin.user(allow("s3:GetObject", arn)), other_admin.user()
    assert not may_read(reader, shelf)
    owner_admin.s3.put_bucket_policy(
        Bucket=shelf, Policy=policy(allow("s3:GetObject", arn, Principal={"AWS": A.root_arn}))
    )
    assert may_read(reader, shelf)
    assert not may_read(idle, shelf), "the account was trusted, but it does not let this user"
    owner_admin.s3.put_bucket_policy(
        Bucket=shelf, Policy=policy(allow("s3:GetObject", arn, Principal={"AWS": idle.arn}))
    )
    assert not may_read(reader, shelf), "another user is named now"
    assert not may_read(idle, shelf), "named, but its own account does not let it"


def test_a_user_owns_nothing_of_another_account(owner_admin, other_admin):
    """Users may not leave their account: not by name, not by ARN."""
    administrator = other_admin.user(allow("*"))
    victim = owner_admin.user()
    refused(administrator.iam.get_user, "NoSuchEntity", UserName=victim.name)
    arn = owner_admin.managed_policy(allow("s3:*"))
    refused(administrator.iam.get_policy, PolicyArn=arn)
    refused(administrator.iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy(allow("*")))
    key = victim.key.access_key_id
    refused(administrator.iam.delete_access_key, "NoSuchEntity", AccessKeyId=key, UserName=victim.name)
    refused(administrator.iam.get_access_key_last_used, "NoSuchEntity", AccessKeyId=key)


@pytest.mark.parametrize("action", ["create_user", "create_access_key", "attach_user_policy"])
def test_whoever_is_authenticated_is_not_yet_authorized(owner_admin, action):
    """RustFS admin routes: a valid signature of any user was enough to administer."""
    user = owner_admin.user(allow("s3:*"))
    arguments = {"UserName": unique("made") if action == "create_user" else user.name}
    if action == "attach_user_policy":
        arguments["PolicyArn"] = "arn:aws:iam::aws:policy/AdministratorAccess"
    refused(getattr(user.iam, action), **arguments)


def test_minio_cve_2021_43858_no_user_raises_itself(owner_admin):
    """A user who may change its own keys changes nothing else of itself."""
    user = owner_admin.user(allow("iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}"))
    made = user.iam.create_access_key()["AccessKey"]
    assert made["UserName"] == user.name
    refused(user.iam.create_access_key, "LimitExceeded")
    refused(
        user.iam.put_user_policy,
        UserName=user.name, PolicyName="inline", PolicyDocument=policy(allow("*")),
    )
    somebody = owner_admin.user()
    refused(user.iam.create_access_key, UserName=somebody.name)
    refused(user.iam.delete_access_key, UserName=somebody.name, AccessKeyId=somebody.key.access_key_id)


def test_cve_2023_27589_a_key_of_root_is_not_there_for_users(owner_admin):
    """MinIO let a user with the right to make users set the credentials of root."""
    user = owner_admin.user(allow("iam:*"))
    refused(
        user.iam.update_access_key, "NoSuchEntity",
        AccessKeyId=B.access_key_id, Status="Inactive", UserName=user.name,
    )
    refused(user.iam.delete_access_key, "NoSuchEntity", AccessKeyId=B.access_key_id)
    assert owner_admin.iam.get_user()["User"]["Arn"] == B.root_arn


def test_a_boundary_can_be_demanded_of_new_users(owner_admin):
    boundary = owner_admin.managed_policy(allow("s3:*"))
    condition = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    maker = owner_admin.user(allow("iam:CreateUser", Condition=condition))
    refused(maker.iam.create_user, UserName=unique("free"))
    maker.iam.create_user(UserName=unique("bound"), PermissionsBoundary=boundary)


def test_tags_count_in_conditions(owner_admin, shelf):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    user = owner_admin.user(allow("s3:GetObject", Condition=condition))
    assert not may_read(user, shelf)
    owner_admin.iam.tag_user(UserName=user.name, Tags=[{"Key": "team", "Value": "blue"}])
    assert may_read(user, shelf)
    owner_admin.iam.untag_user(UserName=user.name, TagKeys=["team"])
    assert not may_read(user, shelf)


def test_a_new_user_of_an_old_name_has_no_old_key(owner_admin, shelf):
    user, iam = owner_admin.user(allow("s3:*")), owner_admin.iam
    key = user.key.access_key_id
    refused(iam.delete_user, "DeleteConflict", UserName=user.name)
    iam.delete_access_key(UserName=user.name, AccessKeyId=key)
    iam.delete_user_policy(UserName=user.name, PolicyName="inline")
    iam.delete_user(UserName=user.name)
    again = iam.create_user(UserName=user.name)["User"]
    assert again["UserId"] != user.unique_id
    assert iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"] == []
    refused(user.s3.get_object, "InvalidAccessKeyId", Bucket=shelf, Key="k")


def test_keys_are_rotated_without_a_gap(owner_admin, shelf):
    user, iam = owner_admin.user(allow("s3:GetObject")), owner_admin.iam
    fresh = iam.create_access_key(UserName=user.name)["AccessKey"]
    rotated = User(user.url, B, user.name, user.arn, user.unique_id, as_account(B, fresh))
    assert may_read(user, shelf) and may_read(rotated, shelf)
    iam.delete_access_key(UserName=user.name, AccessKeyId=user.key.access_key_id)
    assert may_read(rotated, shelf)
    used = iam.get_access_key_last_used(AccessKeyId=fresh["AccessKeyId"])
    assert used["UserName"] == user.name
    assert used["AccessKeyLastUsed"]["ServiceName"] == "s3"


def test_a_signature_is_good_for_one_service(server, owner_admin, shelf):
    """A signature for S3 is refused by IAM, and the other way round."""
    user = owner_admin.user(allow("*"))
    body = b"Action=ListUsers&Version=2010-05-08"
    form = {"content-type": "application/x-www-form-urlencoded"}

    def sent(method, path, service, body=b""):
        return RawClient(server.url, user.key).to(
            method, path, form if body else {}, body, service=service
        )

    assert sent("POST", "/", "iam", body).status == 200
    assert sent("GET", f"/{shelf}/k", "s3").status == 200
    crossed = sent("POST", "/", "s3", body)
    assert crossed.status == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in crossed.body.decode()
    assert "Credential should be scoped to correct service: 'iam'" in crossed.body.decode()
    other = sent("GET", f"/{shelf}/k", "iam")
    assert (other.status, other.code) == (400, "AuthorizationHeaderMalformed")


def recreated(administrator: Administrator, user: User) -> User:
    """Another user of the same name, with the same permissions."""
    iam, name = administrator.iam, user.name
    document = iam.get_user_policy(UserName=name, PolicyName="inline")["PolicyDocument"]
    iam.delete_user_policy(UserName=name, PolicyName="inline")
    iam.delete_access_key(UserName=name, AccessKeyId=user.key.access_key_id)
    iam.delete_user(UserName=name)
    made = iam.create_user(UserName=name)["User"]
    iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=json.dumps(document))
    key = as_account(user.account, iam.create_access_key(UserName=name)["AccessKey"])
    return User(user.url, user.account, name, made["Arn"], made["UserId"], key)


def test_pol_3_a_bucket_policy_means_the_user_and_not_the_name(owner_admin, other_admin, shelf):
    arn = f"arn:aws:s3:::{shelf}/*"
    user = other_admin.user(allow("s3:GetObject", arn))
    statement = allow("s3:GetObject", arn, Principal={"AWS": [user.arn]})
    document = json.dumps({"Statement": [statement], "Version": "2012-10-17"}, indent=3)
    owner_admin.s3.put_bucket_policy(Bucket=shelf, Policy=document)
    shown = lambda: owner_admin.s3.get_bucket_policy(Bucket=shelf)["Policy"]
    assert shown() == document, "POL-2: the bytes that were received"
    assert may_read(user, shelf)
    renamed = unique("renamed")
    other_admin.iam.update_user(UserName=user.name, NewUserName=renamed)
    assert may_read(user, shelf)
    assert shown() == document.replace(user.name, renamed)
    other_admin.iam.update_user(UserName=renamed, NewUserName=user.name)
    again = recreated(other_admin, user)
    assert again.arn == user.arn and again.unique_id != user.unique_id
    assert not may_read(again, shelf)
    assert shown() == document.replace(user.arn, user.unique_id)
    refused(owner_admin.s3.put_bucket_policy, "MalformedPolicy", Bucket=shelf, Policy=shown())
    owner_admin.s3.put_bucket_policy(Bucket=shelf, Policy=document)
    assert may_read(again, shelf), "named anew, the new user is meant"
    by_id = document.replace(user.arn, again.unique_id)
    owner_admin.s3.put_bucket_policy(Bucket=shelf, Policy=by_id)
    assert shown() == document and may_read(again, shelf)


def test_pol_3_a_denied_user_cannot_shake_the_denial_off_by_a_new_name(owner_admin, shelf):
    arn = f"arn:aws:s3:::{shelf}/*"
    user = owner_admin.user(allow("s3:GetObject", arn))
    owner_admin.s3.put_bucket_policy(
        Bucket=shelf, Policy=policy(deny("s3:GetObject", arn, Principal={"AWS": user.arn}))
    )
    assert not may_read(user, shelf)
    owner_admin.iam.update_user(UserName=user.name, NewUserName=unique("renamed"))
    assert not may_read(user, shelf)


def test_pol_3_a_trust_policy_means_the_user_and_not_the_name(server, owner_admin):
    iam, role = owner_admin.iam, unique("role")
    user = owner_admin.user(allow("sts:AssumeRole"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": user.arn}}
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy(trust))["Role"]

    def assume(user):
        sts = client(server.url, user.key, "sts")
        return sts.assume_role(RoleArn=made["Arn"], RoleSessionName="session")

    def named() -> set:
        listed = [one for one in iam.list_roles()["Roles"] if one["RoleName"] == role]
        details = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
        details = [one for one in details if one["RoleName"] == role]
        got = [iam.get_role(RoleName=role)["Role"], *listed, *details]
        assert len(got) == 3
        return {one["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"] for one in got}

    assert made["AssumeRolePolicyDocument"]["Statement"] == [trust]
    assert named() == {user.arn}
    assume(user)
    again = recreated(owner_admin, user)
    refused(assume, user=again)
    assert named() == {user.unique_id}
    updated = iam.update_role_description(RoleName=role, Description="still of use")["Role"]
    assert user.unique_id in json.dumps(updated["AssumeRolePolicyDocument"])
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=policy(trust))
    assert named() == {user.arn}
    assume(again)
