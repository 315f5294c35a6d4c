"""What a page of a listing costs over HTTP, in a bucket with many keys.

    python3 testing/bench/listing.py DIRECTORY KEYS

makes a store in DIRECTORY, fills two buckets through the metadata store (`cargo bench -p grantry-meta`), and asks
`target/release/grantry` (or `GRANTRY_BINARY`) on it for pages of 1,000 in places all over them. Prints the medians of
the time until a client has the whole answer, on one connection, in milliseconds. Five million keys take 2.3 GB and
less than a minute. DIRECTORY stays.
"""

import http.client
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "testing" / "clients"))

from harness.accounts import FIRST  # noqa: E402
from harness.expect import ok  # noqa: E402
from harness.raw import RawClient  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.sigv4 import sign_headers  # noqa: E402

PAGES = 200


def fill(server: Server, keys: int) -> None:
    server.start()
    owner = RawClient(server.url, FIRST)
    for bucket in ("wide", "deleted"):
        ok(owner.put(bucket))
    versioned = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    ok(owner.document("PUT", "deleted", "versioning", versioned))
    assert server.stop() == 0
    environment = os.environ | {
        "GRANTRY_LISTING_KEYS": str(keys), "GRANTRY_LISTING_DIRECTORY": str(server.data_dir / "meta")}
    subprocess.run(["cargo", "bench", "-q", "-p", "grantry-meta"], env=environment, cwd=REPOSITORY, check=True)


class Pages:
    """Pages of one server, on one connection that stays open."""

    def __init__(self, server: Server, keys: int):
        self.client = RawClient(server.url, FIRST)
        self.connection = http.client.HTTPConnection(*self.client.address)
        span = keys // 2 * 9 // 10
        self.places = [page * 0x9E3779B97F4A7C15 % max(span, 1) for page in range(PAGES)]

    def get(self, bucket: str, query: str) -> tuple[float, bytes]:
        target = f"/{bucket}?{query}"
        headers = sign_headers(FIRST, "GET", f"http://{self.client.host}{target}", {"Host": self.client.host}, b"")
        begun = time.perf_counter()
        self.connection.request("GET", target, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - begun
        assert answer.status == 200, body
        return seconds, body

    def measure(self, what: str, bucket: str, query) -> None:
        times = []
        for place in self.places:
            seconds, body = self.get(bucket, query(place))
            times.append(seconds * 1000)
        items = sum(body.count(f"<{name}>".encode()) for name in ("Contents", "CommonPrefixes", "Version",
                                                                  "DeleteMarker"))
        times.sort()
        print(f"| {what} | {items} | {statistics.median(times):.2f} | {times[len(times) * 99 // 100]:.2f} |")


def text(value: str) -> str:
    return quote(value, safe="")


def main() -> None:
    directory, keys = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    server = Server(directory)
    if not server.data_dir.exists():
        fill(server, keys)
    server.start()
    try:
        pages = Pages(server, keys)
        print(f"{keys} keys\n\n| page | items | median, ms | p99, ms |\n|---|---|---|---|")
        v2 = "list-type=2"
        pages.measure("first", "wide", lambda _: v2)
        pages.measure("after any key", "wide", lambda at: f"{v2}&start-after={text(f'huge/{at:08}')}")
        pages.measure("a prefix with 100 keys", "wide", lambda at: f"{v2}&prefix={text(f'huge/{at // 100:06}')}")
        pages.measure("delimiter: one prefix over half of all keys", "wide", lambda _: f"delimiter=%2F&{v2}&prefix=h")
        pages.measure("delimiter: first 1,000 prefixes", "wide", lambda _: f"delimiter=%2F&{v2}")
        pages.measure("delimiter: 1,000 prefixes after any", "wide",
                      lambda at: f"delimiter=%2F&{v2}&start-after={text(f'p{at:08}/')}")
        pages.measure("everything deleted", "deleted", lambda _: f"{v2}&prefix=m%2F")
        pages.measure("versions: first", "deleted", lambda _: "prefix=m%2F&versions")
        pages.measure("versions: after any key", "deleted",
                      lambda at: f"key-marker={text(f'm/{at * 2 // 5:08}')}&prefix=m%2F&versions")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
