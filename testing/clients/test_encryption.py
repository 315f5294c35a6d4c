"""Encryption: SSE-S3 by default, SSE-KMS, SSE-C, bucket defaults, keys, and what lies on the disk."""

import base64
import hashlib
import json
import os
import subprocess
from urllib.parse import urlencode

import pytest
import requests

from harness import expect, policies, sdk
from harness.accounts import A, B, FIRST
from harness.buckets import new_name
from harness.raw import RawClient
from harness.server import Server
from harness.tls import TlsServer, certificate
from test_aws_cli import aws, made  # noqa: F401 (fixtures)
from test_post_form import form, post

MARKER = b"a line that must not lie open on any disk\n"
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
NEEDS_KEY = ("The object was stored using a form of Server Side Encryption. The correct parameters must be provided "
             "to retrieve the object.")
WRONG_KEY = ("Requests specifying Server Side Encryption with Customer provided keys must provide the correct "
             "secret key.")
NOT_APPLICABLE = "The encryption parameters are not applicable to this object."
NEEDS_SIGNATURE = ("Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature "
                   "Version 4.")


def customer(key=KEY, source=False):
    """What boto3 is told about a customer's key."""
    prefix = "CopySourceSSE" if source else "SSE"
    return {f"{prefix}CustomerAlgorithm": "AES256", f"{prefix}CustomerKey": key}


def key_headers(key=KEY, prefix="x-amz-"):
    start = f"{prefix}server-side-encryption-customer-"
    return {f"{start}algorithm": "AES256", f"{start}key": base64.b64encode(key).decode(),
            f"{start}key-md5": base64.b64encode(hashlib.md5(key).digest()).decode()}


def default(algorithm="AES256", key=None, bucket_key=None, blocked=None):
    """The document of a default encryption."""
    rule = f"<SSEAlgorithm>{algorithm}</SSEAlgorithm>" + (f"<KMSMasterKeyID>{key}</KMSMasterKeyID>" if key else "")
    rule = f"<ApplyServerSideEncryptionByDefault>{rule}</ApplyServerSideEncryptionByDefault>"
    if bucket_key is not None:
        rule += f"<BucketKeyEnabled>{str(bucket_key).lower()}</BucketKeyEnabled>"
    if blocked:
        rule += f"<BlockedEncryptionTypes><EncryptionType>{blocked}</EncryptionType></BlockedEncryptionTypes>"
    root = "ServerSideEncryptionConfiguration"
    return f'<{root} xmlns="{policies.S3_XMLNS}"><Rule>{rule}</Rule></{root}>'


def set_default(owner, bucket, *args, **kwargs):
    expect.ok(owner.document("PUT", bucket, "encryption", default(*args, **kwargs)))
    return bucket


@pytest.fixture
def customer_bucket(owner, bucket):
    """A bucket in which SSE-C is not blocked."""
    return set_default(owner, bucket, blocked="NONE")


