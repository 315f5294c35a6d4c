"""Sessions: made by STS, used for S3 in every form of signature, ended by whoever may."""

import datetime
import json
import os
import shutil
import subprocess

import pytest
import requests

from harness import expect
from harness.accounts import A, B
from harness.aws_cli import program_of, version_of
from harness.buckets import new_name
from harness.iam import allow, policy
from harness.sessions import Identities, Session, client, trust
from harness.raw import RawClient

EVERYTHING = allow("s3:*")


@pytest.fixture(scope="module")
def owners(server):
    """Identities of B."""
    return Identities(server.url, B)


@pytest.fixture(scope="module")
def others(server):
    """Identities of A."""
    return Identities(server.url, A)


@pytest.fixture(scope="module")
def ada(others):
    """A user of A who may assume whatever trusts her."""
    return others.user(allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))


@pytest.fixture(scope="module")
def sts(server, ada):
    return client("sts", server.url, ada)


def arn_of(user, account=A) -> str:
    return f"arn:aws:iam::{account.account_id}:user/{user.name}"


def assume(sts, role: str, name: str = "nightly", **more) -> Session:
    return Session.of(sts.assume_role(RoleArn=role, RoleSessionName=name, **more))


@pytest.fixture
def role(owners, ada):
    """A role of B that ada may assume, and that may do everything on S3."""
    return owners.role(trust({"AWS": arn_of(ada)}), EVERYTHING)


class TokenClient(RawClient):
    """Raw requests with a session's token among the signed headers."""

    def to(self, method, target, headers=None, body=b"", unsigned_headers=None, **signing):
        headers = {"x-amz-security-token": self.account.token} | dict(headers or {})
        return super().to(method, target, headers, body, unsigned_headers, **signing)


def test_who_am_i(server, sts, ada, role):
    root = client("sts", server.url, B).get_caller_identity()
    assert (root["UserId"], root["Account"], root["Arn"]) == (B.account_id, B.account_id, B.root_arn)
    user = sts.get_caller_identity()
    assert user["Arn"] == arn_of(ada) and user["UserId"].startswith("AIDA")
    answer = sts.assume_role(RoleArn=role, RoleSessionName="nightly")
    name = role.rsplit("/", 1)[1]
    session_arn = f"arn:aws:sts::{B.account_id}:assumed-role/{name}/nightly"
    assert answer["AssumedRoleUser"]["Arn"] == session_arn
    assert answer["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")
    assert "PackedPolicySize" not in answer
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=59) < left <= datetime.timedelta(hours=1)
    me = client("sts", server.url, Session.of(answer)).get_caller_identity()
    assert me["Arn"] == session_arn and me["Account"] == B.account_id
    assert me["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    with expect.client_error("MissingAuthenticationToken", 403):
        client("sts", server.url, None).get_caller_identity()


def test_a_role_in_another_account_writes_to_its_bucket(server, sts, role, buckets):
    """ID-10: the session is a principal of B, and what it writes is B's."""
    bucket = buckets.object_writer()
    s3 = client("s3", server.url, assume(sts, role))
    s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"text"
    owner = s3.get_object_acl(Bucket=bucket, Key="k")["Owner"]
    assert owner["ID"] == B.canonical_id
    made = new_name()
    s3.create_bucket(Bucket=made)
    assert made in [found["Name"] for found in client("s3", server.url, B).list_buckets()["Buckets"]]


def test_every_form_of_signature(server, sts, role, buckets):
    bucket = buckets.default()
    session = assume(sts, role)
    s3 = client("s3", server.url, session)
    # Header, with a body in signed chunks and a trailing checksum.
    s3.put_object(Bucket=bucket, Key="chunked", Body=b"x" * 100_000, ChecksumAlgorithm="CRC32")
    # Presigned query.
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "chunked"})
    assert "X-Amz-Security-Token=" in url or "x-amz-security-token=" in url
    assert requests.get(url, timeout=60).content == b"x" * 100_000
    # A browser's form.
    form = s3.generate_presigned_post(bucket, "form")
    assert "x-amz-security-token" in form["fields"]
    done = requests.post(form["url"], data=form["fields"], files={"file": b"posted"}, timeout=60)
    assert done.status_code == 204, done.text
    assert s3.get_object(Bucket=bucket, Key="form")["Body"].read() == b"posted"
    without = {name: value for name, value in form["fields"].items() if name != "x-amz-security-token"}
    done = requests.post(form["url"], data=without, files={"file": b"posted"}, timeout=60)
    assert done.status_code == 403 and "InvalidAccessKeyId" in done.text


