"""Published weaknesses of other servers that need more than one request to show.

| weakness | what went wrong there | test |
|---|---|---|
| MinIO CVE-2020-11012 | a call was refused, and done all the same | `test_minio_cve_2020_11012` |
| RustFS CVE-2026-39360, GHSA-wfxj | a part copied from a source that its caller may not read; conditions on the source ignored | `test_rustfs_cve_2026_39360`, `test_rustfs_ghsa_wfxj` |
| SeaweedFS 8e4022d5c | a batch of deletions decided once, for the bucket | `test_seaweedfs_8e4022d5c` |
| Ceph CVE-2016-7031 | buckets listed for everybody | `test_ceph_cve_2016_7031` |
| RustFS CVE-2026-22042, CVE-2026-40937, GHSA-f5cv, GHSA-796f, GHSA-jqmc | whoever was known might administer | `test_rustfs_cve_2026_40937` |
| RustFS CVE-2025-68926, GHSA-r5qv | credentials that every installation has | `test_rustfs_cve_2025_68926` |

The others stand beside the code that they concern: `crates/grantry/tests/binary/regressions/`,
`crates/authz/tests/decisions/advisories.rs`, `test_iam_access.py`, `test_sts.py`,
`test_web_identity.py`.
"""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from harness import expect, policies
from harness.accounts import A, B
from harness.expect import ok
from harness.iam import Administrator, allow, client, unique
from harness.raw import RawClient


def code_of(call, **arguments) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_minio_cve_2020_11012(server):
    administrator = Administrator(server.url, B)
    name = unique("intruder")
    forger = client(server.url, replace(B, secret_access_key="x" * 40))
    assert code_of(forger.create_user, UserName=name) == "SignatureDoesNotMatch"
    assert code_of(administrator.iam.get_user, UserName=name) == "NoSuchEntity"


@pytest.fixture
def upload(other, buckets):
    """An upload of A in a bucket of A, and an object of B that A may not read."""
    bucket = unique("parts")
    ok(other.put(bucket))
    created = ok(other.request("POST", bucket, "k", query="uploads"))
    return bucket, created.text("UploadId")


def copied_part(client, upload, source, headers=None):
    bucket, upload_id = upload
    return client.put(bucket, "k", query=f"partNumber=1&uploadId={upload_id}",
                      headers={"x-amz-copy-source": source} | (headers or {}))


def test_rustfs_cve_2026_39360(owner, other, buckets, upload):
    private = buckets.default()
    ok(owner.put(private, "secret", b"x"))
    expect.error(copied_part(other, upload, f"/{private}/secret"), 403, "AccessDenied")
    bucket, upload_id = upload
    parts = ok(other.get(bucket, "k", query=f"uploadId={upload_id}"))
    assert parts.texts("Part/PartNumber") == []


def test_rustfs_ghsa_wfxj(other, upload):
    bucket, _ = upload
    ok(other.put(bucket, "source", b"x"))
    condition = {"x-amz-copy-source-if-match": '"0123456789abcdef0123456789abcdef"'}
    refused = copied_part(other, upload, f"/{bucket}/source", condition)
    expect.error(refused, 412, "PreconditionFailed")
    ok(copied_part(other, upload, f"/{bucket}/source"))


def test_seaweedfs_8e4022d5c(owner, other, buckets):
    bucket = buckets.enforced()
    for key in ("a/1", "b/1"):
        ok(owner.put(bucket, key, b"x"))
    buckets.allow(bucket, policies.allow(policies.account(A), "s3:DeleteObject",
                                         policies.objects_arn(bucket, "a/*")))
    document = "<Delete><Object><Key>a/1</Key></Object><Object><Key>b/1</Key></Object></Delete>"
    answer = ok(other.document("POST", bucket, "delete", document))
    assert answer.texts("Deleted/Key") == ["a/1"]
    assert answer.texts("Error/Key") == ["b/1"]
    assert answer.texts("Error/Code") == ["AccessDenied"]
    assert ok(owner.get(bucket, query="list-type=2")).texts("Contents/Key") == ["b/1"]


def test_ceph_cve_2016_7031(anonymous, owner, buckets):
    bucket = buckets.enforced()
    ok(owner.put(bucket, "k", b"x"))
    for query in ("", "list-type=2", "versions", "uploads"):
        expect.error(anonymous.get(bucket, query=query), 403, "AccessDenied")


def test_rustfs_cve_2026_40937(server):
    """A user with all of S3 and nothing else."""
    user = Administrator(server.url, B).user(allow("s3:*"))
    iam = client(server.url, user.key)
    for call, arguments in [
        (iam.list_users, {}),
        (iam.create_user, {"UserName": unique("more")}),
        (iam.create_access_key, {"UserName": user.name}),
        (iam.get_account_authorization_details, {}),
        (iam.put_user_policy, {"UserName": user.name, "PolicyName": "p",
                               "PolicyDocument": policies.policy()}),
        (iam.attach_user_policy, {"UserName": user.name,
                                  "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ]:
        assert code_of(call, **arguments) == "AccessDenied", call
    organizations = client(server.url, user.key, "organizations")
    assert code_of(organizations.list_accounts) == "AccessDeniedException"


@pytest.mark.parametrize("key_id, secret", [
    ("minioadmin", "minioadmin"), ("rustfsadmin", "rustfsadmin"), ("admin", "admin"),
    ("grantry", "grantry"), ("root", "root"), ("test", "test"),
])
def test_rustfs_cve_2025_68926(server, key_id, secret):
    known = replace(B, access_key_id=key_id, secret_access_key=secret)
    expect.error(RawClient(server.url, known).get(), 403, "InvalidAccessKeyId")