def managed_key(server, account=B, alias=None):
    """A new managed key, as `grantry keys create` answers."""
    options = ["--alias", alias] if alias else []
    done = server.command("keys", "create", "--json", *options, account.name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def keys(server, *arguments):
    done = server.command("keys", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# SSE-S3


def test_every_new_object_is_encrypted_and_says_so(s3, bucket):
    body = MARKER * 5000
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert put["ServerSideEncryption"] == "AES256"
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    head, get = s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")
    assert get["Body"].read() == body
    for answer in (head, get, s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k")):
        assert answer["ServerSideEncryption"] == "AES256"
        assert "SSEKMSKeyId" not in answer
    assert head["ContentLength"] == len(body)
    assert s3.get_object(Bucket=bucket, Key="c")["Body"].read() == body
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Size"] for entry in listed] == [len(body)] * 2


@pytest.mark.parametrize("length", [0, 1, 65519, 65520, 65521, 1_048_000, 1_048_320, 1_048_576, 3_000_001])
def test_lengths_and_ranges(s3, bucket, length):
    body = os.urandom(length)
    s3.put_object(Bucket=bucket, Key="k", Body=body, ServerSideEncryption="AES256")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    ranges = [(0, 0), (0, length - 1), (65519, 65520), (65520, 131040), (length - 7, length - 1), (70_000, 2_000_000)]
    for first, last in ranges:
        if 0 <= first < length:
            found = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")["Body"].read()
            assert found == body[first:last + 1], (first, last)


def test_parts_are_encrypted_each(s3, bucket):
    bodies = [os.urandom(5 * 2**20 + 3), os.urandom(5 * 2**20), b"end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")
    assert upload["ServerSideEncryption"] == "AES256"
    parts = []
    for number, body in enumerate(bodies, 1):
        # The second one replaces the first.
        for sent in (os.urandom(100), body):
            part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload["UploadId"], PartNumber=number, Body=sent)
        assert part["ServerSideEncryption"] == "AES256"
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload["UploadId"],
                                        MultipartUpload={"Parts": parts})
    assert done["ServerSideEncryption"] == "AES256"
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    whole = b"".join(bodies)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == whole
    first = len(bodies[0]) - 5
    found = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{first + 70_000}")["Body"].read()
    assert found == whole[first:first + 70_001]
    assert s3.get_object(Bucket=bucket, Key="k", PartNumber=3)["Body"].read() == b"end"
    again = s3.create_multipart_upload(Bucket=bucket, Key="copy")
    part = s3.upload_part_copy(Bucket=bucket, Key="copy", UploadId=again["UploadId"], PartNumber=7,
                               CopySource=f"{bucket}/k", CopySourceRange=f"bytes={first}-{first + 99}")
    assert part["ServerSideEncryption"] == "AES256"
    s3.complete_multipart_upload(
        Bucket=bucket, Key="copy", UploadId=again["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 7, "ETag": part["CopyPartResult"]["ETag"]}]})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == whole[first:first + 100]


@pytest.mark.parametrize("headers, status, code, message", [
    ({"x-amz-server-side-encryption": "AES128"}, 400, "InvalidArgument",
     "The encryption method specified is not supported"),
    ({"x-amz-server-side-encryption-aws-kms-key-id": "x"}, 400, "InvalidArgument",
     "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"),
    ({"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-context": "e30"}, 400,
     "InvalidArgument", None),
])
def test_headers_that_are_refused(owner, bucket, headers, status, code, message):
    answer = owner.put(bucket, "k", b"x", headers=headers)
    assert answer.status == status and f"<Code>{code}</Code>" in answer.body.decode(), answer.body
    assert message is None or message in answer.body.decode()


# What lies on the disk


def test_nothing_lies_open_and_all_survives_a_kill(tmp_path):
    server = Server(tmp_path / "own").start()
    s3 = sdk.client(server.url, FIRST)
    bucket = new_name()
    s3.create_bucket(Bucket=bucket)
    RawClient(server.url, FIRST).document("PUT", bucket, "encryption", default(blocked="NONE"))
    small, large = MARKER * 3, MARKER * 60_000
    kinds = {"s3": {}, "kms": {"ServerSideEncryption": "aws:kms"}, "c": customer(),
             "twice": {"ServerSideEncryption": "aws:kms:dsse"}}
    for name, arguments in kinds.items():
        s3.put_object(Bucket=bucket, Key=f"{name}-small", Body=small, **arguments)
        s3.put_object(Bucket=bucket, Key=f"{name}-large", Body=large, **arguments)
    server.kill()
    for path in server.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert MARKER[:20] not in content, path
            assert KEY not in content and base64.b64encode(KEY) not in content, path
    assert base64.b64encode(KEY).decode() not in server.stderr + server.stdout
    server.start()
    s3 = sdk.client(server.url, FIRST)
    for name in kinds:
        arguments = customer() if name == "c" else {}
        assert s3.get_object(Bucket=bucket, Key=f"{name}-small", **arguments)["Body"].read() == small
        assert s3.get_object(Bucket=bucket, Key=f"{name}-large", **arguments)["Body"].read() == large
    assert server.stop() == 0
    checked = server.command("check")
    assert checked.returncode == 0, checked.stdout
    # With the master key gone, nothing is made up: the server says what is missing.
    master_key = server.data_dir / "master.key"
    saved = master_key.read_bytes()
    master_key.unlink()
    failed = server.command("serve")
    assert failed.returncode == 1 and "master.key" in failed.stderr
    # With another one, no body is opened and no row changed; test_master_key.py has the rest.
    master_key.write_text("0" * 64 + "\n")
    master_key.chmod(0o600)
    assert "another master key" in server.command("keys", "list").stderr
    checked = server.command("check")
    assert checked.returncode == 3 and "another master key" in checked.stderr
    master_key.write_bytes(saved)
    assert server.command("check").returncode == 0


def test_disks_that_are_encrypted_themselves(tmp_path):
    server = Server(tmp_path / "own", {"GRANTRY_DEFAULT_ENCRYPTION": "none"}).start()
    s3, raw, bucket = sdk.client(server.url, FIRST), RawClient(server.url, FIRST), new_name()
    s3.create_bucket(Bucket=bucket)
    assert "ServerSideEncryption" not in s3.put_object(Bucket=bucket, Key="open", Body=MARKER)
    assert s3.put_object(Bucket=bucket, Key="asked", Body=MARKER,
                         ServerSideEncryption="AES256")["ServerSideEncryption"] == "AES256"
    expect.error(raw.get(bucket, query="encryption"), 404, "ServerSideEncryptionConfigurationNotFoundError",
                 "The server side encryption configuration was not found", BucketName=bucket)
    server.stop()
    # Objects from before stay as they are.
    server.extra_env.clear()
    server.start()
    s3 = sdk.client(server.url, FIRST)
    found = s3.get_object(Bucket=bucket, Key="open")
    assert found["Body"].read() == MARKER and "ServerSideEncryption" not in found
    assert s3.put_object(Bucket=bucket, Key="open", Body=MARKER)["ServerSideEncryption"] == "AES256"
    server.kill()


def test_rotation(tmp_path):
    server = Server(tmp_path / "own").start()
    s3, bucket = sdk.client(server.url, FIRST), new_name()
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    account = json.loads(server.command("account", "list", "--json").stdout)["accounts"][0]["account_id"]
    managed = keys(server, "create", account, "--alias", "alias/rotated")
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/rotated"}
    for number in range(300):
        s3.put_object(Bucket=bucket, Key=f"k{number % 290}", Body=b"%d" % number, **(kms if number % 3 else {}))
    rotated = keys(server, "rotate")
    assert rotated["newest"] and rotated["arn"] is None
    again = keys(server, "rotate", "alias/rotated")
    assert again["newest"] and again["arn"] == managed["arn"]
    assert sum(key["newest"] for key in keys(server, "list")) == 2
    done = keys(server, "rewrap")
    assert (done["versions"], done["rewrapped"], done["failed"]) == (300, 300, 0)
    assert keys(server, "rewrap")["rewrapped"] == 0
    server.kill()
    server.start()
    s3 = sdk.client(server.url, FIRST)
    for version in s3.list_object_versions(Bucket=bucket)["Versions"]:
        found = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        assert hashlib.md5(found["Body"].read()).hexdigest() in version["ETag"] or "SSEKMSKeyId" in found
    server.stop()
    assert server.command("check").returncode == 0
    assert keys(server, "rewrap")["rewrapped"] == 0, "also without a server"


# DSSE-KMS


def test_two_layers(server, s3, owner, bucket, anonymous):
    key = managed_key(server, alias="alias/" + new_name())
    twice = {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": key["arn"]}
    # Chunks are 16 bytes shorter than those that are sealed once.
    bodies = {length: os.urandom(length) for length in (0, 1, 65_503, 65_504, 65_505, 1_048_064, 3_000_001)}
    for length, body in bodies.items():
        put = s3.put_object(Bucket=bucket, Key=f"k{length}", Body=body, BucketKeyEnabled=True, **twice)
        assert put["ServerSideEncryption"] == "aws:kms:dsse" and put["SSEKMSKeyId"] == key["arn"]
        assert not put.get("BucketKeyEnabled")
        found = s3.get_object(Bucket=bucket, Key=f"k{length}")
        assert found["Body"].read() == body and found["ServerSideEncryption"] == "aws:kms:dsse"
        for first, last in ((0, 0), (65_503, 65_504), (65_505, 131_010), (70_000, 2_000_000)):
            if first < length:
                part = s3.get_object(Bucket=bucket, Key=f"k{length}", Range=f"bytes={first}-{last}")["Body"].read()
                assert part == body[first:last + 1], (length, first)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m", **twice)
    assert upload["ServerSideEncryption"] == "aws:kms:dsse"
    parts = []
    for number, body in enumerate((os.urandom(5 * 2**20), bodies[65_505]), 1):
        part = s3.upload_part(Bucket=bucket, Key="m", UploadId=upload["UploadId"], PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload["UploadId"], MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="m", PartNumber=2)["Body"].read() == bodies[65_505]
    copied = s3.copy_object(Bucket=bucket, Key="once", CopySource=f"{bucket}/k3000001", ServerSideEncryption="AES256")
    assert copied["ServerSideEncryption"] == "AES256"
    assert s3.get_object(Bucket=bucket, Key="once")["Body"].read() == bodies[3_000_001]
    expect.error(anonymous.get(bucket, "k1"), 403, "AccessDenied", "Access Denied")


def test_two_layers_by_default_and_by_policy(s3, owner, buckets):
    bucket = buckets.enforced()
    configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)
    told = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert told["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms:dsse"}
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ServerSideEncryption"] == "aws:kms:dsse"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    name = "s3:x-amz-server-side-encryption"
    buckets.allow(bucket, policies.statement("Deny", "*", "s3:PutObject", f"arn:aws:s3:::{bucket}/*",
                                             condition={"StringNotEquals": {name: "aws:kms:dsse"}}))
    for method, status in (("aws:kms", 403), ("AES256", 403), ("aws:kms:dsse", 200)):
        assert owner.put(bucket, "k", b"x", headers={"x-amz-server-side-encryption": method}).status == status


# SSE-C


def test_customer_keys_are_blocked_unless_the_bucket_allows_them(s3, owner, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    copy = key_headers() | {"x-amz-copy-source": f"/{bucket}/source"}
    for headers, action in ((key_headers(), "s3:PutObject"), (copy, "s3:CopyObject")):
        expect.error(owner.put(bucket, "k", b"", headers=headers), 403, "AccessDenied",
                     f'User: {B.root_arn} is not authorized to perform: {action} on resource: '
                     f'"arn:aws:s3:::{bucket}/k" because this bucket has blocked upload requests that specify Server '
                     "Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side "
                     "encryption type")
    with expect.client_error("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", **customer())
    with expect.client_error("AccessDenied", 403):
        s3.create_multipart_upload(Bucket=bucket, Key="k", **customer())
    set_default(owner, bucket, blocked="NONE")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **customer())
    set_default(owner, bucket, blocked="SSE-C")
    assert s3.get_object(Bucket=bucket, Key="k", **customer())["Body"].read() == b"x"


def test_objects_of_customers(s3, owner, customer_bucket):
    body, bucket = MARKER * 5000, customer_bucket
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, **customer())
    md5 = base64.b64encode(hashlib.md5(KEY).digest()).decode()
    assert put["SSECustomerAlgorithm"] == "AES256" and put["SSECustomerKeyMD5"] == md5
    assert put["ETag"] != f'"{hashlib.md5(body).hexdigest()}"'
    found = s3.get_object(Bucket=bucket, Key="k", Range="bytes=65000-70000", **customer())
    assert found["Body"].read() == body[65000:70001] and found["SSECustomerKeyMD5"] == md5
    assert "ServerSideEncryption" not in found
    assert s3.head_object(Bucket=bucket, Key="k", **customer())["ETag"] == put["ETag"]
    answer = expect.ok(owner.get(bucket, "k", "attributes", key_headers() | {"x-amz-object-attributes": "ETag"}))
    assert f'"{answer.text("ETag")}"' == put["ETag"]
    without = owner.get(bucket, "k", "attributes", {"x-amz-object-attributes": "ETag"})
    expect.error(without, 400, "InvalidRequest", NEEDS_KEY)
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=put["ETag"], **customer())["Body"].read() == body


def test_reading_with_the_wrong_key_or_none(s3, owner, customer_bucket):
    bucket = customer_bucket
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **customer())
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    expect.error(owner.get(bucket, "k"), 400, "InvalidRequest", NEEDS_KEY)
    expect.error(owner.get(bucket, "k", headers=key_headers(OTHER_KEY)), 403, "AccessDenied", WRONG_KEY)
    expect.error(owner.get(bucket, "plain", headers=key_headers()), 400, "InvalidRequest", NOT_APPLICABLE)
    for headers, status in (({}, 400), (key_headers(OTHER_KEY), 403), (key_headers(), 200)):
        assert owner.request("HEAD", bucket, "k", headers=headers).status == status
    short = key_headers(KEY[:16])
    expect.error(owner.put(bucket, "k", b"x", headers=short), 400, "InvalidArgument",
                 "The secret key was invalid for the specified algorithm.",
                 ArgumentName="x-amz-server-side-encryption", ArgumentValue="null")
    wrong = key_headers() | {"x-amz-server-side-encryption-customer-key-md5": "AAAA"}
    expect.error(owner.put(bucket, "k", b"x", headers=wrong), 400, "InvalidArgument",
                 "The calculated MD5 hash of the key did not match the hash that was provided.",
                 ArgumentName="x-amz-server-side-encryption", ArgumentValue="null")
    both = key_headers() | {"x-amz-server-side-encryption": "AES256"}
    assert owner.put(bucket, "k", b"x", headers=both).status == 400
    # A new object with the same name takes the old one's place without its key.
    s3.put_object(Bucket=bucket, Key="k", Body=b"y")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"y"


