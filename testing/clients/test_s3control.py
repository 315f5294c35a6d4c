"""S3 Control: Block Public Access of a whole account (access-control.md §4)."""

import os
import subprocess

import pytest

from harness import expect, policies, s3_control
from harness.accounts import A, Account
from harness.aws_cli import program_of
from harness.buckets import Buckets, new_name
from harness.raw import RawClient

PATH = "/v20180820/configuration/publicAccessBlock"
FLAGS = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
NAMESPACE = "{http://awss3control.amazonaws.com/doc/2018-08-20/}"

# An account of its own: what is set here concerns all of its buckets.
OWNER = Account(
    name="account-settings",
    account_id="222233334444",
    canonical_id="d1d2d3d4d5d6d7d8d9dadbdcdddedfd0c1c2c3c4c5c6c7c8c9cacbcccdcecfc0",
    access_key_id="AKIAACCOUNTSETTINGS1",
    secret_access_key="settings/Secret+Key/With/Slash+012345678",
)


@pytest.fixture(scope="module")
def raw(server):
    server.create_account(OWNER)
    return RawClient(server.url, OWNER)


@pytest.fixture
def control(raw, server):
    """S3 Control as the owner; every test begins and ends without a configuration."""
    made = s3_control.client(server.url, OWNER)
    made.delete_public_access_block(AccountId=OWNER.account_id)
    yield made
    made.delete_public_access_block(AccountId=OWNER.account_id)


def put(control, **flags: bool) -> None:
    control.put_public_access_block(
        AccountId=OWNER.account_id, PublicAccessBlockConfiguration=flags)


def ask(raw: RawClient, method: str, account_id: str = OWNER.account_id, body: bytes = b"", **more):
    headers = {"x-amz-account-id": account_id}
    return raw.to(method, PATH, headers, body, **more)


def test_put_get_delete(control):
    """BPA-4 to BPA-6 on the level of the account."""
    with expect.client_error("NoSuchPublicAccessBlockConfiguration", 404) as caught:
        control.get_public_access_block(AccountId=OWNER.account_id)
    error = caught.value.response["Error"]
    assert error["Message"] == "The public access block configuration was not found"
    assert error["AccountId"] == OWNER.account_id
    put(control, BlockPublicAcls=True, RestrictPublicBuckets=True)
    found = control.get_public_access_block(AccountId=OWNER.account_id)
    assert found["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True, "IgnorePublicAcls": False,
        "BlockPublicPolicy": False, "RestrictPublicBuckets": True,
    }
    control.delete_public_access_block(AccountId=OWNER.account_id)
    with expect.client_error("NoSuchPublicAccessBlockConfiguration", 404):
        control.get_public_access_block(AccountId=OWNER.account_id)


def test_the_document(control, raw):
    put(control, BlockPublicPolicy=True)
    answer = expect.ok(ask(raw, "GET"))
    assert answer.xml.tag == f"{NAMESPACE}PublicAccessBlockConfiguration"
    assert [child.tag.removeprefix(NAMESPACE) for child in answer.xml] == FLAGS
    assert [child.text for child in answer.xml] == ["false", "false", "true", "false"]


def test_tv_102_an_empty_configuration(raw):
    empty = b'<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"/>'
    expect.error(ask(raw, "PUT", body=empty), 400, "InvalidRequest",
                 "Must specify at least one configuration.")
    expect.error(ask(raw, "PUT", body=b"<Other/>"), 400, "MalformedXML")


