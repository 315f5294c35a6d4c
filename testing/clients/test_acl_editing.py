"""Every way to write an ACL that the guide "Configuring ACLs" names, by each client that has it."""

import json
from pathlib import Path

import pytest

from harness import acls, expect, policies
from harness.accounts import A, B
from harness.aws_cli import Cli
from harness.programs import Program, aws_environment

OWN = (B.canonical_id, "FULL_CONTROL")
HEADERS = [OWN, (A.canonical_id, "READ")]
REFUSED = ("AccessControlListNotSupported", "The bucket does not allow ACLs")


@pytest.fixture
def shelf(owner, buckets):
    """A bucket that enables ACLs."""
    return buckets.object_writer()


@pytest.fixture
def disabled(owner, bucket):
    """A default bucket with the object `k`."""
    expect.ok(owner.put(bucket, "k", b"x"))
    return bucket


def grants(owner, bucket, key=None) -> list[tuple[str, str]]:
    """The grants as the server has them, in no order."""
    found = acls.read(expect.ok(owner.get(bucket, key, "acl")))
    assert found.owner == B.canonical_id
    return sorted(found.grants)


def document(*more) -> dict:
    """An access control policy as the SDKs and the command line take it."""
    named = [{"Grantee": {"Type": "CanonicalUser", "ID": grantee}, "Permission": permission}
             for grantee, permission in (OWN, *more)]
    return {"Owner": {"ID": B.canonical_id}, "Grants": named}


@pytest.mark.parametrize("version", [1, 2])
def test_the_command_line(server, owner, shelf, disabled, tmp_path, version):
    aws = Cli(version, server.url, tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    own, other = f"id={B.canonical_id}", f"id={A.canonical_id}"
    bucket, key = ("s3api", "put-bucket-acl", "--bucket", shelf), ("--bucket", shelf, "--key", "k")

    aws(*bucket, "--acl", "authenticated-read")
    assert grants(owner, shelf) == sorted([OWN, (policies.AUTHENTICATED_USERS, "READ")])
    aws(*bucket, "--grant-full-control", own, "--grant-read", other,
        "--grant-write", f"uri={policies.LOG_DELIVERY}", "--grant-read-acp", f"uri={policies.LOG_DELIVERY}")
    assert grants(owner, shelf) == sorted([*HEADERS, (policies.LOG_DELIVERY, "WRITE"), (policies.LOG_DELIVERY, "READ_ACP")])
    aws(*bucket, "--access-control-policy", json.dumps(document((A.canonical_id, "WRITE_ACP"))))
    assert grants(owner, shelf) == sorted([OWN, (A.canonical_id, "WRITE_ACP")])
    shown = aws.json("get-bucket-acl", "--bucket", shelf)
    assert shown["Owner"] == {"ID": B.canonical_id} and shown["Grants"] == document((A.canonical_id, "WRITE_ACP"))["Grants"]

    aws("s3api", "put-object", *key, "--body", "file", "--grant-full-control", own, "--grant-read", other)
    assert grants(owner, shelf, "k") == sorted(HEADERS)
    aws("s3api", "put-object-acl", *key, "--acl", "public-read")
    assert grants(owner, shelf, "k") == sorted([OWN, (policies.ALL_USERS, "READ")])
    aws("s3", "cp", "file", f"s3://{shelf}/k", "--grants", f"full={own}", f"read={other}")
    assert grants(owner, shelf, "k") == sorted(HEADERS)

    for command in (("put-bucket-acl", "--bucket", disabled, "--grant-read", other),
                    ("put-object-acl", "--bucket", disabled, "--key", "k", "--grant-read", other)):
        said = aws("s3api", *command, status=aws.refused)
        assert REFUSED[0] in said and REFUSED[1] in said


def test_boto3(s3, owner, shelf, disabled):
    headers = {"GrantFullControl": f'id="{B.canonical_id}"', "GrantRead": f'id="{A.canonical_id}"'}
    s3.put_bucket_acl(Bucket=shelf, ACL="authenticated-read")
    assert grants(owner, shelf) == sorted([OWN, (policies.AUTHENTICATED_USERS, "READ")])
    s3.put_bucket_acl(Bucket=shelf, **headers, GrantWrite=f'uri="{policies.LOG_DELIVERY}"')
    assert grants(owner, shelf) == sorted([*HEADERS, (policies.LOG_DELIVERY, "WRITE")])
    s3.put_bucket_acl(Bucket=shelf, AccessControlPolicy=document((A.canonical_id, "WRITE_ACP")))
    assert s3.get_bucket_acl(Bucket=shelf)["Grants"] == document((A.canonical_id, "WRITE_ACP"))["Grants"]

    s3.put_object(Bucket=shelf, Key="k", Body=b"x", **headers)
    assert grants(owner, shelf, "k") == sorted(HEADERS)
    s3.put_object_acl(Bucket=shelf, Key="k", ACL="public-read")
    assert grants(owner, shelf, "k") == sorted([OWN, (policies.ALL_USERS, "READ")])
    s3.put_object_acl(Bucket=shelf, Key="k", AccessControlPolicy=document((A.canonical_id, "READ_ACP")))
    assert grants(owner, shelf, "k") == sorted([OWN, (A.canonical_id, "READ_ACP")])
    s3.copy_object(Bucket=shelf, Key="copy", CopySource={"Bucket": shelf, "Key": "k"}, **headers)
    assert grants(owner, shelf, "copy") == sorted(HEADERS)
    where = {"Bucket": shelf, "Key": "parts"}
    upload = s3.create_multipart_upload(**where, **headers)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    assert grants(owner, shelf, "parts") == sorted(HEADERS)

    with expect.client_error(REFUSED[0], 400):
        s3.put_bucket_acl(Bucket=disabled, **headers)
    with expect.client_error(REFUSED[0], 400):
        s3.put_object_acl(Bucket=disabled, Key="k", **headers)
    # Reading goes on: the owner has full control, and that is all.
    assert s3.get_bucket_acl(Bucket=disabled)["Grants"] == document()["Grants"]
    assert s3.get_object_acl(Bucket=disabled, Key="k")["Grants"] == document()["Grants"]


def test_ruby(server, shelf, disabled, tmp_path):
    environment = aws_environment() | {
        "ENDPOINT": server.url, "BUCKET": shelf, "DISABLED": disabled,
        "OWNER": B.canonical_id, "OTHER": A.canonical_id,
    }
    script = Path(__file__).parent / "ruby" / "acls.rb"
    lines = [json.loads(line) for line in Program("ruby", tmp_path, environment)(script).splitlines()]
    assert lines.pop() == ["disabled", *REFUSED]
    assert {way: (acl_owner, sorted(map(tuple, found))) for way, acl_owner, found in lines} == {
        way: (B.canonical_id, sorted(expected)) for way, expected in {
            "bucket, canned": [OWN, (policies.AUTHENTICATED_USERS, "READ")],
            "bucket, headers": HEADERS,
            "bucket, body": [OWN, (A.canonical_id, "WRITE_ACP")],
            "new object, headers": HEADERS,
            "object, canned": [OWN, (policies.ALL_USERS, "READ")],
            "object, body": [OWN, (A.canonical_id, "READ_ACP")],
            "copy, canned": [OWN, (policies.ALL_USERS, "READ")],
            "resource": [OWN],
        }.items()
    }