def test_copies_between_keys(s3, owner, customer_bucket):
    body, bucket = os.urandom(200_000), customer_bucket
    s3.put_object(Bucket=bucket, Key="c", Body=body, **customer())
    source = {"Bucket": bucket, "CopySource": f"{bucket}/c"}
    plain = s3.copy_object(Key="s3", **source, **customer(source=True))
    assert plain["ServerSideEncryption"] == "AES256"
    s3.copy_object(Key="c2", **source, **customer(source=True), **customer(OTHER_KEY))
    s3.copy_object(Key="kms", **source, **customer(source=True), ServerSideEncryption="aws:kms")
    s3.copy_object(Bucket=bucket, Key="c3", CopySource=f"{bucket}/s3", **customer(OTHER_KEY))
    for key, arguments in (("s3", {}), ("c2", customer(OTHER_KEY)), ("kms", {}), ("c3", customer(OTHER_KEY))):
        assert s3.get_object(Bucket=bucket, Key=key, **arguments)["Body"].read() == body, key
    with expect.client_error("InvalidRequest", 400):
        s3.copy_object(Key="x", **source)
    with expect.client_error("AccessDenied", 403):
        s3.copy_object(Key="x", **source, **customer(OTHER_KEY, source=True))
    # Another key is a change: a copy onto itself.
    s3.copy_object(Key="c", **source, **customer(source=True), **customer(OTHER_KEY))
    assert s3.get_object(Bucket=bucket, Key="c", **customer(OTHER_KEY))["Body"].read() == body


