"""Every refusal is explained by the rule that decided, and what is suggested helps.

Each scenario makes a request that is refused. The test asks why, compares the rule, and then carries
out every plan of the explanation, each in a fresh copy of the scenario, with the very changes that
it names, and makes the request again.
"""

import pytest

from harness import policies, sessions
from harness.accounts import A, B, C
from harness.explain import BLOCKED, Asking, World
from harness.iam import allow, deny, policy, unique
from harness.policies import objects_arn
from harness.scenarios import (
    ADD, BUCKET_ACL, NARROW, OBJECT_ACL, OWN, REMOVE, UNBLOCK, Scenarios, play, request,
)

EVERYTHING = allow("s3:*")
scenario = Scenarios()


# What the bucket owner does not allow.


@scenario("AclsDisabled", [UNBLOCK, ADD])
def anonymous_on_a_default_bucket(world):
    return world.asking(None, "get_object", world.bucket(blocked=BLOCKED))


@scenario("AclsDisabled", [ADD])
def anonymous_on_an_enforced_bucket(world):
    return world.asking(None, "get_object", world.bucket())


@scenario("ObjectAcl", [ADD], [OBJECT_ACL])
def anonymous_on_an_object_with_acls(world):
    return world.asking(None, "get_object", world.bucket("ObjectWriter"))


@scenario("ObjectAcl", [UNBLOCK, ADD], [UNBLOCK, OBJECT_ACL])
def anonymous_behind_block_public_access(world):
    return world.asking(None, "get_object", world.bucket("ObjectWriter", BLOCKED))


@scenario("ObjectAcl", [ADD], [UNBLOCK])
def public_acl_that_is_ignored(world):
    bucket = world.bucket("ObjectWriter")
    world.s3().put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    world.block(bucket, {"IgnorePublicAcls"})
    return world.asking(None, "get_object", bucket)


@scenario("AclsDisabled", [ADD])
def root_of_another_account(world):
    return world.asking(A, "get_object", world.bucket())


@scenario("AclsDisabled", [ADD])
def root_of_another_account_writes(world):
    return world.asking(A, "put_object", world.bucket(), Body=b"2", Tagging="a=b")


@scenario("AclsDisabled", [ADD])
def root_of_another_account_deletes(world):
    return world.asking(A, "delete_object", world.bucket())


@scenario("BucketAcl", [ADD], [BUCKET_ACL])
def root_of_another_account_lists(world):
    return world.asking(A, "list_objects_v2", world.bucket("ObjectWriter"))


@scenario("BucketAcl", [ADD], [BUCKET_ACL])
def root_of_another_account_reads_the_acl(world):
    return world.asking(A, "get_bucket_acl", world.bucket("BucketOwnerPreferred"))


@scenario("BucketPolicy", [ADD], says="Nothing allows s3:GetObjectTagging")
def tags_of_an_object(world):
    return world.asking(A, "get_object_tagging", world.bucket("ObjectWriter"))


@scenario("AclsDisabled", [ADD])
def policy_with_another_condition(world):
    bucket = world.bucket()
    condition = {"StringEquals": {"aws:Referer": "https://example.com/"}}
    world.policy(bucket, policies.allow({"AWS": A.account_id}, "s3:GetObject", objects_arn(bucket), condition))
    return world.asking(A, "get_object", bucket)


# What the caller's own policies do not allow.


@scenario("IdentityPolicy", [ADD], [ADD])
def user_without_policies(world):
    return world.asking(world.user(B), "get_object", world.bucket())


@scenario("IdentityPolicy", [ADD], [ADD])
def user_with_another_resource(world):
    return world.asking(world.user(B, allow("s3:*", "arn:aws:s3:::other/*")), "put_object", world.bucket(), Body=b"2")


@scenario("IdentityPolicy", [ADD], [ADD])
def user_with_not_resource(world):
    bucket = world.bucket()
    mine = {"Effect": "Allow", "Action": "s3:*", "NotResource": f"arn:aws:s3:::{bucket}/*"}
    return world.asking(world.user(B, mine), "get_object", bucket)


@scenario("IdentityPolicy", [ADD], [ADD], says="an identity-based policy")
def delegation_to_the_account_only(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow({"AWS": B.account_id}, "s3:GetObject", objects_arn(bucket)))
    return world.asking(world.user(B), "get_object", bucket)


