"""Signature Version 2 as old clients use it, with a server whose operator turned it on."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError

from harness import sdk
from harness.accounts import A, B, FIRST
from harness.buckets import new_name
from harness.server import Server
from test_configurations import KINDS

REFUSED = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."


@pytest.fixture(scope="module")
def allowing(tmp_path_factory):
    """A server that takes both versions."""
    environment = {"GRANTRY_SIGNATURE_VERSION_2": "true"}
    started = Server(tmp_path_factory.mktemp("version_2"), environment).start()
    for account in (B, A):
        started.create_account(account)
    yield started
    started.stop()


@pytest.fixture(params=["path", "virtual"])
def v2(request, allowing, monkeypatch):
    """boto3 as B, which signs headers with version 2, with the bucket in path or host."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *arguments, **more: resolve(
        "127.0.0.1", *arguments, **more))
    url = allowing.url.replace("127.0.0.1", "localhost")
    return sdk.client(url, B, request.param, signature_version="s3")


@pytest.fixture
def bucket(v2):
    name = new_name()
    v2.create_bucket(Bucket=name)
    return name


def put_policy(v2, bucket: str, condition: str) -> None:
    v2.put_bucket_policy(Bucket=bucket, Policy=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
        f'"Action":"s3:GetObject","Resource":"arn:aws:s3:::{bucket}/*","Condition":{condition}}}]}}'
    ))


def test_off_by_default(server):
    """Nothing but the setting makes the difference."""
    refused = sdk.client(server.url, B, signature_version="s3")
    with pytest.raises(ClientError) as error:
        refused.list_buckets()
    assert error.value.response["Error"] == {"Code": "InvalidRequest", "Message": REFUSED}
    url = refused.generate_presigned_url("get_object", Params={"Bucket": "some", "Key": "k"})
    assert "Signature=" in url and "X-Amz" not in url
    answer = requests.get(url, timeout=30)
    assert answer.status_code == 400 and REFUSED in answer.text


def test_objects(v2, bucket):
    key = "dir/a b+ü%&~.txt"
    v2.put_object(Bucket=bucket, Key=key, Body=b"body", ContentType="text/plain",
                  Metadata={"colour": "dark  blue"}, StorageClass="STANDARD_IA")
    got = v2.get_object(Bucket=bucket, Key=key, ResponseContentType="a/b; c=d")
    assert (got["Body"].read(), got["ContentType"]) == (b"body", "a/b; c=d")
    assert [entry["Key"] for entry in v2.list_objects(Bucket=bucket, Prefix="dir/")["Contents"]] == [key]
    assert v2.list_objects_v2(Bucket=bucket, Delimiter="/")["CommonPrefixes"] == [{"Prefix": "dir/"}]
    v2.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    deleted = v2.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "copy"}]})
    assert len(deleted["Deleted"]) == 2


def test_sub_resources(v2, bucket):
    owner = v2.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
    assert owner == B.canonical_id
    v2.get_bucket_location(Bucket=bucket)
    put_policy(v2, bucket, '{"StringEquals":{"aws:UserAgent":"nobody"}}')
    assert "nobody" in v2.get_bucket_policy(Bucket=bucket)["Policy"]
    v2.delete_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize("kind, field", [
    ("analytics", "AnalyticsConfiguration"), ("inventory", "InventoryConfiguration"),
    ("metrics", "MetricsConfiguration")])
def test_configurations_with_an_id(v2, bucket, kind, field):
    """Clients sign the sub-resource and not its `id`."""
    wanted = KINDS[kind][1]("one")
    getattr(v2, f"put_bucket_{kind}_configuration")(Bucket=bucket, Id="one", **{field: wanted})
    assert getattr(v2, f"get_bucket_{kind}_configuration")(Bucket=bucket, Id="one")[field] == wanted
    url = v2.generate_presigned_url(f"get_bucket_{kind}_configuration", Params={"Bucket": bucket, "Id": "one"})
    assert requests.get(url, timeout=60).status_code == 200
    for changed in (url.replace(f"?{kind}", "?versioning"), url.replace(f"?{kind}&", "?")):
        assert requests.get(changed, timeout=60).status_code == 403, "the sub-resource is signed"


def test_multipart(v2, bucket):
    upload = v2.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    name = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    tag = v2.upload_part(**name, PartNumber=1, Body=b"part")["ETag"]
    assert [part["ETag"] for part in v2.list_parts(**name)["Parts"]] == [tag]
    v2.complete_multipart_upload(**name, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]})
    assert v2.get_object(Bucket=bucket, Key="k")["Body"].read() == b"part"