def test_uploads_of_customers(s3, owner, customer_bucket):
    bucket, bodies = customer_bucket, [os.urandom(5 * 2**20), os.urandom(1000)]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **customer())
    assert upload["SSECustomerAlgorithm"] == "AES256"
    where = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    with expect.client_error("InvalidRequest", 400):
        s3.upload_part(PartNumber=1, Body=b"x", **where)
    with expect.client_error("InvalidRequest", 400):
        s3.upload_part(PartNumber=1, Body=b"x", **where, **customer(OTHER_KEY))
    parts = []
    for number, body in enumerate(bodies, 1):
        part = s3.upload_part(PartNumber=number, Body=body, **where, **customer())
        assert part["SSECustomerAlgorithm"] == "AES256"
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    assert len(s3.list_parts(**where)["Parts"]) == 2
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)
    found = s3.get_object(Bucket=bucket, Key="k", **customer())
    assert found["Body"].read() == b"".join(bodies)
    copy = s3.create_multipart_upload(Bucket=bucket, Key="copy", **customer(OTHER_KEY))
    where = {"Bucket": bucket, "Key": "copy", "UploadId": copy["UploadId"]}
    part = s3.upload_part_copy(PartNumber=1, CopySource=f"{bucket}/k", CopySourceRange="bytes=100-70000",
                               **where, **customer(source=True), **customer(OTHER_KEY))
    parts = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)
    assert s3.get_object(Bucket=bucket, Key="copy", **customer(OTHER_KEY))["Body"].read() == bodies[0][100:70001]
    without = s3.create_multipart_upload(Bucket=bucket, Key="without")
    part = {"partNumber": "1", "uploadId": without["UploadId"]}
    other_method = ("The multipart upload initiate requested encryption. Subsequent part requests must include the "
                    "appropriate encryption parameters.")
    expect.error(owner.put(bucket, "without", b"x", urlencode(part), headers=key_headers()), 400, "InvalidRequest",
                 other_method)
    expect.error(owner.put(bucket, "without", b"x", urlencode(part), headers={"x-amz-server-side-encryption": "AES256"}),
                 400, "InvalidArgument", "x-amz-server-side-encryption header is not supported for this operation.",
                 ArgumentName="x-amz-server-side-encryption", ArgumentValue="AES256")


