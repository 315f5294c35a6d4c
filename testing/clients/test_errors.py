"""The XML error envelope, and documents that are not what they should be."""

import base64
import hashlib
import http.client
import socket

import pytest

from harness import expect
from harness.accounts import B
from harness.buckets import new_name
from harness.raw import RawClient, send, send_bytes
from harness.sigv4 import UNSIGNED_PAYLOAD, sign_headers

SCHEMA = "The XML you provided was not well-formed or did not validate against our published schema"


def test_envelope_on_the_wire(owner):
    """§0.3: declaration, no namespace, Code, Message, extra fields, RequestId, HostId."""
    name = new_name()
    answer = owner.get(name)
    ids = f"<RequestId>{answer.header('x-amz-request-id')}</RequestId><HostId>{answer.header('x-amz-id-2')}</HostId>"
    assert answer.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>"
        f"<BucketName>{name}</BucketName>{ids}</Error>"
    )


def test_ids_differ_and_are_on_successes_too(owner, bucket):
    answers = [owner.get(bucket) for _ in range(5)] + [owner.get(bucket, "missing") for _ in range(5)]
    for header in ("x-amz-request-id", "x-amz-id-2"):
        assert len({answer.header(header) for answer in answers}) == len(answers)
        assert None not in {answer.header(header) for answer in answers}


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "&amp;", "]]>", "ü\u0001"])
def test_text_from_the_request_is_escaped(owner, bucket, text):
    answer = owner.get(bucket, text)
    assert answer.status == 404 and b"<script>" not in answer.body
    if "\u0001" not in text:
        expect.error(answer, 404, "NoSuchKey", Key=text)


def test_head_errors_have_no_body(owner, anonymous, bucket):
    expect.bodiless(owner.head(new_name()), 404)
    expect.bodiless(owner.head(bucket, "missing"), 404)
    expect.bodiless(anonymous.head(bucket, "missing"), 403)
    expect.bodiless(owner.head(bucket, "k" * 1025), 400)
    expect.bodiless(owner.head(bucket, region="eu-west-1"), 400)


def test_a_connection_survives_errors(owner, bucket):
    """Errors with unread bodies must not desynchronise a kept-alive connection."""
    connection = http.client.HTTPConnection(*owner.address, timeout=30)
    for _ in range(3):
        for bucket_name, status in ((new_name(), 404), (bucket, 200)):
            target, body = f"/{bucket_name}/k", b"x" * 100_000
            headers = sign_headers(B, "PUT", owner.url + target, {"Host": owner.host}, body)
            connection.request("PUT", target, body, headers)
            answer = connection.getresponse()
            assert (answer.status, len(answer.read()) > 0) == (status, status != 200)
    connection.close()


@pytest.mark.parametrize("document", [
    "", "not xml", "<Delete>", "<Other/>", "<Delete/>", "<Delete><Object/></Delete>",
    "<Delete><Object><Key></Key></Object></Delete>",
    "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
    "<Delete><Object><Key>a</Key></Object><Unknown/></Delete>",
    "<Delete><Object><Key>a</Key></Object></Delete><Delete/>",
    '<!DOCTYPE x [<!ENTITY e "k">]><Delete><Object><Key>&e;</Key></Object></Delete>',
    "<Delete><Object><Key>&unknown;</Key></Object></Delete>",
    "<a>" * 10_000 + "</a>" * 10_000,
])
def test_malformed_batch_deletes(owner, bucket, document):
    expect.ok(owner.put(bucket, "k", b"x"))
    answer = owner.document("POST", bucket, "delete", document)
    assert (answer.status, answer.code) in (
        (400, "MalformedXML"), (400, "MissingRequestBodyError"), (400, "UserKeyMustBeSpecified"),
    ), answer
    assert owner.get(bucket, "k").body == b"x"


def test_batch_delete_needs_an_integrity_header(owner, bucket):
    """AWS: DeleteObjects requires Content-MD5 or a checksum."""
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    expect.error(owner.post(bucket, body=body, query="delete"), 400, "InvalidRequest")
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    answer = owner.post(bucket, body=body, query="delete", headers={"Content-MD5": wrong})
    expect.error(answer, 400, "BadDigest")


@pytest.mark.parametrize("document", [
    "", "not xml", "<CompleteMultipartUpload/>", "<Other/>",
    "<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
    "<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>",
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
])
def test_malformed_completions(owner, s3, bucket, document):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    answer = owner.document("POST", bucket, f"uploadId={upload}", document, key="k")
    assert answer.status == 400 and answer.code in ("MalformedXML", "InvalidRequest"), answer
    expect.bodiless(owner.head(bucket, "k"), 404)


