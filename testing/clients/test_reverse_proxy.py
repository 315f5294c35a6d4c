"""nginx and Caddy, configured as docs/howto/reverse-proxy.md says, in front of the server."""

import os

import pytest
import requests

from harness import expect, policies, sdk, trees
from harness.accounts import FIRST
from harness.buckets import new_name
from harness.programs import Program
from harness.proxies import Caddy, Nginx
from harness.raw import RawClient, object_path
from harness.server import Server
from harness.sigv4 import UNSIGNED_PAYLOAD, sign_headers

LARGE = 64 * trees.MIB
CLIENT = "127.0.0.2"  # the address of a client; the proxy has 127.0.0.1
ELSEWHERE = "127.0.0.3"


@pytest.fixture(scope="module", params=[Nginx, Caddy], ids=["nginx", "caddy"])
def proxied(request, tmp_path_factory):
    """A proxy and the server behind it, which trusts it."""
    directory = tmp_path_factory.mktemp(request.param.__name__)
    server = Server(directory / "server", {"GRANTRY_TRUSTED_PROXIES": "127.0.0.1"}).start()
    proxy = request.param(directory / "proxy", server.port)
    try:
        yield proxy.start(), server
        assert proxy.process.poll() is None, proxy.log.read_text(errors="replace")[-4000:]
    finally:
        proxy.stop()
        server.kill()


@pytest.fixture(scope="module")
def s3(proxied):
    """boto3 through the proxy."""
    proxy, _ = proxied
    return sdk.client(proxy.url, FIRST, verify=str(proxy.certificate))


@pytest.fixture
def shelf(s3):
    name = new_name("proxied")
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def curl(proxied, tmp_path):
    """curl through the proxy, signed; gives back status, protocol and head, and writes `body`."""
    proxy, _ = proxied
    program = Program("curl", tmp_path)

    def run(method, target, *arguments, host="localhost", headers=(), source=CLIENT):
        netloc = f"{host}:{proxy.port}"
        signed = sign_headers(FIRST, method, f"https://{netloc}{target}", {"Host": netloc} | dict(headers),
                              payload_hash=UNSIGNED_PAYLOAD)
        lines = [part for name, value in signed.items() if name != "Host"
                 for part in ("--header", f"{name}: {value}")]
        shown = program(
            "--silent", "--show-error", "--path-as-is", "--cacert", proxy.certificate, "--interface", source,
            "--resolve", f"{netloc}:127.0.0.1", "--dump-header", "head", "--output", "body",
            "--write-out", "%{http_code} %{http_version}", *(("--head",) if method == "HEAD" else ("--request", method)),
            *lines, *arguments, f"https://{netloc}{target}",
        )
        status, version = shown.split()
        return int(status), version, (tmp_path / "head").read_text(errors="replace").lower()

    run.directory = tmp_path
    return run


def test_unusual_keys_and_names(s3, shelf):
    """Path, query and header names arrive as they were signed."""
    keys = [*trees.NAMES, "a b//c+d%2F", "dots/../up/./here", "/leading", "trailing/"]
    for key in keys:
        s3.put_object(Bucket=shelf, Key=key, Body=key.encode(), Metadata={"with.dot": "1", "with_line": "2"})
        answer = s3.get_object(Bucket=shelf, Key=key)
        assert answer["Body"].read() == key.encode()
        # Caddy capitalizes the names of headers in answers.
        assert {name.lower(): value for name, value in answer["Metadata"].items()} == {"with.dot": "1", "with_line": "2"}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=shelf, PaginationConfig={"PageSize": 3})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == sorted(keys, key=str.encode)
    for key in keys:
        s3.delete_object(Bucket=shelf, Key=key)
    assert s3.list_objects_v2(Bucket=shelf)["KeyCount"] == 0