@scenario("IdentityPolicy", [ADD], [request("leaveUnsigned")])
def signed_where_anonymous_is_allowed(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow("*", "s3:GetObject", objects_arn(bucket)))
    return world.asking(world.user(A), "get_object", bucket)


@scenario("IdentityPolicy", [ADD])
def cross_account_without_the_callers_side(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow({"AWS": A.account_id}, "s3:GetObject", objects_arn(bucket)))
    return world.asking(world.user(A), "get_object", bucket)


@scenario("IdentityPolicy", [ADD, ADD])
def cross_account_without_either_side(world):
    return world.asking(world.user(A), "get_object", world.bucket())


@scenario("AclsDisabled", [ADD])
def cross_account_without_the_buckets_side(world):
    return world.asking(world.user(A, EVERYTHING), "get_object", world.bucket())


@scenario("PermissionsBoundary", [ADD], ["deletePermissionsBoundary"])
def boundary_that_does_not_allow(world):
    admin = world.admins[B]
    user = admin.user(EVERYTHING)
    boundary = admin.managed_policy(allow("s3:ListBucket"))
    admin.iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=boundary)
    return world.asking(user, "get_object", world.bucket())


@scenario("PermissionsBoundary", [REMOVE], ["deletePermissionsBoundary"])
def boundary_that_denies(world):
    admin = world.admins[B]
    user = admin.user(EVERYTHING)
    boundary = admin.managed_policy(EVERYTHING, deny("s3:GetObject"))
    admin.iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=boundary)
    return world.asking(user, "get_object", world.bucket())


@scenario("SessionPolicy", [request("newSession")])
def session_policy_that_does_not_allow(world):
    _, session = world.role(EVERYTHING)
    asking = world.asking(session(policy(allow("s3:ListBucket"))), "get_object", world.bucket())
    asking.session = session
    return asking


@scenario("SessionPolicy", [request("newSession")])
def session_policy_that_denies(world):
    _, session = world.role(EVERYTHING)
    asking = world.asking(session(policy(EVERYTHING, deny("s3:GetObject"))), "get_object", world.bucket())
    asking.session = session
    return asking


@scenario("IdentityPolicy", [ADD], [ADD])
def role_without_policies(world):
    _, session = world.role()
    return world.asking(session(), "get_object", world.bucket())


@scenario("IdentityPolicy", [ADD])
def listing_of_buckets(world):
    return Asking(world.url, world.user(B).key, "list_buckets")


@scenario("IdentityPolicy", [ADD])
def creation_of_a_bucket(world):
    return Asking(world.url, world.user(B).key, "create_bucket", {"Bucket": unique("why")})


# What somebody denies.


@scenario("BucketPolicy", [NARROW], [REMOVE], says="denies s3:GetObject")
def bucket_policy_that_denies(world):
    bucket = world.bucket()
    world.policy(bucket, policies.deny("*", "s3:GetObject", objects_arn(bucket)))
    return world.asking(B, "get_object", bucket)