@pytest.mark.parametrize("document", [
    "not xml", "<Other/>", "<CreateBucketConfiguration><Unknown/></CreateBucketConfiguration>",
    "<CreateBucketConfiguration><LocationConstraint>a</LocationConstraint>"
    "<LocationConstraint>b</LocationConstraint></CreateBucketConfiguration>",
])
def test_malformed_bucket_configurations(owner, document):
    name = new_name()
    expect.error(owner.put(name, body=document.encode()), 400, "MalformedXML", SCHEMA)
    expect.bodiless(owner.head(name), 404)


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "FOO"])
@pytest.mark.parametrize("path", ["bucket", "object"])
def test_unknown_methods(owner, bucket, method, path):
    answer = owner.request(method, bucket, "k" if path == "object" else None)
    expect.error(answer, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.")


def test_methods_that_a_target_does_not_have(owner, bucket):
    for method in ("PUT", "DELETE"):
        expect.error(owner.request(method), 405, "MethodNotAllowed")
    # This is where the management APIs are; they want signatures of their own.
    answer = owner.request("POST")
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body, answer
    answer = owner.post(bucket, "k", b"x")
    assert answer.status in (405, 501) and answer.code in ("MethodNotAllowed", "NotImplemented"), answer


def test_put_needs_a_length(owner, bucket):
    target = f"/{bucket}/k"
    headers = sign_headers(B, "PUT", owner.url + target, {"Host": owner.host})
    expect.error(send(owner.address, "PUT", target, headers), 411, "MissingContentLength",
                 "You must provide the Content-Length HTTP header.")
    expect.bodiless(owner.head(bucket, "k"), 404)


def test_plain_chunked_transfer_is_no_length(owner, bucket):
    target = f"/{bucket}/k"
    headers = sign_headers(B, "PUT", owner.url + target, {"Host": owner.host}, payload_hash=UNSIGNED_PAYLOAD)
    answer = send(owner.address, "PUT", target, headers | {"Transfer-Encoding": "chunked"}, b"1\r\nx\r\n0\r\n\r\n")
    assert (answer.status, answer.code) in ((411, "MissingContentLength"), (501, "NotImplemented")), answer
    expect.bodiless(owner.head(bucket, "k"), 404)


def test_a_body_that_ends_early_stores_nothing(owner, bucket):
    target = f"/{bucket}/k"
    headers = {"Host": owner.host, "Content-Length": "1000"}
    signed = sign_headers(B, "PUT", owner.url + target, headers, payload_hash=UNSIGNED_PAYLOAD)
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    request = f"PUT {target} HTTP/1.1\r\n{lines}\r\n".encode() + b"x" * 500
    answer = send_bytes(owner.address, request, half_close=True)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    expect.bodiless(owner.head(bucket, "k"), 404)


def test_too_many_and_too_long_headers(owner, bucket):
    """limits.rs: 32 KiB and 100 fields. The connection may be closed, the server must go on."""
    long = {"x-long": "v" * 70_000}
    many = {f"x-many-{index}": "v" for index in range(200)}
    for extra in (long, many):
        request = f"GET /{bucket} HTTP/1.1\r\nHost: {owner.host}\r\n"
        request += "".join(f"{name}: {value}\r\n" for name, value in extra.items()) + "\r\n"
        answer = send_bytes(owner.address, request.encode())
        status = int(answer.split(b" ")[1])
        assert status in (400, 431), answer[:200]
    expect.ok(owner.get(bucket))


def test_too_long_a_request_line(owner, bucket):
    request = f"GET /{bucket}/{'x' * 70_000} HTTP/1.1\r\nHost: {owner.host}\r\n\r\n"
    answer = send_bytes(owner.address, request.encode())
    assert int(answer.split(b" ")[1]) in (400, 414, 431), answer[:200]
    expect.ok(owner.get(bucket))


@pytest.mark.parametrize("request_bytes", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
])
def test_bytes_that_are_not_http(owner, anonymous, bucket, request_bytes):
    answer = send_bytes(owner.address, request_bytes, half_close=True)
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 307")), answer[:200]
    expect.ok(owner.get(bucket))


@pytest.mark.parametrize("hosts", [[], ["a.localhost", "b.localhost"], ["localhost", "localhost"]])
def test_exactly_one_host(owner, bucket, hosts):
    """RFC 9112 §3.2: anything else is 400; a proxy before us might have looked at the other Host."""
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    answer = send_bytes(owner.address, f"GET /{bucket} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]


def test_expect_100_continue(owner, bucket):
    """A refused upload is answered before the body is asked for."""
    nobody = f"PUT /{bucket}/k HTTP/1.1\r\nHost: {owner.host}\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(owner.address, timeout=30) as connection:
        connection.sendall(nobody.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 403 ")


def test_anonymous_reads_of_missing_buckets(anonymous):
    """HID-6: the existence of a bucket is public."""
    expect.error(anonymous.get(new_name(), "k"), 404, "NoSuchBucket")


def test_signed_requests_do_not_need_a_path_of_ours(server):
    """Unknown hosts and empty paths are answered, not dropped."""
    answer = RawClient(server.url, None).to("GET", "/?unknown=1")
    assert answer.status in (307, 400, 403, 405), answer


def test_an_early_refusal_leaves_the_connection_usable(owner, bucket):
    """s3cmd sends its body behind a signature of version 2, is refused, and asks again on the same connection."""
    connection = http.client.HTTPConnection(*owner.address, timeout=30)
    connection.connect()
    first = connection.sock
    for length in (1, 656, 1_000_000):
        connection.putrequest("PUT", f"/{bucket}/k")
        connection.putheader("Authorization", "AWS AKIANOBODY:signature")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        for start in range(0, length, 65536):  # the head alone first
            connection.send(b"x" * min(65536, length - start))
        answer = connection.getresponse()
        assert answer.status == 400 and answer.read(), length
        assert answer.getheader("Connection") is None and connection.sock is first, length
    connection.close()


def test_a_connection_that_is_closed_is_said_to_be(owner, bucket):
    """Nobody is asked for a body that is not wanted, and so the connection cannot go on."""
    head = (f"PUT /{bucket}/k HTTP/1.1\r\nHost: {owner.host}\r\nAuthorization: AWS AKIANOBODY:signature\r\n"
            "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
    received = send_bytes(owner.address, head.encode())
    assert received.startswith(b"HTTP/1.1 400 ") and b"\r\nconnection: close\r\n" in received.lower()
