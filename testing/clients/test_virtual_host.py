"""Virtual-host addressing: the bucket in the Host header."""

import socket

import pytest

from harness import expect, sdk
from harness.accounts import B
from harness.buckets import new_name
from harness.raw import RawClient, send
from harness.sigv4 import sign_headers


@pytest.fixture
def names_resolve(monkeypatch):
    """Every name under `localhost` is this machine, whatever the resolver thinks."""
    resolve = socket.getaddrinfo

    def local(host, *arguments, **more):
        name = host.decode() if isinstance(host, bytes) else host
        return resolve("127.0.0.1" if name and name.endswith("localhost") else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", local)


@pytest.mark.parametrize("base", ["localhost", "s3.localhost"])
def test_boto3_with_virtual_hosts(server, names_resolve, base):
    s3 = sdk.client(f"http://{base}:{server.port}", B, addressing="virtual")
    name = new_name()
    s3.create_bucket(Bucket=name)
    hosts = []
    s3.meta.events.register("before-send", lambda request, **_: hosts.append(request.url))
    s3.put_object(Bucket=name, Key="dir/a b", Body=b"virtual")
    assert hosts == [f"http://{name}.{base}:{server.port}/dir/a%20b"]
    assert s3.get_object(Bucket=name, Key="dir/a b")["Body"].read() == b"virtual"
    assert s3.list_objects_v2(Bucket=name)["Contents"][0]["Key"] == "dir/a b"
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "dir/a b"}]})
    s3.delete_bucket(Bucket=name)


def by_host(client: RawClient, method: str, host: str, target: str, **more):
    return client.to(method, target, headers={"Host": host}, **more)


def test_host_and_path_name_the_same_object(owner, server, bucket):
    expect.ok(owner.put(bucket, "k", b"by path"))
    for host in (f"{bucket}.localhost", f"{bucket}.s3.localhost:{server.port}"):
        assert expect.ok(by_host(owner, "GET", host, "/k")).body == b"by path", host


def test_letter_case_of_a_host_does_not_matter(owner, bucket):
    """RFC 9110 §4.2.3; bucket names have no capitals, so nothing is lost."""
    expect.ok(owner.put(bucket, "k", b"x"))
    for host in (f"{bucket}.LocalHost", f"{bucket.upper()}.localhost", "S3.LOCALHOST"):
        path = f"/{bucket}/k" if host.startswith("S3") else "/k"
        assert expect.ok(by_host(owner, "GET", host, path)).body == b"x", host


def test_a_bucket_with_dots(owner, server):
    name = new_name("dots.in.a-name")
    expect.ok(owner.put(name))
    expect.ok(by_host(owner, "PUT", f"{name}.s3.localhost:{server.port}", "/k", body=b"x"))
    assert owner.get(name, "k").body == b"x"


def test_the_base_domain_alone_is_path_style(owner, server, bucket):
    expect.ok(owner.put(bucket, "k", b"x"))
    for host in ("localhost", "s3.localhost", f"s3.localhost:{server.port}"):
        assert expect.ok(by_host(owner, "GET", host, f"/{bucket}/k")).body == b"x"


def test_virtual_host_root_is_the_bucket(owner, anonymous, server, bucket):
    host = f"{bucket}.s3.localhost:{server.port}"
    assert expect.ok(by_host(owner, "GET", host, "/?list-type=2")).text("Name") == bucket
    expect.ok(by_host(owner, "HEAD", host, "/"))
    expect.denied(by_host(anonymous, "GET", host, "/"))


def test_a_missing_bucket_in_the_host(owner, server):
    name = new_name()
    answer = by_host(owner, "GET", f"{name}.localhost:{server.port}", "/k")
    expect.error(answer, 404, "NoSuchBucket", BucketName=name)


def test_the_signature_covers_the_host(owner, server, bucket, buckets):
    """A request for one bucket cannot be turned into one for another by changing the Host."""
    elsewhere = buckets.default()
    for name in (bucket, elsewhere):
        expect.ok(owner.put(name, "k", name.encode()))
    host = f"{bucket}.localhost:{server.port}"
    headers = sign_headers(B, "GET", f"http://{host}/k", {"Host": host})
    assert send(owner.address, "GET", "/k", headers).body == bucket.encode()
    moved = send(owner.address, "GET", "/k", headers | {"Host": f"{elsewhere}.localhost:{server.port}"})
    expect.error(moved, 403, "SignatureDoesNotMatch")


def test_a_foreign_host_header_is_path_style(anonymous, buckets, owner):
    """Behind a proxy or a CNAME that is not configured the path names the bucket."""
    bucket = buckets.publicly_readable()
    expect.ok(owner.put(bucket, "k", b"x"))
    assert by_host(anonymous, "GET", "media.example.org", f"/{bucket}/k").body == b"x"