def test_tokens_that_do_not_fit(server, sts, role, owner, buckets):
    """§8.3: a missing token, one of another key, a changed one, one with a long-term key."""
    bucket = buckets.default()
    one, two = assume(sts, role), assume(sts, role)
    expect.ok(TokenClient(server.url, one).get(bucket, query="list-type=2"))
    missing = RawClient(server.url, one).get(bucket, query="list-type=2")
    expect.error(missing, 403, "InvalidAccessKeyId", AWSAccessKeyId=one.access_key_id)
    message = "The provided token is malformed or otherwise invalid."
    changed = one.token[:-1] + ("A" if one.token[-1] != "A" else "B")
    for token in (two.token, changed, "x", one.token + "A"):
        wrong = Session(one.access_key_id, one.secret_access_key, token)
        answer = TokenClient(server.url, wrong).get(bucket, query="list-type=2")
        expect.error(answer, 400, "InvalidToken", message, Token_0=token)
    long_term = Session(B.access_key_id, B.secret_access_key, one.token)
    answer = TokenClient(server.url, long_term).get(bucket, query="list-type=2")
    expect.error(answer, 400, "InvalidToken", message)
    wrong_secret = Session(one.access_key_id, two.secret_access_key, one.token)
    answer = TokenClient(server.url, wrong_secret).get(bucket, query="list-type=2")
    expect.error(answer, 403, "SignatureDoesNotMatch")
    unsigned = RawClient(server.url, one).get(
        bucket, query="list-type=2", unsigned_headers={"x-amz-security-token": one.token})
    expect.error(unsigned, 403, "AccessDenied", HeadersNotSigned="x-amz-security-token")
    with expect.client_error("InvalidClientTokenId", 403):
        client("sts", server.url, wrong).get_caller_identity()


def test_who_may_assume_a_role(server, sts, owners, others, ada):
    """Both sides must agree across accounts; what does not exist looks the same."""
    refused = f"User: {arn_of(ada)} is not authorized to perform: sts:AssumeRole on resource: "
    untrusting = owners.role(trust({"AWS": f"arn:aws:iam::{B.account_id}:root"}), EVERYTHING)
    absent = f"arn:aws:iam::{B.account_id}:role/nowhere"
    for arn in (untrusting, absent):
        with expect.client_error("AccessDenied", 403) as caught:
            assume(sts, arn)
        assert caught.value.response["Error"]["Message"] == refused + arn
    trusting = owners.role(trust({"AWS": f"arn:aws:iam::{A.account_id}:root"}), EVERYTHING)
    assume(sts, trusting)
    powerless = client("sts", server.url, others.user())
    with expect.client_error("AccessDenied", 403):
        assume(powerless, trusting)
    with expect.client_error("AccessDenied", 403) as caught:
        assume(client("sts", server.url, A), trusting)
    assert caught.value.response["Error"]["Message"] == "Roles may not be assumed by root accounts."
    everybody = owners.role(trust("*"), EVERYTHING)
    with expect.client_error("MissingAuthenticationToken", 403):
        assume(client("sts", server.url, None), everybody)


def test_external_id(sts, owners, ada):
    condition = {"StringEquals": {"sts:ExternalId": "4711"}}
    role = owners.role(trust({"AWS": arn_of(ada)}, Condition=condition))
    assume(sts, role, ExternalId="4711")
    for more in ({}, {"ExternalId": "4712"}):
        with expect.client_error("AccessDenied", 403):
            assume(sts, role, **more)