def test_presigned_urls_of_customers(server, customer_bucket):
    s3 = sdk.client(server.url, B, signature_version="s3v4")
    bucket, headers = customer_bucket, key_headers()
    signed = {"Bucket": bucket, "Key": "k", **customer()}
    url = s3.generate_presigned_url("put_object", signed)
    assert requests.put(url, b"x", headers=headers).status_code == 200
    url = s3.generate_presigned_url("get_object", signed)
    assert requests.get(url, headers=headers).content == b"x"
    assert requests.get(url).status_code == 403, "the headers are signed"


# SSE-KMS


def test_objects_of_managed_keys(server, s3, owner, bucket):
    body = MARKER * 3000
    own = s3.put_object(Bucket=bucket, Key="own", Body=body, ServerSideEncryption="aws:kms")
    assert own["ServerSideEncryption"] == "aws:kms"
    assert own["SSEKMSKeyId"].startswith(f"arn:aws:kms:us-east-1:{B.account_id}:key/")
    assert own["ETag"] != f'"{hashlib.md5(body).hexdigest()}"'
    key = managed_key(server, alias=f"alias/{new_name()}")
    context = base64.b64encode(json.dumps({"for": "tests"}).encode()).decode()
    for name in (key["arn"], key["arn"].split("/")[-1], key["aliases"][0]):
        put = s3.put_object(Bucket=bucket, Key="k", Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=name,
                            SSEKMSEncryptionContext=context, BucketKeyEnabled=True)
        assert put["SSEKMSKeyId"] == key["arn"] and put["BucketKeyEnabled"]
        assert json.loads(base64.b64decode(put["SSEKMSEncryptionContext"])) == {"for": "tests"}
    found = s3.get_object(Bucket=bucket, Key="k")
    assert found["Body"].read() == body and found["SSEKMSKeyId"] == key["arn"] and found["BucketKeyEnabled"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m", ServerSideEncryption="aws:kms", SSEKMSKeyId=key["arn"])
    where = {"Bucket": bucket, "Key": "m", "UploadId": upload["UploadId"]}
    part = s3.upload_part(PartNumber=1, Body=body, **where)
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, **where)
    assert upload["SSEKMSKeyId"] == part["SSEKMSKeyId"] == done["SSEKMSKeyId"] == key["arn"]
    assert s3.get_object(Bucket=bucket, Key="m")["Body"].read() == body


