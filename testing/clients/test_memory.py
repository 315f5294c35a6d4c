"""Memory of a request is bounded and does not grow with the object.

`GRANTRY_MEMORY_GIB` sets the size of the object; 5 is the largest that one PUT may send.
"""

import hashlib
import http.client
import os
import shutil
from pathlib import Path

import pytest

from harness import expect
from harness.accounts import FIRST
from harness.raw import RawClient, send
from harness.sigv4 import UNSIGNED_PAYLOAD, sign_headers

MIB = 1024 * 1024
OBJECT_BYTES = int(os.environ.get("GRANTRY_MEMORY_GIB", "1")) * 1024 * MIB
SLOW_OBJECT_BYTES = 256 * MIB
GROWTH_BYTES_MAX = 32 * MIB
BLOCK = hashlib.shake_128(b"block").digest(MIB)
TIMEOUT_SECONDS = 300


@pytest.fixture
def stored(own_server):
    """A server with a bucket, warmed up by one request; what it stored is removed at once."""
    owner = RawClient(own_server.url, FIRST)
    expect.ok(owner.put("memory"))
    expect.ok(owner.put("memory", "warm", BLOCK))
    assert owner.get("memory", "warm").body == BLOCK
    yield own_server
    own_server.kill()
    shutil.rmtree(own_server.data_dir)


class Growth:
    """By how much resident memory rose at most while something was done."""

    def __init__(self, server):
        self.server = server
        Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # forgets the highest so far
        self.before = server.memory_bytes("VmRSS")

    def bytes(self) -> int:
        return self.server.memory_bytes("VmHWM") - self.before


def signed(server, method: str, target: str, headers=None, **signing) -> dict[str, str]:
    host = f"127.0.0.1:{server.port}"
    return sign_headers(FIRST, method, f"http://{host}{target}", {"Host": host} | dict(headers or {}), **signing)


def put_streamed(server, target: str, size: int) -> None:
    headers = signed(server, "PUT", target, {"Content-Length": str(size)}, payload_hash=UNSIGNED_PAYLOAD)
    blocks = (BLOCK for _ in range(size // MIB))
    expect.ok(send(("127.0.0.1", server.port), "PUT", target, headers, blocks, timeout_seconds=TIMEOUT_SECONDS))


def copy(server, target: str, source: str) -> None:
    headers = signed(server, "PUT", target, {"x-amz-copy-source": source, "Content-Length": "0"})
    expect.ok(send(("127.0.0.1", server.port), "PUT", target, headers, timeout_seconds=TIMEOUT_SECONDS))


def got(server, target: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_SECONDS)
    connection.request("GET", target, headers=signed(server, "GET", target))
    return connection.getresponse()


def get_streamed(server, target: str, size: int) -> None:
    response = got(server, target)
    buffer = bytearray(MIB)
    for _ in range(size // MIB):
        assert response.readinto(buffer) == MIB and buffer == BLOCK
    assert response.read() == b""
    response.close()


def test_a_large_object_streams_through(stored):
    for step, work in [
        ("put", lambda: put_streamed(stored, "/memory/large", OBJECT_BYTES)),
        ("got", lambda: get_streamed(stored, "/memory/large", OBJECT_BYTES)),
        ("copied", lambda: copy(stored, "/memory/copy", "/memory/large")),
    ]:
        growth = Growth(stored)
        work()
        rise = growth.bytes()
        print(f"{OBJECT_BYTES // MIB} MiB {step}: {rise / MIB:.1f} MiB more")
        assert rise <= GROWTH_BYTES_MAX, f"{rise} bytes more while it was {step}"
    get_streamed(stored, "/memory/copy", OBJECT_BYTES)


def test_a_reader_that_does_not_read_costs_little(stored):
    """The server waits for slow clients instead of buffering for them."""
    put_streamed(stored, "/memory/large", SLOW_OBJECT_BYTES)
    growth = Growth(stored)
    readers = [got(stored, "/memory/large") for _ in range(8)]
    assert all(response.status == 200 and response.read(10) == BLOCK[:10] for response in readers)
    assert growth.bytes() <= GROWTH_BYTES_MAX
    for response in readers:
        response.close()
    expect.ok(RawClient(stored.url, FIRST).get("memory", "warm"))
