"""`grantry explain` and `grantry decisions`: for people and programs, also over the network."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness import policies, sessions
from harness.accounts import A, B, C, FIRST
from harness.explain import World, document, explain, text
from harness.iam import allow, deny, unique
from harness.policies import objects_arn
from harness.raw import RawClient, Response
from harness.sigv4 import presign


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def test_text_for_people(world):
    bucket = world.bucket()
    lines = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Sid": "NotToday", "Effect": "Deny", "Principal": "*",\n'
    lines += f'     "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"}}\n  ]\n}}'
    world.s3().put_bucket_policy(Bucket=bucket, Policy=lines)
    asking = world.asking(B, "get_object", bucket)
    told = text(world.server, asking.refused().response["ResponseMetadata"]["RequestId"])
    assert "rule        Bucket policy (§6.1)" in told
    assert "bucket policy, statement 0 (NotToday), line 4, column 5:" in told
    assert f'"Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"' in told
    assert f"aws s3api delete-bucket-policy --bucket {bucket}" in told
    assert "WARNING" not in told


def test_a_public_suggestion_warns(world):
    bucket = world.bucket()
    told = text(world.server, "--as", "anonymous", "--action", "s3:GetObject", "--bucket", bucket, "--key", "k")
    assert "WARNING: this makes the bucket policy public" in told
    assert f"aws s3api put-bucket-policy --bucket {bucket} --policy '" in told


def test_questions(world):
    bucket, user = world.bucket(), world.user(B, allow("s3:GetObject"))

    def verdict(principal, action, *more):
        arguments = ("--as", principal, "--action", action, "--bucket", bucket, *more)
        (explanation,) = document(world.server, *arguments)["explanations"]
        return explanation["verdict"], (explanation["rule"] or {}).get("key")

    assert verdict(user.arn, "s3:GetObject", "--key", "k") == ("allowed", "IdentityPolicy")
    assert verdict(user.arn, "s3:PutObject", "--key", "k") == ("refused", "IdentityPolicy")
    assert verdict(user.arn, "GetObject", "--key", "missing") == ("refused", "HiddenKey")
    assert verdict(B.account_id, "s3:ListBucket") == ("allowed", "AccountRoot")
    assert verdict(B.root_arn, "PutObject", "--key", "k", "--acl", "public-read") == ("refused", "AclNotSupported")
    assert verdict("anonymous", "CreateMultipartUpload", "--key", "k") == ("refused", "AnonymousOperation")
    condition = {"StringLike": {"aws:Referer": "https://a/*"}}
    world.policy(bucket, policies.allow("*", "s3:GetObject", objects_arn(bucket), condition))
    assert verdict("anonymous", "s3:GetObject", "--key", "k", "--header", "Referer: https://a/b")[0] == "allowed"
    assert verdict("anonymous", "s3:GetObject", "--key", "k", "--header", "Referer: https://b/b")[0] == "refused"
    for principal, action in (("nobody-knows", "s3:GetObject"), ("anonymous", "s3:Foo")):
        done = world.server.command("explain", "--as", principal, "--action", action, "--bucket", bucket)
        assert done.returncode == 1
        assert "nobody-knows" in done.stderr or "s3:Foo" in done.stderr


def test_an_old_refusal_by_the_rules_of_today(world):
    bucket = world.bucket()
    asking = world.asking(A, "get_object", bucket)
    request_id = asking.refused().response["ResponseMetadata"]["RequestId"]
    world.policy(bucket, policies.allow({"AWS": A.account_id}, "s3:GetObject", objects_arn(bucket)))
    told = document(world.server, request_id, "--replay")
    assert [one["verdict"] for one in told["explanations"]] == ["refused"]
    assert [one["verdict"] for one in told["today"]] == ["allowed"]
    assert "with the rules of today it is now allowed" in text(world.server, request_id, "--replay")


def again(world, error) -> list[str]:
    """The verdicts of then about a refused request, and those by the rules of today."""
    told = document(world.server, error.response["ResponseMetadata"]["RequestId"], "--replay")
    return [one["verdict"] for one in told["explanations"] + told["today"]]


def test_values_of_an_upload_are_recorded(world):
    """A condition sees how an upload is encrypted in requests about its parts, which do not say so."""
    bucket = world.bucket()
    encrypted = {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    upload = world.s3().create_multipart_upload(Bucket=bucket, Key="k", ServerSideEncryption="AES256")["UploadId"]
    world.policy(bucket, policies.deny("*", "s3:PutObject", objects_arn(bucket), encrypted))
    asking = world.asking(B, "upload_part", bucket, UploadId=upload, PartNumber=1, Body=b"1")
    assert again(world, asking.refused()) == ["refused", "refused"]
    world.s3().delete_bucket_policy(Bucket=bucket)
    assert asking()["ETag"]


def test_values_of_a_lock_are_recorded(world):
    """The days of a retention are computed from the document of the request."""
    bucket, _ = world.locked()
    long = {"NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "5"}}
    world.policy(bucket, policies.deny("*", "s3:PutObjectRetention", objects_arn(bucket), long))
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=9)}
    asking = world.asking(B, "put_object_retention", bucket, Retention=retention)
    assert again(world, asking.refused()) == ["refused", "refused"]
    retention["RetainUntilDate"] -= timedelta(days=5)
    asking()


def test_a_lock_by_the_rules_of_today(world):
    bucket, version = world.locked(hold=True)
    error = world.asking(B, "delete_object", bucket, VersionId=version).refused()
    assert again(world, error) == ["refused", "refused"]
    world.s3().put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "OFF"})
    assert again(world, error) == ["refused", "allowed"]
    told = text(world.server, error.response["ResponseMetadata"]["RequestId"])
    assert "rule        Object Lock (EVAL-5)" in told
    assert f"aws s3api put-object-legal-hold --bucket {bucket} --key k --version-id {version}" in told
    # The same without a request.
    question = ("--as", B.account_id, "--action", "s3:DeleteObjectVersion", "--bucket", bucket, "--key", "k")
    (asked,) = document(world.server, *question, "--version", version)["explanations"]
    assert asked["verdict"] == "allowed"
    world.s3().put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})
    (asked,) = document(world.server, *question, "--version", version)["explanations"]
    assert (asked["verdict"], asked["lock"]["legalHold"]) == ("refused", True)


def test_each_locked_key_of_a_batch(world):
    """A batch that went through, but for the version that is kept."""
    bucket, version = world.locked(mode="GOVERNANCE")
    world.s3().put_object(Bucket=bucket, Key="free", Body=b"", ChecksumAlgorithm="CRC32")
    keys = [{"Key": "free"}, {"Key": "k", "VersionId": version}]
    answer = world.s3().delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert [error["Key"] for error in answer["Errors"]] == ["k"]
    free, kept = explain(world.server, answer["ResponseMetadata"]["RequestId"])
    assert (free["verdict"], kept["verdict"], kept["rule"]["key"]) == ("allowed", "refused", "ObjectLock")
    assert kept["lock"]["mode"] == "GOVERNANCE"


def test_a_role_by_the_rules_of_today(world):
    identities = sessions.Identities(world.url, B)
    arn = identities.role(sessions.trust({"AWS": A.account_id}))
    user = world.user(B, allow("sts:AssumeRole"))
    error = world.calling(user, "sts", "assume_role", RoleArn=arn, RoleSessionName="session").refused()
    assert again(world, error) == ["refused", "refused"]
    trusting = sessions.trust({"AWS": user.arn})
    identities.iam.update_assume_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyDocument=trusting)
    assert again(world, error) == ["refused", "allowed"]
    told = text(world.server, error.response["ResponseMetadata"]["RequestId"])
    assert f"resource    {arn}" in told
    assert "aws iam update-assume-role-policy --role-name " in told


def test_calls_in_the_list_of_decisions(world):
    user = world.user(B, allow("iam:*", f"arn:aws:iam::{B.account_id}:user/mine/*"))
    name = unique("made")
    user.iam.create_user(UserName=name, Path="/mine/")
    world.calling(user, "iam", "create_user", UserName=unique("made")).refused()
    done = world.server.command("decisions", "--caller", user.arn, "--json")
    decisions = json.loads(done.stdout)["decisions"]
    assert [(one["operation"], one["verdict"]) for one in decisions] == [
        ("iam:CreateUser", "refused"), ("iam:CreateUser", "allowed"),
    ]
    assert decisions[1]["resource"] == f"arn:aws:iam::{B.account_id}:user/mine/{name}"
    assert {one["accessKeyId"] for one in decisions} == {user.key.access_key_id}
    # The account sees calls about what is its own, and nobody else does.
    for holder, expected in ((B, 2), (A, 0)):
        answer = call(world, holder, "ListDecisions", {"callerArn": user.arn})
        assert len(json.loads(answer.body)["decisions"]) == expected


def test_a_call_whose_signature_is_wrong(world):
    asking = world.calling(replace(B, access_key_id="AKIANOBODYKNOWSIT00"), "iam", "list_users")
    error = asking.refused().response
    assert error["Error"]["Code"] == "InvalidClientTokenId"
    (explanation,) = explain(world.server, error["ResponseMetadata"]["RequestId"])
    assert (explanation["verdict"], explanation["plans"]) == ("undecided", [])
    assert "no active access key" in explanation["summary"]


def test_an_unknown_request_id(world):
    done = world.server.command("explain", "NOSUCHREQUEST")
    assert done.returncode == 1
    assert "no record of request" in done.stderr


UNDECIDED = {
    "SignatureDoesNotMatch": "secret access key",
    "InvalidAccessKeyId": "no active access key",
    "RequestTimeTooSkewed": "clock",
    "NoSuchBucket": "no bucket with this name",
    "expired URL": "expired at",
    "expected owner": "expected-bucket-owner",
    "InvalidToken": "session token",
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_no_permission_can_help(world, name):
    """Refusals before a decision: the reason, without anything that signatures are made from."""
    bucket, secret = world.bucket(), "x" * 40
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    owner = RawClient(world.url, B)
    match name:
        case "SignatureDoesNotMatch":
            response = RawClient(world.url, replace(B, secret_access_key=secret)).get(bucket, "k")
        case "InvalidAccessKeyId":
            response = RawClient(world.url, replace(B, access_key_id="AKIANOBODYKNOWSIT00")).get(bucket, "k")
        case "RequestTimeTooSkewed":
            response = owner.get(bucket, "k", at=an_hour_ago)
        case "NoSuchBucket":
            response = owner.get(unique("nowhere"), "k")
        case "expired URL":
            url = presign(B, "GET", f"{world.url}/{bucket}/k", expires_seconds=60, at=an_hour_ago)
            response = RawClient(world.url, None).to("GET", url.removeprefix(world.url))
        case "expected owner":
            response = owner.get(bucket, "k", headers={"x-amz-expected-bucket-owner": A.account_id})
        case "InvalidToken":
            response = owner.get(bucket, "k", headers={"x-amz-security-token": secret})
    assert response.status >= 400
    (explanation,) = explain(world.server, response.header("x-amz-request-id"))
    assert explanation["verdict"] == "undecided"
    assert explanation["rule"] is None
    assert UNDECIDED[name] in explanation["summary"] + explanation["noChangeHelps"]
    assert explanation["plans"] == []
    assert secret not in json.dumps(explanation)


def test_lists_of_decisions(world):
    bucket = world.bucket()
    world.asking(A, "get_object", bucket).refused()
    world.asking(B, "get_object", bucket)()

    def listed(*arguments):
        done = world.server.command("decisions", "--bucket", bucket, "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    everything = listed()["decisions"]
    newest = [(one["operation"], one["verdict"]) for one in everything][:2]
    assert newest == [("GetObject", "allowed"), ("GetObject", "refused")]
    (refused,) = listed("--verdict", "refused")["decisions"]
    assert (refused["callerArn"], refused["key"], refused["errorCode"]) == (A.root_arn, "k", "AccessDenied")
    assert listed("--caller", "anonymous")["decisions"] == []
    page = listed("--limit", "1")
    assert len(page["decisions"]) == 1
    assert listed("--limit", "1", "--from", page["nextToken"])["decisions"] == everything[1:2]
    assert refused["requestId"] in world.server.command("decisions", "--bucket", bucket).stdout


def test_nothing_secret_is_recorded(world):
    """Signatures, session tokens and secrets are in no file of the log."""
    bucket = world.bucket()
    _, session = world.role(allow("s3:*"))
    holder = session()
    sessions.client("s3", world.url, holder).get_object(Bucket=bucket, Key="k")
    url = presign(B, "GET", f"{world.url}/{bucket}/k", expires_seconds=60)
    assert RawClient(world.url, None).to("GET", url.removeprefix(world.url)).status == 200
    world.server.command("decisions", "--limit", "1")
    files = list((Path(world.server.environment()["GRANTRY_DATA_DIR"]) / "decisions").iterdir())
    assert files
    signature = url.split("X-Amz-Signature=")[1][:64]
    for file in files:
        content = file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600
        for secret in (signature, holder.token, holder.secret_access_key, B.secret_access_key):
            assert secret.encode() not in content


def call(world, holder, action: str, document: dict) -> Response:
    body = json.dumps(document).encode()
    headers = {"X-Amz-Target": f"Grantry.{action}", "Content-Type": "application/x-amz-json-1.1"}
    signing = {"service": "grantry"} if holder else {}
    return RawClient(world.url, holder).to("POST", "/", headers, body, **signing)


def test_over_the_network(world):
    bucket, user = world.bucket(), world.user(B, allow(["grantry:ListDecisions", "grantry:ExplainRequest"]))
    refused = world.asking(A, "get_object", bucket).refused().response["ResponseMetadata"]["RequestId"]
    question = {"principal": "anonymous", "action": "s3:GetObject", "bucket": bucket, "key": "k"}
    for holder in (B, user.key):
        answer = call(world, holder, "ListDecisions", {"bucket": bucket, "verdict": "refused"})
        assert answer.status == 200, answer.body
        (decision,) = json.loads(answer.body)["decisions"]
        assert (decision["requestId"], decision["accessKeyId"]) == (refused, None)
        answer = call(world, holder, "ExplainRequest", {"requestId": refused})
        (explanation,) = json.loads(answer.body)["explanations"]
        assert explanation["rule"]["key"] == "AclsDisabled"
        answer = call(world, holder, "ExplainRequest", question)
        assert json.loads(answer.body)["explanations"][0]["verdict"] == "refused"
    # Nobody else, and nothing of somebody else's buckets or users.
    assert call(world, world.user(B).key, "ListDecisions", {}).status == 403
    assert call(world, None, "ListDecisions", {}).status == 403
    assert json.loads(call(world, C, "ListDecisions", {"bucket": bucket}).body)["decisions"] == []
    assert call(world, C, "ExplainRequest", {"requestId": refused}).status == 404
    assert call(world, C, "ExplainRequest", question).status == 403
    assert call(world, B, "ExplainRequest", question | {"principal": world.user(A).arn}).status == 403
    assert call(world, B, "ListDecisions", {"verdict": "perhaps"}).status == 400
    assert call(world, B, "Forget", {}).status == 400


def test_a_foreign_callers_policies_stay_its_own(world):
    bucket = world.bucket()
    stranger = world.user(A, allow("s3:ListBucket"), deny("s3:GetObject", Sid="MyOwnReason"))
    refused = world.asking(stranger, "get_object", bucket).refused().response["ResponseMetadata"]["RequestId"]
    answer = call(world, B, "ExplainRequest", {"requestId": refused})
    assert answer.status == 200
    assert b"MyOwnReason" not in answer.body
    assert "MyOwnReason" in json.dumps(explain(world.server, refused))


def test_without_a_server(own_server):
    """What a server recorded can be read when it has ended, also by a crash."""
    admin = RawClient(own_server.url, FIRST)
    bucket = unique("later")
    assert admin.put(bucket).status == 200
    refused = RawClient(own_server.url, None).get(bucket, "k").header("x-amz-request-id")
    assert explain(own_server, refused)[0]["verdict"] == "refused"
    own_server.kill()
    (explanation,) = explain(own_server, refused)
    assert explanation["verdict"] == "refused"
    question = ("--as", "anonymous", "--action", "s3:GetObject", "--bucket", bucket, "--key", "k")
    (asked,) = document(own_server, *question)["explanations"]
    assert asked["verdict"] == "refused"
