"""TLS as boto3 speaks it: with the certificate it was told to trust, and with no other."""

import re
import subprocess
import time

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from harness.accounts import FIRST
from harness.server import START_SECONDS_MAX, Server, binary
from harness.sigv4 import REGION

_LISTENING = re.compile(r"listening on (https://127\.0\.0\.1:(\d+))")
_DENY_PLAIN_TEXT = """{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
    "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secure/*",
    "Condition": {"Bool": {"aws:SecureTransport": "%s"}}}]}"""


def certificate(directory):
    """A certificate for this machine that signed itself, and its key."""
    directory.mkdir(exist_ok=True)
    pem, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-out", str(pem), "-keyout", str(key)],
        check=True,
        capture_output=True,
    )
    return pem, key


class TlsServer(Server):
    """A server whose address begins with https."""

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            found = _LISTENING.search(self.stdout)
            if found:
                self.url, self.port = found.group(1), int(found.group(2))
                return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the server did not start\n{self.stdout}\n{self.stderr}")


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
    return boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=FIRST.access_key_id,
        aws_secret_access_key=FIRST.secret_access_key,
        verify=str(verify),
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


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
