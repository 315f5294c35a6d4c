"""Refusals of calls of IAM, STS, Organizations and S3 Control are explained by the rule that decided, and
what is suggested helps.
"""

import pytest

from harness import sessions
from harness.accounts import A, B
from harness.explain import World
from harness.iam import allow, deny, policy, unique
from harness.scenarios import ADD, NARROW, REMOVE, Scenarios, play, request

EVERYTHING = allow("s3:*")
scenario = Scenarios()


@scenario("IdentityPolicy", [ADD], says="Nothing allows iam:CreateUser")
def user_who_makes_users(world):
    return world.calling(world.user(B, EVERYTHING), "iam", "create_user", UserName=unique("made"))


@scenario("IdentityPolicy", [ADD])
def user_who_may_make_other_users(world):
    mine = world.user(B, allow("iam:CreateUser", f"arn:aws:iam::{B.account_id}:user/mine/*"))
    return world.calling(mine, "iam", "create_user", UserName=unique("made"), Path="/theirs/")


@scenario("IdentityPolicy", [REMOVE], says="denies iam:CreateUser")
def user_who_must_not_make_users(world):
    user = world.user(B, allow("iam:*"), deny("iam:CreateUser"))
    return world.calling(user, "iam", "create_user", UserName=unique("made"))


@scenario("PermissionsBoundary", [ADD], ["deletePermissionsBoundary"])
def administrator_within_a_boundary(world):
    admin = world.admins[B]
    user = admin.user(allow("iam:*"))
    boundary = admin.managed_policy(EVERYTHING)
    admin.iam.put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=boundary)
    return world.calling(user, "iam", "create_group", GroupName=unique("made"))


@scenario("SessionPolicy", [request("newSession")])
def administrator_in_a_narrow_session(world):
    _, session = world.role(allow("iam:*"))
    asking = world.calling(session(policy(EVERYTHING)), "iam", "create_group", GroupName=unique("made"))
    asking.session = session
    return asking


@scenario("IdentityPolicy", [ADD], code="AccessDeniedException")
def name_of_the_organization(world):
    return world.calling(world.user(B), "organizations", "describe_organization")


@scenario("IdentityPolicy", [ADD], says="sts:GetFederationToken")
def federation_token(world):
    return world.calling(world.user(B), "sts", "get_federation_token", Name="somebody")


@scenario("IdentityPolicy", [ADD])
def settings_of_the_account(world):
    # Also succeeds where there are none, so that it does not matter which tests came before.
    return world.calling(world.user(B), "s3control", "delete_public_access_block", AccountId=B.account_id)


def assuming(world, holder, trust_policy, **more):
    """Somebody who wants to become a role of B."""
    arn = sessions.Identities(world.url, B).role(trust_policy)
    return world.calling(holder, "sts", "assume_role", RoleArn=arn, RoleSessionName="session", **more)


ASSUMER = allow("sts:AssumeRole")


@scenario("TrustPolicy", [ADD], says="the trust policy of the role would have to")
def role_that_trusts_somebody_else(world):
    return assuming(world, world.user(B, ASSUMER), sessions.trust({"AWS": world.user(B).arn}))


@scenario("TrustPolicy", [ADD])
def role_that_wants_an_external_id(world):
    wants = {"StringEquals": {"sts:ExternalId": "secret"}}
    return assuming(world, world.user(B, ASSUMER), sessions.trust({"AWS": B.account_id}, Condition=wants))


@scenario("TrustPolicy", [NARROW], [REMOVE], says="denies sts:AssumeRole")
def role_that_mistrusts(world):
    trusts = {"Effect": "Allow", "Principal": {"AWS": B.account_id}, "Action": "sts:AssumeRole"}
    return assuming(world, world.user(B, ASSUMER), policy(trusts, trusts | {"Effect": "Deny"}))


@scenario("IdentityPolicy", [ADD])
def role_that_trusts_the_account_only(world):
    return assuming(world, world.user(B), sessions.trust({"AWS": B.account_id}))


@scenario("TrustPolicy", [ADD, ADD])
def role_of_another_account(world):
    return assuming(world, world.user(A), sessions.trust({"AWS": B.account_id}))


@scenario("TrustPolicy", [ADD])
def tags_of_a_session(world):
    user = world.user(B, allow("sts:*"))
    return assuming(world, user, sessions.trust({"AWS": B.account_id}), Tags=[{"Key": "team", "Value": "blue"}])


@scenario("TrustPolicy", says="Nothing allows sts:AssumeRole")
def role_that_does_not_exist(world):
    arn = f"arn:aws:iam::{B.account_id}:role/{unique('nobody')}"
    return world.calling(world.user(B, ASSUMER), "sts", "assume_role", RoleArn=arn, RoleSessionName="session")


@scenario("RootAssumesRole")
def root_user_who_assumes_a_role(world):
    return assuming(world, B, sessions.trust({"AWS": B.account_id}))


@pytest.fixture(scope="module")
def world(server):
    return World(server)


@pytest.mark.parametrize("name", scenario)
def test_what_is_suggested_helps(world, name):
    play(world, scenario[name])
