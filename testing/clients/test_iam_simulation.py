"""What policies would say: the simulations of IAM, which do nothing."""

import json

import pytest
from botocore.exceptions import ClientError

from harness.accounts import A, B
from harness.aws_cli import Cli
from harness.iam import Administrator, allow, deny, policy, unique

OBJECT = "arn:aws:s3:::bucket/key"


@pytest.fixture(scope="module")
def admin(server):
    return Administrator(server.url, B)


@pytest.fixture(scope="module", params=[1, 2], ids=["v1", "v2"])
def aws(request, server, tmp_path_factory):
    return Cli(request.param, server.url, tmp_path_factory.mktemp("home"))


def refused(call, code: str, **arguments) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def simulated(admin, *policies: str, action="s3:GetObject", resource=OBJECT, **more) -> dict:
    answer = admin.iam.simulate_custom_policy(
        PolicyInputList=list(policies), ActionNames=[action], ResourceArns=[resource], **more
    )
    assert answer["IsTruncated"] is False
    [result] = answer["EvaluationResults"]
    return result


def test_a_custom_policy_is_answered_in_full(admin):
    text = policy(deny("s3:Put*"), allow("s3:GetObject"))
    start = text.index('{"Effect": "Allow"') + 1
    matched = [{
        "SourcePolicyId": "PolicyInputList.1",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 1, "Column": start},
        "EndPosition": {"Line": 1, "Column": len(text) - 1},
    }]
    assert simulated(admin, text) == {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": OBJECT,
        "EvalDecision": "allowed",
        "MatchedStatements": matched,
        "MissingContextValues": [],
        "EvalDecisionDetails": {},
        "ResourceSpecificResults": [{
            "EvalResourceName": OBJECT,
            "EvalResourceDecision": "allowed",
            "MatchedStatements": matched,
            "MissingContextValues": [],
            "EvalDecisionDetails": {},
        }],
    }
    assert simulated(admin, text, action="s3:PutObject")["EvalDecision"] == "explicitDeny"
    silent = simulated(admin, text, action="s3:DeleteObject")
    assert (silent["EvalDecision"], silent["MatchedStatements"]) == ("implicitDeny", [])


def test_the_context_is_what_the_simulation_says(admin):
    text = policy(allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    keys = admin.iam.get_context_keys_for_custom_policy(PolicyInputList=[text])
    assert keys["ContextKeyNames"] == ["aws:SourceIp"]
    missing = simulated(admin, text)
    assert missing["EvalDecision"] == "implicitDeny"
    assert missing["MissingContextValues"] == ["aws:SourceIp"]

    def at(address: str) -> str:
        entry = {"ContextKeyName": "aws:sourceip", "ContextKeyType": "ip", "ContextKeyValues": [address]}
        return simulated(admin, text, ContextEntries=[entry])["EvalDecision"]

    assert at("10.1.2.3") == "allowed"
    assert at("192.0.2.1") == "implicitDeny"


def test_a_principal_bears_its_own_policies(admin):
    user, iam, group = admin.user(allow("s3:GetObject")), admin.iam, unique("group")
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy(allow("s3:PutObject")))
    iam.add_user_to_group(GroupName=group, UserName=user.name)
    iam.attach_user_policy(UserName=user.name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")

    def simulate(**more) -> dict:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=user.arn, ActionNames=["s3:GetObject", "s3:PutObject", "iam:GetUser"], **more
        )
        return {
            result["EvalActionName"]: (
                result["EvalDecision"],
                sorted(statement["SourcePolicyId"] for statement in result["MatchedStatements"]),
                result.get("PermissionsBoundaryDecisionDetail"),
            )
            for result in answer["EvaluationResults"]
        }

    reads = ("allowed", ["AmazonS3ReadOnlyAccess", f"user_{user.name}_inline"], None)
    writes = ("allowed", [f"group_{group}_p"], None)
    nothing = ("implicitDeny", [], None)
    assert simulate() == {"s3:GetObject": reads, "s3:PutObject": writes, "iam:GetUser": nothing}
    denied = simulate(PolicyInputList=[policy(deny("s3:Put*"))])
    assert denied["s3:PutObject"] == ("explicitDeny", ["PolicyInputList.1"], None)
    bound = simulate(PermissionsBoundaryPolicyInputList=[policy(allow("s3:Get*"))])
    assert bound["s3:PutObject"] == ("implicitDeny", [], {"AllowedByPermissionsBoundary": False})
    assert bound["s3:GetObject"][2] == {"AllowedByPermissionsBoundary": True}
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=user.arn)
    assert keys["ContextKeyNames"] == []
    with pytest.raises(ClientError):
        user.s3.get_object(Bucket=unique("none"), Key="k")