def test_keys_that_are_missing_or_disabled(server, s3, owner, bucket):
    kms = {"x-amz-server-side-encryption": "aws:kms"}
    named = lambda name: kms | {"x-amz-server-side-encryption-aws-kms-key-id": name}  # noqa: E731
    missing = "11111111-2222-3333-4444-555555555555"
    arn = f"arn:aws:kms:us-east-1:{B.account_id}:key/{missing}"
    for name in (missing, arn):
        expect.error(owner.put(bucket, "k", b"x", headers=named(name)), 400, "KMS.NotFoundException",
                     f"Key '{arn}' does not exist")
    expect.error(owner.put(bucket, "k", b"x", headers=named("no-key-id")), 400, "KMS.NotFoundException",
                 "Invalid keyId 'no-key-id'")
    expect.error(owner.put(bucket, "k", b"x", headers=named("alias/none")), 400, "KMS.NotFoundException",
                 f"Alias arn:aws:kms:us-east-1:{B.account_id}:alias/none is not found.")
    key = managed_key(server)
    expect.ok(owner.put(bucket, "k", b"x", headers=named(key["arn"])))
    keys(server, "disable", key["arn"])
    disabled = f"{key['arn']} is disabled."
    expect.error(owner.put(bucket, "k", b"x", headers=named(key["arn"])), 400, "KMS.DisabledException", disabled)
    expect.error(owner.get(bucket, "k"), 400, "KMS.DisabledException", disabled)
    keys(server, "enable", key["arn"])
    assert expect.ok(owner.get(bucket, "k")).body == b"x"
    taken = server.command("keys", "create", B.name, "--alias", "alias/aws/mine")
    assert taken.returncode == 1 and "alias/aws/" in taken.stderr