def test_only_the_account_itself(control, server):
    """No other account, no unsigned request, no id that is none; SeaweedFS and RustFS had admin
    paths that any signed caller could use."""
    put(control, BlockPublicAcls=True)
    stranger, nobody = RawClient(server.url, A), RawClient(server.url, None)
    for client in (stranger, nobody):
        for method in ("GET", "PUT", "DELETE"):
            expect.denied(ask(client, method))
    expect.denied(ask(RawClient(server.url, OWNER), "DELETE", A.account_id))
    expect.denied(ask(RawClient(server.url, OWNER), "GET", "somebody"))
    found = control.get_public_access_block(AccountId=OWNER.account_id)
    assert found["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True


def test_the_account_id_is_signed(control, raw):
    """§8.3: an `x-amz-*` header that is not signed is refused."""
    answer = raw.to("GET", PATH, unsigned_headers={"x-amz-account-id": OWNER.account_id})
    expect.error(answer, 403, "AccessDenied", "There were headers present in the request which were not signed",
                 HeadersNotSigned="x-amz-account-id")


def test_bpa_1_the_levels_unite_at_once(control, raw, anonymous):
    """BPA-1, BPA-2: what the account blocks is blocked in its buckets, from the next request on."""
    buckets = Buckets(raw)
    bucket = buckets.publicly_readable()
    expect.ok(raw.put(bucket, "k", b"text"))
    for _ in range(3):
        expect.ok(anonymous.get(bucket, "k"))
        put(control, RestrictPublicBuckets=True)
        expect.denied(anonymous.get(bucket, "k"))
        control.delete_public_access_block(AccountId=OWNER.account_id)
    put(control, BlockPublicPolicy=True)
    refused = raw.document("PUT", bucket, "policy", policies.public_read(bucket))
    expect.denied(refused)
    put(control, IgnorePublicAcls=True)
    acl_bucket = buckets.object_writer()
    expect.ok(raw.put(acl_bucket, "k", b"text", headers={"x-amz-acl": "public-read"}))
    expect.denied(anonymous.get(acl_bucket, "k"))
    put(control, BlockPublicAcls=True)
    expect.ok(anonymous.get(acl_bucket, "k"))
    expect.denied(raw.put(acl_bucket, "k", b"text", headers={"x-amz-acl": "public-read"}))
    name = new_name()
    headers = {"x-amz-acl": "public-read", "x-amz-object-ownership": "ObjectWriter"}
    expect.error(raw.put(name, headers=headers), 400, "InvalidBucketAclWithBlockPublicAccessError")


def test_a_bucket_may_have_such_a_name(control, raw):
    """Digits and `v20180820` are bucket names; without the header the path is a key."""
    expect.ok(raw.put("v20180820"))
    expect.ok(raw.put("v20180820", "configuration/publicAccessBlock", b"an object"))
    got = expect.ok(raw.to("GET", PATH))
    assert got.body == b"an object"
    number = OWNER.account_id
    expect.ok(raw.put(number))
    host = {"Host": f"{number}.localhost:{raw.address[1]}"}
    expect.ok(raw.to("PUT", "/key", host, b"in the bucket"))
    assert expect.ok(raw.get(number, "key")).body == b"in the bucket"
    # The same host, and the header: S3 Control.
    answer = raw.to("GET", PATH, host | {"x-amz-account-id": number})
    expect.error(answer, 404, "NoSuchPublicAccessBlockConfiguration", AccountId=number)


def test_what_s3_control_lacks_here(raw):
    answer = raw.to("GET", "/v20180820/jobs", {"x-amz-account-id": OWNER.account_id})
    expect.error(answer, 501, "NotImplemented")
    expect.error(ask(raw, "POST"), 405, "MethodNotAllowed", Method="POST", ResourceType="ACCOUNT")


@pytest.mark.parametrize("version", [1, 2])
def test_aws_cli(control, server, tmp_path, version):
    """Both command lines; the server is its own proxy, so that no name has to be resolved."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "AWS_PAGER": "",
        "AWS_ACCESS_KEY_ID": OWNER.access_key_id, "AWS_SECRET_ACCESS_KEY": OWNER.secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
        "HTTP_PROXY": server.url, "NO_PROXY": "",
    }

    def aws(*arguments):
        command = [program_of(version), "--endpoint-url", f"http://localhost:{server.port}", "s3control", *arguments,
                   "--account-id", OWNER.account_id, "--output", "text"]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, cwd=tmp_path,
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    aws("put-public-access-block", "--public-access-block-configuration", "BlockPublicPolicy=true")
    shown = aws("get-public-access-block", "--query", "PublicAccessBlockConfiguration.BlockPublicPolicy")
    assert shown.strip() == "True"
    aws("delete-public-access-block")