def test_resources_have_a_policy_and_an_owner(admin):
    caller = admin.user()
    statement = allow("s3:GetObject", "arn:aws:s3:::bucket/*", Principal={"AWS": caller.arn})
    shared = {"ResourcePolicy": policy(statement), "CallerArn": caller.arn}
    nothing, everything = policy(allow("iam:GetUser")), policy(allow("*"))
    own = simulated(admin, nothing, **shared)
    assert own["EvalDecision"] == "allowed"
    [matched] = own["MatchedStatements"]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("ResourcePolicy", "Resource Policy")
    foreign = simulated(admin, nothing, ResourceOwner=A.root_arn, **shared)
    assert foreign["EvalDecision"] == "implicitDeny"
    assert foreign["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    both = simulated(admin, everything, ResourceOwner=A.root_arn, **shared)
    assert both["EvalDecision"] == "allowed"
    refused(
        admin.iam.simulate_custom_policy, "InvalidInput",
        PolicyInputList=[everything], ActionNames=["s3:GetObject"], ResourceArns=[OBJECT],
        ResourcePolicy=shared["ResourcePolicy"],
    )


def test_results_come_in_pages(admin):
    actions, resources = [f"s3:Get{n}" for n in range(7)], [f"arn:aws:s3:::b/{n}" for n in range(5)]
    pages = admin.iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[policy(allow("s3:*"))], ActionNames=actions, ResourceArns=resources,
        PaginationConfig={"PageSize": 4},
    )
    pages = [page["EvaluationResults"] for page in pages]
    assert [len(page) for page in pages] == [4] * 8 + [3]
    seen = [(one["EvalActionName"], one["EvalResourceName"]) for page in pages for one in page]
    assert seen == [(action, resource) for action in actions for resource in resources]


def test_what_cannot_be_simulated(admin, server):
    iam, user = admin.iam, admin.user()
    custom = {"PolicyInputList": [policy(allow("*"))], "ActionNames": ["s3:GetObject"]}
    refused(iam.simulate_custom_policy, "InvalidInput", **custom | {"PolicyInputList": ["{}"]})
    refused(iam.simulate_custom_policy, "InvalidInput", **custom | {"ActionNames": ["GetObject"]})
    boundaries = {"PermissionsBoundaryPolicyInputList": custom["PolicyInputList"] * 2}
    refused(iam.simulate_custom_policy, "InvalidInput", **custom | boundaries)
    refused(iam.simulate_custom_policy, "InvalidInput", **custom, CallerArn=B.root_arn)

    def principal(arn: str, code: str, iam=iam) -> None:
        refused(iam.simulate_principal_policy, code, PolicySourceArn=arn, ActionNames=["s3:GetObject"])
        refused(iam.get_context_keys_for_principal_policy, code, PolicySourceArn=arn)

    principal("arn:aws:s3:::bucket/a/key", "InvalidInput")
    principal(f"arn:aws:iam::{B.account_id}:user/{unique('nobody')}", "NoSuchEntity")
    principal(f"arn:aws:iam::{B.account_id}:user/path/{user.name}", "NoSuchEntity")
    stranger = Administrator(server.url, A)
    principal(user.arn, "NoSuchEntity", stranger.iam)
    principal(user.arn, "AccessDenied", user.iam)
    refused(user.iam.simulate_custom_policy, "AccessDenied", **custom)
    refused(
        user.iam.get_context_keys_for_custom_policy, "AccessDenied",
        PolicyInputList=custom["PolicyInputList"],
    )


def test_the_command_line_simulates(admin, aws):
    user = admin.user(allow("s3:GetObject"))
    answer = json.loads(aws(
        "iam", "simulate-principal-policy", "--policy-source-arn", user.arn, "--action-names",
        "s3:GetObject", "s3:PutObject", "--resource-arns", OBJECT, "--output", "json",
        "--context-entries", "ContextKeyName=aws:username,ContextKeyValues=x,ContextKeyType=string",
    ))
    decisions = {one["EvalActionName"]: one["EvalDecision"] for one in answer["EvaluationResults"]}
    assert decisions == {"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny"}