def test_managed_keys_are_for_signed_callers_of_their_account(server, owner, other, anonymous, buckets):
    """SSE-KMS objects can never be read anonymously, whatever the policy says."""
    bucket = buckets.publicly_readable()
    expect.ok(owner.put(bucket, "open", b"x"))
    expect.ok(owner.put(bucket, "k", b"x", headers={"x-amz-server-side-encryption": "aws:kms"}))
    assert expect.ok(anonymous.get(bucket, "open")).body == b"x"
    expect.error(anonymous.get(bucket, "k"), 400, "InvalidArgument", NEEDS_SIGNATURE,
                 ArgumentName="Authorization", ArgumentValue="null")
    answer = other.get(bucket, "k")
    assert answer.status == 403 and "kms:Decrypt" in answer.body.decode()
    assert expect.ok(owner.get(bucket, "k")).body == b"x"
    key = managed_key(server, A)
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key["arn"]}
    answer = owner.put(bucket, "foreign", b"x", headers=headers)
    assert answer.status == 403 and "kms:GenerateDataKey" in answer.body.decode()


def test_forms(server, owner, customer_bucket):
    kms = {"x-amz-server-side-encryption": "aws:kms"}
    for fields, reads in (({}, {}), (kms, {}), (key_headers(), key_headers())):
        answer = expect.ok(post(server, customer_bucket, form(B, customer_bucket, {"key": "k"} | fields)), 204)
        method = fields.get("x-amz-server-side-encryption", "AES256")
        named = "x-amz-server-side-encryption" + ("-customer-algorithm" if reads else "")
        assert answer.header(named) == method
        assert expect.ok(owner.get(customer_bucket, "k", headers=reads)).body == b"body"


# Bucket defaults and policies


