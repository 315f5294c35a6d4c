"""Organizations: accounts made and listed by the management account, on Amazon's own API."""

import os
import subprocess

import pytest

from harness import expect
from harness.accounts import A, FIRST
from harness.aws_cli import program_of
from harness.iam import allow
from harness.sessions import Identities, Session, client


@pytest.fixture(scope="module")
def organizations(server):
    return client("organizations", server.url, FIRST)


def test_the_organization(server, organizations):
    me = client("sts", server.url, FIRST).get_caller_identity()["Account"]
    found = organizations.describe_organization()["Organization"]
    assert found["MasterAccountId"] == me
    assert found["Arn"] == f"arn:aws:organizations::{me}:organization/{found['Id']}"
    assert found["MasterAccountArn"] == f"arn:aws:organizations::{me}:account/{found['Id']}/{me}"
    # A member may know which organization it is in, and nothing more.
    member = client("organizations", server.url, A)
    assert member.describe_organization()["Organization"] == found
    for call in (member.list_accounts, lambda: member.describe_account(AccountId=A.account_id),
                 lambda: member.create_account(AccountName="x", Email="x@example.com")):
        with expect.client_error("AccessDeniedException", 400) as caught:
            call()
        assert caught.value.response["Error"]["Message"] == "You don't have permissions to access this resource."


def test_an_account_from_its_creation_to_its_first_object(server, organizations):
    made = organizations.create_account(AccountName="team-red", Email="red@example.com")["CreateAccountStatus"]
    status = organizations.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]
    assert status == made and status["State"] == "SUCCEEDED"
    account = status["AccountId"]
    found = organizations.describe_account(AccountId=account)["Account"]
    assert (found["Id"], found["Name"], found["Email"]) == (account, "team-red", "red@example.com")
    assert found["Status"] == "ACTIVE" and found["JoinedMethod"] == "CREATED"
    # Root may not assume roles; a user of the management account may, if it is allowed to.
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    user = Identities(server.url, FIRST).user(allow("sts:AssumeRole", role))
    sts = client("sts", server.url, user)
    session = Session.of(sts.assume_role(RoleArn=role, RoleSessionName="first"))
    s3 = client("s3", server.url, session)
    s3.create_bucket(Bucket=f"red-{account}")
    s3.put_object(Bucket=f"red-{account}", Key="k", Body=b"text")
    owner = s3.list_buckets()["Owner"]["ID"]
    assert len(owner) == 64
    key = client("iam", server.url, session).create_user(UserName="red")["User"]
    assert key["Arn"] == f"arn:aws:iam::{account}:user/red"
    with expect.client_error("AccessDenied", 403):
        client("sts", server.url, Identities(server.url, A).user(allow("sts:*"))).assume_role(
            RoleArn=role, RoleSessionName="eve")


def test_what_is_refused(organizations):
    first = organizations.create_account(AccountName="team-blue", Email="blue@example.com")
    again = organizations.create_account(AccountName="team-blue-2", Email="blue@example.com")["CreateAccountStatus"]
    assert (again["State"], again["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    later = organizations.describe_create_account_status(CreateAccountRequestId=again["Id"])["CreateAccountStatus"]
    assert later["State"] == "FAILED" and "AccountId" not in later
    for name, email in (("team-blue", "other@example.com"), ("111122223333", "x@example.com"), ("x", "no address")):
        with expect.client_error("InvalidInputException", 400):
            organizations.create_account(AccountName=name, Email=email)
    with expect.client_error("AccountNotFoundException", 400):
        organizations.describe_account(AccountId="000000000001")
    forged = first["CreateAccountStatus"]["Id"][:-1] + "0"
    if forged == first["CreateAccountStatus"]["Id"]:
        forged = forged[:-1] + "1"
    for request in (forged, "car-unknown0"):
        with expect.client_error("CreateAccountStatusNotFoundException", 400):
            organizations.describe_create_account_status(CreateAccountRequestId=request)
    with expect.client_error("UnknownOperationException", 400):
        organizations.list_roots()


def test_pages(organizations):
    whole = organizations.list_accounts()
    assert len(whole["Accounts"]) <= 20
    ids = []
    for page in organizations.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2}):
        assert len(page["Accounts"]) <= 2
        ids += [account["Id"] for account in page["Accounts"]]
    assert ids == sorted(set(ids)) and A.account_id in ids
    with expect.client_error("InvalidInputException", 400):
        organizations.list_accounts(NextToken="x")


def test_permissions(server, organizations):
    identities = Identities(server.url, FIRST)
    reader = client("organizations", server.url, identities.user(allow("organizations:List*")))
    assert reader.list_accounts()["Accounts"]
    with expect.client_error("AccessDeniedException", 400) as caught:
        reader.create_account(AccountName="never", Email="never@example.com")
    assert "is not authorized to perform: organizations:CreateAccount" in str(caught.value)
    with expect.client_error("AccessDeniedException", 400):
        reader.describe_account(AccountId=A.account_id)
    wrong = client("organizations", server.url, Session(A.access_key_id, "x" * 40, None))
    with expect.client_error("InvalidSignatureException", 400):
        wrong.describe_organization()
    unknown = client("organizations", server.url, Session("AKIAUNKNOWN000000001", "x" * 40, None))
    with expect.client_error("UnrecognizedClientException", 400):
        unknown.describe_organization()


@pytest.mark.parametrize("version", [1, 2])
def test_aws_cli(server, tmp_path, version):
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "AWS_PAGER": "",
        "AWS_ACCESS_KEY_ID": FIRST.access_key_id, "AWS_SECRET_ACCESS_KEY": FIRST.secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
    }
    command = [program_of(version), "--endpoint-url", server.url, "organizations", "list-accounts",
               "--query", f"Accounts[?Id=='{A.account_id}'].Name", "--output", "text"]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, cwd=tmp_path,
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == A.name