@scenario("BucketPolicy", [NARROW], [REMOVE])
def bucket_policy_that_denies_by_condition(world):
    bucket = world.bucket()
    office = {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    world.policy(
        bucket,
        policies.allow({"AWS": A.account_id}, "s3:GetObject", objects_arn(bucket)),
        policies.deny("*", "s3:*", objects_arn(bucket), office),
    )
    return world.asking(A, "get_object", bucket)


@scenario("BucketPolicy", [REMOVE])
def bucket_policy_that_denies_anonymous(world):
    bucket = world.bucket()
    world.policy(
        bucket,
        policies.allow("*", "s3:GetObject", objects_arn(bucket)),
        policies.deny("*", "s3:GetObject", objects_arn(bucket)),
    )
    return world.asking(None, "get_object", bucket)


@scenario("BucketPolicy", [NARROW], [REMOVE])
def not_principal_that_denies(world):
    bucket = world.bucket()
    refusal = policies.deny(None, "s3:GetObject", objects_arn(bucket))
    del refusal["Principal"]
    world.policy(bucket, refusal | {"NotPrincipal": {"AWS": A.account_id}})
    return world.asking(world.user(B, EVERYTHING), "get_object", bucket)


@scenario("IdentityPolicy", [REMOVE])
def identity_policy_that_denies(world):
    return world.asking(world.user(B, EVERYTHING, deny("s3:GetObject")), "get_object", world.bucket())


@scenario("IdentityPolicy", [REMOVE])
def managed_policy_that_denies(world):
    user = world.user(B, EVERYTHING)
    arn = world.admins[B].managed_policy(allow("s3:ListBucket"), deny("s3:GetObject"))
    world.admins[B].iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    return world.asking(user, "get_object", world.bucket())


@scenario("BucketPolicy", [request("removeAcl")], [NARROW], [REMOVE])
def acl_that_a_policy_denies(world):
    bucket = world.bucket("ObjectWriter")
    without = {"StringEquals": {"s3:x-amz-acl": "public-read"}}
    world.policy(bucket, policies.deny("*", "s3:PutObject", objects_arn(bucket), without))
    return world.asking(B, "put_object", bucket, Body=b"2", ACL="public-read")


# Block Public Access.


@scenario("RestrictPublicBuckets", [UNBLOCK])
def restricted_public_bucket(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow("*", "s3:GetObject", objects_arn(bucket)))
    world.block(bucket, {"RestrictPublicBuckets"})
    return world.asking(None, "get_object", bucket)


@scenario("RestrictPublicBuckets", [UNBLOCK, ADD], [REMOVE, ADD])
def restricted_for_another_account(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow("*", "s3:GetObject", objects_arn(bucket, "public/*")))
    world.block(bucket, {"RestrictPublicBuckets"})
    return world.asking(A, "get_object", bucket)


@scenario("BlockPublicAcls", [UNBLOCK], [request("removeAcl")])
def public_acl_of_a_new_object(world):
    bucket = world.bucket("ObjectWriter", {"BlockPublicAcls"})
    return world.asking(B, "put_object", bucket, Body=b"2", ACL="public-read")


@scenario("BlockPublicAcls", [UNBLOCK])
def public_acl_of_an_object(world):
    bucket = world.bucket("ObjectWriter", {"BlockPublicAcls"})
    return world.asking(B, "put_object_acl", bucket, ACL="public-read")


@scenario("BlockPublicPolicy", [UNBLOCK])
def public_policy(world):
    bucket = world.bucket(blocked={"BlockPublicPolicy"})
    public = policies.policy(policies.allow("*", "s3:GetObject", objects_arn(bucket)))
    return world.asking(B, "put_bucket_policy", bucket, Policy=public)


# Object Ownership.


@scenario("AclNotSupported", [request("removeAcl")], [OWN], code="AccessControlListNotSupported", says="should send none")
def acl_on_a_bucket_without_acls(world):
    return world.asking(B, "put_object", world.bucket(), Body=b"2", ACL="public-read")


@scenario("AclNotSupported", [request("removeAcl")], [OWN, UNBLOCK], code="AccessControlListNotSupported")
def acl_on_a_default_bucket(world):
    return world.asking(B, "put_object", world.bucket(blocked=BLOCKED), Body=b"2", ACL="public-read")


@scenario("AclNotSupported", [OWN], code="AccessControlListNotSupported")
def object_acl_on_a_bucket_without_acls(world):
    return world.asking(B, "put_object_acl", world.bucket(), ACL="private")


@scenario("AclNotSupported", [OWN], code="AccessControlListNotSupported")
def bucket_acl_on_a_bucket_without_acls(world):
    return world.asking(B, "put_bucket_acl", world.bucket(), ACL="private")


# Objects of somebody else.


@scenario("ObjectAcl", [OBJECT_ACL], [OWN], says="Nothing allows s3:GetObject")
def object_of_another_writer(world):
    return world.asking(B, "get_object", world.foreign())


@scenario("ObjectAcl", [OBJECT_ACL], [OWN])
def policy_that_covers_own_objects_only(world):
    bucket = world.foreign()
    world.policy(bucket, policies.allow("*", "s3:GetObject", objects_arn(bucket)))
    return world.asking(None, "get_object", bucket)


@scenario("ForeignObject", [ADD])
def bucket_write_over_an_object_of_somebody_else(world):
    bucket = world.bucket("ObjectWriter")
    world.s3().put_bucket_acl(Bucket=bucket, GrantWrite=f"id={A.canonical_id}", GrantFullControl=f"id={B.canonical_id}")
    return world.asking(A, "put_object", bucket, Body=b"2")


# Keys that do not exist.


@scenario("HiddenKey", [ADD], after="NoSuchKey", says="does not exist")
def key_that_does_not_exist(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow({"AWS": A.account_id}, "s3:GetObject", objects_arn(bucket)))
    return world.asking(A, "get_object", bucket, Key="a/*missing?${x}")


@scenario("HiddenKey", [UNBLOCK, ADD], after="NoSuchKey")
def public_key_that_does_not_exist(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow("*", "s3:GetObject", objects_arn(bucket)))
    world.block(bucket, {"BlockPublicPolicy"})
    return world.asking(None, "get_object", bucket, Key="missing")


# Other rules.


@scenario("RequesterPays", [request("addHeader")], ["setRequestPayment"])
def requester_who_does_not_pay(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow({"AWS": A.account_id}, "s3:GetObject", objects_arn(bucket)))
    world.s3().put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    return world.asking(A, "get_object", bucket)


@scenario("ForeignAclOwner", [request("setAclOwner")])
def acl_with_another_owner(world):
    bucket = world.bucket("ObjectWriter")
    document = {"Owner": {"ID": A.canonical_id}, "Grants": []}
    return world.asking(B, "put_object_acl", bucket, AccessControlPolicy=document)


@scenario("AnonymousOperation", [request("sign")], says="closed to anonymous")
def anonymous_multipart_upload(world):
    return world.asking(None, "create_multipart_upload", world.bucket())


@scenario("AclsDisabled", [ADD])
def source_of_a_copy(world):
    source, destination = world.bucket(), world.bucket()
    world.policy(destination, policies.allow({"AWS": A.account_id}, "s3:PutObject", objects_arn(destination)))
    return world.asking(A, "copy_object", destination, CopySource={"Bucket": source, "Key": "k"})


@scenario("AclsDisabled", [ADD])
def destination_of_a_copy(world):
    source, destination = world.bucket(), world.bucket()
    world.policy(source, policies.allow({"AWS": A.account_id}, "s3:GetObject*", objects_arn(source)))
    return world.asking(A, "copy_object", destination, CopySource={"Bucket": source, "Key": "k"})


# Where nothing can help.


@scenario("UploadInitiator", says="Another account began")
def upload_of_another_account(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow({"AWS": [A.account_id, C.account_id]}, "s3:PutObject", objects_arn(bucket)))
    upload = world.s3(C).create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    return world.asking(A, "upload_part", bucket, UploadId=upload, PartNumber=1, Body=b"1")


@scenario("PolicyOfOtherAccount", code="MethodNotAllowed")
def policy_of_another_account(world):
    bucket = world.bucket()
    world.policy(bucket, policies.allow({"AWS": A.account_id}, "s3:GetBucketPolicy", f"arn:aws:s3:::{bucket}"))
    return world.asking(A, "get_bucket_policy", bucket)


# Groups and federated users.


def member(world, *statements):
    """A user of B whose group has these permissions."""
    user, group, iam = world.user(B), unique("group"), world.admins[B].iam
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="inline", PolicyDocument=policy(*statements))
    iam.add_user_to_group(GroupName=group, UserName=user.name)
    return user