def test_default_encryption_of_a_bucket(server, s3, owner, bucket):
    def configured():
        return s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]

    aes = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    shown = configured()[0]
    assert {name: shown[name] for name in aes} == aes
    key = managed_key(server)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["arn"]},
            "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    shown = configured()[0]
    assert {name: shown[name] for name in rule} == rule
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert put["SSEKMSKeyId"] == key["arn"] and put["BucketKeyEnabled"]
    assert s3.put_object(Bucket=bucket, Key="a", Body=b"x", ServerSideEncryption="AES256")["ServerSideEncryption"] == "AES256"
    s3.delete_bucket_encryption(Bucket=bucket)
    assert configured()[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.put_object(Bucket=bucket, Key="b", Body=b"x")["ServerSideEncryption"] == "AES256"
    expect.error(owner.document("PUT", bucket, "encryption", default("AES128")), 400, "MalformedXML")
    expect.error(owner.document("PUT", bucket, "encryption", default("AES256", key="x")), 400, "InvalidArgument")


def test_who_may_see_and_change_the_default(owner, other, anonymous, buckets):
    bucket = buckets.enforced()
    for client in (other, anonymous):
        assert client.get(bucket, query="encryption").status == 403
        assert client.document("PUT", bucket, "encryption", default()).status == 403
        assert client.delete(bucket, query="encryption").status == 403
    buckets.allow(bucket, policies.statement("Allow", policies.account(A), "s3:GetEncryptionConfiguration",
                                             f"arn:aws:s3:::{bucket}"))
    expect.ok(other.get(bucket, query="encryption"))
    assert other.document("PUT", bucket, "encryption", default()).status == 403


def test_policies_look_at_the_method(owner, buckets):
    bucket = buckets.enforced()
    name = "s3:x-amz-server-side-encryption"
    buckets.allow(bucket, policies.statement("Deny", "*", "s3:PutObject", f"arn:aws:s3:::{bucket}/*",
                                             condition={"StringNotEquals": {name: "aws:kms"}}))
    assert owner.put(bucket, "k", b"x").status == 403
    assert owner.put(bucket, "k", b"x", headers={"x-amz-server-side-encryption": "AES256"}).status == 403
    kms = {"x-amz-server-side-encryption": "aws:kms"}
    expect.ok(owner.put(bucket, "k", b"x", headers=kms))
    # The method of an upload counts for its parts too (POL-56).
    started = expect.ok(owner.request("POST", bucket, "m", "uploads", headers=kms)).body.decode()
    upload = started.split("<UploadId>")[1].split("</UploadId>")[0]
    expect.ok(owner.put(bucket, "m", b"x", query=f"partNumber=1&uploadId={upload}"))


# Other clients


def test_aws_cli(aws, made, tmp_path):  # noqa: F811
    file, key = tmp_path / "body", tmp_path / "key"
    file.write_bytes(MARKER * 300_000)
    key.write_bytes(KEY)
    allowed = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                          "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}]}
    rules = ["s3api", "put-bucket-encryption", "--bucket", made, "--server-side-encryption-configuration"]
    if "BlockedEncryptionTypes" in aws("s3api", "get-bucket-encryption", "--bucket", made):
        aws(*rules, json.dumps(allowed))
        aws("s3", "cp", str(file), f"s3://{made}/c", "--sse-c", "AES256", "--sse-c-key", f"fileb://{key}")
        aws("s3", "cp", f"s3://{made}/c", str(tmp_path / "back"), "--sse-c", "AES256", "--sse-c-key", f"fileb://{key}")
        assert (tmp_path / "back").read_bytes() == file.read_bytes()
    aws("s3", "cp", str(file), f"s3://{made}/kms", "--sse", "aws:kms")
    aws("s3", "cp", f"s3://{made}/kms", str(tmp_path / "back2"))
    assert (tmp_path / "back2").read_bytes() == file.read_bytes()


def test_ruby_over_tls(tmp_path):
    """Ruby's SDK sends keys over TLS only."""
    pem, private_key = certificate(tmp_path / "pair")
    files = {"GRANTRY_TLS_CERTIFICATE": str(pem), "GRANTRY_TLS_PRIVATE_KEY": str(private_key)}
    server, bucket = TlsServer(tmp_path / "own", files).start(), new_name()
    sdk.client(server.url, FIRST, verify=str(pem)).create_bucket(Bucket=bucket)
    script = tmp_path / "encryption.rb"
    script.write_text("""
require "aws-sdk-s3"
s3 = Aws::S3::Client.new(endpoint: ENV["URL"], force_path_style: true, region: "us-east-1",
                         ssl_ca_bundle: ENV["CA"])
bucket, key = ENV["BUCKET"], (0..31).to_a.pack("C*")
raise "AES256" unless s3.put_object(bucket: bucket, key: "r", body: "x").server_side_encryption == "AES256"
kms = s3.put_object(bucket: bucket, key: "k", body: "y", server_side_encryption: "aws:kms")
raise "kms" unless kms.ssekms_key_id.start_with?("arn:aws:kms:")
customer = { sse_customer_algorithm: "AES256", sse_customer_key: key }
s3.put_object(bucket: bucket, key: "c", body: "z", **customer)
raise "read" unless s3.get_object(bucket: bucket, key: "c", **customer).body.read == "z"
begin
  s3.get_object(bucket: bucket, key: "c")
  raise "open"
rescue Aws::S3::Errors::InvalidRequest
end
""")
    environment = os.environ | {
        "URL": server.url, "BUCKET": bucket, "CA": str(pem),
        "AWS_ACCESS_KEY_ID": FIRST.access_key_id, "AWS_SECRET_ACCESS_KEY": FIRST.secret_access_key,
    }
    allowed = {"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}]}
    sdk.client(server.url, FIRST, verify=str(pem)).put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration=allowed)
    done = subprocess.run(["ruby", script], env=environment, capture_output=True, text=True, timeout=60, check=False)
    server.kill()
    assert done.returncode == 0, done.stderr