def test_files_in_parts_and_ranges(s3, shelf, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(trees.content("large", 20 * trees.MIB))
    s3.upload_file(str(source), shelf, "large")
    s3.download_file(shelf, "large", str(target))
    assert target.read_bytes() == source.read_bytes()
    answer = s3.get_object(Bucket=shelf, Key="large", Range="bytes=1000000-1000099")
    assert answer["ContentRange"] == f"bytes 1000000-1000099/{20 * trees.MIB}"
    assert answer["Body"].read() == source.read_bytes()[1_000_000:1_000_100]
    head = s3.head_object(Bucket=shelf, Key="large")
    assert head["ContentLength"] == 20 * trees.MIB and head["ETag"].endswith('-3"')
    with expect.client_error("304", 304):
        s3.get_object(Bucket=shelf, Key="large", IfNoneMatch=head["ETag"])


@pytest.mark.parametrize("protocol, version", [("--http1.1", "1.1"), ("--http2", "2")])
def test_a_large_body(curl, shelf, protocol, version):
    body = trees.content("body", trees.MIB) * (LARGE // trees.MIB)
    (curl.directory / "large").write_bytes(body)
    target = object_path(shelf, "a b//c+d%2F")
    assert curl("PUT", target, protocol, "--upload-file", "large")[:2] == (200, version)
    status, protocol_used, head = curl("GET", target, protocol)
    assert (status, protocol_used) == (200, version) and f"content-length: {LARGE}\n" in head.replace("\r", "")
    assert (curl.directory / "body").read_bytes() == body


def test_an_upload_that_asks_first(curl, shelf):
    """`Expect: 100-continue`: accepted, and refused."""
    (curl.directory / "file").write_bytes(os.urandom(100_000))
    ask = ("--http1.1", "--header", "Expect: 100-continue", "--upload-file", "file")
    status, _, head = curl("PUT", object_path(shelf, "asked"), *ask)
    assert status == 200 and head.startswith("http/1.1 100 ")
    assert curl("PUT", object_path(new_name(), "asked"), *ask)[0] == 404
    assert curl("GET", object_path(shelf, "asked"))[0] == 200
    assert (curl.directory / "body").read_bytes() == (curl.directory / "file").read_bytes()


def test_a_bucket_in_the_host(curl, s3, shelf):
    s3.put_object(Bucket=shelf, Key="k", Body=b"hosted")
    assert curl("GET", "/k", host=f"{shelf}.s3.localhost")[0] == 200
    assert (curl.directory / "body").read_bytes() == b"hosted"


def test_a_long_presigned_url(proxied, s3, shelf):
    proxy, _ = proxied
    key = "long/" + "ü" * 500
    s3.put_object(Bucket=shelf, Key=key, Body=b"x")
    url = sdk.client(proxy.url, FIRST, signature_version="s3v4").generate_presigned_url(
        "get_object", Params={"Bucket": shelf, "Key": key, "ResponseContentDisposition": "x" * 3000})
    assert requests.get(url, verify=str(proxy.certificate), timeout=30).content == b"x"


def test_only_the_proxy_says_where_a_client_is(curl, proxied, s3, shelf):
    """`aws:SourceIp` and `aws:SecureTransport`; a client that sends the headers itself is not believed."""
    proxy, server = proxied
    objects = policies.objects_arn(shelf)
    s3.put_object(Bucket=shelf, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=shelf, Policy=policies.policy(
        policies.deny("*", "s3:GetObject", objects, {"NotIpAddress": {"aws:SourceIp": CLIENT}}),
        policies.deny("*", "s3:GetObject", objects, {"Bool": {"aws:SecureTransport": "false"}}),
    ))
    target = object_path(shelf, "k")
    assert curl("GET", target)[0] == 200
    assert curl("GET", target, source=ELSEWHERE)[0] == 403
    for forged in (f"X-Forwarded-For: {CLIENT}", f"X-Forwarded-For: {CLIENT}, 127.0.0.1",
                   f"X-Real-IP: {CLIENT}", f"Forwarded: for={CLIENT}"):
        assert curl("GET", target, "--header", forged, source=ELSEWHERE)[0] == 403, forged
    assert curl("GET", target, "--header", "X-Forwarded-Proto: http")[0] == 200
    # Past the proxy: whoever is not the proxy says nothing about addresses.
    host = f"127.0.0.1:{server.port}"
    headers = sign_headers(FIRST, "GET", f"http://{host}{target}", {"Host": host}, payload_hash=UNSIGNED_PAYLOAD)
    headers |= {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}
    lines = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    past = Program("curl", curl.directory)
    for source, expected in ((ELSEWHERE, "403"), (CLIENT, "403"), ("127.0.0.1", "200")):
        shown = past("--silent", "--output", "past", "--write-out", "%{http_code}", "--interface", source, *lines,
                     f"http://{host}{target}")
        assert shown == expected, source


def test_what_is_for_the_operator_stays_inside(curl, proxied):
    _, server = proxied
    for path in ("/_grantry/health/live", "/_grantry/metrics"):
        assert curl("GET", path)[0] == 403
    assert RawClient(server.url, None).get("_grantry", "metrics").status == 200


def test_a_head_and_an_error_keep_their_shape(curl, s3, shelf):
    s3.put_object(Bucket=shelf, Key="k", Body=b"12345", ContentType="text/html")
    status, _, head = curl("HEAD", object_path(shelf, "k"), "--header", "Accept-Encoding: gzip")
    assert status == 200 and "content-length: 5" in head and "content-encoding" not in head
    with expect.client_error("NoSuchKey", 404):
        s3.get_object(Bucket=shelf, Key="missing")
