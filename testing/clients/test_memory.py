"""Memory of a request is bounded and does not grow with the object."""

import hashlib
import http.client

import pytest

from harness import expect
from harness.accounts import FIRST
from harness.raw import RawClient, send
from harness.sigv4 import UNSIGNED_PAYLOAD, sign_headers

MIB = 1024 * 1024
OBJECT_BYTES = 512 * MIB
GROWTH_BYTES_MAX = 64 * MIB
BLOCK = hashlib.shake_128(b"block").digest(MIB)


@pytest.fixture
def stored(own_server):
    """A server with a bucket, warmed up by one request, and its resident memory."""
    owner = RawClient(own_server.url, FIRST)
    expect.ok(owner.put("memory"))
    expect.ok(owner.put("memory", "warm", BLOCK))
    assert owner.get("memory", "warm").body == BLOCK
    return own_server, own_server.memory_bytes("VmRSS")


def growth(server, before: int) -> int:
    """By how much the highest resident memory ever exceeds what it was before."""
    return server.memory_bytes("VmHWM") - before


def put_streamed(server, target: str) -> None:
    host = f"127.0.0.1:{server.port}"
    headers = sign_headers(
        FIRST, "PUT", f"http://{host}{target}", {"Host": host, "Content-Length": str(OBJECT_BYTES)},
        payload_hash=UNSIGNED_PAYLOAD,
    )
    blocks = (BLOCK for _ in range(OBJECT_BYTES // MIB))
    expect.ok(send(("127.0.0.1", server.port), "PUT", target, headers, blocks))


def get_streamed(server, target: str) -> tuple[int, str]:
    host = f"127.0.0.1:{server.port}"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request("GET", target, headers=sign_headers(FIRST, "GET", f"http://{host}{target}", {"Host": host}))
    response, size, digest = connection.getresponse(), 0, hashlib.sha256()
    while block := response.read(MIB):
        size += len(block)
        digest.update(block)
    connection.close()
    return size, digest.hexdigest()


def test_a_large_object_streams_through(stored):
    server, before = stored
    put_streamed(server, "/memory/large")
    assert growth(server, before) < GROWTH_BYTES_MAX, "while it was put"
    expected = hashlib.sha256()
    for _ in range(OBJECT_BYTES // MIB):
        expected.update(BLOCK)
    assert get_streamed(server, "/memory/large") == (OBJECT_BYTES, expected.hexdigest())
    assert growth(server, before) < GROWTH_BYTES_MAX, "while it was got"


def test_a_reader_that_does_not_read_costs_little(stored):
    """The server waits for slow clients instead of buffering for them."""
    server, before = stored
    put_streamed(server, "/memory/large")
    host, target = f"127.0.0.1:{server.port}", "/memory/large"
    readers = []
    for _ in range(8):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", target, headers=sign_headers(FIRST, "GET", f"http://{host}{target}", {"Host": host}))
        readers.append((connection, connection.getresponse()))
    assert all(response.status == 200 and response.read(10) == BLOCK[:10] for _, response in readers)
    assert growth(server, before) < GROWTH_BYTES_MAX
    for connection, _ in readers:
        connection.close()
    expect.ok(RawClient(server.url, FIRST).get("memory", "warm"))