def test_urls(v2, bucket):
    def url(operation, **parameters):
        made = v2.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "k ü"} | parameters)
        assert "AWSAccessKeyId=" in made and "X-Amz-" not in made
        return made

    put = url("put_object", ContentType="text/css", Metadata={"a": "b"})
    css = {"Content-Type": "text/css"}
    assert requests.put(put, data=b"x", headers=css | {"x-amz-meta-a": "b"}, timeout=30).status_code == 200
    assert v2.head_object(Bucket=bucket, Key="k ü")["Metadata"] == {"a": "b"}
    # §8.3: with version 2 the Content-Type is signed.
    answer = requests.put(put, data=b"y", headers={"Content-Type": "text/html"}, timeout=30)
    assert answer.status_code == 403 and "SignatureDoesNotMatch" in answer.text
    for changed in ({"x-amz-meta-a": "c"}, {"x-amz-acl": "public-read"}, {"x-amz-meta-b": "b"}):
        answer = requests.put(put, data=b"y", headers=css | changed, timeout=30)
        assert answer.status_code == 403 and "SignatureDoesNotMatch" in answer.text, changed
    get = url("get_object", ResponseContentDisposition='attachment; filename="a b"')
    answer = requests.get(get, timeout=30)
    assert (answer.content, answer.headers["Content-Disposition"]) == (b"x", 'attachment; filename="a b"')
    for other in (get.replace("attachment", "inline"), get + "&acl", get.replace("Expires=", "Expires=9")):
        assert requests.get(other, timeout=30).status_code == 403, other
    assert requests.delete(get, timeout=30).status_code == 403
    past = v2.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-5)
    answer = requests.get(past, timeout=30)
    assert answer.status_code == 403 and "<Message>Request has expired</Message>" in answer.text


def test_forms(v2, bucket):
    made = v2.generate_presigned_post(bucket, "dir/${filename}")
    assert set(made["fields"]) == {"key", "AWSAccessKeyId", "policy", "signature"}
    answer = requests.post(made["url"], made["fields"], files={"file": ("a.txt", b"form")}, timeout=30)
    assert answer.status_code == 204, answer.text
    assert v2.get_object(Bucket=bucket, Key="dir/a.txt")["Body"].read() == b"form"
    forged = made["fields"] | {"signature": "c2ln"}
    answer = requests.post(made["url"], forged, files={"file": b"x"}, timeout=30)
    assert answer.status_code == 403 and "SignatureDoesNotMatch" in answer.text
    extra = made["fields"] | {"x-amz-meta-a": "b"}
    answer = requests.post(made["url"], extra, files={"file": b"x"}, timeout=30)
    assert answer.status_code == 403 and "Extra input fields: x-amz-meta-a" in answer.text


def test_conditions_see_the_version(v2, bucket, allowing):
    v2.put_object(Bucket=bucket, Key="k", Body=b"x")
    v4 = sdk.client(allowing.url, B, signature_version="s3v4")
    put_policy(v2, bucket, '{"StringEquals":{"s3:signatureversion":"AWS"}}')
    assert v4.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    for read in (
        lambda: v2.get_object(Bucket=bucket, Key="k"),
        lambda: requests.get(v2.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "k"}), timeout=30).raise_for_status(),
    ):
        with pytest.raises((ClientError, requests.HTTPError)):
            read()
    put_policy(v2, bucket, '{"StringEquals":{"s3:authType":"REST-QUERY-STRING"}}')
    assert v2.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_aws_cli_version_1_presigns_with_it(allowing, v2, bucket, tmp_path):
    v2.put_object(Bucket=bucket, Key="k", Body=b"shared")
    program = Path(sys.executable).with_name("aws")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": B.access_key_id, "AWS_SECRET_ACCESS_KEY": B.secret_access_key,
    }
    command = [program, "--endpoint-url", allowing.url, "s3", "presign", f"s3://{bucket}/k"]
    url = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    assert "AWSAccessKeyId=" in url
    assert requests.get(url, timeout=30).content == b"shared"


def test_s3cmd(allowing, v2, bucket, tmp_path):
    program = shutil.which("s3cmd")
    assert program, "no s3cmd on the PATH"
    (tmp_path / "config").write_text("[default]\n")
    sent = tmp_path / "sent"
    sent.write_bytes(b"from s3cmd")

    def s3cmd(*arguments):
        command = [
            program, "--config", tmp_path / "config", "--signature-v2", "--no-ssl",
            "--host", f"127.0.0.1:{allowing.port}", "--host-bucket", f"127.0.0.1:{allowing.port}",
            "--access_key", B.access_key_id, "--secret_key", B.secret_access_key, *arguments,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    s3cmd("put", sent, f"s3://{bucket}/dir/a b")
    assert "dir/a b" in s3cmd("ls", "--recursive", f"s3://{bucket}")
    s3cmd("get", f"s3://{bucket}/dir/a b", tmp_path / "received")
    assert (tmp_path / "received").read_bytes() == b"from s3cmd"
    assert requests.get(s3cmd("signurl", f"s3://{bucket}/dir/a b", "+60").strip(), timeout=30).ok
    s3cmd("del", f"s3://{bucket}/dir/a b")


def test_version_4_works_beside_it(allowing):
    sdk.client(allowing.url, FIRST, signature_version="s3v4").list_buckets()