def test_arguments(sts, role, owners, ada):
    def refused(code="ValidationError", **arguments):
        given = {"RoleArn": role, "RoleSessionName": "nightly"} | arguments
        with expect.client_error(code, 400) as caught:
            sts.assume_role(**given)
        return caught.value.response["Error"]["Message"]

    constraint = "failed to satisfy constraint: Member must"
    shown = refused(RoleSessionName="with blank")
    assert shown == (f"1 validation error detected: Value 'with blank' at 'roleSessionName' {constraint} "
                     "satisfy regular expression pattern: [\\w+=,.@-]*")
    assert f"at 'durationSeconds' {constraint} have value less than or equal to 43200" in refused(
        DurationSeconds=43201)
    assert refused(DurationSeconds=3601) == (
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    refused("MalformedPolicyDocument", Policy="{")
    refused(Policy=json.dumps({"Version": "2012-10-17", "Statement": [], "Id": "x" * 2048}))
    refused(PolicyArns=[{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}])
    refused("InvalidParameterValue", TransitiveTagKeys=["team"])
    tags = [{"Key": f"{number:0100}", "Value": "v" * 200} for number in range(50)]
    tagging = owners.role(trust({"AWS": arn_of(ada)}, ["sts:AssumeRole", "sts:TagSession"]))
    refused("PackedPolicyTooLarge", RoleArn=tagging, Tags=tags)


def test_a_session_cannot_outgrow_its_parent(server, sts, owners, ada, buckets):
    """MinIO CVE-2022-24842 and its kin, RustFS CVE-2026-22043: a session policy only takes away."""
    bucket = buckets.default()
    role = owners.role(trust({"AWS": arn_of(ada)}), allow("s3:GetObject"), allow("s3:PutObject"))
    everything = client("s3", server.url, assume(sts, role, Policy=policy(allow("*"))))
    everything.put_object(Bucket=bucket, Key="k", Body=b"text")
    with expect.client_error("AccessDenied", 403):
        everything.delete_object(Bucket=bucket, Key="k")
    answer = sts.assume_role(RoleArn=role, RoleSessionName="reader", Policy=policy(allow("s3:GetObject")))
    assert answer["PackedPolicySize"] > 0
    reader = client("s3", server.url, Session.of(answer))
    assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == b"text"
    with expect.client_error("AccessDenied", 403) as caught:
        reader.put_object(Bucket=bucket, Key="k", Body=b"other")
    assert "no session policy allows the s3:PutObject action" in str(caught.value)
    managed = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    reader = client("s3", server.url, assume(sts, role, PolicyArns=managed))
    reader.get_object(Bucket=bucket, Key="k")
    with expect.client_error("AccessDenied", 403):
        reader.put_object(Bucket=bucket, Key="k", Body=b"other")


def test_a_session_ends_with_its_role(server, sts, owners, ada, buckets):
    """Taken permissions count at once; a new role of the same name has nothing to do with it."""
    bucket = buckets.default()
    trusting = trust({"AWS": arn_of(ada)})
    role = owners.role(trusting, EVERYTHING)
    name = role.rsplit("/", 1)[1]
    session = assume(sts, role)
    s3 = client("s3", server.url, session)
    s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    owners.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(allow("s3:GetObject")))
    with expect.client_error("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    owners.delete_role(role)
    for _ in range(2):
        with expect.client_error("InvalidToken", 400):
            s3.get_object(Bucket=bucket, Key="k")
        owners.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting)
        owners.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(EVERYTHING))
        with expect.client_error("InvalidToken", 400):
            s3.get_object(Bucket=bucket, Key="k")
        owners.delete_role(role)


def test_older_sessions_are_revoked(server, sts, owners, ada, buckets):
    """The policy that AWS's console attaches: AWSRevokeOlderSessions."""
    bucket = buckets.default()
    role = owners.role(trust({"AWS": arn_of(ada)}), EVERYTHING)
    s3 = client("s3", server.url, assume(sts, role))
    s3.list_objects_v2(Bucket=bucket)
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=5)).isoformat()
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": soon}}}
    name = role.rsplit("/", 1)[1]
    owners.iam.put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy(deny))
    with expect.client_error("AccessDenied", 403):
        s3.list_objects_v2(Bucket=bucket)
    past = "2020-01-01T00:00:00Z"
    deny["Condition"]["DateLessThan"]["aws:TokenIssueTime"] = past
    owners.iam.put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy(deny))
    s3.list_objects_v2(Bucket=bucket)


