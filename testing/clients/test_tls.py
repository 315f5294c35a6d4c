"""TLS as boto3 speaks it: with the certificate it was told to trust, and with no other."""

import subprocess
import time

import botocore.exceptions
import pytest

from harness import sdk
from harness.accounts import FIRST
from harness.aws_cli import Cli
from harness.programs import Program, aws_environment
from harness.server import START_SECONDS_MAX, Server, binary
from harness.tls import TlsServer, certificate

_DENY_PLAIN_TEXT = """{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
    "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secure/*",
    "Condition": {"Bool": {"aws:SecureTransport": "%s"}}}]}"""


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A server with a certificate, and the certificate."""
    directory = tmp_path_factory.mktemp("tls")
    pem, key = certificate(directory / "pair")
    files = {"GRANTRY_TLS_CERTIFICATE": str(pem), "GRANTRY_TLS_PRIVATE_KEY": str(key)}
    server = TlsServer(directory, files).start()
    yield server, pem
    assert server.stop() == 0, server.stderr[-4000:]


def client(server, verify):
    return sdk.client(server.url, FIRST, verify=str(verify))


def test_objects_come_back_as_they_went(tls):
    server, pem = tls
    s3 = client(server, pem)
    s3.create_bucket(Bucket="objects")
    for body in (b"", b"small", bytes(range(256)) * 40_000):
        s3.put_object(Bucket="objects", Key="a b/ä+c", Body=body)
        assert s3.get_object(Bucket="objects", Key="a b/ä+c")["Body"].read() == body
    assert s3.list_objects_v2(Bucket="objects")["KeyCount"] == 1


def test_the_location_of_an_upload_is_https(tls):
    server, pem = tls
    s3 = client(server, pem)
    s3.create_bucket(Bucket="uploads")
    upload = s3.create_multipart_upload(Bucket="uploads", Key="key")["UploadId"]
    part = s3.upload_part(
        Bucket="uploads", Key="key", UploadId=upload, PartNumber=1, Body=b"last"
    )
    completed = s3.complete_multipart_upload(
        Bucket="uploads", Key="key", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert completed["Location"] == f"{server.url}/uploads/key"


def test_policies_see_that_the_connection_is_secure(tls):
    server, pem = tls
    s3 = client(server, pem)
    s3.create_bucket(Bucket="secure")
    s3.put_object(Bucket="secure", Key="key", Body=b"x")
    s3.put_bucket_policy(Bucket="secure", Policy=_DENY_PLAIN_TEXT % "false")
    assert s3.get_object(Bucket="secure", Key="key")["Body"].read() == b"x"
    s3.put_bucket_policy(Bucket="secure", Policy=_DENY_PLAIN_TEXT % "true")
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        s3.get_object(Bucket="secure", Key="key")


def test_another_certificate_is_not_trusted(tls, tmp_path):
    server, _ = tls
    other, _ = certificate(tmp_path)
    with pytest.raises(botocore.exceptions.SSLError):
        client(server, other).list_buckets()


def test_a_renewed_certificate_is_used(tmp_path):
    pem, key = certificate(tmp_path / "pair")
    files = {"GRANTRY_TLS_CERTIFICATE": str(pem), "GRANTRY_TLS_PRIVATE_KEY": str(key)}
    server = TlsServer(tmp_path / "server", files).start()
    try:
        old = tmp_path / "old.pem"
        old.write_bytes(pem.read_bytes())
        assert client(server, old).list_buckets()["Buckets"] == []
        certificate(tmp_path / "pair")
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                assert client(server, pem).list_buckets()["Buckets"] == []
                break
            except botocore.exceptions.SSLError:
                assert time.monotonic() < deadline, "the new certificate is not used"
                time.sleep(0.2)
        with pytest.raises(botocore.exceptions.SSLError):
            client(server, old).list_buckets()
    finally:
        server.kill()


def test_an_unusable_certificate_ends_the_start(tmp_path):
    pem, key = certificate(tmp_path / "pair")
    key.write_text("")
    files = {"GRANTRY_TLS_CERTIFICATE": str(pem), "GRANTRY_TLS_PRIVATE_KEY": str(key)}
    ended = subprocess.run(
        [binary(), "serve"],
        env=Server(tmp_path / "server", files).environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=START_SECONDS_MAX,
    )
    assert ended.returncode == 1
    assert "there is no private key in the key file" in ended.stderr


@pytest.mark.parametrize("version", [1, 2])
def test_the_aws_cli_with_a_bundle(tls, tmp_path, version):
    server, pem = tls
    bucket = f"cli-{version}"
    (tmp_path / "file").write_bytes(bytes(range(256)) * 40_000)
    aws = Cli(version, server.url, tmp_path, FIRST, AWS_CA_BUNDLE=str(pem))
    aws("s3", "mb", f"s3://{bucket}")
    aws("s3", "cp", "--no-progress", "file", f"s3://{bucket}/a b/ä+c")
    aws("s3", "cp", "--no-progress", f"s3://{bucket}/a b/ä+c", "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()
    del aws.environment["AWS_CA_BUNDLE"]
    assert "certificate verify failed" in aws("s3", "ls", status=255).lower()


def test_curl_signs_and_speaks_http_2(tls, tmp_path):
    server, pem = tls
    client(server, pem).create_bucket(Bucket="curl")
    curl = Program("curl", tmp_path)
    (tmp_path / "file").write_bytes(bytes(range(256)) * 40_000)
    key = f"{FIRST.access_key_id}:{FIRST.secret_access_key}"
    common = ("--silent", "--show-error", "--fail", "--cacert", pem, "--user", key, "--aws-sigv4",
              "aws:amz:us-east-1:s3", "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD")
    for protocol, shown in (("--http2", "2"), ("--http1.1", "1.1")):
        put = curl(*common, protocol, "--upload-file", "file", "--write-out", "%{http_version} %{http_code}",
                   f"{server.url}/curl/key")
        assert put == f"{shown} 200"
        got = curl(*common, protocol, "--output", "got", "--write-out", "%{http_version} %{http_code}",
                   f"{server.url}/curl/key")
        assert got == f"{shown} 200"
        assert (tmp_path / "got").read_bytes() == (tmp_path / "file").read_bytes()


def test_rclone_speaks_http_2(tls, tmp_path):
    """Programs in Go use HTTP/2 wherever it is offered."""
    server, pem = tls
    environment = aws_environment(FIRST) | {
        "RCLONE_CONFIG_G_TYPE": "s3", "RCLONE_CONFIG_G_PROVIDER": "Other", "RCLONE_CONFIG_G_ENV_AUTH": "true",
        "RCLONE_CONFIG_G_ENDPOINT": server.url, "RCLONE_CONFIG_G_ACL": "bucket-owner-full-control",
        "RCLONE_CA_CERT": str(pem), "RCLONE_LOW_LEVEL_RETRIES": "1", "RCLONE_CONFIG": "/notfound",
    }
    rclone = Program("rclone", tmp_path, environment)
    (tmp_path / "file").write_bytes(bytes(range(256)) * 80_000)
    rclone("copyto", "file", "g:rclone/a b", "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi")
    rclone("copyto", "g:rclone/a b", "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()
    said = rclone.run("lsf", "-vv", "--dump", "headers", "g:rclone").stderr
    assert "HTTP/2.0 200 OK" in said, said[-2000:]