@scenario("IdentityPolicy", [REMOVE])
def group_policy_that_denies(world):
    return world.asking(member(world, EVERYTHING, deny("s3:GetObject")), "get_object", world.bucket())


@scenario("IdentityPolicy", [ADD], [ADD])
def group_policy_for_another_action(world):
    return world.asking(member(world, allow("s3:ListBucket")), "get_object", world.bucket())


def federated(world, *statements, session_policy):
    """A session that a user with these permissions made for somebody."""
    sts = sessions.client("sts", world.url, world.user(B, allow("sts:GetFederationToken"), *statements).key)

    def session(session_policy=None):
        more = {"Policy": session_policy} if session_policy else {}
        return sessions.Session.of(sts.get_federation_token(Name="somebody", **more))

    asking = world.asking(session(session_policy), "get_object", world.bucket())
    asking.session = session
    return asking


@scenario("SessionPolicy", [request("newSession")])
def federated_user_without_session_policy(world):
    return federated(world, EVERYTHING, session_policy=None)


@scenario("IdentityPolicy", [ADD], [ADD])
def federated_user_of_a_user_without_permission(world):
    return federated(world, session_policy=policy(EVERYTHING))


@pytest.fixture(scope="module")
def world(server):
    return World(server)


@pytest.mark.parametrize("name", scenario)
def test_what_is_suggested_helps(world, name):
    play(world, scenario[name])