def test_tags_and_source_identity(server, sts, owners, ada, buckets):
    bucket = buckets.default()
    trusting = trust({"AWS": arn_of(ada)}, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    resource = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/*"
    condition = {"StringEquals": {"aws:SourceIdentity": "ada"}}
    role = owners.role(trusting, allow("s3:PutObject", resource, Condition=condition),
                       Tags=[{"Key": "team", "Value": "none"}])
    tags = [{"Key": "team", "Value": "red"}]
    answer = sts.assume_role(RoleArn=role, RoleSessionName="tagged", Tags=tags, SourceIdentity="ada")
    assert answer["SourceIdentity"] == "ada" and answer["PackedPolicySize"] > 0
    s3 = client("s3", server.url, Session.of(answer))
    s3.put_object(Bucket=bucket, Key="red/k", Body=b"")
    for key in ("blue/k", "none/k"):
        with expect.client_error("AccessDenied", 403):
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
    other = client("s3", server.url, assume(sts, role, Tags=tags, SourceIdentity="eve"))
    with expect.client_error("AccessDenied", 403):
        other.put_object(Bucket=bucket, Key="red/k", Body=b"")
    untagging = owners.role(trust({"AWS": arn_of(ada)}), EVERYTHING)
    with expect.client_error("AccessDenied", 403):
        assume(sts, untagging, Tags=tags)


def test_chained_roles(server, sts, owners, ada):
    """An hour at most; transitive tags and the source identity go on."""
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    first = owners.role(trust({"AWS": arn_of(ada)}, actions), allow(actions), MaxSessionDuration=7200)
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    second = owners.role(trust({"AWS": first}, actions, Condition=condition), MaxSessionDuration=7200)
    tags = [{"Key": "team", "Value": "red"}, {"Key": "mood", "Value": "good"}]
    session = assume(sts, first, Tags=tags, TransitiveTagKeys=["team"], SourceIdentity="ada", DurationSeconds=7200)
    chained = client("sts", server.url, session)
    answer = chained.assume_role(RoleArn=second, RoleSessionName="second")
    assert answer["SourceIdentity"] == "ada"
    with expect.client_error("ValidationError", 400) as caught:
        assume(chained, second, DurationSeconds=3601)
    assert "1 hour session limit for roles assumed by role chaining" in str(caught.value)
    with expect.client_error("InvalidParameterValue", 400):
        assume(chained, second, Tags=[{"Key": "team", "Value": "blue"}])
    with expect.client_error("AccessDenied", 403):
        assume(chained, second, SourceIdentity="eve")
    with expect.client_error("AccessDenied", 403):
        assume(client("sts", server.url, assume(sts, first)), second)


def test_get_session_token(server, others, buckets):
    user = others.user(allow("s3:*"), allow("iam:*"))
    sts = client("sts", server.url, user)
    session = Session.of(sts.get_session_token(DurationSeconds=900))
    own = client("sts", server.url, session)
    assert own.get_caller_identity()["Arn"] == arn_of(user)
    bucket = new_name()
    client("s3", server.url, session).create_bucket(Bucket=bucket)
    with expect.client_error("InvalidClientTokenId", 403):
        client("iam", server.url, session).list_users()
    with expect.client_error("AccessDenied", 403) as caught:
        own.get_session_token()
    assert caught.value.response["Error"]["Message"] == "Cannot call GetSessionToken with session credentials"
    with expect.client_error("AccessDenied", 403):
        own.get_federation_token(Name="bob")
    name = user.name
    for key in others.iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        others.iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    others.iam.delete_user_policy(UserName=name, PolicyName="own")
    with expect.client_error("AccessDenied", 403):
        client("s3", server.url, session).list_buckets()
    others.iam.delete_user(UserName=name)
    with expect.client_error("InvalidToken", 400):
        client("s3", server.url, session).list_buckets()


def test_the_root_user_has_sessions_of_an_hour(server):
    answer = client("sts", server.url, A).get_session_token(DurationSeconds=43200)
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert left <= datetime.timedelta(hours=1)
    me = client("sts", server.url, Session.of(answer)).get_caller_identity()
    assert me["Arn"] == A.root_arn


def test_get_federation_token(server, others, buckets):
    """The intersection of user and session policy; without one only what names the federated user."""
    user = others.user(allow("s3:*"), allow("sts:GetFederationToken"))
    sts = client("sts", server.url, user)
    bucket = new_name()
    client("s3", server.url, user).create_bucket(Bucket=bucket)
    answer = sts.get_federation_token(Name="bob", Policy=policy(allow(["s3:PutObject", "iam:*"])))
    assert answer["FederatedUser"]["FederatedUserId"] == f"{A.account_id}:bob"
    assert answer["FederatedUser"]["Arn"] == f"arn:aws:sts::{A.account_id}:federated-user/bob"
    bob = client("s3", server.url, Session.of(answer))
    bob.put_object(Bucket=bucket, Key="k", Body=b"text")
    with expect.client_error("AccessDenied", 403):
        bob.get_object(Bucket=bucket, Key="k")
    with expect.client_error("InvalidClientTokenId", 403):
        client("iam", server.url, Session.of(answer)).list_users()
    bare = client("s3", server.url, Session.of(sts.get_federation_token(Name="eve")))
    with expect.client_error("AccessDenied", 403):
        bare.get_object(Bucket=bucket, Key="k")
    statement = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*",
                      Principal={"AWS": f"arn:aws:sts::{A.account_id}:federated-user/eve"})
    client("s3", server.url, A).put_bucket_policy(Bucket=bucket, Policy=policy(statement))
    assert bare.get_object(Bucket=bucket, Key="k")["Body"].read() == b"text"
    with expect.client_error("AccessDenied", 403):
        client("sts", server.url, others.user()).get_federation_token(Name="bob")


def test_small_actions(server, sts, others):
    powerful = client("sts", server.url, others.user(allow("sts:*")))
    assert powerful.get_access_key_info(AccessKeyId=B.access_key_id)["Account"] == B.account_id
    with expect.client_error("AccessDenied", 403):
        sts.get_access_key_info(AccessKeyId=B.access_key_id)
    with expect.client_error("InvalidAuthorizationMessageException", 400):
        powerful.decode_authorization_message(EncodedMessage="x")


@pytest.mark.parametrize("version", [1, 2])
def test_aws_cli(server, ada, role, tmp_path, version, buckets):
    """A profile with `role_arn`, as people write it: the CLI assumes the role by itself, if it can do so elsewhere."""
    executable = program_of(version)
    (tmp_path / "config").write_text(
        f"[profile ada]\nregion = us-east-1\n"
        f"[profile theirs]\nregion = us-east-1\nrole_arn = {role}\nsource_profile = ada\n")
    (tmp_path / "credentials").write_text(
        f"[ada]\naws_access_key_id = {ada.access_key_id}\naws_secret_access_key = {ada.secret_access_key}\n")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "AWS_PAGER": "",
        "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_MAX_ATTEMPTS": "1",
        "AWS_ENDPOINT_URL": server.url, "AWS_ENDPOINT_URL_STS": server.url,
    }
    bucket = buckets.default()
    command = [executable, "--profile", "theirs"]
    if not names_endpoints(executable):
        # Such a version assumes roles at Amazon only, so it is told what it would have been given.
        assumed = subprocess.run(
            [executable, "--profile", "ada", "--endpoint-url", server.url, "sts", "assume-role", "--role-arn", role,
             "--role-session-name", "by-hand", "--output", "json"], env=environment, cwd=tmp_path,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        assert assumed.returncode == 0, assumed.stderr
        given = json.loads(assumed.stdout)["Credentials"]
        environment |= {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"], "AWS_DEFAULT_REGION": "us-east-1",
        }
        command = [executable, "--endpoint-url", server.url]
    for arguments, expected in (
        (["s3", "cp", "config", f"s3://{bucket}/config"], "upload"),
        (["s3", "ls", f"s3://{bucket}/"], "config"),
        (["sts", "get-caller-identity", "--query", "Arn", "--output", "text"], "assumed-role"),
    ):
        done = subprocess.run([*command, *arguments], env=environment, cwd=tmp_path,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout


def names_endpoints(executable: str) -> bool:
    """From 2.13 on the environment may name endpoints."""
    major, minor = version_of(executable).split("/")[1].split(".")[:2]
    return (int(major), int(minor)) >= (2, 13)


def test_ruby(server, ada, role, buckets):
    """aws-sdk-core's STS client, and S3 with the credentials that it assumes."""
    ruby = shutil.which("ruby")
    assert ruby, "no Ruby on the PATH; `make test` installs it"
    bucket = buckets.default()
    script = """
        require "aws-sdk-core"
        require "aws-sdk-s3"
        url, role, bucket = ARGV
        sts = Aws::STS::Client.new(endpoint: url, region: "us-east-1")
        puts sts.get_caller_identity.arn
        credentials = Aws::AssumeRoleCredentials.new(client: sts, role_arn: role, role_session_name: "ruby")
        s3 = Aws::S3::Client.new(endpoint: url, region: "us-east-1", credentials: credentials, force_path_style: true)
        s3.put_object(bucket: bucket, key: "k", body: "from ruby")
        puts s3.get_object(bucket: bucket, key: "k").body.read
    """
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "AWS_ACCESS_KEY_ID": ada.access_key_id,
                   "AWS_SECRET_ACCESS_KEY": ada.secret_access_key}
    done = subprocess.run([ruby, "-e", script, server.url, role, bucket], env=environment, capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [arn_of(ada), "from ruby"]
